"""Who may do what: roles, relations to a case, separation of duties, conflicts by organisation.

The one answer to "may they?". It judges what the store has read and reads nothing itself. There is no override.
Source: lifecycle.md 1 (G7), 2, 10 and 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fund.errors import ConflictOfInterest, ExclusiveRole, NotAuthorised, SameHands
from fund.language import N_, _

__all__ = [
    "ADMIN",
    "ANYONE",
    "AUDITOR",
    "BOARD",
    "CHAIR",
    "COMMITTEE",
    "FUND_MANAGER",
    "LEAD_SIGNATORY",
    "OWN_SIGNATORY",
    "PANEL",
    "PARTY_EDITOR",
    "PARTY_SIGNATORY",
    "REVIEWER",
    "SYSTEM",
    "SYSTEM_ACTOR",
    "TREASURER",
    "Actor",
    "CaseParties",
    "Conflict",
    "Cooperation",
    "Ground",
    "Relation",
    "Role",
    "Who",
    "either",
    "hard_conflict",
    "require",
    "require_compatible_roles",
    "require_other_hands",
    "soft_conflicts",
]


class Role(StrEnum):
    """What a person is in the fund; a user has one or more."""

    PARTNER_EDITOR = "partner_editor"
    PARTNER_SIGNATORY = "partner_signatory"
    FUND_MANAGER = "fund_manager"
    TREASURER = "treasurer"
    REVIEWER = "reviewer"
    COMMITTEE_MEMBER = "committee_member"
    COMMITTEE_CHAIR = "committee_chair"
    DEPUTY_CHAIR = "deputy_chair"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


ROLE_NAMES = {
    Role.PARTNER_EDITOR: N_("partner editor"),
    Role.PARTNER_SIGNATORY: N_("partner signatory"),
    Role.FUND_MANAGER: N_("fund manager"),
    Role.TREASURER: N_("treasurer"),
    Role.REVIEWER: N_("reviewer"),
    Role.COMMITTEE_MEMBER: N_("committee member"),
    Role.COMMITTEE_CHAIR: N_("committee chair"),
    Role.DEPUTY_CHAIR: N_("deputy chair"),
    Role.AUDITOR: N_("auditor"),
    Role.ADMIN: N_("admin"),
    Role.SYSTEM: N_("the service"),
}
EXCLUSIVE = (Role.ADMIN, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: an id, roles, the partner whose payroll or mandate, seconded or not."""

    user_id: str
    name: str
    roles: frozenset[Role]
    partner: str | None = None
    seconded: bool = False

    @property
    def organisation(self) -> str | None:
        """The partner this person counts as; nobody's when seconded to the fund office (G7 f)."""
        return None if self.seconded else self.partner

    def has(self, *roles: Role) -> bool:
        """Whether the actor has one of the roles."""
        return any(role in self.roles for role in roles)


SYSTEM_ACTOR = Actor("system", "system", frozenset({Role.SYSTEM}))


class Relation(StrEnum):
    """What ties, or must not tie, a person to the case."""

    ANY = "any"
    LEAD = "lead"
    """Of the lead partner."""
    PARTY = "party"
    """Of the lead or a co-applicant."""
    OWN = "own"
    """Of the partner that the case is about."""
    OUTSIDE = "outside"
    """Of none of the parties or beneficiaries (G7 b)."""


@dataclass(frozen=True, slots=True)
class Who:
    """Those who may: one of the roles, with the relation to the case."""

    roles: frozenset[Role]
    relation: Relation = Relation.ANY
    others: tuple[Who, ...] = field(default=())

    def describe(self) -> str:
        """The roles in the language in use: `partner signatory of the lead`."""
        names = " / ".join(_(ROLE_NAMES[role]) for role in sorted(self.roles))
        tie = {
            Relation.LEAD: N_("{who} of the lead"),
            Relation.PARTY: N_("{who} of a party"),
            Relation.OWN: N_("{who} of that partner"),
        }
        if self.relation in tie:
            names = _(tie[self.relation]).format(who=names)
        return " / ".join((names, *(other.describe() for other in self.others)))

    def all_roles(self) -> frozenset[Role]:
        """Every role that may, whatever the relation."""
        return self.roles.union(*(other.all_roles() for other in self.others))


def _who(*roles: Role, relation: Relation = Relation.ANY) -> Who:
    return Who(frozenset(roles), relation)


def either(*choices: Who) -> Who:
    """Those of any of the choices."""
    first, *rest = choices
    return Who(first.roles, first.relation, (*first.others, *rest))


