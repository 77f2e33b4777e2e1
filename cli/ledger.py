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
from cli.params import (
    ACCOUNT,
    DAY,
    ENTRY,
    FILE,
    MONEY,
    Code,
    argument,
    booking,
    changing,
    forcing,
    known,
    leave,
    leaving,
    look,
    may_write,
    noun,
    option,
    read,
    reading,
    run,
    typed,
    verb,
)
from fund.language import N_, _, day, euros

ledger = noun("ledger", N_("Look into the ledger, post and reverse"))


@verb(
    ledger,
    "accounts",
    N_("List the chart of accounts"),
    examples=("fund ledger accounts",),
    see=("ledger balance", "explain"),
)
@option("--detail", is_flag=True, help=N_("Sub-accounts as well"))
@reading
def accounts(ctx: click.Context, detail: bool) -> None:
    read(ctx, "ledger accounts", show=lambda data: _show_accounts(data, detail=detail))


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


@verb(
    ledger,
    "entries",
    N_("List entries with their postings"),
    examples=("fund ledger entries --account 1200.A2026-003", "fund ledger entries --kind closing --json"),
    see=("ledger entry", "ledger card"),
)
@option("--account", type=ACCOUNT, metavar="ACCOUNT", help=N_("Only those on this account"))
@option("--kind", type=ENTRY, metavar="KIND", help=N_("Only those of this kind"))
@option("--since-seq", type=click.IntRange(0), default=0, metavar="SEQ", help=N_("Only those after this number"))
@known
def entries(ctx: click.Context, account: str | None, kind: str | None, since_seq: int) -> None:
    read(
        ctx,
        "ledger entries",
        {"account": account, "kind": kind, "since_seq": since_seq or None},
        show=_show_entries,
    )


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


@verb(
    ledger,
    "entry",
    N_("Show one entry and the fact behind it"),
    examples=("fund ledger entry 42",),
    see=("event show",),
)
@argument("seq", type=click.IntRange(1), metavar="SEQ", help=N_("The number of the entry"))
@reading
def entry(ctx: click.Context, seq: int) -> None:
    read(ctx, "ledger entry", {"seq": seq}, show=_show_entry)


def _show_entry(data: Mapping[str, Any]) -> None:
    from fund.glossary import event_word

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


@verb(
    ledger,
    "balance",
    N_("Show what stands on an account"),
    about=N_("Debit is positive. A main account is the sum of its sub-accounts."),
    examples=("fund ledger balance 1000", "fund ledger balance 3000.gm0344 --as-of 2026-12-31"),
    see=("ledger card",),
)
@argument("account", type=ACCOUNT, metavar="ACCOUNT", help=N_("`1000`, or `3000.gm0344`"))
@known
def balance(ctx: click.Context, account: str) -> None:
    read(ctx, "ledger balance", {"account": account}, show=_show_balance)


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


@verb(
    ledger,
    "card",
    N_("Show every posting on an account"),
    about=N_("With the balance after each. A file names the fact behind each posting too, and whose it was."),
    examples=(
        "fund ledger card 1200.A2026-003",
        "fund ledger card 1000 --since 2026-01-01 --as-of 2026-12-31 --output bank.xlsx",
    ),
    see=("ledger balance", "ledger entry"),
)
@argument("account", type=ACCOUNT, metavar="ACCOUNT", help=N_("`1000`, or `3000.gm0344`"))
@option("--since", type=DAY, metavar="DATE", help=N_("From this day on"))
@leaving
@known
def card(ctx: click.Context, account: str, since: date | None, form: str, output: str | None) -> None:
    args = {"account": account, "since": since}
    leave(ctx, "ledger card", args, form=form, path=output, show=_show_card, streams=True)


def _show_card(data: Mapping[str, Any]) -> None:
    from fund.reports.statements.cards import card_page

    show_page(card_page(data, hands=False))


@verb(
    ledger,
    "trial-balance",
    N_("Show the balance of every account"),
    about=N_("With --since also what each stood at before that day, and what moved on both sides since."),
    examples=(
        "fund ledger trial-balance",
        "fund ledger trial-balance --as-of 2026-12-31 --output tb.xlsx",
        "fund ledger trial-balance --since 2026-01-01 --as-of 2026-12-31",
    ),
    see=("statement position", "ledger card"),
)
@option("--detail", is_flag=True, help=N_("Sub-accounts apart"))
@option("--since", type=DAY, metavar="DATE", help=N_("From this day on"))
@leaving
@known
def trial_balance(ctx: click.Context, detail: bool, since: date | None, form: str, output: str | None) -> None:
    def show(data: Mapping[str, Any]) -> None:
        from fund.reports.statements.trial import trial_balance_page

        show_page(trial_balance_page(data, detail=detail))

    leave(ctx, "ledger trial-balance", {"since": since}, form=form, path=output, show=show)


