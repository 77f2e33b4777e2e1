"""Who reads account numbers, and who voted what, in lists, files and the log: one rule for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from fund.errors.people import NoActor, NotAuthorised
from fund.events import FACTS, Fact
from fund.events.receipts import DebitRecorded
from fund.language import iban_mask
from fund.workflows import discretion
from tests.factories import World, founded
from tests.workflows.money_out import (
    AGREEMENT,
    BUNNIK,
    IBAN,
    OTHER_IBAN,
    OURS,
    agree,
    approved,
    prepared,
    receipt,
    sent,
)

PAYER = "NL02ABNA0123456789"
OFFICE = ("anna", "bram", "joost")


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        agree(prepared(made))

        made.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=2, amount=100, iban=IBAN)
        approved(made)
        sent(made)
        with made.uow("bram") as uow:
            receipt(uow, "O2026-9010", 500, payer_iban=PAYER, text="van Jo de Wit")
            uow.record(
                DebitRecorded(
                    ref="U2026-0001", account="1000", amount_cents=999, debited_on=uow.today, line_id="lin_x",
                    payee_iban=OTHER_IBAN,
                )
            )  # fmt: skip
        yield made


def test_a_payment_file_is_for_those_who_read_every_payment(world: World) -> None:
    for user in OFFICE:
        assert IBAN in str(world.ask("payment file", user=user, ref="S2026-001")["content"])
    with pytest.raises(NotAuthorised):
        world.ask("payment file", user="piet", ref="S2026-001")
    with pytest.raises(NotAuthorised):  # of a party of one payment: the file holds the others too
        world.ask("payment file", user="fatima", ref="S2026-001")
    with pytest.raises(NoActor):
        world.ask("payment file", ref="S2026-001")


@pytest.mark.parametrize("user", [None, "piet", "fatima", *OFFICE])
def test_lists_mask_account_numbers_alike(world: World, user: str | None) -> None:
    office, own = user in OFFICE, user == "fatima"
    (debit,) = world.ask("cost list", user=user)["debits"]
    assert debit["payee_iban"] == (OTHER_IBAN if office else iban_mask(OTHER_IBAN))
    (payee,) = world.ask("payee list", user=user)["payees"]
    assert payee["iban"] == (IBAN if office or own else iban_mask(IBAN))
    shown = world.ask("disbursement show", user=user, ref="D2026-0001")
    assert shown["iban"] == (IBAN if office or own else iban_mask(IBAN))
    row = next(row for row in world.ask("bank list", user=user)["receipts"] if row["ref"] == "O2026-9010")
    assert row["payer_iban"] == (PAYER if office else iban_mask(PAYER))


@pytest.mark.parametrize("user", [None, "piet", "fatima", *OFFICE])
def test_the_log_masks_account_numbers_as_the_lists_do(world: World, user: str | None) -> None:
    office, own = user in OFFICE, user == "fatima"
    log = json.dumps(world.ask("event list", user=user, limit=10_000))
    assert (IBAN in log) == (office or own)
    assert (OTHER_IBAN in log) == (PAYER in log) == ("Jo de Wit" in log) == office
    assert OURS in log  # the fund's own stands on every letter


def named(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[str]:
    """The names of all fields of a fact, at any depth."""
    for name, field in model.model_fields.items():
        yield name
        found = [field.annotation]
        while found:
            part: Any = found.pop()
            found += getattr(part, "__args__", ())
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
                yield from named(part, seen | {part})


def test_every_field_of_a_fact_that_may_hold_an_account_number_is_masked_or_the_funds_own() -> None:
    fund = {"debtor_iban", "from_iban", "to_iban"}
    refs = {"iban_payee_ref"}
    facts: list[type[Fact]] = list(FACTS.values())
    names = {name for fact in facts for name in named(fact) if "iban" in name}
    assert names - fund - refs == set(discretion._ACCOUNTS)


def test_an_account_of_a_partner_is_masked_for_another_partner(world: World) -> None:
    world.both("payee record", user="anna", second="bram", partner=BUNNIK, iban=PAYER, name="B", requested_by="piet")
    log = json.dumps(world.ask("event list", user="piet", type="payee.recorded"))
    assert (PAYER in log, IBAN in log) == (True, False)


def test_what_waits_is_read_by_those_who_may_confirm_it_and_not_by_all_of_their_role(world: World) -> None:
    agree(world, ref="A2026-002", accepted=(1,))
    change = {"ref": "A2026-002", "reason": "later", "milestone": 2, "due_on": date(2026, 9, 1)}
    ref = world.do("agreement amend", user="anna", **change)["pending"]
    for user, reads in (("fatima", True), ("piet", False), ("anna", True), ("joost", True), ("bram", False)):
        assert (world.ask("pending show", user=user, ref=ref)["shown"] is not None) is reads, user
    world.do("confirm", user="fatima", ref=ref)
    assert world.ask("pending show", user="fatima", ref=ref)["shown"] is not None
    assert world.ask("pending show", user="piet", ref=ref)["shown"] is None


def test_what_is_kept_to_some_is_said_of_facts_and_fields_that_exist() -> None:
    tables = (discretion._RESULTS, discretion._KEPT, discretion._TIES)
    for wire, fields in ((wire, fields) for table in tables for wire, fields in table.items()):
        assert {field.partition(".")[0] for field in fields} <= set(FACTS[wire].model_fields), wire
    for wire in discretion._MEANS:
        assert set(discretion._FIGURES) & set(FACTS[wire].model_fields), wire
    assert set(discretion._ACCOUNTS_OF_THE_FUND) <= set(FACTS)
    assert "text" in FACTS["receipt.recorded"].model_fields
    assert "scores" in FACTS["review.closed"].model_fields
