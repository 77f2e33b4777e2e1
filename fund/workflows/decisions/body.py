"""Who decides: the committee without those who have a conflict or reviewed, the full board where nobody else is free.

Source: lifecycle.md 1 (G7 b, d), 2, 12 (quorum of the committee, rule of necessity).
"""

from __future__ import annotations

from dataclasses import dataclass

from fund.language import N_, _
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import Conflict, Ground, hard_conflict
from fund.rules.scoring import Missing
from fund.rules.voting import ABSTAIN, Ballot, board_missing, board_outcome, committee_missing, outcome
from fund.schemas.capital import Partner
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import View
from fund.workflows.proposals import rules_for
from fund.workflows.reviews import kind_of, parties_of, people

__all__ = [
    "LOOK",
    "OBJECTION_VOTES",
    "Body",
    "body_of",
    "chairs",
    "committee_of",
    "ground_text",
    "missing_of",
    "needs_the_board",
    "outcome_of",
    "waiting_votes",
]


LOOK = "fund decision show {ref}"
"""The command that shows a decision, for hints."""

REVIEWED, TOOK_PART, SIGNED = "reviewed", "took_part", "signed"
BARRED = {
    REVIEWED: N_("reviewed this proposal"),
    TOOK_PART: N_("took part in the decision objected to"),
    SIGNED: N_("signed this proposal"),
}
"""Why somebody may not vote, beside the conflicts by organisation."""

OBJECTION_VOTES = 2
"""So many members who took no part decide an objection with the chair or deputy."""


@dataclass(frozen=True, slots=True)
class Body:
    """Those who may vote on a proposal, and the ground of each who sits in it and may not."""

    voters: dict[str, Ballot]
    """By user id; the choice is still open."""
    barred: dict[str, str]
    """By user id, the ground as facts keep it, in no language: :func:`ground_text` says it."""
    board_size: int = 0
    """Active partners, where the full board decides."""
    conflicted: frozenset[str] = frozenset()
    """Partners with a hard conflict, where the full board decides."""

    @property
    def is_board(self) -> bool:
        return bool(self.board_size)


def chairs(view: View, proposal: Proposal) -> tuple[list[Actor], list[Actor]]:
    """The chairs who may act on the proposal and, when none may, the deputies who may."""
    parties, reviewers = parties_of(view, proposal), _reviewers(view, proposal)

    def may(actor: Actor) -> bool:
        return hard_conflict(actor, parties) is None and actor.user_id not in reviewers

    free = [each for each in people(view, Role.COMMITTEE_CHAIR) if may(each)]
    deputies = [each for each in people(view, Role.DEPUTY_CHAIR) if may(each)]
    return free, deputies


def _reviewers(view: View, proposal: Proposal) -> set[str]:
    """Who reviewed the proposal, or does so now (G7 d)."""
    review = view.maybe(Review, proposal.ref)
    if review is None:
        return set()
    if review.state == "open":
        return set(review.reviewers)
    return set(review.reviewers) | {each.reviewer for each in review.result.scores} if review.result else set()


def committee_of(view: View, proposal: Proposal, *, objection: Decision | None = None) -> Body:
    """The committee on this proposal: barred are hard conflicts, its reviewers, on an objection all who took part
    before.

    The deputy chair votes when no chair may.
    """
    parties, reviewers = parties_of(view, proposal), _reviewers(view, proposal)
    voters: dict[str, Ballot] = {}
    barred: dict[str, str] = {}
    chair_sits = False
    members = people(view, Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR)
    deputies = [each for each in people(view, Role.DEPUTY_CHAIR) if not each.has(Role.COMMITTEE_MEMBER)]
    for actor in members:
        ground = _ground(
            actor, parties_conflict=hard_conflict(actor, parties), reviewers=reviewers, objection=objection
        )
        if ground:
            barred[actor.user_id] = ground
        else:
            voters[actor.user_id] = Ballot(actor.user_id, actor.organisation, kind_of(view, actor), ABSTAIN)
            chair_sits = chair_sits or actor.has(Role.COMMITTEE_CHAIR)
    for actor in deputies if not chair_sits else []:
        ground = _ground(
            actor, parties_conflict=hard_conflict(actor, parties), reviewers=reviewers, objection=objection
        )
        if ground:
            barred[actor.user_id] = ground
        else:
            voters[actor.user_id] = Ballot(actor.user_id, actor.organisation, kind_of(view, actor), ABSTAIN)
    return Body(voters, barred)


