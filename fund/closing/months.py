"""The life of months and years: lock, close, reopen the latest; what must be in order before a year is closed.

Closing a year brings every account of income and costs to the accumulated result and closes its months. The ledger's
periods move with the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fund.dates import first_day, last_day, month_of, months_between, parse_period
from fund.errors import FundError
from fund.errors.closing import (
    AllowanceRunMissing,
    ExplanationForMonth,
    MonthsNotLocked,
    PeriodNotOver,
    UnidentifiedReceipts,
    YearClosedBefore,
    YearNotClosed,
    YearOutOfOrder,
)
from fund.errors.commands import ReasonMissing
from fund.errors.ledger import PeriodOutOfOrder
from fund.events import Envelope, Fact
from fund.events.closing import ClosingLeg, PeriodClosed, PeriodLocked, PeriodReopened, YearClosed
from fund.language import _
from fund.ledger import PeriodStatus
from fund.rules.authority import FUND_MANAGER, TREASURER, Guard
from fund.rules.transitions import Transition, state_after
from fund.schemas.closing import Period
from fund.unit_of_work import Projection, Snapshot

if TYPE_CHECKING:
    from fund.unit_of_work import Step, UnitOfWork


class State(StrEnum):
    """Where a month or year stands; one that nobody touched is open, and has no case."""

    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"


WHOSE = Guard(show="fund period list")
OPEN, LOCKED, CLOSED = State.OPEN.value, State.LOCKED.value, State.CLOSED.value

TRANSITIONS = (
    Transition("period lock", None, State.LOCKED, FUND_MANAGER, PeriodLocked, second=TREASURER, row="C8"),
    Transition("period lock", State.OPEN, State.LOCKED, FUND_MANAGER, PeriodLocked, second=TREASURER, row="C8"),
    Transition("period close", State.LOCKED, State.CLOSED, FUND_MANAGER, PeriodClosed, second=TREASURER, row="C8"),
    Transition("period close", None, State.CLOSED, FUND_MANAGER, YearClosed, second=TREASURER, row="C6"),
    Transition("period close", State.OPEN, State.CLOSED, FUND_MANAGER, YearClosed, second=TREASURER, row="C6"),
    Transition(
        "period reopen", (State.LOCKED, State.CLOSED), State.OPEN, FUND_MANAGER, PeriodReopened, second=TREASURER,
        row="C8",
    ),
)  # fmt: skip
"""Which month may be locked, closed or reopened is a matter of their order, which the ledger keeps; a year's months
are closed with it.
"""


# ---------------------------------------------------------------------------------------------------------- the fold


def apply(case: Period | None, event: Envelope) -> Period | None:
    fact = event.fact
    if isinstance(fact, (PeriodLocked, PeriodReopened)):
        return Period(ref=fact.ref, state=_next(case, fact))
    if isinstance(fact, PeriodClosed):
        digest = fact.trial_balance_sha256
        return Period(ref=fact.ref, state=_next(case, fact), trial_balance_sha256=digest, event_id=event.event_id)
    if isinstance(fact, YearClosed):
        return Period(ref=fact.ref, state=_next(case, fact), result_cents=fact.result_cents, event_id=event.event_id)
    return case


def _next(case: Period | None, fact: Fact) -> str:
    return state_after(TRANSITIONS, case.state if case else None, fact)


def guard(_snapshot: Snapshot, _case: Period, _row: Transition) -> Guard:
    """The fund's own books."""
    return WHOSE


PROJECTIONS = {"period": Projection(Period, apply, TRANSITIONS, guard)}


def _step(uow: UnitOfWork, command: str, ref: str) -> Step:
    """The step of a month or year; whether it is its turn, the ledger has said."""
    case = uow.maybe(Period, ref)
    return uow.begin(command, Period, of=WHOSE, ref=ref) if case is None else uow.transition(command, case)


def _state(snapshot: Snapshot, ref: str) -> str:
    case = snapshot.maybe(Period, ref)
    return case.state if case is not None else OPEN


# --------------------------------------------------------------------------------------------------- lock and close


def lock(uow: UnitOfWork, *, period: str) -> Mapping[str, object]:
    """A month takes no ordinary entries any more; of a year, each month that is still open. Two people: FM, then TR.

    Raises:
        PeriodNotOver: The month has not ended yet.
        PeriodOutOfOrder: An earlier month is open, or this one is not.
        NotAuthorised, SameHands: As they say.
    """
    months = _months(parse_period(period))
    if len(months) > 1:
        months = tuple(month for month in months if _state(uow, month) == OPEN) or months
    _require_from_the_beginning(uow, months[0])
    for month in months:
        _require_over(uow, month)
        first, second = _people(uow)
        uow.ledger.lock_period(month, actor=first, second_actor=second, recorded_at=uow.now)
        _step(uow, "period lock", month).record(PeriodLocked(ref=month), effective_on=last_day(month))
    uow.next_step = _to_close(uow, parse_period(period))
    return {"period": period, "state": LOCKED}


