"""Money between bank and treasury: decided by two people or swept by the bank, each side booked once in any order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from fund.bank.simulation import RETURNED, SENT, StoryBank, StoryEntry, StoryTransaction
from fund.checks import verify
from fund.errors import FundError
from fund.errors.capital import AmountNotPositive, NotABankAccountCode
from fund.errors.commands import ReasonMissing, TransitionNotAllowed
from fund.errors.payments import (
    AccountHoldsLess,
    AccountNotOfTheFund,
    CoolingOff,
    DebitsUnexplained,
    InsufficientCash,
    NoBankAccount,
    TransferSeen,
)
from fund.errors.people import NotAuthorised, SameHands
from fund.events.costs import TransferSent, TransferSettled
from tests.factories import START, World, as_text, founded
from tests.workflows.money_out import AGREEMENT, OTHER_IBAN, OURS, TREASURY, agree, approved, at, owed, prepared, sent

MONDAY = date(2026, 1, 12)
THEIRS = OTHER_IBAN


def with_treasury(world: World) -> World:
    """A fund with both accounts, the treasury's registered a week ago."""
    prepared(world)
    world.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005")
    world.clock(at(7))
    return world


class Banks:
    """The bank and the treasury, which see the same transfers."""

    def __init__(self) -> None:
        self.bank = StoryBank(iban=OURS, owner="Testfonds", balance_cents=10_000_000)
        self.treasury = StoryBank(iban=TREASURY, owner="Testfonds", balance_cents=0)

    def move(self, cents: int, *, text: str = "sweep") -> None:
        """Money goes to the treasury, or comes back when negative."""
        for account, other, amount in ((self.bank, TREASURY, -cents), (self.treasury, OURS, cents)):
            one = StoryTransaction(amount_cents=amount, name="Testfonds", iban=other, text=text)
            account.entries.append(StoryEntry(transactions=(one,), booked_on=MONDAY, code=SENT))

    def statements(self) -> tuple[bytes, bytes]:
        return self.bank.statement(MONDAY), self.treasury.statement(MONDAY)


def take_in(world: World, *statements: bytes) -> dict[str, Any]:
    world.clock(datetime(2026, 1, 13, 9, tzinfo=START.tzinfo))
    answer: dict[str, Any] = {}
    for number, data in enumerate(statements):
        answer = dict(world.do("bank import", user="bram", files=[{"name": f"{number}.xml", "content": data}]))
    return answer


def transfers(world: World) -> list[tuple[str, str, int]]:
    return [(row["ref"], row["state"], row["amount_cents"]) for row in world.ask("cost list")["transfers"]]


def books(world: World) -> dict[str, int]:
    balances = world.balances()
    return {code: balances.get(code, 0) for code in ("1000", "1005", "1010", "2300")}


def test_two_people_move_money_to_the_treasury_and_both_statements_show_it_once(database_url: str) -> None:
    with founded(database_url) as world:
        with_treasury(world)
        made = world.do("cost transfer", user="bram", amount=4_000_000, to="1005")
        with pytest.raises(SameHands):
            world.do("confirm", user="bram", ref=made["pending"])
        assert books(world)["1000"] == 10_000_000
        world.do("confirm", user="anna2", ref=made["pending"])
        assert as_text(world.entries()[-1]) == (
            "2026-01-12 transfer.sent Overboeking V2026-0001 van 1000 verzonden\n  Dr 1010 4000000\n    Cr 1000 4000000"
        )
        banks = Banks()
        banks.move(4_000_000)
        answer = take_in(world, *banks.statements())
        assert answer["result"]["unmatched_receipts"] == answer["result"]["unexplained_debits"] == []
        assert as_text(world.entries()[-1]) == (
            "2026-01-12 transfer.settled Overboeking V2026-0001 op 1005 ontvangen\n"
            "  Dr 1005 4000000\n    Cr 1010 4000000"
        )
        assert books(world) == {"1000": 6_000_000, "1005": 4_000_000, "1010": 0, "2300": 0}
        assert transfers(world) == [("V2026-0001", "settled", 4_000_000)]
        report = verify(world.fund.engine)
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]


@pytest.mark.parametrize("first", [0, 1], ids=["the bank's statement first", "the treasury's statement first"])
@pytest.mark.parametrize("decided", ["before", "never"])
@pytest.mark.parametrize("cents", [4_000_000, -1_500_000], ids=["out", "back"])
def test_nothing_is_booked_twice_in_either_order_of_statements(
    sqlite_url: str, first: int, decided: str, cents: int
) -> None:
    with founded(sqlite_url) as world:
        with_treasury(world)
        banks = Banks()
        if decided == "before":
            if cents < 0:
                _in_the_treasury(world, -cents)
            world.both(
                "cost transfer", user="bram", second="bram2", amount=abs(cents), to="1005" if cents > 0 else "1000"
            )
        before = books(world)
        banks.move(cents)
        statements = banks.statements()
        take_in(world, statements[first])
        state = transfers(world)[-1][1]
        assert state in ("sent", "arrived", "settled")
        if decided == "never":
            assert books(world)["1010"] != 0  # on the one account, not yet on the other
        take_in(world, statements[1 - first], statements[first])
        assert {state for _ref, state, _cents in transfers(world)} == {"settled"}
        after = books(world)
        assert (after["1010"], after["2300"]) == (0, 0)
        if decided == "never":
            assert (after["1000"], after["1005"]) == (before["1000"] - cents, before["1005"] + cents)
        waits = [item["command"] for item in world.ask("inbox", user="bram")["items"]]
        assert "fund bank import FILE" not in waits


