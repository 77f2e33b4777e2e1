"""Looking ahead: the fund's cash per quarter, and what comes back in years; with what is assumed, and a backtest.

Source: statements.md (forecasts).
"""

from __future__ import annotations

from fund.reports.forecasts.liquidity import liquidity, watched
from fund.unit_of_work import Command, Life, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES", "liquidity", "watched"]

COMMANDS: tuple[Command, ...] = ()
LIVES: dict[str, Life] = {}
QUERIES = (Query("forecast liquidity", liquidity),)