def _to_close(uow: UnitOfWork, period: str) -> str:
    """What closes the first locked period: December closes with its year, and before that comes what a year asks."""
    months = {each.month for each in uow.ledger.periods()}
    first = min(month for month in months if uow.ledger.period_of(first_day(month)).status is PeriodStatus.LOCKED)
    year = first[:4]
    if period not in (year, f"{year}-12") or _state(uow, year) == CLOSED:
        return f"fund period close {first}"
    missing = _missing_for_year(uow, year)
    return missing.advice if missing is not None else f"fund period close {year}"


def close(uow: UnitOfWork, *, period: str, explanation: str = "") -> Mapping[str, object]:
    """A locked month takes no entries at all any more (C8), or a year is closed (C6). Two people: FM, then TR.

    Args:
        period: A month (``2027-03``) or a year (``2027``).
        explanation: For a year: why money still stands on 2300.

    Raises:
        PeriodOutOfOrder: The month is not locked, or an earlier one is not closed.
        YearNotClosed: December closes with its year.
        ExplanationForMonth: An explanation was given, and a month is closed.
        PeriodNotOver, MonthsNotLocked, YearOutOfOrder, YearClosedBefore, AllowanceRunMissing,
        UnidentifiedReceipts: Of a year.
        NotAuthorised, SameHands: As they say.
    """
    ref = parse_period(period)
    if len(ref) == 4:
        return _close_year(uow, ref, explanation)
    if explanation:
        raise ExplanationForMonth(period=ref)
    if ref.endswith("-12") and _state(uow, ref[:4]) != CLOSED:
        raise YearNotClosed(month=ref, year=ref[:4])
    _close_month(uow, ref)
    return {"period": ref, "state": CLOSED}


def _close_month(uow: UnitOfWork, month: str) -> None:
    first, second = _people(uow)
    digest = uow.ledger.trial_balance_hash(as_of=last_day(month))
    uow.ledger.close_period(month, actor=first, second_actor=second, recorded_at=uow.now)
    closed = PeriodClosed(ref=month, trial_balance_sha256=digest.hex())
    _step(uow, "period close", month).record(closed, effective_on=last_day(month))


def _close_year(uow: UnitOfWork, year: str, explanation: str) -> dict[str, Any]:
    months = _months(year)
    ends_on = last_day(year)
    if _state(uow, year) == CLOSED:
        raise YearClosedBefore(year=year)
    _require_over(uow, year)
    _require_earlier_year(uow, year)
    begun = _begun(uow, months)
    unlocked = [month for month in begun if uow.ledger.period_of(first_day(month)).status is PeriodStatus.OPEN]
    if unlocked or not begun:
        raise MonthsNotLocked(year=year, months=unlocked or [year], first=(unlocked or [year])[0])
    missing = _missing_for_year(uow, year, explanation)
    if missing is not None:
        raise missing
    unidentified = -uow.ledger.balance("2300", as_of=ends_on)
    standing = uow.ledger.balances(as_of=ends_on)
    legs = tuple(
        ClosingLeg(account=code, amount_cents=cents)
        for code, cents in sorted(standing.items())
        if code.startswith("4") and cents
    )
    result = -sum(leg.amount_cents for leg in legs)
    closed = YearClosed(
        ref=year, legs=legs, result_cents=result, unidentified_cents=unidentified, explanation=explanation
    )
    _step(uow, "period close", year).record(closed, effective_on=ends_on)
    for month in begun:
        if uow.ledger.period_of(first_day(month)).status is PeriodStatus.LOCKED:
            _close_month(uow, month)
    uow.next_step = f"fund ledger trial-balance --as-of {ends_on.isoformat()}"
    return {"period": year, "state": CLOSED, "result_cents": result}


def _begun(uow: UnitOfWork, months: tuple[str, ...]) -> tuple[str, ...]:
    """The months of the year from the first that was ever locked: no entry lies before it."""
    known = uow.ledger.periods()
    if not known:
        return months
    first = min(period.month for period in known)
    return tuple(month for month in months if month >= first)


def _require_from_the_beginning(uow: UnitOfWork, month: str) -> None:
    """The first month that is ever locked is where the books begin: no entry lies before it, or its year never closes.

    Raises:
        PeriodOutOfOrder: An earlier month has entries.
    """
    if uow.ledger.periods():
        return
    earlier = [entry.effective_on for entry in uow.ledger.entries(as_of=first_day(month) - timedelta(days=1))]
    if earlier:
        ground = _("the books begin in {first}, which is locked first").format(first=month_of(min(earlier)))
        raise PeriodOutOfOrder(month=month, status=OPEN, wanted=LOCKED, reason=ground)


