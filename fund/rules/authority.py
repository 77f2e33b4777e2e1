"""Who may do what: roles, relations to a case, separation of duties.

The one answer to "may they?". It judges what the store has read and reads nothing itself. There is no override. What
ties an organisation or a person to a case beyond the list of parties is in ``fund.rules.conflicts``.
Source: lifecycle.md 1 (G7), 2 and 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from fund.errors.people import ConflictOfInterest, ExclusiveRole, NotAuthorised, SameHands
from fund.language import _
from fund.words import word_of


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


EXCLUSIVE = (Role.ADMIN, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: an id, roles, the partner whose payroll or mandate, seconded or not."""

    user_id: str
    name: str
    roles: frozenset[Role]
    partner: str | None = None
    seconded: bool = False
    deputy_of: str | None = None
    """The member of the committee (user id) whose seat this person votes for when the member cannot or does not."""

    @property
    def organisation(self) -> str | None:
        """The partner this person counts as, and speaks for; nobody's when seconded to the fund office (G7 f)."""
        return None if self.seconded else self.partner

    @property
    def seat(self) -> str:
        """The seat in the committee, for who has one, by the user id of its member; a chair's is the chair's own."""
        return self.user_id if self.deputy_of is None or self.has(Role.COMMITTEE_CHAIR) else self.deputy_of

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
        return " / ".join(word_of("who", code) for code in self.codes())

    def codes(self) -> list[str]:
        """The roles with their tie to the case, as refusals keep them: `partner_signatory of lead`."""
        tie = f" of {self.relation}" if self.relation in (Relation.LEAD, Relation.PARTY, Relation.OWN) else ""
        own = [f"{role}{tie}" for role in sorted(self.roles)]
        return [*own, *(code for other in self.others for code in other.codes())]

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
OWN_EDITOR = _who(Role.PARTNER_EDITOR, Role.PARTNER_SIGNATORY, relation=Relation.OWN)
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
VOTERS = either(COMMITTEE, BOARD)
"""Who votes on what follows from a proposal: the committee; the full board where conflicts leave no committee."""
PAYERS = either(TREASURER, FUND_MANAGER)
"""Who makes and sends payments."""
OFFICE = either(TREASURER, FUND_MANAGER, CHAIR)
"""Anybody of the fund: who completes an agreement together with a fund manager (G7 a)."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Whose case it is, for one step of it: what a person is judged by, beside the role.

    Attributes:
        lead: The lead partner, where the case has one.
        applicants: The partners that take part, one of which acts where a row asks a party; those of ``parties`` when
            left out.
        parties: Every partner whose people may not judge the case: lead, co-applicants, beneficiaries.
        own: The partner that the case is about (a call, an exit), or each partner that acts for itself (a vote).
        prior_approvers: User ids who acted in this chain before, and may not again (G7 a, c).
        show: The command that shows the case, for hints.
    """

    lead: str | None = None
    applicants: tuple[str, ...] | None = None
    parties: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    prior_approvers: tuple[str, ...] = ()
    show: str = ""

    @property
    def everyone(self) -> frozenset[str]:
        """Every partner of the case."""
        return frozenset(self.parties) | ({self.lead} if self.lead else frozenset())

    @property
    def acting(self) -> frozenset[str]:
        """The partners of which one may act as a party."""
        return self.everyone if self.applicants is None else frozenset(self.applicants)


NO_CASE = Guard()
"""For what is about no case in particular."""


def require(actor: Actor, who: Who, guard: Guard = NO_CASE, *, command: str, ref: str = "") -> None:
    """Nothing, when ``actor`` is one of ``who`` for this case. Whoever is seconded to the fund office is of no party:
    neither barred as one, nor heard as one. Who acts for the fund did not act in this chain before.

    Raises:
        NotAuthorised: None of the roles, or not of the partner that must act.
        ConflictOfInterest: The right role, but of a party of the case (G7 b).
        SameHands: They acted in this chain before (G7 a, c).
    """
    organisation = actor.organisation
    conflict: ConflictOfInterest | None = None
    for choice in (who, *who.others):
        if not actor.roles & choice.roles:
            continue
        if choice.relation is Relation.LEAD and (organisation is None or organisation != guard.lead):
            continue
        if choice.relation is Relation.PARTY and organisation not in guard.acting:
            continue
        if choice.relation is Relation.OWN and organisation not in guard.own:
            continue
        if choice.relation is Relation.OUTSIDE and organisation is not None and organisation in guard.everyone:
            conflict = ConflictOfInterest(
                actor=actor.name,
                command=command,
                ref=ref,
                organisation=organisation,
                ground=_("own organisation is a party"),
            )
            continue
        if choice.relation in (Relation.ANY, Relation.OUTSIDE):  # for the fund, not for a partner of the case
            require_other_hands(actor, guard.prior_approvers, command=command, ref=ref)
        return
    if conflict is not None:
        raise conflict
    raise NotAuthorised(actor=actor.name, has=_has(actor), command=command, needs=who.codes(), ref=ref)


def require_role(actor: Actor, who: Who, *, command: str, ref: str = "") -> None:
    """Nothing, when ``actor`` has one of the roles of ``who``; what ties a person to a case is judged where the case
    is known.

    Raises:
        NotAuthorised: None of the roles.
    """
    if not actor.roles & who.all_roles():
        raise NotAuthorised(actor=actor.name, has=_has(actor), command=command, needs=who.codes(), ref=ref)


def _has(actor: Actor) -> list[str]:
    return [*sorted(str(role) for role in actor.roles), *([actor.partner] if actor.partner else [])]


def require_other_hands(
    actor: Actor, prior_approvers: Iterable[str], *, command: str, ref: str, earlier: str = ""
) -> None:
    """Nothing, when ``actor`` is not among the people (user ids) who acted before in this chain (G7 a, c).

    Raises:
        SameHands: The same person would act twice.
    """
    if actor.user_id in frozenset(prior_approvers):
        raise SameHands(actor=actor.name, command=command, ref=ref, earlier=earlier or _("an earlier step"))


def require_compatible_roles(user: str, roles: Iterable[Role]) -> None:
    """Nothing, when the roles may be one person's (G7 e).

    Raises:
        ExclusiveRole: admin or auditor together with another role.
    """
    given = sorted(set(roles))
    for exclusive in EXCLUSIVE:
        if exclusive in given and len(given) > 1:
            other = next(role for role in given if role is not exclusive)
            raise ExclusiveRole(user=user, role=exclusive.value, other=other.value)
