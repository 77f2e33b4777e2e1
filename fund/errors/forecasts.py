"""Refusals of the forecasts: what is assumed, and of which day."""

from __future__ import annotations

from fund.errors import FaultyInput, WrongUsage
from fund.language import N_


class FaultyAssumptions(FaultyInput):
    """A file of assumptions is not right; each fault is shown with its line."""

    message = N_("{lines}")
    hint = N_("fund forecast liquidity --help")


class NoAssumptionsYet(FaultyInput):
    message = N_("no assumptions of {file} are in force on {day}: the first set holds from {first_on}")
    hint = N_("fund forecast liquidity --as-of {first_on}")


class BacktestNotPast(FaultyInput):
    message = N_("no quarter has ended between {day} and {until}: a backtest needs an earlier day")
    hint = N_("fund forecast liquidity --help")


class PlotUnknown(WrongUsage):
    message = N_('"{path}" is no drawing that can be made: the name ends in .svg or .png')
    hint = N_("fund forecast liquidity --plot liquidity.svg")


class YearsUnclear(WrongUsage):
    message = N_('"{text}" says no years: whole numbers from 1 to 30 with commas, each higher than the one before')
    hint = N_("fund forecast revolving --years 1,3,5,10")
