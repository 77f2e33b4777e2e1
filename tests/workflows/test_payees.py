"""Accounts that may be paid: asked by a signatory, recorded by one, verified by another, and then a pause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fund.errors import FundError
from fund.errors.bank import InvalidIban, NameTooLong, UnwritableCharacter
from fund.errors.payments import AccountOfTheFund, CoolingOff, IbanKnown, NoPayee, SignatoryNeeded
from fund.errors.people import NotAuthorised, SameHands, UnknownPartner, UnknownUser
from fund.workflows.payees.use_cases import account_of_the_fund, payee_in_force, usable_payee
from tests.factories import START, founded
from tests.workflows.money_out import BAARN, BUNNIK, DAY, IBAN, OTHER_IBAN, OURS, prepared, recorded


def test_an_account_is_recorded_by_one_person_and_verified_by_another(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world, payee=False)
        # When the fund manager records it, nothing is on record until the treasurer confirms
        made = world.do(
            "payee record",
            user="anna",
            partner=BAARN,
            iban="NL44 RABO 0123 4567 89",
            name="Gemeente Baarn",
            requested_by="fatima",
        )
        assert made["pending"]
        assert world.ask("payee list")["payees"] == []
        with pytest.raises((SameHands, NotAuthorised)):
            world.do("confirm", user="anna", ref=made["pending"])
        done = world.do("confirm", user="bram", ref=made["pending"])
        # Then both facts stand, and the account can be paid after three days
        assert [event["type"] for event in done["events"]] == ["payee.recorded", "payee.verified"]
        assert world.ask("payee list", user="bram")["payees"] == [
            {
                "ref": f"{BAARN}-1",
                "partner": BAARN,
                "supplier": False,
                "name": "Gemeente Baarn",
                "iban": IBAN,
                "from_on": DAY.isoformat(),
                "verified_on": DAY.isoformat(),
                "usable_on": (DAY + timedelta(days=3)).isoformat(),
                "state": "verified",
            }
        ]


def test_the_pause_begins_when_the_second_person_verifies(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world, payee=False)
        made = world.do(
            "payee record", user="anna", partner=BAARN, iban=IBAN, name="Gemeente Baarn", requested_by="fatima"
        )
        world.clock(START + timedelta(days=5))
        world.do("confirm", user="bram", ref=made["pending"])
        (payee,) = world.ask("payee list")["payees"]
        assert payee["usable_on"] == (DAY + timedelta(days=8)).isoformat()
        with world.snapshot() as snapshot:
            with pytest.raises(CoolingOff) as caught:
                usable_payee(snapshot, BAARN, ref="D2026-0001", on=DAY + timedelta(days=7))
            assert caught.value.details["usable_on"] == DAY + timedelta(days=8)
            assert usable_payee(snapshot, BAARN, ref="D2026-0001", on=DAY + timedelta(days=8)).iban == IBAN


def test_a_new_account_replaces_the_one_before(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        recorded(world, iban=OTHER_IBAN)
        assert [(payee["ref"], payee["state"]) for payee in world.ask("payee list")["payees"]] == [
            (f"{BAARN}-1", "replaced"),
            (f"{BAARN}-2", "verified"),
        ]
        with world.snapshot() as snapshot:
            assert payee_in_force(snapshot, BAARN, ref="D2026-0001").iban == OTHER_IBAN
        # and what was replaced may come back, as a new record with a pause of its own
        recorded(world)
        assert world.ask("payee list")["payees"][-1]["ref"] == f"{BAARN}-3"


def test_a_partner_without_an_account_cannot_be_paid(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        with world.snapshot() as snapshot, pytest.raises(NoPayee):
            payee_in_force(snapshot, BUNNIK, ref="D2026-0001")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iban": "NL44RABO0123456780"}, InvalidIban),
        ({"iban": IBAN}, IbanKnown),
        ({"iban": IBAN, "partner": BUNNIK, "requested_by": "piet"}, IbanKnown),
        ({"iban": OURS}, AccountOfTheFund),
        ({"partner": "gm9999"}, UnknownPartner),
        ({"requested_by": "piet"}, SignatoryNeeded),
        ({"requested_by": "anna"}, SignatoryNeeded),
        ({"requested_by": "nobody"}, UnknownUser),
        ({"name": "x" * 71}, NameTooLong),
        ({"name": "Москва"}, UnwritableCharacter),
    ],
)
def test_an_account_that_could_not_be_paid_is_refused(
    database_url: str, changes: dict[str, str], error: type[FundError]
) -> None:
    with founded(database_url) as world:
        prepared(world)
        args = {"partner": BAARN, "iban": OTHER_IBAN, "name": "Gemeente Baarn", "requested_by": "fatima", **changes}
        with pytest.raises(error) as caught:
            world.do("payee record", user="anna", **args)
        assert caught.value.advice
        assert caught.value.details.get("field", "name") == "name"
        assert len(world.ask("payee list")["payees"]) == 1


@pytest.mark.parametrize("user", ["fatima", "bram", "petra", "joost"])
def test_nobody_but_a_fund_manager_records_an_account(database_url: str, user: str) -> None:
    with founded(database_url) as world:
        prepared(world, payee=False)
        with pytest.raises(NotAuthorised):
            world.do("payee record", user=user, partner=BAARN, iban=IBAN, name="Gemeente Baarn", requested_by="fatima")


def test_account_numbers_are_whole_for_those_who_pay_and_for_their_owner_only(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        for user, whole in (
            ("anna", True),
            ("bram", True),
            ("joost", True),
            ("fatima", True),
            ("piet", False),
            (None, False),
        ):
            (payee,) = world.ask("payee list", user=user)["payees"]
            assert (payee["iban"] == IBAN) is whole
            assert payee["iban"].endswith("6789")


def test_the_fund_pays_from_the_account_that_was_registered_for_1000(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        with world.snapshot() as snapshot:
            assert account_of_the_fund(snapshot).ref == OURS
