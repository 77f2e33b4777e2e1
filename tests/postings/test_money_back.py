"""Money back (lifecycle.md 6): what a repayment books, and what plans, steps of arrears and other days do not book."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.agreeing import AGREEMENT as RUNNING
from tests.workflows.agreeing import noon, received, running
from tests.workflows.money_out import AGREEMENT
from tests.workflows.test_amendments import committee, voted
from tests.workflows.test_reallocating import came_in
from tests.workflows.test_receipts_repaid import in_three, lent, with_allowance

ROWS = ("R1", "R3", "R4", "R5", "R6", "R8")
WIRES = ("receipt.allocated", "receipt.unmatched", "receipt.reallocated")

# 17,500.01 is outstanding, in instalments of 5,000 (July 2026), 5,000 and the rest; the allowance is 4,375.00.


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        lent(made)
        in_three(made)
        with_allowance(made, 437_500)
        yield made


def test_a_plan_that_starts_books_nothing(sqlite_url: str) -> None:  # R1
    with founded(sqlite_url) as world:
        running(world)
        kinds = {entry.kind for entry in world.entries()}
        assert not any(kind.startswith(("plan.", "agreement.")) for kind in kinds)


def test_a_repayment_lowers_the_advance_and_what_exceeds_it_is_owed_back(world: World) -> None:  # R3
    world.clock(date(2026, 3, 2))
    since = head(world)
    came_in(world, 1, 1_500_000, valued_on=date(2026, 3, 2))
    came_in(world, 2, 300_000, valued_on=date(2026, 3, 2))
    assert journal(world, since) == book("""
        2026-03-02  receipt.recorded  Ontvangst O2026-0901
          Dr 1000                      15,000.00
          Cr 2300                                       15,000.00

        2026-03-02  receipt.allocated  Terugbetaling A2026-001 (O2026-0901)
          Dr 2300                      15,000.00
          Cr 1200.A2026-001                             15,000.00

        2026-03-02  receipt.allocated  Vrijval voorziening A2026-001
          Dr 1290.A2026-001             1,874.99
          Cr 4100.A2026-001                              1,874.99

        2026-03-02  receipt.recorded  Ontvangst O2026-0902
          Dr 1000                       3,000.00
          Cr 2300                                        3,000.00

        2026-03-02  receipt.allocated  Terugbetaling A2026-001 (O2026-0902)
          Dr 2300                       3,000.00
          Cr 1200.A2026-001                              2,500.01
          Cr 2100.gm0308                                   499.99

        2026-03-02  receipt.allocated  Vrijval voorziening A2026-001
          Dr 1290.A2026-001             2,500.01
          Cr 4100.A2026-001                              2,500.01
    """)


def test_costs_and_interest_are_income_before_the_advance_is_repaid_and_a_match_undone_mirrors_both(
    sqlite_url: str,
) -> None:  # R3, 4:92
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 8, 17)))
        since = head(world)
        for cents, ground in ((2_000, "interest"), (1_500, "fee")):
            said = {"amount_cents": cents, "ground": ground, "reason": "40 dagen te laat"}
            world.both("repayment charge", user="anna", second="bram", ref=RUNNING, **said)
        assert journal(world, since) == ""
        received(world, "O2026-0101", 1_760_000)
        assert journal(world, since) == book("""
            2026-08-17  receipt.recorded  Ontvangst O2026-0101
              Dr 1000                      17,600.00
              Cr 2300                                       17,600.00

            2026-08-17  receipt.allocated  Terugbetaling A2026-003 (O2026-0101)
              Dr 2300                      17,600.00
              Cr 1200.A2026-003                             17,500.01
              Cr 4400                                           35.00
              Cr 2100.gm0308                                    64.99
        """)
        since = head(world)
        world.do("bank unmatch", user="bram", ref="O2026-0101", reason="Van Bunnik.")
        assert journal(world, since) == book("""
            2026-08-17  receipt.unmatched, reversal  Van Bunnik.
              takes back 2026-08-17  receipt.allocated  Terugbetaling A2026-003 (O2026-0101)
              Cr 2300                                       17,600.00
              Dr 1200.A2026-003            17,500.01
              Dr 4400                          35.00
              Dr 2100.gm0308                   64.99
        """)


def test_an_early_payment_is_booked_as_any_other(world: World) -> None:  # R4
    since = head(world)
    world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=400_000)
    assert journal(world, since) == ""
    world.clock(date(2026, 3, 2))
    came_in(world, 1, 400_000, valued_on=date(2026, 3, 2))
    with world.snapshot() as snapshot:
        since = list(snapshot.ledger.entries())[-2].seq
    assert journal(world, since) == book("""
        2026-03-02  receipt.allocated  Terugbetaling A2026-001 (O2026-0901)
          Dr 2300                       4,000.00
          Cr 1200.A2026-001                              4,000.00
    """)


def test_receipts_in_another_order_book_the_difference_alone_and_a_match_undone_takes_it_back(world: World) -> None:
    world.clock(date(2026, 3, 2))  # R5
    wrong = came_in(world, 1, 1_750_001, valued_on=date(2026, 3, 2))
    later = came_in(world, 2, 500_000, valued_on=date(2026, 3, 5))
    since = head(world)
    world.do("bank unmatch", user="bram", ref=wrong, reason="Van Bunnik.")
    assert journal(world, since) == book("""
        2026-03-02  receipt.unmatched, reversal  Van Bunnik.
          takes back 2026-03-02  receipt.allocated  Terugbetaling A2026-001 (O2026-0901)
          Cr 2300                                       17,500.01
          Dr 1200.A2026-001            17,500.01

        2026-03-02  receipt.unmatched, reversal  Van Bunnik.
          takes back 2026-03-02  receipt.allocated  Vrijval voorziening A2026-001
          Cr 1290.A2026-001                              4,375.00
          Dr 4100.A2026-001             4,375.00
    """)
    world.clock(date(2026, 4, 1))
    since = head(world)
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert journal(world, since) == book("""
        2026-04-01  receipt.reallocated  Terugbetalingen A2026-001 herverdeeld naar valutadatum
          Cr 1200.A2026-001                              5,000.00
          Dr 2100.gm0308                5,000.00
    """)
    since = head(world)
    world.do("bank unmatch", user="bram", ref=later, reason="Ook van Bunnik.")
    assert journal(world, since) == book("""
        2026-04-01  receipt.unmatched, reversal  Ook van Bunnik.
          takes back 2026-03-02  receipt.allocated  Terugbetaling A2026-001 (O2026-0902)
          Cr 2300                                        5,000.00
          Dr 2100.gm0308                5,000.00

        2026-04-01  receipt.unmatched  Herverdeling van O2026-0902 teruggenomen (A2026-001)
          Dr 1200.A2026-001             5,000.00
          Cr 2100.gm0308                                 5,000.00
    """)


def test_receipts_that_pay_other_instalments_book_nothing_when_nothing_moves(world: World) -> None:  # R5
    world.clock(date(2026, 3, 2))
    came_in(world, 1, 500_000, valued_on=date(2026, 3, 2))
    came_in(world, 2, 400_000, valued_on=date(2026, 2, 2))
    since = head(world)
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert journal(world, since) == ""


def test_other_instalments_and_steps_of_arrears_book_nothing(sqlite_url: str) -> None:  # R6, R8
    with founded(sqlite_url) as world:
        running(world, paid=1, cash=20_000_000)
        committee(world)
        since = head(world)
        said = {"instalments": 2, "first": date(2026, 7, 1), "requested_by": "fatima", "reason": "later"}
        ref = str(world.do("repayment restructure", user="anna", ref=RUNNING, **said)["result"]["ref"])
        voted(world, ref, mees="for", max="for", mona="for")
        world.do("decision decide", user="carla", ref=ref)
        world.clock(noon(date(2026, 8, 1)))
        world.do("repayment demand", user="anna", ref=RUNNING)
        with world.snapshot() as snapshot:
            types = {each.type for each in snapshot.store.facts.of_stream(f"plan/{RUNNING}")}
        assert {"plan.restructured", "arrears.escalated", "arrears.demanded"} <= types
        assert journal(world, since) == ""