LEAD_SIGNATORY = _who(Role.PARTNER_SIGNATORY, relation=Relation.LEAD)
PARTY_SIGNATORY = _who(Role.PARTNER_SIGNATORY, relation=Relation.PARTY)
PARTY_EDITOR = _who(Role.PARTNER_EDITOR, Role.PARTNER_SIGNATORY, relation=Relation.PARTY)
OWN_SIGNATORY = _who(Role.PARTNER_SIGNATORY, relation=Relation.OWN)
FUND_MANAGER = _who(Role.FUND_MANAGER, relation=Relation.OUTSIDE)
TREASURER = _who(Role.TREASURER, relation=Relation.OUTSIDE)
REVIEWER = _who(Role.REVIEWER, relation=Relation.OUTSIDE)
PANEL = _who(Role.REVIEWER)
"""A reviewer whatever the conflict: whoever steps back need not be free of one."""
BOARD = _who(Role.PARTNER_SIGNATORY)
"""The full board: a signatory of each partner (rule of necessity, keys)."""
COMMITTEE = _who(Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR, relation=Relation.OUTSIDE)
CHAIR = _who(Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR, relation=Relation.OUTSIDE)
AUDITOR = _who(Role.AUDITOR)
ADMIN = _who(Role.ADMIN)
SYSTEM = _who(Role.SYSTEM)
ANYONE = _who(*(role for role in Role if role is not Role.SYSTEM))


def require(
    actor: Actor,
    who: Who,
    *,
    command: str,
    ref: str = "",
    lead: str | None = None,
    parties: Iterable[str] = (),
    own: str | None = None,
) -> None:
    """Nothing, when ``actor`` is one of ``who`` for this case.

    Args:
        lead: The lead partner of the case, where it has one.
        parties: Every partner whose people may not judge the case: lead, co-applicants, beneficiaries.
        own: The partner that the case is about (a call, an exit).

    Raises:
        NotAuthorised: None of the roles, or not of the partner that must act.
        ConflictOfInterest: The right role, but of a party of the case (G7 b).
    """
    everyone = frozenset(parties) | ({lead} if lead else frozenset())
    conflict: ConflictOfInterest | None = None
    for choice in (who, *who.others):
        if not actor.roles & choice.roles:
            continue
        if choice.relation is Relation.LEAD and actor.partner != lead:
            continue
        if choice.relation is Relation.PARTY and actor.partner not in everyone:
            continue
        if choice.relation is Relation.OWN and actor.partner != own:
            continue
        if choice.relation is Relation.OUTSIDE and actor.organisation is not None and actor.organisation in everyone:
            conflict = ConflictOfInterest(
                actor=actor.name,
                command=command,
                ref=ref,
                organisation=actor.organisation,
                ground=_(N_("own organisation is a party")),
            )
            continue
        return
    if conflict is not None:
        raise conflict
    raise NotAuthorised(
        actor=actor.name,
        has=_has(actor),
        command=command,
        needs=who.describe(),
        ref=ref,
    )


def require_role(actor: Actor, who: Who, *, command: str, ref: str = "") -> None:
    """Nothing, when ``actor`` has one of the roles of ``who``; what ties a person to a case is judged where the case
    is known.

    Raises:
        NotAuthorised: None of the roles.
    """
    if not actor.roles & who.all_roles():
        raise NotAuthorised(actor=actor.name, has=_has(actor), command=command, needs=who.describe(), ref=ref)


def _has(actor: Actor) -> str:
    roles = ", ".join(_(ROLE_NAMES[role]) for role in sorted(actor.roles))
    return f"{roles}, {actor.partner}" if actor.partner else roles


def require_other_hands(
    actor: Actor, hands: Sequence[str] | Iterable[str], *, command: str, ref: str, earlier: str = ""
) -> None:
    """Nothing, when ``actor`` is not among the people (user ids) who acted before in this chain (G7 a, c).

    Raises:
        SameHands: The same person would act twice.
    """
    if actor.user_id in frozenset(hands):
        raise SameHands(actor=actor.name, command=command, ref=ref, earlier=earlier or _(N_("an earlier step")))


def require_compatible_roles(user: str, roles: Iterable[Role]) -> None:
    """Nothing, when the roles may be one person's (G7 e).

    Raises:
        ExclusiveRole: admin or auditor together with another role.
    """
    given = sorted(set(roles))
    for exclusive in EXCLUSIVE:
        if exclusive in given and len(given) > 1:
            other = next(role for role in given if role is not exclusive)
            raise ExclusiveRole(user=user, role=_(ROLE_NAMES[exclusive]), other=_(ROLE_NAMES[other]))


