from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.errors.amounts import AmountTooLarge, NotIntegerCents
from fund.errors.ledger import (
    EmptyText,
    NotPositive,
    TooFewPostings,
    UnbalancedEntry,
    WrongDay,
    WrongInstant,
    ZeroPosting,
)
from fund.ledger import Posting, credit, debit, mirror
from tests.ledger.conftest import Opens, as_text, draft

amounts = st.integers(1, 2**63 - 1)


@given(amounts)
def test_a_debit_is_positive_and_a_credit_negative(cents: int) -> None:
    assert debit("1000", cents).amount_cents == cents
    assert credit("1000", cents).amount_cents == -cents


@given(st.lists(st.builds(Posting, st.sampled_from(["1000", "3000"]), amounts | amounts.map(lambda cents: -cents))))
def test_the_mirror_of_a_mirror_is_the_entry_itself(postings: list[Posting]) -> None:
    assert mirror(mirror(postings)) == tuple(postings)
    assert sum(leg.amount_cents for leg in (*postings, *mirror(postings))) == 0


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (1.0, NotIntegerCents),
        (0.1 + 0.2, NotIntegerCents),
        (float("nan"), NotIntegerCents),
        (float("inf"), NotIntegerCents),
        (-0.0, NotIntegerCents),
        (True, NotIntegerCents),
        (None, NotIntegerCents),
        ("1e3", NotIntegerCents),
        ("12.345", NotIntegerCents),
        ("１２", NotIntegerCents),
        ("1.000", NotIntegerCents),
        (2**63, AmountTooLarge),
        (-(2**63), AmountTooLarge),
        (10**30, AmountTooLarge),
        (0, NotPositive),
        (-5, NotPositive),
    ],
)
def test_what_is_no_amount_is_refused_by_name(amount: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        debit("1000", amount)
    with pytest.raises(refusal):
        credit("1000", amount)


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (1.0, NotIntegerCents),
        (float("nan"), NotIntegerCents),
        ("5", NotIntegerCents),
        (2**63, AmountTooLarge),
        (0, ZeroPosting),
    ],
)
def test_a_leg_made_by_hand_is_looked_at_too(book: Opens, amount: Any, refusal: type[Exception]) -> None:
    with book() as ledger:
        with pytest.raises(refusal):
            ledger.post(draft("1", Posting("1000", amount), credit("3000", 1)))
        assert ledger.head().seq == 0


def test_the_largest_amount_fits_and_one_cent_more_does_not(book: Opens) -> None:
    largest = 2**63 - 1
    with book() as ledger:
        ledger.post(draft("1", debit("1000", largest), credit("3000", largest)))
        assert ledger.balance("1000") == largest
        with pytest.raises(AmountTooLarge), ledger.connection.begin_nested():
            ledger.post(draft("2", debit("1000", 1), credit("3000", 1)))
        with pytest.raises(AmountTooLarge):
            ledger.post(
                draft("3", debit("4000", largest), debit("4000", 1), credit("3000", largest), credit("3000", 1))
            )
    with book() as ledger:
        assert ledger.head().seq == 1
        assert ledger.verify(full=True).ok


def test_an_entry_that_does_not_balance_names_both_sides_and_the_difference(book: Opens) -> None:
    with book() as ledger, pytest.raises(UnbalancedEntry) as refusal:
        ledger.post(draft("7", debit("1000", 12_500), credit("3000", 12_400)))
    assert str(refusal.value) == (
        "entry 7 does not balance in layer actual (EUR): debit EUR 125.00, credit EUR 124.00, a difference of EUR 1.00"
    )
    assert refusal.value.code() == "unbalanced_entry"


def test_each_layer_balances_by_itself(book: Opens) -> None:
    with book() as ledger:
        with pytest.raises(UnbalancedEntry, match="layer actual"):
            ledger.post(draft("1", debit("1000", 5), credit("9010", 5)))
        posted = ledger.post(draft("2", debit("1000", 5), credit("3000", 5), debit("9000", 7), credit("9010", 7)))
        assert as_text(ledger.entry(posted.seq).postings) == "Dr 1000 5\nCr 3000 5\nDr 9000 7\nCr 9010 7"


def test_each_currency_balances_by_itself(book: Opens) -> None:
    with book() as ledger:
        ledger.add_account("1001", name="Dollars", type=ledger.account("1000").type, currency="USD")
        with pytest.raises(UnbalancedEntry, match=r"\(EUR\)|\(USD\)"):
            ledger.post(draft("1", debit("1000", 5), credit("1001", 5)))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"postings": ()}, TooFewPostings),
        ({"postings": (debit("1000", 5),)}, TooFewPostings),
        ({"memo": " "}, EmptyText),
        ({"kind": ""}, EmptyText),
        ({"actor": ""}, EmptyText),
        ({"idempotency_key": ""}, EmptyText),
        ({"idempotency_key": None}, EmptyText),
        ({"reverses": 1}, EmptyText),
        ({"effective_on": "2027-03-10"}, WrongDay),
        ({"effective_on": datetime(2027, 3, 10)}, WrongDay),
        ({"recorded_at": datetime(2027, 3, 10)}, WrongInstant),
    ],
)
def test_a_draft_that_says_too_little_is_refused(book: Opens, change: dict[str, Any], refusal: type[Exception]) -> None:
    good = draft("1", debit("1000", 5), credit("3000", 5))
    with book() as ledger:
        with pytest.raises(refusal):
            ledger.post(replace(good, **change))
        assert ledger.head().seq == 0
