"""Rounds: planned by two people, then they open, close and are decided by themselves.

Whether a round takes proposals is judged by its instants, not by its state: a clock that nobody looked at for a while
opens and closes a round all the same. Source: lifecycle.md 4 (4:25-4:28).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from fund.dates import day_of, deadline, end_of_day, start_of_day, weeks
from fund.errors.commands import ReasonMissing
from fund.errors.proposals import RoundClosesTooEarly, RoundNotOpen, RoundOpensTooEarly, UnknownTrack, WrongCeiling
from fund.events import Envelope
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionReopened
from fund.events.proposals import ProposalLapsed, ProposalWithdrawn
from fund.events.rounds import RoundClosed, RoundDecided, RoundOpened, RoundPlanned
from fund.rules.authority import CHAIR, FUND_MANAGER, NO_CASE, SYSTEM
from fund.rules.transitions import Transition, state_after
from fund.schemas.base import as_row
from fund.schemas.capital import Partner
from fund.schemas.proposals import UNDECIDED, Proposal, Round
from fund.store import CaseBrief, TimerRow
from fund.unit_of_work import Projection, Snapshot, UnitOfWork
from fund.workflows.rounds.commands import ProposalOfRound, RoundDetail, RoundRow, Rounds


class State(StrEnum):
    """Where a round stands."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    DECIDED = "decided"


TRANSITIONS = (
    #          command       from           to             who           records
    Transition("round plan", None, State.PLANNED, FUND_MANAGER, RoundPlanned, second=CHAIR),
    Transition("round open", State.PLANNED, State.OPEN, SYSTEM, RoundOpened),
    Transition("round close", (State.PLANNED, State.OPEN), State.CLOSED, SYSTEM, RoundClosed),
    Transition("round decide", State.CLOSED, State.DECIDED, SYSTEM, RoundDecided),
)

DECIDING_FACTS = (
    "round.closed",
    "decision.approved",
    "decision.conditional",
    "decision.rejected",
    "proposal.found_ineligible",
    "proposal.withdrawn",
    "proposal.lapsed",
)
"""After these a round may be done."""


def apply(case: Round | None, event: Envelope) -> Round | None:
    fact = event.fact
    if isinstance(fact, RoundPlanned):
        return Round(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            title=fact.title,
            track=fact.track,
            opens_at=fact.opens_at,
            closes_at=fact.closes_at,
            ceiling_cents=fact.ceiling_cents,
            allocation=fact.allocation,
        )
    if case is None:
        return None
    if isinstance(fact, (RoundOpened, RoundClosed, RoundDecided)):
        return case.replace(state=state_after(TRANSITIONS, case.state, fact))
    if isinstance(fact, (DecisionApproved, DecisionConditional)):
        return _with_awards(case, {**case.awards, fact.ref: fact.award_cents})
    if isinstance(fact, (DecisionReopened, ProposalWithdrawn, ProposalLapsed)):
        return _with_awards(case, {ref: cents for ref, cents in case.awards.items() if ref != fact.ref})
    return case


def _with_awards(case: Round, awards: dict[str, int]) -> Round:
    return case.replace(awards=awards, committed_cents=sum(awards.values()))


PROJECTIONS = {"round": Projection(Round, apply, TRANSITIONS)}


# --------------------------------------------------------------------------------------------------------- use cases


def plan(
    uow: UnitOfWork,
    *,
    title: str,
    opens: date,
    closes: date,
    ceiling_cents: int,
    track: str = "standard",
    allocation: str = "score",
) -> Envelope:
    """A round is announced; it opens and closes by itself.

    Args:
        opens: The day at whose beginning, in Amsterdam, it opens; not before today.
        closes: The last day; the instant at which that day ends is too late.
        ceiling_cents: What it may award in all.

    Raises:
        RoundOpensTooEarly, RoundClosesTooEarly, WrongCeiling, UnknownTrack: As they say.
    """
    if not title.strip():
        raise ReasonMissing(command="round plan --title")
    tracks = uow.regulations(opens).tracks
    if track not in tracks:
        raise UnknownTrack(track=track, known=list(tracks))
    if ceiling_cents <= 0:
        raise WrongCeiling(ceiling_cents=ceiling_cents)
    if opens < uow.today:
        raise RoundOpensTooEarly(opens=opens, today=uow.today)
    if closes < opens:
        raise RoundClosesTooEarly(opens=opens, closes=closes)
    fact = RoundPlanned(
        ref=uow.next_ref("round", year=opens.year),
        title=title.strip(),
        track=track,
        opens_at=start_of_day(opens),
        closes_at=end_of_day(closes),
        ceiling_cents=ceiling_cents,
        allocation=allocation,
    )
    planned = uow.begin("round plan", Round, of=NO_CASE).record(fact)
    uow.set_timer("round.open", fact.stream, fact.opens_at, cause=planned)
    uow.set_timer("round.close", fact.stream, fact.closes_at, cause=planned)
    uow.result["round"] = fact.ref
    uow.next_step = f"fund round show {fact.ref}"
    return planned


