"""How the repayable share comes back: plans, what was paid, what is late, the allowance (lifecycle.md 6).

A plan starts with its agreement. Receipts are allocated by ``receipts``; here their parts are folded into the plan.
Days late are reckoned for any day and never stored; each step of arrears is taken once per instalment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any

from fund.bank import creditor_reference, read_creditor_reference
from fund.dates import add_months, last_day, month_of, start_of_day
from fund.errors import AllowanceUpToDate, InvalidReference, PrepaymentExceedsPlan, QuarterNotOver
from fund.events import (
    AgreementAmended,
    AgreementCompleted,
    AgreementTerminated,
    AllowanceAdjusted,
    AllowanceLine,
    ArrearsEscalated,
    BenefitReported,
    DisbursementCancelled,
    DisbursementRefunded,
    Envelope,
    EvaluationAccepted,
    InstalmentTerms,
    PlanActivated,
    PlanPrepaid,
    PlanRestructured,
    PlanStarted,
    ReceiptAllocated,
    ReceiptUnmatched,
    WriteoffPosted,
    WriteoffReversed,
)
from fund.ledger import PeriodStatus
from fund.rules import schedules
from fund.rules.authority import FUND_MANAGER, LEAD_SIGNATORY, SYSTEM, TREASURER
from fund.rules.regulations import age_rate
from fund.schemas.agreements import Agreement
from fund.schemas.repayments import AllowanceRun, Instalment, Plan, PlanVersion
from fund.store import TimerRow
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.lifecycle import Transition, check, state_after

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "TRANSITIONS",
    "State",
    "called_by_saving",
    "escalate",
    "instalment_of_reference",
    "instalment_reference",
    "plan_on",
    "plan_timers",
    "start_on_success",
]

ARREARS = "repayment.arrears"
"""The timer of one step of arrears of one instalment."""
SAVING_MONTHS = 3
"""So long after its report the share of a saving falls due."""
STEPS = ("note", "demand", "committee")
_OF_AGREEMENT = re.compile(r"RF[0-9]{2}A([0-9]{4})([0-9]{3,6})T([0-9]{1,3})")


class State(StrEnum):
    """Where a plan stands."""

    ACTIVE = "active"
    RESTRUCTURED = "restructured"


LIVE = (State.ACTIVE, State.RESTRUCTURED)

TRANSITIONS = (
    #          command                from   to            who             records
    Transition("repayment activate", None, State.ACTIVE, SYSTEM, PlanActivated, row="R1"),
    Transition("repayment prepay", LIVE, None, LEAD_SIGNATORY, PlanPrepaid, row="R4"),
    Transition("repayment start", LIVE, None, SYSTEM, PlanStarted, row="R1"),
    Transition("repayment escalate", LIVE, None, SYSTEM, ArrearsEscalated, row="R8"),
)


def instalment_reference(agreement: str, no: int) -> str:
    """The RF reference that a payer quotes for an instalment: ``A2026-003`` and 2 as ``RF..A2026003T2``."""
    return creditor_reference(f"{agreement}T{no}")


def instalment_of_reference(text: str) -> tuple[str, int] | None:
    """The agreement and the number of the instalment behind an RF reference; ``None`` where it is none of ours."""
    try:
        found = _OF_AGREEMENT.fullmatch(read_creditor_reference(text))
    except InvalidReference:
        return None
    return (f"A{found[1]}-{found[2]}", int(found[3])) if found else None


# --------------------------------------------------------------------------------------------------------------- fold


def _after(case: Plan | None, happened: Envelope) -> Plan | None:
    fact = happened.fact
    if isinstance(fact, PlanActivated):
        return Plan(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            proposal=fact.proposal,
            lead=fact.lead,
            plan_type=fact.plan.plan_type,
            repayable_cents=fact.repayable_cents,
            instalments=_fresh(fact.plan.instalments),
            versions=(PlanVersion(version=1, from_on=happened.effective_on, instalments=fact.plan.instalments),),
            early=fact.plan.early,
            grace_months=fact.plan.grace_months,
            interval_months=fact.plan.interval_months,
            savings_bps=fact.plan.savings_bps,
            started_on=happened.effective_on,
            ends_on=fact.plan.ends_on,
        )
    if case is None:
        return None
    if isinstance(fact, PlanPrepaid):
        return case.but(early_cents=case.early_cents + fact.amount_cents)
    if isinstance(fact, PlanStarted):
        days = {part.no: {"due_on": part.due_on} for part in fact.instalments}
        version = PlanVersion(
            version=case.version + 1,
            from_on=happened.effective_on,
            reason=fact.verdict,
            instalments=fact.instalments,
        )
        started = _changed(case, days).but(verdict=fact.verdict)
        return started.but(version=version.version, versions=(*case.versions, version))
    if isinstance(fact, PlanRestructured):
        return _restructured(case, fact, happened)
    if isinstance(fact, ArrearsEscalated):
        return _changed(case, {fact.instalment: {"escalated_days": fact.step_days}})
    if isinstance(fact, ReceiptAllocated):
        parts = {part.no: part.amount_cents for part in fact.parts}
        early = sum(parts.get(each.no, 0) for each in case.instalments if each.due_on > happened.effective_on)
        paid = _paid(case, parts)
        receipts = {**case.receipts, fact.ref: _sum(case.receipts.get(fact.ref, {}), parts)}
        return paid.but(receipts=receipts, early_cents=case.early_cents - min(case.early_cents, early))
    if isinstance(fact, ReceiptUnmatched):
        for undone in fact.undone:
            if undone.agreement == case.ref:
                back = {part.no: -part.amount_cents for part in undone.parts}
                receipts = {**case.receipts, fact.ref: _sum(case.receipts.get(fact.ref, {}), back)}
                case = _paid(case, back).but(receipts=receipts)
        return case
    if isinstance(fact, (AgreementAmended, AgreementCompleted, AgreementTerminated)):
        cuts = {part.no: part.amount_cents for part in fact.plan_cuts}
        change = -sum(cuts.values())
        grown = {no: -cents for no, cents in cuts.items() if cents < 0}
        lapsed = {no: cents for no, cents in cuts.items() if cents > 0}
        return _grown(_lapsed(case, lapsed), grown).but(repayable_cents=case.repayable_cents + change)
    if isinstance(fact, BenefitReported):
        return _brought_forward(case, fact)
    return _after_loss(case, happened)


def _brought_forward(case: Plan, fact: BenefitReported) -> Plan:
    """A saving calls a part of the last instalment as one of its own."""
    called = fact.called
    if called is None:
        return case
    last = _last_open(case)
    if last is None:
        return case
    less = _grown(case, {last.no: -called.amount_cents})
    return less.but(instalments=(*less.instalments, *_fresh((called,))))


def _last_open(case: Plan) -> Instalment | None:
    return max((part for part in case.instalments if part.open_cents > 0), key=lambda part: part.due_on, default=None)


def _after_loss(case: Plan, happened: Envelope) -> Plan:
    """What the plan loses when money came back unspent, was never paid, or is written off; and gets back."""
    fact = happened.fact
    if isinstance(fact, DisbursementRefunded):
        return _lapsed(case, _from_the_end(case, fact.advance_cents))
    if isinstance(fact, DisbursementCancelled):
        again = fact.amount_cents == fact.commitment_cents
        return case if again else _lapsed(case, _from_the_end(case, fact.repayable_cents))
    if isinstance(fact, WriteoffPosted):
        parts = _from_the_end(case, fact.amount_cents)
        return _lapsed(case, parts).but(lapsed={**case.lapsed, fact.ref: parts})
    if isinstance(fact, WriteoffReversed):
        gone = case.lapsed.get(fact.ref, {})
        returned = _lapsed(case, {no: -cents for no, cents in gone.items()})
        kept = {ref: each for ref, each in case.lapsed.items() if ref != fact.ref}
        recovered = schedules.split(returned, fact.recovered_cents, fact.recovered_cents).parts
        return _paid(returned, recovered).but(lapsed=kept)
    return case


def _fresh(terms: Sequence[InstalmentTerms]) -> tuple[Instalment, ...]:
    return tuple(Instalment(no=part.no, due_on=part.due_on, amount_cents=part.amount_cents) for part in terms)


def _changed(case: Plan, changes: Mapping[int, Mapping[str, Any]]) -> Plan:
    return case.but(
        instalments=tuple(
            part.model_copy(update=dict(changes[part.no])) if part.no in changes else part for part in case.instalments
        )
    )


def _paid(case: Plan, parts: Mapping[int, int]) -> Plan:
    known = {part.no: part for part in case.instalments}
    return _changed(
        case, {no: {"paid_cents": known[no].paid_cents + cents} for no, cents in parts.items() if no in known}
    )


def _lapsed(case: Plan, parts: Mapping[int, int]) -> Plan:
    known = {part.no: part for part in case.instalments}
    return _changed(
        case, {no: {"cancelled_cents": known[no].cancelled_cents + cents} for no, cents in parts.items() if no in known}
    )


def _grown(case: Plan, parts: Mapping[int, int]) -> Plan:
    known = {part.no: part for part in case.instalments}
    return _changed(case, {no: {"amount_cents": known[no].amount_cents + cents} for no, cents in parts.items()})


def _from_the_end(case: Plan, cents: int) -> dict[int, int]:
    """At most what is open, from the last instalment back."""
    return {part.no: part.amount_cents for part in schedules.cut(case.instalments, min(cents, case.open_cents))}


def _sum(before: Mapping[int, int], parts: Mapping[int, int]) -> dict[int, int]:
    return {no: before.get(no, 0) + parts.get(no, 0) for no in sorted({*before, *parts})}


def _restructured(case: Plan, fact: PlanRestructured, happened: Envelope) -> Plan:
    """Instalments that were paid (in part) keep what was paid; the rest is replaced. Numbers are never used again."""
    kept = tuple(
        part.model_copy(update={"amount_cents": part.paid_cents, "cancelled_cents": 0})
        for part in case.instalments
        if part.paid_cents
    )
    version = PlanVersion(
        version=case.version + 1, from_on=happened.effective_on, reason=fact.reason, instalments=fact.instalments
    )
    return case.but(
        state=State.RESTRUCTURED,
        instalments=(*kept, *_fresh(fact.instalments)),
        version=version.version,
        versions=(*case.versions, version),
        ends_on=fact.ends_on,
        early_cents=0,
        lapsed={},
    )


def _allowance_after(case: AllowanceRun | None, happened: Envelope) -> AllowanceRun | None:
    fact = happened.fact
    if isinstance(fact, AllowanceAdjusted):
        change = sum(line.change_cents for line in fact.lines)
        return AllowanceRun(
            ref=fact.ref,
            state="adjusted",
            adjusted_on=happened.effective_on,
            change_cents=change + (case.change_cents if case else 0),
            runs=1 + (case.runs if case else 0),
        )
    return case


LIVES = {"plan": Life(Plan, _after), "allowance": Life(AllowanceRun, _allowance_after)}


# ------------------------------------------------------------------------------------------------------ R1, R4


def plan_timers(uow: UnitOfWork, happened: Envelope) -> None:
    """Each instalment of the plan that ``happened`` made will be looked at on each day of the steps of arrears (R8)."""
    plan = uow.case(Plan, happened.fact.ref)
    for part in plan.instalments:
        if part.open_cents > 0:
            for days in uow.regulations().terms.arrears_days:
                uow.set_timer(
                    ARREARS,
                    plan.stream,
                    start_of_day(part.due_on + timedelta(days=days)),
                    cause=happened,
                    name=f"{plan.version}-{part.no}-{days}",
                )


def start_on_success(uow: UnitOfWork, happened: Envelope) -> None:
    """After a good verdict a plan that waits for success runs: its instalments count from the verdict (R1)."""
    fact = happened.fact
    if not isinstance(fact, EvaluationAccepted) or fact.verdict not in ("scale", "adopt"):
        return
    plan = uow.maybe(Plan, fact.ref)
    if plan is None or plan.plan_type != "on_success" or plan.verdict or plan.open_cents <= 0:
        return
    check(uow, TRANSITIONS, "repayment start", plan, lead=plan.lead)
    moved = schedules.from_verdict(
        plan.instalments, uow.today, grace_months=plan.grace_months, interval_months=plan.interval_months
    )
    started = uow.record(PlanStarted(ref=plan.ref, proposal=plan.proposal, verdict=fact.verdict, instalments=moved))
    plan_timers(uow, started)


def called_by_saving(plan: Plan, realised_cents: int, *, before_cents: int, on: date) -> InstalmentTerms | None:
    """The instalment that a saving brings forward in a plan by savings: its share, less what was called before.

    Due three months after the report, never after the last day; at most what the last instalment still holds.
    """
    last = _last_open(plan)
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
    agreement = uow.case(Agreement, ref)
    check(
        uow,
        TRANSITIONS,
        "repayment prepay",
        plan,
        lead=agreement.lead,
        parties=agreement.signers,
        look=f"fund repayment plan {ref}",
    )
    open_cents = plan.open_cents - plan.early_cents
    if not 0 < amount_cents <= open_cents:
        raise PrepaymentExceedsPlan(ref=ref, amount_cents=amount_cents, open_cents=open_cents)
    happened = uow.record(PlanPrepaid(ref=ref, proposal=plan.proposal, amount_cents=amount_cents, early=plan.early))
    last = max((part for part in plan.instalments if part.open_cents > 0), key=lambda part: part.due_on)
    uow.result.update(ref=ref, reference=instalment_reference(ref, last.no), early=plan.early)
    uow.next_step = f"fund repayment plan {ref}"
    return happened


# ------------------------------------------------------------------------------------------------------------- R8


def escalate(uow: UnitOfWork, timer: TimerRow) -> None:
    """An instalment that is late by a step of days is noted, demanded, or told to the committee: once each (R8).

    An instalment of money that was never paid out is not late.

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
    outstanding = uow.ledger.balance(f"1200.{plan.ref}")
    late = schedules.claims(plan.instalments, outstanding).get(no, 0)
    if late <= 0:
        return
    check(uow, TRANSITIONS, "repayment escalate", plan, lead=plan.lead)
    taken = len(list(takewhile(lambda step: step < days, uow.regulations().terms.arrears_days)))
    uow.record(
        ArrearsEscalated(
            ref=plan.ref,
            proposal=plan.proposal,
            instalment=no,
            due_on=part.due_on,
            step_days=days,
            step=STEPS[min(taken, len(STEPS) - 1)],
            open_cents=late,
        )
    )


