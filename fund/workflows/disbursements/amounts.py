"""What was asked and approved from an agreement so far, and whether money may leave it now."""

from __future__ import annotations

from fund.errors.payments import PaymentsStopped
from fund.schemas.agreements import Agreement
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import Snapshot
from fund.workflows.disbursements.lifecycle import BOOKED, LIVE


def live_cents(snapshot: Snapshot, agreement: str, *, milestone: str | None = None, on_account: bool = False) -> int:
    """What was asked from an agreement and still counts, in cents; of one milestone, or on account, when asked so."""
    return sum(
        case.amount_cents
        for case in snapshot.cases(Disbursement, parent=agreement, states=LIVE)
        if (milestone is None or case.milestone == milestone) and (not on_account or case.on_account)
    )


def booked(snapshot: Snapshot, agreement: str) -> tuple[int, int]:
    """What was approved from an agreement and not undone, and its repayable part, in cents."""
    cases = snapshot.cases(Disbursement, parent=agreement, states=BOOKED)
    return sum(case.amount_cents for case in cases), sum(case.repayable_cents for case in cases)


def agreement_in(snapshot: Snapshot, ref: str, *, states: tuple[str, ...] = ("active",)) -> Agreement:
    """The agreement, in a state in which this may happen.

    Raises:
        UnknownRef: There is none. PaymentsStopped: It is in another state.
    """
    agreement = snapshot.case(Agreement, ref)
    if agreement.state not in states:
        raise PaymentsStopped(agreement=ref, state=agreement.state)
    return agreement
