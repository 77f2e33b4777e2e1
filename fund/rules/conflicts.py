"""Conflicts of interest: what ties a person or an organisation to a case, which ties bar and which are declared.

Pure: it judges what the store has read. A hard tie bars from the case (no access, no score, no vote); a soft one is
declared, and chair and a member of the committee decide what it means. Everything is computed anew for every revision.
Source: lifecycle.md 1 (G7 b, f), 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from fund.glossary import folded
from fund.rules.authority import Actor
from fund.words import choice_word

WINDOW_YEARS = 3
"""Who worked with the lead on the subject in so many years declares it, also when it has ended since."""


class Ground(StrEnum):
    """Why somebody has a conflict with a case: hard ones bar, soft ones are declared."""

    LEAD = "lead"
    CO_APPLICANT = "co_applicant"
    BENEFICIARY = "beneficiary"
    SUPPLIER = "supplier"
    TEAM = "team"
    PERSON = "person"
    FAMILY = "family"
    FINANCIAL = "financial"
    MANAGER = "manager"
    REGION = "region"
    COMPETES = "competes"
    COOPERATES = "cooperates"
    BUILDS_ON = "builds_on"
    SERVICE = "service"
    EXPERIMENT = "experiment"
    VOTED = "voted"
    SIGNED = "signed"


DECLARABLE = (Ground.SUPPLIER, Ground.PERSON, Ground.FAMILY, Ground.FINANCIAL, Ground.MANAGER)
"""Hard grounds that only the person knows: once declared they bar, and nobody decides otherwise."""


@dataclass(frozen=True, slots=True)
class CaseParties:
    """Whose case it is: everything a hard conflict is computed from, at one revision."""

    lead: str
    co_applicants: frozenset[str] = frozenset()
    beneficiaries: frozenset[str] = frozenset()
    """Adopters and other beneficiaries."""
    suppliers: frozenset[str] = frozenset()
    """Partners that deliver to it."""
    team: frozenset[str] = frozenset()
    """Partners that have people in the team."""
    persons: frozenset[str] = frozenset()
    """The names of the team while they are known, as :func:`fund.glossary.folded` writes them."""
    regions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The municipalities of each region of the fund."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """By user id, the hard ground that this person declared."""
    signed: frozenset[str] = frozenset()
    """User ids of those who confirmed or submitted it for a party, wherever they work now (G7 a)."""

    @property
    def everyone(self) -> frozenset[str]:
        """Lead, co-applicants, beneficiaries, suppliers."""
        return self.co_applicants | self.beneficiaries | self.suppliers | {self.lead}


@dataclass(frozen=True, slots=True)
class Cooperation:
    """Partners that work together on themes for a time: a row of the register, or an experiment of the fund itself.

    A cooperation without a first or last day has always been there, or goes on.
    """

    ref: str
    themes: frozenset[str]
    members: frozenset[str]
    service: bool = False
    """A service organisation that its members share."""
    since_on: date | None = None
    until_on: date | None = None

    def runs_on(self, day: date) -> bool:
        """Whether it is there on that day."""
        return (self.since_on is None or self.since_on <= day) and (self.until_on is None or self.until_on >= day)

    def within_window(self, day: date) -> bool:
        """Whether it was there at some time in the three years up to that day."""
        began = self.since_on is None or self.since_on <= day
        return began and (self.until_on is None or self.until_on >= _years_before(day))

    def joins(self, *partners: str) -> bool:
        """Whether all of these take part."""
        return self.members.issuperset(partners)


def _years_before(day: date) -> date:
    try:
        return day.replace(year=day.year - WINDOW_YEARS)
    except ValueError:  # 29 February
        return day.replace(year=day.year - WINDOW_YEARS, day=28)


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
        name = choice_word(self.ground)
        return f"{name} ({self.found_in})" if self.found_in else name


def ground_text(text: str) -> str:
    """A ground as facts keep it, in the language in use; what a person wrote stays as it was written."""
    name, _mark, found_in = text.partition(":")
    return Conflict(Ground(name), "", found_in).describe() if name in set(Ground) else text


def hard_conflict(actor: Actor, parties: CaseParties) -> Conflict | None:
    """The tie that bars the actor from the case (no access, no score, no vote), or ``None``.

    A region is barred when more than half of its municipalities are parties.
    """
    own = actor.organisation
    if folded(actor.name) in parties.persons:
        return Conflict(Ground.PERSON, own or actor.name)
    if own is not None:
        if own == parties.lead:
            return Conflict(Ground.LEAD, own)
        if own in parties.co_applicants:
            return Conflict(Ground.CO_APPLICANT, own)
        if own in parties.beneficiaries:
            return Conflict(Ground.BENEFICIARY, own)
        if own in parties.suppliers:
            return Conflict(Ground.SUPPLIER, own)
        if own in parties.team:
            return Conflict(Ground.TEAM, own)
        municipalities = parties.regions.get(own, frozenset())
        if 2 * len(municipalities & parties.everyone) > len(municipalities):
            return Conflict(Ground.REGION, own, own)
    if actor.user_id in parties.signed:
        return Conflict(Ground.SIGNED, own or actor.name)
    declared = parties.declared.get(actor.user_id)
    return Conflict(Ground(declared), own or actor.name) if declared else None


def soft_conflicts(
    actor: Actor,
    parties: CaseParties,
    *,
    themes: Iterable[str],
    competing: Mapping[str, Sequence[str]],
    cooperations: Iterable[Cooperation],
    on: date,
    experiments: Iterable[Cooperation] = (),
    builds_on: str = "",
) -> tuple[Conflict, ...]:
    """Ties that must be declared: they do not bar by themselves. Of each cooperation the strongest tie is named.

    Args:
        themes: The themes of the case.
        competing: The other proposals of the same round, with the parties of each.
        cooperations: The register. One that the lead takes part in as well counts when it shares a theme and was there
            in the last three years, or when it is a service organisation that both share now.
        on: The day for which it is computed.
        experiments: Agreements of the fund: as the register, with their parties as members.
        builds_on: The cooperation that the proposal names: whoever takes part in it works on its subject, whatever
            themes the register gives it.
    """
    own = actor.organisation
    if own is None:
        return ()
    found = [Conflict(Ground.COMPETES, own, ref) for ref in sorted(competing) if own in competing[ref]]
    subject = frozenset(themes)
    for each in sorted(cooperations, key=lambda each: each.ref):
        both, now = each.joins(own, parties.lead), each.within_window(on)
        if both and each.service and each.runs_on(on):
            found.append(Conflict(Ground.SERVICE, own, each.ref))
        elif both and now and each.themes & subject:
            found.append(Conflict(Ground.COOPERATES, own, each.ref))
        elif each.ref == builds_on and now and each.joins(own):
            found.append(Conflict(Ground.BUILDS_ON, own, each.ref))
    found += [
        Conflict(Ground.EXPERIMENT, own, each.ref)
        for each in sorted(experiments, key=lambda each: each.ref)
        if each.joins(own, parties.lead) and each.within_window(on) and each.themes & subject
    ]
    return tuple(found)
