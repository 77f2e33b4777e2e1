"""What comes back in the years ahead: the revolving degree and free to commit after some years, over many runs.

Two variants, by the names of the position. *Portfolio*: what came back and what is still worth something, of all that
was paid out to be repaid, (A + O - P) / U; the target of the regulations is about this one. *Fund*: what came back
less costs, of all that was paid out, grants included, (A + R + V - K) / (U + S + V). In each run an advance fails,
comes back in part or in full, on time or late; what failed is given up on the day on which it fails, and what stands
out counts less the allowance of the regulations for how late it is. Income (R) and recovered grants (V) stay as they
are.
Source: statements.md (indicators, forecasts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from fund.language import N_
from fund.money import half_up, ratio_text
from fund.reports.forecasts.assumptions import chosen
from fund.reports.forecasts.awards import WHOLE, Profile, average
from fund.reports.forecasts.liquidity import RUNS, SEED, made, made_from, named
from fund.reports.forecasts.portfolio import Advance, Payment, Portfolio, portfolio
from fund.reports.forecasts.quarters import Quarters, cumulated
from fund.reports.forecasts.simulation import FULL, Dice, Fates, Outcome, comes_in, fates, lanes, quantile, unpacked
from fund.reports.quantities import Quantities
from fund.rules.regulations import Regulations, age_rate
from fund.schemas.assumptions import WHOLE_BPS, Assumptions
from fund.unit_of_work import Snapshot

YEARS = (1, 3, 5, 10)
PERCENTS = (5, 10, 25, 50, 75, 90, 95)
MOST_NEW = 12
"""A year's new awards are so many at most: more of them would only be smaller."""
MONTH_DAYS, QUARTER_DAYS = 45, 91
"""How late a new award's instalment is at the end of its own quarter, taken from the middle of it, and a quarter."""

DEFINITIONS: Mapping[str, str] = {
    "portfolio_revolving_degree": N_("(A + O - P) / U, P by the allowance of the regulations"),
    "fund_revolving_degree": N_("(A + R + V - K) / (U + S + V)"),
    "free_to_commit_cents": N_("free to commit now + contributions + repayments - costs - later parts - new awards"),
    "target_met": N_("runs in which the portfolio revolving degree reaches the target of the regulations"),
}


@dataclass(frozen=True, slots=True)
class Valued:
    """By outcome and moment: what has come in, and what the rest counts for, in cents."""

    fates: Fates
    received: tuple[tuple[int, ...], ...]
    worth: tuple[tuple[int, ...], ...]


def valued(
    planned: Sequence[tuple[int, int]],
    found: Fates,
    assumed: Assumptions,
    paid_out: Sequence[int],
    moments: Sequence[int],
    days_late: Callable[[int, int], int],
    rules: Regulations,
) -> Valued:
    """What an advance brings and is worth at moments, for each thing that can become of it.

    Args:
        planned: Instalments by quarter, in order.
        paid_out: At each moment, what of it was paid out.
        moments: The numbers of the quarters at whose end it is looked at.
        days_late: Of an instalment, by its place, at a moment, by its place.
    """
    rates = _Rates(rules)
    received, worth = [], []
    count = max(moments) + 1
    for outcome in found.outcomes:
        came = comes_in(planned, outcome, assumed.recovery_quarters, count)
        received.append(tuple(came[moment] for moment in moments))
        worth.append(
            tuple(
                _worth(planned, outcome, paid_out[place], moment, place, came[moment], days_late, rates)
                for place, moment in enumerate(moments)
            )
        )
    return Valued(found, tuple(received), tuple(worth))


class _Rates:
    """The allowance of the regulations by days late; each is looked up once."""

    def __init__(self, rules: Regulations) -> None:
        self._rules = rules
        self._known: dict[int, int] = {}

    def of(self, days: int) -> int:
        if days not in self._known:
            self._known[days] = age_rate(self._rules, days)
        return self._known[days]


def _worth(
    planned: Sequence[tuple[int, int]],
    outcome: Outcome,
    paid_out: int,
    moment: int,
    place: int,
    came: int,
    days_late: Callable[[int, int], int],
    rates: _Rates,
) -> int:
    """What stands out of an advance at a moment, less the allowance for how late its oldest instalment is."""
    if outcome.fails_from is not None and planned[outcome.fails_from][0] <= moment:
        return 0  # given up on the day on which it failed; what is recovered counts when it comes in
    lapsed, late = 0, -1
    for number, (at, cents) in enumerate(planned):
        if at > moment:
            break
        if outcome.fails_from is None:
            lapsed += cents - cents * outcome.parts[number] // WHOLE_BPS
        if late < 0 and at + outcome.delay > moment:
            late = number
    outstanding = max(paid_out - came - lapsed, 0)
    rate = rates.of(days_late(late, place) if late >= 0 else 0)
    return outstanding - outstanding * rate // WHOLE_BPS


