"""Leaving the fund: the exit quote of any day, notice, settlement, what is paid now and later, winding-up.

The states are the partner's own (``partners``); the arithmetic is kept in the case of its exit and is pure
(``fund.rules.exits``). Source: lifecycle.md 9 (K3-K10).
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY, TREASURER, either
from fund.schemas.exits import Exit
from fund.unit_of_work import Command, Life, Query
from fund.workflows.exits.later import (
    COLLECTING_FACTS,
    LONG_STOP,
    close_out,
    fall_due,
    long_stop_on,
    long_stop_reached,
    nobody_settles,
)
from fund.workflows.exits.leaving import agree, dispute, give_notice, settle
from fund.workflows.exits.life import exit_after
from fund.workflows.exits.paying import LEAVING_FACTS, leave, own_agreements, pay
from fund.workflows.exits.quoting import exit_quote
from fund.workflows.exits.winding import propose

__all__ = [
    "COLLECTING_FACTS",
    "COMMANDS",
    "LEAVING_FACTS",
    "LIVES",
    "LONG_STOP",
    "QUERIES",
    "exit_quote",
    "fall_due",
    "leave",
    "long_stop_on",
    "long_stop_reached",
    "nobody_settles",
    "own_agreements",
]

_TWO = either(TREASURER, FUND_MANAGER)

COMMANDS = (
    Command("partner give-notice", give_notice, OWN_SIGNATORY),
    Command("partner propose-settlement", propose, FUND_MANAGER, second=TREASURER),
    Command("partner agree-settlement", agree, OWN_SIGNATORY, second=CHAIR),
    Command("partner dispute-settlement", dispute, OWN_SIGNATORY),
    Command("partner settle", settle, TREASURER),
    Command("partner pay-settlement", pay, TREASURER, second=_TWO),
    Command("partner close-out", close_out, TREASURER, second=_TWO),
)
QUERIES = (Query("partner exit-quote", exit_quote),)
LIVES = {"exit": Life(Exit, exit_after)}
