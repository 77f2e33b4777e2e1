"""Looking ahead: the fund's cash per quarter, and what comes back in years; with what is assumed, and a backtest.

Source: statements.md (forecasts).
"""

from __future__ import annotations

from fund.unit_of_work import Command, Life, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS: tuple[Command, ...] = ()
LIVES: dict[str, Life] = {}
QUERIES = (
    Query("forecast liquidity", "fund.reports.forecasts.backtest:ahead"),
    Query("forecast revolving", "fund.reports.forecasts.revolving:revolving"),
)
