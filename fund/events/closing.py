"""Periods: months locked and closed, years closed, and what was reopened (lifecycle.md 9, C6 and C8)."""

from __future__ import annotations

from fund.events.base import Fact, Value


class PeriodLocked(Fact, wire="period.locked", kind="period"):
    """A month takes adjusting and closing entries only; ``ref`` is the month (``2027-03``)."""


class PeriodClosed(Fact, wire="period.closed", kind="period"):
    """A month takes no entries any more; its trial balance is frozen under a hash."""

    trial_balance_sha256: str


class ClosingLeg(Value):
    """What stood on one account of income or costs at the end of the year, debit positive, in cents."""

    account: str
    amount_cents: int


class YearClosed(Fact, wire="year.closed", kind="period"):
    """Income and costs of a year went to the accumulated result; ``ref`` is the year (``2027``)."""

    legs: tuple[ClosingLeg, ...]
    result_cents: int
    """Income less costs of the year."""
    unidentified_cents: int = 0
    """What stood on 2300 at the end of the year."""
    explanation: str = ""
    """Why it stood there."""


class PeriodReopened(Fact, wire="period.reopened", kind="period"):
    """The latest month, or the latest closed year, is open again; a year's closing entry is reversed."""

    reason: str
    entry_seq: int | None = None
    """The closing entry that is mirrored, for a year that had one."""
