"""Leaving the fund: the exit quote of any day, notice, settlement, what is paid now and later, winding-up.

The states are the partner's own (``partners``); the arithmetic is kept in the case of its exit and is pure
(``fund.rules.exits``). Source: lifecycle.md 9 (K3-K10).
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY, TREASURER, either
from fund.schemas.exits import Exit
from fund.unit_of_work import Command, Life, Query
from fund.workflows.exits.life import exit_after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

_TWO = either(TREASURER, FUND_MANAGER)

COMMANDS = (
    Command("partner give-notice", "fund.workflows.exits.leaving:give_notice", OWN_SIGNATORY),
    Command("partner propose-settlement", "fund.workflows.exits.winding:propose", FUND_MANAGER, second=TREASURER),
    Command("partner agree-settlement", "fund.workflows.exits.leaving:agree", OWN_SIGNATORY, second=CHAIR),
    Command("partner dispute-settlement", "fund.workflows.exits.leaving:dispute", OWN_SIGNATORY),
    Command("partner settle", "fund.workflows.exits.leaving:settle", TREASURER),
    Command("partner pay-settlement", "fund.workflows.exits.paying:pay", TREASURER, second=_TWO),
    Command("partner close-out", "fund.workflows.exits.later:close_out", TREASURER, second=_TWO),
)
QUERIES = (Query("partner exit-quote", "fund.workflows.exits.quoting:exit_quote"),)
LIVES = {"exit": Life(Exit, exit_after)}
