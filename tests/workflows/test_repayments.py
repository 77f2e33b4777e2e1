from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.dates import quarter_of
from fund.errors.agreements import AllowanceUpToDate, PrepaymentExceedsPlan
from fund.errors.closing import DayToCome
from fund.errors.commands import TransitionNotAllowed, UnknownRef
from fund.errors.people import NotAuthorised, SameHands
from fund.events.evaluations import EvaluationAccepted
from fund.events.repayments import PlanRestructured
from fund.events.values import InstalmentTerms
from fund.schemas.repayments import Plan
from fund.workflows.repayments.lifecycle import TRANSITIONS, instalment_of_reference, instalment_reference
from tests.factories import World, as_text, founded
from tests.workflows.agreeing import AGREEMENT, approved, last_entry, noon, office, received, running, signed

# Instalments of the plan: 933333 on 8 July and 8 October 2026, 933334 on 8 January 2027; 1750001 is paid out.


def parts(world: World, **more: Any) -> list[tuple[int, int]]:
    return [
        (row["paid_cents"], row["open_cents"])
        for row in world.ask("repayment plan", ref=AGREEMENT, **more)["instalments"]
    ]


def types(world: World, stream: str = "plan/" + AGREEMENT) -> list[str]:
    with world.snapshot() as snapshot:
        return [event.type for event in snapshot.store.facts.of_stream(stream)]


def test_an_instalment_is_found_by_the_reference_that_payers_quote() -> None:
    reference = instalment_reference("A2026-003", 2)
    assert instalment_of_reference(reference) == ("A2026-003", 2)
    assert instalment_of_reference(f"{reference[:4]} {reference[4:]}".lower()) == ("A2026-003", 2)
    assert instalment_of_reference(instalment_reference("A2026-1234", 12)) == ("A2026-1234", 12)
    assert instalment_of_reference("RF18539007547034") is None
    assert instalment_of_reference("B2026-0001") is None


def test_the_plan_starts_with_the_agreement_and_adds_up(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert (plan["state"], plan["version"], plan["open_cents"], plan["outstanding_cents"]) == (
            "active",
            1,
            2_800_000,
            1_750_001,
        )
        row = world.ask("repayment list")["plans"][0]
        assert (row["repayable_cents"], row["repaid_cents"], row["next_due_on"]) == (2_800_000, 0, "2026-07-08")
        due = world.ask("repayment schedule", until=date(2026, 12, 31))["instalments"]
        assert [(each["agreement"], each["no"], each["due_on"]) for each in due] == [
            (AGREEMENT, 1, "2026-07-08"),
            (AGREEMENT, 2, "2026-10-08"),
        ]
        assert world.ask("repayment schedule", ref=AGREEMENT)["instalments"][2]["amount_cents"] == 933_334
        with pytest.raises(UnknownRef):
            world.ask("repayment plan", ref="A2026-999")


def test_open_instalments_are_the_advance_and_the_repayable_part_of_the_commitment(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        received(world, "O2026-0101", 500_000)
        plan = world.ask("repayment plan", ref=AGREEMENT)
        shown = world.ask("agreement show", ref=AGREEMENT)
        repayable_part = shown["repayable_cents"] - 1_750_001
        assert plan["open_cents"] == plan["outstanding_cents"] + repayable_part == 2_300_000


def test_a_plan_is_shown_as_it_stood_on_an_earlier_day(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 7, 1)))
        received(world, "O2026-0101", 1_000_000)
        world.clock(noon(date(2026, 8, 1)))
        assert parts(world) == [(933_333, 0), (66_667, 866_666), (0, 933_334)]
        assert parts(world, as_of=date(2026, 6, 30)) == [(0, 933_333), (0, 933_333), (0, 933_334)]
        assert parts(world, as_of=date(2026, 7, 1)) == parts(world)
        assert parts(world, as_of=date(2026, 1, 5)) == []


