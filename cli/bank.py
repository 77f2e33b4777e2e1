"""``fund bank``: statements in, receipts matched, what waits for an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, day_text, say_lines, table
from cli.params import Code, noun, run
from cli.params.declared import add_command, add_query, declared
from fund.declarations import InputFile
from fund.language import N_, _, day, euros, ngettext
from fund.words import choice_word
from fund.workflows.receipts.commands import (
    BankList,
    BankUnmatched,
    ImportBankFiles,
    MatchReceipt,
    RegisterBankAccount,
    UnmatchReceipt,
)

bank = noun("bank", N_("Import bank statements and match receipts"))


def _registered(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{iban} is an account of the fund from {day}, kept on {account}.").format(
            iban=fact["ref"], day=day_text(fact["from_on"]), account=fact["account"]
        )
    ]


@declared(bank, ImportBankFiles)
def import_(ctx: click.Context, files: tuple[InputFile, ...]) -> None:
    answer = run(ctx, ImportBankFiles(files=files), done=_imported, label=_("Importing lines"))
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
        table(_("Notifications, state of {day}").format(day=on), NOTIFICATIONS, data["notifications"])
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


add_command(bank, RegisterBankAccount, done=_registered)
add_command(bank, MatchReceipt)
add_command(bank, UnmatchReceipt, ask=True)
add_query(bank, BankUnmatched, show=_waiting)
add_query(bank, BankList, show=_listed, columns=(*ACCOUNTS, *NOTIFICATIONS, *RECEIPTS))
