"""Looking ahead: the fund's cash per quarter, and what comes back in years; with what is assumed, and a backtest.

Source: statements.md (forecasts).
"""

from __future__ import annotations

from fund.reports.forecasts.backtest import ahead
from fund.reports.forecasts.drawing import degrees_drawn, quarters_drawn
from fund.reports.forecasts.liquidity import watched
from fund.reports.forecasts.revolving import revolving
from fund.unit_of_work import Command, Life, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES", "ahead", "degrees_drawn", "quarters_drawn", "revolving", "watched"]

COMMANDS: tuple[Command, ...] = ()
LIVES: dict[str, Life] = {}
QUERIES = (Query("forecast liquidity", ahead), Query("forecast revolving", revolving))
