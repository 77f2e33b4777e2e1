"""Proposals: from the first draft to eligibility, and the ways in which a proposal ends by itself.

A form stands in a fact whole, as JSON, without names of people: of the team it holds functions and a salted commitment
to each name. Source: lifecycle.md 4 (P1-P8, P21, P22).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import Field

from fund.events.base import Fact, KeptFile
from fund.events.values import RuleOutcome
from fund.language import N_


class _ProposalFact(Fact, kind="proposal"):
    pass


def _attachments(form: Mapping[str, Any]) -> Iterable[KeptFile]:
    return [KeptFile(N_("attachment"), each["sha256"], each["title"]) for each in form.get("attachments", ())]


class ProposalDrafted(_ProposalFact, wire="proposal.drafted"):
    """P1: an idea has a file of its own; only its parties see it."""

    round: str
    track: str
    lead: str
    follows: str | None = None
    """The agreement it rolls out."""
    revision: int = 1
    revision_hash: str
    """SHA-256 of the form as canonical JSON: what parties confirm."""
    content_hash: str
    """As ``revision_hash``, without the team: two proposals with the same content have the same."""
    ask_cents: int
    form: dict[str, Any]

    def kept_files(self) -> Iterable[KeptFile]:
        return _attachments(self.form)


class ProposalRevised(_ProposalFact, wire="proposal.revised"):
    """P2: the form has other content; who had confirmed must confirm again."""

    round: str
    revision: int
    revision_hash: str
    content_hash: str
    ask_cents: int
    sections: tuple[str, ...]
    """The sections that changed."""
    track: str = ""
    """The track of the round it is in now; as before where it is empty."""
    form: dict[str, Any]

    def kept_files(self) -> Iterable[KeptFile]:
        return _attachments(self.form)


class ProposalParticipationConfirmed(_ProposalFact, wire="proposal.participation_confirmed"):
    """P3: a party takes part in exactly this revision, and has told its council, states or board what it is about."""

    partner: str
    revision_hash: str
    informed_on: date | None = None
    """The day on which its council, states or general board was informed; a tick is enough on the light track."""


class ProposalSubmitted(_ProposalFact, wire="proposal.submitted"):
    """P4: the lead asks the fund to judge this revision."""

    round: str
    lead: str
    revision_hash: str
    ask_cents: int
    informed_on: date | None = None
    """The day on which the lead's own council was informed: submitting is the lead's confirmation too."""


class ProposalScreened(_ProposalFact, wire="proposal.screened"):
    """The eligibility rules ran: each outcome, and a note where many parties take part. A person decides."""

    revision_hash: str
    outcomes: tuple[RuleOutcome, ...]
    passed: bool
    note: str = ""


class ProposalChangesRequested(_ProposalFact, wire="proposal.changes_requested"):
    """P5: some sections must change before a day."""

    sections: tuple[str, ...]
    reason: str
    due_on: date
    """The last day on which it can be resubmitted."""


class ProposalResubmitted(_ProposalFact, wire="proposal.resubmitted"):
    """P6: the changed revision is there; every party has confirmed it."""

    round: str
    lead: str
    revision_hash: str
    ask_cents: int
    sections: tuple[str, ...]
    """The sections that differ from what was submitted before."""
    informed_on: date | None = None


class ProposalFoundEligible(_ProposalFact, wire="proposal.found_eligible"):
    """P7: every rule is met, each with its evidence."""

    revision_hash: str
    evidence: dict[str, str]
    """By rule: what shows that it is met."""


class ProposalFoundIneligible(_ProposalFact, wire="proposal.found_ineligible"):
    """P8: a rule is not met; two people said so."""

    revision_hash: str
    rule: str
    reason: str
    objection_weeks: int
    """So many weeks from the day it was made known, the lead may object."""


class _Released(_ProposalFact):
    """An end that gives back what was committed to the proposal, and ends the review that was under way."""

    affects: ClassVar[tuple[str, ...]] = ("round/round", "review/ref")

    round: str
    released_cents: int = Field(default=0, ge=0)
    """The open commitment that is free again; nothing before a decision."""


class ProposalWithdrawn(_Released, wire="proposal.withdrawn"):
    """P21: the lead takes the proposal back."""

    reason: str


class ProposalLapseAnnounced(_ProposalFact, wire="proposal.lapse_announced"):
    """The parties know that the proposal lapses unless they act."""

    days: int
    """So many days before."""
    lapses_at: datetime


class ProposalLapsed(_Released, wire="proposal.lapsed"):
    """P22: nothing was done in time."""

    was: str
    """The state it lapsed in."""
