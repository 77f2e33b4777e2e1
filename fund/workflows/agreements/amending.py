"""A running agreement changes: its award, the day of a milestone, its lead (A3).

A fund manager and the lead agree on it. The committee has the word as well on a rise that it would have decided by
another majority, or by another body, had it been asked at once: the new award reaches the amount for two thirds or
leaves the band of the track, or the agreement is a major one or a roll-out. A cut gives money back and asks nobody
else. Another lead signs for itself. Until then the amendment waits (``deciding_amendments``); a
later one on the same agreement takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fund.dates import start_of_day
from fund.errors.agreements import (
    AmendmentStandsAlone,
    BeyondCommitment,
    DisbursementsOpen,
    DueDayPassed,
    MilestoneNotNamed,
    MilestoneNotOpen,
    NotAParty,
    NothingToChange,
    PlanCannotFollow,
    RejectedMilestoneNeedsDay,
)
from fund.errors.reviews import InsufficientFreeToCommit
from fund.events import Envelope
from fund.events.agreements import AgreementAmended, MilestoneReplanned
from fund.events.amendments import AmendmentProposed
from fund.events.values import InstalmentCut
from fund.rules import schedules
from fund.rules.regulations import Regulations
from fund.rules.transitions import require_reason
from fund.rules.valuation import free_to_commit
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.schemas.evaluations import Evaluation
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.agreements.lifecycle import BY_COMMITTEE, BY_NEW_LEAD, MilestoneState
from fund.workflows.agreements.lifecycle import AmendmentState as S

OPEN_MILESTONES = (MilestoneState.PLANNED, MilestoneState.CHANGES_REQUESTED, MilestoneState.REJECTED)
_LOOK = "fund agreement show {ref}"


@dataclass(frozen=True, slots=True)
class Change:
    """What an amendment would change, checked against the agreement as it stands."""

    agreement: Agreement
    part: Milestone
    cents: int
    award_cents: int
    due_on: date | None
    reason: str


def amend(
    uow: UnitOfWork,
    *,
    ref: str,
    reason: str,
    change_cents: int = 0,
    milestone: int | None = None,
    due_on: date | None = None,
    new_lead: str | None = None,
    on: date | None = None,
) -> Envelope:
    """The award became higher or lower in one milestone, or its day another; plan and commitment follow, the share
    stays. Or another party leads. Where the committee or the new lead has the word, the amendment waits for it (A3).

    Args:
        change_cents: Above zero a rise, below zero a cut.
        milestone: The number of the milestone that takes the change; it waits for its evidence, or was rejected.
        due_on: Its new day; a rejected milestone is planned again with it.
        new_lead: The party that leads from now on.

    Raises:
        InsufficientFreeToCommit: A rise above what is free to commit.
        BeyondCommitment: A cut above what was not asked for yet, or above what the milestone holds.
        RejectedMilestoneNeedsDay: A rejected milestone would keep money that nobody can ask.
        PlanCannotFollow: The repayment plan has nothing that can shrink or grow.
        AmendmentStandsAlone, MilestoneNotNamed, MilestoneNotOpen, DueDayPassed, NothingToChange, NotAParty,
        DisbursementsOpen, ReasonMissing: As they say.
    """
    agreement = uow.case(Agreement, ref)
    uow.transition("agreement amend", agreement)
    reason = require_reason("agreement amend", reason)
    if new_lead is not None:
        if change_cents or milestone is not None or due_on is not None:
            raise AmendmentStandsAlone(ref=ref, lead=new_lead)
        require_new_lead(agreement, new_lead)
        return _propose(uow, agreement, asks=BY_NEW_LEAD, reason=reason, new_lead=new_lead)
    change = checked_change(uow, agreement, change_cents, milestone, due_on, reason, on)
    if _committee_has_the_word(uow, change):
        return _propose(
            uow,
            agreement,
            asks=BY_COMMITTEE,
            reason=reason,
            change_cents=change_cents,
            award_cents=change.award_cents,
            milestone=change.part.number,
            due_on=due_on,
            two_thirds=asks_two_thirds(uow, agreement, change.award_cents),
        )
    return carry_out_change(uow, change, on=on)


def checked_change(
    uow: Snapshot,
    agreement: Agreement,
    change_cents: int,
    milestone: int | None,
    due_on: date | None,
    reason: str,
    on: date | None,
) -> Change:
    ref = agreement.ref
    if milestone is None:
        if change_cents or due_on is not None:
            raise MilestoneNotNamed(ref=ref)
        raise NothingToChange(ref=ref, change_cents=0)
    part = uow.case(Milestone, f"{ref}-{milestone}")
    if part.state not in OPEN_MILESTONES:
        raise MilestoneNotOpen(ref=part.ref, agreement=ref, state=part.state)
    rejected = part.state == MilestoneState.REJECTED
    if change_cents == 0 and (due_on is None or (due_on == part.due_on and not rejected)):
        raise NothingToChange(ref=ref, change_cents=change_cents)
    if due_on is not None and due_on < uow.today:
        raise DueDayPassed(ref=part.ref, agreement=ref, due_on=due_on, today=uow.today)
    if change_cents > 0:
        free = free_to_commit(uow.balances(), uow.regulations(on).buffer_cents)
        if change_cents > free:
            raise InsufficientFreeToCommit(
                ref=ref, amount_cents=change_cents, free_cents=free, difference_cents=change_cents - free, on=uow.today
            )
    open_cents = min(agreement.award_cents - agreement.approved_cents, part.amount_cents)
    if -change_cents > open_cents:
        raise BeyondCommitment(ref=ref, cut_cents=-change_cents, open_cents=open_cents)
    left = part.amount_cents + change_cents
    if rejected and due_on is None and left > 0:
        raise RejectedMilestoneNeedsDay(ref=part.ref, agreement=ref, number=milestone, amount_cents=left)
    return Change(agreement, part, change_cents, agreement.award_cents + change_cents, due_on, reason)


def rules_of(snapshot: Snapshot, agreement: Agreement) -> Regulations:
    """The regulations that the agreement was made under; buffer and cash are the whole fund's, of the day."""
    return snapshot.regulations_named(agreement.terms.regulations)


