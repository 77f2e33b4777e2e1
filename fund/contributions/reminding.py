"""A call that is not paid whole is asked for again: when its day comes near, and step by step after it.

One fact for each call and step, nothing is posted. What came in since is left out; a call that is paid is left alone.
Source: lifecycle.md 9 (K1, K2), after the steps of R8.
"""

from __future__ import annotations

from datetime import timedelta

from fund.dates import start_of_day
from fund.events import Envelope
from fund.events.capital import ContributionReminded
from fund.schemas.capital import Call
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork

REMIND = "contribution.due"
"""The timer of one step of one call."""
SOON = "soon"
LATE_STEPS = ("note", "demand", "committee")


def set_reminders(uow: UnitOfWork, called: Envelope) -> None:
    """The call that ``called`` made will be looked at on each day of the steps."""
    found = uow.case(Call, called.fact.ref)
    for days in uow.regulations(found.called_on).terms.call_reminder_days:
        at = start_of_day(found.due_on + timedelta(days=days))
        uow.set_timer(REMIND, found.stream, at, cause=called, name=str(days))


def step_name(days: int, steps: tuple[int, ...]) -> str:
    """What a step so many days after the due day is called; before it or on it, the day is near."""
    if days <= 0:
        return SOON
    taken = sum(1 for step in steps if 0 < step < days)
    return LATE_STEPS[min(taken, len(LATE_STEPS) - 1)]


def remind(uow: UnitOfWork, timer: TimerRow) -> None:
    """What is open of a call falls due soon, or is late by a step: told once each, to the partner and the office.

    A reminder before the due day that was held up until after it is left out: the next one says more. After a step
    that was told late the next one comes not sooner than the regulations say: who is told late has no less time.
    """
    found = uow.maybe(Call, timer.stream.partition("/")[2])
    days = int(timer.timer_id.rsplit(":", 1)[1])
    if found is None or found.open_cents <= 0 or days in found.reminded:
        return
    if found.due_on + timedelta(days=days) > uow.today or (days <= 0 and uow.today > found.due_on):
        return
    steps = uow.regulations(found.called_on).terms.call_reminder_days
    reminded = uow.record(
        ContributionReminded(
            ref=found.ref,
            partner=found.partner,
            due_on=found.due_on,
            step_days=days,
            step=step_name(days, steps),
            open_cents=found.open_cents,
        )
    )
    for later in (each for each in steps if each > days > 0):
        at = start_of_day(max(found.due_on + timedelta(days=later), uow.today + timedelta(days=later - days)))
        uow.set_timer(REMIND, found.stream, at, cause=reminded, name=str(later))
