"""The allowance: what is expected to be lost, reckoned each quarter over every advance (R9)."""

from __future__ import annotations

from datetime import date

from fund.dates import quarter_of
from fund.errors.agreements import AllowanceUpToDate
from fund.events import Envelope
from fund.events.repayments import AllowanceAdjusted, AllowanceLine
from fund.ledger import PeriodStatus
from fund.rules import schedules
from fund.rules.regulations import age_rate
from fund.schemas.repayments import AllowanceRun, Plan
from fund.unit_of_work import UnitOfWork
from fund.workflows.repayments.reading import plan_on


def adjust_allowance(uow: UnitOfWork, *, on: date | None = None) -> Envelope:
    """What is expected to be lost stands on 1290: the rate of its stage over every advance outstanding then (R9).

    The stage is that of the oldest instalment late on the day, the rate that of the regulations of the day. A
    quarter may be reckoned again: then only what changed is booked.

    Args:
        on: The accounting day (default today); it names the quarter.

    Raises:
        ClosedPeriod: The day lies in a closed month; in a locked one the entries are adjusting.
        AllowanceUpToDate: The quarter was reckoned before and nothing changed.
    """
    day = on or uow.today
    quarter = quarter_of(day)
    rules = uow.regulations(day)
    balances = uow.ledger.balances(as_of=day, kinds_excluded=("closing",))
    lines = []
    for plan in uow.cases(Plan):
        outstanding = balances.get(f"1200.{plan.ref}", 0)
        before = -balances.get(f"1290.{plan.ref}", 0)
        if not outstanding and not before:
            continue
        late = schedules.days_overdue(plan_on(uow, plan, day).instalments, day, outstanding)
        rate = age_rate(rules, late)
        change = _within(uow, plan.ref, day, schedules.repayable_of(outstanding, rate) - before)
        if change:
            lines.append(
                AllowanceLine(
                    agreement=plan.ref,
                    proposal=plan.proposal,
                    outstanding_cents=outstanding,
                    days_overdue=late,
                    stage=schedules.band_of(late),
                    rate_bps=rate,
                    before_cents=before,
                    after_cents=before + change,
                )
            )
    run = uow.maybe(AllowanceRun, quarter)
    if run is not None and not lines:
        raise AllowanceUpToDate(quarter=quarter, count=run.runs)
    event = uow.record(
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
    return event


def _within(uow: UnitOfWork, agreement: str, day: date, change_cents: int) -> int:
    """So much of a change on a past day that on no later day the allowance is below nothing or above its advance.

    The advance moved since: what was repaid or released meanwhile is not set aside once more, nor released twice.
    """
    if not change_cents or day >= uow.today:
        return change_cents
    advance, allowance = _days_after(uow, f"1200.{agreement}", day), _days_after(uow, f"1290.{agreement}", day)
    stands_on = sorted({*advance, *allowance})
    lent, set_aside, most, least = advance[day], -allowance[day], change_cents, change_cents
    for later in stands_on:
        lent, set_aside = advance.get(later, lent), -allowance.get(later, -set_aside)
        most, least = min(most, max(lent - set_aside, 0)), max(least, min(-set_aside, 0))
    return most if change_cents > 0 else least


def _days_after(uow: UnitOfWork, code: str, day: date) -> dict[date, int]:
    """What stood on an account at the end of a day, and of each later day on which it moved; debit positive."""
    standing = {day: 0}
    for line in uow.ledger.card(code):
        standing[max(line.effective_on, day)] = line.balance_cents
    return standing
