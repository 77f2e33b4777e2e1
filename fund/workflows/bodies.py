"""Bodies that decide: the committee with its seats and deputies, and the full board where nobody else is free.

A proposal, the objection to a decision on it and a write-off are decided by the same rules; who asks says what the
matter is, and whose hands are in it already. Source: lifecycle.md 1 (G7 b, d), 2, 12 (quorum of the committee,
rule of necessity).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fund.errors.reviews import DeputyNotNeeded, NotAVoter
from fund.glossary import folded
from fund.language import N_, _
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import CaseParties, Ground, hard_conflict
from fund.rules.conflicts import ground_text as conflict_text
from fund.rules.regulations import Committee
from fund.rules.scoring import Missing
from fund.rules.voting import ABSTAIN, Ballot, board_missing, board_outcome, cast_for, committee_missing, outcome
from fund.schemas.capital import VOTING, Partner
from fund.schemas.reviews import Review
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.conflicts import kind_of, people

REVIEWED, TOOK_PART, SIGNED = "reviewed", "took_part", "signed"
BARRED = {
    REVIEWED: N_("reviewed this proposal"),
    TOOK_PART: N_("took part in the decision objected to"),
    SIGNED: N_("signed this proposal"),
}
"""Why somebody may not vote, beside the conflicts by organisation."""
SIGNING = ("proposal.participation_confirmed", "proposal.submitted", "proposal.resubmitted", "agreement.signed")
"""Facts by which somebody signs for a party."""
PERSONAL = (Ground.PERSON, Ground.FAMILY, Ground.FINANCIAL, Ground.MANAGER)
"""Ties of a person, not of the organisation."""
NOBODY = CaseParties(lead="")


@dataclass(frozen=True, slots=True)
class Matter:
    """What is decided, as far as it bears on who may: its parties, and the hands that are in it already (user ids)."""

    parties: CaseParties
    reviewers: frozenset[str] = frozenset()
    """Who reviewed it (G7 d)."""
    took_part: frozenset[str] = frozenset()
    """On an objection: who voted on or decided what is objected to."""
    signed: frozenset[str] = frozenset()
    """Who signed it for a party."""


@dataclass(frozen=True, slots=True)
class Body:
    """Those who may vote on a matter, and the ground of each who sits in the body and may not."""

    voters: dict[str, Ballot]
    """By user id; the choice is still open."""
    barred: dict[str, str]
    """By user id, the ground as facts keep it, in no language: :func:`ground_text` says it."""
    seats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By seat (user id of its member; of the full board the partner), who may vote for it: the member goes first."""
    board_size: int = 0
    """Active partners, where the full board decides."""
    disclosed: Mapping[str, str] = field(default_factory=dict)
    """Where the full board decides: the partners with a hard conflict, with its ground. They vote all the same."""

    @property
    def is_board(self) -> bool:
        return bool(self.board_size)

    @property
    def free_seats(self) -> dict[str, tuple[str, ...]]:
        """The seats for which somebody may vote."""
        return {seat: who for seat, who in self.seats.items() if who}

    def counting(self, voted: Collection[str]) -> tuple[str, ...]:
        """Whose votes count, of those who voted: one for each seat."""
        return cast_for(self.seats, voted)

    def ballots(self, voted: Collection[str]) -> list[Ballot]:
        """The ballots that count, their choice still open."""
        return [self.voters[each] for each in self.counting(voted)]

    def seat_of(self, voter: str) -> str:
        """The seat, or the partner, for which this person votes."""
        return next((seat for seat, who in self.seats.items() if voter in who), "")


