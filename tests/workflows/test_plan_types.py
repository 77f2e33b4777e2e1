"""Each of the three plan types from activation to the last cent, with the last day that it has."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.events.evaluations import EvaluationAccepted
from tests.factories import World, founded
from tests.workflows.agreeing import (
    AGREEMENT,
    accepted,
    approved,
    approved_payment,
    file,
    noon,
    office,
    received,
    replayed,
    sent,
)

FIXED = """
plan = "fixed"
grace_months = 18
instalments = 7
months_between = 5
"""
SAVINGS = """
plan = "savings_linked"
savings_share_bps = 3333
ends_on = 2029-12-31
"""
ON_SUCCESS = """
plan = "on_success"
grace_months = 3
instalments = 3
months_between = 6
"""
REPAYABLE = 2_800_000


def begun(world: World, terms: str) -> None:
    """An agreement on these terms that holds, its whole award paid out, the work completed in February 2027."""
    office(world)
    approved(world)
    content = f"[repayment]{terms}".encode()
    world.do("agreement draft", user="anna", ref="2026-003", terms={"name": "t.toml", "content": content})
    for person in ("fatima", "piet", "carla"):
        world.do("agreement sign", user=person, ref=AGREEMENT)
    for number in (1, 2):
        accepted(world, AGREEMENT, number)
        payment = approved_payment(world, ref=AGREEMENT, milestone=number)
        sent(world, payment)
        world.do("payment settle", user="bram", ref=payment)


def completed(world: World) -> None:
    world.clock(noon(date(2027, 2, 1)))
    world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())


def verdict(world: World, word: str) -> None:
    with world.uow("carla") as uow:
        said: dict[str, Any] = {"hypothesis": "confirmed", "learning": "3", "good_result": True}
        uow.record(EvaluationAccepted(ref=AGREEMENT, proposal="2026-003", verdict=word, **said))
    world.drain()


def due(world: World) -> list[tuple[date, int]]:
    """Days and amounts of what is open."""
    rows = world.ask("repayment schedule", ref=AGREEMENT)["instalments"]
    return [(date.fromisoformat(row["due_on"]), row["open_cents"]) for row in rows]


def repaid_on_its_days(world: World) -> list[str]:
    """Each instalment comes in on its day; the days. Afterwards nothing is owed, and nothing was ever late."""
    days, number = [], 0
    while open_ := due(world):
        day, cents = open_[0]
        world.clock(noon(day))
        number += 1
        received(world, f"O{day.year}-{100 + number:04d}", cents)
        days.append(day.isoformat())
    plan = world.ask("repayment plan", ref=AGREEMENT)
    assert (plan["repaid_cents"], plan["open_cents"], plan["outstanding_cents"]) == (REPAYABLE, 0, 0)
    assert days[-1] <= plan["ends_on"]
    assert world.ask("repayment arrears")["arrears"] == []
    with world.snapshot() as snapshot:
        assert replayed(snapshot)
        types = [each.type for each in snapshot.store.facts.of_stream(f"plan/{AGREEMENT}")]
        assert "arrears.escalated" not in types
    return days


def test_a_fixed_plan_from_the_end_of_its_grace_to_its_last_instalment(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        begun(world, FIXED)
        amounts = [cents for _day, cents in due(world)]
        assert sum(amounts) == REPAYABLE
        assert max(amounts) - min(amounts) <= 1
        completed(world)
        days = repaid_on_its_days(world)
        assert (len(days), days[0], days[1], days[-1]) == (7, "2027-07-08", "2027-12-08", "2030-01-08")
        assert world.ask("repayment plan", ref=AGREEMENT)["ends_on"] == "2030-01-08"


def test_a_plan_by_savings_is_called_by_what_was_saved_and_owes_the_rest_on_its_last_day(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        begun(world, SAVINGS)
        assert due(world) == [(date(2029, 12, 31), REPAYABLE)]
        completed(world)

        def saved(year: int, cents: int) -> None:
            said = {"ref": AGREEMENT, "year": year, "realised_benefit_cents": cents}
            world.both("agreement benefits", user="piet", second="anna", **said)

        saved(2026, 1_000_001)  # a third of it, half a cent up
        assert due(world) == [(date(2027, 5, 1), 333_300), (date(2029, 12, 31), 2_466_700)]
        world.clock(noon(date(2028, 2, 1)))  # late by now
        saved(2027, 2_000_002)
        assert [cents for _day, cents in due(world)] == [333_300, 666_601, 1_800_099]
        received(world, "O2028-0001", 333_300)
        days = repaid_on_its_days_after_arrears(world)
        assert days == ["2028-05-01", "2029-12-31"]


def repaid_on_its_days_after_arrears(world: World) -> list[str]:
    """As above, where an instalment was late before."""
    days = []
    for day, cents in due(world):
        world.clock(noon(day))
        received(world, f"O{day.year}-{900 + len(days):04d}", cents)
        days.append(day.isoformat())
    plan = world.ask("repayment plan", ref=AGREEMENT)
    assert (plan["repaid_cents"], plan["open_cents"], plan["outstanding_cents"]) == (REPAYABLE, 0, 0)
    assert days[-1] == plan["ends_on"]
    return days


@pytest.mark.parametrize(
    ("word", "days", "version"),
    [("scale", ["2027-05-01", "2027-11-01", "2028-05-01"], 2), ("stop", ["2027-10-31", "2028-04-30", "2028-10-31"], 1)],
)
def test_a_plan_that_waits_for_success_starts_with_it_or_six_months_after_the_work(
    sqlite_url: str, word: str, days: list[str], version: int
) -> None:
    with founded(sqlite_url) as world:
        begun(world, ON_SUCCESS)
        completed(world)
        verdict(world, word)
        assert world.ask("repayment plan", ref=AGREEMENT)["version"] == version
        assert repaid_on_its_days(world) == days


def test_a_plan_whose_instalments_are_more_than_its_cents_still_adds_up(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        begun(world, FIXED.replace("7", "120").replace("months_between = 5", "months_between = 1"))
        rows = due(world)
        assert (len(rows), sum(cents for _day, cents in rows)) == (120, REPAYABLE)
        assert {cents for _day, cents in rows} == {23_333, 23_334}