# ------------------------------------------------------------------------------------------------------------- R9


def quarter_of(day: date) -> str:
    """The quarter a day lies in: ``2026-Q3``."""
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"


def quarter_end(day: date) -> date:
    """The last day of the quarter of a day."""
    return last_day(month_of(date(day.year, (day.month + 2) // 3 * 3, 1)))


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


# ------------------------------------------------------------------------------------------------------------ reading


def plan_on(view: View, plan: Plan, day: date | None) -> Plan:
    """The plan as it stood at the end of an accounting day: its facts of later days left out."""
    if day is None or day >= view.today:
        return plan
    found: Plan | None = None
    for happened in view.history(plan):
        if happened.effective_on <= day:
            found = _after(found, happened)
    return found or plan.but(instalments=())


def plans(view: View, *, as_of: date | None = None) -> dict[str, Any]:
    """Every plan: what is repayable, came back, is open and outstanding on a day."""
    day = as_of or view.today
    balances = view.ledger.balances(as_of=as_of, kinds_excluded=("closing",))
    rows = []
    for case in view.cases(Plan):
        plan = plan_on(view, case, as_of)
        outstanding = balances.get(f"1200.{case.ref}", 0)
        rows.append(
            {
                "agreement": case.ref,
                "lead_partner": case.lead,
                "plan_type": case.plan_type,
                "state": case.state,
                "version": plan.version,
                "repayable_cents": plan.repayable_cents,
                "repaid_cents": plan.paid_cents,
                "open_cents": plan.open_cents,
                "outstanding_cents": outstanding,
                "overdue_cents": schedules.age(plan.instalments, day, outstanding).overdue_cents,
                "allowance_cents": -balances.get(f"1290.{case.ref}", 0),
                "next_due_on": _iso(plan.next_due_on),
            }
        )
    return {"as_of": day.isoformat(), "plans": rows}


def plan_of(view: View, *, ref: str, version: int | None = None, as_of: date | None = None) -> dict[str, Any]:
    """One plan: each instalment with its reference, and the versions it had.

    Args:
        version: Show this earlier schedule instead of the one in force.

    Raises:
        UnknownRef: There is no such plan.
    """
    day = as_of or view.today
    plan = plan_on(view, view.case(Plan, ref), as_of)
    shown = next((each for each in plan.versions if each.version == version), None)
    parts: Sequence[Instalment] = _fresh(shown.instalments) if shown else plan.instalments
    return {
        "as_of": day.isoformat(),
        "agreement": ref,
        "lead_partner": plan.lead,
        "plan_type": plan.plan_type,
        "state": plan.state,
        "version": shown.version if shown else plan.version,
        "versions": [
            {"version": each.version, "from_on": each.from_on.isoformat(), "reason": each.reason}
            for each in plan.versions
        ],
        "early": plan.early,
        "early_cents": plan.early_cents,
        "repayable_cents": plan.repayable_cents,
        "repaid_cents": plan.paid_cents,
        "open_cents": plan.open_cents,
        "outstanding_cents": view.ledger.balance(f"1200.{ref}", as_of=as_of, kinds_excluded=("closing",)),
        "ends_on": plan.ends_on.isoformat(),
        "instalments": [
            _instalment(plan, part, day) for part in sorted(parts, key=lambda part: (part.due_on, part.no))
        ],
    }


def schedule(
    view: View, *, ref: str | None = None, until: date | None = None, as_of: date | None = None
) -> dict[str, Any]:
    """Every instalment that is open, of one plan or of all, in the order of their days."""
    day = as_of or view.today
    rows = []
    for case in [view.case(Plan, ref)] if ref is not None else view.cases(Plan):
        plan = plan_on(view, case, as_of)
        rows += [_instalment(plan, part, day) for part in plan.instalments if part.open_cents > 0]
    rows.sort(key=lambda row: (row["due_on"], row["agreement"], row["no"]))
    return {
        "as_of": day.isoformat(),
        "instalments": [row for row in rows if until is None or row["due_on"] <= until.isoformat()],
    }


def arrears(view: View, *, as_of: date | None = None) -> dict[str, Any]:
    """What is outstanding by how late it is, per agreement and together, on a day."""
    day = as_of or view.today
    balances = view.ledger.balances(as_of=as_of, kinds_excluded=("closing",))
    rows, totals = [], {name: 0 for name, _last in schedules.BANDS}
    for case in view.cases(Plan):
        outstanding = balances.get(f"1200.{case.ref}", 0)
        if outstanding <= 0:
            continue
        plan = plan_on(view, case, as_of)
        ageing = schedules.age(plan.instalments, day, outstanding)
        for name, cents in ageing.bands.items():
            totals[name] += cents
        rows.append(
            {
                "agreement": case.ref,
                "lead_partner": case.lead,
                "outstanding_cents": outstanding,
                "overdue_cents": ageing.overdue_cents,
                "days": ageing.days,
                "step_days": max((part.escalated_days for part in plan.instalments if part.open_cents > 0), default=0),
                **_bands(ageing.bands),
            }
        )
    return {
        "as_of": day.isoformat(),
        "arrears": rows,
        "total": {"outstanding_cents": sum(totals.values()), **_bands(totals)},
    }


def _bands(bands: Mapping[str, int]) -> dict[str, int]:
    return {f"{name.replace('-', '_')}_cents": cents for name, cents in bands.items()}


def _instalment(plan: Plan, part: Instalment, day: date) -> dict[str, Any]:
    return {
        "agreement": plan.ref,
        "no": part.no,
        "due_on": part.due_on.isoformat(),
        "amount_cents": part.amount_cents,
        "paid_cents": part.paid_cents,
        "cancelled_cents": part.cancelled_cents,
        "open_cents": part.open_cents,
        "days_overdue": max((day - part.due_on).days, 0) if part.open_cents > 0 else 0,
        "reference": instalment_reference(plan.ref, part.no),
        "lead_partner": plan.lead,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


COMMANDS = (
    Command("repayment prepay", prepay, LEAD_SIGNATORY),
    Command("repayment allowance", adjust_allowance, FUND_MANAGER, second=TREASURER),
)
QUERIES = (
    Query("repayment list", plans),
    Query("repayment plan", plan_of),
    Query("repayment schedule", schedule),
    Query("repayment arrears", arrears),
)
