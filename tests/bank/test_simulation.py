"""The bank of the story: what we pay through it comes back on its statements, and its books always close."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fund.bank import (
    BankStatement,
    Payment,
    PaymentBatch,
    creditor_reference,
    end_to_end_id,
    read_statements,
    write_payments,
)
from fund.bank.simulation import StoryBank

OURS = "NL91ABNA0417164300"
BAARN = "NL44RABO0123456789"
BUNNIK = "NL20INGB0001234567"


def read_one(data: bytes) -> BankStatement:
    (statement,) = read_statements(data, name="story.xml").statements
    return statement


def payments(*amounts: int) -> bytes:
    return write_payments(
        PaymentBatch(
            message_id="S2026001",
            created_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
            execution_on=date(2026, 3, 2),
            debtor_name="Innovatiefonds",
            debtor_iban=OURS,
            payments=tuple(
                Payment(
                    end_to_end_id=end_to_end_id(f"D2026-{number:04d}"),
                    amount_cents=cents,
                    payee_name="Gemeente Bunnik",
                    payee_iban=BUNNIK,
                    text=f"Uitbetaling D2026-{number:04d}",
                )
                for number, cents in enumerate(amounts, start=1)
            ),
        )
    )


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_story_of_calls_payments_and_a_return_closes_on_every_statement(version: str) -> None:
    # Given a bank where the fund begins with nothing
    bank = StoryBank(iban=OURS, owner="Innovatiefonds")
    # When a partner pays its call, the fund pays two parties, and one account turns out to be closed
    reference = creditor_reference("B2026-0001")
    bank.receive(10000000, name="Gemeente Baarn", iban=BAARN, on=date(2026, 2, 1), reference=reference)
    first = read_one(bank.statement(date(2026, 2, 1), version=version))
    bank.pay(payments(2500001, 100000))
    second = read_one(bank.statement(date(2026, 3, 2), version=version))
    bank.send_back("D20260002", on=date(2026, 3, 4))
    bank.charge(1250, on=date(2026, 3, 4))
    third = read_one(bank.statement(date(2026, 3, 4), version=version))
    # Then every statement goes on where the last one ended
    assert [first.sequence_number, second.sequence_number, third.sequence_number] == [1, 2, 3]
    assert [s.opening_cents for s in (first, second, third)] == [0, 10000000, 7399999]
    assert third.closing_cents == bank.balance_cents == 10000000 - 2500001 - 1250
    assert first.lines[0].creditor_reference == reference
    assert [(line.end_to_end_id, line.amount_cents) for line in second.lines] == [
        ("D20260001", -2500001),
        ("D20260002", -100000),
    ]
    assert {line.payment_information_id for line in second.lines} == {"S2026001"}
    back, charge = third.lines
    assert (back.end_to_end_id, back.amount_cents, back.return_reason, back.returned) == (
        "D20260002",
        100000,
        "AC04",
        True,
    )
    assert (charge.amount_cents, charge.code) == (-1250, "PMNT/MDOP/CHRG")


def test_a_payment_that_the_bank_refuses_at_once_never_leaves() -> None:
    bank = StoryBank(iban=OURS, balance_cents=1000)
    bank.pay(payments(100, 200), refused=["D20260001"])
    statement = read_one(bank.statement(date(2026, 3, 2)))
    assert [line.end_to_end_id for line in statement.lines] == ["D20260002"]
    bank.pay(payments(100), refused=["D20260001"])
    assert read_one(bank.statement(date(2026, 3, 3))).lines == ()


def test_the_same_story_gives_the_same_bytes() -> None:
    def told() -> bytes:
        bank = StoryBank(iban=OURS)
        bank.receive(5, name="Gemeente Baarn", iban=BAARN, on=date(2026, 2, 1), text="B2026-0001")
        return bank.statement(date(2026, 2, 1))

    assert told() == told()


def test_only_what_was_paid_can_come_back_and_only_once() -> None:
    bank = StoryBank(iban=OURS, balance_cents=1000)
    bank.pay(payments(100))
    bank.send_back("D20260001", on=date(2026, 3, 3))
    with pytest.raises(KeyError):
        bank.send_back("D20260001", on=date(2026, 3, 3))
