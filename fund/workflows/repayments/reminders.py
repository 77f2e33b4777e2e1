"""What a late instalment brings about: a note, a demand, word to the committee; and a warning before the claim lapses.

Each step once per instalment, whatever happens to it in between. A claim that was open again (a match was undone, a
write-off taken back) goes through the steps that it has not had, with the same time between them as others have.
Source: lifecycle.md 6 (R8); Awb 4:104-4:106, 4:110, 4:112.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import takewhile

from fund.dates import add_months, start_of_day, term_end, weeks
from fund.errors.commands import UnknownRef
from fund.errors.repayments import InstalmentNotLate
from fund.events import Envelope
from fund.events.repayments import ArrearsDemanded, ArrearsEscalated, LimitationNeared
from fund.rules import schedules
from fund.schemas.repayments import Instalment, Plan
from fund.store import TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork

ARREARS = "repayment.arrears"
"""The timer of one step of arrears of one instalment."""
LIMITATION = "repayment.limitation"
"""The timer that looks whether the claim on an instalment is about to lapse."""
STEPS = ("note", "demand", "committee")
AGAIN_FACTS = (
    "disbursement.approved", "plan.restructured", "receipt.reallocated", "receipt.unmatched", "writeoff.reversed",
)  # fmt: skip
"""After these an instalment may be open, or claimed, whose days of reminding went by."""


def plan_timers(uow: UnitOfWork, event: Envelope, *, ref: str = "") -> None:
    """Each open instalment will be looked at on the day of each step that it has not had, and before its claim lapses.

    A step whose day went by is taken at once, the next one not sooner after it than the regulations say: who is told
    late has no less time.
    """
    plan = uow.case(Plan, ref or event.fact.ref)
    terms = uow.regulations().terms
    for part in plan.instalments:
        if part.open_cents <= 0:
            continue
        before, taken_on = part.escalated_days, part.escalated_on
        for days in terms.arrears_days:
            if days <= part.escalated_days:
                continue
            since = taken_on + timedelta(days=days - before) if taken_on is not None else uow.today
            day = max(part.due_on + timedelta(days=days), since, uow.today)
            uow.set_timer(ARREARS, plan.stream, start_of_day(day), cause=event, name=f"{plan.version}-{part.no}-{days}")
            before, taken_on = days, day
        _watch(uow, plan, part, event)


def _watch(uow: UnitOfWork, plan: Plan, part: Instalment, event: Envelope) -> None:
    """The office is warned in time before the claim on an instalment lapses."""
    months = uow.regulations().terms.limitation_warning_months
    warned_on = add_months(limitation_of(uow, plan, part), -months)
    uow.set_timer(LIMITATION, plan.stream, start_of_day(warned_on), cause=event, name=str(part.no))


def look_again(uow: UnitOfWork, event: Envelope) -> None:
    """Instalments that are open again, or claimed from now on, are reminded of."""
    streams = [event.stream, *event.fact.affected_streams()]
    refs = [ref for kind, _slash, ref in (stream.partition("/") for stream in streams) if kind in ("plan", "agreement")]
    for ref in dict.fromkeys(refs):
        if uow.maybe(Plan, ref) is not None:
            plan_timers(uow, event, ref=ref)


def limitation_of(snapshot: Snapshot, plan: Plan, part: Instalment) -> date:
    """The last day on which the claim on an instalment can be pursued.

    Five years after its day; a demand, or an acknowledgement by the debtor (an early payment that it announced), lets
    the years begin again.

    Source: Awb 4:104, 4:105, 4:106, 4:110.
    """
    days = [part.due_on, part.demanded_on, plan.acknowledged_on]
    from_on = max(day for day in days if day is not None)
    return add_months(from_on, 12 * snapshot.regulations().terms.limitation_years)


def late_parts(snapshot: Snapshot, plan: Plan) -> dict[int, int]:
    """By number, what of each instalment is past its day and was paid out, in cents."""
    claims = schedules.claims(plan.instalments, snapshot.ledger.balance(f"1200.{plan.ref}"))
    return {
        part.no: claims[part.no]
        for part in plan.instalments
        if part.due_on < snapshot.today and claims.get(part.no, 0) > 0
    }


def escalate(uow: UnitOfWork, timer: TimerRow) -> None:
    """An instalment that is late by a step of days is noted, demanded, or told to the committee: once each (R8).

    An instalment of money that was never paid out is not late. A demand gives two weeks.

    Source: Awb 4:112 for the demand.
    """
    plan = uow.maybe(Plan, timer.stream.partition("/")[2])
    if plan is None:
        return
    version, no, days = (int(part) for part in timer.timer_id.rsplit(":", 1)[1].split("-"))
    part = next((each for each in plan.instalments if each.no == no), None)
    if part is None or version != plan.version or part.escalated_days >= days:
        return
    if part.due_on + timedelta(days=days) > uow.today:
        return
    late = late_parts(uow, plan).get(no, 0)
    if late <= 0:
        return
    terms = uow.regulations().terms
    taken = len(list(takewhile(lambda each: each < days, terms.arrears_days)))
    said = STEPS[min(taken, len(STEPS) - 1)]
    fact = ArrearsEscalated(
        ref=plan.ref,
        proposal=plan.proposal,
        instalment=no,
        due_on=part.due_on,
        step_days=days,
        step=said,
        open_cents=late,
        pay_by=_two_weeks(uow) if said == "demand" else None,
    )
    event = uow.transition("repayment escalate", plan).record(fact)
    if said == "demand":
        _watch_again(uow, plan.ref, [no], event)


def _watch_again(uow: UnitOfWork, ref: str, numbers: Sequence[int], event: Envelope) -> None:
    """After a demand the years begin again."""
    plan = uow.case(Plan, ref)
    for part in plan.instalments:
        if part.no in numbers:
            _watch(uow, plan, part, event)


def _two_weeks(uow: UnitOfWork) -> date:
    return term_end(uow.today, weeks(uow.regulations().terms.demand_weeks))


def demand(uow: UnitOfWork, *, ref: str, instalment: int | None = None) -> Envelope | None:
    """The office demands what is late once more: it gives two weeks, and the years of limitation begin again (R8).

    Args:
        ref: The agreement.
        instalment: By number; every late one when left out.

    Raises:
        UnknownRef: The plan has no such instalment.
        InstalmentNotLate: It is not due yet, paid, or of money that was never paid out; or none is late.
        NotAuthorised, ConflictOfInterest: As they say.

    Source: Awb 4:106, 4:112.
    """
    plan = uow.case(Plan, ref)
    step, look = uow.transition("repayment demand", plan), f"fund repayment schedule {ref}"
    if instalment is not None and instalment not in {part.no for part in plan.instalments}:
        raise UnknownRef(kind="instalment", ref=f"{ref} {instalment}", suggestion=look)
    late = late_parts(uow, plan)
    wanted = sorted(late) if instalment is None else [no for no in (instalment,) if no in late]
    if not wanted:
        due_on = next((part.due_on for part in plan.instalments if part.no == instalment), plan.next_due_on)
        raise InstalmentNotLate(ref=ref, no=instalment or "-", due_on=due_on or plan.ends_on, late_cents=0)
    due = {part.no: part.due_on for part in plan.instalments}
    pay_by = _two_weeks(uow)
    event = None
    for no in wanted:
        fact = ArrearsDemanded(
            ref=ref, proposal=plan.proposal, instalment=no, due_on=due[no], open_cents=late[no], pay_by=pay_by
        )
        event = step.record(fact)
    if event is not None:
        _watch_again(uow, ref, wanted, event)
    uow.result.update(ref=ref, instalments=wanted, demanded_cents=sum(late[no] for no in wanted), pay_by=str(pay_by))
    uow.next_step = look
    return event


def warn(uow: UnitOfWork, timer: TimerRow) -> None:
    """The claim on an instalment lapses soon and nobody has acted: the office is warned in time (R8)."""
    plan = uow.maybe(Plan, timer.stream.partition("/")[2])
    no = int(timer.timer_id.rsplit(":", 1)[1])
    part = next((each for each in plan.instalments if each.no == no), None) if plan is not None else None
    if plan is None or part is None:
        return
    ends_on = limitation_of(uow, plan, part)
    soon_on = add_months(ends_on, -uow.regulations().terms.limitation_warning_months)
    late = late_parts(uow, plan).get(no, 0)
    if part.warned_until == ends_on or soon_on > uow.today or late <= 0:
        return
    step = uow.transition("repayment warn", plan)
    step.record(
        LimitationNeared(
            ref=plan.ref, proposal=plan.proposal, instalment=no, due_on=part.due_on, ends_on=ends_on, open_cents=late
        )
    )