def test_an_announced_early_payment_shortens_the_plan_from_its_end(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=2)
        with pytest.raises(NotAuthorised):
            world.do("repayment prepay", user="piet", ref=AGREEMENT, amount_cents=1_000_000)
        for cents in (0, 2_800_001):
            with pytest.raises(PrepaymentExceedsPlan) as caught:
                world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=cents)
            assert caught.value.details["open_cents"] == 2_800_000
        told = world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=1_000_000)
        assert told["result"]["reference"] == instalment_reference(AGREEMENT, 3)
        received(world, "O2026-0101", 1_000_000)
        assert parts(world) == [(0, 933_333), (66_666, 866_667), (933_334, 0)]
        assert world.ask("repayment plan", ref=AGREEMENT)["early_cents"] == 0


def test_a_receipt_that_was_for_something_else_leaves_the_plan_as_it_was(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=2)
        world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=1_000_000)
        before = parts(world)
        received(world, "O2026-0101", 1_000_000)
        assert parts(world) != before
        world.do("bank unmatch", user="bram", ref="O2026-0101", reason="van een ander")
        assert parts(world) == before
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert (plan["early_cents"], plan["outstanding_cents"]) == (1_000_000, 2_800_000)


def test_each_step_of_arrears_is_taken_once_and_only_on_money_that_was_paid_out(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 7, 8)))
        assert "arrears.escalated" not in types(world)
        world.clock(noon(date(2026, 7, 9)))
        world.clock(noon(date(2026, 7, 10)))
        assert types(world).count("arrears.escalated") == 1
        with world.snapshot() as snapshot:
            note = snapshot.store.facts.of_stream("plan/" + AGREEMENT)[-1]
            assert (note.actor, note.fact.step, note.fact.open_cents) == ("system", "note", 933_333)  # type: ignore[attr-defined]
        world.clock(noon(date(2026, 9, 7)))
        assert types(world).count("arrears.escalated") == 3
        world.clock(noon(date(2026, 10, 9)))
        with world.snapshot() as snapshot:
            second = snapshot.store.facts.of_stream("plan/" + AGREEMENT)[-1]
            assert (second.fact.instalment, second.fact.open_cents) == (2, 816_668)  # type: ignore[attr-defined]
        world.clock(noon(date(2027, 6, 1)))
        steps = [
            (event.fact.instalment, event.fact.step)  # type: ignore[attr-defined]
            for event in _events(world)
            if event.type == "arrears.escalated"
        ]
        assert steps == [(1, "note"), (1, "demand"), (1, "committee"), (2, "note"), (2, "demand"), (2, "committee")]


def _events(world: World) -> list[Any]:
    with world.snapshot() as snapshot:
        return snapshot.store.facts.of_stream("plan/" + AGREEMENT)


def test_who_pays_in_time_is_never_reminded(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 7, 8)))
        received(world, "O2026-0101", 933_333)
        world.clock(noon(date(2026, 9, 30)))
        assert "arrears.escalated" not in types(world)


SAVINGS = b"""
[repayment]
plan = "savings_linked"
savings_share_bps = 5000
ends_on = 2029-12-31
"""


def test_a_plan_by_savings_calls_its_share_of_each_saving(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref="2026-003", terms={"name": "t.toml", "content": SAVINGS})
        for person in ("fatima", "piet", "carla"):
            world.do("agreement sign", user=person, ref=AGREEMENT)

        def due() -> list[tuple[int, str, int]]:
            rows = world.ask("repayment plan", ref=AGREEMENT)["instalments"]
            return [(row["no"], row["due_on"], row["open_cents"]) for row in rows]

        def saved(cents: int) -> None:
            world.both(
                "agreement benefits", user="piet", second="anna", ref=AGREEMENT, year=2026, realised_benefit_cents=cents
            )

        assert due() == [(1, "2029-12-31", 2_800_000)]
        saved(100_001)
        assert due() == [(2, "2026-04-08", 50_001), (1, "2029-12-31", 2_749_999)]
        saved(100_001)
        saved(90_000)
        assert len(due()) == 2
        world.clock(noon(date(2026, 2, 8)))
        saved(120_001)
        assert due() == [(2, "2026-04-08", 50_001), (3, "2026-05-08", 10_000), (1, "2029-12-31", 2_739_999)]
        saved(99_999_999)
        assert sum(cents for _no, _day, cents in due()) == 2_800_000
        assert due()[2] == (4, "2026-05-08", 2_739_999)


