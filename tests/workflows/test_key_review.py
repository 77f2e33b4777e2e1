"""A key is looked at again once in five years: announced a year and half a year before, with what the fund brought."""

from __future__ import annotations

from datetime import date

from fund.checks import verify
from fund.events.agreements import BenefitReported
from tests.factories import World, as_file, founded
from tests.workflows.money_out import AGREEMENT, PROPOSAL, agree, receipt
from tests.workflows.test_partners import BY_INHABITANTS, THREE, three, vote

UNTIL = date(2031, 1, 5)


def announced(world: World, key: str = "2026") -> list[tuple[int, str]]:
    """The announcements of a key: months before, and the day it is about."""
    with world.snapshot() as snapshot:
        facts = [
            each.fact for each in snapshot.store.facts.of_stream(f"key/{key}") if each.type == "key.review_announced"
        ]
    return [(fact.months, fact.until_on.isoformat()) for fact in facts]


def test_the_service_says_so_a_year_and_half_a_year_before_once_each(database_url: str) -> None:
    with founded(database_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.clock(date(2030, 1, 4))
        assert announced(world) == []
        world.clock(date(2030, 1, 5))
        assert announced(world) == [(12, "2031-01-05")]
        world.clock(date(2030, 7, 4))
        assert len(announced(world)) == 1
        world.clock(date(2030, 7, 5))
        assert announced(world) == [(12, "2031-01-05"), (6, "2031-01-05")]
        world.clock(date(2031, 6, 1))
        assert len(announced(world)) == 2
        items = {item["command"]: item for item in world.ask("inbox", user="anna")["items"]}
        assert items["fund key adopt FILE"]["until"] == "2031-01-05"
        assert "Awb 4:24" in items["fund key adopt FILE"]["what"]
        assert verify(world.fund.engine)["ok"]


def test_it_comes_with_what_the_fund_brought_each_partner_and_the_rounds_under_way(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.people()
        world.do("partner import", user="anna", file=as_file(THREE))
        world.both("capital call", user="anna", second="bram", amount=10_000_000)
        with world.uow("anna") as uow:
            receipt(uow, "O2026-9001", 10_000_000)
        for call in world.ask("capital list")["calls"]:
            args = {"ref": call["ref"], "receipt": "O2026-9001", "amount": call["called_cents"]}
            world.both("capital receive", user="bram", second="anna", **args)
        agree(world)
        told = {"proposal": PROPOSAL, "year": 2026, "planned_benefit_cents": 500_00, "realised_benefit_cents": 300_00}
        with world.uow("anna") as uow:
            costs = {"planned_cost_cents": 0, "realised_cost_cents": 0}
            uow.record(BenefitReported(ref=AGREEMENT, partner="gm0308", realised=True, **costs, **told))
        world.both(
            "round plan", user="anna", second="carla", title="Winter", opens=date(2029, 12, 1),
            closes=date(2030, 1, 31), ceiling_cents=100_00, track="light",
        )  # fmt: skip
        world.clock(date(2030, 1, 5))

        with world.snapshot() as snapshot:
            fact = snapshot.store.facts.last_of("key/2026", "key.review_announced").fact
        assert fact.report == "4:24"
        assert [world.ask("round show", ref=ref)["round"]["state"] for ref in fact.rounds] == ["open"]
        mine = next(each for each in fact.benefits if each.partner == "gm0308")
        assert (mine.planned_cents, mine.realised_cents, mine.told) == (500_00, 300_00, True)
        looked = world.ask("key review")
        assert (looked["until_on"], looked["announced_months"]) == (UNTIL.isoformat(), [12])
        rows = {row["partner"]: row for row in looked["partners"]}
        assert sum(row["paid_in_cents"] for row in rows.values()) == 10_000_000
        assert (rows["gm0308"]["planned_cents"], rows["gm0308"]["realised_cents"]) == (500_00, 300_00)
        assert rows["gm0313"]["realised_cents"] is None


def test_a_key_whose_place_another_one_took_is_not_looked_at_again(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        three(world)
        world.clock(date(2027, 1, 6))
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS.replace(b"2026-01-05", b"2027-02-01")))
        for name in ("bea", "bob", "bo"):
            vote(world, name, "inwoners-2021", "for")
        world.clock(date(2030, 12, 31))
        assert announced(world) == []
        world.clock(date(2031, 2, 1))
        assert announced(world, "inwoners-2021") == [(12, "2032-02-01")]


def test_an_announcement_that_was_held_up_does_not_follow_a_later_one(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.clock(date(2030, 8, 1))
        assert announced(world) == [(6, "2031-01-05")]
