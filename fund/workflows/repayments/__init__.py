"""How the repayable share comes back: plans, what was paid, what is late, the allowance (lifecycle.md 6).

A plan starts with its agreement. Receipts are allocated by ``receipts``; here their parts are folded into the plan.
Days late are reckoned for any day and never stored; each step of arrears is taken once per instalment.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, LEAD_SIGNATORY, TREASURER
from fund.schemas.repayments import AllowanceRun, Plan
from fund.unit_of_work import Command, Life, Query
from fund.workflows.repayments.life import TRANSITIONS, allowance_after, plan_after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("repayment prepay", "fund.workflows.repayments.course:prepay", LEAD_SIGNATORY),
    Command("repayment restructure", "fund.workflows.repayments.restructuring:restructure", FUND_MANAGER),
    Command("repayment demand", "fund.workflows.repayments.reminders:demand", FUND_MANAGER),
    Command("repayment charge", "fund.workflows.repayments.charging:charge", FUND_MANAGER, second=TREASURER),
    Command(
        "repayment waive-charge", "fund.workflows.repayments.charging:waive_charge", FUND_MANAGER, second=TREASURER
    ),
    Command("repayment reallocate", "fund.workflows.repayments.order:reallocate", TREASURER),
    Command(
        "repayment allowance", "fund.workflows.repayments.allowance:adjust_allowance", FUND_MANAGER, second=TREASURER
    ),
)
QUERIES = (
    Query("repayment list", "fund.workflows.repayments.reading:plans", lists={"plans": "plan"}),
    Query("repayment plan", "fund.workflows.repayments.reading:plan_of"),
    Query("repayment schedule", "fund.workflows.repayments.reading:schedule"),
    Query("repayment arrears", "fund.workflows.repayments.reading:arrears"),
)
LIVES = {"plan": Life(Plan, plan_after, TRANSITIONS), "allowance": Life(AllowanceRun, allowance_after)}
