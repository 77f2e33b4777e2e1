"""Capital calls: over all partners by the key, or one; made by two people; received."""

from __future__ import annotations

from datetime import date

import pytest

from fund.contributions.calling import key_in_force
from fund.errors.amounts import AmountTooLarge, NotIntegerCents
from fund.errors.capital import (
    AmountNotPositive,
    CalledAfterNotice,
    KeyNotInForce,
    KeyOrPartner,
    MoreThanReceived,
    NoActivePartners,
    NoKeyInForce,
)
from fund.errors.closing import DayBeforeFund, DayToCome
from fund.errors.commands import UnknownRef
from fund.errors.people import NotAuthorised, SameHands, UnknownPartner
from fund.schemas.capital import Partner
from tests.factories import as_file, as_text, founded
from tests.workflows.test_partners import BY_INHABITANTS, SIGNATORIES, THREE, three, vote


def test_a_call_over_the_34_makes_the_total_with_an_entry_for_each(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()

        answer = world.both("capital call", user="anna", second="bram", amount=250_000_001)

        calls = world.ask("capital list")["calls"]
        assert answer["event_count"] == answer["entry_count"] == len(calls) == 34
        assert sum(call["called_cents"] for call in calls) == 250_000_001
        assert {call["due_on"] for call in calls} == {"2026-02-04"}
        assert [call["ref"] for call in calls] == [f"B2026-{number:04d}" for number in range(1, 35)]
        assert world.balances()["1100"] == 250_000_001
        assert world.balances()["3000"] == -250_000_001
        assert {
            len({posting.account.partition(".")[2] for posting in entry.postings}) for entry in world.entries()
        } == {1}


def test_the_call_of_the_worked_example_is_booked_cent_by_cent(database_url: str) -> None:
    with founded(database_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))
        for name in SIGNATORIES.values():
            vote(world, name, "inwoners-2021", "for")

        world.both("capital call", user="anna", second="bram", amount=10_000_000, key="inwoners-2021")

        assert [as_text(entry) for entry in world.entries()] == [
            "2026-01-05 contribution.called Kapitaaloproep B2026-0001, sleutel inwoners-2021\n"
            "  Dr 1100.gm0308 3988421\n"
            "    Cr 3000.gm0308 3988421",
            "2026-01-05 contribution.called Kapitaaloproep B2026-0002, sleutel inwoners-2021\n"
            "  Dr 1100.gm0312 2468157\n"
            "    Cr 3000.gm0312 2468157",
            "2026-01-05 contribution.called Kapitaaloproep B2026-0003, sleutel inwoners-2021\n"
            "  Dr 1100.gm0313 3543422\n"
            "    Cr 3000.gm0313 3543422",
        ]


def test_one_partner_is_called_for_an_amount_of_its_own_with_its_own_last_day(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()

        world.both(
            "capital call", user="anna", second="bram", amount=12_345, partner="gm0344", due_days=(date(2026, 3, 1),)
        )

        call = world.ask("capital list", partner="gm0344")["calls"][0]
        assert (call["called_cents"], call["due_on"], call["key"], call["reference"]) == (
            12_345,
            "2026-03-01",
            "",
            "RF30B20260001",
        )
        assert world.ask("capital list", partner="gm0308")["calls"] == []


def test_nothing_is_called_before_the_second_person_confirms(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()
        made = world.do("capital call", user="anna", amount=100_000)

        assert made["pending"]
        assert world.ask("capital list")["calls"] == []
        with pytest.raises((NotAuthorised, SameHands)):
            world.do("confirm", user="anna", ref=made["pending"])
        assert world.ask("capital list")["calls"] == []


def test_a_part_of_nothing_is_not_called(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.partners()

        world.both("capital call", user="anna", second="bram", amount=2)

        calls = world.ask("capital list")["calls"]
        assert sum(call["called_cents"] for call in calls) == 2
        assert all(call["called_cents"] > 0 for call in calls)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"amount": 0}, AmountNotPositive),
        ({"amount": -100}, AmountNotPositive),
        ({"amount": 2**63}, AmountTooLarge),
        ({"amount": "100"}, NotIntegerCents),
        ({"amount": True}, NotIntegerCents),
        ({"amount": 100, "partner": "gm9999"}, UnknownPartner),
        ({"amount": 100, "key": "2031"}, UnknownRef),
        ({"amount": 100, "key": "2026", "partner": "gm0308"}, KeyOrPartner),
    ],
)
def test_a_call_that_cannot_be_is_refused_by_name(sqlite_url: str, args: dict[str, object], error: type) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))

        with pytest.raises(error):
            world.do("capital call", user="anna", **args)

        assert world.entries() == []


