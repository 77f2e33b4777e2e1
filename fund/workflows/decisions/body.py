"""Who decides on a proposal: the committee, the full board where nobody else is free, on an objection who took no part.

How each counts is in ``fund.workflows.bodies``. Source: lifecycle.md 1 (G7 b, d), 2, 12.
"""

from __future__ import annotations

from dataclasses import replace

from fund.rules.authority import Actor
from fund.rules.scoring import Missing
from fund.rules.voting import Ballot
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot
from fund.workflows import bodies
from fund.workflows.bodies import Body, Matter
from fund.workflows.conflicts import parties_of
from fund.workflows.proposals.access import rules_for

LOOK = "fund decision show {ref}"
"""The command that shows a decision, for hints."""
OBJECTION_VOTES = 2
"""So many members who took no part decide an objection with the chair or deputy."""


def look_at(snapshot: Snapshot, ref: str) -> str:
    """The command that shows how far a decision is; that of the proposal, where no decision was begun."""
    return LOOK.format(ref=ref) if snapshot.maybe(Decision, ref) is not None else f"fund proposal show {ref}"


def matter_of(snapshot: Snapshot, proposal: Proposal, *, objection: Decision | None = None) -> Matter:
    """What a body needs to know of a proposal: parties, reviewers, and who took part before."""
    return Matter(
        parties_of(snapshot, proposal),
        reviewers=frozenset(bodies.reviewers_of(snapshot.maybe(Review, proposal.ref))),
        took_part=took_part_in(proposal, objection) if objection is not None else frozenset(),
    )


def took_part_in(proposal: Proposal, decision: Decision) -> frozenset[str]:
    """Whose hands are in what is objected to (user ids): who voted or decided; who found it ineligible, where that is
    what is objected to.
    """
    finders = proposal.hands if decision.objected_was == "ineligible" else ()
    return frozenset((*decision.took_part, *finders))


def _board_of(snapshot: Snapshot, proposal: Proposal) -> Body:
    """The full board on a proposal; who signed it for a party is read from its history, for the board alone."""
    signed = frozenset(each.actor for each in snapshot.history(proposal) if each.type in bodies.SIGNING)
    return bodies.board(snapshot, replace(matter_of(snapshot, proposal), signed=signed))


def chairs(snapshot: Snapshot, proposal: Proposal) -> tuple[list[Actor], list[Actor]]:
    """The chairs who may act on the proposal and, when none may, the deputies who may."""
    return bodies.chairs(snapshot, matter_of(snapshot, proposal))


def committee_of(snapshot: Snapshot, proposal: Proposal, *, objection: Decision | None = None) -> Body:
    """The committee on this proposal: barred are hard conflicts, its reviewers, on an objection all who took part
    before.
    """
    return bodies.committee(snapshot, matter_of(snapshot, proposal, objection=objection))


def needs_the_board(snapshot: Snapshot, proposal: Proposal) -> bool:
    """Whether conflicts alone keep the committee from a quorum (rule of necessity)."""
    return bodies.needs_the_board(snapshot, rules_for(snapshot, proposal).committee, matter_of(snapshot, proposal))


def body_of(snapshot: Snapshot, proposal: Proposal, decision: Decision) -> Body:
    """Who votes on the proposal as its decision stands: committee, full board, or the members who took no part.

    Where necessity made the full board decide, or conflicts leave no committee for the objection, the full board
    decides on the objection too: then there is nobody who took no part, and the external advice is what is new.
    """
    if decision.state == "objected":
        if (decision.prepared is not None and decision.prepared.necessity) or needs_the_board(snapshot, proposal):
            return _board_of(snapshot, proposal)
        return committee_of(snapshot, proposal, objection=decision)
    if decision.prepared is not None and decision.prepared.necessity:
        return _board_of(snapshot, proposal)
    return committee_of(snapshot, proposal)


def missing_of(snapshot: Snapshot, proposal: Proposal, body: Body, ballots: list[Ballot]) -> tuple[Missing, ...]:
    """What the body lacks before it may decide on a proposal."""
    return bodies.missing_of(rules_for(snapshot, proposal).committee, body, ballots)


def waiting_votes(
    snapshot: Snapshot, proposal: Proposal, decision: Decision
) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """Who has not voted yet, whether enough have, and who may then decide; user ids.

    A vote waits for the members whose seat has not voted; where the member may not vote, for the deputies.
    """
    body = body_of(snapshot, proposal, decision)
    free, deputies = chairs(snapshot, proposal)
    deciders = [each.user_id for each in (free or deputies)]
    if decision.state == "objected":
        before = took_part_in(proposal, decision)
        deciders = [each.user_id for each in (*free, *deputies) if each.user_id not in before]
    ready = (
        not objection_missing(snapshot, proposal, body, decision, replace="")
        if decision.state == "objected"
        else not missing_of(snapshot, proposal, body, body.ballots(decision.voted))
    )
    return bodies.waiting_in(body, decision.voted), ready, tuple(deciders)


def objection_missing(
    snapshot: Snapshot, proposal: Proposal, body: Body, decision: Decision, *, replace: str
) -> tuple[Missing, ...]:
    """What is lacking before an objection may be decided: the board's quorum, or two members who took no part.

    Args:
        replace: The user id of who decides, whose own choice is no vote of a member.
    """
    if body.is_board:
        return missing_of(snapshot, proposal, body, body.ballots(decision.voted))
    found = sum(1 for each in body.counting(decision.voted) if each != replace)
    return () if found >= OBJECTION_VOTES else (Missing("votes", found, OBJECTION_VOTES),)
