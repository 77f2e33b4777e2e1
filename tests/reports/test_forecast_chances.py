"""Chance in the forecasts: dice that throw the same everywhere, exact chances, and loss that never brings money."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fund.errors.forecasts import FaultyAssumptions, NoAssumptionsYet
from fund.events.values import NamedItem
from fund.reports.forecasts.assumptions import OWN, chosen, read, template
from fund.reports.forecasts.liquidity import as_json, project
from fund.reports.forecasts.portfolio import Advance, Costs, Payment, Portfolio, _falling_due, _latest, over
from fund.reports.forecasts.quarters import Flow, Quarters
from fund.reports.forecasts.revolving import _Rates, _worth
from fund.reports.forecasts.simulation import FULL, Dice, Outcome, comes_in, fates, lanes, quantile, unpacked
from fund.rules.regulations import standard
from fund.schemas.assumptions import Assumptions, Delay, Stage
from fund.schemas.exits import Exit
from tests.reports.assuming import NOTHING_HAPPENS, assumed, of_file

DAY = date(2026, 12, 31)
QUICK = settings(max_examples=60, deadline=None, derandomize=True)
bps = st.integers(0, 10_000)


def a_portfolio(*instalments: Flow, stage: str = "not_due", cash: int = 1_000_000) -> Portfolio:
    """A fund with one advance, cash, and nothing else."""
    whole = sum(flow.cents for flow in instalments)
    return Portfolio(
        as_of=DAY,
        balances={"1000": cash, "1200": whole},
        rules=standard(),
        advances=(Advance("A2026-001", stage, whole, 0, instalments),) if instalments else (),
        contributions=(),
        payments=(),
        costs=Costs("assumptions", 0, 365, DAY, DAY),
    )


# ----------------------------------------------------------------------------------------------------------- the dice


def test_a_seed_throws_the_same_on_every_machine_and_in_every_version() -> None:
    assert Dice(1).throws(0, 2) == FIRST_OF_SEED_ONE
    assert Dice(2).throws(0, 2) != FIRST_OF_SEED_ONE
    assert Dice(1).throws(1, 2) != FIRST_OF_SEED_ONE
    assert Dice(1).throws(0, 50)[:2] == FIRST_OF_SEED_ONE


FIRST_OF_SEED_ONE = (10835635230041241279, 15471608441822143701)


def test_throws_lie_evenly() -> None:
    throws = [throw for run in range(50) for throw in Dice(7).throws(run, 400)]
    tenths = [sum(throw * 10 // FULL == tenth for throw in throws) for tenth in range(10)]
    assert all(abs(count - 2_000) < 170 for count in tenths)  # four times the deviation of 20,000 fair throws


@QUICK
@given(st.lists(st.lists(st.integers(0, 10**14), min_size=5, max_size=5), min_size=1, max_size=40))
def test_amounts_side_by_side_add_up_each_by_itself(rows: list[list[int]]) -> None:
    assert unpacked(sum(lanes(row) for row in rows), 5) == tuple(map(sum, zip(*rows, strict=True)))


@QUICK
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.integers(1, 100))
def test_a_quantile_is_the_lowest_value_that_so_many_percent_do_not_exceed(values: list[int], percent: int) -> None:
    found = quantile(sorted(values), percent)
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


# ------------------------------------------------------------------------------------------- what can become of a loan


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    failed = draw(bps)
    partial = draw(st.integers(0, 10_000 - failed))
    name = draw(st.sampled_from(["not_due", "31-90"]))
    return Stage(stage=name, full_bps=10_000 - failed - partial, partial_bps=partial, failed_bps=failed)


@st.composite
def late(draw: st.DrawFn) -> tuple[Delay, ...]:
    first = draw(bps)
    second = draw(st.integers(0, 10_000 - first))
    return (Delay(quarters=0, bps=first), Delay(quarters=1, bps=second), Delay(quarters=3, bps=10_000 - first - second))


@QUICK
@given(stages(), late(), st.integers(1, 12))
def test_the_throws_for_each_outcome_are_as_many_as_its_chance_says(
    stage: Stage, delays: tuple[Delay, ...], instalments: int
) -> None:
    found = fates(instalments, stage, of_file(assumed()), delays)
    assert sum(outcome.weight for outcome in found.outcomes) == found.whole
    lost, few = (0, *found.lost_below), (0, *found.late_below)
    assert lost[-1] == few[-1] == FULL
    for number, outcome in enumerate(found.outcomes):
        first, second = divmod(number, len(found.late_below))
        width = (lost[first + 1] - lost[first]) * (few[second + 1] - few[second])
        assert abs(Fraction(width, FULL * FULL) - Fraction(outcome.weight, found.whole)) < Fraction(1, 2**60)
        if width:
            assert (
                found.pick(lost[first], few[second]) == number == found.pick(lost[first + 1] - 1, few[second + 1] - 1)
            )


@QUICK
@given(
    stage=stages(), delays=late(), more=bps, to_partial=st.booleans(), first=st.integers(0, FULL - 1),
    second=st.integers(0, FULL - 1), parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    gap=st.integers(1, 4), recovered=bps, partial=bps,
)  # fmt: skip
def test_more_loss_never_brings_more_money_in_any_run(
    stage: Stage, delays: tuple[Delay, ...], more: int, to_partial: bool, first: int, second: int,
    parts: list[int], gap: int, recovered: int, partial: int,
) -> None:  # fmt: skip
    more = min(more, stage.full_bps)
    assume(more > 0)
    worse = Stage(
        stage=stage.stage,
        full_bps=stage.full_bps - more,
        partial_bps=stage.partial_bps + (more if to_partial else 0),
        failed_bps=stage.failed_bps + (0 if to_partial else more),
    )
    using = of_file(assumed(recovered_bps=recovered, partial_bps=partial, recovery_quarters=2))
    planned = [(gap * number, cents) for number, cents in enumerate(parts)]
    count = gap * len(parts) + 8
    found, paid_out, rates = [], sum(parts), _Rates(standard())
    for one in (stage, worse):
        fate = fates(len(parts), one, using, delays)
        outcome = fate.outcomes[fate.pick(first, second)]
        came = comes_in(planned, outcome, using.recovery_quarters, count)
        worth = [_worth(planned, outcome, paid_out, at, at, came[at], _days(planned), rates) for at in range(count)]
        found.append((came, [one + other for one, other in zip(came, worth, strict=True)]))
    (better_came, better), (worse_came, worse_worth) = found
    assert all(less <= more for less, more in zip(worse_came, better_came, strict=True))
    assert all(less <= more for less, more in zip(worse_worth, better, strict=True))


def _days(planned: list[tuple[int, int]]) -> Any:
    return lambda number, at: 91 * (at - planned[number][0]) + 45


def test_what_comes_in_of_each_outcome_by_hand() -> None:
    planned = [(0, 1001), (2, 1000)]
    whole, half, nothing = 10_000, 5_000, 1_000
    assert comes_in(planned, Outcome(1, (whole, whole), None, 0), 4, 4) == [1001, 1001, 2001, 2001]
    assert comes_in(planned, Outcome(1, (whole, whole), None, 1), 4, 4) == [0, 1001, 1001, 2001]
    assert comes_in(planned, Outcome(1, (half, half), None, 0), 4, 4) == [500, 500, 1000, 1000]
    assert comes_in(planned, Outcome(1, (whole, nothing), 1, 0), 1, 4) == [1001, 1001, 1001, 1101]


def test_what_stands_out_counts_less_the_allowance_for_how_late_it_is() -> None:
    """Standard regulations: 25 % while nothing is late, 40 % from 31 days on, 60 % from 91, 90 % from 181."""
    planned, rates = [(0, 400), (4, 600)], _Rates(standard())
    whole, half = (10_000, 10_000), (5_000, 5_000)

    def worth(outcome: Outcome, at: int, paid_out: int = 1_000) -> int:
        came = comes_in(planned, outcome, 0, at + 1)[at]
        return _worth(planned, outcome, paid_out, at, at, came, _days(planned), rates)

    on_time, late = Outcome(1, whole, None, 0), Outcome(1, whole, None, 3)
    assert [worth(on_time, at) for at in (0, 3, 4)] == [450, 450, 0]
    assert [worth(late, at) for at in (0, 1, 2, 3, 4)] == [600, 400, 100, 450, 360]
    assert [worth(Outcome(1, half, None, 0), at) for at in (0, 3, 4)] == [450, 450, 0]
    assert [worth(Outcome(1, (10_000, 0), 1, 0), at) for at in (0, 3, 4)] == [450, 450, 0]
    assert [worth(Outcome(1, (0, 0), 0, 3), at) for at in (0, 3, 4)] == [0, 0, 0]
    assert worth(on_time, 0, paid_out=400) == 0  # only what was paid out stands out


def test_a_later_part_falls_due_with_what_its_named_items_bring() -> None:
    items = (
        NamedItem(item="advance", holder="A2026-001", case="2026-001", amount_cents=1_000, standing_cents=1_000),
        NamedItem(item="call", holder="gm0308", case="gm0308", amount_cents=200, standing_cents=200),
    )
    case = Exit(
        ref="gm0312", state="settling", share="1/4", items=items, settled=True, settled_on=DAY, settled_cents=300,
        later_cents=300, fallen_cents=25, counted_cents=100,
    )  # fmt: skip
    named = Advance("A2026-001", "not_due", 1_000, 0, (Flow(date(2027, 6, 1), 403), Flow(date(2028, 6, 1), 597)))
    other = Advance("A2026-002", "not_due", 900, 0, (Flow(date(2027, 6, 1), 900),))
    call = Payment("contribution", "gm0308", (Flow(date(2027, 3, 1), 200),))
    flows = _falling_due(case, 275, [(named, "2026-001"), (other, "2026-002")], [call], date(2027, 12, 31))
    # a quarter of 100 + 200, then of 703, rounded down, less what fell due before; the rest waits for the long-stop
    assert [(flow.on, flow.cents) for flow in flows] == [(date(2027, 3, 1), 50), (date(2027, 6, 1), 100)]


# ----------------------------------------------------------------------------------------- a forecast of one advance


def test_without_loss_and_delay_everything_comes_exactly_as_agreed() -> None:
    flows = (Flow(date(2026, 10, 1), 700), Flow(date(2027, 3, 31), 100), Flow(date(2027, 4, 1), 200))
    found = as_json(project(a_portfolio(*flows), of_file(NOTHING_HAPPENS), Quarters(DAY, 3), seed=1, runs=20))
    assert [row["quarter"] for row in found["quarters"]] == ["2027-Q1", "2027-Q2", "2027-Q3"]
    for row, closing in zip(found["quarters"], (1_000_800, 1_001_000, 1_001_000), strict=True):
        assert row["closing_cash_cents"] == row["low_cents"] == row["high_cents"] == row["median_cents"] == closing
        assert row["expected_loss_cents"] == row["moved_cents"] == 0


def test_the_runs_agree_with_an_exact_reckoning_of_one_advance() -> None:
    using = of_file(
        assumed(
            stages={"not_due": (7_000, 1_000, 2_000)}, partial_bps=4_000, recovered_bps=500, recovery_quarters=2,
            repayment_delays=[(0, 6_000), (1, 4_000)], common_bps=0,
        )
    )  # fmt: skip
    flows = (Flow(date(2027, 2, 1), 60_000), Flow(date(2027, 8, 1), 40_000))
    base, quarters, runs = a_portfolio(*flows), Quarters(DAY, 6), 4_000
    found = project(base, using, quarters, seed=3, runs=runs)
    # fails from the first (10 %) or the second (10 %), in part (10 %), in full (70 %); 40 % a quarter late
    first = {"paid": Fraction(8, 10), "part": Fraction(1, 10), "failed": Fraction(1, 10)}
    second = {"paid": Fraction(7, 10), "part": Fraction(1, 10), "failed": Fraction(2, 10)}
    on_time, later = Fraction(6, 10), Fraction(4, 10)

    def expected(at: int) -> Fraction:
        sums = Fraction(0)
        for due, cents, chance in ((0, 60_000, first), (2, 40_000, second)):
            for delay, weight in ((0, on_time), (1, later)):
                if at >= due + delay:
                    sums += weight * cents * (chance["paid"] + chance["part"] * Fraction(4, 10))
                if at >= due + delay + 2:
                    sums += weight * cents * chance["failed"] * Fraction(5, 100)
        return sums

    for at in range(6):
        exact = expected(at)
        assert found.cash()[at] - 1_000_000 == int(exact + Fraction(1, 2))
        mean = Fraction(sum(found.closings[at]), runs) - 1_000_000
        assert abs(mean - exact) < 3_000  # four deviations of the mean: 40,000 / 63 at most, with room
        chance = Fraction(sum(cash == 1_100_000 for cash in found.closings[at]), runs)
        whole = 0 if at < 2 else Fraction(7, 10) * (on_time if at == 2 else 1)
        assert abs(chance - whole) < Fraction(3, 100)
    assert found.loss_cents == 100_000 - int(expected(5) + Fraction(1, 2))


def test_what_shares_the_fate_of_the_run_fails_together() -> None:
    flow = Flow(date(2027, 2, 1), 100)
    many = a_portfolio()
    advances = tuple(Advance(f"A2026-{number:03d}", "not_due", 100, 0, (flow,)) for number in range(50))
    balances = {**many.balances, "1200": 5_000}
    many = Portfolio(DAY, balances, many.rules, advances, (), (), many.costs)
    quarters, stage = Quarters(DAY, 1), {"not_due": (5_000, 0, 5_000)}
    apart, together = (
        project(many, of_file(assumed(stages=stage, recovered_bps=0, common_bps=common)), quarters, seed=1, runs=400)
        for common in (0, 10_000)
    )
    assert apart.cash() == together.cash()
    assert set(together.closings[0]) == {1_000_000, 1_005_000}
    assert quantile(apart.closings[0], 10) > 1_001_500 > quantile(together.closings[0], 10)


def test_the_quarter_in_which_the_buffer_is_met_is_named() -> None:
    """Met is at the buffer already: 1,000,000 in cash, 500,000 to pay, a buffer of 500,000."""
    out = Payment("commitment", "2026-001", (Flow(date(2027, 5, 1), 500_000),))
    base = a_portfolio()
    base = Portfolio(DAY, {**base.balances, "9000": 500_000}, base.rules, (), (), (out,), base.costs)
    sure = as_json(project(base, of_file(NOTHING_HAPPENS), Quarters(DAY, 3), seed=1, runs=10))
    assert (sure["buffer_cents"], sure["buffer_met_in"]) == (500_000, "2027-Q2")
    assert (sure["lowest_cash_cents"], sure["lowest_cash_in"]) == (500_000, "2027-Q2")
    assert sure["lowest_free_to_commit_cents"] == sure["capacity_to_commit_cents"] == 0
    delays = assumed(payment_delays=[(0, 5_000), (2, 5_000)])
    unsure = as_json(project(base, of_file(delays), Quarters(DAY, 3), seed=1, runs=100))
    assert (unsure["quarters"][1]["closing_cash_cents"], unsure["buffer_met_in"]) == (750_000, None)
    assert unsure["buffer_met_low_in"] == "2027-Q2"
    assert unsure["after_the_last_quarter"]["payments_cents"] == 250_000


# -------------------------------------------------------------------------------------------------------- the calendar


@pytest.mark.parametrize(
    ("day", "first", "begins"),
    [
        (date(2026, 12, 31), "2027-Q1", date(2027, 1, 1)),
        (date(2027, 1, 1), "2027-Q1", date(2027, 1, 2)),
        (date(2028, 2, 29), "2028-Q1", date(2028, 3, 1)),
        (date(2028, 3, 30), "2028-Q1", date(2028, 3, 31)),
        (date(2028, 3, 31), "2028-Q2", date(2028, 4, 1)),
    ],
)
def test_the_first_quarter_is_what_is_left_of_the_days_own(day: date, first: str, begins: date) -> None:
    quarters = Quarters(day, 5)
    assert (quarters.all[0].name, quarters.all[0].starts_on) == (first, begins)
    for before, after in zip(quarters.all, quarters.all[1:], strict=False):
        assert before.ends_on + timedelta(days=1) == after.starts_on
    assert quarters.place(day - timedelta(days=400)) == quarters.place(quarters.all[0].ends_on) == 0
    assert quarters.place(quarters.all[4].starts_on) == 4


def test_years_end_with_the_quarter_in_which_they_pass_also_from_a_leap_day() -> None:
    for day, years, ends in (
        (date(2026, 12, 31), 1, date(2027, 12, 31)),
        (date(2027, 1, 1), 1, date(2028, 3, 31)),
        (date(2028, 2, 29), 1, date(2029, 3, 31)),
        (date(2028, 2, 29), 4, date(2032, 3, 31)),
    ):
        count = Quarters(day, 1).after_years(years)
        assert Quarters(day, count).all[-1].ends_on == ends


@QUICK
@given(st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 900), st.integers(0, 10**6)), max_size=6))
def test_a_balance_over_planned_days_is_that_balance(cents: int, planned: list[tuple[int, int]]) -> None:
    flows = over(cents, [Flow(DAY + timedelta(days=days), amount) for days, amount in planned], DAY)
    assert sum(flow.cents for flow in flows) == cents
    assert all(flow.cents > 0 for flow in flows)


def test_a_later_part_lowers_what_is_free_when_it_falls_due_and_a_commitment_did_before() -> None:
    base = a_portfolio()
    later = Payment("settlement_later", "gm0312", (Flow(date(2027, 5, 1), 7_000),))
    promised = Payment("commitment", "2026-001", (Flow(date(2027, 2, 1), 90_000),))
    balances = {**base.balances, "9000": 90_000, "2210": -7_000}
    base = Portfolio(DAY, balances, base.rules, (), (), (promised, later), base.costs)
    found = as_json(project(base, of_file(NOTHING_HAPPENS), Quarters(DAY, 3), seed=1, runs=10))
    assert [row["free_to_commit_cents"] for row in found["quarters"]] == [410_000, 403_000, 403_000]
    assert found["capacity_to_commit_cents"] == found["lowest_free_to_commit_low_cents"] == 403_000
    assert found["lowest_free_to_commit_in"] == "2027-Q2"


def test_what_was_paid_before_came_off_the_first_milestone() -> None:
    planned = [Flow(date(2027, 2, 1), 600), Flow(date(2027, 9, 1), 400)]
    assert _latest(700, planned, DAY) == (Flow(date(2027, 2, 1), 300), Flow(date(2027, 9, 1), 400))
    assert _latest(400, planned, DAY) == (Flow(date(2027, 9, 1), 400),)
    assert sorted(_latest(1_050, planned, DAY), key=lambda flow: flow.on) == [Flow(DAY, 50), *planned]


# ---------------------------------------------------------------------------------------------------- what is assumed


def test_the_set_of_the_day_is_used_and_none_before_the_first() -> None:
    assert chosen(None, date(2025, 12, 31)).used.version == "2024-1"
    assert chosen(None, date(2026, 1, 1)).used.version == "2026-1"
    assert chosen(None, date(2026, 1, 1)).as_json() == {"file": OWN, "version": "2026-1", "from_on": "2026-01-01"}
    with pytest.raises(NoAssumptionsYet) as refused:
        chosen(None, date(2023, 12, 31))
    assert refused.value.advice == "fund forecast liquidity --as-of 2024-01-01"


def refused(text: str) -> list[str]:
    with pytest.raises(FaultyAssumptions) as found:
        read(text.encode(), "mine.toml")
    assert found.value.details["file"] == "mine.toml"
    return str(found.value).split("\n")


def test_a_faulty_file_is_refused_with_every_line_and_both_values() -> None:
    own = template().decode()
    lines = own.split("\n")
    failed = next(number for number, line in enumerate(lines, 1) if 'stage = "1-30"' in line)
    field = next(number for number, line in enumerate(lines, 1) if line.startswith("stages"))
    text = own.replace('stage = "1-30", full_bps = 7500', 'stage = "1-30", full_bps = 7400', 1)
    text = text.replace("{ quarters = 1, bps = 2000 }", "{ quarters = 1, bps = 2500 }", 1)
    delays = next(number for number, line in enumerate(lines, 1) if line.startswith("repayment_delays"))
    assert failed > field
    assert refused(text) == [
        f"mine.toml:{delays}: the chances of repayment_delays add up to 10500, not to 10000 basis points",
        f"mine.toml:{field}: the chances of 1-30 add up to 9900, not to 10000 basis points",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("common_bps = 1000", "common_bps = 10001", "assumptions.1.common_bps: must be 10000 or less; this is"),
        ("common_bps = 1000", "comon_bps = 1000", "assumptions.1.comon_bps: no such field"),
        ("common_bps = 1000", "common_bps = 0.5", "assumptions.1.common_bps: must be a whole number; this is"),
        ("payment_days = 42", "payment_days = ", "it is not NAME"),
        ('stage = "1-30", full_bps = 7500', 'stage = "0-30", full_bps = 7500', "must be one of 'committed'"),
        ('stage = "1-30"', 'stage = "31-90"', "these stages are missing: 1-30"),
        ("recovery_quarters = 4\n", "", "recovered"),
        ("from_on = 2024-01-01", "from_on = 2026-01-01", "2026-01-01 comes after 2026-01-01"),
        ('version = "2026-1"', 'version = "2024-1"', "two sets have the same version"),
        ('amount = "50000"', 'amount = "50.000"', "50.000"),
        ("{ quarters = 1, bps = 2000 }", "{ quarters = 0, bps = 2000 }", "the same number of quarters is there twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(old: str, new: str, says: str) -> None:
    text = template().decode().replace(old, new, 1)
    if says == "recovered":  # what may be left out is nothing
        assert read(text.encode(), "mine.toml")[1].assumptions[0].recovery_quarters == 0
        return
    told_lines = refused(text)
    assert any(says in line for line in told_lines), told_lines
    assert all(line.startswith("mine.toml:") for line in told_lines)


def test_our_own_sets_say_what_they_are() -> None:
    _file, found = read(template(), OWN)
    assert [one.version for one in found.assumptions] == ["2024-1", "2026-1"]
    assert all(isinstance(one, Assumptions) and one.note for one in found.assumptions)
    assert "no statistic" in template().decode()