def test_a_key_that_is_only_proposed_is_not_in_force(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))

        with pytest.raises(KeyNotInForce) as refused:
            world.do("capital call", user="anna", amount=100, key="inwoners-2021")

        assert refused.value.details["in_force"] == "2026"
        assert refused.value.advice == "fund key show 2026"


def test_before_the_first_key_holds_nothing_is_divided(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))

        with world.snapshot() as snapshot, pytest.raises(NoKeyInForce) as refused:
            key_in_force(snapshot, date(2025, 12, 31))

        assert refused.value.details == {"on": date(2025, 12, 31), "first": date(2026, 1, 5)}


def test_nobody_can_be_called_before_there_are_partners(sqlite_url: str) -> None:
    with founded(sqlite_url) as world, pytest.raises(NoActivePartners) as refused:
        world.do("capital call", user="anna", amount=100)
    assert refused.value.details == {"command": "capital call", "count": 0}


def test_a_partner_that_gave_notice_is_not_called_by_itself(sqlite_url: str) -> None:
    from fund.contributions.calling import call

    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        with world.uow("anna", commit=False) as uow:
            uow.store.cases.put([(uow.case(Partner, "gm0308").replace(state="notice_given"), 99)])
            uow._cases.clear()
            with pytest.raises(CalledAfterNotice) as refused:
                call(uow, amount=100, partner="gm0308")
            call(uow, amount=100)
            called = [fact.fact.partner for fact in uow.facts if hasattr(fact.fact, "partner")]

    assert refused.value.details["partner"] == "gm0308"
    assert called == ["gm0312", "gm0313"]


def test_a_manual_receipt_asks_two_people_and_no_more_than_came_in(database_url: str) -> None:
    from tests.workflows.test_receipts import FROM, import_statement, registered

    with founded(database_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.both("capital call", user="anna", second="bram", amount=100_000, partner="gm0308")
        bank = registered(world)
        bank.receive(60_000, name="Gemeente Baarn", iban=FROM, on=date(2026, 1, 5), text="zonder kenmerk")
        import_statement(world, bank)

        with pytest.raises(MoreThanReceived) as refused:
            world.do("capital receive", user="bram", ref="B2026-0001", receipt="O2026-0001", amount=60_001)
        assert refused.value.details == {"asked_cents": 60_001, "ref": "O2026-0001", "waiting_cents": 60_000}
        answer = world.both("capital receive", user="bram", second="anna", ref="B2026-0001", receipt="O2026-0001")

        assert as_text(world.entries()[-1]) == (
            "2026-01-05 contribution.received Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)\n"
            "  Dr 2300 60000\n"
            "    Cr 1100.gm0308 60000"
        )
        assert answer["events"][0]["payload"]["rule"] == "manual"
        assert world.ask("capital list")["calls"][0]["open_cents"] == 40_000


def test_nothing_happens_on_a_typed_day_to_come_or_before_the_fund(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.partners()
        by_hand = {"debits": [["4500", 100]], "credits": [["2000.bank", 100]], "memo": "Kosten", "reason": "rekening"}
        with pytest.raises(DayToCome, match="is not possible on 2026-01-06: today is 2026-01-05"):
            world.do("capital call", user="anna", amount=100, on=date(2026, 1, 6))
        with pytest.raises(DayBeforeFund, match="is not possible on 2026-01-04: the fund begins on 2026-01-05"):
            world.do("ledger post", user="anna", on=date(2026, 1, 4), **by_hand)
        assert world.entries() == []
