"""Numbers beyond 64 bits, sums beyond 64 bits, and other edges of what can be asked: answered, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fund.errors import FundError
from fund.errors.amounts import AmountTooLarge
from fund.errors.ledger import BeyondOriginal, EmptyText, UnknownAccount, UnknownEntry
from fund.ledger import AccountType, Ledger, Posted, Turnover, credit, debit
from fund.money import LARGEST_CENTS
from tests.ledger.conftest import DAY, Opens, draft

HALF = 2**62
BEYOND = [2**63, 2**64 + 1, 10**30]


@pytest.mark.parametrize("number", BEYOND)
def test_a_number_that_no_entry_can_have_is_no_entry(book: Opens, number: int) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))
    said: dict[str, Any] = {"effective_on": DAY, "reason": "x", "idempotency_key": "r", "actor": "usr_a"}
    legs = (debit("3000", 5), credit("1000", 5))
    refused: list[Callable[[Ledger], Any]] = [
        lambda ledger: ledger.entry(number),
        lambda ledger: ledger.entry(-number),
        lambda ledger: ledger.reverse(number, **said),
        lambda ledger: ledger.reverse_part(number, legs, **said),
        lambda ledger: ledger.post(draft("2", *legs, reverses=number, reason="x")),
        lambda ledger: ledger.post(draft("2", *legs, part_of=number, reason="x")),
        lambda ledger: ledger.post(draft("2", *legs, replaces=number)),
        lambda ledger: ledger.post(draft("2", *legs, replaces=-number)),
    ]
    for ask in refused:
        with book() as ledger, pytest.raises(UnknownEntry):
            ask(ledger)
    with book() as ledger:
        assert (ledger.reversal_of(number), ledger.replacement_of(number), ledger.parts_of(number)) == (None, None, [])


@pytest.mark.parametrize("number", BEYOND)
def test_what_is_known_at_an_entry_that_cannot_be_is_all_or_nothing(book: Opens, number: int) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))
        for known, cents in ((number, 5), (-number, 0)):
            assert ledger.balance("1000", known_at=known) == cents
            assert ledger.turnover("1000", known_at=known, kinds=["receipt"]).debit_cents == cents
            assert [row.debit_cents for row in ledger.trial_balance(known_at=known)] == ([5, 0] if cents else [])
            assert [line.balance_cents for line in ledger.card("1000", known_at=known)] == [5] * bool(cents)
            for read in (ledger.entries, ledger.export_entries):
                assert len(list(read(until_seq=known))) == bool(cents)
                assert len(list(read(since_seq=-known))) == bool(cents)
            assert len(list(ledger.entries(account="1000", since_seq=-known, until_seq=known))) == bool(cents)
            assert ledger.periods(known_at=known) == []


def test_sub_accounts_that_are_together_beyond_64_bits_are_added_up(book: Opens) -> None:
    with book() as ledger:
        ledger.limit_set("stock", {"3000": -1}, actor="usr_a", min_balance_cents=0, kinds=["promise"])
        for number, holder in enumerate(("anna", "bob", "carla")):
            ledger.add_account(f"10{number}1", name="Kluis", type=AccountType.ASSET)
            ledger.post(draft(holder, debit(f"10{number}1", HALF + 5), credit(f"3000.{holder}", HALF + 5)))
    with book() as ledger:
        owed = 3 * (HALF + 5)
        for asked in ({}, {"as_of": DAY}, {"known_at": 3}):
            assert ledger.balance("3000", **asked) == -owed
            assert ledger.turnover("3000", **asked) == Turnover(0, owed)
        assert ledger.balance("3000", known_at=2) == -2 * (HALF + 5)
        assert ledger.turnover("3000", kinds=["receipt"]) == Turnover(0, owed)
        assert ledger.main_balances()["3000"] == -owed
        assert list(ledger.card("3000"))[-1].balance_cents == -owed
        assert ledger.verify(full=True).ok


def test_what_a_balance_cannot_hold_is_refused_with_both_values(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", LARGEST_CENTS), credit("3000", LARGEST_CENTS)))
        drafts = [
            draft("2", debit("4000", HALF), credit("4400", HALF)),
            draft("3", debit("4000", HALF), credit("4400", HALF)),
            draft("4", debit("3000", 7), credit("4400", 7)),
            draft("5", debit("1000", 1), credit("4000", 1)),
        ]
        foretold = ledger.post_many(drafts, on_error="skip", dry_run=True)
        real = ledger.post_many(drafts, on_error="skip")
    for results in (foretold, real):
        found = [one.details if isinstance(one, FundError) else one.seq for one in results]
        assert found == [2, {"value": 2**63, "limit": LARGEST_CENTS}, 3, {"value": 2**63, "limit": LARGEST_CENTS}]
    with book() as ledger, pytest.raises(AmountTooLarge, match="9223372036854775808 cents do not fit"):
        ledger.post(drafts[3])


def test_the_first_refusal_in_the_order_of_the_drafts_is_raised(book: Opens) -> None:
    good = draft("1", debit("1000", 5), credit("3000", 5))
    unknown = draft("2", debit("7777", 5), credit("3000", 5))
    formless = draft("3", debit("1000", 5), credit("3000", 5), memo=" ")
    for drafts, wanted in (([good, unknown, formless], UnknownAccount), ([good, formless, unknown], EmptyText)):
        for dry in (True, False):
            with book() as ledger, pytest.raises(wanted):
                ledger.post_many(drafts, dry_run=dry)
    with book() as ledger:
        assert ledger.head().seq == 0


def test_another_word_than_abort_or_skip_is_a_mistake_of_the_program(book: Opens) -> None:
    with book() as ledger:
        for drafts in ([], [draft("1", debit("1000", 5), credit("3000", 5))]):
            with pytest.raises(ValueError, match="abort or skip, not 'ignore'"):
                ledger.post_many(drafts, on_error="ignore")  # type: ignore[arg-type]
        assert ledger.head().seq == 0


def test_a_main_code_that_has_sub_accounts_alone_is_answered_everywhere(book: Opens) -> None:
    with book() as ledger:
        ledger.add_account("4500.x", name="Reizen", type=AccountType.EXPENSE)
        assert (ledger.balance("4500"), ledger.turnover("4500"), list(ledger.card("4500"))) == (0, Turnover(0, 0), [])
        assert list(ledger.entries(account="4500")) == []
        ledger.post(draft("1", debit("4500.x", 5), credit("3000", 5)))
        assert (ledger.balance("4500"), ledger.turnover("4500")) == (5, Turnover(5, 0))
        assert [line.account for line in ledger.card("4500")] == ["4500.x"]
        assert [entry.seq for entry in ledger.entries(account="4500")] == [1]
        for ask in (ledger.balance, ledger.turnover, ledger.card, lambda code: ledger.entries(account=code)):
            for code in ("4500.y", "45", "4500x"):
                with pytest.raises(UnknownAccount):
                    ask(code)


def test_a_part_that_takes_nothing_back_is_no_part(book: Opens) -> None:
    said: dict[str, Any] = {"effective_on": DAY, "reason": "x", "actor": "usr_a"}
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))
        for code in ("1000", "4000"):
            with pytest.raises(BeyondOriginal):
                ledger.reverse_part(1, (debit(code, 5), credit(code, 5)), idempotency_key="p", **said)
        assert isinstance(ledger.reverse(1, idempotency_key="r", **said), Posted)