def committee(snapshot: Snapshot, matter: Matter) -> Body:
    """The committee on this matter: seats with their member and deputies; who has a conflict or a hand in it is out.

    A deputy, of another organisation, may vote where the member may not or did not; the member's own vote goes before
    it. For the seat of a chair who may not vote the deputy chair does.
    """
    sitting: dict[str, list[Actor]] = {}
    members = people(snapshot, Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR)
    for actor in sorted(members, key=lambda actor: actor.seat != actor.user_id):  # members before their deputies
        sitting.setdefault(actor.seat, []).append(actor)  # a deputy holds the seat of a member who left
    barred: dict[str, str] = {}
    seats: dict[str, tuple[str, ...]] = {}
    free: dict[str, Actor] = {}

    def seated(seat: str, actors: list[Actor]) -> None:
        grounds = {actor.user_id: bars(matter, actor) for actor in actors}
        barred.update({user_id: ground for user_id, ground in grounds.items() if ground})
        free.update({actor.user_id: actor for actor in actors if not grounds[actor.user_id]})
        seats[seat] = tuple(user_id for user_id, ground in grounds.items() if not ground)

    for seat, actors in sitting.items():
        seated(seat, actors)
    chairs = [actor.user_id for actor in members if actor.has(Role.COMMITTEE_CHAIR)]
    deputies = [each for each in people(snapshot, Role.DEPUTY_CHAIR) if not each.has(Role.COMMITTEE_MEMBER)]
    if deputies and not any(seats[chair] for chair in chairs):
        seated(chairs[0] if chairs else deputies[0].user_id, deputies)
    voters = {user_id: _ballot(snapshot, actor) for user_id, actor in free.items()}
    return Body(voters, barred, seats)


def _ballot(snapshot: Snapshot, actor: Actor) -> Ballot:
    return Ballot(actor.user_id, actor.organisation, kind_of(snapshot, actor), ABSTAIN)


def bars(matter: Matter, actor: Actor) -> str:
    """Why this person may not vote, as facts keep it; empty when nothing stands in the way."""
    conflict = hard_conflict(actor, matter.parties)
    if conflict is not None:
        return conflict.text
    if actor.user_id in matter.reviewers:
        return REVIEWED
    return TOOK_PART if actor.user_id in matter.took_part else ""


def chairs(
    snapshot: Snapshot, matter: Matter, *, prior_approvers: Collection[str] = ()
) -> tuple[list[Actor], list[Actor]]:
    """The chairs who may act on a matter, and the deputies, who do when no chair may.

    Args:
        prior_approvers: User ids that supplied an approval in this chain before (G7 c).
    """

    def may(actor: Actor) -> bool:
        return not bars(matter, actor) and actor.user_id not in prior_approvers

    free = [each for each in people(snapshot, Role.COMMITTEE_CHAIR) if may(each)]
    return free, [each for each in people(snapshot, Role.DEPUTY_CHAIR) if may(each)]


def deciders(snapshot: Snapshot, matter: Matter, *, prior_approvers: Collection[str] = ()) -> tuple[str, ...]:
    """User ids of those who may open the votes on a matter now: the chair, or the deputy when no chair may."""
    free, deputies = chairs(snapshot, matter, prior_approvers=prior_approvers)
    return tuple(each.user_id for each in (free or deputies))


def require_free(actor: Actor, matter: Matter, *, ref: str, look: str) -> None:
    """Nothing, when the actor has no hard conflict with the matter and did not review it (G7 b, d).

    Raises:
        NotAVoter: With the ground.
    """
    barred = bars(matter, actor)
    if barred:
        raise NotAVoter(actor=actor.name, ref=ref, ground=ground_text(barred), look=look)


def require_decider(
    snapshot: Snapshot,
    actor: Actor,
    matter: Matter,
    *,
    command: str,
    ref: str,
    look: str,
    prior_approvers: Collection[str] = (),
) -> None:
    """Nothing, when a matter is up to this chair or deputy: bound by the ties that bar a vote (out of the room, section
    12), and the deputy acts while no chair may.

    Args:
        prior_approvers: User ids that approved in this chain before: a chair among them leaves it to the deputy.

    Raises:
        NotAVoter: With the ground. DeputyNotNeeded: The chair is not barred.
    """
    require_free(actor, matter, ref=ref, look=look)
    free, _deputies = chairs(snapshot, matter, prior_approvers=prior_approvers)
    if not actor.has(Role.COMMITTEE_CHAIR) and free:
        raise DeputyNotNeeded(actor=actor.name, ref=ref, chair=free[0].name, command=command)


def reviewers_of(review: Review | None) -> set[str]:
    """Who reviewed a proposal, in whatever turn, or does so now (G7 d); user ids."""
    if review is None:
        return set()
    sits = review.reviewers if review.state == "open" or review.result is not None else ()
    return {*review.reviewed_before, *review.opened, *sits}


def ground_text(ground: str) -> str:
    """Why somebody may not vote, in the language in use."""
    return _(BARRED[ground]) if ground in BARRED else conflict_text(ground)


