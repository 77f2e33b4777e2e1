"""The card of an account: every posting with its entry, the fact behind it, and who had a hand in that fact.

Lines come as a stream: a card of a million postings is written line by line and never held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Any

from fund.language import N_, _, day
from fund.ledger import CardLine
from fund.reports.history import head_of
from fund.reports.layout import Column, Page, Table
from fund.unit_of_work import Snapshot
from fund.words import account_word

AT_ONCE = 500


def card(
    snapshot: Snapshot,
    *,
    account: str,
    since: date | None = None,
    as_of: date | None = None,
    known_at: int | None = None,
    into: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Every posting on an account with the balance after it.

    Each line names the fact behind its entry, its ``actor``, and under ``made_by`` the first of two people where two
    decided.

    Args:
        since: The first day shown; ``opening_cents`` is what stood there before.
        known_at: The last entry that counts.
        into: Gets the card with its lines as a stream, in the place of the caller, who gets it without them.

    Raises:
        UnknownAccount: No such account.
    """
    ledger = snapshot.ledger
    moved = ledger.turnover(account, since=since, as_of=as_of, known_at=known_at)
    before = 0
    if since is not None:
        before = ledger.balance(account, as_of=since - timedelta(days=1), known_at=known_at)
    found: dict[str, Any] = {
        "account": account,
        "as_of": (as_of or snapshot.today).isoformat(),
        "since": since.isoformat() if since else None,
        **head_of(snapshot, known_at),
        "opening_cents": before,
        "lines": _lines(snapshot, ledger.card(account, since=since, as_of=as_of, known_at=known_at)),
        "debit_cents": moved.debit_cents,
        "credit_cents": moved.credit_cents,
        "balance_cents": before + moved.balance_cents,
    }
    if into is None:
        return {**found, "lines": list(found["lines"])}
    into(found)
    return {key: value for key, value in found.items() if key != "lines"}


def _lines(snapshot: Snapshot, lines: Iterator[CardLine]) -> Iterator[dict[str, Any]]:
    while part := list(islice(lines, AT_ONCE)):
        facts = snapshot.store.facts.who(sorted({line.event_id for line in part if line.event_id}))
        for line in part:
            fact = facts.get(line.event_id or "")
            yield {
                "seq": line.seq,
                "effective_on": line.effective_on.isoformat(),
                "kind": line.kind,
                "memo": line.memo,
                "account": line.account,
                "amount_cents": line.amount_cents,
                "balance_cents": line.balance_cents,
                "event_seq": fact.seq if fact else None,
                "event_type": fact.type if fact else None,
                "actor": fact.actor if fact else None,
                "made_by": fact.made_by if fact else None,
            }


def card_page(found: Mapping[str, Any], *, with_facts: bool = True) -> Page:
    """The card as people read it.

    Args:
        with_facts: With the fact behind each posting, and whose it is.
    """
    code = found["account"]
    title = _("{account} {name} until {day}").format(account=code, name=account_word(code), day=day(found["as_of"]))
    since = f" --since {found['since']}" if found["since"] else ""
    columns = [
        Column("seq", N_("Entry"), "count"),
        Column("effective_on", N_("Day"), "date"),
        Column("memo", N_("What"), "text"),
        *([] if "." in code or not with_facts else [Column("account", N_("Account"), "ref")]),
        Column("amount_cents", N_("Amount"), "amount"),
        Column("balance_cents", N_("Balance"), "amount"),
        *([Column("event", N_("Fact"), "text"), Column("hands", N_("By"), "text")] if with_facts else []),
    ]
    return Page(
        name="card",
        title=title,
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[
            Table(
                name="card",
                title=title,
                columns=columns,
                rows=_shown(found),
                total={
                    "memo": _("Balance"),
                    "amount_cents": found["debit_cents"] - found["credit_cents"],
                    "balance_cents": found["balance_cents"],
                },
                empty=_("Nothing was booked on it."),
                sheet=code,
            )
        ],
        command=f"fund ledger card {code}{since} --as-of {found['as_of']} --known-at {found['known_at']}",
    )


def _shown(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if found["since"]:
        yield {"effective_on": found["since"], "memo": _("Before"), "balance_cents": found["opening_cents"]}
    for line in found["lines"]:
        fact = f"{line['event_seq']} {line['event_type']}" if line["event_seq"] else ""
        people = ", ".join(str(who) for who in (line["made_by"], line["actor"]) if who)
        yield {**line, "event": fact, "hands": people}
