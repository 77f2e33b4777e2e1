"""Proposals, from the first draft until an agreement takes over. One life story: its table, and what each row asks.

The table holds the rows of reviews and decisions too; their use cases are chapters of their own.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, PARTY_EDITOR, PARTY_SIGNATORY, Relation, Who
from fund.unit_of_work import Command, Query
from fund.workflows.proposals.life import LIVES

__all__ = ["COMMANDS", "LIVES", "QUERIES"]


# The roles alone: what ties a person to the case, its row of the table checks.
_EDITOR = Who(PARTY_EDITOR.roles, Relation.ANY)
_SIGNATORY = Who(PARTY_SIGNATORY.roles, Relation.ANY)

COMMANDS = (
    Command("proposal draft", "fund.workflows.proposals.drafting:draft", _EDITOR),
    Command("proposal save", "fund.workflows.proposals.saving:save", _EDITOR),
    Command("proposal join", "fund.workflows.proposals.submitting:join", _SIGNATORY),
    Command("proposal confirm", "fund.workflows.proposals.submitting:confirm", _SIGNATORY),
    Command("proposal submit", "fund.workflows.proposals.submitting:submit", _SIGNATORY),
    Command("proposal resubmit", "fund.workflows.proposals.submitting:resubmit", _SIGNATORY),
    Command("proposal request-changes", "fund.workflows.proposals.eligibility:request_changes", FUND_MANAGER),
    Command("proposal find-eligible", "fund.workflows.proposals.eligibility:find_eligible", FUND_MANAGER),
    Command(
        "proposal find-ineligible",
        "fund.workflows.proposals.eligibility:find_ineligible",
        FUND_MANAGER,
        second=FUND_MANAGER,
    ),
    Command("proposal withdraw", "fund.workflows.proposals.endings:withdraw", _SIGNATORY),
    Command("proposal object", "fund.workflows.proposals.endings:object_to", _SIGNATORY),
)
QUERIES = (
    Query("proposal list", "fund.workflows.proposals.reading:proposals", lists={"proposals": "proposal"}),
    Query("proposal show", "fund.workflows.proposals.reading:show"),
    Query("proposal history", "fund.workflows.proposals.reading:history"),
    Query("proposal file", "fund.workflows.proposals.reading:file_of"),
)
