"""``fund bank``: statements in, receipts matched, what waits for an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, day_text, say_lines, table
from cli.params import (
    ACCOUNT,
    BANK_FILE,
    MONEY,
    Code,
    Ref,
    argument,
    booking,
    changing,
    dated,
    listing,
    noun,
    option,
    read,
    reading,
    run,
    verb,
)
from fund.language import N_, _, day, euros, ngettext
from fund.words import choice_word

RECEIPT = Ref(("bank unmatched", "receipts", "ref"))
RECEIVED = Ref(("bank list", "receipts", "ref"))

bank = noun("bank", N_("Import bank statements and match receipts"))


@verb(
    bank,
    "register",
    N_("Register an account of the fund"),
    about=N_("Statements of other accounts are refused. Payments leave from 1000; 1005 is the treasury account."),
    examples=('fund --as anna bank register "NL91 ABNA 0417 1643 00" --account 1000',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("bank import", "confirm"),
)
@argument("iban", metavar="IBAN", help=N_("The account, with or without spaces"))
@option("--account", type=ACCOUNT, required=True, metavar="CODE", help=N_("Where it is kept: 1000 or 1005"))
@booking
def register(ctx: click.Context, iban: str, account: str) -> None:
    run(ctx, "bank register", {"iban": iban, "account": account}, tell=_registered)


def _registered(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{iban} is an account of the fund from {day}, kept on {account}.").format(
            iban=fact["ref"], day=day_text(fact["from_on"]), account=fact["account"]
        )
    ]


@verb(
    bank,
    "import",
    N_("Import bank statements (camt.053, camt.054)"),
    about=N_(
        "Each file whole or not at all: what is refused is named, the others go in. A line that "
        "is known, also from another file, is not booked again. What is certain is matched at "
        "once, the rest waits: `fund bank unmatched`."
    ),
    examples=("fund --as bram bank import statement.xml", "fund --as bram bank import january/*.xml"),
    who=N_("a treasurer"),
    see=("bank unmatched", "bank match"),
)
@argument("files", type=BANK_FILE, nargs=-1, required=True, metavar="FILE...", help=N_("The files, in any order"))
@changing
def import_(ctx: click.Context, files: tuple[Mapping[str, Any], ...]) -> None:
    answer = run(
        ctx, "bank import", {"files": [dict(file) for file in files]}, tell=_imported, label=_("Importing lines")
    )
    if answer["result"]["refused"]:
        ctx.exit(Code.DIFFERENCES)


def _imported(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    new, known = result["lines_new"], result["lines_known"]
    lines = [
        _("{new} new lines, {known} known before.").format(new=new, known=known),
        _("{matched} explained, {unmatched} waiting.").format(matched=result["matched"], unmatched=result["unmatched"]),
    ]
    if result["matched_before"]:
        count = result["matched_before"]
        lines.append(
            ngettext(
                "{count} receipt that waited is explained now.",
                "{count} receipts that waited are explained now.",
                count,
            ).format(count=count)
        )
    for refused in result["refused"]:
        lines.append(_("Refused: {message}").format(message=refused["message"]))
        if refused["hint"]:
            lines.append("  " + _("hint: {hint}").format(hint=refused["hint"]))
    return [*lines, *_gaps(result["gaps"])]


def _gaps(gaps: list[Mapping[str, Any]]) -> list[str]:
    lines = []
    for gap in gaps:
        if gap["missing"]:
            numbers = ", ".join(str(number) for number in gap["missing"])
            lines.append(
                _("These statements of {iban} are missing: {numbers}.").format(iban=gap["iban"], numbers=numbers)
            )
        else:
            lines.append(
                _(
                    "Statement {after} of {iban} does not begin where {before} ended: the difference is {difference}."
                ).format(
                    iban=gap["iban"],
                    after=gap["before"],
                    before=gap["after"],
                    difference=euros(gap["difference_cents"]),
                )
            )
    return lines


@verb(
    bank,
    "match",
    N_("Say what a receipt is for"),
    about=N_(
        "A call, an agreement or, for unspent money, a disbursement. What the evidence proposes a treasurer confirms "
        "alone; for anything else a fund manager confirms as well."
    ),
    examples=("fund --as bram bank match O2026-0012 --to B2026-0007",),
    who=N_("a treasurer; a fund manager confirms what was not proposed"),
    see=("bank unmatched", "bank unmatch"),
)
@argument("ref", type=RECEIPT, help=N_("The receipt, or its bank line"))
@option("--to", type=Ref(), metavar="REF", help=N_("What it is for; may be left out when one case is proposed"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("A part of it; all that waits when left out"))
@changing
def match(ctx: click.Context, ref: str, to: str | None, amount: int | None) -> None:
    run(ctx, "bank match", {"ref": ref, "to": to, "amount": amount})


@verb(
    bank,
    "unmatch",
    N_("Undo the matches of a receipt"),
    about=N_("The entries are mirrored and the receipt waits again; the service does not match it by itself any more."),
    examples=('fund --as bram bank unmatch O2026-0012 --reason "paid by Bunnik"',),
    who=N_("a treasurer"),
    see=("bank match", "bank list"),
)
@argument("ref", type=RECEIVED, help=N_("The receipt, or its bank line"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why"))
@booking
def unmatch(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "bank unmatch", {"ref": ref, "reason": reason}, ask=True)


@verb(
    bank,
    "unmatched",
    N_("Show what waits for an explanation"),
    about=N_("Receipts with the best candidates, debits that nobody explained, statements that are missing."),
    examples=("fund --as bram bank unmatched",),
    see=("bank match", "capital receive", "repayment allocate", "cost income", "cost charge"),
)
@reading
def unmatched(ctx: click.Context) -> None:
    read(ctx, "bank unmatched", {}, show=_waiting)


def _waiting(data: Mapping[str, Any]) -> None:
    rows = [{**row, "candidates": _candidates(row["candidates"]) or _why(row)} for row in data["receipts"]]
    table(
        _("Receipts that wait, {day}").format(day=day(data["as_of"])),
        (
            Column("ref", N_("Ref"), "ref"),
            Column("booked_on", N_("Booked"), "date"),
            Column("days", N_("Days"), "count"),
            Column("candidates", N_("Candidates"), "text"),
            Column("waiting_cents", N_("Waiting"), "amount"),
        ),
        rows,
        total={
            "ref": ngettext("{count} receipt", "{count} receipts", len(rows)).format(count=len(rows)),
            "waiting_cents": data["waiting_cents"],
        },
        empty=_("No receipt waits."),
    )
    debits = data["debits"]
    if debits:
        table(
            _("Debits that nobody explained"),
            (
                Column("ref", N_("Ref"), "ref"),
                Column("debited_on", N_("Booked"), "date"),
                Column("days", N_("Days"), "count"),
                Column("reason", N_("Reason"), "text"),
                Column("text", N_("Text"), "text"),
                Column("amount_cents", N_("Amount"), "amount"),
            ),
            [{**row, "reason": _why(row)} for row in debits],
            total={
                "ref": ngettext("{count} debit", "{count} debits", len(debits)).format(count=len(debits)),
                "amount_cents": sum(row["amount_cents"] for row in debits),
            },
        )
    say_lines(_gaps(data["gaps"]))


def _why(row: Mapping[str, Any]) -> str:
    from fund.workflows.receipts.reasons import REASONS

    code = f" ({row['return_reason']})" if row.get("return_reason") else ""
    return _(REASONS[row["reason"]]) + code


def _candidates(found: list[Mapping[str, Any]]) -> str:
    return "; ".join(
        _("{target} ({rule}, {amount} open)").format(
            target=each["target"], rule=choice_word(each["rule"]), amount=euros(each["open_cents"])
        )
        for each in found
    )


ACCOUNTS = (
    Column("account", N_("Account"), "ref"),
    Column("iban", N_("IBAN"), "ref"),
    Column("statements", N_("Statements"), "count"),
    Column("closed_on", N_("Last"), "date"),
    Column("closing_cents", N_("Bank"), "amount"),
    Column("ledger_cents", N_("Ledger"), "amount"),
)
LEDGER = (
    Column("account", N_("Account"), "ref"),
    Column("accounts", N_("Accounts"), "count"),
    Column("closing_cents", N_("Bank"), "amount"),
    Column("ledger_cents", N_("Ledger"), "amount"),
)
NOTIFICATIONS = (
    Column("notification_id", N_("Notification"), "text"),
    Column("iban", N_("IBAN"), "ref"),
    Column("first_on", N_("First"), "date"),
    Column("last_on", N_("Last"), "date"),
    Column("lines", N_("Lines"), "count"),
    Column("lines_known", N_("Known"), "count"),
)
RECEIPTS = (
    Column("ref", N_("Ref"), "ref"),
    Column("booked_on", N_("Booked"), "date"),
    Column("state", N_("State"), "state", kind="receipt"),
    Column("uses", N_("Set against"), "text"),
    Column("amount_cents", N_("Amount"), "amount"),
)


@verb(
    bank,
    "list",
    N_("List accounts, statements and receipts"),
    about=N_("Notifications (camt.054) too, where the bank sends them: what they told is not booked again."),
    examples=("fund bank list", "fund bank list --state allocated", "fund bank list --as-of 2026-03-31 --json"),
    see=("bank unmatched", "bank import"),
)
@listing(*ACCOUNTS, *NOTIFICATIONS, *RECEIPTS)
@dated
def list_(ctx: click.Context) -> None:
    read(ctx, "bank list", show=_listed)


def _listed(data: Mapping[str, Any]) -> None:
    on = day(data["as_of"])
    table(
        _("Accounts of the fund, state of {day}").format(day=on),
        ACCOUNTS,
        data["accounts"],
        empty=_("No account is registered: fund bank register IBAN --account 1000"),
    )
    if any(row["accounts"] > 1 for row in data["ledger_accounts"]):
        table(_("Bank and ledger, state of {day}").format(day=on), LEDGER, data["ledger_accounts"])
    if data["notifications"]:
        table(
            _("Notifications, state of {day}").format(day=on),
            NOTIFICATIONS,
            data["notifications"],
        )
    rows = [{**row, "uses": ", ".join(use["target"] for use in row["uses"])} for row in data["receipts"]]
    table(
        _("Receipts, state of {day}").format(day=on),
        RECEIPTS,
        rows,
        total={
            "ref": ngettext("{count} receipt", "{count} receipts", len(rows)).format(count=len(rows)),
            "amount_cents": sum(row["amount_cents"] for row in rows),
        },
        empty=_("Nothing came in yet."),
    )
    say_lines(_gaps(data["gaps"]))
