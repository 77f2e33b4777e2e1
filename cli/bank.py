"""``fund bank``: statements in, receipts matched, what waits for an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, say_lines
from cli.output.views import Counted, ListView, done_lines, sentence
from cli.params import Code, noun, run
from cli.params.declared import add_command, add_query, declared
from fund.declarations import Answer, InputFile
from fund.language import N_, NN_, _
from fund.words import choice_word
from fund.workflows.receipts.commands import (
    Bank,
    BankList,
    BankUnmatched,
    Candidate,
    Gap,
    ImportBankFiles,
    MatchReceipt,
    RegisterBankAccount,
    Unmatched,
    UnmatchReceipt,
)

bank = noun("bank", N_("Import bank statements and match receipts"))


IMPORTED = (
    N_("{lines_new} new lines, {lines_known} known before."),
    N_("{matched} explained, {unmatched} waiting."),
    Counted(
        "matched_before",
        NN_("{count} receipt that waited is explained now.", "{count} receipts that waited are explained now."),
        optional=True,
    ),
)


@declared(bank, ImportBankFiles)
def import_(ctx: click.Context, files: tuple[InputFile, ...]) -> None:
    answer = run(ctx, ImportBankFiles(files=files), done=_imported, label=_("Importing lines"))
    if answer["result"]["refused"]:
        ctx.exit(Code.DIFFERENCES)


def _imported(answer: Answer) -> list[str]:
    result = answer["result"]
    lines = list(done_lines(IMPORTED, {**answer, "events": []}, {}))
    for refused in result["refused"]:
        lines.append(_("Refused: {message}").format(message=refused["message"]))
        if refused["hint"]:
            lines.append("  " + _("hint: {hint}").format(hint=refused["hint"]))
    return [*lines, *_gaps(result["gaps"])]


def _gaps(gaps: list[Gap]) -> list[str]:
    return [
        sentence(
            N_("These statements of {iban} are missing: {missing}.")
            if gap["missing"]
            else N_(
                "Statement {before} of {iban} does not begin where {after} ended: the difference is {difference_cents}."
            ),
            gap,
        )
        for gap in gaps
    ]


def _why(row: Mapping[str, Any]) -> str:
    from fund.workflows.receipts.reasons import REASONS

    code = f" ({row['return_reason']})" if row.get("return_reason") else ""
    return _(REASONS[row["reason"]]) + code


def _candidates(found: list[Candidate]) -> str:
    return "; ".join(
        sentence(N_("{target} ({rule}, {open_cents} open)"), {**each, "rule": choice_word(each["rule"])})
        for each in found
    )


ACCOUNTS = ListView(
    title=N_("Accounts of the fund, state of {as_of}"),
    rows="accounts",
    columns=(
        Column("account", N_("Account"), "ref"),
        Column("iban", N_("IBAN"), "ref"),
        Column("statements", N_("Statements"), "count"),
        Column("closed_on", N_("Last"), "date"),
        Column("closing_cents", N_("Bank"), "amount"),
        Column("ledger_cents", N_("Ledger"), "amount"),
    ),
    empty=N_("No account is registered: fund bank register IBAN --account 1000"),
)
LEDGER = ListView(
    title=N_("Bank and ledger, state of {as_of}"),
    rows="ledger_accounts",
    columns=(
        Column("account", N_("Account"), "ref"),
        Column("accounts", N_("Accounts"), "count"),
        Column("closing_cents", N_("Bank"), "amount"),
        Column("ledger_cents", N_("Ledger"), "amount"),
    ),
)
NOTIFICATIONS = ListView(
    title=N_("Notifications, state of {as_of}"),
    rows="notifications",
    columns=(
        Column("notification_id", N_("Notification"), "text"),
        Column("iban", N_("IBAN"), "ref"),
        Column("first_on", N_("First"), "date"),
        Column("last_on", N_("Last"), "date"),
        Column("lines", N_("Lines"), "count"),
        Column("lines_known", N_("Known"), "count"),
    ),
    optional=True,
)
RECEIPTS = ListView(
    title=N_("Receipts, state of {as_of}"),
    rows="receipts",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("booked_on", N_("Booked"), "date"),
        Column("state", N_("State"), "state", kind="receipt"),
        Column("uses", N_("Set against"), "text"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    count=NN_("{count} receipt", "{count} receipts"),
    sums=("amount_cents",),
    empty=N_("Nothing came in yet."),
    row=lambda row: {**row, "uses": [use["target"] for use in row["uses"]]},
)


def _listed(data: Bank) -> None:
    ACCOUNTS(data)
    if any(row["accounts"] > 1 for row in data["ledger_accounts"]):
        LEDGER(data)
    NOTIFICATIONS(data)
    RECEIPTS(data)
    say_lines(_gaps(data["gaps"]))


WAITING = ListView(
    title=N_("Receipts that wait, {as_of}"),
    rows="receipts",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("booked_on", N_("Booked"), "date"),
        Column("days", N_("Days"), "count"),
        Column("candidates", N_("Candidates"), "text"),
        Column("waiting_cents", N_("Waiting"), "amount"),
    ),
    count=NN_("{count} receipt", "{count} receipts"),
    sums=("waiting_cents",),
    empty=N_("No receipt waits."),
    row=lambda row: {**row, "candidates": _candidates(row["candidates"]) or _why(row)},
)
DEBITS = ListView(
    title=N_("Debits that nobody explained"),
    rows="debits",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("debited_on", N_("Booked"), "date"),
        Column("days", N_("Days"), "count"),
        Column("reason", N_("Reason"), "text"),
        Column("text", N_("Text"), "text"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    count=NN_("{count} debit", "{count} debits"),
    sums=("amount_cents",),
    row=lambda row: {**row, "reason": _why(row)},
    optional=True,
)


def _waiting(data: Unmatched) -> None:
    WAITING(data)
    DEBITS(data)
    say_lines(_gaps(data["gaps"]))


add_command(bank, RegisterBankAccount, done=N_("{ref} is an account of the fund from {from_on}, kept on {account}."))
add_command(bank, MatchReceipt)
add_command(bank, UnmatchReceipt, ask=True)
add_query(bank, BankUnmatched, show=_waiting)
add_query(bank, BankList, show=_listed, columns=(*ACCOUNTS.columns, *NOTIFICATIONS.columns, *RECEIPTS.columns))
