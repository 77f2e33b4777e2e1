"""Rounds: planned by two people, opened, closed and decided by the service. Source: lifecycle.md 4."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from fund.events.base import Fact


class RoundPlanned(Fact):
    """Partners know when they may apply, for how much in all, and how money is divided if it is short (4:25-4:28)."""

    wire: ClassVar[str] = "round.planned"
    kind: ClassVar[str] = "round"

    title: str
    track: str
    opens_at: datetime
    closes_at: datetime
    """The first instant at which it is too late."""
    ceiling_cents: int = Field(gt=0)
    allocation: str = "score"
    """score: by panel score, then date; order: by date of submission."""


class RoundOpened(Fact):
    """Proposals can be drafted and submitted from here on."""

    wire: ClassVar[str] = "round.opened"
    kind: ClassVar[str] = "round"


class RoundClosed(Fact):
    """No proposal can be submitted any more."""

    wire: ClassVar[str] = "round.closed"
    kind: ClassVar[str] = "round"

    submitted: int = Field(ge=0)
    """So many proposals had been submitted."""


class RoundDecided(Fact):
    """The last proposal of the round was decided."""

    wire: ClassVar[str] = "round.decided"
    kind: ClassVar[str] = "round"

    approved: int = Field(ge=0)
    committed_cents: int = Field(ge=0)
