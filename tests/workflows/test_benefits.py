"""The business case kept up to date: planned, expected now and realised, per partner and year (M3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.errors.agreements import BenefitsNotOwn, FaultyBenefits, NothingReported, YearNotBegun
from fund.errors.amounts import InvalidAmount
from fund.events.agreements import BenefitFellDue
from fund.workflows.agreements.benefits import ask_benefits
from fund.workflows.agreements.business_case import benefit_per_partner, benefits_due
from tests.factories import World, founded
from tests.workflows.agreeing import AGREEMENT, file, fired_again, noon, replayed, running
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN

PROMISED = (
    {"partner": BAARN, "year": 2026, "amount_cents": 100_000},
    {"partner": BAARN, "year": 2027, "amount_cents": 200_000},
    {"partner": BUNNIK, "year": 2027, "amount_cents": 50_000},
)


def reported(world: World, user: str = "fatima", **args: Any) -> None:
    world.both("agreement benefits", user=user, second="anna", ref=AGREEMENT, **args)


def table(world: World) -> dict[str, Any]:
    return world.ask("agreement business-case", ref=AGREEMENT)


def row(world: World, partner: str, year: int) -> dict[str, Any]:
    return next(each["benefit"] for each in table(world)["rows"] if (each["partner"], each["year"]) == (partner, year))


def asked(world: World) -> list[tuple[int, tuple[str, ...]]]:
    with world.snapshot() as snapshot:
        facts = [each.fact for each in snapshot.store.facts.of_stream(f"agreement/{AGREEMENT}")]
    return [(fact.year, fact.partners) for fact in facts if isinstance(fact, BenefitFellDue)]


def test_the_business_case_is_what_everything_is_held_against(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, benefits=PROMISED)
        assert table(world)["total"]["benefit"] == {
            "planned_cents": 350_000,
            "expected_cents": 350_000,
            "realised_cents": None,
            "outlook_cents": 350_000,
            "difference_cents": 0,
        }
        reported(world, year=2026, realised_benefit_cents=80_000, realised_cost_cents=5_000)
        reported(world, year=2027, expected_benefit_cents=150_000, note="droge zomer")
        assert row(world, BAARN, 2026) == {
            "planned_cents": 100_000,
            "expected_cents": 100_000,
            "realised_cents": 80_000,
            "outlook_cents": 80_000,
            "difference_cents": -20_000,
        }
        assert row(world, BAARN, 2027)["expected_cents"] == 150_000
        assert row(world, BAARN, 2027)["realised_cents"] is None
        found = table(world)
        baarn, bunnik = found["partners"]
        assert (baarn["partner"], baarn["benefit"]["difference_cents"]) == (BAARN, -70_000)
        assert (bunnik["partner"], bunnik["benefit"]["difference_cents"]) == (BUNNIK, 0)
        assert (found["total"]["benefit"]["realised_cents"], found["total"]["benefit"]["outlook_cents"]) == (
            80_000,
            280_000,
        )
        assert found["total"]["cost"]["realised_cents"] == 5_000
        with world.snapshot() as snapshot:
            assert benefit_per_partner(snapshot)[BAARN]["outlook_cents"] == 230_000
            assert replayed(snapshot)


def test_a_later_report_changes_what_it_names_and_keeps_the_rest(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, benefits=PROMISED)
        reported(world, year=2026, realised_benefit_cents=80_000, expected_benefit_cents=90_000)
        reported(world, year=2026, expected_benefit_cents=70_000)
        now = row(world, BAARN, 2026)
        assert (now["expected_cents"], now["realised_cents"]) == (70_000, 80_000)
        reported(world, year=2026, realised_benefit_cents=0)
        assert row(world, BAARN, 2026)["realised_cents"] == 0
        assert world.ask("statement agreement", ref=AGREEMENT)["benefits"] == [
            {"partner": BAARN, "year": 2026, "planned_cents": 100_000, "expected_cents": 70_000, "realised_cents": 0}
        ]


def test_the_lead_reports_for_all_in_one_file_and_others_for_themselves(database_url: str) -> None:
    text = f"""