def open_round(uow: UnitOfWork, timer: TimerRow) -> None:
    """The opening instant has come: partners may apply."""
    case = _of_timer(uow, timer)
    if case.state == State.PLANNED:
        uow.transition("round open", case).record(RoundOpened(ref=case.ref))


def close(uow: UnitOfWork, timer: TimerRow) -> None:
    """The closing instant has come: it is too late to submit."""
    case = _of_timer(uow, timer)
    if case.state in (State.PLANNED, State.OPEN):
        submitted = _submitted(uow, case)
        uow.transition("round close", case).record(RoundClosed(ref=case.ref, submitted=len(submitted)))


def _of_timer(uow: UnitOfWork, timer: TimerRow) -> Round:
    return uow.case(Round, timer.stream.partition("/")[2])


def decide_if_done(uow: UnitOfWork, event: Envelope) -> None:
    """Once the round is closed and the last proposal has its decision, the round is decided."""
    for ref in _rounds_of(uow, event):
        case = uow.maybe(Round, ref)
        if case is None or case.state != State.CLOSED or uow.any(Proposal, parent=ref, states=UNDECIDED):
            continue
        fact = RoundDecided(ref=ref, approved=len(case.awards), committed_cents=case.committed_cents)
        uow.transition("round decide", case).record(fact)


def _rounds_of(snapshot: Snapshot, event: Envelope) -> list[str]:
    fact = event.fact
    if isinstance(fact, RoundClosed):
        return [fact.ref]
    proposal = snapshot.maybe(Proposal, fact.ref)
    return [proposal.round] if proposal is not None else []


def takes_proposals(case: Round, now: datetime) -> bool:
    """Whether a round takes proposals at this instant."""
    return case.state != State.DECIDED and case.opens_at <= now < case.closes_at


def last_day_of(case: Round) -> date:
    """The last day on which something can be handed in: a round closes at the end of it."""
    return day_of(case.closes_at - timedelta(microseconds=1))


def require_open(snapshot: Snapshot, ref: str, *, command: str, subject: str) -> Round:
    """The round, when it takes proposals at this instant.

    Raises:
        UnknownRef: There is no such round.
        RoundNotOpen: It does not open yet, or it is too late; the message has both instants.
    """
    case = snapshot.case(Round, ref)
    if takes_proposals(case, snapshot.now):
        return case
    raise RoundNotOpen(
        command=command,
        ref=subject,
        round=ref,
        state=_state_at(case, snapshot.now),
        opens_at=case.opens_at,
        closes_at=case.closes_at,
    )


def _state_at(case: Round, now: datetime) -> str:
    if case.state == State.DECIDED:
        return State.DECIDED
    return State.PLANNED if now < case.opens_at else State.OPEN if now < case.closes_at else State.CLOSED


# ----------------------------------------------------------------------------------------------------------- queries


def _submitted(snapshot: Snapshot, case: Round) -> list[CaseBrief]:
    """The proposals in a round, without those that nobody else may see."""
    return [each for each in snapshot.briefs(Proposal, parent=case.ref) if each.brief["submitted_at"] is not None]


def _row(snapshot: Snapshot, case: Round) -> RoundRow:
    rules = snapshot.regulations(day_of(case.opens_at))
    band = rules.tracks[case.track]
    proposals = _submitted(snapshot, case)
    return as_row(
        RoundRow,
        case,
        state=_state_at(case, snapshot.now),
        decision_before=deadline(case.closes_at.date(), weeks(rules.terms.decision_weeks)),
        ask_from_cents=band.from_cents,
        ask_below_cents=band.below_cents,
        left_cents=case.ceiling_left_cents,
        proposals=len(proposals),
        ask_cents=sum(each.amount_cents or 0 for each in proposals),
    )


def rounds(snapshot: Snapshot) -> Rounds:
    """Every round, in the order in which they open."""
    listed = sorted(snapshot.cases(Round), key=lambda case: (case.opens_at, case.ref))
    return {"rounds": [_row(snapshot, case) for case in listed]}


def round_shown(snapshot: Snapshot, *, ref: str) -> RoundDetail:
    """One round with the proposals in it (drafts left out).

    Raises:
        UnknownRef: There is no such round.
    """
    case = snapshot.case(Round, ref)
    names = {one.ref: one.short_name for one in snapshot.cases(Partner)}
    proposals = [
        as_row(ProposalOfRound, each, lead_partner=each.lead, lead_name=names.get(each.lead, each.lead))
        for each in snapshot.cases(Proposal, parent=ref)
        if not each.is_draft
    ]
    return {"round": _row(snapshot, case), "proposals": proposals}
