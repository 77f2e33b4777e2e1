"""The same histories, told to beancount and hledger: independent bookkeepers that must come to the same balances."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fund.database import Engine, writing
from fund.ledger import AccountType, Ledger, Posting, credit, debit
from tests.ledger.conftest import DAY, Opens, draft
from tests.ledger.journals import (
    Balances,
    amount,
    beancount_balances,
    beancount_journal,
    beancount_name,
    hledger_balances,
    hledger_journal,
    hledger_name,
    manual_balances,
)
from tests.ledger.test_machine import DOLLAR, FIRST, LAST, MEMOS, Bookkeeper, play

END = date(2100, 1, 1)


def compare(ledger: Ledger, days: list[date]) -> None:
    """Account by account and currency by currency, at the end of each day."""
    accounts = {account.code: account for account in ledger.accounts()}
    ours: list[dict[str, int]] = [
        {row.code: row.balance_cents for row in ledger.trial_balance(as_of=day) if row.balance_cents} for day in days
    ]
    currencies = sorted({account.currency for account in accounts.values()})

    def named(balances: dict[str, int], name: object) -> Balances:
        return {(name(accounts[code]), accounts[code].currency): cents for code, cents in balances.items()}  # type: ignore[operator]

    assert beancount_balances(beancount_journal(ledger), days) == [named(one, beancount_name) for one in ours]
    text = hledger_journal(ledger)
    with tempfile.TemporaryDirectory() as folder:
        told = hledger_balances(text, days, currencies, Path(folder))
    assert told == manual_balances(text, days) == [named(one, hledger_name) for one in ours]


class Teller(Bookkeeper):
    """At the end it tells both books to both programs."""

    def both_books_agree_with_the_model(self) -> None:
        """They do; that is another test's."""

    def teardown(self) -> None:
        days = [FIRST - timedelta(days=1), FIRST + timedelta(days=self.number % 90), date(2027, 1, 31), LAST, END]
        for name in self.models:
            (answer,) = self.act(name, lambda ledger: compare(ledger, days))
            assert answer is None, answer


def test_what_a_bookkeeper_wrote_stands_the_same_with_beancount_and_hledger(engine: Engine) -> None:
    play(engine, Teller, examples=6, steps=30)


def test_thousands_of_legs_in_every_layer_and_currency_reversed_and_back_dated(book: Opens) -> None:
    with book() as ledger:
        for code, type in (("1100", AccountType.ASSET), ("3100", AccountType.EQUITY)):
            ledger.add_account(code, name="Dollars", type=type, currency="USD")
        pairs = [("1000", "3000.anna"), ("4000", "1000"), ("9000.x", "9010.x"), (DOLLAR[0], DOLLAR[1])]
        legs: list[Posting] = []
        for number in range(1200):
            left, right = pairs[number % len(pairs)]
            legs += [debit(left, number * 7 + 1), credit(right, number * 7 + 1)]
        wide = ledger.post(draft("wide", *legs, memo=MEMOS[1]))
        ledger.post_many(
            [
                draft(f"k{number}", *legs[number : number + 2], on=DAY - timedelta(days=number % 60), memo=memo)
                for number, memo in enumerate(MEMOS * 40)
                if number % 2 == 0
            ]
        )
        undo: dict[str, Any] = {"reason": "fout", "actor": "usr_a"}
        ledger.reverse(wide.seq, effective_on=DAY + timedelta(days=9), idempotency_key="undo", **undo)
        ledger.reverse(2, effective_on=DAY - timedelta(days=90), idempotency_key="back", **undo)
    with book() as ledger:
        compare(ledger, [DAY - timedelta(days=days) for days in (91, 90, 30, 0, -8, -9)])


@pytest.mark.parametrize("cents", [1, 9, 10, 99, 100, 12345, 2**63 - 1])
def test_an_amount_is_told_to_the_cent(book: Opens, cents: int) -> None:
    assert amount(-cents) == "-" + amount(cents)
    with book() as ledger:
        ledger.post(draft("x", debit("1000", cents), credit("3000", cents)))
        compare(ledger, [DAY])


def test_no_two_accounts_share_a_name(engine: Engine) -> None:
    codes = ["A-1", "A_1", "A1", "a1", "A-2D1", "A-1.x", "A-1.X", "A-1.x-y", "A-1.x_y", "0"]
    with writing(engine) as connection:
        ledger = Ledger.create(connection, book="names")
        for code in codes:
            ledger.add_account(code, name="x", type=AccountType.ASSET)
        for number, code in enumerate(codes[1:], start=1):
            ledger.post(draft(code, debit(code, number), credit("A-1", number)))
        compare(ledger, [DAY, DAY - timedelta(days=1)])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  0.05 EUR", "  0.06 EUR"),
        ("  0.05 EUR", "  0.050 EUR"),
        ("  0.05 EUR", " 0.05 EUR"),
        ("  0.05 EUR", "  0.05 USD"),
        ("[commitments:9000]  0.07 EUR", "commitments:9000  0.07 EUR"),
        ("    equity:3000", "equity:3000"),
        ("    equity:3000", "    equity:3001"),
        ("2027-03-10 *", "2027-13-10 *"),
        ("account assets:1000\n", ""),
        ("(1) Broodverkoop", "(1) Broodverkoop ; date:2027-01-01"),
    ],
)
def test_the_reader_of_the_manual_is_strict(book: Opens, old: str, new: str) -> None:
    with book() as ledger:
        ledger.post(draft("x", debit("1000", 5), credit("3000", 5), debit("9000", 7), credit("9010", 7)))
        text = hledger_journal(ledger)
    assert manual_balances(text, [DAY])[0]["commitments:9000", "EUR"] == 7
    assert old in text
    with pytest.raises((AssertionError, ValueError)):
        manual_balances(text.replace(old, new), [DAY])