ON_SUCCESS = b"""
[repayment]
plan = "on_success"
grace_months = 3
instalments = 2
months_between = 6
"""


@pytest.mark.parametrize("verdict", ["scale", "iterate"])
def test_a_plan_that_waits_for_success_starts_with_a_good_verdict(sqlite_url: str, verdict: str) -> None:
    with founded(sqlite_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref="2026-003", terms={"name": "t.toml", "content": ON_SUCCESS})
        for person in ("fatima", "piet", "carla"):
            world.do("agreement sign", user=person, ref=AGREEMENT)

        def days() -> list[str]:
            return [row["due_on"] for row in world.ask("repayment plan", ref=AGREEMENT)["instalments"]]

        assert days() == ["2027-10-31", "2028-04-30"]
        world.clock(noon(date(2027, 2, 15)))
        with world.uow("carla") as uow:
            uow.record(
                EvaluationAccepted(
                    ref=AGREEMENT,
                    proposal="2026-003",
                    hypothesis="confirmed",
                    learning="3",
                    verdict=verdict,
                    good_result=True,
                )
            )
        world.drain()
        plan = world.ask("repayment plan", ref=AGREEMENT)
        if verdict == "scale":
            assert (days(), plan["version"]) == (["2027-05-15", "2027-11-15"], 2)
        else:
            assert (days(), plan["version"]) == (["2027-10-31", "2028-04-30"], 1)
        assert plan["open_cents"] == 2_800_000


def test_ageing_is_reckoned_for_any_day(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 7, 20)))
        received(world, "O2026-0101", 33_333)
        world.clock(noon(date(2026, 12, 1)))
        row = world.ask("repayment arrears", as_of=date(2026, 7, 19))["arrears"][0]
        assert (row["1_30_cents"], row["not_due_cents"], row["days"]) == (933_333, 816_668, 11)
        now = world.ask("repayment arrears")
        assert now["total"] == {
            "outstanding_cents": 1_716_668,
            "not_due_cents": 0,
            "1_30_cents": 0,
            "31_90_cents": 816_668,
            "91_180_cents": 900_000,
            "over_180_cents": 0,
        }
        assert (now["arrears"][0]["step_days"], now["arrears"][0]["overdue_cents"]) == (60, 1_716_668)


def test_the_allowance_follows_the_stage_of_each_advance(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 4, 2)))
        with pytest.raises(DayToCome):
            world.do("repayment allowance", user="anna", on=date(2026, 6, 30))
        with pytest.raises(NotAuthorised):
            world.do("repayment allowance", user="bram", on=date(2026, 3, 31))
        made = world.do("repayment allowance", user="anna", on=date(2026, 3, 31))
        with pytest.raises(SameHands):
            world.do("confirm", user="anna", ref=made["pending"])
        world.do("confirm", user="bram", ref=made["pending"])
        assert last_entry(world) == (
            "2026-03-31 allowance.adjusted Voorziening A2026-003 2026-Q1\n"
            "  Dr 4100.A2026-003 437500\n"
            "    Cr 1290.A2026-003 437500"
        )
        with pytest.raises(AllowanceUpToDate):
            world.do("repayment allowance", user="anna", on=date(2026, 3, 31))
        world.clock(noon(date(2026, 8, 20)))
        world.both("repayment allowance", user="anna", second="bram", on=date(2026, 8, 20))
        assert last_entry(world) == (
            "2026-08-20 allowance.adjusted Voorziening A2026-003 2026-Q3\n"
            "  Dr 4100.A2026-003 262500\n"
            "    Cr 1290.A2026-003 262500"
        )
        received(world, "O2026-0101", 1_000_000)
        world.both("repayment allowance", user="anna2", second="bram2", on=date(2026, 8, 20))
        entry = as_text(world.entries()[-1])
        assert entry == (
            "2026-08-20 allowance.adjusted Voorziening A2026-003 2026-Q3\n"
            "  Dr 1290.A2026-003 512500\n"
            "    Cr 4100.A2026-003 512500"
        )
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["allowance_cents"], shown["outstanding_cents"]) == (187_500, 750_001)


