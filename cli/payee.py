"""``fund payee``: accounts that may be paid."""

from __future__ import annotations

from cli.output import Column
from cli.output.views import ListView
from cli.params import noun
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query
from fund.language import N_, NN_
from fund.workflows.payees.commands import PayeeList, RecordPayee

payee = noun("payee", N_("Record the accounts that may be paid"))
with_files(payee)


LIST = ListView(
    title=N_("Accounts that may be paid"),
    rows="payees",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("name", N_("Holder"), "text"),
        Column("iban", N_("Account"), "ref"),
        Column("usable_on", N_("Payable from"), "date"),
        Column("state", N_("State"), "state", kind="payee"),
    ),
    count=NN_("{count} account", "{count} accounts"),
    empty=N_("No account is recorded yet."),
)

add_command(payee, RecordPayee, ask=True, done=N_("The account of {partner} is recorded as {ref}."))
add_query(payee, PayeeList, show=LIST)