@dataclass(frozen=True, slots=True)
class Base:
    """Everything that does not depend on chance, by year.

    Attributes:
        returned: A on the day. income: A + R + V - K on the day.
        lent: U by year: what was and is to be paid out to be repaid. spent: U + S + V by year.
        free: Free to commit by year without what comes back. costs: by year.
    """

    returned: int
    income: int
    lent: tuple[int, ...]
    spent: tuple[int, ...]
    free: tuple[int, ...]
    costs: tuple[int, ...]
    target_bps: int


def revolving(
    snapshot: Snapshot,
    *,
    years: Sequence[int] = YEARS,
    runs: int = RUNS,
    seed: int = SEED,
    awards: str = "none",
    assumptions: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """The revolving degree of the portfolio and of the fund, and what is free to commit, after so many years.

    Args:
        years: After how many, each higher than the one before; looked at at the end of the quarter in which they pass.
        awards: ``none``, or ``regrant``: what is free is awarded again every year, as the average award so far.
        seed: The same one gives the same runs, and the same fate of each advance as in the liquidity forecast.

    Raises:
        FaultyAssumptions, NoAssumptionsYet: As they say.
    """
    day = as_of or snapshot.today
    used = chosen(assumptions, day)
    assumed = used.used
    open_items = portfolio(snapshot, day, known_at, payment_days=assumed.payment_days, costs_cents=assumed.costs_cents)
    count = max(years)
    moments = [Quarters(day, 1).after_years(year) - 1 for year in range(1, count + 1)]
    quarters = Quarters(day, moments[-1] + 1)
    now = Quantities(snapshot, day, known_at)
    base = _base(open_items, quarters, moments, now)
    profile = average(
        snapshot,
        day,
        open_items.last_fact,
        open_items.rules,
        payment_days=assumed.payment_days,
        otherwise=assumed.award,
    )
    simulation = Runs(open_items, assumed, quarters, moments, base, profile if awards == "regrant" else None)
    found = simulation.made(seed, runs)
    return {
        **made_from(snapshot, day, known_at),
        "seed": seed,
        "runs": runs,
        "assumptions": used.as_json(),
        "regulations": open_items.rules.version,
        "awards": awards,
        "target": ratio_text(Fraction(base.target_bps, WHOLE_BPS)),
        "today": _today(open_items, now),
        "moments": [_moment(year, quarters.all[moments[year - 1]].ends_on, found[year - 1], base) for year in years],
        "average_award": {
            "agreements": profile.count,
            "amount_cents": profile.amount_cents,
            "repayable": ratio_text(Fraction(profile.repayable, WHOLE)),
        },
        "definitions": named(DEFINITIONS),
    }


def _base(found: Portfolio, quarters: Quarters, moments: Sequence[int], now: Quantities) -> Base:
    """What is certain: what was lent and spent, what is promised by the days planned, calls apart, costs."""
    count = len(quarters)
    promised = [payment for payment in found.payments if payment.ground == "commitment"]
    paid = cumulated(quarters.planned(flow for one in promised for flow in one.flows), count)
    back = [sum(column) for column in zip(*(_repayable(one, quarters) for one in promised), strict=True)]
    back = back or [0] * count
    later = cumulated(
        quarters.planned(flow for one in found.payments if one.ground == "settlement_later" for flow in one.flows),
        count,
    )
    ends = [quarters.all[moment].ends_on for moment in moments]
    costs = tuple(found.costs.until(found.as_of, end) for end in ends)
    lent = now.value("A_cents") + now.value("W_cents") + sum(one.outstanding_cents for one in found.advances)
    approved = now.value("Q_cents") - found.balances.get("9000", 0)
    spent = now.value("U_cents") + now.value("S_cents") + now.value("V_cents") + approved
    income = now.value("A_cents") + now.value("R_cents") + now.value("V_cents") - now.value("K_cents")
    return Base(
        returned=now.value("A_cents"),
        income=income,
        lent=tuple(lent + back[moment] for moment in moments),
        spent=tuple(spent + paid[moment] for moment in moments),
        free=tuple(found.free_cents - later[moment] - cost for moment, cost in zip(moments, costs, strict=True)),
        costs=costs,
        target_bps=found.rules.revolving_target_bps,
    )


def _repayable(payment: Payment, quarters: Quarters) -> list[int]:
    """What of a commitment was paid out to be repaid at the end of each quarter, in proportion, rounded down."""
    whole = payment.cents or 1
    return [
        payment.repayable_cents * reached // whole
        for reached in cumulated(quarters.planned(payment.flows), len(quarters))
    ]


class Runs:
    """The runs: what becomes of each advance and call, and of new awards where money is awarded again."""

    def __init__(
        self,
        found: Portfolio,
        assumed: Assumptions,
        quarters: Quarters,
        moments: Sequence[int],
        base: Base,
        profile: Profile | None,
    ) -> None:
        self.base = base
        self.free_cents = found.free_cents
        self.years = len(moments)
        self.common = FULL * assumed.common_bps // WHOLE_BPS
        self.advances = [_advance(one, found, assumed, quarters, moments) for one in found.advances]
        self.packed = [
            [lanes((*received, *worth)) for received, worth in zip(one.received, one.worth, strict=True)]
            for one in self.advances
        ]
        self.calls: list[tuple[Fates, list[int]]] = []
        for call in found.contributions:
            planned = quarters.planned(call.flows)
            fate = fates(len(planned), None, assumed, assumed.contribution_delays)
            reached = [comes_in(planned, outcome, 0, len(quarters)) for outcome in fate.outcomes]
            self.calls.append((fate, [lanes([row[moment] for moment in moments]) for row in reached]))
        self.new = _New(profile, assumed, found.rules, self.years) if profile is not None else None

    def made(self, seed: int, runs: int) -> list[list[tuple[int, int, int, int, int]]]:
        """By year, of every run: what counts as come back and of what (portfolio), the same of the fund, and free."""
        dice, base = Dice(seed), self.base
        found: list[list[tuple[int, int, int, int, int]]] = [[] for _year in range(self.years)]
        flows = len(self.advances) + len(self.calls)
        count = 2 + 3 * flows + (3 * MOST_NEW * self.years if self.new else 0)
        for run in range(runs):
            throws = dice.throws(run, count)
            back, called = 0, 0
            for number, one in enumerate(self.advances):
                lost, late, shared = throws[2 + 3 * number : 5 + 3 * number]
                if shared < self.common:
                    lost, late = throws[0], throws[1]
                back += self.packed[number][one.fates.pick(lost, late)]
            for number, (fate, vectors) in enumerate(self.calls, start=len(self.advances)):
                called += vectors[fate.pick(throws[2 + 3 * number], throws[3 + 3 * number])]
            amounts = unpacked(back, 2 * self.years)
            came, worth = amounts[: self.years], amounts[self.years :]
            in_calls = unpacked(called, self.years)
            free = [base.free[at] + came[at] + in_calls[at] for at in range(self.years)]
            more = None
            if self.new is not None:
                more = self.new.run(self.free_cents, free, throws, 2 + 3 * flows, self.common)
            for at in range(self.years):
                new = more[at] if more is not None else (0, 0, 0, 0, 0)
                returned = came[at] + new[0]
                found[at].append(
                    (
                        base.returned + returned + worth[at] + new[1],
                        base.lent[at] + new[2],
                        base.income + returned - base.costs[at],
                        base.spent[at] + new[3],
                        free[at] + new[0] - new[4],
                    )
                )
            if run % 100 == 99:
                made(runs, 100)
        return found


def _advance(
    one: Advance, found: Portfolio, assumed: Assumptions, quarters: Quarters, moments: Sequence[int]
) -> Valued:
    planned = quarters.planned(one.instalments)
    oldest: dict[int, date] = {}
    for flow in one.instalments:
        at = quarters.place(flow.on)
        oldest[at] = min(oldest.get(at, flow.on), flow.on)
    days = [oldest[at] for at, _cents in planned]
    ends = [quarters.all[moment].ends_on for moment in moments]
    out = [one.outstanding_cents] * len(moments)
    for payment in found.payments:
        if payment.ground == "commitment" and one.ref == f"A{payment.ref}" and payment.repayable_cents:
            reached = _repayable(payment, quarters)
            out = [cents + reached[moment] for cents, moment in zip(out, moments, strict=True)]
    return valued(
        planned,
        fates(len(planned), assumed.stage(one.stage), assumed, assumed.repayment_delays),
        assumed,
        out,
        moments,
        lambda number, place: (ends[place] - days[number]).days,
        found.rules,
    )


class _New:
    """New awards: once a year everything that is free, as some awards of equal size with the average profile."""

    def __init__(self, profile: Profile, assumed: Assumptions, rules: Regulations, years: int) -> None:
        self.profile = profile
        self.years = years
        ages = [4 * year - 1 for year in range(1, years + 1)]
        paid = cumulated(profile.paid, ages[-1] + 1)
        self.paid = [paid[age] for age in ages]
        self.lent = [profile.repayable * part // WHOLE for part in self.paid]
        self.of = valued(
            profile.back,
            fates(len(profile.back), assumed.stage("committed"), assumed, assumed.repayment_delays),
            assumed,
            self.lent,
            ages,
            lambda number, place: MONTH_DAYS + QUARTER_DAYS * (ages[place] - profile.back[number][0]),
            rules,
        )

    def run(
        self, free_now: int, free: Sequence[int], throws: Sequence[int], first: int, common: int
    ) -> list[list[int]]:
        """By year: what came back, what is worth, what was lent, what was paid, what was awarded, all of new awards."""
        sums = [[0, 0, 0, 0, 0] for _year in range(self.years)]
        awarded, of, years = 0, self.of, self.years
        for year in range(years):
            available = (free_now if year == 0 else free[year - 1] + sums[year - 1][0]) - awarded
            if available > 0:
                count = min(max(available // max(self.profile.amount_cents, 1), 1), MOST_NEW)
                awarded += available
                given = 0
                for number in range(count):
                    cents = available * (number + 1) // count - given
                    given += cents
                    at = first + 3 * (MOST_NEW * year + number)
                    lost, late = (throws[0], throws[1]) if throws[at + 2] < common else (throws[at], throws[at + 1])
                    outcome = of.fates.pick(lost, late) if of.fates.outcomes else -1
                    received, worth = (of.received[outcome], of.worth[outcome]) if outcome >= 0 else ((), ())
                    for age in range(years - year):
                        row = sums[year + age]
                        if outcome >= 0:
                            row[0] += cents * received[age] // WHOLE
                            row[1] += cents * worth[age] // WHOLE
                        row[2] += cents * self.lent[age] // WHOLE
                        row[3] += cents * self.paid[age] // WHOLE
            sums[year][4] = awarded
        return sums


# ---------------------------------------------------------------------------------------------------------- the answer


def _today(found: Portfolio, now: Quantities) -> dict[str, Any]:
    """The same figures on the day itself, as the position has them."""
    lent = now.value("U_cents")
    spent = lent + now.value("S_cents") + now.value("V_cents")
    worth = now.value("A_cents") + now.value("O_cents") - now.value("P_cents")
    income = now.value("A_cents") + now.value("R_cents") + now.value("V_cents") - now.value("K_cents")
    return {
        "portfolio_revolving_degree": ratio_text(Fraction(worth, lent)) if lent else None,
        "fund_revolving_degree": ratio_text(Fraction(income, spent)) if spent else None,
        "free_to_commit_cents": found.free_cents,
    }


def _moment(year: int, on: date, runs: Sequence[tuple[int, int, int, int, int]], base: Base) -> dict[str, Any]:
    """What is found after some years, over all runs."""
    met = sum(top * WHOLE_BPS >= base.target_bps * bottom for top, bottom, *_rest in runs if bottom > 0)
    free = sorted(row[4] for row in runs)
    return {
        "years": year,
        "on": on.isoformat(),
        "portfolio_revolving_degree": _degree([(row[0], row[1]) for row in runs]),
        "fund_revolving_degree": _degree([(row[2], row[3]) for row in runs]),
        "free_to_commit_cents": {
            **{f"p{percent:02d}": quantile(free, percent) for percent in PERCENTS},
            "mean": half_up(Fraction(sum(free), len(free))),
        },
        "target_met": ratio_text(Fraction(met, len(runs))) if any(row[1] > 0 for row in runs) else None,
    }


def _degree(pairs: Iterable[tuple[int, int]]) -> dict[str, str | None]:
    """Quantiles and mean of a ratio over the runs, in basis points, half up; no value where nothing was paid out."""
    found = sorted(Fraction(top, bottom) for top, bottom in pairs if bottom > 0)
    names = [f"p{percent:02d}" for percent in PERCENTS]
    if not found:
        return dict.fromkeys([*names, "mean"])
    values = [half_up(value * WHOLE_BPS) for value in found]
    mean = Fraction(sum(half_up(value * WHOLE_BPS * WHOLE_BPS) for value in found), len(found) * WHOLE_BPS)
    return {
        **{name: _bps(quantile(values, percent)) for name, percent in zip(names, PERCENTS, strict=True)},
        "mean": _bps(half_up(mean)),
    }


def _bps(value: int) -> str:
    return ratio_text(Fraction(value, WHOLE_BPS))
