"""Agreements: what the parties sign, the milestones they show, and how it ends. Rows P20, A1-A7, M1-M3 of lifecycle.md.

``states`` holds the tables and folds, ``drafting`` the road to a signed text, ``amending``, ``amendments`` and
``assent`` how it changes, ``running`` how it stops and ends, ``refinancing`` how its balance goes on under its
roll-out, ``milestones`` the evidence, ``benefits`` what it brings, ``document`` the text itself, ``reading`` what
people look up. How the money comes back is the chapter ``repayments``.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, PARTY_EDITOR, PARTY_SIGNATORY, TREASURER, either
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.unit_of_work import Command, Life, Query
from fund.workflows.agreements.amendments import AMENDMENTS, amendment_after
from fund.workflows.agreements.states import AGREEMENTS, MILESTONES, SECOND_PERSON, agreement_after, milestone_after

__all__ = ["CLOSING_FACTS", "COMMANDS", "LIVES", "QUERIES"]

CLOSING_FACTS = (
    "agreement.completed", "agreement.terminated", "allowance.adjusted", "disbursement.cancelled",
    "disbursement.refunded", "evaluation.accepted", "payment.settled", "receipt.allocated", "receipt.reallocated",
    "writeoff.posted", "writeoff.reversed", "agreement.refinanced", "exit.set_off",
)  # fmt: skip
"""After these an agreement that ended may be closed (A7)."""

COMMANDS = (
    Command("agreement draft", "fund.workflows.agreements.drafting:draft", FUND_MANAGER),
    Command("agreement sign", "fund.workflows.agreements.drafting:sign", either(PARTY_SIGNATORY, CHAIR)),
    Command("agreement activate", "fund.workflows.agreements.drafting:activate", FUND_MANAGER),
    Command("agreement amend", "fund.workflows.agreements.amending:amend", FUND_MANAGER, second=LEAD_SIGNATORY),
    Command("agreement decide", "fund.workflows.agreements.assent:decide", CHAIR),
    Command("agreement suspend", "fund.workflows.agreements.running:suspend", FUND_MANAGER, second=TREASURER),
    Command("agreement resume", "fund.workflows.agreements.running:resume", FUND_MANAGER, second=TREASURER),
    Command("agreement complete", "fund.workflows.agreements.running:complete", FUND_MANAGER, second=SECOND_PERSON),
    Command("agreement terminate", "fund.workflows.agreements.running:terminate", FUND_MANAGER, second=CHAIR),
    Command(
        "agreement refinance", "fund.workflows.agreements.refinancing:refinance", FUND_MANAGER, second=LEAD_SIGNATORY
    ),
    Command(
        "agreement benefits", "fund.workflows.agreements.benefits:report_benefits", PARTY_SIGNATORY, second=FUND_MANAGER
    ),
    Command("milestone evidence", "fund.workflows.agreements.milestones:evidence", PARTY_EDITOR),
    Command("milestone accept", "fund.workflows.agreements.milestones:accept", FUND_MANAGER),
    Command("milestone request-changes", "fund.workflows.agreements.milestones:request_changes", FUND_MANAGER),
    Command("milestone reject", "fund.workflows.agreements.milestones:reject", FUND_MANAGER),
)

QUERIES = (
    Query("agreement list", "fund.workflows.agreements.reading:agreements", lists={"agreements": "agreement"}),
    Query("agreement show", "fund.workflows.agreements.reading:agreement"),
    Query("agreement business-case", "fund.workflows.agreements.benefits:benefit_table"),
    Query("milestone list", "fund.workflows.agreements.reading:milestones", lists={"milestones": "milestone"}),
)

LIVES = {
    "agreement": Life(Agreement, agreement_after, AGREEMENTS),
    "amendment": Life(Amendment, amendment_after, AMENDMENTS),
    "milestone": Life(Milestone, milestone_after, MILESTONES),
}
