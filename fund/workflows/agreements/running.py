"""What happens to an agreement that holds: amended, suspended, resumed, completed, terminated, closed (A3-A7, M3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund import files
from fund.dates import deadline, term_end, weeks
from fund.errors import (
    AmendmentNeedsCommittee,
    BeyondCommitment,
    DisbursementsOpen,
    InsufficientFreeToCommit,
    MilestoneNotOpen,
    NothingToChange,
    ReportMissing,
    UnknownTerminationGround,
)
from fund.events import (
    AgreementAmended,
    AgreementClosed,
    AgreementCompleted,
    AgreementResumed,
    AgreementSuspended,
    AgreementTerminated,
    BenefitReported,
    Envelope,
    InstalmentCut,
)
from fund.glossary import state_word
from fund.rules import schedules
from fund.rules.valuation import free_to_commit
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.evaluations import Evaluation
from fund.schemas.repayments import Plan
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.agreements.states import AGREEMENTS, ENDED, AgreementState, MilestoneState
from fund.workflows.lifecycle import check, require_reason
from fund.workflows.repayments import called_by_saving, plan_timers

__all__ = [
    "amend",
    "close_when_done",
    "complete",
    "end_suspension",
    "report_benefits",
    "resume",
    "suspend",
    "terminate",
]

SUSPENSION = "agreement.suspension"
"""The timer that ends a suspension."""
GROUNDS = ("stop_rule", "breach")


def _checked(uow: UnitOfWork, command: str, ref: str) -> Agreement:
    agreement = uow.case(Agreement, ref)
    check(uow, AGREEMENTS, command, agreement, lead=agreement.lead, parties=agreement.parties)
    return agreement


# ------------------------------------------------------------------------------------------------------- A3, M3


def amend(
    uow: UnitOfWork, *, ref: str, change_cents: int, milestone: int, reason: str, on: date | None = None
) -> Envelope:
    """The award became higher or lower, in one milestone; plan and commitment follow, the share stays (A3).

    Args:
        change_cents: Above zero a rise, below zero a cut.
        milestone: The number of the milestone that takes the change; it is not judged yet.

    Raises:
        InsufficientFreeToCommit: A rise above what is free to commit.
        BeyondCommitment: A cut above what was not asked for yet, or above what the milestone holds.
        AmendmentNeedsCommittee: The award would reach the amount from which the committee decides.
        MilestoneNotOpen, NothingToChange, ReasonMissing: As they say.
    """
    agreement = _checked(uow, "agreement amend", ref)
    reason = require_reason("agreement amend", reason)
    part = uow.case(Milestone, f"{ref}-{milestone}")
    if part.state not in (MilestoneState.PLANNED, MilestoneState.CHANGES_REQUESTED):
        raise MilestoneNotOpen(ref=part.ref, agreement=ref, state=state_word("milestone", part.state))
    if change_cents == 0:
        raise NothingToChange(ref=ref, change_cents=change_cents)
    award = agreement.award_cents + change_cents
    rules = uow.regulations_named(agreement.terms.regulations)
    if change_cents > 0:
        free = free_to_commit(uow.balances(), uow.regulations(on).buffer_cents)
        if change_cents > free:
            raise InsufficientFreeToCommit(
                ref=ref, amount_cents=change_cents, free_cents=free, difference_cents=change_cents - free, on=uow.today
            )
        threshold = rules.committee.two_thirds_from_cents
        if award >= threshold:
            raise AmendmentNeedsCommittee(ref=ref, award_cents=award, threshold_cents=threshold)
    open_cents = min(agreement.award_cents - agreement.approved_cents, part.amount_cents)
    if -change_cents > open_cents:
        raise BeyondCommitment(ref=ref, cut_cents=-change_cents, open_cents=open_cents)
    repayable = schedules.repayable_of(award, agreement.share_bps)
    plan = uow.case(Plan, ref)
    happened = uow.record(
        AgreementAmended(
            ref=ref,
            proposal=agreement.proposal,
            change_cents=change_cents,
            award_cents=award,
            repayable_cents=repayable,
            milestone=milestone,
            milestone_cents=part.amount_cents + change_cents,
            plan_cuts=schedules.cut(plan.instalments, agreement.repayable_cents - repayable),
            reason=reason,
        ),
        effective_on=on,
    )
    uow.result.update(ref=ref, award_cents=award, repayable_cents=repayable)
    uow.next_step = f"fund repayment plan {ref}"
    return happened


def report_benefits(
    uow: UnitOfWork,
    *,
    ref: str,
    year: int,
    planned_cost_cents: int = 0,
    realised_cost_cents: int = 0,
    planned_benefit_cents: int = 0,
    realised_benefit_cents: int = 0,
    on: date | None = None,
) -> Envelope:
    """What the experiment cost and brought a partner in a year, planned against realised, as accepted (M3).

    A later report on the same year takes the place of the first. In a plan by savings the agreed share of what was
    saved falls due three months later, out of the last instalment.
    """
    agreement = _checked(uow, "agreement benefits", ref)
    day = on or uow.today
    before = sum(
        each.called_cents for each in agreement.benefits if (each.partner, each.year) == (uow.maker.partner, year)
    )
    called = called_by_saving(uow.case(Plan, ref), realised_benefit_cents, before_cents=before, on=day)
    happened = uow.record(
        BenefitReported(
            ref=ref,
            proposal=agreement.proposal,
            partner=str(uow.maker.partner),
            year=year,
            planned_cost_cents=planned_cost_cents,
            realised_cost_cents=realised_cost_cents,
            planned_benefit_cents=planned_benefit_cents,
            realised_benefit_cents=realised_benefit_cents,
            called=called,
        ),
        effective_on=day,
    )
    if called is not None:
        plan_timers(uow, happened)
    uow.next_step = f"fund agreement show {ref}"
    return happened


# ----------------------------------------------------------------------------------------------------------- A4


def suspend(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """On written, serious suspicion nothing is paid out any more, for thirteen weeks at most; repayment goes on (A4).

    Raises:
        ReasonMissing: The suspicion is not written down.

    Source: Awb 4:56.
    """
    agreement = _checked(uow, "agreement suspend", ref)
    day = on or uow.today
    term = weeks(uow.regulations_named(agreement.terms.regulations).terms.suspension_weeks)
    happened = uow.record(
        AgreementSuspended(
            ref=ref,
            proposal=agreement.proposal,
            reason=require_reason("agreement suspend", reason),
            until_on=term_end(day, term),
        ),
        effective_on=day,
    )
    uow.set_timer(SUSPENSION, agreement.stream, deadline(day, term), cause=happened, name=str(happened.seq))
    uow.next_step = f"fund agreement resume {ref} --reason TEXT"
    return happened


def resume(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """The suspicion is lifted: requests and payments may go on (A4).

    Raises:
        ReasonMissing: Why it is lifted is not written down.
    """
    agreement = _checked(uow, "agreement resume", ref)
    happened = uow.record(
        AgreementResumed(ref=ref, proposal=agreement.proposal, reason=require_reason("agreement resume", reason)),
        effective_on=on,
    )
    uow.next_step = f"fund agreement show {ref}"
    return happened


def end_suspension(uow: UnitOfWork, timer: TimerRow) -> None:
    """Thirteen weeks are over and nobody ended the agreement: it runs again (4:56)."""
    agreement = uow.maybe(Agreement, timer.stream.partition("/")[2])
    if agreement is None or agreement.state != AgreementState.SUSPENDED or agreement.suspended_until_on is None:
        return
    if agreement.suspended_until_on >= uow.today:
        return
    check(uow, AGREEMENTS, "agreement resume", agreement, lead=agreement.lead, parties=agreement.parties)
    uow.record(AgreementResumed(ref=agreement.ref, proposal=agreement.proposal, reason="term of suspension over"))


# ------------------------------------------------------------------------------------------------------- A5, A6


def complete(
    uow: UnitOfWork,
    *,
    ref: str,
    report: Mapping[str, Any] | None = None,
    ex_officio: bool = False,
    reason: str = "",
    on: date | None = None,
) -> Envelope:
    """The work is done and settled as granted, whatever its result; what was not asked for is free again (A5).

    Args:
        report: Name and content of the final report; without it the fund completes ex officio, with a reason.

    Raises:
        DisbursementsOpen: A request is not paid, refused, withdrawn or cancelled.
        ReportMissing: Neither report nor reason.

    Source: Awb 4:45-4:47.
    """
    agreement = _checked(uow, "agreement complete", ref)
    if report is None and not (ex_officio and reason.strip()):
        raise ReportMissing(ref=ref)
    released, repayable, cuts = _rest(uow, agreement)
    happened = uow.record(
        AgreementCompleted(
            ref=ref,
            proposal=agreement.proposal,
            award_cents=agreement.award_cents,
            booked_cents=agreement.booked_cents,
            released_cents=released,
            repayable_released_cents=repayable,
            plan_cuts=cuts,
            report_sha256=files.put(uow, bytes(report["content"]), name=str(report["name"])) if report else None,
            ex_officio=report is None,
            reason=reason.strip(),
        ),
        effective_on=on,
    )
    uow.result.update(ref=ref, released_cents=released)
    uow.next_step = f"fund evaluation submit {ref} FILE"
    return happened


def terminate(
    uow: UnitOfWork,
    *,
    ref: str,
    ground: str,
    reason: str,
    waive_evaluation: bool = False,
    on: date | None = None,
) -> Envelope:
    """The agreement ends before its time: by its stop rule, nobody's fault, or for a breach (A6).

    Args:
        ground: ``stop_rule`` or ``breach``.
        waive_evaluation: The chair waives the evaluation; for a breach only.

    Raises:
        UnknownTerminationGround, ReasonMissing: As they say.
        DisbursementsOpen: Requests are refused, withdrawn or cancelled first (D7, D9).
    """
    agreement = _checked(uow, "agreement terminate", ref)
    if ground not in GROUNDS:
        raise UnknownTerminationGround(ref=ref, ground=ground, known=GROUNDS)
    reason = require_reason("agreement terminate", reason)
    released, repayable, cuts = _rest(uow, agreement)
    happened = uow.record(
        AgreementTerminated(
            ref=ref,
            proposal=agreement.proposal,
            ground=ground,
            reason=reason,
            award_cents=agreement.award_cents,
            booked_cents=agreement.booked_cents,
            released_cents=released,
            repayable_released_cents=repayable,
            plan_cuts=cuts,
            evaluation_waived=waive_evaluation and ground == "breach",
        ),
        effective_on=on,
    )
    uow.result.update(ref=ref, released_cents=released)
    uow.next_step = f"fund agreement show {ref}"
    return happened


def _rest(uow: UnitOfWork, agreement: Agreement) -> tuple[int, int, tuple[InstalmentCut, ...]]:
    """What is free at the end: the commitment left, its repayable part, and what of the plan lapses with it.

    Raises:
        DisbursementsOpen: Something is still asked for or under way.
    """
    if agreement.open_disbursements:
        raise DisbursementsOpen(
            ref=agreement.ref, count=len(agreement.open_disbursements), open=agreement.open_disbursements
        )
    released = agreement.uncommitted_cents
    committed = uow.ledger.balance(f"9000.{agreement.proposal}")
    assert committed == released, f"{agreement.ref}: commitment {committed}, award not booked {released}"
    repayable = agreement.repayable_cents - agreement.booked_repayable_cents
    plan = uow.case(Plan, agreement.ref)
    return released, repayable, schedules.cut(plan.instalments, repayable)


# ----------------------------------------------------------------------------------------------------------- A7


def close_when_done(uow: UnitOfWork, happened: Envelope) -> None:
    """An agreement that ended is closed when nothing is outstanding, owed or to be learned any more (A7)."""
    refs = [stream.partition("/")[2] for stream in happened.fact.touches() if stream.startswith("agreement/")]
    if happened.fact.kind in ("agreement", "evaluation"):
        refs.append(happened.fact.ref)
    for ref in dict.fromkeys(refs):
        agreement = uow.maybe(Agreement, ref)
        if agreement is not None and agreement.state in ENDED and _done(uow, agreement):
            check(uow, AGREEMENTS, "agreement close", agreement, lead=agreement.lead, parties=agreement.parties)
            uow.record(AgreementClosed(ref=ref, proposal=agreement.proposal))


def _done(uow: UnitOfWork, agreement: Agreement) -> bool:
    """1200 = 1290 = 0, nothing payable any more, and the evaluation is accepted or was waived."""
    if agreement.open_disbursements:
        return False
    if any(uow.ledger.balance(f"{code}.{agreement.ref}") for code in ("1200", "1290")):
        return False
    evaluation = uow.maybe(Evaluation, agreement.ref)
    accepted = evaluation is not None and evaluation.state in ("accepted", "published")
    return accepted or agreement.evaluation_waived