def _in_the_treasury(world: World, cents: int) -> None:
    """So much was moved there before, by a fact."""
    sides: Any = {"from_iban": OURS, "to_iban": TREASURY, "from_account": "1000", "to_account": "1005"}
    with world.uow("bram") as uow:
        for fact in (TransferSent, TransferSettled):
            uow.record(fact(ref="V2025-9001", amount_cents=cents, bank_line="lin_v", **sides))


@pytest.mark.parametrize("first", [0, 1])
def test_sweeps_of_the_same_amount_find_each_their_other_side(sqlite_url: str, first: int) -> None:
    moves = (700, 700, -700, 250, -700)
    with founded(sqlite_url) as world:
        with_treasury(world)
        banks = Banks()
        for cents in moves:
            banks.move(cents)
        statements = banks.statements()
        take_in(world, statements[first], statements[1 - first])
        assert [state for _ref, state, _cents in transfers(world)] == ["settled"] * len(moves)
        assert books(world) == {"1000": 10_000_000 - sum(moves), "1005": sum(moves), "1010": 0, "2300": 0}


def test_a_transfer_that_the_bank_gave_back_stands_where_it_came_from(database_url: str) -> None:
    with founded(database_url) as world:
        with_treasury(world)
        world.both("cost transfer", user="bram", second="bram2", amount=1_000_000, to="1005")
        bank = StoryBank(iban=OURS, owner="Testfonds", balance_cents=10_000_000)
        out = StoryTransaction(amount_cents=-1_000_000, name="Testfonds", iban=TREASURY)
        back = StoryTransaction(amount_cents=1_000_000, name="Testfonds", iban=TREASURY, return_reason="AC04")
        bank.entries.append(StoryEntry(transactions=(out,), booked_on=MONDAY, code=SENT))
        bank.entries.append(StoryEntry(transactions=(back,), booked_on=MONDAY, code=RETURNED))
        take_in(world, bank.statement(MONDAY))
        assert as_text(world.entries()[-1]) == (
            "2026-01-12 transfer.failed Overboeking V2026-0001 terug op 1000\n  Dr 1000 1000000\n    Cr 1010 1000000"
        )
        assert transfers(world) == [("V2026-0001", "failed", 1_000_000)]
        assert books(world) == {"1000": 10_000_000, "1005": 0, "1010": 0, "2300": 0}


def test_what_was_never_carried_out_is_recalled_by_two_and_what_the_bank_showed_is_not(database_url: str) -> None:
    with founded(database_url) as world:
        with_treasury(world)
        world.both("cost transfer", user="bram", second="bram2", amount=1_000, to="1005")
        with pytest.raises(ReasonMissing):
            world.do("cost recall", user="bram", ref="V2026-0001", reason=" ")
        made = world.do("cost recall", user="bram", ref="V2026-0001", reason="dubbel getypt")
        with pytest.raises(SameHands):
            world.do("confirm", user="bram", ref=made["pending"])
        world.do("confirm", user="anna", ref=made["pending"])
        assert books(world)["1000"] == 10_000_000
        with pytest.raises(TransitionNotAllowed):
            world.do("cost settle", user="bram", ref="V2026-0001")
        # the bank carried it out all the same: then it is a transfer of its own
        banks = Banks()
        banks.move(1_000)
        statements = banks.statements()
        take_in(world, statements[0])
        assert transfers(world) == [("V2026-0001", "failed", 1_000), ("V2026-0002", "sent", 1_000)]
        with pytest.raises(TransferSeen):
            world.do("cost recall", user="bram", ref="V2026-0002", reason="toch niet")
        take_in(world, statements[1])
        assert books(world) == {"1000": 9_999_000, "1005": 1_000, "1010": 0, "2300": 0}


def test_a_treasurer_settles_what_no_statement_shows_and_the_statement_that_comes_books_nothing(
    database_url: str,
) -> None:
    with founded(database_url) as world:
        with_treasury(world)
        world.both("cost transfer", user="bram", second="bram2", amount=1_000, to="1005")
        waits = [item["command"] for item in world.ask("inbox", user="bram")["items"]]
        assert "fund bank import FILE" in waits
        world.do("cost settle", user="bram", ref="V2026-0001")
        after = books(world)
        banks = Banks()
        banks.move(1_000)
        take_in(world, *banks.statements())
        assert books(world) == after == {"1000": 9_999_000, "1005": 1_000, "1010": 0, "2300": 0}
        assert transfers(world) == [("V2026-0001", "settled", 1_000)]


