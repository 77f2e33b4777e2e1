"""A forecast held against what happened: made as of an earlier day, as known then, beside the books of today.

Nothing of later leaks in: facts, entries, regulations and the set of assumptions are those of that day. What nobody had
decided by then (a new call, a new award) is no part of the forecast and shows up in the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from fund.dates import day_of
from fund.errors.forecasts import BacktestNotPast
from fund.errors.ledger import UnknownAccount
from fund.language import N_
from fund.money import ratio_text
from fund.reports.cash import Cash, cash_on
from fund.reports.forecasts.liquidity import QUARTERS, RUNS, SEED, liquidity, made_from, named
from fund.reports.history import cases_on, last_fact
from fund.reports.quantities import Quantities
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Call
from fund.unit_of_work import Snapshot

DEFINITIONS: Mapping[str, str] = {
    "difference_cents": N_("realised - expected cash at the end of the quarter"),
    "inside": N_("whether the realised cash lies within the band"),
    "decided_since_cents": N_("what new agreements and new calls did to the cash since the day of the forecast"),
    "inside_as_planned": N_("the same without what was decided since"),
    "inside_share": N_("quarters that ended inside the band, of all that have ended"),
    "realised_other_cents": N_("what moved the cash besides: income, money held for others, settlements, transfers"),
}


def ahead(
    snapshot: Snapshot,
    *,
    quarters: int = QUARTERS,
    runs: int = RUNS,
    seed: int = SEED,
    assumptions: Mapping[str, Any] | None = None,
    backtest: date | None = None,
    as_of: date | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """The liquidity forecast after a day; with ``backtest`` that of an earlier day beside what happened since.

    Raises:
        FaultyAssumptions, NoAssumptionsYet, BacktestNotPast: As they say.
    """
    made_with: dict[str, Any] = {"quarters": quarters, "runs": runs, "seed": seed, "assumptions": assumptions}
    if backtest is None:
        return liquidity(snapshot, **made_with, as_of=as_of, known_at=known_at)
    return _held_against(snapshot, backtest, as_of or snapshot.today, known_at, made_with)


def known_on(snapshot: Snapshot, day: date, most: int | None = None) -> int:
    """The number of the last entry that was written by the end of a day; 0 before the first."""
    low, high = 0, snapshot.ledger.head().seq if most is None else min(most, snapshot.ledger.head().seq)
    while low < high:
        middle = (low + high + 1) // 2
        if day_of(snapshot.ledger.entry(middle).recorded_at) <= day:
            low = middle
        else:
            high = middle - 1
    return low


def _held_against(
    snapshot: Snapshot, day: date, until: date, known_at: int | None, made_with: Mapping[str, Any]
) -> dict[str, Any]:
    then = liquidity(snapshot, **made_with, as_of=day, known_at=known_on(snapshot, day, known_at))
    ended = [row for row in then["quarters"] if date.fromisoformat(row["ends_on"]) <= until]
    if not ended:
        raise BacktestNotPast(day=day, until=until)
    days = [day, *(date.fromisoformat(row["ends_on"]) for row in ended)]
    sums = cash_on(snapshot, days, known_at=known_at)
    stood = [
        sum(
            snapshot.ledger.balance(code, as_of=each, known_at=known_at, kinds_excluded=("closing",))
            for code in ("1000", "1005")
        )
        for each in days
    ]
    new = _Since(snapshot, day, then["known_at"], known_at)
    rows = [
        _beside(row, (sums[at], sums[at + 1]), (stood[at], stood[at + 1]), new.moved(days[at + 1]))
        for at, row in enumerate(ended)
    ]
    inside = sum(row["inside"] for row in rows)
    planned = sum(row["inside_as_planned"] for row in rows)
    return {
        **made_from(snapshot, until, known_at),
        "backtest": day.isoformat(),
        "made_as_known_at": then["known_at"],
        "seed": then["seed"],
        "runs": then["runs"],
        "assumptions": then["assumptions"],
        "regulations": then["regulations"],
        "buffer_cents": then["buffer_cents"],
        "opening_cash_cents": then["opening_cash_cents"],
        "quarters": rows,
        "inside_share": ratio_text(Fraction(inside, len(rows))),
        "inside_as_planned_share": ratio_text(Fraction(planned, len(rows))),
        "inside": inside,
        "inside_as_planned": planned,
        "past_quarters": then["past_quarters"],
        "definitions": {**then["definitions"], **named(DEFINITIONS)},
    }


class _Since:
    """What was decided after a forecast was made, and what that did to the cash: new agreements, new calls."""

    def __init__(self, snapshot: Snapshot, day: date, then: int, known_at: int | None) -> None:
        self._view, self._known_at = snapshot, known_at
        self._last = last_fact(snapshot, known_at)
        last = last_fact(snapshot, then)
        stood = {one.ref for one in cases_on(snapshot, Agreement, day, last=last)}
        self._new = {
            one.ref
            for one in snapshot.cases(Agreement)
            if one.ref not in stood and not _was_promised(snapshot, one.proposal, day, then)
        }
        self._calls = {one.ref for one in cases_on(snapshot, Call, day, last=last)}

    def moved(self, until: date) -> int:
        """What came in less what went out by the end of a day, on what was decided since."""
        cents = 0
        if self._new:
            now = Quantities(self._view, until, self._known_at)
            paid = (now.value(name, agreements=self._new) for name in ("U_cents", "S_cents"))
            cents = now.value("A_cents", agreements=self._new) - sum(paid)
        called = cases_on(self._view, Call, until, last=self._last)
        return cents + sum(call.received_cents for call in called if call.ref not in self._calls)


def _was_promised(snapshot: Snapshot, proposal: str, day: date, then: int) -> bool:
    """Whether a proposal had its award on the day, and no agreement yet."""
    try:
        return snapshot.ledger.balance(f"9000.{proposal}", as_of=day, known_at=then, kinds_excluded=("closing",)) > 0
    except UnknownAccount:
        return False


def _beside(row: Mapping[str, Any], moved: tuple[Cash, Cash], stood: tuple[int, int], since: int) -> dict[str, Any]:
    """What was expected of a quarter beside what happened in it."""
    before, after = moved
    contributions, repayments, costs = after.i - before.i, after.a - before.a, after.k - before.k
    payments = after.u + after.s - before.u - before.s
    expected = row["closing_cash_cents"]
    return {
        "quarter": row["quarter"],
        "ends_on": row["ends_on"],
        "closing_cash_cents": expected,
        "low_cents": row["low_cents"],
        "high_cents": row["high_cents"],
        "realised_cash_cents": stood[1],
        "difference_cents": stood[1] - expected,
        "decided_since_cents": since,
        "inside": row["low_cents"] <= stood[1] <= row["high_cents"],
        "inside_as_planned": row["low_cents"] <= stood[1] - since <= row["high_cents"],
        "contributions_cents": row["contributions_cents"],
        "repayments_cents": row["repayments_cents"],
        "payments_cents": row["payments_cents"],
        "costs_cents": row["costs_cents"],
        "realised_contributions_cents": contributions,
        "realised_repayments_cents": repayments,
        "realised_payments_cents": payments,
        "realised_costs_cents": costs,
        "realised_other_cents": stood[1] - stood[0] - contributions - repayments + payments + costs,
    }
