"""Who is tied to a case: the store read for the rules of ``fund.rules.conflicts``.

Every life story that keeps people with an interest away from a case asks here: reviews, decisions, what is shown of
them. Nothing is kept: the same question on another revision, day or payroll has another answer.
"""

from __future__ import annotations

import json

from fund.errors import ConflictOfInterest
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import CaseParties, Conflict, Cooperation, folded, hard_conflict, soft_conflicts
from fund.rules.scoring import EXTERNAL
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.people import User
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import View
from fund.workflows.cooperations import register

__all__ = ["experiments", "kind_of", "parties_of", "people", "require_no_conflict", "soft_of"]

_UNDECIDED = ("submitted", "returned", "eligible", "in_review", "scored", "decidable", "deferred")
"""States in which a proposal asks for money that others of its round ask for too."""


def parties_of(view: View, proposal: Proposal) -> CaseParties:
    """Everything that hard conflicts with this revision are computed from."""
    regions: dict[str, set[str]] = {}
    for partner in view.cases(Partner):
        if partner.sort == "municipality" and partner.region:
            regions.setdefault(partner.region, set()).add(partner.ref)
    review = view.maybe(Review, proposal.ref)
    return CaseParties(
        lead=proposal.lead,
        co_applicants=frozenset(proposal.co_applicants),
        beneficiaries=frozenset(proposal.beneficiaries),
        team=frozenset(member.partner for member in proposal.form.team if member.partner),
        persons=_names_of_team(view, proposal),
        regions={region: frozenset(members) for region, members in regions.items()},
        declared=dict(review.bars) if review is not None else {},
    )


def _names_of_team(view: View, proposal: Proposal) -> frozenset[str]:
    """The names of the team while they are known; they lie apart from the facts, erasable."""
    kept = view.store.work.sealed(stream=proposal.stream, kind="team", round=0)
    members = json.loads(kept[0].content) if kept else []
    return frozenset(folded(member["name"]) for member in members)


def soft_of(view: View, actor: Actor, proposal: Proposal, parties: CaseParties) -> tuple[Conflict, ...]:
    """The ties that this person must declare, by the register and the fund's own agreements as they are today."""
    competing = {
        other.ref: other.parties
        for other in view.cases(Proposal, states=_UNDECIDED, parent=proposal.round)
        if other.ref != proposal.ref
    }
    return soft_conflicts(
        actor,
        parties,
        themes=proposal.form.themes,
        competing=competing,
        cooperations=[each.as_tie() for each in register(view)],
        experiments=experiments(view),
        builds_on=proposal.form.cooperation,
        on=view.today,
    )


def experiments(view: View) -> list[Cooperation]:
    """The agreements that began, as cooperations of their parties on the themes of their proposals."""
    found = []
    for agreement in view.cases(Agreement):
        proposal = view.maybe(Proposal, agreement.proposal)
        if agreement.started_on is not None and proposal is not None:
            found.append(
                Cooperation(
                    ref=agreement.ref,
                    themes=frozenset(proposal.form.themes),
                    members=frozenset(agreement.parties),
                    since_on=agreement.started_on,
                    until_on=agreement.ended_on,
                )
            )
    return found


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
