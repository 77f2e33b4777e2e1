"""``fund cost``: what the fund itself costs, and what comes in beside contributions and repayments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import Column, table
from cli.params import noun
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query
from fund.costs.commands import BookIncome, ChargeCost, CostList
from fund.language import N_, _, ngettext
from fund.workflows.payables.commands import ApproveCost
from fund.workflows.transfers.commands import RecallTransfer, SettleTransfer, TransferMoney

cost = noun("cost", N_("Book costs, income and transfers"))
with_files(cost)


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


def _listed(data: Mapping[str, Any]) -> None:
    table(_("Costs and income by year"), YEARS, data["years"])
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
        table(_("Between the fund's own accounts"), TRANSFERS, data["transfers"])
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
        table(_("Debits that were not expected"), DEBITS, data["debits"])
    if data["income"]:
        table(_("Other income"), INCOME, data["income"])


add_command(cost, ApproveCost)
add_command(cost, ChargeCost)
add_command(cost, BookIncome)
add_command(cost, TransferMoney, ask=True)
add_command(cost, SettleTransfer, ask=True)
add_command(cost, RecallTransfer)
add_query(cost, CostList, show=_listed, columns=(*YEARS, *APPROVALS, *TRANSFERS, *TAKEN, *DEBITS, *INCOME))
