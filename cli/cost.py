"""``fund cost``: what the fund itself costs, and what comes in beside contributions and repayments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, table
from cli.params import (
    DAY,
    DOCUMENT,
    MONEY,
    PAYEE,
    Ref,
    argument,
    booking,
    listing,
    noun,
    option,
    read,
    reading,
    run,
    verb,
    with_files,
)
from fund.language import N_, _, ngettext

DEBIT = Ref(("bank unmatched", "debits", "ref"))
RECEIPT = Ref(("bank unmatched", "receipts", "ref"))

TRANSFER = Ref(("cost list", "transfers", "ref"))

COST = Ref(("cost list", "approvals", "ref"))
cost = noun("cost", N_("Book costs, income and transfers"))
with_files(cost, COST, N_("The cost"), "K2026-0004")


@verb(
    cost,
    "approve",
    N_("Approve a cost of the fund itself"),
    about=N_(
        "A fund manager records it and a treasurer confirms it: then the fund owes it to a "
        "supplier whose account is verified, within the yearly budget of the regulations. It is "
        "paid in a batch, as disbursements are."
    ),
    examples=(
        'fund --as anna cost approve drukkerij 450.00 --reason "annual report" --invoice 2026-117 --file invoice.pdf',
    ),
    who=N_("a fund manager; a treasurer confirms"),
    see=("payee record", "payment batch", "payment cancel"),
)
@argument("payee", type=PAYEE, help=N_("The supplier or partner that is paid"))
@argument("amount", type=MONEY, help=N_("What is owed"))
@option("--reason", required=True, metavar="TEXT", help=N_("What it is for"))
@option("--invoice", metavar="TEXT", help=N_("The supplier's own number, which stands in the payment"))
@option("--reference", metavar="RF", help=N_("The supplier's RF reference (ISO 11649), in place of the number"))
@option("--due", type=DAY, metavar="DATE", help=N_("The last day to pay; the regulations' term when left out"))
@option("--file", "document", type=DOCUMENT, metavar="FILE", help=N_("The invoice or order; the fund keeps it"))
@booking
def approve(
    ctx: click.Context,
    payee: str,
    amount: int,
    reason: str,
    invoice: str | None,
    reference: str | None,
    due: date | None,
    document: Mapping[str, Any] | None,
) -> None:
    args = {
        "payee": payee,
        "amount": amount,
        "reason": reason,
        "invoice": invoice,
        "reference": reference,
        "due": due,
        "file": document,
    }
    run(ctx, "cost approve", args)


@verb(
    cost,
    "charge",
    N_("Explain a debit as a cost of the fund"),
    about=N_("Bank charges are booked by `fund bank import`; this explains what it could not."),
    examples=('fund --as bram cost charge U2026-0001 --reason "subscription"',),
    who=N_("a treasurer"),
    see=("bank unmatched", "cost list"),
)
@argument("ref", type=DEBIT, help=N_("The unexplained debit"))
@option("--reason", required=True, metavar="TEXT", help=N_("What it was for"))
@booking
def charge(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "cost charge", {"ref": ref, "reason": reason})


@verb(
    cost,
    "income",
    N_("Book a receipt as income of the fund"),
    about=N_("Interest, or something that nobody has to give back."),
    examples=("fund --as bram cost income --receipt O2026-0012 --reason interest",),
    who=N_("a treasurer"),
    see=("bank unmatched", "cost list"),
)
@option("--receipt", type=RECEIPT, required=True, metavar="REF", help=N_("The receipt that holds the money"))
@option("--reason", required=True, metavar="TEXT", help=N_("What it is"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("A part of it; all that waits when left out"))
@booking
def income(ctx: click.Context, receipt: str, reason: str, amount: int | None) -> None:
    run(ctx, "cost income", {"receipt": receipt, "reason": reason, "amount": amount})


@verb(
    cost,
    "transfer",
    N_("Move money to the treasury account, or back"),
    about=N_(
        "A treasurer decides it, a second person confirms; it is carried out at the bank. It is "
        "on account 1010 until the statement of the other account shows it. `fund bank import` "
        "recognises what the bank sweeps by itself."
    ),
    examples=(
        "fund --as bram cost transfer 250000 --to 1005",
        "fund --as bram cost transfer 80000 --to 1000",
    ),
    who=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("bank import", "cost settle", "cost recall"),
)
@argument("amount", type=MONEY, help=N_("How much"))
@option("--to", type=click.Choice(["1000", "1005"]), required=True, help=N_("1005 the treasury account, 1000 the bank"))
@option("--iban", metavar="IBAN", help=N_("Which of the fund's own accounts, where it has several there"))
@booking
def transfer(ctx: click.Context, amount: int, to: str, iban: str | None) -> None:
    run(ctx, "cost transfer", {"amount": amount, "to": to, "iban": iban}, ask=True)


@verb(
    cost,
    "settle",
    N_("Say that a transfer arrived"),
    about=N_("Only where the statement of the account that received it cannot say so."),
    examples=("fund --as bram cost settle V2026-0001 --on 2026-04-03",),
    who=N_("a treasurer"),
    see=("cost transfer", "bank import"),
)
@argument("ref", type=TRANSFER, help=N_("The transfer"))
@booking
def settle(ctx: click.Context, ref: str) -> None:
    run(ctx, "cost settle", {"ref": ref}, ask=True)


@verb(
    cost,
    "recall",
    N_("Say that a transfer was never carried out"),
    about=N_("The money did not leave: it stands on its account again. What the bank showed cannot be recalled."),
    examples=('fund --as bram cost recall V2026-0001 --reason "typed twice"',),
    who=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("cost transfer",),
)
@argument("ref", type=TRANSFER, help=N_("The transfer"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why it was not carried out"))
@booking
def recall(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "cost recall", {"ref": ref, "reason": reason})


YEARS = (
    Column("year", N_("Year"), "count"),
    Column("budget_cents", N_("Budget"), "amount"),
    Column("spent_cents", N_("Costs"), "amount"),
    Column("left_cents", N_("Left"), "amount"),
    Column("over_cents", N_("Too much"), "amount"),
    Column("income_cents", N_("Income"), "amount"),
)
APPROVALS = (
    Column("ref", N_("Ref"), "ref"),
    Column("payee_name", N_("Payee"), "text"),
    Column("approved_on", N_("Day"), "date"),
    Column("state", N_("State"), "state", kind="payable"),
    Column("amount_cents", N_("Amount"), "amount"),
)
TRANSFERS = (
    Column("ref", N_("Ref"), "ref"),
    Column("from_account", N_("From"), "ref"),
    Column("to_account", N_("To"), "ref"),
    Column("sent_on", N_("Left on"), "date"),
    Column("settled_on", N_("Arrived on"), "date"),
    Column("state", N_("State"), "state", kind="transfer"),
    Column("amount_cents", N_("Amount"), "amount"),
)
TAKEN = (
    Column("ref", N_("Ref"), "ref"),
    Column("charged_on", N_("Day"), "date"),
    Column("text", N_("Text"), "text"),
    Column("amount_cents", N_("Amount"), "amount"),
)
DEBITS = (
    Column("ref", N_("Ref"), "ref"),
    Column("debited_on", N_("Day"), "date"),
    Column("state", N_("State"), "state", kind="debit"),
    Column("explanation", N_("Explanation"), "text"),
    Column("amount_cents", N_("Amount"), "amount"),
)
INCOME = (
    Column("ref", N_("Ref"), "ref"),
    Column("receipt", N_("Receipt"), "ref"),
    Column("reason", N_("What it is"), "text"),
    Column("amount_cents", N_("Amount"), "amount"),
)


@verb(
    cost,
    "list",
    N_("List costs by year, transfers, debits and income"),
    examples=("fund cost list",),
    see=("cost charge", "cost income", "cost file list"),
)
@listing(*YEARS, *APPROVALS, *TRANSFERS, *TAKEN, *DEBITS, *INCOME)
@reading
def list_(ctx: click.Context) -> None:
    read(ctx, "cost list", {}, show=_listed)


def _listed(data: Mapping[str, Any]) -> None:
    table(
        _("Costs and income by year"),
        YEARS,
        data["years"],
    )
    if data["approvals"]:
        rows = data["approvals"]
        table(
            _("Costs that were approved"),
            APPROVALS,
            rows,
            total={
                "ref": ngettext("{count} cost", "{count} costs", len(rows)).format(count=len(rows)),
                "amount_cents": sum(row["amount_cents"] for row in rows if row["state"] != "cancelled"),
            },
        )
    if data["transfers"]:
        table(
            _("Between the fund's own accounts"),
            TRANSFERS,
            data["transfers"],
        )
    costs = data["costs"]
    table(
        _("Costs taken by the bank"),
        TAKEN,
        costs,
        total={
            "ref": ngettext("{count} cost", "{count} costs", len(costs)).format(count=len(costs)),
            "amount_cents": sum(row["amount_cents"] for row in costs),
        },
        empty=_("The bank took nothing yet."),
    )
    if data["debits"]:
        table(
            _("Debits that were not expected"),
            DEBITS,
            data["debits"],
        )
    if data["income"]:
        table(
            _("Other income"),
            INCOME,
            data["income"],
        )
