"""What an experiment still owes goes on under the roll-out that followed it (lifecycle.md 8).

A fund manager brings it before the committee, the lead of the roll-out takes the debt over, and the committee decides
by two thirds, as on every roll-out. No money moves, nothing is promised or given up, and nothing grows younger: what is
due keeps its day, the allowance moves along, steps of arrears that were taken are not taken again.
"""

from __future__ import annotations

from dataclasses import dataclass

from fund.errors.agreements import (
    CommitmentLeft,
    DisbursementsOpen,
    NothingToRefinance,
    NotItsRollout,
    RefinancingChanged,
    VerdictNotGood,
)
from fund.errors.commands import TransitionNotAllowed
from fund.errors.evaluations import WriteoffOpen
from fund.events import Envelope
from fund.events.agreements import AgreementRefinanced, MovedInstalment
from fund.events.values import InstalmentCut
from fund.language import _
from fund.rules import schedules
from fund.rules.authority import Guard
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.schemas.repayments import Plan
from fund.schemas.resolutions import Resolution
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows import resolutions
from fund.workflows.agreements.lifecycle import AgreementState
from fund.workflows.repayments.lifecycle import REMINDED
from fund.workflows.repayments.reminders import plan_timers

COMMAND = "agreement refinance"
MATTER = "refinancing"
INVITING = ("scale", "adopt")
"""Verdicts after which an experiment is rolled out."""
RELIEVED = (AgreementState.ACTIVE, AgreementState.COMPLETED)
OPEN_WRITEOFFS = ("proposed", "decided")


@dataclass(frozen=True, slots=True)
class Balance:
    """What would move, checked against both agreements as they stand."""

    parent: Agreement
    child: Agreement
    amount_cents: int
    allowance_cents: int
    lapsed: tuple[InstalmentCut, ...]
    instalments: tuple[MovedInstalment, ...]