[[benefits]]
partner = "{BAARN}"
year = 2026
realised_benefit = "1000,00"
[[benefits]]
partner = "Gemeente Bunschoten"
year = 2026
expected_benefit = "20.50"
realised_cost = "3"
"""
    with founded(database_url) as world:
        running(world, benefits=PROMISED)
        reported(world, file={"name": "b.toml", "content": text.encode()})
        assert row(world, BAARN, 2026)["realised_cents"] == 100_000
        assert row(world, BUNSCHOTEN, 2026)["expected_cents"] == 2_050
        with pytest.raises(BenefitsNotOwn) as refused:
            world.do("agreement benefits", user="piet", ref=AGREEMENT, file={"name": "b", "content": text.encode()})
        assert refused.value.details["own"] == BUNNIK
        with pytest.raises(BenefitsNotOwn):
            world.do(
                "agreement benefits", user="fatima", ref=AGREEMENT, year=2026, partner="ws14", realised_benefit_cents=1
            )
        reported(world, user="sara", year=2026, realised_benefit_cents=1_000)  # of Bunschoten, which benefits


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("benefits = 3", FaultyBenefits),
        ("[[benefits]]\nyear = 1999", FaultyBenefits),
        ('[[benefits]]\nyear = 2026\nsaved = "1"', FaultyBenefits),
        ('[[benefits]]\nrealised_benefit = "1"', FaultyBenefits),
        ('[[benefits]]\nyear = 2026\nrealised_benefit = "een"', InvalidAmount),
        ('[[benefits]]\nyear = 2026\nnote = "a"\n[[benefits]]\nyear = 2026\nnote = "b"', FaultyBenefits),
        ('[[benefits]]\npartner = "Barn"\nyear = 2026\nnote = "a"', FaultyBenefits),
        ('[[benefits]]\npartner = "Utrecht"\nyear = 2026\nnote = "a"', FaultyBenefits),
        (
            f'[[benefits]]\npartner = "Baarn"\nyear = 2026\nnote = "a"\n'
            f'[[benefits]]\npartner = "{BAARN}"\nyear = 2026\nnote = "b"',
            FaultyBenefits,
        ),
        ("= =", FaultyBenefits),
    ],
)
def test_a_faulty_report_is_refused_with_its_place(sqlite_url: str, text: str, error: type[Exception]) -> None:
    with founded(sqlite_url) as world:
        running(world)
        with pytest.raises(error):
            world.do("agreement benefits", user="fatima", ref=AGREEMENT, file={"name": "b", "content": text.encode()})
        assert table(world)["rows"] == []


def test_nothing_is_reported_by_saying_nothing_nor_realised_before_its_year(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        for args in ({}, {"year": 2026}):
            with pytest.raises(NothingReported):
                world.do("agreement benefits", user="fatima", ref=AGREEMENT, **args)
        with pytest.raises(YearNotBegun):
            world.do("agreement benefits", user="fatima", ref=AGREEMENT, year=2027, realised_benefit_cents=1)
        reported(world, year=2027, expected_benefit_cents=1)


def test_every_january_the_year_before_is_asked_for_until_two_years_after_completion(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, benefits=PROMISED)
        world.clock(noon(date(2026, 12, 31)))
        assert asked(world) == []
        world.clock(noon(date(2027, 1, 1)))
        assert asked(world) == [(2026, (BAARN, BUNNIK))]
        with world.snapshot() as snapshot:
            fact = snapshot.store.facts.last_of(f"agreement/{AGREEMENT}", "benefit.fell_due")
            activated = snapshot.store.facts.last_of(f"agreement/{AGREEMENT}", "agreement.activated")
            assert fact is not None
            assert activated is not None
            assert (fact.actor, fact.causation_id) == ("system", activated.event_id)
            assert [(each["partner"], each["year"]) for each in benefits_due(snapshot)] == [
                (BAARN, 2026),
                (BUNNIK, 2026),
            ]
        reported(world, year=2026, realised_benefit_cents=1)
        with world.snapshot() as snapshot:
            assert [each["partner"] for each in benefits_due(snapshot)] == [BUNNIK]
        # what was told before is not asked
        for user in ("fatima", "piet"):
            reported(world, user=user, year=2027, realised_benefit_cents=1)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())  # in 2027
        for year in range(2028, 2033):
            world.clock(noon(date(year, 1, 2)))
        assert [year for year, _partners in asked(world)] == [2026, 2028, 2029]
        with world.snapshot() as snapshot:
            assert replayed(snapshot)


def test_an_agreement_that_was_ended_is_asked_for_its_last_year_only(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        world.both(
            "agreement terminate", user="anna", second="carla", ref=AGREEMENT, ground="stop_rule", reason="geen daling"
        )
        for year in (2027, 2028):
            world.clock(noon(date(year, 1, 2)))
        assert [year for year, _partners in asked(world)] == [2026]


def test_the_timer_that_asks_leaves_the_world_the_same_when_it_fires_twice(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        world.clock(noon(date(2027, 1, 2)))
        before = asked(world)
        assert fired_again(world, ask_benefits, f"agreement/{AGREEMENT}", "benefit.due", "2026") == []
        assert asked(world) == before == [(2026, (BAARN, BUNNIK))]