def _ground(actor: Actor, *, parties_conflict: Conflict | None, reviewers: set[str], objection: Decision | None) -> str:
    """Why this person may not vote, as facts keep it; empty when nothing stands in the way."""
    if parties_conflict is not None:
        return parties_conflict.text
    if actor.user_id in reviewers:
        return REVIEWED
    if objection is not None and actor.user_id in objection.took_part:
        return TOOK_PART
    return ""


def ground_text(ground: str) -> str:
    """Why somebody may not vote, in the language in use."""
    if ground in BARRED:
        return _(BARRED[ground])
    name, _mark, found_in = ground.partition(":")
    return Conflict(Ground(name), "", found_in).describe()


def needs_the_board(view: View, proposal: Proposal) -> bool:
    """Whether conflicts alone keep the committee from a quorum: then the full board decides (rule of necessity).

    A committee that is simply not appointed is no necessity.
    """
    rules = rules_for(view, proposal).committee
    sits = [Ballot(each.user_id, each.organisation, kind_of(view, each), ABSTAIN)
            for each in people(view, Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR)]  # fmt: skip
    if committee_missing(rules, voters=[each.voter for each in sits], ballots=sits):
        return False
    free = committee_of(view, proposal).voters
    return bool(committee_missing(rules, voters=list(free), ballots=list(free.values())))


def _board_of(view: View, proposal: Proposal) -> Body:
    """One vote per active partner, cast by a signatory who did not sign the proposal; conflicts are disclosed, not
    barred.
    """
    active = view.once("active", lambda: {partner.ref for partner in view.cases(Partner, states=["active"])})
    signed = {
        happened.actor
        for happened in view.history(proposal)
        if happened.type in ("proposal.participation_confirmed", "proposal.submitted", "proposal.resubmitted")
    }
    parties = parties_of(view, proposal)
    voters: dict[str, Ballot] = {}
    barred: dict[str, str] = {}
    conflicted: set[str] = set()
    for partner in sorted(active):
        stand_in = Actor("", "", frozenset({Role.PARTNER_SIGNATORY}), partner)
        if hard_conflict(stand_in, parties) is not None:
            conflicted.add(partner)
    for actor in people(view, Role.PARTNER_SIGNATORY):
        if actor.partner not in active:
            continue
        if actor.user_id in signed:
            barred[actor.user_id] = SIGNED
        else:
            voters[actor.user_id] = Ballot(actor.user_id, actor.partner, kind_of(view, actor), ABSTAIN)
    return Body(voters, barred, board_size=len(active), conflicted=frozenset(conflicted))


def body_of(view: View, proposal: Proposal, decision: Decision) -> Body:
    """Who votes on the proposal as its decision stands: committee, full board, or the members who took no part."""
    if decision.state == "objected":
        return committee_of(view, proposal, objection=decision)
    if decision.prepared is not None and decision.prepared.necessity:
        return _board_of(view, proposal)
    return committee_of(view, proposal)


def missing_of(view: View, proposal: Proposal, body: Body, ballots: list[Ballot]) -> tuple[Missing, ...]:
    """What the body lacks before it may decide."""
    if body.is_board:
        return board_missing(body.board_size, ballots)
    return committee_missing(rules_for(view, proposal).committee, voters=list(body.voters), ballots=ballots)


def outcome_of(body: Body, ballots: list[Ballot], *, two_thirds: bool) -> str:
    """carried, lost or tie, as this body counts."""
    if body.is_board:
        return board_outcome(ballots, conflicted=body.conflicted)
    return outcome(ballots, two_thirds=two_thirds)


def waiting_votes(view: View, proposal: Proposal, decision: Decision) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """Who has not voted yet, whether enough have, and who may then decide; user ids."""
    body = body_of(view, proposal, decision)
    cast = [body.voters[each] for each in decision.voted if each in body.voters]
    free, deputies = chairs(view, proposal)
    deciders = [each.user_id for each in (free or deputies)]
    if decision.state == "objected":
        ready = len(cast) >= OBJECTION_VOTES
        deciders = [each.user_id for each in (*free, *deputies) if each.user_id not in decision.took_part]
    else:
        ready = not missing_of(view, proposal, body, cast)
    voted = {each.organisation for each in cast} if body.is_board else set()
    missing = [
        each.voter
        for each in body.voters.values()
        if each.voter not in decision.voted and not (body.is_board and each.organisation in voted)
    ]
    return tuple(missing), ready, tuple(deciders)
