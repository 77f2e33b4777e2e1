"""Forecasts of whole funds: every plan adds up to its balance, and nothing that came later leaks into the past."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from fund.commands.opening import Fund, open_fund
from fund.commands.querying import ask_named
from fund.dates import add_months
from fund.errors.forecasts import BacktestNotPast
from fund.registry import PROJECTIONS
from fund.reports.forecasts.awards import WHOLE, average
from fund.reports.forecasts.quarters import Quarters
from fund.reports.history import cases_on
from fund.rules.regulations import standard_text
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot
from tests.factories import START, as_file, founded
from tests.random_funds import Keeping
from tests.reports.assuming import NOTHING_HAPPENS, assumed, of_file
from tests.story import Told
from tests.test_lives import copies_on_sqlite, play
from tests.test_money_lives import started
from tests.workflows.agreeing import AGREEMENT, PROPOSAL, office
from tests.workflows.agreeing import approved as promised
from tests.workflows.looking_back import came_in, until_completed
from tests.workflows.money_out import owed, supplied

AWARD_OF_TESTS = of_file(NOTHING_HAPPENS).award

QUIET = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def ahead(fund: Fund, **asked: Any) -> dict[str, Any]:
    return ask_named(fund, "forecast liquidity", {"runs": 20, **asked}, user=None)


def degrees(fund: Fund, **asked: Any) -> dict[str, Any]:
    return ask_named(fund, "forecast revolving", {"runs": 60, **asked}, user=None)


def mains(fund: Fund, day: date, known_at: int | None = None) -> Counter[str]:
    """Balances of main accounts, debit positive, from the trial balance."""
    asked = {"as_of": day} if known_at is None else {"as_of": day, "known_at": known_at}
    balances: Counter[str] = Counter()
    for row in ask_named(fund, "ledger trial-balance", asked, user=None)["accounts"]:
        balances[row["code"].partition(".")[0]] += row["balance_cents"]
    return balances


def ties(found: dict[str, Any], position: dict[str, Any], balances: Counter[str]) -> None:
    """Every plan adds up to what stands in the books, and every quarter to the next."""
    stood, sums, after = found["open"], found["totals"], found["after_the_last_quarter"]
    assert found["opening_cash_cents"] == position["cash_cents"] == found["quarters"][0]["opening_cash_cents"]
    assert found["free_to_commit_cents"] == position["free_to_commit_cents"]
    assert stood["contributions_cents"] == balances["1100"]
    assert stood["outstanding_cents"] == balances["1200"]
    assert stood["committed_cents"] == balances["9000"]
    assert stood["approved_cents"] == -balances["2000"]
    assert stood["under_way_cents"] - stood["unexplained_cents"] == -balances["1010"]
    assert stood["overpayments_cents"] == -balances["2100"]
    assert stood["settlements_cents"] == -balances["2200"]
    assert stood["later_parts_cents"] == -balances["2210"]
    assert stood["unidentified_cents"] == -balances["2300"]
    assert 0 <= stood["repayable_committed_cents"] <= stood["committed_cents"]
    assert sums["payments_cents"] + after["payments_cents"] == stood["payments_cents"]
    assert sums["contributions_cents"] + after["contributions_cents"] == stood["contributions_cents"]
    assert sums["scheduled_repayments_cents"] + after["scheduled_repayments_cents"] == stood["principal_cents"]
    expected = sums["repayments_cents"] + after["repayments_cents"]
    assert expected + stood["expected_loss_cents"] == stood["principal_cents"]
    opening, free = found["opening_cash_cents"], found["free_to_commit_cents"]
    for row in found["quarters"]:
        assert row["opening_cash_cents"] == opening
        kept = row["scheduled_repayments_cents"] - row["expected_loss_cents"]
        assert row["repayments_cents"] == kept + row["moved_cents"]
        came = row["contributions_cents"] + row["repayments_cents"]
        opening += came - row["payments_cents"] - row["costs_cents"]
        assert row["closing_cash_cents"] == opening
        assert row["low_cents"] <= opening <= row["high_cents"]
        assert row["p10_cents"] <= row["median_cents"] <= row["p90_cents"]
        assert row["free_to_commit_cents"] <= free + came - row["costs_cents"]
        free = row["free_to_commit_cents"]
    lowest = min([found["free_to_commit_cents"], *(row["free_to_commit_cents"] for row in found["quarters"])])
    assert found["capacity_to_commit_cents"] == max(lowest, 0)


def last_day_of(fund: Fund) -> date:
    return date.fromisoformat(ask_named(fund, "statement position", {}, user=None)["as_of"])


@QUIET
@given(number=st.integers(0, 999), back=st.integers(0, 500), quarters=st.integers(1, 24))
def test_every_plan_adds_up_to_its_balance_on_any_day(
    random_funds: list[str], number: int, back: int, quarters: int
) -> None:
    with open_fund(random_funds[number % len(random_funds)]) as fund:
        day = last_day_of(fund) - timedelta(days=back)
        found = ahead(fund, as_of=day, quarters=quarters)
        ties(found, ask_named(fund, "statement position", {"as_of": day}, user=None), mains(fund, day))


@QUIET
@given(number=st.integers(0, 999), known=st.integers(0, 400), quarters=st.integers(1, 8))
def test_every_plan_adds_up_to_its_balance_as_known_at_any_entry(
    random_funds: list[str], number: int, known: int, quarters: int
) -> None:
    with open_fund(random_funds[number % len(random_funds)]) as fund:
        day = last_day_of(fund)
        known = known % (ask_named(fund, "statement position", {}, user=None)["head"]["seq"] + 1)
        found = ahead(fund, as_of=day, known_at=known, quarters=quarters)
        position = ask_named(fund, "statement position", {"as_of": day, "known_at": known}, user=None)
        ties(found, position, mains(fund, day, known))
        assert found["known_at"] == found["head"]["seq"] == known


def test_every_plan_adds_up_on_the_other_database_too(random_funds_on_postgresql: list[str]) -> None:
    for url in random_funds_on_postgresql:
        with open_fund(url) as fund:
            day = last_day_of(fund)
            for back in (0, 90, 200):
                on = day - timedelta(days=back)
                ties(
                    ahead(fund, as_of=on),
                    ask_named(fund, "statement position", {"as_of": on}, user=None),
                    mains(fund, on),
                )
            assert degrees(fund, as_of=day) == degrees(fund, as_of=day)


def test_without_loss_and_delay_the_demo_pays_and_is_repaid_as_its_cases_say(story: Told) -> None:
    """Straight from the cases, as the test reads them: instalments by day, milestones that were not asked for."""
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        for day in (date(2024, 12, 31), date(2025, 3, 31), date(2026, 9, 30)):
            found = ahead(fund, as_of=day, assumptions=NOTHING_HAPPENS)
            quarters, back, out = Quarters(day, 12), Counter[str](), Counter[str]()
            for plan in cases_on(snapshot, Plan, day):
                for part in plan.instalments:
                    back[quarters.all[min(quarters.place(part.due_on), 11)].name] += part.open_cents
            running = {one.ref: one for one in cases_on(snapshot, Agreement, day) if one.state == "active"}
            for part in cases_on(snapshot, Milestone, day):
                if part.agreement in running and running[part.agreement].track != "light" and part.state != "accepted":
                    out[quarters.all[quarters.place(part.due_on)].name] += part.amount_cents
            held = sum(found["open"][name] for name in ("overpayments_cents", "approved_cents", "under_way_cents"))
            for row in found["quarters"]:
                assert row["low_cents"] == row["closing_cash_cents"] == row["high_cents"]
                assert row["repayments_cents"] == row["scheduled_repayments_cents"] == back[row["quarter"]]
                assert row["payments_cents"] == out[row["quarter"]] + held
                held = 0
            assert sum(out.values()) == found["open"]["committed_cents"] > 0


# ------------------------------------------------------------------------------------------------- nothing leaks back


class HalfWay(Keeping):
    """Lives of which a copy is kept half way: a fund that really ended there."""

    kept: tuple[tuple[str, str], ...] = ()
    urls: list[str]

    @invariant()
    def half_way_a_copy_is_kept(self) -> None:
        if not hasattr(self, "life"):
            return
        self.steps = getattr(self, "steps", 0) + 1
        if self.steps == 8:
            source = self.urls[-1].removeprefix("sqlite:///")
            copy = f"{source}-half.db"
            with closing(sqlite3.connect(source)) as whole, closing(sqlite3.connect(copy)) as half:
                whole.backup(half)
            HalfWay.kept = (*HalfWay.kept, (self.urls[-1], f"sqlite:///{copy}"))


def told_by(fund: Fund, day: date, known: int) -> list[dict[str, Any]]:
    asked = {"as_of": day, "known_at": known}
    return [ahead(fund, **asked), degrees(fund, **asked), degrees(fund, **asked, awards="regrant", years=[1, 4])]


def test_a_forecast_as_known_then_is_the_one_that_was_made_then(sqlite_url: str, tmp_path: Path) -> None:
    urls: list[str] = []
    HalfWay.kept = ()
    HalfWay.urls = urls
    with copies_on_sqlite(sqlite_url, tmp_path, started) as (copies, life):

        def remembered() -> str:
            urls.append(copies())
            return urls[-1]

        play(remembered, life, examples=6, steps=16, machine=HalfWay)
    moved = 0
    for whole_url, half_url in HalfWay.kept:
        with open_fund(half_url) as half, open_fund(whole_url) as whole:
            day = last_day_of(half)
            known = ask_named(half, "statement position", {}, user=None)["head"]["seq"]
            then = told_by(half, day, known)
            assert told_by(whole, day, known) == then
            moved += told_by(whole, day, ask_named(whole, "statement position", {}, user=None)["head"]["seq"]) != then
            assert json.dumps(then, sort_keys=True) == json.dumps(told_by(half, day, known), sort_keys=True)
    assert len(HalfWay.kept) >= 4
    assert moved >= 2  # what came later does change it, once it is known


@contextmanager
def completed(url: str) -> Iterator[Any]:
    with founded(url) as world:
        until_completed(world)
        yield world


def test_regulations_adopted_later_are_not_known_before(sqlite_url: str) -> None:
    """They hold from the day itself, so that only the number tells them apart."""
    with completed(sqlite_url) as world:
        before = world.ask("forecast liquidity", runs=20)
        day, known = date.fromisoformat(before["as_of"]), before["head"]["seq"]
        rules = standard_text().replace('version = "2026-1"', 'version = "2026-2"').replace(" 5_000_00 ", " 6_000_00 ")
        world.both("regulations adopt", user="anna", second="carla", file=as_file(rules.encode()), on=day)
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0099", 1_000)
        assert world.ask("forecast liquidity", runs=20, as_of=day, known_at=known) == before
        later = world.ask("forecast liquidity", runs=20, as_of=day)
        assert (before["buffer_cents"], later["buffer_cents"]) == (500_000, 600_000)


# ------------------------------------------------------------------------------------------------------- the backtest


def test_a_backtest_is_the_forecast_of_that_day_beside_the_books(story: Told) -> None:
    with open_fund(story.url) as fund:
        day = date(2024, 12, 31)
        found = ahead(fund, backtest=day)
        then = ahead(fund, as_of=day, known_at=found["made_as_known_at"])
        assert found["assumptions"]["version"] == then["assumptions"]["version"] == "2024-1"
        assert found["made_as_known_at"] < found["head"]["seq"]
        for row, made in zip(found["quarters"], then["quarters"], strict=False):
            for key in ("closing_cash_cents", "low_cents", "high_cents", "payments_cents"):
                assert row[key] == made[key]
            end = date.fromisoformat(row["ends_on"])
            balances = mains(fund, end)
            assert row["realised_cash_cents"] == balances["1000"] + balances["1005"]
            assert row["difference_cents"] == row["realised_cash_cents"] - row["closing_cash_cents"]
            assert row["inside"] == (row["low_cents"] <= row["realised_cash_cents"] <= row["high_cents"])
        ended = [row for row in then["quarters"] if date.fromisoformat(row["ends_on"]) <= last_day_of(fund)]
        assert len(found["quarters"]) == len(ended) > 4
        inside = sum(row["inside"] for row in found["quarters"])
        assert Fraction(found["inside_share"]) == Fraction(inside, len(ended))
        moved = sum(
            row["realised_contributions_cents"]
            + row["realised_repayments_cents"]
            + row["realised_other_cents"]
            - row["realised_payments_cents"]
            - row["realised_costs_cents"]
            for row in found["quarters"]
        )
        assert found["opening_cash_cents"] + moved == found["quarters"][-1]["realised_cash_cents"]
        # in the story 74,000 was paid in 2025 and 60,000 more in 2026 on what was awarded after that day
        assert [row["decided_since_cents"] for row in found["quarters"]][::3] == [0, -7_400_000, -13_400_000]


def test_a_backtest_needs_a_quarter_that_has_ended(story: Told) -> None:
    with open_fund(story.url) as fund, pytest.raises(BacktestNotPast):
        ahead(fund, backtest=last_day_of(fund) - timedelta(days=1))


# ------------------------------------------------------------------------------------------------------ what is known


def test_a_seed_gives_the_same_bytes_and_another_seed_another_band(story: Told) -> None:
    with open_fund(story.url) as fund:
        for verb in (ahead, degrees):
            one, again, other = (json.dumps(verb(fund, seed=seed, runs=200), sort_keys=True) for seed in (5, 5, 6))
            assert one == again != other
        paths = [[row["closing_cash_cents"] for row in ahead(fund, seed=seed)["quarters"]] for seed in (5, 6)]
        assert paths[0] == paths[1]


def test_more_loss_never_gives_a_higher_median(story: Told) -> None:
    late = ("committed", "not_due", "1-30", "31-90", "91-180")
    chances = ((10_000, 0, 0), (7_000, 3_000, 0), (7_000, 0, 3_000), (3_000, 0, 7_000), (0, 0, 10_000))
    worse = [assumed(stages=dict.fromkeys(late, each)) for each in chances]
    with open_fund(story.url) as fund:
        cash = [[row["median_cents"] for row in ahead(fund, assumptions=one, runs=200)["quarters"]] for one in worse]
        found = [degrees(fund, assumptions=one, runs=200) for one in worse]
        medians = [[Fraction(at["portfolio_revolving_degree"]["p50"]) for at in one["moments"]] for one in found]
        fund_wide = [[Fraction(at["fund_revolving_degree"]["p50"]) for at in one["moments"]] for one in found]
        free = [[at["free_to_commit_cents"]["p50"] for at in one["moments"]] for one in found]
        met = [[Fraction(at["target_met"]) for at in one["moments"]] for one in found]
    for rows in (cash, medians, fund_wide, free, met):
        for best, less in ((0, 1), (0, 2), (2, 3), (3, 4)):
            assert all(low <= high for low, high in zip(rows[less], rows[best], strict=True))
        assert rows[4] != rows[0]


def test_when_all_is_repaid_the_degree_is_what_came_back_of_what_was_lent(story: Told) -> None:
    with open_fund(story.url) as fund:
        position = ask_named(fund, "statement position", {}, user=None)
        found = degrees(fund, assumptions=NOTHING_HAPPENS)
        last = found["moments"][-1]
        figures = position["indicators"]
        for name in ("portfolio_revolving_degree", "fund_revolving_degree"):
            assert found["today"][name] == figures[name]["value"]
        inputs = {key: cents for figure in figures.values() for key, cents in figure["inputs"].items()}
        lent = inputs["U_cents"] + ahead(fund)["open"]["repayable_committed_cents"]
        exact = 1 - Fraction(inputs["W_cents"], lent)
        rounded = Fraction(int(exact * 10_000 + Fraction(1, 2)), 10_000)
        assert {Fraction(last["portfolio_revolving_degree"][key]) for key in ("p05", "p50", "p95", "mean")} == {rounded}
        assert Fraction(last["target_met"]) == (exact >= Fraction(found["target"]))
        free = position["free_to_commit_cents"] + ahead(fund)["open"]["principal_cents"]
        assert last["free_to_commit_cents"] == dict.fromkeys(last["free_to_commit_cents"], free)
        assert last["on"] == "2036-12-31"
        dear = degrees(fund, assumptions=assumed(costs_per_year="3650.00"))["moments"][-1]
        days = (date.fromisoformat(last["on"]) - date.fromisoformat(found["as_of"])).days
        assert dear["free_to_commit_cents"]["p50"] == free - 1_000 * days
        back = ahead(fund)["open"]["principal_cents"] - 1_000 * days
        made = sum(inputs[f"{name}_cents"] for name in "ARV") - inputs["K_cents"] + back
        paid = sum(inputs[f"{name}_cents"] for name in "USV") + ahead(fund)["open"]["committed_cents"]
        exact = Fraction(made, paid)
        assert Fraction(dear["fund_revolving_degree"]["p50"]) == Fraction(int(exact * 10_000 + Fraction(1, 2)), 10_000)


def test_money_that_is_awarded_again_is_paid_and_comes_back(story: Told) -> None:
    with open_fund(story.url) as fund:
        kept, again = (degrees(fund, assumptions=NOTHING_HAPPENS, awards=one) for one in ("none", "regrant"))
        assert again["average_award"] == kept["average_award"]
        assert again["average_award"]["agreements"] == len(
            ask_named(fund, "agreement list", {}, user=None)["agreements"]
        )
        for one, other in zip(kept["moments"], again["moments"], strict=True):
            assert 0 <= other["free_to_commit_cents"]["p50"] < one["free_to_commit_cents"]["p50"]
        # nothing is lost: in the end the portfolio tends to all of what is lent, and the fund to the repayable share
        old, new = (Fraction(one["moments"][-1]["portfolio_revolving_degree"]["p50"]) for one in (kept, again))
        assert old < new <= 1
        share = Fraction(again["average_award"]["repayable"])
        assert Fraction(again["moments"][-1]["fund_revolving_degree"]["p50"]) < share


def test_a_fund_in_which_nothing_happened_has_a_forecast_without_values(database_url: str) -> None:
    with founded(database_url) as world:
        found = world.ask("forecast liquidity", runs=20)
        assert {row["closing_cash_cents"] for row in found["quarters"]} == {0}
        assert found["open"] == dict.fromkeys(found["open"], 0)
        assert (found["capacity_to_commit_cents"], found["buffer_met_in"]) == (0, found["quarters"][0]["quarter"])
        for awards in ("none", "regrant"):
            last = world.ask("forecast revolving", runs=20, awards=awards)["moments"][-1]
            assert set(last["portfolio_revolving_degree"].values()) == {None}
            assert last["target_met"] is None
        before = world.ask("forecast liquidity", runs=20, as_of=date(2025, 6, 30), known_at=0)
        assert before["head"]["seq"] == 0


def test_calls_come_in_by_their_last_day_and_late_as_assumed(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.people()
        world.partners()
        world.both(
            "capital call",
            user="anna",
            second="bram",
            amount=1_200_000,
            instalments=3,
            every=6,
            due_days=(date(2026, 2, 28),),
        )
        sure = world.ask("forecast liquidity", runs=20, quarters=5, assumptions=NOTHING_HAPPENS)
        calls: Counter[str] = Counter()
        for call in world.ask("capital list")["calls"]:
            calls[call["due_on"]] += call["called_cents"]
        first, second, third = (calls[day] for day in ("2026-02-28", "2026-08-28", "2027-02-28"))
        assert [row["contributions_cents"] for row in sure["quarters"]] == [first, 0, second, 0, third]
        assert sum(calls.values()) == 1_200_000
        half = assumed(contribution_delays=[(0, 5_000), (1, 5_000)])
        late = world.ask("forecast liquidity", runs=200, quarters=5, assumptions=half)
        came = [row["contributions_cents"] for row in late["quarters"]]
        assert came == [first // 2, first // 2, second // 2, second // 2, third // 2]
        assert late["after_the_last_quarter"]["contributions_cents"] == third // 2
        assert late["quarters"][0]["low_cents"] < first // 2 < late["quarters"][0]["high_cents"]
        none = world.ask("forecast revolving", runs=20, assumptions=half, years=[2])["moments"][0]
        assert none["free_to_commit_cents"]["mean"] == 1_200_000 - 500_000


def test_costs_go_on_at_the_rate_of_the_year_or_as_assumed(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        office(world)
        supplied(world)
        owed(world, 45_000)
        day = date.fromisoformat(world.ask("statement position")["as_of"])
        days = (day - START.date()).days + 1
        assumption = assumed(costs_per_year="3650.00")
        found = world.ask("forecast liquidity", runs=20, quarters=4, assumptions=NOTHING_HAPPENS)
        given_ = world.ask("forecast liquidity", runs=20, quarters=4, assumptions=assumption)
        assert found["costs_from"] == {
            "basis": "trailing year",
            "amount_cents": 45_000,
            "days": days,
            "from_on": START.date().isoformat(),
            "until_on": day.isoformat(),
        }
        spent = as_assumed = 0
        for row, other in zip(found["quarters"], given_["quarters"], strict=True):
            ahead_days = (date.fromisoformat(row["ends_on"]) - day).days
            spent += row["costs_cents"]
            as_assumed += other["costs_cents"]
            assert spent == 45_000 * ahead_days // days
            assert as_assumed == 1_000 * ahead_days
        assert given_["costs_from"]["basis"] == "assumptions"
        # the bill itself was approved: it is paid by its last day, and is no cost to come
        assert [row["payments_cents"] for row in found["quarters"]] == [45_000, 0, 0, 0]
        assert found["open"]["approved_cents"] == 45_000
        later = world.ask("forecast liquidity", runs=20, as_of=add_months(day, 12) + timedelta(days=1))
        assert later["costs_from"]["amount_cents"] == 0


def test_an_award_is_expected_as_asked_then_as_its_text_says(sqlite_url: str) -> None:
    """Paid by milestone: June 2026 and January 2027; repaid in three parts, from the start or its expected day on."""
    with founded(sqlite_url) as world:
        office(world)
        promised(world)

        def told() -> tuple[list[int], list[int], int]:
            found = world.ask("forecast liquidity", runs=20, quarters=6, assumptions=NOTHING_HAPPENS)
            ties(found, world.ask("statement position"), Counter(world.balances()))
            rows = found["quarters"]
            assert found["open"]["repayable_committed_cents"] == 2_800_000
            return (
                [row["payments_cents"] for row in rows],
                [row["repayments_cents"] for row in rows],
                rows[0]["low_cents"],
            )

        payments = [0, 2_500_001, 0, 0, 1_499_999, 0]
        parts = [933_333, 933_333, 933_334]
        # asked: sixty days to sign, six months' grace: September, December, March
        assert told()[:2] == (payments, [0, 0, parts[0], parts[1], parts[2], 0])
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        assert told()[:2] == (payments, [0, 0, parts[0], parts[1], parts[2], 0])
        for person in ("fatima", "piet", "carla"):
            world.do("agreement sign", user=person, ref=AGREEMENT)
        assert told()[:2] == (payments, [0, 0, parts[0], parts[1], parts[2], 0])
        late = assumed(stages={"committed": (0, 0, 10_000)}, payment_days=60)
        found = world.ask("forecast liquidity", runs=20, quarters=6, assumptions=late)
        assert [row["payments_cents"] for row in found["quarters"]] == [0, 0, 2_500_001, 0, 0, 1_499_999]
        # fails from the first, the second or the third part on, each as likely: a third of three, of two, of one
        assert found["open"]["expected_loss_cents"] == 2_800_000 - (2 * parts[0] + parts[1]) // 3
        with world.snapshot() as snapshot:
            day = snapshot.today
            profile = average(snapshot, day, None, snapshot.regulations(day), payment_days=0, otherwise=AWARD_OF_TESTS)
        assert (profile.count, profile.amount_cents) == (1, 4_000_000)
        assert profile.paid == ((1, WHOLE * 2_500_001 // 4_000_000), (4, WHOLE - WHOLE * 2_500_001 // 4_000_000))
        assert [at for at, _part in profile.back] == [2, 3, 4]
        assert profile.repayable == WHOLE * 7 // 10


def test_what_is_late_is_expected_at_once_and_keeps_its_stage(sqlite_url: str) -> None:
    with completed(sqlite_url) as world:
        day = date(2027, 12, 1)
        fails = assumed(stages={"over-180": (0, 0, 10_000)})
        found = world.ask("forecast liquidity", runs=20, as_of=day, assumptions=fails)
        assert found["open"]["expected_loss_cents"] == found["open"]["principal_cents"] == 1_250_001
        sure = world.ask("forecast liquidity", runs=20, as_of=day, assumptions=NOTHING_HAPPENS)
        assert sure["quarters"][0]["repayments_cents"] >= 900_000
        early = world.ask("forecast liquidity", runs=20, as_of=add_months(day, -12), assumptions=fails)
        assert early["open"]["expected_loss_cents"] == 0
