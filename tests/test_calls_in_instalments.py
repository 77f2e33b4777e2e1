"""A call in instalments: each its own call, day, reference and entry; and whoever leaves pays for what was promised."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from fund.contributions.calling import call
from fund.errors.capital import (
    CalledAfterNotice,
    DueDaysOutOfOrder,
    InstalmentsUnclear,
    MoreThanCommitted,
    NotTakingPart,
)
from fund.errors.commands import UnknownRef
from fund.events.capital import ContributionReceived
from fund.schemas.capital import Call, Partner
from tests.factories import World, as_file, founded
from tests.workflows.money_out import AGREEMENT, agree, receipt
from tests.workflows.test_partners import THREE

EVERY_QUARTER = ["2026-02-15", "2026-05-15", "2026-08-15", "2026-11-15"]


def test_each_partner_gets_a_call_for_each_instalment_and_all_of_them_make_the_total(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()

        answer = world.both(
            "capital call",
            user="anna",
            second="bram",
            amount=1_000_003,
            due_days=(date(2026, 2, 15),),
            instalments=4,
            every=3,
        )

        calls = world.ask("capital list")["calls"]
        assert answer["result"]["calls"] == answer["entry_count"] == len(calls) == 4 * 34
        assert sum(one["called_cents"] for one in calls) == 1_000_003
        assert answer["result"]["due_days"] == EVERY_QUARTER
        assert Counter(one["due_on"] for one in calls) == dict.fromkeys(EVERY_QUARTER, 34)
        assert {one["series"] for one in calls} == {"B2026-0001"}
        assert len({one["reference"] for one in calls}) == 4 * 34
        of_one = [one for one in calls if one["partner"] == "gm0344"]
        assert [one["instalment"] for one in of_one] == [1, 2, 3, 4]
        assert {one["part_cents"] for one in of_one} == {sum(one["called_cents"] for one in of_one)}
        whole = max(one["called_cents"] for one in of_one) - min(one["called_cents"] for one in of_one)
        assert whole <= 1


def test_an_entry_of_an_instalment_shows_one_partner_alone(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.both("capital call", user="anna", second="bram", amount=100_000, instalments=2, every=6)
        holders = [{posting.account.partition(".")[2] for posting in entry.postings} for entry in world.entries()]
        assert [len(each) for each in holders] == [1] * 6


def test_days_that_are_named_are_the_days(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        days = [date(2026, 3, 1), date(2026, 9, 30)]
        world.both("capital call", user="anna", second="bram", amount=3, partner="gm0308", due_days=days)
        calls = world.ask("capital list")["calls"]
        assert [(one["due_on"], one["called_cents"]) for one in calls] == [("2026-03-01", 1), ("2026-09-30", 2)]


def test_an_instalment_of_nothing_is_left_out(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.both("capital call", user="anna", second="bram", amount=2, partner="gm0308", instalments=4, every=1)
        calls = world.ask("capital list")["calls"]
        assert [(one["instalment"], one["called_cents"]) for one in calls] == [(2, 1), (4, 1)]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"instalments": 4}, InstalmentsUnclear),
        ({"instalments": 0, "every": 3}, InstalmentsUnclear),
        ({"instalments": 61, "every": 1}, InstalmentsUnclear),
        ({"instalments": 2, "due_days": [date(2026, 3, 1), date(2026, 4, 1)]}, InstalmentsUnclear),
        ({"every": 3, "due_days": [date(2026, 3, 1), date(2026, 4, 1)]}, InstalmentsUnclear),
        ({"due_days": (date(2026, 1, 4),)}, DueDaysOutOfOrder),
        ({"due_days": [date(2026, 3, 1), date(2026, 3, 1)]}, DueDaysOutOfOrder),
        ({"due_days": [date(2026, 4, 1), date(2026, 3, 1)]}, DueDaysOutOfOrder),
    ],
)
def test_days_that_cannot_be_are_refused_by_name(
    module_world: World, args: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        module_world.do("capital call", user="anna", amount=100_000, **args)
    assert module_world.entries() == []


@pytest.fixture(scope="module")
def module_world(module_sqlite_url: str):  # type: ignore[no-untyped-def]
    """Three partners and no call."""
    with founded(module_sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        yield world


def test_after_notice_a_partner_is_called_only_for_what_was_committed_before(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with_money(world)
        agree(world, lead="gm0308")
        with world.uow("anna", commit=False) as uow:
            _gave_notice(uow, "gm0312", date(2026, 1, 5))
            _gave_notice(uow, "gm0313", date(2026, 1, 4))
            for partner, commitment in (("gm0312", None), ("gm0313", AGREEMENT)):
                with pytest.raises(CalledAfterNotice) as refused:
                    call(uow, amount=100, partner=partner, commitment=commitment)
                assert refused.value.details["partner"] == partner
            with pytest.raises(UnknownRef):
                call(uow, amount=100, partner="gm0312", commitment="A2026-999")

            call(uow, amount=300, commitment=AGREEMENT)
            along = [one for one in uow.cases(Call) if one.commitment]
            assert {one.partner for one in along} == {"gm0308", "gm0312"}, "who left before pays nothing of it"
            assert sum(one.called_cents for one in along) == 300
            assert {one.commitment for one in along} == {AGREEMENT[1:]}

            call(uow, amount=100)
            alone = [one for one in uow.cases(Call) if one.total_cents == 100]
            assert {one.partner for one in alone} == {"gm0308"}, "without a commitment the others are left alone"


def test_no_more_is_called_for_a_commitment_than_it_asks(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with_money(world)
        agree(world, lead="gm0308", award_cents=4_000_000)
        with world.uow("anna", commit=False) as uow:
            call(uow, amount=3_000_000, commitment=AGREEMENT)
            with pytest.raises(MoreThanCommitted) as refused:
                call(uow, amount=1_000_001, commitment=AGREEMENT)
            assert refused.value.details["room_cents"] == 1_000_000
            mine = next(one for one in uow.cases(Call) if one.commitment and one.partner == "gm0308")
            with pytest.raises(MoreThanCommitted) as refused:
                call(uow, amount=4_000_000, partner="gm0308", commitment=AGREEMENT)
            assert refused.value.details["room_cents"] == pytest.approx(mine.called_cents // 3, abs=1)


def test_whoever_is_gone_is_not_called_at_all(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        with world.uow("anna", commit=False) as uow:
            uow.store.cases.put([(uow.case(Partner, "gm0308").replace(state="exited"), 99)])
            uow._cases.clear()
            with pytest.raises(NotTakingPart):
                call(uow, amount=100, partner="gm0308")


def with_money(world: World) -> None:
    """Three partners, of which one paid what it was asked."""
    world.do("partner import", user="anna", file=as_file(THREE))
    world.people()
    world.both("capital call", user="anna", second="bram", amount=10_000_000, partner="gm0308")
    with world.uow("anna") as uow:
        receipt(uow, "O2026-9001", 10_000_000)
        paid = {"receipt": "O2026-9001", "receipt_cents": 10_000_000, "amount_cents": 10_000_000}
        uow.record(ContributionReceived(ref="B2026-0001", partner="gm0308", rule="rf", **paid))


def _gave_notice(uow, partner: str, on: date) -> None:  # type: ignore[no-untyped-def]
    uow.store.cases.put([(uow.case(Partner, partner).replace(state="notice_given", notice_on=on), 99)])
    uow._cases.clear()


def test_a_notice_that_was_given_is_what_the_call_reads(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with_money(world)
        world.user("bob", "partner_signatory", partner="gm0312")
        agree(world, lead="gm0308")
        decision = {"name": "besluit.pdf", "content": b"besluit"}
        world.do("partner give-notice", user="bob", ref="gm0312", decision=decision, decided_on=date(2026, 1, 5))
        with pytest.raises(CalledAfterNotice) as refused:
            world.do("capital call", user="anna", amount=100, partner="gm0312")
        assert refused.value.details["notice_on"] == date(2026, 1, 5)
        world.both("capital call", user="anna", second="bram", amount=100, partner="gm0312", commitment=AGREEMENT)
        assert world.ask("capital list", partner="gm0312")["calls"][0]["commitment"] == AGREEMENT[1:]
