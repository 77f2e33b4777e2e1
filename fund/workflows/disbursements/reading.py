"""What is read of disbursements: a list, and one of them with who acted and what is possible now."""

from __future__ import annotations

from typing import Any

from fund.rules.permissions import account_for
from fund.rules.transitions import commands_from
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import Snapshot
from fund.workflows.disbursements.lifecycle import TRANSITIONS


def disbursements(snapshot: Snapshot, *, agreement: str | None = None, payee: str | None = None) -> dict[str, Any]:
    """Every disbursement, or those of an agreement, of a payee."""
    cases = snapshot.cases(Disbursement, parent=agreement, partner=payee)
    return {"disbursements": [_row(snapshot, case) for case in cases]}


def _row(snapshot: Snapshot, case: Disbursement) -> dict[str, Any]:
    return {
        "ref": case.ref,
        "agreement": case.agreement,
        "proposal": case.proposal,
        "milestone": case.milestone,
        "payee": case.payee,
        "payee_name": snapshot.partner_name(case.payee),
        "state": case.state,
        "amount_cents": case.amount_cents,
        "repayable_cents": case.repayable_cents,
        "grant_cents": case.grant_cents,
        "paid_cents": case.paid_cents,
        "refunded_cents": case.refunded_cents,
        "batch": case.batch or None,
        "requested_on": case.requested_on.isoformat(),
        "approved_on": case.approved_on.isoformat() if case.approved_on else None,
        "paid_on": case.paid_on.isoformat() if case.paid_on else None,
        "due_on": case.due_on.isoformat() if case.due_on else None,
    }


def disbursement(snapshot: Snapshot, *, ref: str) -> dict[str, Any]:
    """One disbursement: its parts, who acted, what is possible now."""
    case = snapshot.case(Disbursement, ref)
    history = [
        {
            "seq": event.seq,
            "type": event.type,
            "effective_on": event.effective_on.isoformat(),
            "actor": event.actor,
            "actor_name": snapshot.name(event.actor),
            "made_by": event.made_by,
        }
        for event in snapshot.history(case)
    ]
    return {
        **_row(snapshot, case),
        "iban_payee_ref": case.iban_payee_ref or None,
        "iban": account_for(snapshot.actor, case.iban, of=case.payee) or None,
        "attempts": case.attempts,
        "bank_reason": case.bank_reason or None,
        "possible": commands_from(TRANSITIONS, case.state),
        "events": history,
    }
