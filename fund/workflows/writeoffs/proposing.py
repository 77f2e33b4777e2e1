"""W1, W2: it is proposed to give up an advance; a learning write-off has guards of its own."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from fund import files
from fund.errors.evaluations import (
    BeyondOutstanding,
    EvaluationNotAccepted,
    LearningTooLow,
    LessonsNotPublished,
    MilestonesWithoutEvidence,
    StopRuleMissing,
    SuspicionOpen,
    UnknownWriteoffGround,
    UnspentMoneyOut,
    WorkNotEnded,
    WriteoffNotRequested,
    WriteoffOpen,
    WriteoffWithoutFile,
)
from fund.events import Envelope
from fund.events.writeoffs import WriteoffProposed
from fund.language import N_, _
from fund.rules.authority import Role
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.disbursements import Disbursement
from fund.schemas.evaluations import Evaluation
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import UnitOfWork
from fund.workflows.writeoffs.balances import balance_or_zero
from fund.workflows.writeoffs.lifecycle import OPEN, Ground

UNDER_WAY = ("requested", "checked", "approved", "sent", "failed")
"""States of a disbursement in which money may still leave."""


def propose(
    uow: UnitOfWork,
    *,
    ref: str,
    reason: str,
    ground: str = Ground.LEARNING.value,
    amount_cents: int | None = None,
    file: Mapping[str, Any] | None = None,
    requested_by: str | None = None,
) -> Envelope:
    """It is proposed to give up an advance, or part of it.

    Args:
        ref: The agreement.
        ground: ``learning``, ``hardship``, ``uncollectible`` or ``irregularity``.
        amount_cents: Default: all that is outstanding.
        file: Name and content of the reminders and the legal view; every ground but learning asks for it.
        requested_by: The signatory of the lead on whose request it is proposed; learning asks for one (W1).

    Raises:
        UnknownWriteoffGround, ReasonMissing: As they say.
        WriteoffOpen: One at a time.
        BeyondOutstanding: More than is outstanding, or nothing is.
        SuspicionOpen, WorkNotEnded, StopRuleMissing, EvaluationNotAccepted, LearningTooLow, LessonsNotPublished,
        MilestonesWithoutEvidence, UnspentMoneyOut: The guards of a learning write-off (W1).
        WriteoffNotRequested: No signatory of the lead asked for a learning write-off, or somebody else did.
        WriteoffWithoutFile: The other grounds have a file (W2).
        NotAuthorised, ConflictOfInterest: As they say.
    """
    if ground not in list(Ground):
        raise UnknownWriteoffGround(ground=ground, known=[str(each) for each in Ground])
    reason = require_reason("writeoff propose", reason)
    agreement = uow.case(Agreement, ref)
    step = uow.begin("writeoff propose", Writeoff, of=agreement, ref=ref)
    earlier = uow.cases(Writeoff, parent=ref)
    outstanding = balance_or_zero(uow, f"1200.{ref}")
    # One on which money came in meanwhile, so that less is outstanding than it says, can never be posted: it is in
    # nobody's way.
    unfinished = next((case for case in earlier if case.state in OPEN and case.amount_cents <= outstanding), None)
    if unfinished is not None:
        raise WriteoffOpen(ref=ref, open=unfinished.ref, state=unfinished.state)
    amount = outstanding if amount_cents is None else amount_cents
    if amount <= 0 or amount > outstanding:
        raise BeyondOutstanding(ref=ref, amount_cents=amount, outstanding_cents=outstanding, day=uow.today)
    evaluation = uow.maybe(Evaluation, ref)
    if ground == Ground.LEARNING:
        _require_learning(uow, agreement, evaluation)
    elif file is None:
        raise WriteoffWithoutFile(ref=ref, ground=ground)
    asking = _signatory(uow, agreement, requested_by) if requested_by or ground == Ground.LEARNING else ""
    new = f"{ref}-W{len(earlier) + 1}"
    uow.next_step = f"fund decision vote {new} --choice for"
    fact = WriteoffProposed(
        ref=new,
        agreement=ref,
        proposal=agreement.proposal,
        ground=ground,
        amount_cents=amount,
        outstanding_cents=outstanding,
        lead=agreement.lead,
        parties=agreement.parties,
        reason=reason,
        hypothesis=evaluation.hypothesis if evaluation else "",
        learning=evaluation.learning if evaluation else "",
        file_sha256=files.put(uow, bytes(file["content"]), name=str(file["name"])) if file else "",
        requested_by=asking,
    )
    return step.record(fact)


def _signatory(uow: UnitOfWork, agreement: Agreement, name: str | None) -> str:
    """The user id of the signatory of the lead on whose request it is proposed (W1)."""
    asking = uow.user(name) if name else None
    if asking is None or not asking.has(Role.PARTNER_SIGNATORY) or asking.organisation != agreement.lead:
        raise WriteoffNotRequested(ref=agreement.ref, partner=agreement.lead, requested_by=name or "-")
    return asking.user_id


def _require_learning(uow: UnitOfWork, agreement: Agreement, evaluation: Evaluation | None) -> None:
    """The guards of W1, in the order in which a fund manager would settle them."""
    ref = agreement.ref
    if agreement.state == "suspended":
        raise SuspicionOpen(ref=ref)
    # closed: everything came back or was given up, until a write-off was taken back
    done = agreement.state == "completed" or (agreement.state == "closed" and agreement.ground == "completed")
    by_stop_rule = agreement.state in ("terminated", "closed") and agreement.ground == "stop_rule"
    if not done and not by_stop_rule:
        raise WorkNotEnded(ref=ref, state=agreement.state)
    if not agreement.hypothesis.strip() or not agreement.stop_rule.strip():
        names = {N_("a hypothesis"): agreement.hypothesis, N_("a stop rule"): agreement.stop_rule}
        found = [_(name) for name, text in names.items() if text.strip()] or [_("neither")]
        raise StopRuleMissing(ref=ref, found=found)
    state = evaluation.state if evaluation is not None else "due"
    if evaluation is None or state not in ("accepted", "published"):
        raise EvaluationNotAccepted(ref=ref, state=state)
    threshold = uow.regulations_named(agreement.terms.regulations).learning_threshold
    if Fraction(evaluation.learning) < threshold:
        raise LearningTooLow(ref=ref, learning=evaluation.learning, threshold=threshold)
    if state != "published":
        raise LessonsNotPublished(ref=ref, state=state)
    until = agreement.ended_on or uow.today
    bare = [
        milestone
        for milestone in uow.cases(Milestone, parent=ref)
        if milestone.due_on <= until and milestone.state in ("planned", "changes_requested")
    ]
    if bare:
        due_on = max(milestone.due_on for milestone in bare)
        raise MilestonesWithoutEvidence(ref=ref, milestones=[milestone.ref for milestone in bare], due_on=due_on)
    open_ = [case.ref for case in uow.cases(Disbursement, parent=ref, states=UNDER_WAY)]
    if open_:
        raise UnspentMoneyOut(ref=ref, disbursements=open_)
