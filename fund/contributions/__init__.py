"""Capital: called from partners by the distribution key (K1), asked again, and received (K2).

One entry per partner, call and instalment. What came in on the bank, and for whom, is the trade of the receipts; here
it meets the call. Source: lifecycle.md 9.
"""

from __future__ import annotations

from typing import Any

from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.unit_of_work import Command, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("capital call", "fund.contributions.calling:call", FUND_MANAGER, second=TREASURER),
    Command("capital receive", "fund.contributions.receiving:receive", TREASURER, second=FUND_MANAGER),
)
QUERIES = (
    Query("capital list", "fund.contributions.reading:calls", lists={"calls": "call"}),
    Query("capital letter", "fund.contributions.letters:letters"),
)
LIVES: dict[str, Any] = {}
"""The life of a call carries its RF reference, so it is folded where bank references are known: with the receipts."""
