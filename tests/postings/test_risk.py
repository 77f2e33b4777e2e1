"""What may be lost, was lost and came back after all (lifecycle.md 6 to 8): allowance, write-offs, refinancing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.looking_back import AGREEMENT, came_in, decided, evaluated, file, posted, until_completed
from tests.workflows.test_refinancing import refinanced, rolled_out

ROWS = ("R9", "W4", "W5", "W6", "refinancing")
WIRES = ("allowance.adjusted", "writeoff.posted", "writeoff.reversed", "writeoff.recovered", "agreement.refinanced")


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """An experiment that was refuted: 12,500.01 is outstanding, 3,125.00 was set aside."""
    with founded(sqlite_url) as made:
        until_completed(made)
        evaluated(made)
        yield made


def both(world: World, name: str, **args: Any) -> str:
    """A command of a fund manager and a treasurer (a reversal: of the chair); what it booked."""
    since = head(world)
    world.both(name, user="carla" if name.endswith("reverse") else "anna", second="bram", **args)
    return journal(world, since)


def recovered(world: World, ref: str, receipt: str, cents: int) -> str:
    with world.uow("bram") as uow:
        came_in(uow, receipt, cents)
    since = head(world)
    world.do("writeoff recover", user="bram", ref=ref, receipt=receipt)
    return journal(world, since)


# ------------------------------------------------------------------------------------------------------------------ R9


def test_the_allowance_follows_the_stage_of_its_advance_up_and_down(world: World) -> None:
    world.clock(date(2027, 2, 10))  # an instalment of 9,000.00 fell due on 5 January: 40 %
    assert both(world, "repayment allowance") == book("""
        2027-02-10  allowance.adjusted  Voorziening A2026-001 2027-Q1
          Dr 4100.A2026-001             1,875.00
          Cr 1290.A2026-001                              1,875.00
    """)
    with world.uow("bram") as uow:
        came_in(uow, "O2027-0001", 900_000)
    world.both("repayment allocate", user="bram", second="anna", ref=AGREEMENT, receipt="O2027-0001")
    assert both(world, "repayment allowance") == book("""
        2027-02-10  allowance.adjusted  Voorziening A2026-001 2027-Q1
          Dr 1290.A2026-001             2,625.01
          Cr 4100.A2026-001                              2,625.01
    """)


def test_in_a_locked_month_the_allowance_is_adjusting(world: World) -> None:
    world.clock(date(2027, 4, 2))
    world.both("period lock", user="anna", second="bram", period="2026")
    for month in ("2027-01", "2027-02", "2027-03"):
        world.both("period lock", user="anna", second="bram", period=month)
    assert both(world, "repayment allowance", on=date(2027, 3, 31)) == book("""
        2027-03-31  allowance.adjusted, adjusting  Voorziening A2026-001 2027-Q1
          Dr 4100.A2026-001             1,875.00
          Cr 1290.A2026-001                              1,875.00
    """)


# ------------------------------------------------------------------------------------------------------------------ W4


def test_what_went_into_learning_is_written_off_whole_and_the_allowance_is_released(world: World) -> None:
    assert both(world, "writeoff post", ref=decided(world)) == book("""
        2026-01-05  writeoff.posted  Leerafboeking A2026-001-W1
          Dr 4200.A2026-001            12,500.01
          Cr 1200.A2026-001                             12,500.01
          Dr 1290.A2026-001             3,125.00
          Cr 4100.A2026-001                              3,125.00
    """)


def test_of_a_part_only_the_allowance_above_the_rest_is_released(world: World) -> None:
    assert both(world, "writeoff post", ref=decided(world, amount_cents=900_000)) == book("""
        2026-01-05  writeoff.posted  Leerafboeking A2026-001-W1
          Dr 4200.A2026-001             9,000.00
          Cr 1200.A2026-001                              9,000.00
    """)
    assert both(world, "writeoff post", ref=decided(world, amount_cents=100_000)) == book("""
        2026-01-05  writeoff.posted  Leerafboeking A2026-001-W2
          Dr 4200.A2026-001             1,000.00
          Cr 1200.A2026-001                              1,000.00
          Dr 1290.A2026-001               624.99
          Cr 4100.A2026-001                                624.99
    """)


@pytest.mark.parametrize("ground", ["hardship", "uncollectible", "irregularity"])
def test_on_every_other_ground_it_is_a_loss(world: World, ground: str) -> None:
    ref = decided(world, ground=ground, file=file("aanmaningen en advies", "advies.pdf"), amount_cents=500_000)
    assert both(world, "writeoff post", ref=ref) == book("""
        2026-01-05  writeoff.posted  Afboeking A2026-001-W1
          Dr 4210.A2026-001             5,000.00
          Cr 1200.A2026-001                              5,000.00
    """)


# -------------------------------------------------------------------------------------------------------------- W5, W6


def test_a_reversal_is_the_exact_mirror_and_what_was_recovered_is_a_repayment(world: World) -> None:
    ref = posted(world)
    assert recovered(world, ref, "O2026-0009", 1_000_000) == book("""
        2026-01-05  writeoff.recovered  Terugontvangen na afboeking A2026-001-W1
          Dr 2300                      10,000.00
          Cr 4300.A2026-001                             10,000.00
    """)
    world.clock(date(2027, 1, 15))
    assert both(world, "writeoff reverse", ref=ref, reason="Er komt toch geld.") == book("""
        2027-01-15  writeoff.reversed, reversal  Leerafboeking A2026-001-W1 teruggenomen: Er komt toch geld.
          takes back 2026-01-05  writeoff.posted  Leerafboeking A2026-001-W1
          Cr 4200.A2026-001                             12,500.01
          Dr 1200.A2026-001            12,500.01
          Cr 1290.A2026-001                              3,125.00
          Dr 4100.A2026-001             3,125.00

        2027-01-15  writeoff.reversed  Ontvangsten op A2026-001-W1 tellen als terugbetaling
          Dr 4300.A2026-001            10,000.00
          Cr 1200.A2026-001                             10,000.00
          Dr 1290.A2026-001               624.99
          Cr 4100.A2026-001                                624.99
    """)


def test_nothing_is_recovered_beyond_what_was_written_off(world: World) -> None:
    ref = posted(world, amount_cents=100_000)
    assert recovered(world, ref, "O2026-0009", 60_000) == book("""
        2026-01-05  writeoff.recovered  Terugontvangen na afboeking A2026-001-W1
          Dr 2300                         600.00
          Cr 4300.A2026-001                                600.00
    """)
    assert recovered(world, ref, "O2026-0010", 60_000) == book("""
        2026-01-05  writeoff.recovered  Terugontvangen na afboeking A2026-001-W1
          Dr 2300                         600.00
          Cr 4300.A2026-001                                400.00
          Cr 2100.gm0308                                   200.00
    """)
    assert recovered(world, ref, "O2026-0011", 1) == book("""
        2026-01-05  writeoff.recovered  Terugontvangen na afboeking A2026-001-W1
          Dr 2300                           0.01
          Cr 2100.gm0308                                     0.01
    """)


# ------------------------------------------------------------------------------------------------------------------- 8


def test_refinancing_moves_advance_and_allowance_and_nothing_else(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        since = head(world)
        refinanced(world)
        assert journal(world, since) == book("""
            2026-01-05  agreement.refinanced  Overeenkomst A2026-001 geherfinancierd naar A2026-002
              Dr 1200.A2026-002            12,500.01
              Cr 1200.A2026-001                            12,500.01
              Dr 1290.A2026-001             3,125.00
              Cr 1290.A2026-002                             3,125.00
        """)
