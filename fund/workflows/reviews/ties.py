"""Who could review a proposal: people without a hard conflict, as a panel would seat them.

What ties people to a case is read in ``fund.workflows.conflicts``, and judged in ``fund.rules.conflicts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fund.errors.reviews import UnknownRegulations
from fund.events.values import PanelSeat
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import Conflict, Ground, hard_conflict
from fund.rules.regulations import Regulations
from fund.rules.scoring import Missing, Seat
from fund.schemas.people import RegulationsFile
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot
from fund.workflows.conflicts import kind_of, parties_of, people, soft_of, surroundings_of

LOOK = "fund review show {ref}"
"""The command that shows a review, for hints."""

COMMITTEE_ROLES = (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR)


def rules_of(snapshot: Snapshot, review: Review) -> Regulations:
    """The regulations whose rubric and quorum were fixed when the review opened.

    Raises:
        UnknownRegulations: They are not among those adopted.
    """
    adopted = snapshot.maybe(RegulationsFile, review.regulations)
    if adopted is None:
        raise UnknownRegulations(ref=review.ref, version=review.regulations)
    return adopted.regulations


def missing_text(missing: Sequence[Missing]) -> str:
    """What is missing, in the language in use."""
    return "; ".join(each.describe() for each in missing)


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


def voters_on(snapshot: Snapshot, proposal: Proposal) -> frozenset[str]:
    """Who voted on the proposal or decided it, in whatever session: they do not review it afterwards (G7 d)."""
    decision = snapshot.maybe(Decision, proposal.ref)
    return frozenset((*decision.voted, *decision.took_part)) if decision is not None else frozenset()


def candidates(
    snapshot: Snapshot, proposal: Proposal, *, without: Sequence[str] = ()
) -> tuple[list[Candidate], dict[str, Conflict]]:
    """Everybody who could review the proposal, and the conflict of those who could not, by user id."""
    parties, voters = parties_of(snapshot, proposal), voters_on(snapshot, proposal)
    load: dict[str, int] = {}
    for review in snapshot.briefs(Review, states=["open"]):
        for reviewer in review.brief["waiting"]:
            load[reviewer] = load.get(reviewer, 0) + 1
    around = surroundings_of(snapshot, proposal)
    free: list[Candidate] = []
    barred: dict[str, Conflict] = {}
    for actor in people(snapshot, Role.REVIEWER):
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
            kind=kind_of(snapshot, actor),
            load=load.get(actor.user_id, 0),
            soft=tuple(each.text for each in soft_of(snapshot, actor, proposal, parties, around)),
        )
        free.append(Candidate(actor, seat, actor.has(*COMMITTEE_ROLES)))
    return free, barred
