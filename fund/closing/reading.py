"""Periods to look at: which are locked or closed, and what each closing froze."""

from __future__ import annotations

from datetime import timedelta

from fund.closing.commands import (
    ChangedAccount,
    ClosingRow,
    Opening,
    OpeningBalance,
    PeriodDetail,
    PeriodRow,
    Periods,
    Reopening,
    Step,
)
from fund.closing.frozen import Closing, closings
from fund.closing.months import State
from fund.dates import first_day, last_day, parse_period
from fund.events import Envelope
from fund.events.closing import PeriodReopened, YearClosed
from fund.schemas.base import as_row
from fund.schemas.closing import Period
from fund.unit_of_work import Snapshot


def periods(snapshot: Snapshot) -> Periods:
    """Every month and year that was ever locked or closed, in order."""
    return {
        "as_of": snapshot.today.isoformat(),
        "periods": [
            as_row(PeriodRow, case, period=case.ref, starts_on=first_day(case.ref), ends_on=last_day(case.ref))
            for case in snapshot.cases(Period)
        ],
    }


def period(snapshot: Snapshot, *, period: str) -> PeriodDetail:
    """A month or year with each of its closings, what was frozen, and what a correction changed.

    A closing that was reopened stays: ``read`` is the command that shows its trial balance, ``annual``
    the accounts of a year as it froze them, ``unchanged`` says whether
    the entries until then still give the hash that was frozen. For a closed year also what the next one opens with.

    Raises:
        InvalidMonth: It is no month and no year.
    """
    ref = parse_period(period)
    case = snapshot.maybe(Period, ref)
    state = case.state if case is not None else State.OPEN.value
    found = closings(snapshot, ref)
    before = [None, *found]
    return {
        "as_of": snapshot.today.isoformat(),
        "period": ref,
        "state": state,
        "starts_on": first_day(ref).isoformat(),
        "ends_on": last_day(ref).isoformat(),
        "result_cents": case.result_cents if case is not None else None,
        "closings": [_closing(snapshot, each, earlier) for each, earlier in zip(found, before, strict=False)],
        "opening": _opening(snapshot, ref) if state == State.CLOSED and len(ref) == 4 else None,
    }


def _closing(snapshot: Snapshot, closing: Closing, earlier: Closing | None) -> ClosingRow:
    recomputed = closing.recomputed_sha256(snapshot)
    fact = closing.closed.fact
    return {
        "number": closing.number,
        **_people(snapshot, closing.closed),
        "known_at": closing.known_at,
        "trial_balance_sha256": closing.frozen_sha256,
        "recomputed_sha256": recomputed,
        "unchanged": closing.frozen_sha256 == closing.kept_sha256 == recomputed,
        "result_cents": fact.result_cents if isinstance(fact, YearClosed) else None,
        "explanation": fact.explanation if isinstance(fact, YearClosed) else "",
        "read": f"fund ledger trial-balance --as-of {closing.ends_on.isoformat()} --known-at {closing.known_at}",
        "annual": f"fund statement annual {closing.ref} --known-at {closing.known_at}"
        if isinstance(fact, YearClosed)
        else None,
        "reopened": _reopened(snapshot, closing.reopened),
        "differences": _differences(snapshot, closing, earlier) if earlier is not None else [],
    }


def _people(snapshot: Snapshot, event: Envelope) -> Step:
    return {
        "recorded_at": event.recorded_at.isoformat(),
        "made_by": snapshot.name(event.made_by or event.actor),
        "confirmed_by": snapshot.name(event.actor) if event.made_by else None,
    }


def _reopened(snapshot: Snapshot, event: Envelope | None) -> Reopening | None:
    if event is None or not isinstance(event.fact, PeriodReopened):
        return None
    return {**_people(snapshot, event), "reason": event.fact.reason, "entry_seq": event.fact.entry_seq}


def _differences(snapshot: Snapshot, closing: Closing, earlier: Closing) -> list[ChangedAccount]:
    """What stands elsewhere than when the period was closed before, by account, debit positive."""
    then = snapshot.ledger.balances(as_of=earlier.ends_on, known_at=earlier.known_at)
    now = snapshot.ledger.balances(as_of=closing.ends_on, known_at=closing.known_at)
    return [
        {
            "account": code,
            "before_cents": then.get(code, 0),
            "after_cents": now.get(code, 0),
            "change_cents": now.get(code, 0) - then.get(code, 0),
        }
        for code in sorted({*then, *now})
        if now.get(code, 0) != then.get(code, 0)
    ]


def _opening(snapshot: Snapshot, year: str) -> Opening:
    """What the next year opens with: the balance sheet as the year left it; income and costs begin at nothing."""
    sums = snapshot.ledger.main_balances(as_of=last_day(year))
    rows: list[OpeningBalance] = [
        {"account": code, "debit_cents": max(cents, 0), "credit_cents": max(-cents, 0)}
        for code, cents in sorted(sums.items())
        if cents
    ]
    return {
        "on": (last_day(year) + timedelta(days=1)).isoformat(),
        "balances": rows,
        "total_debit_cents": sum(row["debit_cents"] for row in rows),
        "total_credit_cents": sum(row["credit_cents"] for row in rows),
    }
