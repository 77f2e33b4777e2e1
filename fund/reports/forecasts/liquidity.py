"""The fund's cash per quarter: what is planned and agreed, less what is expected to be lost or late; a path and a band.

Nothing is invented: only what was called, agreed, approved or promised by the day of the forecast comes in or goes
out, and the costs of running the fund. The path is the exact expectation under the assumptions; the band lies between
the 10th and the 90th of a hundred runs of the same assumptions. Amounts are whole cents; each quarter's expectation is
rounded so that the quarters add up. Source: statements.md (forecasts; indicator "projection").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from fund.dates import add_months
from fund.language import N_
from fund.money import half_up
from fund.reports.forecasts.assumptions import chosen
from fund.reports.forecasts.portfolio import Portfolio, portfolio
from fund.reports.forecasts.quarters import Flow, Quarters, cumulated, steps
from fund.reports.forecasts.simulation import (
    FULL,
    Dice,
    Fates,
    Watch,
    comes_in,
    fates,
    in_the_end,
    lanes,
    quantile,
    unpacked,
)
from fund.reports.history import head_of
from fund.schemas.assumptions import WHOLE_BPS, Assumptions, Delay
from fund.unit_of_work import Snapshot

RUNS, QUARTERS, SEED = 2000, 12, 1
LOW, HIGH = 10, 90
"""The edges of the band, in percent of the runs."""
PAST_QUARTERS = 8
"""So many quarters before it are told beside a forecast."""

DEFINITIONS: Mapping[str, str] = {
    "opening_cash_cents": N_("bank and treasury account (1000, 1005) at the beginning: L of the position"),
    "contributions_cents": N_("called and not paid yet (1100), by last day to pay, as late as assumed"),
    "scheduled_repayments_cents": N_("open instalments of what was paid out or promised (1200, 9000), as agreed"),
    "expected_loss_cents": N_("what of those is expected to be lost, by stage"),
    "moved_cents": N_("what of the rest comes earlier or later than agreed, as late as assumed"),
    "repayments_cents": N_("scheduled - expected loss + moved"),
    "payments_cents": N_("open commitments by milestone (9000), approved (2000), under way (1010), owed (2100, 22x0)"),
    "costs_cents": N_("what running the fund costs, at the rate of the year before or as assumed"),
    "closing_cash_cents": N_("opening + contributions + repayments - payments - costs"),
    "free_to_commit_cents": N_("free to commit now + contributions + repayments - costs - later parts that fell due"),
    "capacity_to_commit_cents": N_(
        "the lowest free to commit from now until the end of the forecast, not below nothing"
    ),
}

_watcher: ContextVar[Watch | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(step: Watch) -> Iterator[None]:
    """While runs are made, ``step`` hears how many there are and how many more were made."""
    token = _watcher.set(step)
    try:
        yield
    finally:
        _watcher.reset(token)


def made(runs: int, more: int) -> None:
    """Tell whoever watches that more runs were made."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(runs, more)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """One flow of which it is not known when, or how much of it, comes: by outcome what has come by each quarter.

    Attributes:
        planned: By quarter, as agreed; quarters beyond the forecast too.
        reached: By outcome and quarter, in cents.
    """

    planned: tuple[tuple[int, int], ...]
    fates: Fates
    reached: tuple[tuple[int, ...], ...]
    in_the_end: int
    """What is expected of it in the end, in parts of the whole of its fates."""

    def expected(self, count: int) -> list[int]:
        """What is expected to have come at the end of each quarter, in those parts."""
        sums = [0] * count
        for outcome, reached in zip(self.fates.outcomes, self.reached, strict=True):
            weight = outcome.weight
            for at, cents in enumerate(reached):
                sums[at] += weight * cents
        return sums

    def on_time(self, count: int) -> list[int]:
        """What is expected in the end of what was agreed until each quarter, in those parts."""
        chances = [0] * len(self.planned)
        for outcome in self.fates.outcomes:
            for place, bps in enumerate(outcome.parts):
                chances[place] += outcome.weight * bps
        found = cumulated(
            ((at, cents * chance) for (at, cents), chance in zip(self.planned, chances, strict=True)), count
        )
        return [part // WHOLE_BPS for part in found]


def uncertain(
    flows: Iterable[Flow], quarters: Quarters, assumed: Assumptions, delays: Sequence[Delay], stage: str = ""
) -> Uncertain:
    """A flow with everything that can become of it."""
    planned = quarters.planned(flows)
    found = fates(len(planned), assumed.stage(stage) if stage else None, assumed, delays)
    reached = tuple(
        tuple(comes_in(planned, outcome, assumed.recovery_quarters, len(quarters))) for outcome in found.outcomes
    )
    whole = sum(outcome.weight * in_the_end(planned, outcome) for outcome in found.outcomes)
    return Uncertain(tuple(planned), found, reached, whole)


@dataclass(frozen=True, slots=True)
class LiquidityProjection:
    """A forecast before it is JSON: by quarter, in cents, what has come and gone until its end.

    Attributes:
        agreed: Scheduled repayments. kept: those less what is expected to be lost, on their own days.
        repaid: What is expected to have come back, late or not.
        closings: By quarter, the cash of every run, in order.
        lowest_free: Of every run, the lowest free to commit, in order.
    """

    quarters: Quarters
    base: Portfolio
    contributions: list[int]
    agreed: list[int]
    kept: list[int]
    repaid: list[int]
    payments: list[int]
    costs: list[int]
    later: list[int]
    closings: list[list[int]]
    lowest_free: list[int]
    loss_cents: int
    after: Mapping[str, int]

    def cash(self) -> list[int]:
        """The expected cash at the end of each quarter."""
        return [
            self.base.cash_cents + came + repaid - paid - spent
            for came, repaid, paid, spent in zip(
                self.contributions, self.repaid, self.payments, self.costs, strict=True
            )
        ]

    def free(self) -> list[int]:
        """What is free to commit at the end of each quarter, as expected: payments leave it as it is."""
        return [
            self.base.free_cents + came + repaid - spent - due
            for came, repaid, spent, due in zip(self.contributions, self.repaid, self.costs, self.later, strict=True)
        ]


def project(base: Portfolio, assumed: Assumptions, quarters: Quarters, *, seed: int, runs: int) -> LiquidityProjection:
    """The forecast that follows from what stands open, under assumptions."""
    count = len(quarters)
    advances = [
        uncertain(one.instalments, quarters, assumed, assumed.repayment_delays, one.stage) for one in base.advances
    ]
    calls = [uncertain(one.flows, quarters, assumed, assumed.contribution_delays) for one in base.contributions]
    promises = [
        uncertain(one.flows, quarters, assumed, assumed.payment_delays)
        for one in base.payments
        if one.ground == "commitment"
    ]
    fixed = [flow for one in base.payments if one.ground != "commitment" for flow in one.flows]
    certain = cumulated(quarters.planned(fixed), count)
    later = cumulated(
        quarters.planned(flow for one in base.payments if one.ground == "settlement_later" for flow in one.flows), count
    )
    costs = [base.costs.until(base.as_of, quarter.ends_on) for quarter in quarters.all]
    agreed = cumulated((part for one in advances for part in one.planned), count)
    kept = _rounded([(one.fates.whole, one.on_time(count)) for one in advances], count)
    repaid = _rounded([(one.fates.whole, one.expected(count)) for one in advances], count)
    contributions = _rounded([(one.fates.whole, one.expected(count)) for one in calls], count)
    paid = _rounded([(one.fates.whole, one.expected(count)) for one in promises], count)
    payments = [one + other for one, other in zip(certain, paid, strict=True)]
    [back] = _rounded([(one.fates.whole, [one.in_the_end]) for one in advances], 1)
    closings, lowest = _runs(
        base, advances, calls, promises, certain, later, costs, count, seed, runs, assumed.common_bps
    )
    return LiquidityProjection(
        quarters=quarters,
        base=base,
        contributions=contributions,
        agreed=agreed,
        kept=kept,
        repaid=repaid,
        payments=payments,
        costs=costs,
        later=later,
        closings=closings,
        lowest_free=lowest,
        loss_cents=base.principal_cents - back,
        after={
            "contributions_cents": _total(base.contributions) - contributions[-1],
            "scheduled_repayments_cents": base.principal_cents - agreed[-1],
            "repayments_cents": back - repaid[-1],
            "payments_cents": _total(base.payments) - payments[-1],
        },
    )


def _total(payments: Iterable[Any]) -> int:
    return sum(payment.cents for payment in payments)


def _rounded(rows: Iterable[tuple[int, Sequence[int]]], count: int) -> list[int]:
    """Sums of expectations by quarter in whole cents: what is reached is rounded, so quarters add up.

    Args:
        rows: What a cent is in parts, and expectations in those parts.
    """
    sums: dict[int, list[int]] = {}
    for whole, row in rows:
        of = sums.setdefault(whole, [0] * count)
        for at in range(count):
            of[at] += row[at]
    exact = [sum((Fraction(of[at], whole) for whole, of in sums.items()), Fraction(0)) for at in range(count)]
    return [half_up(value) for value in exact]


def _runs(
    base: Portfolio,
    advances: Sequence[Uncertain],
    calls: Sequence[Uncertain],
    promises: Sequence[Uncertain],
    certain: Sequence[int],
    later: Sequence[int],
    costs: Sequence[int],
    count: int,
    seed: int,
    runs: int,
    common_bps: int,
) -> tuple[list[list[int]], list[int]]:
    """The cash of every run at the end of each quarter, in order by quarter; and the lowest free to commit of each."""
    dice, common = Dice(seed), FULL * common_bps // WHOLE_BPS
    flows = [*advances, *calls, *promises]
    packed = [[lanes(reached) for reached in one.reached] for one in flows]
    zero = lanes([0] * count)
    rest = [base.cash_cents - gone - spent for gone, spent in zip(certain, costs, strict=True)]
    free = [base.free_cents - due - spent for due, spent in zip(later, costs, strict=True)]
    until, from_promises = len(advances), len(advances) + len(calls)
    closings: list[list[int]] = []
    lowest: list[int] = []
    for run in range(runs):
        throws = dice.throws(run, 2 + 3 * len(flows))
        incoming = outgoing = zero
        for number, one in enumerate(flows):
            lost, late, shared = throws[2 + 3 * number : 5 + 3 * number]
            if number < until and shared < common:
                lost, late = throws[0], throws[1]
            vector = packed[number][one.fates.pick(lost, late)]
            if number < from_promises:
                incoming += vector
            else:
                outgoing += vector
        came, gone = unpacked(incoming, count), unpacked(outgoing, count)
        closings.append([rest[at] + came[at] - gone[at] for at in range(count)])
        lowest.append(min(base.free_cents, *(free[at] + came[at] for at in range(count))))
        if run % 100 == 99:
            made(runs, 100)
    return [sorted(row[at] for row in closings) for at in range(count)], sorted(lowest)


# ---------------------------------------------------------------------------------------------------------- the answer


def liquidity(
    snapshot: Snapshot,
    *,
    quarters: int = QUARTERS,
    runs: int = RUNS,
    seed: int = SEED,
    assumptions: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """The cash of the fund in the quarters after a day, and what that leaves free to commit.

    Args:
        quarters: How many, the one in which the day lies included.
        seed: The same one gives the same band.
        assumptions: Name and content of a file of assumptions; our own when left out.
        as_of: The day after which the forecast begins; default today.
        known_at: As known when this entry was the last.

    Raises:
        FaultyAssumptions, NoAssumptionsYet: As they say.
    """
    day = as_of or snapshot.today
    used = chosen(assumptions, day)
    base = portfolio(snapshot, day, known_at, payment_days=used.used.payment_days, costs_cents=used.used.costs_cents)
    found = project(base, used.used, Quarters(day, quarters), seed=seed, runs=runs)
    return {
        **made_from(snapshot, day, known_at),
        "seed": seed,
        "runs": runs,
        "assumptions": used.as_json(),
        "regulations": base.rules.version,
        **as_json(found),
        "past_quarters": _past(snapshot, day, known_at),
        "definitions": named(DEFINITIONS),
    }


def named(definitions: Mapping[str, str]) -> dict[str, str]:
    """Definitions by the name of the figure, without its unit: a key that ends in cents holds cents."""
    return {name.removesuffix("_cents"): text for name, text in definitions.items()}


def made_from(snapshot: Snapshot, day: date, known_at: int | None) -> dict[str, Any]:
    """What every forecast says of the books it was made of."""
    return {"as_of": day.isoformat(), **head_of(snapshot, known_at)}


def as_json(found: LiquidityProjection) -> dict[str, Any]:
    """A projection as JSON: per quarter, in all, what comes after it, and what follows from it."""
    base, cash, free = found.base, found.cash(), found.free()
    rows = []
    opening = base.cash_cents
    parts = [
        steps(each)
        for each in (found.contributions, found.agreed, found.kept, found.repaid, found.payments, found.costs)
    ]
    for at, quarter in enumerate(found.quarters.all):
        came, agreed, kept, repaid, paid, spent = (part[at] for part in parts)
        low, high = (quantile(found.closings[at], percent) for percent in (LOW, HIGH))
        rows.append(
            {
                "quarter": quarter.name,
                "starts_on": quarter.starts_on.isoformat(),
                "ends_on": quarter.ends_on.isoformat(),
                "opening_cash_cents": opening,
                "contributions_cents": came,
                "scheduled_repayments_cents": agreed,
                "expected_loss_cents": agreed - kept,
                "moved_cents": repaid - kept,
                "repayments_cents": repaid,
                "payments_cents": paid,
                "costs_cents": spent,
                "closing_cash_cents": cash[at],
                "low_cents": min(low, cash[at]),
                "high_cents": max(high, cash[at]),
                "p10_cents": low,
                "median_cents": quantile(found.closings[at], 50),
                "p90_cents": high,
                "free_to_commit_cents": free[at],
            }
        )
        opening = cash[at]
    lowest = min((base.free_cents, *free))
    return {
        "opening_cash_cents": base.cash_cents,
        "buffer_cents": base.buffer_cents,
        "free_to_commit_cents": base.free_cents,
        "quarters": rows,
        "capacity_to_commit_cents": max(lowest, 0),
        "lowest_free_to_commit_cents": lowest,
        "lowest_free_to_commit_in": None if lowest == base.free_cents else rows[free.index(lowest)]["quarter"],
        "lowest_free_to_commit_low_cents": min(quantile(found.lowest_free, LOW), lowest),
        "lowest_cash_cents": min(cash),
        "lowest_cash_in": rows[cash.index(min(cash))]["quarter"],
        "buffer_met_in": _met(rows, "closing_cash_cents", base.buffer_cents),
        "buffer_met_low_in": _met(rows, "low_cents", base.buffer_cents),
        "totals": {
            "contributions_cents": found.contributions[-1],
            "scheduled_repayments_cents": found.agreed[-1],
            "repayments_cents": found.repaid[-1],
            "payments_cents": found.payments[-1],
            "costs_cents": found.costs[-1],
        },
        "after_the_last_quarter": dict(found.after),
        "open": _open(base, found.loss_cents),
        "costs_from": {
            "basis": base.costs.basis,
            "amount_cents": base.costs.cents,
            "days": base.costs.days,
            "from_on": base.costs.from_on.isoformat(),
            "until_on": base.costs.until_on.isoformat(),
        },
    }


def _open(base: Portfolio, loss_cents: int) -> dict[str, int]:
    """What stood open when the forecast was made: each amount is a balance of the ledger."""
    grounds = base.grounds
    return {
        "contributions_cents": _total(base.contributions),
        "principal_cents": base.principal_cents,
        "outstanding_cents": sum(one.outstanding_cents for one in base.advances),
        "repayable_committed_cents": sum(one.committed_cents for one in base.advances),
        "expected_loss_cents": loss_cents,
        "payments_cents": _total(base.payments),
        "committed_cents": grounds.get("commitment", 0),
        "approved_cents": grounds.get("approved", 0),
        "under_way_cents": grounds.get("under_way", 0),
        "overpayments_cents": grounds.get("overpayment", 0),
        "settlements_cents": grounds.get("settlement", 0),
        "later_parts_cents": grounds.get("settlement_later", 0),
        "unidentified_cents": -base.balances.get("2300", 0),
        "unexplained_cents": base.unexplained_cents,
    }


def _met(rows: Sequence[Mapping[str, Any]], key: str, buffer_cents: int) -> str | None:
    """The first quarter that ends at the buffer or below it."""
    return next((str(row["quarter"]) for row in rows if row[key] <= buffer_cents), None)


def _past(snapshot: Snapshot, day: date, known_at: int | None) -> list[dict[str, Any]]:
    """What stood on the accounts at the end of the quarters before the day, and on the day itself."""
    ends = []
    for number in range(PAST_QUARTERS, 0, -1):
        before = add_months(date(day.year, 3 * ((day.month - 1) // 3) + 1, 1), -3 * (number - 1)) - timedelta(days=1)
        if before >= snapshot.first_day:
            ends.append(before)
    ends += [day] if day not in ends else []
    return [
        {
            "ends_on": each.isoformat(),
            "cash_cents": sum(
                snapshot.ledger.balance(code, as_of=each, known_at=known_at, kinds_excluded=("closing",))
                for code in ("1000", "1005")
            ),
        }
        for each in ends
    ]
