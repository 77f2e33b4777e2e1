"""Periods as cases."""

from __future__ import annotations

from fund.schemas.base import CaseFile


class Period(CaseFile, kind="period"):
    """A month (``2027-03``) or a year (``2027``): open, locked or closed. A period nobody touched has no case."""

    result_cents: int | None = None
    """Of a closed year: income less costs."""
    trial_balance_sha256: str | None = None
    """Of a closed month: the hash of its frozen trial balance."""
    event_id: str | None = None
    """The fact that closed it."""

    @property
    def is_year(self) -> bool:
        return len(self.ref) == 4
