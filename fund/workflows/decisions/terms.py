"""The term within which somebody who asked hears what was decided: kept by the service, told when it is not met.

Eight weeks after its round closed there is a decision on a proposal (4:13). It stands still while the parties have
something to hand in (4:15), and begins anew when a decision is taken back, or comes back after a deferral. On its last
day, without a decision, the applicant is told so, with a new day (4:14 third paragraph); past that day the fund is
late, and may be given notice of default (4:17). An objection has twelve weeks from the end of the term for objecting,
because others advise on it (7:10), and six more. Days follow the Algemene termijnenwet (``fund.dates``).

A deferral that waits for information or money has the day it is back. When that day has passed it is recorded, and a
fund manager has it in the inbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fund.dates import day_of, end_of_day, next_working_day, start_of_day, term_end, weeks
from fund.events import Envelope
from fund.events.decisions import (
    DecisionDeferralOver,
    DecisionDeferred,
    DecisionOverdue,
    DecisionPrepared,
    DecisionTermExtended,
)
from fund.rules.regulations import Terms
from fund.schemas.proposals import FUND_TO_ACT, Proposal, Round
from fund.schemas.reviews import Decision
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.proposals.access import rules_for
from fund.workflows.proposals.lifecycle import State

TERM, BACK = "decision.term", "decision.back"
"""Timers: the term of a decision ends; a deferred matter should be back."""
RUNNING = (*FUND_TO_ACT, State.OBJECTED)
"""Where the term runs: the fund has to do something."""
TERM_FACTS = (
    "round.closed",
    "proposal.submitted",
    "proposal.resubmitted",
    "decision.prepared",
    "decision.reopened",
    "decision.eligibility_reopened",
    "decision.objected",
)
"""After these a term begins, or goes on."""


@dataclass(frozen=True, slots=True)
class DecisionTerm:
    """Until when there is to be a decision, and whether the applicant was told that it takes longer."""

    last_on: date
    extended: bool = False
    objection: bool = False


def term_of(terms: Terms, round_: Round, proposal: Proposal) -> DecisionTerm | None:
    """The term that runs for a proposal; ``None`` where it stands still or there is nothing to decide. Pure."""
    if proposal.state not in RUNNING:
        return None
    objection = proposal.state == State.OBJECTED
    if proposal.told_until_on is not None:
        return DecisionTerm(proposal.told_until_on, extended=True, objection=objection)
    if objection:
        begins_on, term = proposal.objection_until_on, weeks(terms.objection_decision_weeks)
    else:
        begins_on, term = proposal.term_from_on, weeks(terms.decision_weeks)
    begins_on = begins_on or day_of(round_.closes_at) - timedelta(days=1)
    still = sum(max((until - max(since, begins_on)).days, 0) for since, until in proposal.waited)
    end = term_end(begins_on, term)
    return DecisionTerm(next_working_day(end + timedelta(days=still)) if still else end, objection=objection)


def keep_term(uow: UnitOfWork, event: Envelope) -> None:
    """After ``round.closed``, and after what lets a term begin or go on: it is kept when each proposal's term ends.

    Before the round has closed no term runs.
    """
    if isinstance(event.fact, DecisionPrepared) and event.fact.session == 1:
        return  # the term runs already: it is after a deferral that it begins with the file
    ref = event.fact.ref
    for_round = event.type == "round.closed"
    proposals = uow.cases(Proposal, parent=ref) if for_round else [uow.case(Proposal, ref)]
    for proposal in proposals:
        round_ = uow.case(Round, proposal.round)
        term = term_of(rules_for(uow, proposal).terms, round_, proposal)
        if term is not None and (round_.closes_at <= uow.now or term.objection):
            due_at = end_of_day(term.last_on) if term.extended else start_of_day(term.last_on)
            uow.set_timer(TERM, proposal.stream, due_at, cause=event)


def term_ends(uow: UnitOfWork, timer: TimerRow) -> Envelope | None:
    """On the last day without a decision the applicant is told a new one; past that the fund is late. Once each."""
    proposal = uow.maybe(Proposal, timer.stream.partition("/")[2])
    if proposal is None or proposal.overdue:
        return None
    terms = rules_for(uow, proposal).terms
    term = term_of(terms, uow.case(Round, proposal.round), proposal)
    if term is None or uow.now < (end_of_day(term.last_on) if term.extended else start_of_day(term.last_on)):
        return None
    if term.extended:
        return uow.record(DecisionOverdue(ref=proposal.ref, round=proposal.round, due_on=term.last_on))
    more = terms.objection_extension_weeks if term.objection else terms.decision_extension_weeks
    until = term_end(max(term.last_on, uow.today), weeks(more))
    fact = DecisionTermExtended(
        ref=proposal.ref, round=proposal.round, was_on=term.last_on, until_on=until, objection=term.objection
    )
    told = uow.record(fact)
    uow.set_timer(TERM, proposal.stream, end_of_day(until), cause=told)
    return told


def keep_deferral(uow: UnitOfWork, event: Envelope) -> None:
    """After ``decision.deferred`` on another ground than to be improved: it is kept when the matter should be back."""
    fact = event.fact
    if isinstance(fact, DecisionDeferred) and fact.ground != "improve":
        uow.set_timer(BACK, fact.stream, end_of_day(fact.until_on), cause=event, name=str(fact.session))


def come_back(uow: UnitOfWork, timer: TimerRow) -> Envelope | None:
    """P22: the day of a deferral has passed and nobody let the matter come back: a fund manager must."""
    decision = uow.maybe(Decision, timer.stream.partition("/")[2])
    if decision is None or decision.state != State.DEFERRED or decision.deferral_over or decision.until_on is None:
        return None
    if uow.case(Proposal, decision.ref).state != State.DEFERRED or uow.now < end_of_day(decision.until_on):
        return None
    fact = DecisionDeferralOver(
        ref=decision.ref, round=decision.round, ground=decision.deferred_for, until_on=decision.until_on
    )
    return uow.record(fact)