def test_a_locked_month_takes_the_allowance_as_adjusting_entries(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 4, 2)))
        for month in ("2026-01", "2026-02", "2026-03"):
            world.both("period lock", user="anna", second="bram", period=month)
        world.both("repayment allowance", user="anna", second="bram", on=date(2026, 3, 31))
        assert last_entry(world).startswith("2026-03-31 adjusting Voorziening A2026-003 2026-Q1\n")


def test_a_run_over_nothing_is_kept_and_books_nothing(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        before = len(world.entries())
        world.both("repayment allowance", user="anna", second="bram")
        assert len(world.entries()) == before
        assert types(world, "allowance/2026-Q1") == ["allowance.adjusted"]


def test_an_allowance_of_a_past_day_never_exceeds_what_is_outstanding_now(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 4, 2)))
        received(world, "O2026-0101", 1_750_000)
        world.both("repayment allowance", user="anna", second="bram", on=date(2026, 3, 31))
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["allowance_cents"], shown["outstanding_cents"]) == (1, 1)


def test_a_new_schedule_leaves_the_old_one_readable(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        received(world, "O2026-0101", 33_333)
        with world.uow() as uow:
            uow.record(
                PlanRestructured(
                    ref=AGREEMENT,
                    proposal="2026-003",
                    instalments=(InstalmentTerms(no=4, due_on=date(2028, 1, 1), amount_cents=2_766_667),),
                    ends_on=date(2028, 1, 1),
                    reason="uitstel",
                )
            )
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert (plan["state"], plan["version"], plan["open_cents"]) == ("restructured", 2, 2_766_667)
        assert [(row["no"], row["paid_cents"], row["open_cents"]) for row in plan["instalments"]] == [
            (1, 33_333, 0),
            (4, 0, 2_766_667),
        ]
        old = world.ask("repayment plan", ref=AGREEMENT, version=1)
        assert [row["amount_cents"] for row in old["instalments"]] == [933_333, 933_333, 933_334]
        world.clock(noon(date(2027, 6, 1)))
        assert "arrears.escalated" not in types(world)


def test_what_happened_gives_the_stored_plan(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        received(world, "O2026-0101", 500_000)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, ex_officio=True, reason="klaar")
        world.clock(noon(date(2026, 12, 1)))
        with world.snapshot() as snapshot:
            projection = snapshot.projections["plan"]
            stored = snapshot.case(Plan, AGREEMENT)
            again = None
            for event in snapshot.history(stored):
                again = projection.apply(again, event)
            assert again == stored
            assert stored.open_cents == 1_250_001


def test_a_plan_has_no_command_before_it_starts(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        with world.uow() as uow:
            case = uow.case(Plan, AGREEMENT)
            uow.store.cases.put([(case.replace(state="gone"), uow.version(case))])
        with pytest.raises(TransitionNotAllowed):
            world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=1)
        assert {row.command for row in TRANSITIONS} == {
            "repayment activate",
            "repayment prepay",
            "repayment start",
            "decision decide",
            "repayment reallocate",
            "repayment escalate",
            "repayment demand",
            "repayment charge",
            "repayment waive-charge",
            "repayment warn",
        }


def test_quarters_follow_the_calendar() -> None:
    assert [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 12)] == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4"]


def test_a_second_agreement_has_a_plan_of_its_own(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        other = signed(world, ref="2026-004", ask_cents=4_000_000)
        assert [row["agreement"] for row in world.ask("repayment list")["plans"]] == [AGREEMENT, other]
