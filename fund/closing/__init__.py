"""Periods: lock and close months, close the year, reopen the latest; and entries made by hand.

A locked month takes adjusting and closing entries only, a closed one none. What a closing froze stays readable when its
period is reopened, corrected and closed again. Source: lifecycle.md 9 (C5, C6, C8), ledger.md 12.
"""

from __future__ import annotations

from fund.closing.by_hand import anchor, post, reverse
from fund.closing.frozen import Closing, closings, every_closing
from fund.closing.months import LIVES, TRANSITIONS, State, close, lock, reopen
from fund.closing.reading import period, periods
from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.unit_of_work import Command, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES", "TRANSITIONS", "Closing", "State", "closings", "every_closing"]

COMMANDS = (
    Command("period lock", lock, FUND_MANAGER, second=TREASURER),
    Command("period close", close, FUND_MANAGER, second=TREASURER),
    Command("period reopen", reopen, FUND_MANAGER, second=TREASURER),
    Command("ledger post", post, FUND_MANAGER, second=TREASURER),
    Command("ledger reverse", reverse, FUND_MANAGER, second=TREASURER),
    Command("ledger anchor", anchor, FUND_MANAGER),
)
QUERIES = (Query("period list", periods, lists={"periods": "period"}), Query("period show", period))
