"""What a line of a batch pays: a disbursement, or anything else that the fund owes; asked the same questions."""

from __future__ import annotations

from typing import Any

from fund.errors.payments import PaymentsStopped
from fund.rules.transitions import Table
from fund.schemas.agreements import Agreement
from fund.schemas.disbursements import Disbursement
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot, UnitOfWork
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


def table_of(case: Due) -> Table:
    """The lifecycle that it moves by."""
    return disbursements.TRANSITIONS if isinstance(case, Disbursement) else payables.TRANSITIONS


def ties(snapshot: Snapshot, case: Due) -> dict[str, Any]:
    """Whose case it is: whose people may not pay it (G7 b)."""
    if isinstance(case, Payable):
        return {"parties": case.parties}
    agreement = snapshot.case(Agreement, case.agreement)
    return {"lead": agreement.lead, "parties": agreement.parties}


def require_row(uow: UnitOfWork, case: Due, command: str, **more: Any) -> None:
    """Nothing, when a row of its life allows the command to those who act.

    Raises:
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As in ``lifecycle.check``.
    """
    look = "fund payment list" if isinstance(case, Payable) else ""
    step = uow.transition(command, case)


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
