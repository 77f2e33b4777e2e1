"""Write-offs: proposed on a ground, decided by the committee, booked once, reversed as a mirror, recovered in part.

A learning write-off is *invested in learning* and never counts against anybody later. ``table`` holds the life,
``proposing`` the guards (W1, W2), ``deciding`` the vote (W3), ``booking`` the ledger (W4-W6). Source: lifecycle.md 7.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, TREASURER
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Command, Life, Query
from fund.workflows.writeoffs.booking import post, recover, reverse
from fund.workflows.writeoffs.deciding import decide, vote, waiting_votes
from fund.workflows.writeoffs.proposing import propose
from fund.workflows.writeoffs.reading import listed
from fund.workflows.writeoffs.table import BODY, TRANSITIONS, Ground, State, writeoff_after

__all__ = ["COMMANDS", "LIVES", "QUERIES", "TRANSITIONS", "Ground", "State", "vote", "waiting_votes"]

COMMANDS = (
    Command("writeoff propose", propose, FUND_MANAGER),
    Command("writeoff vote", vote, BODY),
    Command("writeoff decide", decide, CHAIR),
    Command("writeoff post", post, FUND_MANAGER, second=TREASURER),
    Command("writeoff reverse", reverse, CHAIR, second=TREASURER),
    Command("writeoff recover", recover, TREASURER),
)
QUERIES = (Query("writeoff list", listed, lists={"writeoffs": "writeoff"}),)
LIVES = {"writeoff": Life(Writeoff, writeoff_after, TRANSITIONS)}
