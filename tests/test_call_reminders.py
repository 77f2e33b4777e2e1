"""A call that is open is asked for again: a week before its last day, and step by step after it; each step once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fund.bank.simulation import StoryBank
from fund.checks import verify
from fund.contributions.reminding import step_name
from tests.factories import World, as_file, founded
from tests.workflows.test_partners import THREE
from tests.workflows.test_receipts import FROM, import_statement, registered

DUE = date(2026, 2, 4)
STEPS = (-7, 1, 30, 60)


def called(world: World) -> StoryBank:
    """Baarn and Bunnik are called for a thousand euro each, due on 4 February."""
    world.people()
    world.do("partner import", user="anna", file=as_file(THREE))
    world.user("fatima", "partner_signatory", partner="gm0308")
    for partner in ("gm0308", "gm0312"):
        world.both("capital call", user="anna", second="bram", amount=1_000_00, partner=partner)
    return registered(world)


def told(world: World, ref: str = "B2026-0001") -> list[tuple[int, str, int]]:
    """Of each reminder of a call: days after its last day, the step, and what was open."""
    with world.snapshot() as snapshot:
        facts = [each.fact for each in snapshot.store.facts.of_stream(f"call/{ref}") if each.type.endswith("reminded")]
    return [(fact.step_days, fact.step, fact.open_cents) for fact in facts]


def lines(world: World, user: str) -> list[tuple[str, str]]:
    items = world.ask("inbox", user=user)["items"]
    return [(item["command"], item["until"]) for item in items if "capital" in item["command"]]


def paid(world: World, bank: StoryBank, cents: int, on: date) -> None:
    bank.receive(cents, name="Gemeente Baarn", iban=FROM, on=on, reference="RF30B20260001")
    import_statement(world, bank, on)


def test_each_step_is_told_once_and_nothing_is_posted(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        posted = len(world.entries())
        world.clock(DUE - timedelta(days=8))
        assert told(world) == []
        for days, step in zip(STEPS, ("soon", "note", "demand", "committee"), strict=True):
            world.clock(DUE + timedelta(days=days))
            assert told(world)[-1] == (days, step, 1_000_00)
            world.drain()
        assert [days for days, _step, _cents in told(world)] == list(STEPS)
        assert world.ask("capital list", partner="gm0308")["calls"][0]["reminded"] == "committee"
        assert len(world.entries()) == posted
        assert verify(world.fund.engine)["ok"]


def test_a_part_that_came_in_is_not_asked_again_and_a_paid_call_is_left_alone(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = called(world)
        world.clock(DUE - timedelta(days=7))
        paid(world, bank, 400_00, DUE - timedelta(days=7))
        world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001")
        world.clock(DUE + timedelta(days=1))
        assert told(world) == [(-7, "soon", 1_000_00), (1, "note", 600_00)]
        paid(world, bank, 600_00, DUE + timedelta(days=1))
        for days in (30, 60, 90):
            world.clock(DUE + timedelta(days=days))
        assert told(world) == [(-7, "soon", 1_000_00), (1, "note", 600_00)]
        assert [days for days, _step, _cents in told(world, "B2026-0002")] == list(STEPS)
        assert lines(world, "fatima") == []


def test_a_match_that_is_taken_back_is_asked_for_again(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = called(world)
        paid(world, bank, 1_000_00, date(2026, 1, 5))
        world.clock(DUE)
        assert told(world) == []
        world.do("bank unmatch", user="bram", ref="O2026-0001", reason="van een ander")
        world.clock(DUE + timedelta(days=1))
        world.clock(DUE + timedelta(days=30))
        assert [days for days, _step, _cents in told(world)] == [1, 30]


def test_a_clock_that_jumps_over_the_last_day_leaves_out_that_it_comes_near(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        called(world)
        world.clock(DUE + timedelta(days=31))
        assert [days for days, _step, _cents in told(world)] == [1]


def test_who_is_told_late_has_no_less_time(database_url: str) -> None:
    """Nobody worked in the fund for two months: a note, a demand and the committee do not come on one day."""
    with founded(database_url) as world:
        called(world)
        world.clock(DUE + timedelta(days=61))
        assert told(world) == [(1, "note", 1_000_00)]
        world.clock(DUE + timedelta(days=61 + 28))
        assert len(told(world)) == 1
        world.clock(DUE + timedelta(days=61 + 29))
        assert told(world)[1:] == [(30, "demand", 1_000_00)]
        world.clock(DUE + timedelta(days=61 + 29 + 29))
        assert len(told(world)) == 2
        world.clock(DUE + timedelta(days=61 + 59))
        assert told(world)[2:] == [(60, "committee", 1_000_00)]


def test_the_partner_sees_it_from_a_week_before_and_the_office_when_it_is_late(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        called(world)
        assert lines(world, "fatima") == lines(world, "anna2") == []
        world.clock(DUE - timedelta(days=7))
        mine = [("fund capital letter B2026-0001", DUE.isoformat())]
        assert lines(world, "fatima") == mine
        assert lines(world, "anna2") == []
        world.clock(DUE + timedelta(days=1))
        assert lines(world, "fatima") == mine
        assert lines(world, "anna2") == [
            ("fund capital list --partner gm0308 --open", DUE.isoformat()),
            ("fund capital list --partner gm0312 --open", DUE.isoformat()),
        ]
        assert lines(world, "bram") == []


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        (STEPS, ["soon", "note", "demand", "committee"]),
        ((-14, -3, 0, 5), ["soon", "soon", "soon", "note"]),
        ((1, 2, 3, 4, 5), ["note", "demand", "committee", "committee", "committee"]),
    ],
)
def test_steps_are_named_by_their_order(steps: tuple[int, ...], names: list[str]) -> None:
    assert [step_name(days, steps) for days in steps] == names