# ---------------------------------------------------------------------------------------- conflicts by organisation


class Ground(StrEnum):
    """Why somebody has a conflict with a case (section 12): hard ones bar, soft ones are declared."""

    LEAD = "lead"
    CO_APPLICANT = "co_applicant"
    BENEFICIARY = "beneficiary"
    TEAM = "team"
    PERSON = "person"
    REGION = "region"
    COMPETES = "competes"
    COOPERATES = "cooperates"


GROUND_NAMES = {
    Ground.LEAD: N_("own organisation is the lead"),
    Ground.CO_APPLICANT: N_("own organisation is a co-applicant"),
    Ground.BENEFICIARY: N_("own organisation is an adopter or beneficiary"),
    Ground.TEAM: N_("own organisation has people in the team"),
    Ground.PERSON: N_("named in the team"),
    Ground.REGION: N_("most municipalities of the own region are parties"),
    Ground.COMPETES: N_("own organisation asks money in the same round"),
    Ground.COOPERATES: N_("own organisation works with the lead on the same theme"),
}


@dataclass(frozen=True, slots=True)
class CaseParties:
    """Whose case it is: everything a hard conflict is computed from, at one revision."""

    lead: str
    co_applicants: frozenset[str] = frozenset()
    beneficiaries: frozenset[str] = frozenset()
    """Adopters and other beneficiaries."""
    team: frozenset[str] = frozenset()
    """Partners that have people in the team."""
    persons: frozenset[str] = frozenset()
    """The names of the team while they are known, in lower case."""
    regions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The municipalities of each region of the fund."""

    @property
    def everyone(self) -> frozenset[str]:
        """Lead, co-applicants, beneficiaries."""
        return self.co_applicants | self.beneficiaries | {self.lead}


@dataclass(frozen=True, slots=True)
class Cooperation:
    """An existing cooperation: who takes part, on which themes."""

    ref: str
    themes: frozenset[str]
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A tie between an organisation and a case: the ground, and what it was found in (a region, a proposal, a
    cooperation).
    """

    ground: Ground
    organisation: str
    found_in: str = ""

    @property
    def text(self) -> str:
        """As facts keep it: `cooperates:uplg`."""
        return f"{self.ground}:{self.found_in}" if self.found_in else str(self.ground)

    def describe(self) -> str:
        """The ground in the language in use."""
        name = _(GROUND_NAMES[self.ground])
        return f"{name} ({self.found_in})" if self.found_in else name


def hard_conflict(actor: Actor, parties: CaseParties) -> Conflict | None:
    """The tie that bars the actor from the case (no access, no score, no vote), or ``None``.

    A region is barred when more than half of its municipalities are parties.
    """
    own = actor.organisation
    if actor.name.casefold() in parties.persons:
        return Conflict(Ground.PERSON, own or actor.name)
    if own is None:
        return None
    if own == parties.lead:
        return Conflict(Ground.LEAD, own)
    if own in parties.co_applicants:
        return Conflict(Ground.CO_APPLICANT, own)
    if own in parties.beneficiaries:
        return Conflict(Ground.BENEFICIARY, own)
    if own in parties.team:
        return Conflict(Ground.TEAM, own)
    municipalities = parties.regions.get(own, frozenset())
    if 2 * len(municipalities & parties.everyone) > len(municipalities):
        return Conflict(Ground.REGION, own, own)
    return None


def soft_conflicts(
    actor: Actor,
    parties: CaseParties,
    *,
    themes: Iterable[str],
    competing: Mapping[str, Sequence[str]],
    cooperations: Iterable[Cooperation],
) -> tuple[Conflict, ...]:
    """Ties that must be declared: they do not bar by themselves.

    Args:
        themes: The themes of the case.
        competing: The other proposals of the same round, with the parties of each.
        cooperations: The existing cooperations; one counts when the lead takes part and it shares a theme.
    """
    own = actor.organisation
    if own is None:
        return ()
    found = [Conflict(Ground.COMPETES, own, ref) for ref in sorted(competing) if own in competing[ref]]
    subject = frozenset(themes)
    found += [
        Conflict(Ground.COOPERATES, own, each.ref)
        for each in sorted(cooperations, key=lambda each: each.ref)
        if own in each.members and parties.lead in each.members and each.themes & subject
    ]
    return tuple(found)
