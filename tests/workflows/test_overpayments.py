"""What was paid too much: listed with its age, given back by two people, or moved to a call with consent (R7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from fund.checks import verify
from fund.errors import FundError
from fund.errors.capital import (
    AmountNotPositive,
    CallOfAnother,
    ConsentNeeded,
    MoreThanOverpaid,
    NothingOpen,
    SurplusRefunded,
)
from fund.errors.commands import UnknownRef
from fund.errors.payments import CoolingOff, NoPayee, SignatoryNeeded
from fund.errors.people import ConflictOfInterest
from fund.rules.segregation_of_duties import Hands
from tests.factories import World, as_file, founded
from tests.workflows.money_out import OTHER_IBAN, recorded, sent
from tests.workflows.test_partners import THREE
from tests.workflows.test_receipts import FROM, import_statement, registered

BAARN, BUNNIK = "gm0308", "gm0312"


def overpaid(world: World, *, payee: bool = True) -> World:
    """Baarn paid 250 euro too much on 5 January, and has an account that can be paid on the eighth."""
    world.people()
    world.do("partner import", user="anna", file=as_file(THREE))
    world.both("capital call", user="anna", second="bram", amount=1_000_00, partner=BAARN)
    bank = registered(world)
    bank.receive(1_250_00, name="Gemeente Baarn", iban=FROM, on=date(2026, 1, 5), reference="RF30B20260001")
    import_statement(world, bank)
    world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001")
    world.user("fatima", "partner_signatory", partner=BAARN)
    world.user("piet", "partner_signatory", partner=BUNNIK)
    if payee:
        recorded(world)
    world.clock(date(2026, 1, 8))
    return world


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        yield overpaid(made)


def refund(world: World, **args: object) -> dict[str, object]:
    answer = world.both("repayment refund", user="bram", second="anna", **{"ref": BAARN, **args})
    result: dict[str, object] = answer["result"]
    return result


def standing(world: World) -> int:
    return int(world.ask("repayment overpaid")["total_cents"])


def lines(world: World, user: str) -> list[str]:
    return [item["command"] for item in world.ask("inbox", user=user)["items"]]


def test_the_list_says_who_since_when_and_where_it_could_go(world: World) -> None:
    world.both("capital call", user="anna", second="bram", amount=80_00, partner=BAARN)
    answer = world.ask("repayment overpaid")
    assert answer["total_cents"] == 250_00
    assert answer["payers"] == [
        {
            "payer": BAARN,
            "payer_name": "Baarn",
            "amount_cents": 250_00,
            "since_on": "2026-01-05",
            "account_usable_on": "2026-01-08",
            "calls": [{"ref": "B2026-0002", "open_cents": 80_00, "due_on": "2026-02-07"}],
        }
    ]
    assert world.ask("repayment overpaid", as_of=date(2026, 1, 4))["payers"] == []


def test_what_came_in_first_goes_out_first(world: World) -> None:
    with world.uow("anna") as uow:
        from fund.events.capital import ContributionReceived
        from tests.workflows.money_out import receipt

        receipt(uow, "O2026-9001", 50_00)
        more = {"receipt": "O2026-9001", "receipt_cents": 50_00, "surplus_cents": 50_00, "amount_cents": 0}
        uow.record(ContributionReceived(ref="B2026-0001", partner=BAARN, rule="manual", **more))
    refund(world, amount=249_99)
    assert world.ask("repayment overpaid")["payers"][0]["since_on"] == "2026-01-05"
    refund(world, amount=1)
    assert world.ask("repayment overpaid")["payers"][0]["since_on"] == "2026-01-08"


def test_a_refund_goes_the_whole_road_to_the_bank(database_url: str) -> None:
    with founded(database_url) as world:
        overpaid(world)
        assert "fund repayment refund gm0308" in lines(world, "bram")
        result = refund(world)
        assert result["ref"] == "T2026-0001"
        assert standing(world) == 0
        assert "fund repayment refund gm0308" not in lines(world, "bram")
        assert world.balances()["2000"] == -250_00
        batch = sent(world)
        assert world.balances()["2000"] == 0
        assert batch in str(world.ask("payment list"))
        assert verify(world.fund.engine)["ok"]


def test_it_pays_another_call_of_the_same_partner_with_its_consent(world: World) -> None:
    world.both("capital call", user="anna", second="bram", amount=80_00, partner=BAARN)
    assert refund(world, to="B2026-0002", consent="fatima") == {
        "call": "B2026-0002",
        "payer": BAARN,
        "amount_cents": 80_00,
    }
    assert standing(world) == 170_00
    call = world.ask("capital list", partner=BAARN)["calls"][-1]
    assert (call["state"], call["open_cents"]) == ("received", 0)


def test_what_cannot_be_is_refused_by_name(world: World) -> None:
    world.both("capital call", user="anna", second="bram", amount=80_00, partner=BAARN)
    world.both("capital call", user="anna", second="bram", amount=80_00, partner=BUNNIK)
    refused: list[tuple[dict[str, object], type[FundError]]] = [
        ({"amount": 250_01}, MoreThanOverpaid),
        ({"amount": 0}, AmountNotPositive),
        ({"ref": BUNNIK}, MoreThanOverpaid),
        ({"ref": "gm9999"}, MoreThanOverpaid),
        ({"to": "B2026-0003", "consent": "fatima"}, CallOfAnother),
        ({"to": "B2026-0001", "consent": "fatima"}, NothingOpen),
        ({"to": "B2026-0002", "consent": "fatima", "amount": 80_01}, NothingOpen),
        ({"to": "B2026-0099", "consent": "fatima"}, UnknownRef),
        ({"to": "B2026-0002"}, ConsentNeeded),
        ({"to": "B2026-0002", "consent": "piet"}, SignatoryNeeded),
        ({"to": "B2026-0002", "consent": "bram"}, SignatoryNeeded),
    ]
    for args, error in refused:
        with pytest.raises(error):
            world.do("repayment refund", user="bram", **{"ref": BAARN, **args})
    assert standing(world) == 250_00


def test_nobody_of_the_payer_has_a_hand_in_it(world: World) -> None:
    world.user("vera", "treasurer", partner=BAARN)
    world.user("vic", "fund_manager", partner=BAARN)
    assert "fund repayment refund gm0308" not in lines(world, "vera")
    with pytest.raises(ConflictOfInterest):
        world.do("repayment refund", user="vera", ref=BAARN)
    made = world.do("repayment refund", user="bram", ref=BAARN)
    assert f"fund confirm {made['pending']}" not in lines(world, "vic")
    assert f"fund confirm {made['pending']}" in lines(world, "anna")
    with pytest.raises(ConflictOfInterest):
        world.do("confirm", user="vic", ref=made["pending"])


def test_verification_finds_hands_of_the_payer_behind_what_was_moved(world: World) -> None:
    vera = world.user("vera", "treasurer", partner=BAARN)
    world.both("capital call", user="anna", second="bram", amount=80_00, partner=BAARN)
    refund(world, to="B2026-0002", consent="fatima")
    with world.snapshot() as snapshot:
        chain = list(snapshot.store.facts.all())
    assert [trouble for seen in [Hands()] for fact in chain for trouble in seen.see(fact)] == []
    hands = Hands()
    found = [trouble for event in chain[:-1] for trouble in hands.see(event)]
    found += hands.see(replace(chain[-1], made_by=vera))
    assert [trouble.details["partner"] for trouble in found] == [BAARN]


def test_without_an_account_that_has_cooled_off_nothing_goes_back(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        overpaid(world, payee=False)
        with pytest.raises(NoPayee):
            world.do("repayment refund", user="bram", ref=BAARN)
        recorded(world, iban=OTHER_IBAN)
        with pytest.raises(CoolingOff):
            world.do("repayment refund", user="bram", ref=BAARN)


def test_a_match_whose_surplus_was_given_back_stands(world: World) -> None:
    refund(world, amount=1)
    with pytest.raises(SurplusRefunded) as refused:
        world.do("bank unmatch", user="bram", ref="O2026-0001", reason="verkeerd")
    assert refused.value.details["owed_cents"] == 249_99
    assert world.ask("capital list")["calls"][0]["state"] == "received"
