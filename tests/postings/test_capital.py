"""Capital (lifecycle.md 9, 6): called in parts, received whole, in part and too much; given back or moved to a call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.bookkeeping import book, head, journal
from tests.factories import World, as_file, founded
from tests.workflows.money_out import recorded
from tests.workflows.test_partners import THREE
from tests.workflows.test_receipts import FROM, import_statement, registered

ROWS = ("K1", "K2", "K11", "K12", "R7")
WIRES = ("contribution.called", "contribution.received", "overpayment.refunded", "overpayment.moved")


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        made.people()
        made.do("partner import", user="anna", file=as_file(THREE))
        yield made


def called(world: World, amount: int, **more: object) -> None:
    world.both("capital call", user="anna", second="bram", amount=amount, **more)


def paid(world: World, cents: int, reference: str = "RF30B20260001") -> None:
    bank = registered(world)
    bank.receive(cents, name="Gemeente Baarn", iban=FROM, on=date(2026, 1, 5), reference=reference)
    import_statement(world, bank)


def test_a_call_is_an_entry_for_each_partner_and_instalment(world: World) -> None:  # K1
    since = head(world)
    called(world, 1_00, instalments=2, every=3)
    assert journal(world, since) == book("""
        2026-01-05  contribution.called  Kapitaaloproep B2026-0001, sleutel 2026
          Dr 1100.gm0308                    0.19
          Cr 3000.gm0308                                     0.19

        2026-01-05  contribution.called  Kapitaaloproep B2026-0002, sleutel 2026
          Dr 1100.gm0308                    0.20
          Cr 3000.gm0308                                     0.20

        2026-01-05  contribution.called  Kapitaaloproep B2026-0003, sleutel 2026
          Dr 1100.gm0312                    0.13
          Cr 3000.gm0312                                     0.13

        2026-01-05  contribution.called  Kapitaaloproep B2026-0004, sleutel 2026
          Dr 1100.gm0312                    0.13
          Cr 3000.gm0312                                     0.13

        2026-01-05  contribution.called  Kapitaaloproep B2026-0005, sleutel 2026
          Dr 1100.gm0313                    0.17
          Cr 3000.gm0313                                     0.17

        2026-01-05  contribution.called  Kapitaaloproep B2026-0006, sleutel 2026
          Dr 1100.gm0313                    0.18
          Cr 3000.gm0313                                     0.18
    """)


def test_one_partner_is_called_without_a_key(world: World) -> None:  # K1
    called(world, 12_345_67, partner="gm0308")
    assert journal(world) == book("""
        2026-01-05  contribution.called  Kapitaaloproep B2026-0001
          Dr 1100.gm0308               12,345.67
          Cr 3000.gm0308                                12,345.67
    """)


def test_what_comes_in_above_the_call_is_owed_back(world: World) -> None:  # K2
    called(world, 1_000_00, partner="gm0308")
    paid(world, 1_250_00)
    since = head(world)
    world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001")
    assert journal(world, since) == book("""
        2026-01-05  contribution.received  Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)
          Dr 2300                       1,250.00
          Cr 1100.gm0308                                 1,000.00
          Cr 2100.gm0308                                   250.00
    """)


def test_a_part_of_a_receipt_pays_a_part_of_a_call(world: World) -> None:  # K2
    called(world, 1_000_00, partner="gm0308")
    paid(world, 700_00)
    since = head(world)
    world.both("capital receive", user="bram", second="anna", ref="B2026-0001", receipt="O2026-0001", amount=400_00)
    assert journal(world, since) == book("""
        2026-01-05  contribution.received  Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)
          Dr 2300                         400.00
          Cr 1100.gm0308                                   400.00
    """)


def test_what_was_paid_too_much_goes_back_as_a_payment_that_is_due(world: World) -> None:  # R7
    overpaid(world)
    since = head(world)
    world.both("repayment refund", user="bram", second="anna", ref="gm0308", amount=100_00)
    assert journal(world, since) == book("""
        2026-01-08  overpayment.refunded  Te veel ontvangen, terug te betalen (T2026-0001)
          Dr 2100.gm0308                  100.00
          Cr 2000.gm0308                                   100.00
    """)


def test_what_was_paid_too_much_pays_another_call_with_consent(world: World) -> None:  # R7
    overpaid(world)
    called(world, 80_00, partner="gm0308")
    since = head(world)
    world.both("repayment refund", user="bram", second="anna", ref="gm0308", to="B2026-0002", consent="fatima")
    assert journal(world, since) == book("""
        2026-01-08  overpayment.moved  Te veel ontvangen, verrekend met oproep B2026-0002
          Dr 2100.gm0308                   80.00
          Cr 1100.gm0308                                    80.00
    """)


def test_keys_and_partners_book_nothing(world: World) -> None:  # K11, K12
    world.do("key adopt", user="anna", file=as_file(b'name = "gelijk"\nfamily = "equal"\nfrom_on = 2026-02-01\n'))
    assert journal(world) == ""


def overpaid(world: World) -> None:
    """Baarn paid 250 euro too much, and has an account that can be paid."""
    called(world, 1_000_00, partner="gm0308")
    paid(world, 1_250_00)
    world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001")
    world.user("fatima", "partner_signatory", partner="gm0308")
    recorded(world)
    world.clock(date(2026, 1, 8))
