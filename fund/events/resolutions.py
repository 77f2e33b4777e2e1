"""Resolutions: matters that a body decides by a vote and that are neither a proposal, a write-off, an amendment nor a
key (lifecycle.md 4, P26).

What a carried resolution brings about is told by the facts of its own chapter, which follow in the same transaction.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from fund.events.base import Fact


class _ResolutionFact(Fact, kind="resolution"):
    affects: ClassVar[tuple[str, ...]] = ("agreement/agreement", "proposal/proposal")

    matter: str
    """``restructuring``, ``refinancing``, ``admission`` or ``winding_up``."""
    subject: str
    """What it is about: an agreement, a partner, or ``fund``."""
    agreement: str = ""
    proposal: str = ""


class ResolutionProposed(_ResolutionFact, wire="resolution.proposed"):
    """A matter lies before a body, with all that would happen if it is carried."""

    affects: ClassVar[tuple[str, ...]] = (*_ResolutionFact.affects, "resolution/supersedes")

    body: str
    """``committee``, or ``board`` where the rules name the full board."""
    lead: str = ""
    parties: tuple[str, ...] = ()
    terms: dict[str, Any]
    reason: str
    two_thirds: bool = False
    supersedes: str = ""
    """The resolution on the same matter and subject that waited until now."""


class ResolutionVoted(_ResolutionFact, wire="resolution.voted"):
    """Somebody of the body voted; what was voted stays under seal until the decision."""

    commitment: str


class _Decided(_ResolutionFact):
    """The votes are open now (user id to ``for``, ``against`` or ``abstain``)."""

    opens: ClassVar[tuple[str, ...]] = ("votes", "salts", "reasons")

    votes: dict[str, str]
    salts: dict[str, str]
    reasons: dict[str, str]
    """By user id, why; with choice and salt it gives the commitment that stood in ``resolution.voted``."""
    two_thirds: bool
    necessity: bool = False
    """Whether the full board decided because conflicts leave no committee (rule of necessity)."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """Where the full board decided out of necessity: the ground of each active partner that has a conflict."""


class ResolutionCarried(_Decided, wire="resolution.carried"):
    """The body agreed; what follows stands in the next facts."""


class ResolutionLost(_Decided, wire="resolution.lost"):
    """The body did not agree; everything stays as it is."""
