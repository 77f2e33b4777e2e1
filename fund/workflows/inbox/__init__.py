"""What waits for whom, until when, and the command to type; the log of facts, and the letters that did not arrive.

A line of the inbox follows from the state of a case and from who may act in it; nothing is stored for it. Each chapter
has its source: ``proposals``, ``reviewing``, ``deciding``, ``agreements``, ``money_out``, ``money_in``, ``capital``,
``looking_back``, ``leaving``, ``office``; ``desk`` reads each kind of case once for all of them.
"""

from __future__ import annotations

from typing import Any

from fund.rules.authority import ADMIN, FUND_MANAGER, either
from fund.unit_of_work import Command, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command(
        "event retry",
        "fund.workflows.inbox.log:retry",
        either(FUND_MANAGER, ADMIN),
        second="fund.workflows.inbox.log:second_to_retry",
        seconds=(FUND_MANAGER,),
    ),
)
QUERIES = (
    Query("inbox", "fund.workflows.inbox.lines:inbox"),
    Query("pending show", "fund.workflows.inbox.log:pending_shown"),
    Query("explain", "fund.workflows.inbox.log:named"),
    Query("event list", "fund.workflows.inbox.log:event_list"),
    Query("event show", "fund.workflows.inbox.log:event_show"),
    Query("event deliveries", "fund.workflows.inbox.log:deliveries"),
    Query("event dead", "fund.workflows.inbox.log:dead"),
)
LIVES: dict[str, Any] = {}
