"""The allowance: what is expected to be lost, reckoned each quarter over every advance (R9)."""

from __future__ import annotations

from datetime import date

from fund.errors import AllowanceUpToDate, QuarterNotOver
from fund.events import AllowanceAdjusted, AllowanceLine, Envelope
from fund.ledger import PeriodStatus
from fund.rules import schedules
from fund.rules.regulations import age_rate
from fund.schemas.repayments import AllowanceRun, Plan
from fund.unit_of_work import UnitOfWork
from fund.workflows.repayments.reading import plan_on

__all__ = ["adjust_allowance", "quarter_of"]


def quarter_of(day: date) -> str:
    """The quarter a day lies in: ``2026-Q3``."""
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"


def adjust_allowance(uow: UnitOfWork, *, on: date | None = None) -> Envelope:
    """What is expected to be lost stands on 1290: the rate of its stage over every advance outstanding then (R9).

    The stage is that of the oldest instalment late on the day, the rate that of the regulations of the day. A
    quarter may be reckoned again: then only what changed is booked.

    Args:
        on: The accounting day (default today); it names the quarter.

    Raises:
        ClosedPeriod: The day lies in a closed month; in a locked one the entries are adjusting.
        QuarterNotOver: A day to come.
        AllowanceUpToDate: The quarter was reckoned before and nothing changed.
    """
    day = on or uow.today
    quarter = quarter_of(day)
    if day > uow.today:
        raise QuarterNotOver(quarter=quarter, on=day, today=uow.today)
    rules = uow.regulations(day)
    balances = uow.ledger.balances(as_of=day, kinds_excluded=("closing",))
    today = uow.ledger.balances(kinds_excluded=("closing",))
    lines = []
    for plan in uow.cases(Plan):
        outstanding = balances.get(f"1200.{plan.ref}", 0)
        before = -balances.get(f"1290.{plan.ref}", 0)
        if not outstanding and not before:
            continue
        late = schedules.days_overdue(plan_on(uow, plan, day).instalments, day, outstanding)
        rate = age_rate(rules, late)
        # Never more than what is outstanding now, or an entry of a past day would leave 1290 above 1200 today.
        room = max(today.get(f"1200.{plan.ref}", 0) + today.get(f"1290.{plan.ref}", 0), 0)
        after = min(schedules.repayable_of(outstanding, rate), before + room)
        if after != before:
            lines.append(
                AllowanceLine(
                    agreement=plan.ref,
                    proposal=plan.proposal,
                    outstanding_cents=outstanding,
                    days_overdue=late,
                    stage=schedules.band_of(late),
                    rate_bps=rate,
                    before_cents=before,
                    after_cents=after,
                )
            )
    run = uow.maybe(AllowanceRun, quarter)
    if run is not None and not lines:
        raise AllowanceUpToDate(quarter=quarter, count=run.runs)
    happened = uow.record(
        AllowanceAdjusted(
            ref=quarter,
            regulations=rules.version,
            lines=tuple(lines),
            adjusting=uow.ledger.period_of(day).status is PeriodStatus.LOCKED,
        ),
        effective_on=day,
    )
    uow.result.update(quarter=quarter, change_cents=sum(line.change_cents for line in lines), agreements=len(lines))
    uow.next_step = f"fund repayment arrears --as-of {day.isoformat()}"
    return happened
