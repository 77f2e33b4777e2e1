"""Who could review a proposal: people without a hard conflict, as a panel would seat them.

What ties people to a case is read in ``fund.workflows.conflicts``, and judged in ``fund.rules.conflicts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fund.events import PanelSeat
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import Conflict, Ground, hard_conflict
from fund.rules.scoring import Seat
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import View
from fund.workflows.conflicts import kind_of, parties_of, people, require_no_conflict, soft_of, surroundings_of

__all__ = [
    "Candidate",
    "candidates",
    "kind_of",
    "parties_of",
    "people",
    "require_no_conflict",
    "seat_of",
    "soft_of",
    "voters_on",
]

COMMITTEE_ROLES = (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR)


def seat_of(seat: PanelSeat) -> Seat:
    """A panel's seat as a quorum counts it."""
    return Seat(seat.reviewer, seat.organisation, seat.kind)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reviewer without a hard conflict, as a panel would seat this person."""

    actor: Actor
    seat: PanelSeat
    committee: bool
    """Also sits in the committee: reviewing would cost a vote (G7 d)."""


def voters_on(view: View, proposal: Proposal) -> frozenset[str]:
    """Who voted on the proposal or decided it, in whatever session: they do not review it afterwards (G7 d)."""
    decision = view.maybe(Decision, proposal.ref)
    return frozenset((*decision.voted, *decision.took_part)) if decision is not None else frozenset()


def candidates(
    view: View, proposal: Proposal, *, without: Sequence[str] = ()
) -> tuple[list[Candidate], dict[str, Conflict]]:
    """Everybody who could review the proposal, and the conflict of those who could not, by user id."""
    parties, voters = parties_of(view, proposal), voters_on(view, proposal)
    load: dict[str, int] = {}
    for review in view.briefs(Review, states=["open"]):
        for reviewer in review.brief["waiting"]:
            load[reviewer] = load.get(reviewer, 0) + 1
    around = surroundings_of(view, proposal)
    free: list[Candidate] = []
    barred: dict[str, Conflict] = {}
    for actor in people(view, Role.REVIEWER):
        if actor.user_id in without:
            continue
        conflict = hard_conflict(actor, parties)
        if conflict is None and actor.user_id in voters:
            conflict = Conflict(Ground.VOTED, actor.organisation or actor.name)
        if conflict is not None:
            barred[actor.user_id] = conflict
            continue
        seat = PanelSeat(
            reviewer=actor.user_id,
            organisation=actor.organisation,
            kind=kind_of(view, actor),
            load=load.get(actor.user_id, 0),
            soft=tuple(each.text for each in soft_of(view, actor, proposal, parties, around)),
        )
        free.append(Candidate(actor, seat, actor.has(*COMMITTEE_ROLES)))
    return free, barred
