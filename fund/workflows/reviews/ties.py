"""What ties people to a case: its parties, the conflicts computed from them, and who could review it.

The rules themselves are in ``fund.rules.authority``; here the store is read for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from fund.errors import ConflictOfInterest
from fund.events import PanelSeat
from fund.rules.authority import Actor, CaseParties, Conflict, Cooperation, Role, hard_conflict, soft_conflicts
from fund.rules.scoring import EXTERNAL, Seat
from fund.schemas.capital import Partner
from fund.schemas.people import User
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import View
from fund.workflows.proposals import UNDECIDED
from fund.workflows.proposals.drafting import team_of

__all__ = [
    "Candidate",
    "candidates",
    "cooperations",
    "kind_of",
    "parties_of",
    "people",
    "require_no_conflict",
    "seat_of",
    "soft_of",
]

COMMITTEE_ROLES = (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR)
_TAKING_PART = ("deelnemer", "op_onderdelen")


@lru_cache(maxsize=1)
def cooperations() -> tuple[Cooperation, ...]:
    """The existing cooperations of the partners: ``data/cooperations.json``; whoever takes part, whole or in parts."""
    text = (resources.files("fund") / "data" / "cooperations.json").read_text(encoding="utf-8")
    return tuple(
        Cooperation(
            ref=str(row["id"]),
            themes=frozenset(str(theme) for theme in row["thema_ids"]),
            members=frozenset(
                str(member["partner_id"])
                for member in row["deelnemers"]
                if member["partner_id"] and member["rol"] in _TAKING_PART
            ),
        )
        for row in json.loads(text)["samenwerkingsverbanden"]
    )


def parties_of(view: View, proposal: Proposal) -> CaseParties:
    """Everything that hard conflicts with this revision are computed from."""
    regions: dict[str, set[str]] = {}
    for partner in view.cases(Partner):
        if partner.sort == "municipality" and partner.region:
            regions.setdefault(partner.region, set()).add(partner.ref)
    return CaseParties(
        lead=proposal.lead,
        co_applicants=frozenset(proposal.co_applicants),
        beneficiaries=frozenset(proposal.beneficiaries),
        team=frozenset(member.partner for member in proposal.form.team if member.partner),
        persons=frozenset(member["name"].casefold() for member in team_of(view, proposal.stream)),
        regions={region: frozenset(members) for region, members in regions.items()},
    )


def soft_of(view: View, actor: Actor, proposal: Proposal, parties: CaseParties) -> tuple[Conflict, ...]:
    """The ties that this person must declare."""
    competing = {
        other.ref: other.parties
        for other in view.cases(Proposal, states=[str(state) for state in UNDECIDED], parent=proposal.round)
        if other.ref != proposal.ref
    }
    return soft_conflicts(actor, parties, themes=proposal.form.themes, competing=competing, cooperations=cooperations())


def kind_of(view: View, actor: Actor) -> str:
    """municipality, water_board, region or province of the actor's organisation; external for nobody's."""
    if actor.organisation is None:
        return EXTERNAL
    partner = view.maybe(Partner, actor.organisation)
    return partner.sort if partner is not None else EXTERNAL


def people(view: View, *roles: Role) -> list[Actor]:
    """Active users with one of the roles, in the order of their ids."""
    names = view.store.work.names()
    return [
        user.as_actor(names.get(user.ref, user.ref))
        for user in view.cases(User, states=["active"])
        if set(user.roles) & set(roles)
    ]


def require_no_conflict(view: View, actor: Actor, proposal: Proposal, *, command: str) -> None:
    """Nothing, when no hard conflict ties the actor to the proposal (G7 b).

    Raises:
        ConflictOfInterest: One does; the message names the ground.
    """
    conflict = hard_conflict(actor, parties_of(view, proposal))
    if conflict is not None:
        raise ConflictOfInterest(
            actor=actor.name,
            command=command,
            ref=proposal.ref,
            organisation=conflict.organisation,
            ground=conflict.describe(),
        )


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


def candidates(
    view: View, proposal: Proposal, *, without: Sequence[str] = ()
) -> tuple[list[Candidate], dict[str, Conflict]]:
    """Everybody who could review the proposal, and the conflict of those who could not, by user id."""
    parties = parties_of(view, proposal)
    load: dict[str, int] = {}
    for review in view.cases(Review, states=["open"]):
        for reviewer in review.reviewers:
            if reviewer not in review.scored:
                load[reviewer] = load.get(reviewer, 0) + 1
    free: list[Candidate] = []
    barred: dict[str, Conflict] = {}
    for actor in people(view, Role.REVIEWER):
        if actor.user_id in without:
            continue
        conflict = hard_conflict(actor, parties)
        if conflict is not None:
            barred[actor.user_id] = conflict
            continue
        seat = PanelSeat(
            reviewer=actor.user_id,
            organisation=actor.organisation,
            kind=kind_of(view, actor),
            load=load.get(actor.user_id, 0),
            soft=tuple(each.text for each in soft_of(view, actor, proposal, parties)),
        )
        free.append(Candidate(actor, seat, actor.has(*COMMITTEE_ROLES)))
    return free, barred
