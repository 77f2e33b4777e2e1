"""Steps of arrears: once per instalment and step, whatever happens in between; demands, and claims that lapse (R8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from fund.errors.commands import UnknownRef
from fund.errors.people import ConflictOfInterest, NotAuthorised
from fund.errors.repayments import InstalmentNotLate
from fund.schemas.repayments import Plan
from fund.workflows.repayments.reminders import escalate, warn
from tests.factories import World, founded
from tests.workflows.agreeing import (
    AGREEMENT,
    accepted,
    approved_payment,
    fired_again,
    noon,
    received,
    replayed,
    running,
)

# Instalments of the plan: 933333 on 8 July and 8 October 2026, 933334 on 8 January 2027; 1750001 is paid out.
DUE = date(2026, 7, 8)


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        running(made, paid=1)
        yield made


def steps(world: World) -> list[tuple[int, str, str]]:
    """Instalment, step and day of each step that was taken."""
    with world.snapshot() as snapshot:
        told: list[Any] = [
            each for each in snapshot.history(snapshot.case(Plan, AGREEMENT)) if each.type == "arrears.escalated"
        ]
        assert all(each.actor == "system" and each.causation_id for each in told)
        assert replayed(snapshot)
        return [(each.fact.instalment, each.fact.step, each.effective_on.isoformat()) for each in told]


def days_pass(world: World, until: date, *, every: int = 1) -> None:
    with world.snapshot() as snapshot:
        day = snapshot.today
    while day < until:
        day = min(day + timedelta(days=every), until)
        world.clock(noon(day))


def lines(world: World, user: str) -> list[tuple[str, str | None]]:
    items = world.ask("inbox", user=user)["items"]
    return [(item["command"], item["until"]) for item in items if item["command"].startswith("fund repayment")]


def test_a_demand_gives_two_weeks_and_its_receiver_sees_it(world: World) -> None:
    world.clock(noon(DUE + timedelta(days=1)))
    assert lines(world, "fatima") == [(f"fund repayment plan {AGREEMENT}", None)]
    world.clock(noon(DUE + timedelta(days=30)))  # Friday 7 August
    assert lines(world, "fatima") == [(f"fund repayment plan {AGREEMENT}", "2026-08-21")]
    assert lines(world, "piet") == []
    part = world.ask("repayment plan", ref=AGREEMENT)["instalments"][0]
    assert (part["demanded_on"], part["pay_by"], part["limitation_on"]) == ("2026-08-07", "2026-08-21", "2031-08-07")


def test_what_went_through_every_step_waits_for_the_office_and_the_chair(world: World) -> None:
    def told(user: str) -> list[str]:
        return [row["what"] for row in world.ask("inbox", user=user)["items"] if row["ref"] == AGREEMENT]

    line = f"say what happens to EUR 9,333.33 in arrears, {AGREEMENT}"
    world.clock(noon(DUE + timedelta(days=59)))
    assert line not in told("carla") + told("anna")
    world.clock(noon(DUE + timedelta(days=60)))
    assert told("carla") == [line]
    assert line in told("anna")
    assert line not in told("bram")


def test_steps_that_went_by_while_a_match_was_wrong_come_back_with_the_time_between_them(world: World) -> None:
    received(world, "O2026-0101", 933_333)
    days_pass(world, DUE + timedelta(days=70), every=35)
    assert steps(world) == []
    world.do("bank unmatch", user="bram", ref="O2026-0101", reason="van een ander")
    world.drain()
    assert steps(world) == [(1, "note", "2026-09-16")]
    days_pass(world, date(2026, 12, 1), every=10)
    taken = [step for step in steps(world) if step[0] == 1]
    assert [step for _no, step, _day in taken] == ["note", "demand", "committee"]
    days = [date.fromisoformat(day) for _no, _step, day in taken]
    assert days[1] - days[0] >= timedelta(days=29)
    assert days[2] - days[1] >= timedelta(days=20)  # looked at every ten days here


def test_a_step_is_taken_once_though_the_instalment_is_paid_in_part_and_opened_again(world: World) -> None:
    world.clock(noon(DUE + timedelta(days=1)))
    received(world, "O2026-0101", 33_333)
    world.do("bank unmatch", user="bram", ref="O2026-0101", reason="van een ander")
    received(world, "O2026-0102", 900_000)
    world.clock(noon(DUE + timedelta(days=31)))
    world.do("bank unmatch", user="bram", ref="O2026-0102", reason="ook van een ander")
    world.drain()
    assert [step for _no, step, _day in steps(world)] == ["note", "demand"]
    for days in (1, 30, 60):
        assert fired_again(world, escalate, f"plan/{AGREEMENT}", "repayment.arrears", f"1-1-{days}") == []
    world.clock(noon(DUE + timedelta(days=61)))
    assert [step for _no, step, _day in steps(world)] == ["note", "demand", "committee"]


def test_an_instalment_that_fell_due_before_its_money_was_paid_out_is_reminded_of_afterwards(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        world.clock(noon(DUE + timedelta(days=5)))
        assert steps(world) == []
        accepted(world, AGREEMENT, 1)
        approved_payment(world, ref=AGREEMENT, milestone=1)
        world.drain()
        assert [(no, step) for no, step, _day in steps(world)] == [(1, "note")]


def test_the_office_demands_what_is_late_and_nothing_else(world: World) -> None:
    with pytest.raises(InstalmentNotLate) as refused:
        world.do("repayment demand", user="anna", ref=AGREEMENT)
    assert refused.value.details == {"ref": AGREEMENT, "no": "-", "due_on": DUE, "late_cents": 0}
    world.clock(noon(date(2026, 10, 20)))
    with pytest.raises(UnknownRef):
        world.do("repayment demand", user="anna", ref=AGREEMENT, instalment=9)
    with pytest.raises(InstalmentNotLate):
        world.do("repayment demand", user="anna", ref=AGREEMENT, instalment=3)
    with pytest.raises(NotAuthorised):
        world.do("repayment demand", user="bram", ref=AGREEMENT)
    world.both("user add", user="petra", second="carla", name="baan", roles=["fund_manager"], partner="gm0308")
    with pytest.raises(ConflictOfInterest):
        world.do("repayment demand", user="baan", ref=AGREEMENT)
    told = world.do("repayment demand", user="anna", ref=AGREEMENT)
    assert told["result"] == {
        "ref": AGREEMENT, "instalments": [1, 2], "demanded_cents": 1_750_001, "pay_by": "2026-11-03",
    }  # fmt: skip
    assert told["entries"] == []


def test_a_claim_that_nobody_pursues_is_warned_of_once_before_it_lapses_and_a_demand_saves_it(world: World) -> None:
    def warned() -> list[tuple[int, str]]:
        with world.snapshot() as snapshot:
            told: list[Any] = snapshot.history(snapshot.case(Plan, AGREEMENT))
        return [
            (each.fact.instalment, each.fact.ends_on.isoformat())
            for each in told
            if each.type == "arrears.limitation_neared"
        ]

    days_pass(world, date(2026, 12, 31), every=30)
    demanded = world.ask("repayment plan", ref=AGREEMENT)["instalments"][0]
    ends_on = date.fromisoformat(demanded["limitation_on"])
    assert ends_on == date.fromisoformat(demanded["demanded_on"]).replace(year=2031)
    world.clock(noon(date(2031, 1, 1)))
    assert warned() == []
    world.clock(noon(date(2031, 7, 20)))
    assert [no for no, _day in warned()] == [1, 2]
    assert warned()[0] == (1, ends_on.isoformat())
    assert fired_again(world, warn, f"plan/{AGREEMENT}", "repayment.limitation", "1") == []
    assert (f"fund repayment demand {AGREEMENT} --instalment 1", ends_on.isoformat()) in lines(world, "anna")

    world.do("repayment demand", user="anna", ref=AGREEMENT, instalment=1)

    assert [command for command, _until in lines(world, "anna") if "demand" in command] == [
        f"fund repayment demand {AGREEMENT} --instalment 2"
    ]
    assert world.ask("repayment plan", ref=AGREEMENT)["instalments"][0]["limitation_on"] == "2036-07-20"
    world.clock(noon(date(2036, 1, 20)))
    assert [no for no, _day in warned()] == [1, 2, 1]


def test_who_announces_a_payment_acknowledges_the_debt(world: World) -> None:
    world.clock(noon(date(2026, 8, 1)))
    world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=100_000)
    part = world.ask("repayment plan", ref=AGREEMENT)["instalments"][0]
    assert part["limitation_on"] == "2031-08-01"