def needs_the_board(snapshot: Snapshot, rules: Committee, matter: Matter) -> bool:
    """Whether conflicts alone keep the committee from a quorum: then the full board decides (rule of necessity).

    A committee that is simply not appointed is no necessity.
    """

    def lacks(body: Body) -> bool:
        first = [who[0] for who in body.free_seats.values()]
        return bool(committee_missing(rules, seats=len(first), ballots=body.ballots(first)))

    if lacks(committee(snapshot, Matter(NOBODY))):
        return False
    return lacks(committee(snapshot, Matter(matter.parties, matter.reviewers)))


def board(snapshot: Snapshot, matter: Matter) -> Body:
    """The full board: one vote per partner, cast by a signatory who neither signed nor reviewed the matter. A partner
    that gave notice votes on, until its settlement is in the books.

    Conflicts of partners are disclosed, not barred: without them nobody could decide. Who has a tie of one's own (named
    in the team, family, money) leaves the vote to another signatory of the same partner.
    """
    active = snapshot.cached("active", lambda: {partner.ref for partner in snapshot.cases(Partner, states=VOTING)})
    voters: dict[str, Ballot] = {}
    barred: dict[str, str] = {}
    seats: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(active), ())
    disclosed: dict[str, str] = {}
    for partner in sorted(active):
        conflict = hard_conflict(Actor("", "", frozenset({Role.PARTNER_SIGNATORY}), partner), matter.parties)
        if conflict is not None:
            disclosed[partner] = conflict.text
    for actor in people(snapshot, Role.PARTNER_SIGNATORY):
        own = actor.organisation
        if own is None or own not in active:
            continue
        if actor.user_id in matter.signed:
            barred[actor.user_id] = SIGNED
        elif actor.user_id in matter.reviewers:
            barred[actor.user_id] = REVIEWED
        elif personal := _personal(actor, matter.parties):
            barred[actor.user_id] = personal
        else:
            voters[actor.user_id] = Ballot(actor.user_id, own, kind_of(snapshot, actor), ABSTAIN)
            seats[own] = (*seats[own], actor.user_id)
    return Body(voters, barred, seats, board_size=len(active), disclosed=disclosed)


def _personal(actor: Actor, parties: CaseParties) -> str:
    """The tie of this person alone, not of the partner; empty where there is none."""
    if folded(actor.name) in parties.persons:
        return str(Ground.PERSON)
    declared = parties.declared.get(actor.user_id, "")
    return declared if declared in PERSONAL else ""


def missing_of(rules: Committee, body: Body, ballots: list[Ballot]) -> tuple[Missing, ...]:
    """What the body lacks before it may decide."""
    if body.is_board:
        return board_missing(body.board_size, ballots, conflicted=body.disclosed)
    return committee_missing(rules, seats=len(body.free_seats), ballots=ballots)


def outcome_of(body: Body, ballots: list[Ballot], *, two_thirds: bool) -> str:
    """carried, lost or tie, as this body counts."""
    if body.is_board:
        return board_outcome(ballots, partners=body.board_size, conflicted=body.disclosed)
    return outcome(ballots, two_thirds=two_thirds)


def require_voter(uow: UnitOfWork, body: Body, voted: Collection[str], *, ref: str, look: str) -> None:
    """Nothing, when who acts may vote now: for a seat or partner for which nobody else voted; a member goes before the
    deputy.

    Raises:
        NotAVoter: With the ground.
    """
    own = uow.maker.user_id
    if own not in body.voters:
        barred = body.barred.get(own)
        ground = ground_text(barred) if barred else _("has no seat in the body that decides")
        raise NotAVoter(actor=uow.maker.name, ref=ref, ground=ground, look=look)
    seat = body.seat_of(own)
    who = body.seats[seat]
    others = [each for each in who if each in voted and each != own]
    before = others if body.is_board else [each for each in others if who.index(each) < who.index(own)]
    if before:
        name = uow.partner_name(seat) if body.is_board else uow.name(before[0])
        ground = _("somebody else voted for {partner}") if body.is_board else _("{partner} voted for this seat")
        raise NotAVoter(actor=uow.maker.name, ref=ref, ground=ground.format(partner=name), look=look)


def waiting_in(body: Body, voted: Collection[str]) -> tuple[str, ...]:
    """For whom it waits, of those who have not voted: the member of each seat, or the first deputy of one who may not;
    of the full board every signatory of a partner that has not voted.
    """
    waits = [who for who in body.seats.values() if not set(who) & set(voted)]
    return tuple(each for who in waits for each in (who if body.is_board else who[:1]))
