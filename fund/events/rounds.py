"""Rounds: planned by two people, opened, closed and decided by the service. Source: lifecycle.md 4."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from fund.events.base import Fact


class RoundPlanned(Fact, wire="round.planned", kind="round"):
    """Partners know when they may apply, for how much in all, and how money is divided if it is short (4:25-4:28)."""

    title: str
    track: str
    opens_at: datetime
    closes_at: datetime
    """The first instant at which it is too late."""
    ceiling_cents: int = Field(gt=0)
    allocation: str = "score"
    """score: by panel score, then date; order: by date of submission."""


class RoundOpened(Fact, wire="round.opened", kind="round"):
    """Proposals can be drafted and submitted from here on."""


class RoundClosed(Fact, wire="round.closed", kind="round"):
    """No proposal can be submitted any more."""

    submitted: int = Field(ge=0)
    """So many proposals had been submitted."""


class RoundDecided(Fact, wire="round.decided", kind="round"):
    """The last proposal of the round was decided."""

    approved: int = Field(ge=0)
    committed_cents: int = Field(ge=0)
