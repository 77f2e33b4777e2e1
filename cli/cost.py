"""``fund cost``: what the fund itself costs, and what comes in beside contributions and repayments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, table
from cli.params import DAY, FILE, MONEY, Ref, argument, booking, noun, option, read, reading, run, verb
from fund.language import N_, _, ngettext

DEBIT = Ref(("bank unmatched", "debits", "ref"))
RECEIPT = Ref(("bank unmatched", "receipts", "ref"))

PAYEE = Ref(("payee list", "payees", "partner"))

cost = noun("cost", N_("Book costs, income and transfers"))


@verb(
    cost,
    "approve",
    N_("Approve a cost of the fund itself"),
    about=N_(
        "A fund manager makes it, a treasurer confirms: the fund owes it to a supplier whose account is verified, "
        "within the yearly budget of the regulations. Then it is paid in a batch, as disbursements are."
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
@option("--due", type=DAY, metavar="DATE", help=N_("The last day to pay; the regulations' term when left out"))
@option("--file", "document", type=FILE, metavar="FILE", help=N_("The invoice or contract; the fund keeps it"))
@booking
def approve(
    ctx: click.Context,
    payee: str,
    amount: int,
    reason: str,
    invoice: str | None,
    due: date | None,
    document: Mapping[str, Any] | None,
) -> None:
    args = {"payee": payee, "amount": amount, "reason": reason, "invoice": invoice, "due": due, "file": document}
    run(ctx, "cost approve", args)


@verb(
    cost,
    "charge",
    N_("Explain a debit as a cost of the fund"),
    about=N_("Bank charges are booked by bank import; this explains what it could not."),
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
    "list",
    N_("List charges, unexplained debits and income"),
    examples=("fund cost list",),
    see=("cost charge", "cost income"),
)
@reading
def list_(ctx: click.Context) -> None:
    read(ctx, "cost list", {}, show=_listed)


def _listed(data: Mapping[str, Any]) -> None:
    costs = data["costs"]
    table(
        _("Costs taken by the bank"),
        (
            Column("ref", N_("Ref"), "ref"),
            Column("charged_on", N_("Day"), "date"),
            Column("text", N_("Text"), "text"),
            Column("amount_cents", N_("Amount"), "amount"),
        ),
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
            (
                Column("ref", N_("Ref"), "ref"),
                Column("debited_on", N_("Day"), "date"),
                Column("state", N_("State"), "state", kind="debit"),
                Column("explanation", N_("Explanation"), "text"),
                Column("amount_cents", N_("Amount"), "amount"),
            ),
            data["debits"],
        )
    if data["income"]:
        table(
            _("Other income"),
            (
                Column("ref", N_("Ref"), "ref"),
                Column("receipt", N_("Receipt"), "ref"),
                Column("reason", N_("What it is"), "text"),
                Column("amount_cents", N_("Amount"), "amount"),
            ),
            data["income"],
        )
