"""Bank in (lifecycle.md 6, 9): receipts, charges and debits of a statement, income, and what the bank takes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction
from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.test_receipts import FROM, OTHER, TREASURY, called, import_bytes, import_statement, registered

ROWS = ("R2", "C2", "C3")
WIRES = (
    "receipt.recorded",
    "receipt.unmatched",
    "receipt.reversed",
    "cost.charged",
    "debit.recorded",
    "debit.explained",
    "debit.reversed",
    "income.recorded",
)
DAY = date(2026, 1, 5)


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        made.people()
        called(made, 1_000_00)
        yield made


def moved(bank: StoryBank, cents: int, *, reversal: bool = False, charges: int = 0, text: str = "") -> None:
    """A line of one transaction with somebody else: money for the fund is positive."""
    transaction = StoryTransaction(amount_cents=cents, name="?", iban=OTHER, text=text)
    entry = StoryEntry(
        transactions=(transaction,), booked_on=DAY, charges_cents=charges, reversal=reversal,
        code="PMNT/RCDT/ESCT" if cents > 0 else "PMNT/RDDT/ESDD",
    )  # fmt: skip
    bank.entries.append(entry)


def test_a_receipt_stands_on_the_account_that_it_came_in_on(world: World) -> None:  # R2
    bank, treasury, since = registered(world), registered(world, TREASURY, "1005"), head(world)
    moved(bank, 12_34)
    moved(treasury, 56_78)
    import_bytes(world, bank.statement(DAY), treasury.statement(DAY))
    assert journal(world, since) == book("""
        2026-01-05  receipt.recorded  Ontvangst O2026-0001
          Dr 1005                          56.78
          Cr 2300                                           56.78

        2026-01-05  receipt.recorded  Ontvangst O2026-0002
          Dr 1000                          12.34
          Cr 2300                                           12.34
    """)


def test_what_the_bank_keeps_of_a_receipt_is_its_price(world: World) -> None:  # R2, C2
    bank, since = registered(world), head(world)
    moved(bank, 100_00, charges=1_50)
    bank.charge(12_00, on=DAY)
    import_statement(world, bank)
    assert journal(world, since) == book("""
        2026-01-05  cost.charged  Bankkosten K2026-0001
          Dr 4500                           1.50
          Cr 1000                                            1.50

        2026-01-05  receipt.recorded  Ontvangst O2026-0001
          Dr 1000                         100.00
          Cr 2300                                          100.00

        2026-01-05  cost.charged  Bankkosten K2026-0002
          Dr 4500                          12.00
          Cr 1000                                           12.00
    """)


def test_a_price_that_the_bank_gives_back_is_less_of_a_cost(world: World) -> None:  # C2
    bank, since = registered(world), head(world)
    back = StoryTransaction(amount_cents=3_00, text="correctie kosten")
    bank.entries.append(StoryEntry(transactions=(back,), booked_on=DAY, code="PMNT/MDOP/CHRG", reversal=True))
    import_statement(world, bank)
    assert journal(world, since) == book("""
        2026-01-05  cost.charged  Bankkosten K2026-0001
          Cr 4500                                            3.00
          Dr 1000                           3.00
    """)


def test_a_debit_that_nobody_explains_stands_under_way_until_somebody_does(world: World) -> None:  # C2
    bank, since = registered(world), head(world)
    moved(bank, -45_00, text="incasso")
    import_statement(world, bank)
    world.do("cost charge", user="bram", ref="U2026-0001", reason="abonnement")
    assert journal(world, since) == book("""
        2026-01-05  debit.recorded  Onverklaarde afschrijving U2026-0001
          Dr 1010                          45.00
          Cr 1000                                           45.00

        2026-01-05  debit.explained  Afschrijving U2026-0001 verklaard als kosten
          Dr 4500                          45.00
          Cr 1010                                           45.00
    """)


def test_a_receipt_that_nobody_has_to_give_back_is_income(world: World) -> None:  # C3
    bank, since = registered(world), head(world)
    moved(bank, 7_77, text="rente")
    import_statement(world, bank)
    world.do("cost income", user="bram", receipt="O2026-0001", reason="rente")
    assert journal(world, since) == book("""
        2026-01-05  receipt.recorded  Ontvangst O2026-0001
          Dr 1000                           7.77
          Cr 2300                                            7.77

        2026-01-05  income.recorded  Overige baten I2026-0001 (O2026-0001)
          Dr 2300                           7.77
          Cr 4400                                            7.77
    """)


def test_a_credit_that_the_bank_reverses_is_taken_back_though_it_was_matched(world: World) -> None:  # R2, K2
    bank, since = registered(world), head(world)
    bank.receive(1_000_00, name="Gemeente Baarn", iban=FROM, on=DAY, reference="RF30B20260001")
    import_statement(world, bank)
    gone = StoryTransaction(amount_cents=-1_000_00, name="Gemeente Baarn", iban=FROM)
    bank.entries.append(StoryEntry(transactions=(gone,), booked_on=DAY, reversal=True))
    import_statement(world, bank)
    assert journal(world, since) == book("""
        2026-01-05  receipt.recorded  Ontvangst O2026-0001
          Dr 1000                       1,000.00
          Cr 2300                                        1,000.00

        2026-01-05  contribution.received  Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)
          Dr 2300                       1,000.00
          Cr 1100.gm0308                                 1,000.00

        2026-01-05  receipt.unmatched, reversal  Door de bank teruggenomen
          takes back 2026-01-05  contribution.received  Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)
          Cr 2300                                        1,000.00
          Dr 1100.gm0308                1,000.00

        2026-01-05  receipt.reversed, reversal  Ontvangst O2026-0001 door de bank teruggenomen
          takes back 2026-01-05  receipt.recorded  Ontvangst O2026-0001
          Cr 1000                                        1,000.00
          Dr 2300                       1,000.00
    """)
    assert world.balances()["1000"] == bank.balance_cents == 0
    assert world.ask("capital list")["calls"][0]["open_cents"] == 1_000_00


def test_a_debit_that_the_bank_reverses_is_gone(world: World) -> None:  # C2
    bank, since = registered(world), head(world)
    moved(bank, -45_00, text="incasso")
    import_statement(world, bank)
    moved(bank, 45_00, reversal=True, text="storno")
    import_statement(world, bank)
    assert journal(world, since) == book("""
        2026-01-05  debit.recorded  Onverklaarde afschrijving U2026-0001
          Dr 1010                          45.00
          Cr 1000                                           45.00

        2026-01-05  debit.reversed, reversal  Afschrijving U2026-0001 door de bank teruggenomen
          takes back 2026-01-05  debit.recorded  Onverklaarde afschrijving U2026-0001
          Cr 1010                                           45.00
          Dr 1000                          45.00
    """)
    assert world.ask("bank unmatched")["debits"] == []
