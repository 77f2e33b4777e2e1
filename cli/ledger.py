"""``fund ledger``: the books as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import (
    Column,
    account_name,
    day_text,
    emit_json,
    facts,
    progress,
    render_verification,
    say,
    short_hash,
    show_page,
    table,
    write_output,
)
from cli.params import Code, export_options, forcing, may_write, noun, option, query, read, run, show_or_export, typed
from cli.params.declared import add_command, add_query, declared
from fund.closing.commands import AnchorLedger, PostEntry, ReverseEntry
from fund.declarations import Answer, InputFile
from fund.language import N_, _, day, euros
from fund.reports.exports.commands import LedgerProve
from fund.reports.statements.commands import (
    LedgerAccounts,
    LedgerBalance,
    LedgerCard,
    LedgerEntries,
    LedgerEntry,
    LedgerTrialBalance,
    LedgerVerify,
)

ledger = noun("ledger", N_("Look into the ledger, post and reverse"))


@declared(ledger, LedgerAccounts)
@option("--detail", is_flag=True, help=N_("Sub-accounts as well"))
def accounts(ctx: click.Context, detail: bool) -> None:
    read(ctx, LedgerAccounts(), show=lambda data: _show_accounts(data, detail=detail))


def _show_accounts(data: Mapping[str, Any], *, detail: bool) -> None:
    rows = [
        {**row, "name": _name(row), "type_word": _(TYPES[row["type"]]), "side": _(SIDES[row["normal_side"]])}
        for row in data["accounts"]
        if detail or "." not in row["code"]
    ]
    table(
        _("Chart of accounts"),
        [
            Column("code", N_("Account"), "ref"),
            Column("name", N_("Name"), "text"),
            Column("type_word", N_("Type"), "ref"),
            Column("side", N_("Side"), "ref"),
        ],
        rows,
    )


TYPES = {
    "asset": N_("asset"),
    "liability": N_("liability"),
    "equity": N_("equity"),
    "income": N_("income"),
    "expense": N_("expense"),
    "memo": N_("off balance"),
}
SIDES = {"debit": N_("debit"), "credit": N_("credit")}


def _name(row: Mapping[str, Any]) -> str:
    main, _dot, holder = str(row["code"]).partition(".")
    return f"{account_name(main)} {holder}".strip()


def _show_entries(data: Mapping[str, Any]) -> None:
    rows = []
    for entry in data["entries"]:
        for number_, posting in enumerate(entry["postings"]):
            cents = posting["amount_cents"]
            rows.append(
                {
                    "seq": entry["seq"] if number_ == 0 else "",
                    "effective_on": entry["effective_on"] if number_ == 0 else None,
                    "memo": entry["memo"] if number_ == 0 else "",
                    "account": posting["account"],
                    "debit": cents if cents > 0 else None,
                    "credit": -cents if cents < 0 else None,
                }
            )
    table(
        _("Entries until {day}").format(day=_day(data)),
        [
            Column("seq", N_("Entry"), "count"),
            Column("effective_on", N_("Day"), "date"),
            Column("account", N_("Account"), "ref"),
            Column("memo", N_("What"), "text"),
            Column("debit", N_("Debit"), "amount"),
            Column("credit", N_("Credit"), "amount"),
        ],
        rows,
        empty=_("No entries yet."),
    )


def _day(data: Mapping[str, Any]) -> str:
    return day(date.fromisoformat(data["as_of"]))


def _show_entry(data: Mapping[str, Any]) -> None:
    from fund.words import event_word

    found, event = data["entry"], data["event"]
    facts(
        _("Entry {seq}: {memo}").format(seq=found["seq"], memo=found["memo"]),
        [
            (_("day"), day_text(found["effective_on"])),
            (_("kind"), event_word(found["kind"])),
            (_("fact"), f"{event['seq']}, {event_word(event['type'])}, {event['stream']}" if event else None),
            (_("reverses"), found["reverses_seq"]),
            (_("reversed by"), found["reversed_by_seq"]),
            (_("hash"), short_hash(found["hash"])),
        ],
    )
    table(
        _("Postings"),
        [
            Column("account", N_("Account"), "ref"),
            Column("name", N_("Name"), "text"),
            Column("debit", N_("Debit"), "amount"),
            Column("credit", N_("Credit"), "amount"),
        ],
        [
            {
                "account": posting["account"],
                "name": account_name(posting["account"]),
                "debit": posting["amount_cents"] if posting["amount_cents"] > 0 else None,
                "credit": -posting["amount_cents"] if posting["amount_cents"] < 0 else None,
            }
            for posting in found["postings"]
        ],
    )


def _show_balance(data: Mapping[str, Any]) -> None:
    cents = data["balance_cents"]
    words = {
        "account": data["account"],
        "name": account_name(data["account"]),
        "amount": euros(abs(cents)),
        "day": _day(data),
    }
    if cents < 0:
        say(_("{account} {name} on {day}: {amount} credit").format(**words))
    else:
        say(_("{account} {name} on {day}: {amount} debit").format(**words))


@declared(ledger, LedgerCard)
@export_options
def card(ctx: click.Context, account: str, since: date | None, form: str, output: str | None) -> None:
    args = LedgerCard(account=account, since=since)
    show_or_export(ctx, args, form=form, path=output, show=_show_card, streams=True)


def _show_card(data: Mapping[str, Any]) -> None:
    from fund.reports.statements.cards import card_page

    show_page(card_page(data, with_facts=False))


@declared(ledger, LedgerTrialBalance)
@option("--detail", is_flag=True, help=N_("Sub-accounts apart"))
@export_options
def trial_balance(ctx: click.Context, detail: bool, since: date | None, form: str, output: str | None) -> None:
    def show(data: Mapping[str, Any]) -> None:
        from fund.reports.statements.trial import trial_balance_page

        show_page(trial_balance_page(data, detail=detail))

    show_or_export(ctx, LedgerTrialBalance(since=since), form=form, path=output, show=show)


@declared(ledger, PostEntry)
def post(
    ctx: click.Context,
    debits: tuple[tuple[str, int], ...],
    credits: tuple[tuple[str, int], ...],
    memo: str,
    reason: str,
) -> None:
    run(ctx, PostEntry(debits=debits, credits=credits, memo=memo, reason=reason), ask=True)


@declared(ledger, AnchorLedger)
@option("--output", metavar="FILE", help=N_("Write the anchor to this file"))
@forcing
def anchor(ctx: click.Context, key: InputFile, output: str | None) -> None:
    force = output is not None and may_write(ctx, output)
    answer = run(ctx, AnchorLedger(key=key), done=_tell_anchor, path=output)
    if output is not None and not answer.get("dry_run"):
        write_output(output, _json(answer["result"]["anchor"]), force=force)


def _tell_anchor(answer: Answer) -> list[str]:
    made = answer["result"]["anchor"]
    return [
        _("Anchor {number}: {count} entries, root {root}.").format(
            number=made["number"], count=made["head_seq"], root=short_hash(made["root"])
        ),
        _("Public key: {key}").format(key=made["public_key"]),
    ]


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


@declared(ledger, LedgerProve)
@option("--output", metavar="FILE", default="-", help=N_("Write it to this file"))
@forcing
def prove(
    ctx: click.Context, seqs: tuple[int, ...], account: str | None, since: int | None, anchor: int | None, output: str
) -> None:
    args = LedgerProve(seqs=seqs, account=account, since=since, anchor=anchor)
    force = may_write(ctx, output)
    data = query(ctx, args)
    write_output(output, _json(data["proof"]), force=force)


@declared(ledger, LedgerVerify)
def verify(ctx: click.Context, anchors: tuple[InputFile, ...], key: str | None) -> None:
    with progress(_("Checking")) as bar:
        found = query(ctx, LedgerVerify(anchors=anchors, key=key), progress=bar.reach)
    if typed(ctx, "json"):
        emit_json(found)
    else:
        render_verification(found)
    if not found["ok"]:
        ctx.exit(Code.DIFFERENCES)


add_query(ledger, LedgerEntry, show=_show_entry)
add_query(ledger, LedgerBalance, show=_show_balance)
add_command(ledger, ReverseEntry, ask=True)
add_query(ledger, LedgerEntries, show=_show_entries)
