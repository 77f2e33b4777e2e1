"""Capital: called from partners by the distribution key (K1), asked again, and received (K2).

One entry per partner, call and instalment. What came in on the bank, and for whom, is the trade of the receipts; here
it meets the call. Source: lifecycle.md 9.
"""

from __future__ import annotations

from typing import Any

from fund.contributions.calling import call, key_in_force
from fund.contributions.letters import explained, letters
from fund.contributions.reading import calls
from fund.contributions.receiving import receive, set_against_call
from fund.contributions.reminding import REMIND, remind
from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.unit_of_work import Command, Query

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "REMIND",
    "call",
    "calls",
    "explained",
    "key_in_force",
    "letters",
    "receive",
    "remind",
    "set_against_call",
]

COMMANDS = (
    Command("capital call", call, FUND_MANAGER, second=TREASURER),
    Command("capital receive", receive, TREASURER, second=FUND_MANAGER),
)
QUERIES = (Query("capital list", calls, lists={"calls": "call"}), Query("capital letter", letters))
LIVES: dict[str, Any] = {}
"""The life of a call carries its RF reference, so it is folded where bank references are known: with the receipts."""
