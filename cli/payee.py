"""``fund payee``: accounts that may be paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import Column, table
from cli.params import noun
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query
from fund.language import N_, _, ngettext
from fund.workflows.payees.commands import PayeeList, RecordPayee

payee = noun("payee", N_("Record the accounts that may be paid"))
with_files(payee)


def _recorded(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("The account of {partner} is recorded as {ref}.").format(partner=result["partner"], ref=result["ref"])]


LIST = (
    Column("ref", N_("Ref"), "ref"),
    Column("name", N_("Holder"), "text"),
    Column("iban", N_("Account"), "ref"),
    Column("usable_on", N_("Payable from"), "date"),
    Column("state", N_("State"), "state", kind="payee"),
)


def _listed(data: Mapping[str, Any]) -> None:
    rows = data["payees"]
    table(
        _("Accounts that may be paid"),
        LIST,
        rows,
        total={"ref": ngettext("{count} account", "{count} accounts", len(rows)).format(count=len(rows))},
        empty=_("No account is recorded yet."),
    )


add_command(payee, RecordPayee, ask=True, done=_recorded)
add_query(payee, PayeeList, show=_listed, columns=LIST)
