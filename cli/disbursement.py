"""``fund disbursement``: money out, from request to approval."""

from __future__ import annotations

from cli.output import Column
from cli.output.views import DetailView, ListView
from cli.params import noun
from cli.params.declared import add_command, add_query
from fund.language import N_, NN_
from fund.workflows.disbursements.commands import (
    ApproveDisbursement,
    CancelDisbursement,
    CheckDisbursement,
    DisbursementList,
    DisbursementShow,
    RefundDisbursement,
    RefuseDisbursement,
    RequestDisbursement,
    WithdrawDisbursement,
)

disbursement = noun("disbursement", N_("Request, check and approve disbursements"))


LIST = ListView(
    title=N_("Disbursements"),
    rows="disbursements",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("agreement", N_("Agreement"), "ref"),
        Column("payee_name", N_("Payee"), "text"),
        Column("state", N_("State"), "state", kind="disbursement"),
        Column("due_on", N_("Due"), "date"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    count=NN_("{count} disbursement", "{count} disbursements"),
    sums=("amount_cents",),
    empty=N_("No disbursement was requested yet."),
)
DETAIL = DetailView(
    title=N_("Disbursement {ref}"),
    facts=(
        Column("state", N_("State"), "state", kind="disbursement"),
        Column("agreement", N_("Agreement")),
        Column("milestone", N_("Milestone")),
        Column("payee_name", N_("Payee")),
        Column("iban_payee_ref", N_("Account")),
        Column("amount_cents", N_("Amount"), "amount"),
        Column("repayable_cents", N_("Repayable"), "amount", when="approved_on"),
        Column("grant_cents", N_("Grant"), "amount", when="approved_on"),
        Column("requested_on", N_("Requested"), "date"),
        Column("approved_on", N_("Approved"), "date"),
        Column("due_on", N_("To arrive by"), "date"),
        Column("paid_on", N_("Paid"), "date"),
        Column("refunded_cents", N_("Came back"), "amount", when="refunded_cents"),
        Column("batch", N_("Batch")),
        Column("bank_reason", N_("The bank said")),
        Column("possible", N_("Possible now")),
    ),
)

add_command(disbursement, RequestDisbursement, done=N_("{ref} asks for {amount_cents}."))
add_command(disbursement, CheckDisbursement, done=N_("{ref} is checked; it goes to account {payee_ref}."))
add_command(
    disbursement,
    ApproveDisbursement,
    ask=True,
    done=N_("{ref} is approved: {repayable_cents} to be repaid, {grant_cents} granted; it should arrive by {due_on}."),
)
add_command(disbursement, CancelDisbursement, ask=True)
add_command(disbursement, RefuseDisbursement, ask=True)
add_command(disbursement, WithdrawDisbursement, ask=True)
add_command(
    disbursement,
    RefundDisbursement,
    ask=True,
    done=N_("{amount_cents} came back on {ref}: {advance_cents} of the advance, {grant_cents} of the grant."),
)
add_query(disbursement, DisbursementList, show=LIST)
add_query(disbursement, DisbursementShow, show=DETAIL)
