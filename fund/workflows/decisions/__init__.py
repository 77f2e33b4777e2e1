"""Decisions: the committee's file, votes under seal, the outcome with its money, conditions, reopening, objections.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""

from __future__ import annotations

from fund.rules.authority import BOARD, CHAIR, COMMITTEE, FUND_MANAGER, PARTY_SIGNATORY, TREASURER, either
from fund.unit_of_work import Command, Query
from fund.workflows.decisions.case import LIVES

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("decision prepare", "fund.workflows.decisions.preparing:prepare", FUND_MANAGER),
    Command("decision vote", "fund.workflows.decisions.voting:vote", either(COMMITTEE, BOARD)),
    Command(
        "decision decide",
        "fund.workflows.decisions.deciding:decide",
        either(CHAIR, FUND_MANAGER),
        second="fund.workflows.decisions.deciding:second_of_decide",
        seconds=(COMMITTEE,),
    ),
    Command("decision evidence", "fund.workflows.decisions.afterwards:evidence", either(PARTY_SIGNATORY, CHAIR)),
    Command(
        "decision meet-conditions",
        "fund.workflows.decisions.afterwards:meet_conditions",
        FUND_MANAGER,
        second=either(FUND_MANAGER, TREASURER, COMMITTEE),
    ),
    Command("decision reopen", "fund.workflows.decisions.afterwards:reopen", CHAIR, second=COMMITTEE),
    Command("decision decide-objection", "fund.workflows.decisions.afterwards:decide_objection", CHAIR),
)
QUERIES = (Query("decision show", "fund.workflows.decisions.showing:show"),)
