"""What a line of a batch pays: a disbursement, or anything else that the fund owes; asked the same questions."""

from __future__ import annotations

from typing import Any

from fund.errors.payments import PaymentsStopped
from fund.rules.transitions import Table
from fund.schemas.agreements import Agreement
from fund.schemas.disbursements import Disbursement
from fund.schemas.payables import Payable
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.disbursements import table as disbursements
from fund.workflows.lifecycle import check
from fund.workflows.payables import table as payables

__all__ = ["Due", "approved", "due", "maybe_due", "require_flowing", "require_row", "table_of", "ties"]

Due = Disbursement | Payable


def maybe_due(view: View, ref: str) -> Due | None:
    """What is or was owed under a ref, if anything."""
    return view.maybe(Disbursement, ref) or view.maybe(Payable, ref)


def due(view: View, ref: str) -> Due:
    """What is or was owed under a ref.

    Raises:
        UnknownRef: Nothing.
    """
    found = maybe_due(view, ref)
    if found is None:
        return view.case(Disbursement, ref) if ref.startswith("D") else view.case(Payable, ref)
    return found


def approved(view: View) -> list[Due]:
    """Everything that stands approved on 2000, disbursements first."""
    return [
        *view.cases(Disbursement, states=(disbursements.State.APPROVED,)),
        *view.cases(Payable, states=(payables.State.APPROVED,)),
    ]


def table_of(case: Due) -> Table:
    """The lifecycle that it moves by."""
    return disbursements.TRANSITIONS if isinstance(case, Disbursement) else payables.TRANSITIONS


def ties(view: View, case: Due) -> dict[str, Any]:
    """Whose case it is: whose people may not pay it (G7 b)."""
    if isinstance(case, Payable):
        return {"parties": case.parties}
    agreement = view.case(Agreement, case.agreement)
    return {"lead": agreement.lead, "parties": agreement.parties}


def require_row(uow: UnitOfWork, case: Due, command: str, **more: Any) -> None:
    """Nothing, when a row of its life allows the command to those who act.

    Raises:
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As in ``lifecycle.check``.
    """
    look = "fund payment list" if isinstance(case, Payable) else ""
    check(uow, table_of(case), command, case, look=look, **ties(uow, case), **more)


def require_flowing(view: View, case: Due) -> None:
    """Nothing, unless its agreement is suspended: then no money of it leaves (A4).

    Raises:
        PaymentsStopped: It is.
    """
    if isinstance(case, Payable):
        return
    agreement = view.case(Agreement, case.agreement)
    if agreement.state == "suspended":
        raise PaymentsStopped(agreement=agreement.ref, state=agreement.state)
