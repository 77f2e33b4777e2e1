"""What a line of a batch pays: a disbursement, or anything else that the fund owes; asked the same questions."""

from __future__ import annotations

from fund.errors.payments import PaymentsStopped
from fund.schemas.agreements import Agreement
from fund.schemas.disbursements import Disbursement
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot
from fund.workflows.disbursements import lifecycle as disbursements
from fund.workflows.payables import lifecycle as payables

Due = Disbursement | Payable


def maybe_due(snapshot: Snapshot, ref: str) -> Due | None:
    """What is or was owed under a ref, if anything."""
    return snapshot.maybe(Disbursement, ref) or snapshot.maybe(Payable, ref)


def due(snapshot: Snapshot, ref: str) -> Due:
    """What is or was owed under a ref.

    Raises:
        UnknownRef: Nothing.
    """
    found = maybe_due(snapshot, ref)
    if found is None:
        return snapshot.case(Disbursement, ref) if ref.startswith("D") else snapshot.case(Payable, ref)
    return found


def approved(snapshot: Snapshot) -> list[Due]:
    """Everything that stands approved on 2000, disbursements first."""
    return [
        *snapshot.cases(Disbursement, states=(disbursements.State.APPROVED,)),
        *snapshot.cases(Payable, states=(payables.State.APPROVED,)),
    ]


def require_flowing(snapshot: Snapshot, case: Due) -> None:
    """Nothing, unless its agreement is suspended: then no money of it leaves (A4).

    Raises:
        PaymentsStopped: It is.
    """
    if isinstance(case, Payable):
        return
    agreement = snapshot.case(Agreement, case.agreement)
    if agreement.state == "suspended":
        raise PaymentsStopped(agreement=agreement.ref, state=agreement.state)
