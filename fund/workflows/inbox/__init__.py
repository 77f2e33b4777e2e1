"""What waits for whom, until when, and the command to type; the log of facts, and the letters that did not arrive.

A line of the inbox follows from the state of a case and from who may act in it; nothing is stored for it. Each chapter
has its source: ``proposals``, ``reviewing``, ``deciding``, ``agreements``, ``money_out``, ``money_in``, ``capital``,
``looking_back``, ``leaving``, ``office``; ``desk`` reads each kind of case once for all of them.
"""

from __future__ import annotations

from typing import Any

from fund.rules.authority import ADMIN, FUND_MANAGER, either
from fund.unit_of_work import Command, Query
from fund.workflows.inbox.desk import Desk
from fund.workflows.inbox.lines import SOURCES, inbox
from fund.workflows.inbox.log import (
    dead,
    deliveries,
    event_line,
    event_list,
    event_show,
    named,
    pending_shown,
    retry,
    second_to_retry,
)
from fund.workflows.inbox.waiting import Waiting

__all__ = ["COMMANDS", "LIVES", "QUERIES", "SOURCES", "Desk", "Waiting", "event_line", "inbox"]

COMMANDS = (
    Command("event retry", retry, either(FUND_MANAGER, ADMIN), second=second_to_retry, seconds=(FUND_MANAGER,)),
)
QUERIES = (
    Query("inbox", inbox),
    Query("pending show", pending_shown),
    Query("explain", named),
    Query("event list", event_list),
    Query("event show", event_show),
    Query("event deliveries", deliveries),
    Query("event dead", dead),
)
LIVES: dict[str, Any] = {}
