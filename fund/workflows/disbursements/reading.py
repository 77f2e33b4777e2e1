"""What is read of disbursements: a list, and one of them with who acted and what is possible now."""

from __future__ import annotations

from fund.rules.permissions import account_for
from fund.rules.transitions import commands_from
from fund.schemas.base import as_row
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import Snapshot
from fund.workflows.disbursements.commands import DisbursementDetail, DisbursementRow, Disbursements, FactRow
from fund.workflows.disbursements.lifecycle import TRANSITIONS


def disbursements(snapshot: Snapshot, *, agreement: str | None = None, payee: str | None = None) -> Disbursements:
    """Every disbursement, or those of an agreement, of a payee."""
    cases = snapshot.cases(Disbursement, parent=agreement, partner=payee)
    return {
        "disbursements": [as_row(DisbursementRow, case, payee_name=snapshot.partner_name(case.payee)) for case in cases]
    }


def disbursement(snapshot: Snapshot, *, ref: str) -> DisbursementDetail:
    """One disbursement: its parts, who acted, what is possible now."""
    case = snapshot.case(Disbursement, ref)
    return as_row(
        DisbursementDetail,
        case,
        payee_name=snapshot.partner_name(case.payee),
        iban=account_for(snapshot.actor, case.iban, of=case.payee),
        possible=commands_from(TRANSITIONS, case.state),
        events=[as_row(FactRow, event, actor_name=snapshot.name(event.actor)) for event in snapshot.history(case)],
    )
