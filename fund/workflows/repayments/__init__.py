"""How the repayable share comes back: plans, what was paid, what is late, the allowance (lifecycle.md 6).

A plan starts with its agreement. Receipts are allocated by ``receipts``; here their parts are folded into the plan.
Days late are reckoned for any day and never stored; each step of arrears is taken once per instalment.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, LEAD_SIGNATORY, TREASURER
from fund.schemas.repayments import AllowanceRun, Plan
from fund.unit_of_work import Command, Life, Query
from fund.workflows.repayments.allowance import adjust_allowance, quarter_of
from fund.workflows.repayments.charging import charge, waive_charge
from fund.workflows.repayments.course import called_by_saving, prepay, start_on_success
from fund.workflows.repayments.life import (
    REMINDED,
    TRANSITIONS,
    State,
    allowance_after,
    instalment_of_reference,
    instalment_reference,
    plan_after,
)
from fund.workflows.repayments.order import order_one_day, reallocate, right_order
from fund.workflows.repayments.reading import arrears, plan_of, plan_on, plans, schedule
from fund.workflows.repayments.reminders import (
    AGAIN_FACTS,
    demand,
    escalate,
    limitation_of,
    look_again,
    plan_timers,
    warn,
)
from fund.workflows.repayments.restructuring import restructure

__all__ = [
    "AGAIN_FACTS", "COMMANDS", "LIVES", "QUERIES", "REMINDED", "TRANSITIONS", "State", "called_by_saving", "escalate",
    "instalment_of_reference", "instalment_reference", "limitation_of", "look_again", "order_one_day", "plan_on",
    "plan_timers", "quarter_of", "right_order", "start_on_success", "warn",
]  # fmt: skip

COMMANDS = (
    Command("repayment prepay", prepay, LEAD_SIGNATORY),
    Command("repayment restructure", restructure, FUND_MANAGER),
    Command("repayment demand", demand, FUND_MANAGER),
    Command("repayment charge", charge, FUND_MANAGER, second=TREASURER),
    Command("repayment waive-charge", waive_charge, FUND_MANAGER, second=TREASURER),
    Command("repayment reallocate", reallocate, TREASURER),
    Command("repayment allowance", adjust_allowance, FUND_MANAGER, second=TREASURER),
)
QUERIES = (
    Query("repayment list", plans, lists={"plans": "plan"}),
    Query("repayment plan", plan_of),
    Query("repayment schedule", schedule),
    Query("repayment arrears", arrears),
)
LIVES = {"plan": Life(Plan, plan_after, TRANSITIONS), "allowance": Life(AllowanceRun, allowance_after)}
