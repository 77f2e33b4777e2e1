"""Other instalments for what is open: asked by a signatory, the committee decides, the old stay readable (R6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from fund.errors.amounts import InvalidAmount
from fund.errors.evaluations import WriteoffOpen
from fund.errors.people import ConflictOfInterest, NotAuthorised
from fund.errors.repayments import (
    FaultySchedule,
    InstalmentNotPositive,
    InstalmentsDisordered,
    NothingToRestructure,
    RequestNeedsSignatory,
    RestructuringDiffers,
    RestructuringInPast,
    ScheduleNotSaid,
    UnknownPlanVersion,
)
from fund.events.evaluations import EvaluationAccepted
from fund.events.writeoffs import WriteoffProposed
from fund.schemas.repayments import Plan
from fund.workflows.repayments.reminders import escalate
from tests.bookkeeping import head, journal
from tests.factories import World, founded
from tests.workflows.agreeing import AGREEMENT, fired_again, noon, received, replayed, running
from tests.workflows.test_amendments import commands, committee, voted

# Instalments of the plan: 933333 on 8 July and 8 October 2026, 933334 on 8 January 2027; 1750001 is paid out.
REF = "R2026-0001"
ASKED: dict[str, Any] = {"ref": AGREEMENT, "requested_by": "fatima", "reason": "de besparing komt later"}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        running(made, paid=1, cash=20_000_000)
        committee(made)
        yield made


def asked(world: World, **more: Any) -> str:
    said = {**ASKED, "instalments": 3, "first": date(2027, 1, 15), "every": 6, **more}
    whole = {key: value for key, value in said.items() if value is not None}
    return str(world.do("repayment restructure", user="anna", **whole)["result"]["ref"])


def decided(world: World, ref: str = REF) -> Any:
    voted(world, ref, mees="for", max="for", mona="for")
    return world.do("decision decide", user="carla", ref=ref)


def rows(world: World, **more: Any) -> list[tuple[int, str, int]]:
    plan = world.ask("repayment plan", ref=AGREEMENT, **more)
    return [(row["no"], row["due_on"], row["open_cents"]) for row in plan["instalments"]]


def test_what_is_open_is_paid_on_other_days_once_the_committee_agrees(world: World) -> None:
    received(world, "O2026-0101", 33_333)
    since = head(world)
    assert asked(world) == REF
    assert rows(world)[0] == (1, "2026-07-08", 900_000)
    assert f"fund decision vote {REF} --for" in commands(world, "mees")

    answer = decided(world)

    assert [each["type"] for each in answer["events"]] == ["resolution.carried", "plan.restructured"]
    assert journal(world, since) == ""
    assert rows(world) == [
        (1, "2026-07-08", 0), (4, "2027-01-15", 922_222), (5, "2027-07-15", 922_222), (6, "2028-01-15", 922_223),
    ]  # fmt: skip
    plan = world.ask("repayment plan", ref=AGREEMENT)
    assert (plan["state"], plan["version"], plan["plan_type"], plan["ends_on"]) == (
        "restructured", 2, "fixed", "2028-01-15",
    )  # fmt: skip
    assert plan["open_cents"] == 2_800_000 - 33_333
    assert [amount for _no, _day, amount in rows(world, version=1)] == [933_333, 933_333, 933_334]
    assert plan["versions"][1]["reason"] == ASKED["reason"]
    with world.snapshot() as snapshot:
        assert replayed(snapshot)
        restructured = snapshot.history(snapshot.case(Plan, AGREEMENT))[-1]
        assert (restructured.actor, restructured.type) == ("system", "plan.restructured")
    # the days of the schedule of before bring nothing about; those of the new one do
    world.clock(noon(date(2026, 10, 9)))
    assert fired_again(world, escalate, f"plan/{AGREEMENT}", "repayment.arrears", "1-2-1") == []
    world.clock(noon(date(2027, 1, 16)))
    with world.snapshot() as snapshot:
        steps: list[Any] = [each.fact for each in snapshot.history(snapshot.case(Plan, AGREEMENT))]
    assert [fact.instalment for fact in steps if fact.wire == "arrears.escalated"] == [4]


def test_a_file_says_instalment_by_instalment(world: World) -> None:
    text = """
        [[instalments]]
        due_on = 2026-12-01
        amount = "8000.00"

        [[instalments]]
        due_on = 2027-12-01
        amount = "{}"
    """

    def filed(content: str) -> Any:
        return world.do(
            "repayment restructure", user="anna", **ASKED, file={"name": "nieuw.toml", "content": content.encode()}
        )

    with pytest.raises(RestructuringDiffers) as differs:
        filed(text.format("1,00"))
    assert differs.value.details == {"ref": AGREEMENT, "total_cents": 800_100, "open_cents": 2_800_000}
    with pytest.raises(FaultySchedule) as faulty:
        filed(text.format("20000,00").replace("due_on = 2027", "due = 2027"))
    assert "nieuw.toml" in str(faulty.value)
    with pytest.raises(FaultySchedule) as broken:
        filed("[[instalments]]\ndue_on = morgen")
    assert "line 2" in str(broken.value)
    with pytest.raises(InvalidAmount):
        filed(text.format("veel"))
    right = text.format("20000,00")
    with pytest.raises(InstalmentsDisordered):
        filed(right.replace("2027-12-01", "2026-11-01"))
    with pytest.raises(RestructuringInPast):
        filed(right.replace("2026-12-01", "2026-01-08"))
    for last in ("0,00", "-1.00"):  # together they are what is open, and the last one asks nothing
        first = "28000.00" if last == "0,00" else "28001.00"
        with pytest.raises(InstalmentNotPositive) as nothing:
            filed(text.format(last).replace("8000.00", first))
        assert nothing.value.details["due_on"] == date(2027, 12, 1)
    filed(right)
    decided(world)
    assert rows(world) == [(4, "2026-12-01", 800_000), (5, "2027-12-01", 2_000_000)]


def test_a_list_of_an_earlier_day_shows_the_plans_of_that_day(world: World) -> None:
    asked(world)
    before = world.ask("repayment list")["plans"]
    began_on = world.ask("repayment plan", ref=AGREEMENT)["versions"][0]["from_on"]
    before_on = date(2026, 1, 31)
    world.clock(noon(date(2026, 3, 2)))
    decided(world)
    (now,) = world.ask("repayment list")["plans"]
    assert (now["state"], now["version"]) == ("restructured", 2)
    (then,) = world.ask("repayment list", as_of=before_on)["plans"]
    assert {**then, "next_due_on": before[0]["next_due_on"]} == before[0]
    assert world.ask("repayment list", as_of=date.fromisoformat(began_on) - timedelta(days=1))["plans"] == []


def test_a_version_that_a_plan_never_had_is_refused(world: World) -> None:
    with pytest.raises(UnknownPlanVersion) as refused:
        rows(world, version=9)
    assert refused.value.details == {"ref": AGREEMENT, "version": 9, "known": [1], "last": 1}
    asked(world)
    decided(world)
    with pytest.raises(UnknownPlanVersion):
        rows(world, version=3)
    assert len(rows(world, version=1)) == 3


def test_by_savings_it_is_one_amount_that_savings_bring_forward(world: World) -> None:
    asked(world, savings_share_bps=2_500, ends_on=date(2030, 12, 31))
    decided(world)
    assert rows(world) == [(4, "2030-12-31", 2_800_000)]
    saved = {"ref": AGREEMENT, "year": 2026, "realised_benefit_cents": 400_000}
    world.both("agreement benefits", user="piet", second="anna", **saved)
    assert [(no, cents) for no, _day, cents in rows(world)] == [(5, 100_000), (4, 2_700_000)]


def test_whoever_asks_writes_and_decides_is_of_the_right_side(world: World) -> None:
    for person in ("piet", "anna"):
        with pytest.raises(RequestNeedsSignatory):
            asked(world, requested_by=person)
    said = {**ASKED, "instalments": 2, "first": date(2027, 1, 1)}
    with pytest.raises(NotAuthorised):
        world.do("repayment restructure", user="bram", **said)
    world.both("user add", user="petra", second="carla", name="baan", roles=["fund_manager"], partner="gm0308")
    with pytest.raises(ConflictOfInterest):
        world.do("repayment restructure", user="baan", **said)
    with pytest.raises(ScheduleNotSaid):
        asked(world, first=None)


def test_what_came_in_meanwhile_needs_another_vote_and_shows_none(world: World) -> None:
    asked(world)
    voted(world, REF, mees="for", max="for", mona="for")
    received(world, "O2026-0101", 1)
    with pytest.raises(RestructuringDiffers) as refused:
        world.do("decision decide", user="carla", ref=REF)
    assert refused.value.details == {"ref": AGREEMENT, "total_cents": 2_800_000, "open_cents": 2_799_999}
    assert world.ask("decision show", ref=REF)["resolution"]["votes"] == []
    later = asked(world)
    assert (later, world.ask("decision show", ref=REF)["resolution"]["state"]) == ("R2026-0002", "superseded")
    decided(world, later)
    assert sum(cents for _no, _day, cents in rows(world)) == 2_799_999


def test_not_while_it_is_asked_what_is_given_up_nor_when_nothing_is_open(world: World) -> None:
    with world.uow("anna") as uow:
        uow.record(
            WriteoffProposed(
                ref=f"{AGREEMENT}-W1", agreement=AGREEMENT, proposal="2026-003", ground="hardship", lead="gm0308",
                parties=("gm0308",), reason="kan niet", amount_cents=100, outstanding_cents=1_750_001,
            )
        )  # fmt: skip
    with pytest.raises(WriteoffOpen):
        asked(world)


def test_nothing_open_gets_no_other_days(world: World) -> None:
    world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, ex_officio=True, reason="klaar")
    received(world, "O2026-0101", 1_750_001)
    with pytest.raises(NothingToRestructure):
        asked(world)


def test_what_paid_the_schedule_of_before_can_still_be_taken_back_and_is_reminded_of(world: World) -> None:
    received(world, "O2026-0101", 933_333)
    asked(world)
    decided(world)
    received(world, "O2026-0102", 100_000)
    world.clock(noon(date(2026, 8, 1)))
    world.do("bank unmatch", user="bram", ref="O2026-0101", reason="van een ander")
    world.drain()
    assert rows(world)[0] == (1, "2026-07-08", 933_333)
    plan = world.ask("repayment plan", ref=AGREEMENT)
    assert plan["open_cents"] == 2_700_000
    with world.snapshot() as snapshot:
        last: Any = snapshot.history(snapshot.case(Plan, AGREEMENT))[-1]
        assert (last.type, last.fact.instalment, last.fact.step) == ("arrears.escalated", 1, "note")
        assert replayed(snapshot)


def test_a_verdict_starts_no_plan_that_was_made_anew(world: World) -> None:
    asked(world)
    decided(world)
    before = rows(world)
    with world.uow("carla") as uow:
        uow.record(
            EvaluationAccepted(
                ref=AGREEMENT, proposal="2026-003", hypothesis="confirmed", learning="3", verdict="scale",
                good_result=True,
            )
        )  # fmt: skip
    world.drain()
    assert rows(world) == before