def test_a_line_without_an_account_is_known_by_our_reference_only(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with_treasury(world)
        world.both("cost transfer", user="bram", second="bram2", amount=1_000, to="1005")
        bank = StoryBank(iban=OURS, owner="Testfonds", balance_cents=10_000_000)
        for text, iban in (("afdracht", ""), ("V2026-0001", THEIRS), ("overboeking V2026-0001", "")):
            one = StoryTransaction(amount_cents=-1_000, name="?", iban=iban, text=text)
            bank.entries.append(StoryEntry(transactions=(one,), booked_on=MONDAY, code=SENT))
        answer = take_in(world, bank.statement(MONDAY))
        assert len(answer["result"]["unexplained_debits"]) == 2
        assert books(world) == {"1000": 10_000_000 - 3_000, "1005": 0, "1010": 3_000, "2300": 0}


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"amount": 0}, AmountNotPositive),
        ({"to": "1010"}, NotABankAccountCode),
        ({"iban": THEIRS}, AccountNotOfTheFund),
        ({"iban": OURS}, AccountNotOfTheFund),
        ({"amount": 10_000_001}, AccountHoldsLess),
        ({"to": "1000"}, AccountHoldsLess),
    ],
)
def test_a_transfer_that_makes_no_sense_is_refused(
    sqlite_url: str, args: dict[str, Any], error: type[FundError]
) -> None:
    with founded(sqlite_url) as world:
        with_treasury(world)
        with pytest.raises(error) as caught:
            world.do("cost transfer", user="bram", **{"amount": 1_000, "to": "1005", **args})
        assert caught.value.advice
        assert transfers(world) == []


def test_an_account_of_the_fund_that_is_new_cools_off_as_any_payee_does(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        with pytest.raises(NoBankAccount):
            world.do("cost transfer", user="bram", amount=1_000, to="1005")
        world.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005")
        with pytest.raises(CoolingOff) as caught:
            world.do("cost transfer", user="bram", amount=1_000, to="1005")
        assert caught.value.details["usable_on"] == date(2026, 1, 11)
        with pytest.raises(NotAuthorised):
            world.do("cost transfer", user="anna", amount=1_000, to="1005")
        world.clock(at(6))
        world.both("cost transfer", user="bram", second="bram2", amount=1_000, to="1005")


def test_what_is_on_its_way_to_the_treasury_cannot_be_paid_out(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agree(with_treasury(world))
        world.both("cost transfer", user="bram", second="bram2", amount=7_500_000, to="1005")
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=ref)
        with pytest.raises(InsufficientCash) as caught:
            world.do("disbursement approve", user="bram", ref=ref)
        assert caught.value.details["available_cents"] == 2_500_000
        # and what is under way to payees is not moved away
        world.do("cost settle", user="bram", ref="V2026-0001")
        approved(world, milestone=2, amount=1_000_000)
        sent(world)
        with pytest.raises(AccountHoldsLess) as held:
            world.do("cost transfer", user="bram", amount=1_600_000, to="1005")
        assert held.value.details["held_cents"] == 1_500_000
        # nor when more money is on its way elsewhere at the same time, on the other side of 1010
        world.both("cost transfer", user="bram", second="bram2", amount=1_500_000, to="1005")
        with pytest.raises(AccountHoldsLess) as held:
            world.do("cost transfer", user="bram", amount=1, to="1005")
        assert held.value.details["held_cents"] == 0


def test_a_sweep_under_way_is_no_unexplained_debit_and_payments_go_on(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agree(with_treasury(world))
        banks = Banks()
        banks.move(100)
        take_in(world, banks.statements()[0])
        approved(world)
        sent(world)  # DebitsUnexplained would stop it
        one = StoryTransaction(amount_cents=-100, name="?", iban=THEIRS)
        banks.bank.entries.append(StoryEntry(transactions=(one,), booked_on=MONDAY, code=SENT))
        take_in(world, banks.bank.statement(date(2026, 1, 13)))
        approved(world, milestone=2)
        world.do("payment batch", user="anna")
        with pytest.raises(DebitsUnexplained):
            world.do("payment send", user="bram2", ref="S2026-002")


def test_the_cash_identity_holds_with_sweeps_and_costs_under_way(database_url: str) -> None:
    with founded(database_url) as world:
        agree(with_treasury(world))

        def identity() -> None:
            position, balances = world.ask("statement position"), world.balances()
            basis = {name: cents for each in position["indicators"].values() for name, cents in each["inputs"].items()}
            moving = sum(cents for _ref, state, cents in transfers(world) if state == "sent")
            cash = balances["1000"] + balances.get("1005", 0) + moving
            told = (basis[f"{name}_cents"] for name in "IAR"), (basis[f"{name}_cents"] for name in "USK")
            assert cash == sum(told[0]) - sum(told[1]) - balances.get("2300", 0) - balances.get("2100", 0)

        identity()
        world.both("cost transfer", user="bram", second="bram2", amount=1_000_000, to="1005")
        identity()
        cost, award = owed(world, payee="gm0308"), approved(world)
        identity()
        sent(world)
        identity()
        world.do("payment settle", user="bram", ref=cost)
        identity()
        world.do("payment settle", user="bram", ref=award)
        world.do("cost settle", user="bram", ref="V2026-0001")
        identity()
