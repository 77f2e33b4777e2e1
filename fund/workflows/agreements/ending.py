"""How an agreement that holds stops for a while and ends: suspended, resumed, completed, terminated, closed (A4-A7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund import files
from fund.dates import deadline, term_end, weeks
from fund.errors.agreements import (
    DisbursementsOpen,
    EvaluationNotWaivable,
    LoweringNeedsGround,
    NotLowerThanGranted,
    ReportMissing,
    UnknownTerminationGround,
)
from fund.events import Envelope
from fund.events.agreements import (
    AgreementClosed,
    AgreementCompleted,
    AgreementResumed,
    AgreementSuspended,
    AgreementTerminated,
)
from fund.events.evaluations import EvaluationWaived
from fund.events.values import InstalmentCut
from fund.language import _
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.schemas.repayments import Plan
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.agreements.amending import cuts_of
from fund.workflows.agreements.lifecycle import ENDED, AgreementState

SUSPENSION = "agreement.suspension"
"""The timer that ends a suspension."""
GROUNDS = ("stop_rule", "breach")
LOWER_GROUNDS = ("activities_not_done", "obligations_not_met", "wrong_information", "award_was_wrong")
"""Grounds on which an agreement is set lower than granted: Awb 4:46 lid 2, a to d."""


# ----------------------------------------------------------------------------------------------------------- A4


def suspend(
    uow: UnitOfWork, *, ref: str, reason: str, letter: Mapping[str, Any] | None = None, on: date | None = None
) -> Envelope:
    """On written, serious suspicion nothing is paid out any more, for thirteen weeks at most; repayment goes on (A4).

    Args:
        letter: Name and content of the letter to the parties; its hash stands in the fact.

    Raises:
        ReasonMissing: The suspicion is not written down.

    Source: Awb 4:56.
    """
    agreement = uow.case(Agreement, ref)
    step = uow.transition("agreement suspend", agreement)
    day = on or uow.today
    term = weeks(uow.regulations_named(agreement.terms.regulations).terms.suspension_weeks)
    event = step.record(
        AgreementSuspended(
            ref=ref,
            proposal=agreement.proposal,
            reason=require_reason("agreement suspend", reason),
            until_on=term_end(day, term),
            letter_sha256=files.put(uow, bytes(letter["content"]), name=str(letter["name"])) if letter else None,
        ),
        effective_on=day,
    )
    uow.set_timer(SUSPENSION, agreement.stream, deadline(day, term), cause=event, name=str(event.seq))
    uow.next_step = f"fund agreement resume {ref} --reason TEXT"
    return event


def resume(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """The suspicion is lifted: requests and payments may go on (A4).

    Raises:
        ReasonMissing: Why it is lifted is not written down.
    """
    agreement = uow.case(Agreement, ref)
    step = uow.transition("agreement resume", agreement)
    event = step.record(
        AgreementResumed(ref=ref, proposal=agreement.proposal, reason=require_reason("agreement resume", reason)),
        effective_on=on,
    )
    uow.next_step = f"fund agreement show {ref}"
    return event


def end_suspension(uow: UnitOfWork, timer: TimerRow) -> None:
    """Thirteen weeks are over and nobody ended the agreement: it runs again (4:56)."""
    agreement = uow.maybe(Agreement, timer.stream.partition("/")[2])
    if agreement is None or agreement.state != AgreementState.SUSPENDED or agreement.suspended_until_on is None:
        return
    if agreement.suspended_until_on >= uow.today:
        return
    over = AgreementResumed(ref=agreement.ref, proposal=agreement.proposal, reason="term of suspension over")
    uow.transition("agreement resume", agreement).record(over)


# ------------------------------------------------------------------------------------------------------- A5, A6


def complete(
    uow: UnitOfWork,
    *,
    ref: str,
    report: Mapping[str, Any] | None = None,
    ex_officio: bool = False,
    reason: str = "",
    set_at_cents: int | None = None,
    ground: str = "",
    on: date | None = None,
) -> Envelope:
    """The work is done and settled as granted, whatever its result; what was not asked for is free again (A5).

    Set lower on a ground of Awb 4:46 only: the difference is a claim on the parties outside the ledger, and comes in as
    unspent money does (D8).

    Args:
        report: Name and content of the final report; without it the fund completes ex officio, with a reason.
        set_at_cents: Lower than what was approved for payment; left out, it is set as granted.
        ground: ``activities_not_done``, ``obligations_not_met``, ``wrong_information`` or ``award_was_wrong``.

    Raises:
        DisbursementsOpen: A request is not paid, refused, withdrawn or cancelled.
        ReportMissing: Neither report nor reason.
        LoweringNeedsGround: Lower without one of the grounds, or without a reason; or a ground and no amount.
        NotLowerThanGranted: The amount is not lower than what was approved for payment, or below nothing.

    Source: Awb 4:45-4:47.
    """
    agreement = uow.case(Agreement, ref)
    step = uow.transition("agreement complete", agreement)
    if report is None and not (ex_officio and reason.strip()):
        raise ReportMissing(ref=ref)
    _require_lower(agreement, set_at_cents, ground, reason)
    released, repayable, cuts = _rest(uow, agreement)
    event = step.record(
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
            determined_cents=set_at_cents,
            lower_ground=ground,
            reclaimed_cents=0 if set_at_cents is None else agreement.booked_cents - set_at_cents,
        ),
        effective_on=on,
    )
    uow.result.update(ref=ref, released_cents=released)
    uow.next_step = f"fund evaluation submit {ref} FILE"
    return event


def _require_lower(agreement: Agreement, set_at_cents: int | None, ground: str, reason: str) -> None:
    """Nothing, when it is set as granted, or lower with amount, ground and reason."""
    ref, booked = agreement.ref, agreement.booked_cents
    if set_at_cents is None and not ground:
        return
    problem = ""
    if set_at_cents is None:
        problem = _("no amount was given")
    elif ground not in LOWER_GROUNDS:
        problem = _('"{ground}" is no ground').format(ground=ground) if ground else _("no ground was given")
    elif not reason.strip():
        problem = _("no reason was given")
    if problem or set_at_cents is None:
        raise LoweringNeedsGround(ref=ref, problem=problem, known=LOWER_GROUNDS)
    if not 0 <= set_at_cents < booked:
        raise NotLowerThanGranted(ref=ref, amount_cents=set_at_cents, booked_cents=booked)


def terminate(
    uow: UnitOfWork, *, ref: str, ground: str, reason: str, waive_evaluation: bool = False, on: date | None = None
) -> Envelope:
    """The agreement ends before its time: by its stop rule, nobody's fault, or for a breach (A6).

    Args:
        ground: ``stop_rule`` or ``breach``.
        waive_evaluation: The chair waives the evaluation; for a breach only.

    Raises:
        EvaluationNotWaivable: The stop rule was met: then others learn from it.
        UnknownTerminationGround, ReasonMissing: As they say.
        DisbursementsOpen: Requests are refused, withdrawn or cancelled first (D7, D9).
    """
    agreement = uow.case(Agreement, ref)
    step = uow.transition("agreement terminate", agreement)
    if ground not in GROUNDS:
        raise UnknownTerminationGround(ref=ref, ground=ground, known=GROUNDS)
    reason = require_reason("agreement terminate", reason)
    if waive_evaluation and ground != "breach":
        raise EvaluationNotWaivable(ref=ref, ground=ground)
    released, repayable, cuts = _rest(uow, agreement)
    event = step.record(
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
            evaluation_waived=waive_evaluation,
        ),
        effective_on=on,
    )
    evaluation = uow.maybe(Evaluation, ref)
    if waive_evaluation and evaluation is not None and evaluation.state in ("due", "submitted", "peer_reviewed"):
        uow.clear_timer("evaluation.due", evaluation.stream)
        uow.record(EvaluationWaived(ref=ref, proposal=agreement.proposal, reason=reason))
    uow.result.update(ref=ref, released_cents=released)
    uow.next_step = f"fund agreement show {ref}"
    return event


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
    return released, repayable, cuts_of(plan, repayable)


# ----------------------------------------------------------------------------------------------------------- A7


def close_when_done(uow: UnitOfWork, event: Envelope) -> None:
    """An agreement that ended is closed when nothing is outstanding, owed or to be learned any more (A7)."""
    refs = [stream.partition("/")[2] for stream in event.fact.affected_streams() if stream.startswith("agreement/")]
    if event.fact.kind in ("agreement", "evaluation"):
        refs.append(event.fact.ref)
    for ref in dict.fromkeys(refs):
        agreement = uow.maybe(Agreement, ref)
        if agreement is not None and agreement.state in ENDED and _done(uow, agreement):
            uow.transition("agreement close", agreement).record(AgreementClosed(ref=ref, proposal=agreement.proposal))


def _done(uow: UnitOfWork, agreement: Agreement) -> bool:
    """1200 = 1290 = 0, nothing payable any more, and the evaluation is accepted or was waived."""
    if agreement.open_disbursements:
        return False
    if any(uow.ledger.balance(f"{code}.{agreement.ref}") for code in ("1200", "1290")):
        return False
    evaluation = uow.maybe(Evaluation, agreement.ref)
    accepted = evaluation is not None and evaluation.state in ("accepted", "published")
    return accepted or agreement.evaluation_waived
