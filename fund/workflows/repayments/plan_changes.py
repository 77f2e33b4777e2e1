"""What a plan does at a verdict, a saving, and a word of the lead: it starts, calls a part, is paid early."""

from __future__ import annotations

from datetime import date

from fund.dates import add_months
from fund.errors.agreements import PrepaymentExceedsPlan
from fund.events import Envelope
from fund.events.evaluations import EvaluationAccepted
from fund.events.repayments import PlanPrepaid, PlanStarted
from fund.events.values import InstalmentTerms
from fund.rules import schedules
from fund.schemas.repayments import Plan
from fund.unit_of_work import UnitOfWork
from fund.workflows.repayments.lifecycle import instalment_reference, last_open
from fund.workflows.repayments.reminders import plan_timers

SAVING_MONTHS = 3
"""So long after its report the share of a saving falls due."""


def start_on_success(uow: UnitOfWork, event: Envelope) -> None:
    """After a good verdict a plan that waits for success runs: its instalments count from the verdict (R1)."""
    fact = event.fact
    if not isinstance(fact, EvaluationAccepted) or fact.verdict not in ("scale", "adopt"):
        return
    plan = uow.maybe(Plan, fact.ref)
    if plan is None or plan.plan_type != "on_success" or plan.verdict or plan.open_cents <= 0:
        return
    step = uow.transition("repayment start", plan)
    moved = schedules.from_verdict(
        plan.instalments, uow.today, grace_months=plan.grace_months, interval_months=plan.interval_months
    )
    started = step.record(PlanStarted(ref=plan.ref, proposal=plan.proposal, verdict=fact.verdict, instalments=moved))
    plan_timers(uow, started)


def called_by_saving(plan: Plan, realised_cents: int, *, before_cents: int, on: date) -> InstalmentTerms | None:
    """The instalment that a saving brings forward in a plan by savings: its share, less what was called before.

    Due three months after the report, never after the last day; at most what the last instalment still holds.
    """
    last = last_open(plan)
    if plan.plan_type != "savings_linked" or last is None:
        return None
    share = schedules.repayable_of(max(realised_cents, 0), plan.savings_bps)
    cents = min(share - before_cents, last.open_cents)
    due_on = min(add_months(on, SAVING_MONTHS), plan.ends_on)
    if cents <= 0 or due_on >= last.due_on:
        return None
    return InstalmentTerms(no=max(part.no for part in plan.instalments) + 1, due_on=due_on, amount_cents=cents)


def prepay(uow: UnitOfWork, *, ref: str, amount_cents: int) -> Envelope:
    """The lead announces an early payment; when it arrives it shortens the plan as the agreement fixed it (R4).

    Args:
        ref: The agreement.

    Raises:
        PrepaymentExceedsPlan: More than is open and not announced before, or nothing.
    """
    plan = uow.case(Plan, ref)
    step = uow.transition("repayment prepay", plan)
    open_cents = plan.open_cents - plan.early_cents
    if not 0 < amount_cents <= open_cents:
        raise PrepaymentExceedsPlan(ref=ref, amount_cents=amount_cents, open_cents=open_cents)
    event = step.record(PlanPrepaid(ref=ref, proposal=plan.proposal, amount_cents=amount_cents, early=plan.early))
    plan_timers(uow, event)  # who announces a payment acknowledges the debt
    last = max((part for part in plan.instalments if part.open_cents > 0), key=lambda part: part.due_on)
    uow.result.update(ref=ref, reference=instalment_reference(ref, last.no), early=plan.early)
    uow.next_step = f"fund repayment plan {ref}"
    return event
