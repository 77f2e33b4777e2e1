"""Write-offs: proposed on a ground, decided by the committee, booked once, reversed as a mirror, recovered in part.

A learning write-off is *invested in learning* and never counts against anybody later. ``table`` holds the life,
``proposing`` the guards (W1, W2), ``deciding`` the vote (W3), ``booking`` the ledger (W4-W6). Source: lifecycle.md 7.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, TREASURER
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Command, Life, Query
from fund.workflows.writeoffs.table import BODY, TRANSITIONS, writeoff_after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("writeoff propose", "fund.workflows.writeoffs.proposing:propose", FUND_MANAGER),
    Command("writeoff vote", "fund.workflows.writeoffs.deciding:vote", BODY),
    Command("writeoff decide", "fund.workflows.writeoffs.deciding:decide", CHAIR),
    Command("writeoff post", "fund.workflows.writeoffs.booking:post", FUND_MANAGER, second=TREASURER),
    Command("writeoff reverse", "fund.workflows.writeoffs.booking:reverse", CHAIR, second=TREASURER),
    Command("writeoff recover", "fund.workflows.writeoffs.booking:recover", TREASURER),
)
QUERIES = (Query("writeoff list", "fund.workflows.writeoffs.reading:listed", lists={"writeoffs": "writeoff"}),)
LIVES = {"writeoff": Life(Writeoff, writeoff_after, TRANSITIONS)}
