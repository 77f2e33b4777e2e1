"""Milestones: the parties show what they did, a fund manager judges it criterion by criterion (M1, M2)."""

from __future__ import annotations

from collections.abc import Sequence

from fund import files as kept
from fund.declarations import InputFile
from fund.errors.agreements import AgreementNotRunning, CriteriaNotTicked, EvidenceMissing, UnknownCriterion
from fund.events import Envelope
from fund.events.agreements import MilestoneAccepted, MilestoneChangesRequested, MilestoneEvidenced, MilestoneRejected
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement, Milestone
from fund.unit_of_work import Step, UnitOfWork
from fund.workflows.agreements.lifecycle import RUNNING


def _step(uow: UnitOfWork, command: str, ref: str) -> tuple[Step, Milestone, Agreement]:
    milestone = uow.case(Milestone, ref)
    agreement = uow.case(Agreement, milestone.agreement)
    step = uow.transition(command, milestone)
    if agreement.state not in RUNNING:
        raise AgreementNotRunning(
            command=command, ref=ref, agreement=agreement.ref, state=agreement.state, allowed=list(RUNNING)
        )
    return step, milestone, agreement


def evidence(uow: UnitOfWork, *, ref: str, files: Sequence[InputFile] = (), note: str = "") -> Envelope:
    """A party shows that the milestone was reached: files, kept and known by their hash (M1).

    Args:
        ref: The milestone (``A2026-003-1``).
        files: Name and content of each file.

    Raises:
        EvidenceMissing: No file.
        AgreementNotRunning: The agreement ended.
    """
    step, milestone, agreement = _step(uow, "milestone evidence", ref)
    if not files:
        raise EvidenceMissing(ref=ref)
    hashes = tuple(dict.fromkeys(kept.put_all(uow, files)))
    event = step.record(
        MilestoneEvidenced(
            ref=ref, agreement=agreement.ref, proposal=agreement.proposal, evidence=hashes, note=note.strip()
        )
    )
    uow.result.update(ref=ref, evidence=list(hashes), criteria=len(milestone.criteria))
    uow.next_step = f"fund milestone list {agreement.ref}"
    return event


def accept(uow: UnitOfWork, *, ref: str, met: Sequence[int] = ()) -> Envelope:
    """The milestone was reached: a tick for every criterion (M2).

    Args:
        met: The numbers of the criteria that were met, from 1.

    Raises:
        UnknownCriterion: A number the milestone does not have.
        CriteriaNotTicked: A criterion without a tick; ask for changes, or reject.
    """
    step, milestone, agreement = _step(uow, "milestone accept", ref)
    ticked = _ticked(milestone, met)
    missing = [number for number in range(1, len(milestone.criteria) + 1) if number not in ticked]
    if missing:
        raise CriteriaNotTicked(ref=ref, ticked=len(ticked), count=len(milestone.criteria), missing=missing)
    event = step.record(MilestoneAccepted(ref=ref, agreement=agreement.ref, proposal=agreement.proposal, met=ticked))
    uow.next_step = f"fund disbursement request {agreement.ref} --milestone {milestone.number}"
    return event


def request_changes(uow: UnitOfWork, *, ref: str, reason: str, met: Sequence[int] = ()) -> Envelope:
    """The evidence does not show enough yet; the parties know what is missing (M2).

    Raises:
        ReasonMissing, UnknownCriterion: As they say.
    """
    step, milestone, agreement = _step(uow, "milestone request-changes", ref)
    event = step.record(
        MilestoneChangesRequested(
            ref=ref,
            agreement=agreement.ref,
            proposal=agreement.proposal,
            met=_ticked(milestone, met),
            reason=require_reason("milestone request-changes", reason),
        )
    )
    uow.next_step = f"fund milestone evidence {ref} FILE"
    return event


def reject(uow: UnitOfWork, *, ref: str, reason: str, met: Sequence[int] = ()) -> Envelope:
    """The milestone was not reached: the agreement is amended or ended (M2).

    Raises:
        ReasonMissing, UnknownCriterion: As they say.
    """
    step, milestone, agreement = _step(uow, "milestone reject", ref)
    event = step.record(
        MilestoneRejected(
            ref=ref,
            agreement=agreement.ref,
            proposal=agreement.proposal,
            met=_ticked(milestone, met),
            reason=require_reason("milestone reject", reason),
        )
    )
    uow.next_step = f"fund agreement terminate {agreement.ref} --ground stop_rule --reason TEXT"
    return event


def _ticked(milestone: Milestone, met: Sequence[int]) -> tuple[int, ...]:
    for number in met:
        if not 1 <= number <= len(milestone.criteria):
            raise UnknownCriterion(
                ref=milestone.ref, agreement=milestone.agreement, count=len(milestone.criteria), number=number
            )
    return tuple(sorted(set(met)))
