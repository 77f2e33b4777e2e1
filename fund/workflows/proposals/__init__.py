"""Proposals, from the first draft until an agreement takes over. One life story: its table, and what each row asks.

The table holds the rows of reviews and decisions too; their use cases are chapters of their own.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, PARTY_EDITOR, PARTY_SIGNATORY, Relation, Who
from fund.unit_of_work import Command, Query
from fund.workflows.proposals.drafting import draft, find, may_see, rules_for, start_clock
from fund.workflows.proposals.eligibility import find_eligible, find_ineligible, request_changes, screen
from fund.workflows.proposals.endings import CLOCK_FACTS, announce, expire, object_to, set_clock, withdraw
from fund.workflows.proposals.life import LIVES
from fund.workflows.proposals.reading import file_of, history, proposals, show
from fund.workflows.proposals.saving import save
from fund.workflows.proposals.submitting import confirm, join, resubmit, submit
from fund.workflows.proposals.table import (
    BEFORE_AGREED,
    COMMITTED,
    EDITABLE,
    LAPSING,
    TRANSITIONS,
    UNDECIDED,
    State,
)

__all__ = [
    "BEFORE_AGREED", "CLOCK_FACTS", "COMMANDS", "COMMITTED", "EDITABLE", "LAPSING", "LIVES", "QUERIES",
    "TRANSITIONS", "UNDECIDED", "State", "announce", "confirm", "draft", "expire", "find", "find_eligible",
    "find_ineligible", "join", "may_see", "object_to", "request_changes", "resubmit", "rules_for", "save", "screen",
    "set_clock", "start_clock", "submit", "withdraw",
]  # fmt: skip


# The roles alone: what ties a person to the case, its row of the table checks.
_EDITOR = Who(PARTY_EDITOR.roles, Relation.ANY)
_SIGNATORY = Who(PARTY_SIGNATORY.roles, Relation.ANY)

COMMANDS = (
    Command("proposal draft", draft, _EDITOR),
    Command("proposal save", save, _EDITOR),
    Command("proposal join", join, _SIGNATORY),
    Command("proposal confirm", confirm, _SIGNATORY),
    Command("proposal submit", submit, _SIGNATORY),
    Command("proposal resubmit", resubmit, _SIGNATORY),
    Command("proposal request-changes", request_changes, FUND_MANAGER),
    Command("proposal find-eligible", find_eligible, FUND_MANAGER),
    Command("proposal find-ineligible", find_ineligible, FUND_MANAGER, second=FUND_MANAGER),
    Command("proposal withdraw", withdraw, _SIGNATORY),
    Command("proposal object", object_to, _SIGNATORY),
)
QUERIES = (
    Query("proposal list", proposals, lists={"proposals": "proposal"}),
    Query("proposal show", show),
    Query("proposal history", history),
    Query("proposal file", file_of),
)
