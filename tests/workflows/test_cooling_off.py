"""A payee changed yesterday is not paid today: at no door, on no ground; nor are the fund's own new accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from fund.bank import read_payments
from fund.errors import FundError
from fund.errors.payments import CoolingOff, NothingToPay, PayeeReplaced
from tests.factories import World, founded
from tests.workflows.money_out import (
    AGREEMENT,
    BAARN,
    OTHER_IBAN,
    SUPPLIER,
    TREASURY,
    agree,
    approved,
    at,
    owed,
    prepared,
    recorded,
    sent,
    supplied,
)

NEW_SUPPLIER_IBAN = "NL26VAYB8060476890"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        agree(prepared(made))
        supplied(made)
        yield made


def changed(world: World) -> None:
    """Both payees have other accounts since yesterday."""
    recorded(world, iban=OTHER_IBAN)
    file = {"name": "brief.pdf", "content": b"%PDF- nieuwe rekening"}
    paid = {"supplier": SUPPLIER, "iban": NEW_SUPPLIER_IBAN, "name": "Drukkerij De Eend", "file": file}
    world.both("payee record", user="anna", second="bram", **paid)
    world.clock(at(8))


def refused(world: World, error: type[FundError], name: str, user: str, **args: Any) -> None:
    with pytest.raises(error) as caught:
        world.do(name, user=user, **args)
    assert caught.value.advice


def test_what_was_approved_before_the_change_is_not_paid_to_either_account(world: World) -> None:
    award, cost = approved(world), owed(world)
    changed(world)
    refused(world, NothingToPay, "payment batch", "anna")
    for ref in (award, cost):
        refused(world, PayeeReplaced, "payment batch", "anna", refs=[ref])
        refused(world, PayeeReplaced, "payment batch", "anna", refs=[ref], execution_on=date(2026, 1, 30))
        refused(world, CoolingOff, "payment retry", "anna", ref=ref)
    # once it has cooled off it is verified again, and goes to the new account
    world.clock(at(10))
    for ref in (award, cost):
        world.do("payment retry", user="anna", ref=ref)
    batch = sent(world)
    content = str(world.ask("payment file", user="bram", ref=batch)["content"]).encode()
    paid = read_payments(content, name="b.xml").payments
    assert [payment.payee_iban for payment in paid] == [OTHER_IBAN, NEW_SUPPLIER_IBAN]


def test_a_batch_that_was_made_before_the_change_is_not_sent_after_it(world: World) -> None:
    approved(world)
    owed(world)
    world.do("payment batch", user="anna", execution_on=date(2026, 1, 30))
    pending = world.do("payment send", user="bram2", ref="S2026-001")["pending"]
    changed(world)
    refused(world, PayeeReplaced, "payment send", "bram2", ref="S2026-001")
    refused(world, PayeeReplaced, "confirm", "anna2", ref=pending)  # nor by the second of two who began before it
    refused(world, NothingToPay, "payment batch", "anna", replaces="S2026-001")
    assert world.balances().get("1010", 0) == 0


def test_a_new_request_and_a_new_cost_wait_for_the_new_account(world: World) -> None:
    changed(world)
    ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
    refused(world, CoolingOff, "disbursement check", "anna", ref=ref)
    refused(world, CoolingOff, "cost approve", "anna", payee=SUPPLIER, amount=100, reason="porto")
    refused(world, CoolingOff, "cost approve", "anna", payee=BAARN, amount=100, reason="zaalhuur")


def test_a_payment_that_failed_is_not_retried_to_an_account_of_yesterday(world: World) -> None:
    award, cost = approved(world), owed(world)
    sent(world)
    for ref in (award, cost):
        world.do("payment fail", user="bram", ref=ref, reason="AC01")
    changed(world)
    for ref in (award, cost):
        refused(world, CoolingOff, "payment retry", "anna", ref=ref)


def test_an_account_cools_off_from_its_verification_however_early_it_was_dated(world: World) -> None:
    paid = {"partner": BAARN, "iban": OTHER_IBAN, "name": "Gemeente Baarn", "requested_by": "fatima"}
    early = date(2026, 1, 5)
    world.both("payee record", user="anna", second="bram", on=early, from_on=early, **paid)
    ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
    refused(world, CoolingOff, "disbursement check", "anna", ref=ref)
    refused(world, CoolingOff, "disbursement check", "anna", ref=ref, on=date(2026, 1, 12))


def test_an_own_account_registered_yesterday_receives_no_transfer_today(world: World) -> None:
    early = date(2026, 1, 5)
    world.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005", on=early)
    world.clock(at(8))
    refused(world, CoolingOff, "cost transfer", "bram", amount=1_000, to="1005")
    world.clock(at(7) + timedelta(days=3))
    world.both("cost transfer", user="bram", second="bram2", amount=1_000, to="1005")
