"""``fund cost``: what the fund itself costs, and what comes in beside contributions and repayments."""

from __future__ import annotations

from cli.output import Column, table
from cli.output.views import ListView
from cli.params import noun
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query
from fund.costs.commands import BookIncome, ChargeCost, CostList, Costs
from fund.language import N_, NN_, _, ngettext
from fund.workflows.payables.commands import ApproveCost
from fund.workflows.transfers.commands import RecallTransfer, SettleTransfer, TransferMoney

cost = noun("cost", N_("Book costs, income and transfers"))
with_files(cost)


YEARS = ListView(
    title=N_("Costs and income by year"),
    rows="years",
    columns=(
        Column("year", N_("Year"), "count"),
        Column("budget_cents", N_("Budget"), "amount"),
        Column("spent_cents", N_("Costs"), "amount"),
        Column("left_cents", N_("Left"), "amount"),
        Column("over_cents", N_("Too much"), "amount"),
        Column("income_cents", N_("Income"), "amount"),
    ),
)
APPROVALS = (
    Column("ref", N_("Ref"), "ref"),
    Column("payee_name", N_("Payee"), "text"),
    Column("approved_on", N_("Day"), "date"),
    Column("state", N_("State"), "state", kind="payable"),
    Column("amount_cents", N_("Amount"), "amount"),
)
TRANSFERS = ListView(
    title=N_("Between the fund's own accounts"),
    rows="transfers",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("from_account", N_("From"), "ref"),
        Column("to_account", N_("To"), "ref"),
        Column("sent_on", N_("Left on"), "date"),
        Column("settled_on", N_("Arrived on"), "date"),
        Column("state", N_("State"), "state", kind="transfer"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    optional=True,
)
TAKEN = ListView(
    title=N_("Costs taken by the bank"),
    rows="costs",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("charged_on", N_("Day"), "date"),
        Column("text", N_("Text"), "text"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    count=NN_("{count} cost", "{count} costs"),
    sums=("amount_cents",),
    empty=N_("The bank took nothing yet."),
)
DEBITS = ListView(
    title=N_("Debits that were not expected"),
    rows="debits",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("debited_on", N_("Day"), "date"),
        Column("state", N_("State"), "state", kind="debit"),
        Column("explanation", N_("Explanation"), "text"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    optional=True,
)
INCOME = ListView(
    title=N_("Other income"),
    rows="income",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("receipt", N_("Receipt"), "ref"),
        Column("reason", N_("What it is"), "text"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    optional=True,
)


def _listed(data: Costs) -> None:
    YEARS(data)
    if approvals := data["approvals"]:
        table(
            _("Costs that were approved"),
            APPROVALS,
            approvals,
            total={
                "ref": ngettext("{count} cost", "{count} costs", len(approvals)).format(count=len(approvals)),
                "amount_cents": sum(row["amount_cents"] for row in approvals if row["state"] != "cancelled"),
            },
        )
    for each in (TRANSFERS, TAKEN, DEBITS, INCOME):
        each(data)


COLUMNS = (*APPROVALS, *(column for each in (YEARS, TRANSFERS, TAKEN, DEBITS, INCOME) for column in each.columns))

add_command(cost, ApproveCost)
add_command(cost, ChargeCost)
add_command(cost, BookIncome)
add_command(cost, TransferMoney, ask=True)
add_command(cost, SettleTransfer, ask=True)
add_command(cost, RecallTransfer)
add_query(cost, CostList, show=_listed, columns=COLUMNS)