def refinance(uow: UnitOfWork, *, ref: str, to: str, reason: str) -> Envelope:
    """It lies before the committee that the balance of an agreement is owed under its roll-out from then on.

    The lead of the roll-out confirms: it takes the debt over.

    Args:
        ref: The agreement that is relieved: active or completed, with nothing committed any more.
        to: The active agreement of the roll-out that follows it.

    Raises:
        TransitionNotAllowed: One of them is in another state.
        NotItsRollout: The other agreement does not follow this one.
        VerdictNotGood: Its evaluation is not published, or asks for no roll-out.
        NothingToRefinance: Nothing is outstanding.
        CommitmentLeft, DisbursementsOpen, WriteoffOpen: That comes first.
        ReasonMissing, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    parent, child = uow.case(Agreement, ref), uow.case(Agreement, to)
    parties = tuple(dict.fromkeys((*parent.parties, *child.parties)))
    uow.begin(COMMAND, Resolution, of=Guard(lead=child.lead, parties=parties), ref=ref)
    reason = require_reason(COMMAND, reason)
    found = checked(uow, parent, child)
    proposed = resolutions.propose(
        uow,
        command=COMMAND,
        matter=MATTER,
        subject=ref,
        terms={
            "child": to,
            "lead": child.lead,
            "amount_cents": found.amount_cents,
            "allowance_cents": found.allowance_cents,
            "instalments": [
                {"due_on": part.due_on.isoformat(), "amount_cents": part.amount_cents} for part in found.instalments
            ],
        },
        reason=reason,
        lead=child.lead,
        parties=parties,
        agreement=ref,
        proposal=child.proposal,
        two_thirds=True,
    )
    uow.result.update(ref=ref, child=to, resolution=proposed.fact.ref, amount_cents=found.amount_cents)
    return proposed


def checked(snapshot: Snapshot, parent: Agreement, child: Agreement) -> Balance:
    """What would move today, where both agreements allow it; the refusals of :func:`refinance`."""
    ref = parent.ref
    for agreement, states in ((parent, RELIEVED), (child, (AgreementState.ACTIVE,))):
        if agreement.state not in states:
            raise TransitionNotAllowed(
                command=COMMAND,
                ref=agreement.ref,
                kind="agreement",
                state=agreement.state,
                allowed=list(states),
                look=f"fund agreement show {agreement.ref}",
            )
    proposal = snapshot.maybe(Proposal, child.proposal)
    follows = proposal.follows if proposal is not None else None
    if child.terms.sort != "rollout" or follows != ref:
        raise NotItsRollout(ref=ref, child=child.ref, follows=follows or "-")
    evaluation = snapshot.maybe(Evaluation, ref)
    state, verdict = (evaluation.state, evaluation.verdict) if evaluation is not None else ("due", "")
    if state != "published" or verdict not in INVITING:
        told = _(verdict) if verdict and state == "published" else "-"
        raise VerdictNotGood(ref=ref, state=state, verdict=told)
    outstanding = snapshot.ledger.balance(f"1200.{ref}")
    if outstanding <= 0:
        raise NothingToRefinance(ref=ref, outstanding_cents=outstanding, day=snapshot.today)
    if parent.open_disbursements:
        raise DisbursementsOpen(ref=ref, count=len(parent.open_disbursements), open=parent.open_disbursements)
    committed = snapshot.ledger.balance(f"9000.{parent.proposal}")
    if committed:
        raise CommitmentLeft(ref=ref, committed_cents=committed)
    for case in snapshot.cases(Writeoff, parent=ref, states=OPEN_WRITEOFFS):
        if case.amount_cents <= outstanding:
            raise WriteoffOpen(ref=ref, open=case.ref, state=case.state)
    plan, other = snapshot.case(Plan, ref), snapshot.case(Plan, child.ref)
    moved = schedules.moved_onto(plan.instalments, outstanding, other.instalments, snapshot.today)
    first = max((part.no for part in other.instalments), default=0) + 1
    said = {part.no: {name: getattr(part, name) for name in REMINDED} for part in plan.instalments}
    return Balance(
        parent=parent,
        child=child,
        amount_cents=outstanding,
        allowance_cents=-snapshot.ledger.balance(f"1290.{ref}"),
        lapsed=tuple(
            InstalmentCut(no=part.no, amount_cents=part.open_cents) for part in plan.instalments if part.open_cents > 0
        ),
        instalments=tuple(
            MovedInstalment(
                no=no,
                due_on=part.due_on,
                amount_cents=part.amount_cents,
                from_no=part.from_no,
                **said.get(part.from_no, {}),
            )
            for no, part in enumerate(moved, start=first)
        ),
    )


def _as_agreed(uow: UnitOfWork, case: Resolution) -> Balance:
    """What moves now: no more than the committee saw, and to whom it saw."""
    child = uow.case(Agreement, str(case.terms["child"]))
    found = checked(uow, uow.case(Agreement, case.subject), child)
    if found.amount_cents > case.terms["amount_cents"] or child.lead != case.terms["lead"]:
        raise RefinancingChanged(
            resolution=case.ref,
            ref=case.subject,
            child=child.ref,
            agreed_cents=case.terms["amount_cents"],
            agreed_lead=uow.partner_name(str(case.terms["lead"])),
            outstanding_cents=found.amount_cents,
            lead=uow.partner_name(child.lead),
        )
    return found


def still_so(uow: UnitOfWork, case: Resolution) -> None:
    """What was put to the vote still holds (see :func:`checked`)."""
    _as_agreed(uow, case)


def moved(uow: UnitOfWork, case: Resolution, decided: Envelope) -> None:
    """The committee agreed: the balance is owed under the roll-out, and its instalments are watched there (R8)."""
    found = _as_agreed(uow, case)
    fact = AgreementRefinanced(
        ref=found.parent.ref,
        proposal=found.parent.proposal,
        child=found.child.ref,
        child_proposal=found.child.proposal,
        resolution=case.ref,
        amount_cents=found.amount_cents,
        allowance_cents=found.allowance_cents,
        lapsed=found.lapsed,
        instalments=found.instalments,
    )
    event = uow.record(fact, cause=decided, reaction="agreements.refinance")
    plan_timers(uow, event, ref=found.child.ref)
