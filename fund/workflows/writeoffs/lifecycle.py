"""States, transitions, projection and guard of a write-off."""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope
from fund.events.writeoffs import (
    WriteoffDecided,
    WriteoffPosted,
    WriteoffProposed,
    WriteoffRecovered,
    WriteoffRefused,
    WriteoffReversed,
    WriteoffVoted,
)
from fund.rules.authority import CHAIR, FUND_MANAGER, TREASURER, VOTERS, Guard
from fund.rules.transitions import Transition, state_after
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Projection, Snapshot


class State(StrEnum):
    """The states of a write-off."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    REFUSED = "refused"
    POSTED = "posted"
    REVERSED = "reversed"


class Ground(StrEnum):
    """Why an advance will not come back."""

    LEARNING = "learning"
    HARDSHIP = "hardship"
    UNCOLLECTIBLE = "uncollectible"
    IRREGULARITY = "irregularity"


TRANSITIONS = (
    Transition("writeoff propose", None, State.PROPOSED, FUND_MANAGER, WriteoffProposed, row="W1, W2"),
    Transition("writeoff vote", State.PROPOSED, State.PROPOSED, VOTERS, WriteoffVoted, may_repeat=True, row="P26"),
    Transition("writeoff decide", State.PROPOSED, State.DECIDED, CHAIR, WriteoffDecided, row="W3"),
    Transition("writeoff decide", State.PROPOSED, State.REFUSED, CHAIR, WriteoffRefused, row="W3"),
    Transition("writeoff post", State.DECIDED, State.POSTED, FUND_MANAGER, WriteoffPosted, second=TREASURER, row="W4"),
    Transition(
        "writeoff reverse",
        State.POSTED,
        State.REVERSED,
        CHAIR,
        WriteoffReversed,
        second=TREASURER,
        may_repeat=True,
        row="W5",
    ),
    Transition("writeoff recover", State.POSTED, State.POSTED, TREASURER, WriteoffRecovered, may_repeat=True, row="W6"),
)
LOOK = "fund writeoff list"
"""Where write-offs are listed, for hints."""
OPEN = (State.PROPOSED, State.DECIDED)


def apply(case: Writeoff | None, event: Envelope) -> Writeoff | None:
    fact = event.fact
    if isinstance(fact, WriteoffProposed):
        return Writeoff(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            agreement=fact.agreement,
            proposal=fact.proposal,
            lead=fact.lead,
            parties=fact.parties,
            ground=fact.ground,
            reason=fact.reason,
            amount_cents=fact.amount_cents,
        )
    if case is None or event.stream != case.stream:
        return case
    state = state_after(TRANSITIONS, case.state, fact)
    hands = tuple(dict.fromkeys((*case.hands, event.actor)))
    if isinstance(fact, WriteoffVoted):
        return case.replace(commitments={**case.commitments, event.actor: fact.commitment})
    if isinstance(fact, WriteoffDecided):
        return case.replace(state=state, hands=hands, decided_year=event.effective_on.year)
    if isinstance(fact, WriteoffRefused):
        return case.replace(state=state, hands=hands)
    if isinstance(fact, WriteoffPosted):
        return case.replace(
            state=state,
            hands=hands,
            posted_cents=fact.amount_cents,
            allowance_released_cents=fact.allowance_released_cents,
            event_id=event.event_id,
        )
    if isinstance(fact, WriteoffReversed):
        return case.replace(state=state, posted_cents=0, recovered_cents=0)
    if isinstance(fact, WriteoffRecovered):
        return case.replace(state=state, recovered_cents=case.recovered_cents + fact.amount_cents)
    return case


def guard(_snapshot: Snapshot, case: Writeoff, row: Transition) -> Guard:
    """The parties of the agreement; nobody decides and posts the same one, and who voted does not post it (G7 c)."""
    voters = case.commitments if row.records is WriteoffPosted else ()
    return Guard(case.lead, None, case.parties, prior_approvers=(*case.hands, *voters), show=LOOK)


PROJECTIONS = {"writeoff": Projection(Writeoff, apply, TRANSITIONS, guard)}
