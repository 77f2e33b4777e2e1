from __future__ import annotations

import pytest

from fund.errors.ledger import AccountExists, InvalidAccount, UnknownAccount
from fund.ledger import AccountType, Layer, Side, credit, debit
from tests.ledger.conftest import Opens, draft


def test_an_account_knows_its_layer_and_its_side(book: Opens) -> None:
    with book() as ledger:
        assert ledger.account("1000").layer is Layer.ACTUAL
        assert ledger.account("1000").normal_side is Side.DEBIT
        assert ledger.account("3000").normal_side is Side.CREDIT
        assert ledger.account("1290").normal_side is Side.CREDIT, "a contra account stands on the other side"
        assert ledger.account("9000").layer is Layer.COMMITMENT


@pytest.mark.parametrize(
    ("code", "more", "reason"),
    [
        ("", {}, "letters"),
        ("10 00", {}, "letters"),
        ("1000.a.b", {}, "point"),
        ("1000.", {}, "point"),
        ("１０００", {}, "letters"),
        ("5000", {"layer": Layer.COMMITMENT}, "layer"),
        ("5000", {"currency": "euro"}, "capitals"),
        ("5000", {"name": "  "}, "name"),
        ("5000", {"min_balance_cents": 5, "max_balance_cents": 4}, "minimum"),
    ],
)
def test_an_account_that_cannot_be_is_refused(book: Opens, code: str, more: dict[str, object], reason: str) -> None:
    with book() as ledger:
        with pytest.raises(InvalidAccount, match=reason):
            ledger.add_account(code, **({"name": "Oven", "type": AccountType.ASSET} | more))  # type: ignore[arg-type]
        assert len(ledger.accounts()) == 7


def test_a_code_is_given_once(book: Opens) -> None:
    with book() as ledger, pytest.raises(AccountExists, match=r"1000 .* bakery"):
        ledger.add_account("1000", name="Kas", type=AccountType.ASSET)


def test_a_sub_account_opens_with_its_first_entry(book: Opens) -> None:
    with book() as ledger:
        ledger.post(
            draft("1", debit("1000", 500), credit("3000.anna", 300), credit("3000.bob", 200)),
            account_names={"3000.anna": "Anna"},
        )
        anna, bob = ledger.account("3000.anna"), ledger.account("3000.bob")

        assert (anna.name, anna.main, anna.holder, anna.type) == ("Anna", "3000", "anna", AccountType.EQUITY)
        assert bob.name == "Kapitaal", "without a name it bears its main account's"
        assert [account.code for account in ledger.accounts(main="3000")] == ["3000", "3000.anna", "3000.bob"]
        assert ledger.balance("3000") == -500, "the main code is the sum"
        assert ledger.balance("3000.anna") == -300


def test_a_sub_account_that_had_no_entry_stands_at_zero(book: Opens) -> None:
    with book() as ledger:
        assert ledger.balance("3000.carla") == 0
        with pytest.raises(UnknownAccount):
            ledger.balance("7000.carla")
        with pytest.raises(UnknownAccount):
            ledger.account("3000.carla")


def test_a_refused_entry_opens_no_sub_account(book: Opens) -> None:
    with book() as ledger:
        refused, done = ledger.post_many(
            [draft("1", debit("1000", 5), credit("3000.anna", 4)), draft("2", debit("1000", 5), credit("3000.bob", 5))],
            on_error="skip",
        )
        assert isinstance(refused, Exception)
        assert not isinstance(done, Exception)
        assert [account.code for account in ledger.accounts(main="3000")] == ["3000", "3000.bob"]


def test_accounts_come_in_code_order_the_same_on_each_database(book: Opens) -> None:
    with book() as ledger:
        for code in ("1000.b", "1000.B", "1000.a", "1000.A-1", "1000.A_1", "1000.A1"):
            ledger.add_account(code, name="Kas", type=AccountType.ASSET)
        codes = [account.code for account in ledger.accounts()]
        assert codes == sorted(codes)


def test_a_name_may_change_and_a_code_may_not(book: Opens) -> None:
    with book() as ledger:
        ledger.rename_account("1000", "Bankrekening")
        assert ledger.account("1000").name == "Bankrekening"
        with pytest.raises(UnknownAccount):
            ledger.rename_account("1001", "Kas")
