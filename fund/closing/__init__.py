"""Periods: lock and close months, close the year, reopen the latest; and entries made by hand.

A locked month takes adjusting and closing entries only, a closed one none. What a closing froze stays readable when its
period is reopened, corrected and closed again. Source: lifecycle.md 9 (C5, C6, C8), ledger.md 12.
"""

from __future__ import annotations

from fund.closing.months import LIVES
from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.unit_of_work import Command, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("period lock", "fund.closing.months:lock", FUND_MANAGER, second=TREASURER),
    Command("period close", "fund.closing.months:close", FUND_MANAGER, second=TREASURER),
    Command("period reopen", "fund.closing.months:reopen", FUND_MANAGER, second=TREASURER),
    Command("ledger post", "fund.closing.by_hand:post", FUND_MANAGER, second=TREASURER),
    Command("ledger reverse", "fund.closing.by_hand:reverse", FUND_MANAGER, second=TREASURER),
    Command("ledger anchor", "fund.closing.by_hand:anchor", FUND_MANAGER),
)
QUERIES = (
    Query("period list", "fund.closing.reading:periods", lists={"periods": "period"}),
    Query("period show", "fund.closing.reading:period"),
)
