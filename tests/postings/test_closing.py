"""The books themselves (lifecycle.md 9): entries by hand and their reversal, the closing of a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.looking_back import admitted, came_in, evaluated, posted, received, until_completed

ROWS = ("C5", "C6", "C8")
WIRES = ("entry.posted", "entry.reversed", "year.closed", "period.reopened")


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        yield made


def both(world: World, name: str, **args: Any) -> None:
    world.both(name, user="anna", second="bram", **args)


def capital(world: World) -> None:
    with world.uow("anna") as uow:
        admitted(uow)
        received(uow)


def by_hand(world: World, **more: Any) -> None:
    legs: dict[str, Any] = {"debits": [["4500", 12_500]], "credits": [["2000.notaris", 12_500]]}
    both(world, "ledger post", **{**legs, "memo": "Kosten notaris", "reason": "Factuur 7.", **more})


def test_an_entry_by_hand_is_booked_as_two_people_stated_it(world: World) -> None:  # C5
    by_hand(world, debits=[["4500", 12_500], ["2100.gm0308", 1]], credits=[["2000.notaris", 12_500], ["4400", 1]])
    assert journal(world) == book("""
        2026-01-05  entry.posted  Kosten notaris
          Dr 4500                         125.00
          Dr 2100.gm0308                    0.01
          Cr 2000.notaris                                  125.00
          Cr 4400                                            0.01
    """)


def test_in_a_locked_month_an_entry_by_hand_is_adjusting(world: World) -> None:  # C5, C8
    capital(world)
    world.clock(date(2026, 2, 3))
    since = head(world)
    both(world, "period lock", period="2026-01")
    assert journal(world, since) == ""  # C8 books nothing
    by_hand(world, on=date(2026, 1, 31))
    assert journal(world, since) == book("""
        2026-01-31  entry.posted, adjusting  Kosten notaris
          Dr 4500                         125.00
          Cr 2000.notaris                                  125.00
    """)
    since = head(world)
    both(world, "period close", period="2026-01")
    assert journal(world, since) == ""


def test_the_reversal_of_an_entry_by_hand_is_its_exact_mirror(world: World) -> None:  # C5
    by_hand(world)
    since = head(world)
    world.clock(date(2026, 3, 2))
    both(world, "ledger reverse", seq=since, reason="Dubbel geboekt.")
    assert journal(world, since) == book("""
        2026-03-02  entry.reversed, reversal  Dubbel geboekt.
          takes back 2026-01-05  entry.posted  Kosten notaris
          Cr 4500                                          125.00
          Dr 2000.notaris                 125.00
    """)


def test_a_closed_year_brings_each_account_of_income_and_costs_to_the_result(world: World) -> None:  # C6
    until_completed(world)
    evaluated(world)
    ref = posted(world)
    with world.uow("bram") as uow:
        came_in(uow, "O2026-0009", 100_000)
    world.do("writeoff recover", user="bram", ref=ref, receipt="O2026-0009")
    world.clock(date(2027, 1, 10))
    both(world, "period lock", period="2026")
    since = head(world)
    both(world, "period close", period="2026")
    assert journal(world, since) == book("""
        2026-12-31  year.closed, closing  Jaarafsluiting 2026
          Cr 4000.A2026-001                              7,500.00
          Cr 4200.A2026-001                             12,500.01
          Dr 4300.A2026-001             1,000.00
          Dr 3100                      19,000.01
    """)
    since = head(world)
    both(world, "period reopen", period="2026", reason="Een kostenpost vergeten.")
    assert journal(world, since) == book("""
        2026-12-31  period.reopened, closing  Jaarafsluiting 2026 teruggenomen: Een kostenpost vergeten.
          takes back 2026-12-31  year.closed, closing  Jaarafsluiting 2026
          Dr 4000.A2026-001             7,500.00
          Dr 4200.A2026-001            12,500.01
          Cr 4300.A2026-001                              1,000.00
          Cr 3100                                       19,000.01
    """)