def _committee_has_the_word(snapshot: Snapshot, change: Change) -> bool:
    """Whether the committee decides about this rise; see the top of this file."""
    if change.cents <= 0:
        return False
    band = rules_of(snapshot, change.agreement).tracks[change.agreement.track].below_cents
    leaves = band is not None and change.award_cents >= band
    return leaves or asks_two_thirds(snapshot, change.agreement, change.award_cents)


def asks_two_thirds(snapshot: Snapshot, agreement: Agreement, award_cents: int) -> bool:
    rules = rules_of(snapshot, agreement)
    return (
        rules.tracks[agreement.track].two_thirds
        or agreement.terms.sort == "rollout"
        or award_cents >= rules.committee.two_thirds_from_cents
    )


def carry_out_change(uow: UnitOfWork, change: Change, *, amendment: str = "", on: date | None = None) -> Envelope:
    """Record what changes: money in one fact, the day of the milestone in another."""
    agreement, part, event = change.agreement, change.part, None
    repayable = agreement.repayable_cents
    if change.cents:
        repayable = schedules.repayable_after(
            change.award_cents,
            agreement.share_bps,
            booked_cents=agreement.booked_cents,
            booked_repayable_cents=agreement.booked_repayable_cents,
        )
        event = uow.record(
            AgreementAmended(
                ref=agreement.ref,
                proposal=agreement.proposal,
                change_cents=change.cents,
                award_cents=change.award_cents,
                repayable_cents=repayable,
                milestone=part.number,
                milestone_cents=part.amount_cents + change.cents,
                plan_cuts=cuts_of(uow.case(Plan, agreement.ref), agreement.repayable_cents - repayable),
                reason=change.reason,
                amendment=amendment,
            ),
            effective_on=on,
        )
    if change.due_on is not None and (change.due_on != part.due_on or part.state == MilestoneState.REJECTED):
        moved = _replan(uow, change, change.due_on, amendment)
        event = event or moved
    assert event is not None
    uow.result.update(ref=agreement.ref, award_cents=change.award_cents, repayable_cents=repayable)
    uow.next_step = f"fund repayment plan {agreement.ref}" if change.cents else f"fund milestone list {agreement.ref}"
    return event


def _replan(uow: UnitOfWork, change: Change, due_on: date, amendment: str) -> Envelope:
    """The day moves; the end of the work and the day of the evaluation move along."""
    agreement, part = change.agreement, change.part
    others = [each.due_on for each in uow.cases(Milestone, parent=agreement.ref) if each.ref != part.ref]
    ends_on = max([due_on, *others])
    moves = ends_on != agreement.ends_on
    event = uow.record(
        MilestoneReplanned(
            ref=part.ref,
            agreement=agreement.ref,
            proposal=agreement.proposal,
            before_on=part.due_on,
            due_on=due_on,
            reason=change.reason,
            ends_on=ends_on if moves else None,
            amendment=amendment,
        )
    )
    evaluation = uow.maybe(Evaluation, agreement.ref)
    if moves and evaluation is not None and evaluation.state == "due" and not evaluation.fell_due:
        uow.set_timer("evaluation.due", evaluation.stream, start_of_day(ends_on), cause=event)
    return event


def cuts_of(plan: Plan, cents: int) -> tuple[InstalmentCut, ...]:
    """What comes off the instalments of a plan, from the last back; below zero what the last one grows by.

    Raises:
        PlanCannotFollow: Less is open than comes off, or there is no instalment to add to.
    """
    if cents > plan.open_cents or (cents < 0 and not plan.instalments):
        raise PlanCannotFollow(ref=plan.ref, change_cents=-cents, open_cents=plan.open_cents)
    return schedules.cut(plan.instalments, cents)


# ---------------------------------------------------------------------------------- when somebody else has the word


def _propose(uow: UnitOfWork, agreement: Agreement, **told: Any) -> Envelope:
    earlier = uow.cases(Amendment, parent=agreement.ref)
    new = f"{agreement.ref}-A{len(earlier) + 1}"
    waiting = next((each for each in earlier if each.state == S.PROPOSED), None)
    fact = AmendmentProposed(
        ref=new,
        agreement=agreement.ref,
        proposal=agreement.proposal,
        lead=agreement.lead,
        parties=agreement.parties,
        supersedes=waiting.ref if waiting else "",
        **told,
    )
    uow.result.update(ref=agreement.ref, amendment=new, asks=fact.asks, award_cents=fact.award_cents)
    uow.next_step = f"fund agreement sign {new}" if fact.new_lead else f"fund decision vote {new} --for"
    return uow.begin("agreement amend", Amendment, of=agreement).record(fact)


def require_new_lead(agreement: Agreement, partner: str) -> None:
    """Another of those that signed, while no payment to the lead of now is under way."""
    if partner == agreement.lead:
        raise NothingToChange(ref=agreement.ref, change_cents=0)
    if partner not in agreement.applicants:
        raise NotAParty(ref=agreement.ref, partner=partner, known=agreement.co_applicants or ("-",))
    if agreement.open_disbursements:
        raise DisbursementsOpen(
            ref=agreement.ref, count=len(agreement.open_disbursements), open=agreement.open_disbursements
        )
