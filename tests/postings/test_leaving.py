"""Leaving the fund (lifecycle.md 9): the settlement in the books, paid, set off, due later, closed out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from fund.errors.capital import AmountNotPositive
from fund.events.exits import ExitSettled
from fund.events.receipts import CostCharged, IncomeRecorded
from fund.rules.postings import BOOKED
from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.leaving import (
    agreed_on,
    call_paid,
    capital,
    founded_fund,
    leaves,
    notice,
    office,
    paid_out,
    payee,
    proposed,
    rules,
    written_off,
)
from tests.workflows.looking_back import AGREEMENT, came_in
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN

ROWS = ("K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10")
WIRES = ("exit.settled", "exit.paid", "exit.set_off", "exit.part_due", "exit.closed_out")
SIGNED = {"name": "verrekening.pdf", "content": b"Wij gaan akkoord met verrekening."}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url, rules=rules()) as made:
        yield made


def test_quote_notice_proposal_and_agreement_book_nothing(world: World) -> None:  # K3, K4, K5, K6
    founded_fund(world)
    since = head(world)
    world.ask("partner exit-quote", ref=BUNNIK)
    notice(world)
    world.clock(date(2026, 7, 6))
    proposed(world)
    agreed_on(world)
    assert journal(world, since) == ""


def test_a_settlement_leaves_the_difference_to_the_others(world: World) -> None:  # K7
    founded_fund(world)
    since = head(world)
    leaves(world)
    assert journal(world, since) == book("""
        2026-07-06  exit.settled  Uittredesom gm0312
          Dr 3000.gm0312               36,000.00
          Cr 2200.gm0312                                19,500.00
          Cr 2210.gm0312                                11,587.50
          Cr 3100                                        4,912.50
    """)


def test_a_settlement_above_the_capital_takes_from_the_accumulated_result(world: World) -> None:  # K7
    office(world)
    capital(world, unpaid={})
    with world.uow("bram") as uow:
        came_in(uow, "O2026-0009", 1_000_000)
        uow.record(IncomeRecorded(ref="I2026-0001", receipt="O2026-0009", receipt_cents=1_000_000, reason="rente"))
    since = head(world)
    leaves(world)
    assert journal(world, since) == book("""
        2026-07-06  exit.settled  Uittredesom gm0312
          Dr 3000.gm0312               36,000.00
          Cr 2200.gm0312                                37,500.00
          Cr 2210.gm0312                                 1,500.00
          Dr 3100                       3,000.00
    """)


def test_what_the_partner_owes_on_its_own_call_is_taken_off(world: World) -> None:  # K7
    founded_fund(world)
    since = head(world)
    leaves(world, BUNSCHOTEN)
    assert journal(world, since) == book("""
        2026-07-06  exit.settled  Uittredesom gm0313
          Dr 3000.gm0313               24,000.00
          Cr 1100.gm0313                                10,000.00
          Cr 2200.gm0313                                10,725.00
          Cr 3100                                        3,275.00
    """)


def test_a_negative_net_stays_due_on_the_call(world: World) -> None:  # K7
    office(world)
    capital(world, unpaid={BUNSCHOTEN: 2_000_000})
    with world.uow("bram") as uow:
        charged: dict[str, Any] = {"account": "1000", "charged_on": uow.today, "line_id": "lin_9", "text": "kosten"}
        uow.record(CostCharged(ref="K2026-9001", amount_cents=6_000_000, **charged))
    since = head(world)
    leaves(world, BUNSCHOTEN)
    assert journal(world, since) == book("""
        2026-07-06  exit.settled  Uittredesom gm0313
          Dr 3000.gm0313               24,000.00
          Cr 1100.gm0313                                12,000.00
          Cr 3100                                       12,000.00
    """)


def test_what_is_due_is_owed_to_the_account_of_the_partner(world: World) -> None:  # K8
    founded_fund(world)
    leaves(world)
    payee(world)
    world.clock(date(2026, 7, 13))
    since = head(world)
    paid_out(world, amount=1_000_000)
    world.both("partner pay-settlement", user="bram", second="anna", ref=BUNNIK)
    assert journal(world, since) == book("""
        2026-07-13  exit.paid  Uittredesom gm0312 te betalen (E2026-0001)
          Dr 2200.gm0312               10,000.00
          Cr 2000.gm0312                                10,000.00

        2026-07-13  exit.paid  Uittredesom gm0312 te betalen (E2026-0002)
          Dr 2200.gm0312                9,500.00
          Cr 2000.gm0312                                 9,500.00
    """)


def test_a_set_off_repays_the_advance_of_the_partner_and_falls_due_like_a_receipt(world: World) -> None:  # K8, K9
    founded_fund(world)
    leaves(world, BAARN)
    since = head(world)
    paid_out(world, BAARN, set_off=AGREEMENT, amount=1_500_000, signed=SIGNED)
    assert journal(world, since) == book("""
        2026-07-06  exit.set_off  Uittredesom gm0308 verrekend met A2026-001
          Dr 2200.gm0308               15,000.00
          Cr 1200.A2026-001                             15,000.00

        2026-07-06  exit.set_off  Vrijval voorziening A2026-001
          Dr 1290.A2026-001             1,874.99
          Cr 4100.A2026-001                              1,874.99

        2026-07-06  exit.part_due  Deel uittredesom gm0308 opeisbaar (2026-001)
          Dr 2210.gm0308                7,500.00
          Cr 2200.gm0308                                 7,500.00
    """)


def test_a_part_falls_due_with_money_on_a_named_item_and_falls_back_with_it(world: World) -> None:  # K9
    founded_fund(world)
    leaves(world)
    since = head(world)
    call_paid(world, 1_000_000)
    world.do("bank unmatch", user="bram", ref="O2026-9007", reason="Van een ander.")
    world.drain()
    assert journal(world, since) == book("""
        2026-07-06  receipt.recorded  Ontvangst O2026-9007
          Dr 1000                      10,000.00
          Cr 2300                                       10,000.00

        2026-07-06  contribution.received  Bijdrage op oproep B2026-0003 ontvangen (O2026-9007)
          Dr 2300                      10,000.00
          Cr 1100.gm0313                                10,000.00

        2026-07-06  exit.part_due  Deel uittredesom gm0312 opeisbaar (gm0313)
          Dr 2210.gm0312                3,000.00
          Cr 2200.gm0312                                 3,000.00

        2026-07-06  receipt.unmatched, reversal  Van een ander.
          takes back 2026-07-06  contribution.received  Bijdrage op oproep B2026-0003 ontvangen (O2026-9007)
          Cr 2300                                       10,000.00
          Dr 1100.gm0313               10,000.00

        2026-07-06  exit.part_due  Deel uittredesom gm0312 opeisbaar (gm0313)
          Dr 2200.gm0312                3,000.00
          Cr 2210.gm0312                                 3,000.00
    """)


def test_the_long_stop_pays_what_is_left_and_leaves_the_rest_in_the_fund(world: World) -> None:  # K10
    founded_fund(world)
    leaves(world)
    written_off(world, 1_750_001, released=437_500)
    world.clock(date(2031, 7, 7))
    since = head(world)
    world.both("partner close-out", user="bram", second="anna", ref=BUNNIK)
    assert journal(world, since) == book("""
        2031-07-07  exit.closed_out  Uittredesom gm0312 afgesloten
          Dr 2210.gm0312               11,587.50
          Cr 2200.gm0312                                 7,649.99
          Cr 3100                                        3,937.51
    """)


def test_an_entry_of_a_settlement_has_no_line_of_nothing() -> None:  # K7
    fact = ExitSettled(
        ref=BUNNIK, net_cents=0, capital_cents=0, receivable_cents=0, now_cents=0, later_cents=0, difference_cents=0
    )
    assert bookings_of(fact) == []
    whole = fact.model_copy(update={"capital_cents": 5, "difference_cents": 5, "undisputed": True})
    (booking,) = bookings_of(whole)
    assert booking.memo == "Uittredesom gm0312, onbetwist deel"
    assert [(leg.account, leg.amount_cents) for leg in booking.postings] == [("3000.gm0312", 5), ("3100", -5)]


def bookings_of(fact: ExitSettled) -> list[Any]:
    return list(BOOKED[fact.wire](fact))


def test_costs_of_leaving_below_nothing_are_no_gift_of_the_others(world: World) -> None:
    founded_fund(world)
    with pytest.raises(AmountNotPositive):
        world.ask("partner exit-quote", ref=BUNNIK, costs=-1)
