"""Treasury banking: the quarterly average of day balances, exact, and the threshold of the regulations."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from fund.events.receipts import CostCharged
from fund.rules.regulations import Treasury, TreasuryStep, standard
from tests.factories import World, founded

STEPS = (TreasuryStep(from_cents=0, rate_bps=200), TreasuryStep(from_cents=500_000_000_00, rate_bps=20))


def charged(world: World, cents: int, on: date) -> None:
    """The bank account rises by so much, or falls: a charge given back, or taken."""
    with world.uow("bram") as uow:
        fact = CostCharged(ref=uow.next_ref("cost"), account="1000", amount_cents=-cents, charged_on=on)
        uow.record(fact, effective_on=on)


def test_the_average_counts_every_day_of_the_quarter_weekends_included(database_url: str) -> None:
    with founded(database_url) as world:
        world.clock(date(2026, 4, 20))
        charged(world, 900_00, date(2026, 1, 9))  # a Friday: it stands there all weekend
        charged(world, -300_00, date(2026, 1, 12))
        charged(world, 100_01, date(2026, 4, 16))
        found = world.ask("statement treasury")
        assert found["year"] == 2026
        bank = {row["quarter"]: row for row in found["accounts"] if row["account"] == "1000"}
        # 8 days of nothing, 3 days of 900.00, 79 days of 600.00
        assert Fraction(bank["2026-Q1"]["average"]) == Fraction(3 * 900_00 + 79 * 600_00, 90)
        assert bank["2026-Q1"]["average_cents"] == 556_67
        assert (bank["2026-Q1"]["lowest_cents"], bank["2026-Q1"]["highest_cents"]) == (0, 900_00)
        # a quarter that is not over: 15 days of 600.00 and 5 of 700.01
        assert Fraction(bank["2026-Q2"]["average"]) == Fraction(15 * 600_00 + 5 * 700_01, 20)
        first, second = found["quarters"]
        assert [(each["complete"], each["outside_cents"]) for each in (first, second)] == [
            (True, 556_67), (False, 625_00),
        ]  # fmt: skip
        assert (first["threshold_cents"], first["room_cents"], first["within"]) == (None, None, None)
        earlier = world.ask("statement treasury", as_of=date(2026, 3, 31))["quarters"]
        assert earlier == [first]


def test_the_threshold_is_that_of_the_regulations_of_the_quarter(sqlite_url: str) -> None:
    law = Treasury(host_budget_cents=30_000_00, steps=STEPS)
    with founded(sqlite_url, rules=standard().model_copy(update={"treasury": law})) as world:
        world.clock(date(2026, 7, 1))
        charged(world, 450_00, date(2026, 1, 5))
        charged(world, 200_00, date(2026, 4, 1))
        first, second, _third = world.ask("statement treasury")["quarters"]
        assert first["threshold_cents"] == 600_00
        assert (first["outside_cents"], first["room_cents"], first["excess_cents"], first["within"]) == (
            430_00, 170_00, 0, True,
        )  # fmt: skip
        assert (second["outside_cents"], second["room_cents"], second["excess_cents"], second["within"]) == (
            650_00, 0, 50_00, False,
        )  # fmt: skip


def test_the_treasurer_sees_that_the_last_full_quarter_was_over_the_threshold(sqlite_url: str) -> None:
    def told(world: World, user: str = "bram") -> list[tuple[str, str]]:
        items = world.ask("inbox", user=user)["items"]
        return [(row["ref"], row["what"]) for row in items if "statement treasury" in row["command"]]

    law = Treasury(host_budget_cents=30_000_00, steps=STEPS)
    with founded(sqlite_url, rules=standard().model_copy(update={"treasury": law})) as world:
        world.clock(date(2026, 7, 1))
        charged(world, 450_00, date(2026, 1, 5))
        charged(world, 200_00, date(2026, 4, 1))
        line = ("2026-Q2", "move surplus to the treasury: 2026-Q2 was EUR 50.00 over the threshold")
        assert told(world) == [line]
        assert told(world, "anna") == []
        world.clock(date(2026, 9, 30))
        assert told(world) == [line]
        charged(world, -200_00, date(2026, 7, 1))
        world.clock(date(2026, 10, 1))
        assert told(world) == []


def test_without_the_budget_of_the_host_nobody_is_told_of_a_threshold(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.clock(date(2026, 7, 1))
        charged(world, 9_000_000_00, date(2026, 4, 1))
        assert [row for row in world.ask("inbox", user="bram")["items"] if row["ref"] == "2026-Q2"] == []


@pytest.mark.parametrize(
    ("budget", "minimum", "threshold"),
    [
        (None, 0, None),
        (0, 1_000_000_00, 1_000_000_00),
        (40_000_000_00, 1_000_000_00, 1_000_000_00),
        (450_000_000_00, 1_000_000_00, 9_000_000_00),
        (500_000_000_00, 0, 10_000_000_00),
        (750_000_000_00, 1_000_000_00, 10_500_000_00),
        (1, 0, Fraction(2, 100)),
    ],
)
def test_the_threshold_by_budget(budget: int | None, minimum: int, threshold: Any) -> None:
    assert Treasury(host_budget_cents=budget, minimum_cents=minimum, steps=STEPS).threshold_cents == threshold


def test_without_steps_the_minimum_is_the_threshold() -> None:
    assert Treasury(host_budget_cents=10**9, minimum_cents=5).threshold_cents == 5


def test_the_average_is_that_of_the_balances_of_each_day(sqlite_url: str) -> None:
    dice = random.Random(2026)
    with founded(sqlite_url) as world:
        world.clock(date(2026, 4, 1))
        for _number in range(25):
            charged(world, dice.choice([-1, 1]) * dice.randint(1, 50_000), date(2026, 1, dice.randint(5, 31)))
            charged(world, dice.randint(1, 50_000), date(2026, 3, dice.randint(1, 31)))
        with world.snapshot() as snapshot:
            days = [date(2026, 1, 1) + timedelta(days=number) for number in range(90)]
            balances = [snapshot.ledger.balance("1000", as_of=day) for day in days]
        row = world.ask("statement treasury", year=2026)["accounts"][0]
        assert Fraction(row["average"]) == Fraction(sum(balances), 90)
        assert (row["lowest_cents"], row["highest_cents"], row["closing_cents"]) == (
            min(balances), max(balances), balances[-1],
        )  # fmt: skip