@verb(
    ledger,
    "post",
    N_("Book an entry by hand"),
    about=N_(
        "Only for what no other command books: bank, payables, other income, costs. "
        "In a locked month it is an adjusting entry; a closed month takes none."
    ),
    examples=(
        "fund --as anna ledger post --debit 4500 125.00 --credit 2000.notaris 125.00"
        ' --memo "Notaris" --reason "invoice 7"',
    ),
    who=N_("a fund manager; a treasurer confirms"),
    see=("ledger reverse", "ledger entries"),
)
@option("--debit", "debits", type=(ACCOUNT, MONEY), multiple=True, required=True, help=N_("Account and amount; repeat"))
@option(
    "--credit", "credits", type=(ACCOUNT, MONEY), multiple=True, required=True, help=N_("Account and amount; repeat")
)
@option("--memo", required=True, metavar="TEXT", help=N_("What it is; no names of people"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why it is booked by hand"))
@booking
def post(
    ctx: click.Context,
    debits: tuple[tuple[str, int], ...],
    credits: tuple[tuple[str, int], ...],
    memo: str,
    reason: str,
) -> None:
    args = {
        "debits": [list(pair) for pair in debits],
        "credits": [list(pair) for pair in credits],
        "memo": memo,
        "reason": reason,
    }
    run(ctx, "ledger post", args, ask=True)


@verb(
    ledger,
    "reverse",
    N_("Take back an entry that was made by hand"),
    about=N_("The exact mirror, once. Other entries are taken back by the command of their trade."),
    examples=('fund --as anna ledger reverse 42 --reason "booked twice"',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("ledger entry",),
)
@argument("seq", type=click.IntRange(1), metavar="SEQ", help=N_("The number of the entry"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def reverse(ctx: click.Context, seq: int, reason: str) -> None:
    run(ctx, "ledger reverse", {"seq": seq, "reason": reason}, ask=True)


@verb(
    ledger,
    "anchor",
    N_("State, signed, what the ledger is now"),
    about=N_(
        "A small file for partners to keep: with it, whatever is done to older entries shows. The key is an Ed25519 "
        "key in PEM (openssl genpkey -algorithm ed25519 -out anchor.pem); keep it away from the database."
    ),
    examples=("fund --as anna ledger anchor --key anchor.pem --output 2027-03.anchor.json",),
    who=N_("a fund manager"),
    see=("ledger prove", "ledger verify"),
)
@option("--key", type=FILE, required=True, metavar="FILE", help=N_("The private key, in PEM"))
@option("--output", metavar="FILE", help=N_("Write the anchor to this file"))
@forcing
@changing
def anchor(ctx: click.Context, key: dict[str, Any], output: str | None) -> None:
    force = output is not None and may_write(ctx, output)
    answer = run(ctx, "ledger anchor", {"content": key["content"]}, tell=_tell_anchor, path=output)
    if output is not None and not answer.get("dry_run"):
        write_output(output, _json(answer["result"]["anchor"]), force=force)


def _tell_anchor(answer: Mapping[str, Any]) -> list[str]:
    made = answer["result"]["anchor"]
    return [
        _("Anchor {number}: {count} entries, root {root}.").format(
            number=made["number"], count=made["head_seq"], root=short_hash(made["root"])
        ),
        _("Public key: {key}").format(key=made["public_key"]),
    ]


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


@verb(
    ledger,
    "prove",
    N_("Prove that entries are in the ledger"),
    about=N_(
        "A file with these entries alone and their way to a signed anchor; verify_export.py, which every export has "
        "beside it, checks it without this program. With --since: that the ledger of an older anchor was only added to."
    ),
    examples=(
        "fund ledger prove --account 3000.gm0344 --output gm0344.proof.json",
        "fund ledger prove 42 43 --output proof.json",
        "fund ledger prove --since 1 --output growth.json",
    ),
    see=("ledger anchor", "export jsonl"),
)
@argument("seqs", type=click.IntRange(1), nargs=-1, metavar="[SEQ]...", help=N_("The numbers of the entries"))
@option("--account", type=ACCOUNT, metavar="ACCOUNT", help=N_("Every entry on this account"))
@option("--since", type=click.IntRange(1), metavar="ANCHOR", help=N_("The number of the older anchor"))
@option("--anchor", type=click.IntRange(1), metavar="ANCHOR", help=N_("From this anchor; the last one if left out"))
@option("--output", metavar="FILE", default="-", help=N_("Write it to this file"))
@forcing
@reading
def prove(
    ctx: click.Context, seqs: tuple[int, ...], account: str | None, since: int | None, anchor: int | None, output: str
) -> None:
    args = {"seqs": list(seqs), "account": account, "since": since, "anchor": anchor}
    force = may_write(ctx, output)
    data = look(ctx, "ledger prove", args)
    write_output(output, _json(data["proof"]), force=force)


@verb(
    ledger,
    "verify",
    N_("Check the ledger, every entry anew"),
    about=N_("`fund verify` checks the facts, their deliveries and guards as well."),
    examples=(
        "fund ledger verify",
        "fund ledger verify --json",
        "fund ledger verify --anchor 2027-03.anchor.json --key 03a1...",
    ),
    see=("verify", "ledger anchor"),
)
@option("--anchor", "anchors", type=FILE, multiple=True, metavar="FILE", help=N_("An anchor that was kept; repeat"))
@option("--key", metavar="KEY", help=N_("The public key that must have signed them"))
@reading
def verify(ctx: click.Context, anchors: tuple[dict[str, Any], ...], key: str | None) -> None:
    args = {"anchors": [file["content"] for file in anchors], "key": key}
    with progress(_("Checking")) as bar:
        found = look(ctx, "ledger verify", args | {"progress": bar.reach})
    if typed(ctx, "json"):
        emit_json(found)
    else:
        render_verification(found)
    if not found["ok"]:
        ctx.exit(Code.DIFFERENCES)
