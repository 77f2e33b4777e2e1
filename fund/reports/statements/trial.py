"""The trial balance: what stands on every account, and with a first day what moved on it since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fund.language import N_, _, day
from fund.ledger import TrialBalanceRow
from fund.reports.history import head_of
from fund.reports.layout import Column, Page, Table
from fund.unit_of_work import Snapshot
from fund.words import account_word


def trial_balance(
    snapshot: Snapshot, *, as_of: date | None = None, known_at: int | None = None, since: date | None = None
) -> dict[str, Any]:
    """Every account that ever moved, sub-accounts included, with its balance on its side; both sides add up alike.

    Args:
        since: The first day of a time: each account has then what it stood at before, and what moved on both sides.
    """
    found = snapshot.ledger.trial_balance(as_of=as_of, known_at=known_at)
    before: dict[str, TrialBalanceRow] = {}
    if since is not None:
        eve = since - timedelta(days=1)
        before = {row.code: row for row in snapshot.ledger.trial_balance(as_of=eve, known_at=known_at)}
    rows = [
        {
            "code": row.code,
            "name": row.name,
            "type": row.type.value,
            "layer": row.layer.value,
            "debit_cents": max(row.balance_cents, 0),
            "credit_cents": max(-row.balance_cents, 0),
            "balance_cents": row.balance_cents,
            **({} if since is None else _moved(row, before.get(row.code))),
        }
        for row in found
    ]
    return {
        "as_of": (as_of or snapshot.today).isoformat(),
        "since": since.isoformat() if since else None,
        **head_of(snapshot, known_at),
        "accounts": rows,
        "total_debit_cents": sum(row["debit_cents"] for row in rows),
        "total_credit_cents": sum(row["credit_cents"] for row in rows),
    }


def _moved(row: TrialBalanceRow, before: TrialBalanceRow | None) -> dict[str, int]:
    debit, credit = (before.debit_cents, before.credit_cents) if before else (0, 0)
    return {
        "opening_cents": debit - credit,
        "moved_debit_cents": row.debit_cents - debit,
        "moved_credit_cents": row.credit_cents - credit,
    }


SUMS = ("balance_cents", "opening_cents", "moved_debit_cents", "moved_credit_cents")


def trial_balance_page(found: Mapping[str, Any], *, detail: bool | None = None) -> Page:
    """The trial balance by main account, and then with the sub-accounts apart.

    Args:
        detail: Only the second of these; ``False``: only the first.
    """
    title = _("Trial balance on {day}, until entry {seq}").format(day=day(found["as_of"]), seq=found["known_at"])
    tables = [_table("trial-balance", title, found, detail=bool(detail))]
    if detail is None and any("." in row["code"] for row in found["accounts"]):
        tables.append(_table("sub-accounts", _("With their sub-accounts"), found, detail=True))
    return Page(
        name="trial-balance",
        title=title,
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=tables,
        command=_command(found, detail=bool(detail)),
        ties=True,
    )


def _command(found: Mapping[str, Any], *, detail: bool) -> str:
    since = f" --since {found['since']}" if found["since"] else ""
    whole = " --detail" if detail else ""
    return f"fund ledger trial-balance{whole}{since} --as-of {found['as_of']} --known-at {found['known_at']}"


def _table(name: str, title: str, found: Mapping[str, Any], *, detail: bool) -> Table:
    sums: dict[str, dict[str, int]] = {}
    for row in found["accounts"]:
        code = row["code"] if detail else row["code"].partition(".")[0]
        of = sums.setdefault(code, dict.fromkeys(SUMS, 0))
        for key in SUMS:
            of[key] += row.get(key, 0)
    rows = [_row(code, of) for code, of in sums.items()]
    columns = [Column("code", N_("Account"), "ref"), Column("name", N_("Name"), "text")]
    if found["since"]:
        columns += [
            Column("opening", N_("Before"), "amount"),
            Column("moved_debit", N_("Debit"), "amount"),
            Column("moved_credit", N_("Credit"), "amount"),
            Column("balance", N_("Balance"), "amount"),
        ]
    else:
        columns += [Column("debit", N_("Debit"), "amount"), Column("credit", N_("Credit"), "amount")]
    return Table(
        name=name,
        title=title,
        columns=columns,
        rows=rows,
        total={"name": _("Total"), **{key: sum(row[key] or 0 for row in rows) for key in _AMOUNTS}},
        empty=_("Nothing was booked yet."),
        notes=[_("Debit is positive, and what moved is from {day} on.").format(day=day(found["since"]))]
        if found["since"]
        else [],
        sheet=_("Sub-accounts") if name == "sub-accounts" else _("Trial balance"),
    )


_AMOUNTS = ("debit", "credit", "opening", "moved_debit", "moved_credit", "balance")


def _row(code: str, of: Mapping[str, int]) -> dict[str, Any]:
    cents = of["balance_cents"]
    main, _dot, holder = code.partition(".")
    return {
        "code": code,
        "name": f"{account_word(main)} {holder}".strip(),
        "debit": cents if cents > 0 else None,
        "credit": -cents if cents < 0 else None,
        "opening": of["opening_cents"],
        "moved_debit": of["moved_debit_cents"],
        "moved_credit": of["moved_credit_cents"],
        "balance": cents,
    }
