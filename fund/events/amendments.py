"""Amendments that fund manager and lead do not make alone: a large rise, another lead."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field

from fund.events.base import Fact


class _AmendmentFact(Fact, kind="amendment"):
    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "agreement/agreement")

    agreement: str
    proposal: str


class AmendmentProposed(_AmendmentFact, wire="amendment.proposed"):
    """A fund manager and the lead want to change a running agreement; the committee, or the new lead, has the word."""

    affects: ClassVar[tuple[str, ...]] = (*_AmendmentFact.affects, "amendment/supersedes")

    lead: str
    parties: tuple[str, ...]
    asks: str
    """Who has the word: ``committee`` or ``new_lead``."""
    reason: str
    change_cents: int = 0
    award_cents: int = 0
    """The award as it would be."""
    milestone: int | None = None
    due_on: date | None = None
    new_lead: str = ""
    two_thirds: bool = False
    supersedes: str = ""
    """The amendment that waited until now and does not any more."""


class AmendmentVoted(_AmendmentFact, wire="amendment.voted"):
    """A committee member voted; what was voted stays under seal until the decision."""

    commitment: str


class AmendmentAgreed(_AmendmentFact, wire="amendment.agreed"):
    """The committee agreed, its votes are open now; or the new lead signed. What changes stands in the next fact."""

    opens: ClassVar[tuple[str, ...]] = ("votes", "salts", "reasons")

    votes: dict[str, str]
    salts: dict[str, str]
    reasons: dict[str, str] | None = None
    """By user id, why; not kept of amendments that were decided before it was."""
    two_thirds: bool
    signed_for: str = ""
    """The new lead, when it signed."""
    necessity: bool = False
    """The full board voted, because conflicts left no committee."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """Its partners with a conflict, and the ground of each."""


class AmendmentRefused(_AmendmentFact, wire="amendment.refused"):
    """The committee did not agree; the agreement stays as it is."""

    opens: ClassVar[tuple[str, ...]] = ("votes", "salts", "reasons")

    votes: dict[str, str]
    salts: dict[str, str]
    reasons: dict[str, str] | None = None
    """By user id, why; not kept of amendments that were decided before it was."""
    two_thirds: bool
    reason: str = ""
    necessity: bool = False
    disclosed: dict[str, str] = Field(default_factory=dict)
