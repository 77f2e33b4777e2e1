"""Who is tied to a case: the store read for the rules of ``fund.rules.conflicts``.

Every life story that keeps people with an interest away from a case asks here: reviews, decisions, what is shown of
them. Nothing is kept: the same question on another revision, day or payroll has another answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fund.errors.people import ConflictOfInterest
from fund.glossary import folded
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import CaseParties, Conflict, Cooperation, hard_conflict, soft_conflicts
from fund.rules.scoring import EXTERNAL
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.people import User
from fund.schemas.proposals import UNDECIDED, Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import Snapshot


def parties_of(snapshot: Snapshot, proposal: Proposal) -> CaseParties:
    """Everything that hard conflicts with this revision are computed from."""
    review = snapshot.maybe(Review, proposal.ref)
    return CaseParties(
        lead=proposal.lead,
        co_applicants=frozenset(proposal.co_applicants),
        beneficiaries=frozenset(proposal.beneficiaries),
        team=frozenset(member.partner for member in proposal.form.team if member.partner),
        persons=_names_of_team(snapshot, proposal),
        regions=snapshot.cached("regions", lambda: _regions(snapshot)),
        declared=dict(review.bars) if review is not None else {},
        signed=frozenset(proposal.signed_by),
    )


def _regions(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """The municipalities of each region."""
    regions: dict[str, set[str]] = {}
    for partner in snapshot.cases(Partner):
        if partner.sort == "municipality" and partner.region:
            regions.setdefault(partner.region, set()).add(partner.ref)
    return {region: frozenset(members) for region, members in regions.items()}


def _names_of_team(snapshot: Snapshot, proposal: Proposal) -> frozenset[str]:
    """The names of the team while they are known; they lie apart from the facts, erasable."""

    def read() -> list[dict[str, str]]:
        kept = snapshot.store.work.sealed(stream=proposal.stream, kind="team", round=0)
        return json.loads(kept[0].content) if kept else []

    members = snapshot.cached(("team", proposal.stream), read)
    return frozenset(folded(member["name"]) for member in members)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a proposal today, whoever looks at it: from this, what a person must declare is computed."""

    competing: Mapping[str, Sequence[str]]
    """The other proposals of its round that wait for the same money, with the parties of each."""
    cooperations: Sequence[Cooperation]
    experiments: Sequence[Cooperation]


def surroundings_of(snapshot: Snapshot, proposal: Proposal) -> Surroundings:
    """The rest of its round, the register and the fund's own agreements with its lead."""
    from fund.workflows.cooperations.register import register

    round_ = snapshot.briefs(Proposal, states=UNDECIDED, parent=proposal.round)
    return Surroundings(
        competing={other.ref: other.brief["parties"] for other in round_ if other.ref != proposal.ref},
        cooperations=[each.as_tie() for each in register(snapshot)],
        experiments=experiments(snapshot, proposal.lead),
    )


def soft_of(
    snapshot: Snapshot, actor: Actor, proposal: Proposal, parties: CaseParties, around: Surroundings | None = None
) -> tuple[Conflict, ...]:
    """The ties that this person must declare, by the register and the fund's own agreements as they are today.

    Args:
        around: :func:`surroundings_of` the proposal, where more than one person is asked about.
    """
    if actor.organisation is None:
        return ()
    near = around or surroundings_of(snapshot, proposal)
    return soft_conflicts(
        actor,
        parties,
        themes=proposal.form.themes,
        competing=near.competing,
        cooperations=near.cooperations,
        experiments=near.experiments,
        builds_on=proposal.form.cooperation,
        on=snapshot.today,
    )


def experiments(snapshot: Snapshot, lead: str) -> list[Cooperation]:
    """The agreements that began, of which this partner is a party: cooperations on the themes of their proposals."""
    began = [each for each in snapshot.briefs(Agreement) if each.brief["started_on"] and lead in each.brief["parties"]]
    themes = {
        each.ref: frozenset(each.brief["themes"])
        for each in snapshot.briefs(Proposal, refs=[agreement.parent or "" for agreement in began])
    }
    return [
        Cooperation(
            ref=agreement.ref,
            themes=themes[agreement.parent or ""],
            members=frozenset(agreement.brief["parties"]),
            since_on=date.fromisoformat(agreement.brief["started_on"]),
            until_on=date.fromisoformat(agreement.brief["ended_on"]) if agreement.brief["ended_on"] else None,
        )
        for agreement in began
    ]


def kind_of(snapshot: Snapshot, actor: Actor) -> str:
    """municipality, water_board, region or province of the actor's organisation; external for nobody's."""
    if actor.organisation is None:
        return EXTERNAL
    partner = snapshot.maybe(Partner, actor.organisation)
    return partner.sort if partner is not None else EXTERNAL


def people(snapshot: Snapshot, *roles: Role) -> list[Actor]:
    """Active users with one of the roles, in the order of their ids."""
    return [actor for actor in snapshot.cached("people", lambda: _people(snapshot)) if actor.has(*roles)]


def _people(snapshot: Snapshot) -> list[Actor]:
    names = snapshot.store.work.names()
    return [user.as_actor(names.get(user.ref, user.ref)) for user in snapshot.cases(User, states=["active"])]


def person(snapshot: Snapshot, user_id: str) -> Actor:
    """Somebody who acts or acted, whatever the roles are now: a tie outlives a role."""
    return snapshot.case(User, user_id).as_actor(snapshot.name(user_id))


def require_no_conflict(snapshot: Snapshot, actor: Actor, proposal: Proposal, *, command: str) -> None:
    """Nothing, when no hard conflict ties the actor to the proposal (G7 b).

    Raises:
        ConflictOfInterest: One does; the message names the ground.
    """
    conflict = hard_conflict(actor, parties_of(snapshot, proposal))
    if conflict is not None:
        raise ConflictOfInterest(
            actor=actor.name,
            command=command,
            ref=proposal.ref,
            organisation=conflict.organisation,
            ground=conflict.describe(),
        )
