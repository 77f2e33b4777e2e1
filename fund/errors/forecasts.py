"""Refusals of the forecasts: what is assumed, and of which day."""

from __future__ import annotations

from fund.errors.base import FaultyInput
from fund.language import N_

__all__ = ["FaultyAssumptions", "NoAssumptionsYet"]


class FaultyAssumptions(FaultyInput):
    """A file of assumptions is not right; each fault stands with its line."""

    message = N_("{lines}")
    hint = N_("fund forecast liquidity --help")


class NoAssumptionsYet(FaultyInput):
    """No set of assumptions was in force on the day of the forecast."""

    message = N_("no assumptions of {file} are in force on {day}: the first set holds from {first_on}")
    hint = N_("fund forecast liquidity --as-of {first_on}")