def _require_over(uow: UnitOfWork, period: str) -> None:
    ends_on = last_day(period)
    if uow.today <= ends_on:
        raise PeriodNotOver(period=period, ends_on=ends_on, today=uow.today)


def _require_earlier_year(uow: UnitOfWork, year: str) -> None:
    earlier = f"{int(year) - 1:04d}"
    if _state(uow, earlier) == CLOSED:
        return
    standing = uow.ledger.balances(as_of=last_day(earlier))
    if any(cents for code, cents in standing.items() if code.startswith("4")):
        raise YearOutOfOrder(year=year, earlier=earlier, state=_state(uow, earlier))


def _missing_for_year(uow: UnitOfWork, year: str, explanation: str = "") -> FundError | None:
    """What has to be done before a year is closed: the allowance of its end, and whose receipts are on 2300, or why."""
    missing = _allowance_run_missing(uow, year)
    unidentified = -uow.ledger.balance("2300", as_of=last_day(year))
    if missing is None and unidentified and not explanation.strip():
        return UnidentifiedReceipts(year=year, unidentified_cents=unidentified)
    return missing


def _allowance_run_missing(uow: UnitOfWork, year: str) -> AllowanceRunMissing | None:
    ends_on = last_day(year)
    outstanding = uow.ledger.balance("1200", as_of=ends_on)
    if not outstanding:
        return None
    since = date(int(year), 10, 1)
    runs = [
        envelope.effective_on
        for envelope in uow.store.facts.of_types(["allowance.adjusted"])
        if envelope.effective_on <= ends_on
    ]
    last_on = max(runs, default=None)
    if last_on is not None and last_on >= since:
        return None
    return AllowanceRunMissing(
        year=year,
        outstanding_cents=outstanding,
        last_on=last_on.isoformat() if last_on else _("never"),
        since=since,
        ends_on=ends_on,
    )


# ------------------------------------------------------------------------------------------------------------- reopen


def reopen(uow: UnitOfWork, *, period: str, reason: str) -> Mapping[str, object]:
    """The latest month that is locked or closed, or the latest closed year, is open again. Two people: FM, then TR.

    A year's last month opens with it, and its closing entry is reversed.

    Raises:
        ReasonMissing: Nobody said why.
        PeriodOutOfOrder: It is not the latest, or it is open.
        NotAuthorised, SameHands: As they say.
    """
    if not reason.strip():
        raise ReasonMissing(command="period reopen")
    ref = parse_period(period)
    if len(ref) == 4:
        _reopen_year(uow, ref, reason)
    else:
        if _state(uow, ref[:4]) == CLOSED:
            ground = _("its year is closed; reopen {year}").format(year=ref[:4])
            raise PeriodOutOfOrder(month=ref, status=CLOSED, wanted=OPEN, reason=ground)
        _reopen_month(uow, ref, reason)
    uow.next_step = "fund period list"
    return {"period": ref, "state": OPEN}


def _reopen_month(uow: UnitOfWork, month: str, reason: str) -> None:
    first, second = _people(uow)
    uow.ledger.reopen_period(month, actor=first, second_actor=second or "-", reason=reason, recorded_at=uow.now)
    _step(uow, "period reopen", month).record(PeriodReopened(ref=month, reason=reason), effective_on=last_day(month))


def _reopen_year(uow: UnitOfWork, year: str, reason: str) -> None:
    case = uow.maybe(Period, year)
    later = [each.ref for each in uow.cases(Period, states=[CLOSED]) if each.is_year and each.ref > year]
    if case is None or case.state != CLOSED or later:
        ground = _("only the latest closed year can be reopened")
        raise PeriodOutOfOrder(month=year, status=_state(uow, year), wanted=OPEN, reason=ground)
    _reopen_month(uow, _months(year)[-1], reason)
    entry = uow.ledger.find(f"{case.event_id}/0")
    reopened = PeriodReopened(ref=year, reason=reason, entry_seq=entry.seq if entry else None)
    _step(uow, "period reopen", year).record(reopened, effective_on=last_day(year))


def _months(period: str) -> tuple[str, ...]:
    if len(period) == 7:
        return (period,)
    return months_between(f"{period}-01", f"{period}-12")


def _people(uow: UnitOfWork) -> tuple[str, str | None]:
    """Who made it and who confirmed it (at the first command: nobody yet)."""
    return uow.maker.user_id, uow.confirmer.user_id if uow.confirmer else None
