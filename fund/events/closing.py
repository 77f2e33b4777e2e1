"""Periods: months locked and closed, years closed, and what was reopened (lifecycle.md 9, C6 and C8)."""

from __future__ import annotations

from typing import ClassVar

from fund.events.base import Fact, Value


class PeriodLocked(Fact):
    """A month takes adjusting and closing entries only; ``ref`` is the month (``2027-03``)."""

    wire: ClassVar[str] = "period.locked"
    kind: ClassVar[str] = "period"


class PeriodClosed(Fact):
    """A month takes no entries any more; its trial balance is frozen under a hash."""

    wire: ClassVar[str] = "period.closed"
    kind: ClassVar[str] = "period"

    trial_balance_sha256: str


class ClosingLeg(Value):
    """What stood on one account of income or costs at the end of the year, debit positive, in cents."""

    account: str
    amount_cents: int


class YearClosed(Fact):
    """Income and costs of a year went to the accumulated result; ``ref`` is the year (``2027``)."""

    wire: ClassVar[str] = "year.closed"
    kind: ClassVar[str] = "period"

    legs: tuple[ClosingLeg, ...]
    result_cents: int
    """Income less costs of the year."""
    unidentified_cents: int = 0
    """What stood on 2300 at the end of the year."""
    explanation: str = ""
    """Why it stood there."""


class PeriodReopened(Fact):
    """The latest month, or the latest closed year, is open again; a year's closing entry is reversed."""

    wire: ClassVar[str] = "period.reopened"
    kind: ClassVar[str] = "period"

    reason: str
    entry_seq: int | None = None
    """The closing entry that is mirrored, for a year that had one."""
