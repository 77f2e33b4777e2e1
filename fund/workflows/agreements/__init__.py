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
from fund.workflows.agreements import amending, assent, benefits, drafting, milestones, reading, refinancing, running
from fund.workflows.agreements.amendments import AMENDMENTS, AmendmentState, amendment_after
from fund.workflows.agreements.assent import WaitingAmendment, waiting_amendments
from fund.workflows.agreements.assent import vote as vote_on_amendment
from fund.workflows.agreements.benefits import ask_benefits, benefit_per_partner, benefits_due
from fund.workflows.agreements.drafting import activate_when_signed, reopened_since
from fund.workflows.agreements.running import close_when_done, end_suspension
from fund.workflows.agreements.states import (
    AGREEMENTS,
    MILESTONES,
    SECOND_PERSON,
    AgreementState,
    MilestoneState,
    agreement_after,
    milestone_after,
)

__all__ = [
    "AGREEMENTS",
    "AMENDMENTS",
    "CLOSING_FACTS",
    "COMMANDS",
    "LIVES",
    "MILESTONES",
    "QUERIES",
    "AgreementState",
    "AmendmentState",
    "MilestoneState",
    "WaitingAmendment",
    "activate_when_signed",
    "ask_benefits",
    "benefit_per_partner",
    "benefits_due",
    "close_when_done",
    "reopened_since",
    "end_suspension",
    "vote_on_amendment",
    "waiting_amendments",
]

CLOSING_FACTS = (
    "agreement.completed", "agreement.terminated", "allowance.adjusted", "disbursement.cancelled",
    "disbursement.refunded", "evaluation.accepted", "payment.settled", "receipt.allocated", "receipt.reallocated",
    "writeoff.posted", "writeoff.reversed", "agreement.refinanced", "exit.set_off",
)  # fmt: skip
"""After these an agreement that ended may be closed (A7)."""

COMMANDS = (
    Command("agreement draft", drafting.draft, FUND_MANAGER),
    Command("agreement sign", drafting.sign, either(PARTY_SIGNATORY, CHAIR)),
    Command("agreement activate", drafting.activate, FUND_MANAGER),
    Command("agreement amend", amending.amend, FUND_MANAGER, second=LEAD_SIGNATORY),
    Command("agreement decide", assent.decide, CHAIR),
    Command("agreement suspend", running.suspend, FUND_MANAGER, second=TREASURER),
    Command("agreement resume", running.resume, FUND_MANAGER, second=TREASURER),
    Command("agreement complete", running.complete, FUND_MANAGER, second=SECOND_PERSON),
    Command("agreement terminate", running.terminate, FUND_MANAGER, second=CHAIR),
    Command("agreement refinance", refinancing.refinance, FUND_MANAGER, second=LEAD_SIGNATORY),
    Command("agreement benefits", benefits.report_benefits, PARTY_SIGNATORY, second=FUND_MANAGER),
    Command("milestone evidence", milestones.evidence, PARTY_EDITOR),
    Command("milestone accept", milestones.accept, FUND_MANAGER),
    Command("milestone request-changes", milestones.request_changes, FUND_MANAGER),
    Command("milestone reject", milestones.reject, FUND_MANAGER),
)

QUERIES = (
    Query("agreement list", reading.agreements, lists={"agreements": "agreement"}),
    Query("agreement show", reading.agreement),
    Query("agreement business-case", benefits.benefit_table),
    Query("milestone list", reading.milestones, lists={"milestones": "milestone"}),
)

LIVES = {
    "agreement": Life(Agreement, agreement_after, AGREEMENTS),
    "amendment": Life(Amendment, amendment_after, AMENDMENTS),
    "milestone": Life(Milestone, milestone_after, MILESTONES),
}
