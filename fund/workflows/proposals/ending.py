"""P18, P21, P22: objecting, withdrawing, and what lapses when nobody acts."""

from __future__ import annotations

from datetime import date, timedelta

from fund.dates import day_of, end_of_day
from fund.errors.proposals import ObjectionTooLate
from fund.events import Envelope
from fund.events.agreements import AgreementDrafted
from fund.events.decisions import (
    DecisionApproved,
    DecisionConditional,
    DecisionConditionEvidenced,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionDeferred,
    DecisionObjected,
)
from fund.events.proposals import ProposalLapseAnnounced, ProposalLapsed, ProposalWithdrawn
from fund.rules.transitions import require_reason
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.proposals.access import IMPROVE, find, rules_for
from fund.workflows.proposals.drafting import start_clock
from fund.workflows.proposals.lifecycle import COMMITTED, LAPSING, State

CLOCK_FACTS = (
    "decision.approved",
    "decision.conditional",
    "decision.conditions_met",
    "decision.condition_extended",
    "decision.deferred",
    "agreement.drafted",
)
"""After these the parties have until a day."""


def withdraw(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """P21: the lead takes the proposal back; what was set aside for it is free again.

    Raises:
        ReasonMissing: No reason was given.
    """
    command = "proposal withdraw"
    case = find(uow, ref)
    step = uow.transition(command, case)
    reason = require_reason(command, reason)
    fact = ProposalWithdrawn(ref=ref, round=case.round, reason=reason, released_cents=_committed(case))
    uow.result.update(ref=ref, released_cents=fact.released_cents)
    uow.next_step = "fund proposal list"
    return step.record(fact, effective_on=on, on_behalf_of=case.lead)


def _committed(case: Proposal) -> int:
    return case.award_cents if case.state in COMMITTED else 0


def object_to(uow: UnitOfWork, *, ref: str, grounds: str) -> Envelope:
    """P18: a party objects to a rejection or to ineligibility, within the term.

    Raises:
        ReasonMissing: No grounds. ObjectionTooLate: The term is over; the message has the last day.
    """
    command = "proposal object"
    case = find(uow, ref)
    step = uow.transition(command, case)
    grounds = require_reason(command, grounds)
    until = case.objection_until_on
    if until is not None and uow.today > until:
        raise ObjectionTooLate(ref=ref, until_on=until, today=uow.today)
    fact = DecisionObjected(ref=ref, was=case.state, grounds=grounds)
    uow.next_step = f"fund proposal show {ref}"
    return step.record(fact, on_behalf_of=uow.maker.partner)


# ---------------------------------------------------------------------------------------------------------- P22, clock


def set_clock(uow: UnitOfWork, event: Envelope) -> None:
    """After a decision, or once there is an agreement to sign: until when the parties have time.

    A deferral that is not for improvement has no such day: it waits for the fund.
    """
    fact = event.fact
    case = uow.maybe(Proposal, fact.proposal if isinstance(fact, AgreementDrafted) else fact.ref)
    if case is None or case.clock_from != event.event_id:
        return
    day = day_of(event.recorded_at)
    last: date | None = None
    if isinstance(fact, (DecisionApproved, DecisionConditionsMet)):
        last = day + timedelta(days=rules_for(uow, case).terms.signing_days)
    elif isinstance(fact, DecisionConditional):
        last = max((condition.expires_on for condition in fact.conditions), default=None)
    elif isinstance(fact, DecisionConditionExtended):
        decision = uow.maybe(Decision, case.ref)
        days = [condition.expires_on for condition in decision.conditions] if decision is not None else []
        last = max((fact.expires_on, *days))  # more time for one condition takes none from another
    elif isinstance(fact, AgreementDrafted):
        last = fact.sign_before_on
    elif isinstance(fact, DecisionDeferred) and fact.ground == IMPROVE:
        last = fact.until_on
    if last is not None:
        start_clock(uow, event, end_of_day(last), ref=case.ref)


def _running(uow: UnitOfWork, timer: TimerRow) -> Proposal | None:
    """The proposal whose clock this timer still is."""
    case = uow.maybe(Proposal, timer.stream.partition("/")[2])
    if case is None or case.clock_from != timer.cause or case.state not in LAPSING:
        return None
    if case.state == State.DEFERRED and case.deferred_for != IMPROVE:
        return None
    return None if case.state == State.CONDITIONAL and _all_evidenced(uow, case) else case


def _all_evidenced(uow: UnitOfWork, case: Proposal) -> bool:
    """Whether the parties did their part: evidence was handed in for every condition, and the fund must judge it."""
    needed: set[int] = set()
    shown: set[int] = set()
    for event in uow.history(case):
        if isinstance(event.fact, DecisionConditional):
            needed, shown = {condition.number for condition in event.fact.conditions}, set()
        elif isinstance(event.fact, DecisionConditionEvidenced):
            shown.add(event.fact.number)
    return needed <= shown


def expire(uow: UnitOfWork, timer: TimerRow) -> None:
    """P22: the parties did nothing in time; the proposal lapses, what was set aside is free again."""
    case = _running(uow, timer)
    if case is None:
        return
    fact = ProposalLapsed(ref=case.ref, round=case.round, was=case.state, released_cents=_committed(case))
    uow.transition("proposal expire", case).record(fact)


def announce(uow: UnitOfWork, timer: TimerRow) -> None:
    """The parties are warned, 14 and 3 days before."""
    case = _running(uow, timer)
    if case is None:
        return
    days = int(timer.timer_id.rpartition("-")[2])
    fact = ProposalLapseAnnounced(ref=case.ref, days=days, lapses_at=timer.due_at + timedelta(days=days))
    uow.transition("proposal announce", case).record(fact)
