"""Receipts that come late into the books count from their value date: only the difference is booked, today (R5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from fund.errors.capital import SurplusRefunded
from fund.errors.ledger import ClosedPeriod
from fund.errors.people import ConflictOfInterest, NotAuthorised
from fund.errors.repayments import ReceiptsInOrder, SurplusGone
from fund.events.journal import EntryPosted, JournalLeg
from fund.events.receipts import ReceiptReallocated, ReceiptRecorded
from fund.schemas.repayments import Plan
from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.agreeing import replayed
from tests.workflows.money_out import AGREEMENT, BAARN
from tests.workflows.test_receipts_repaid import in_three, lent, plan, with_allowance

# Instalments: 500000 on 1 July 2026, 500000 on 1 July 2027, the rest on 1 July 2028; 1750001 is outstanding.


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        lent(made)
        in_three(made)
        yield made


def came_in(world: World, number: int, cents: int, *, valued_on: date, instalment: int | None = None) -> str:
    """A receipt of a value date came into the books today, and two people allocated it; its ref."""
    ref = f"O2026-{900 + number:04d}"
    with world.uow("bram") as uow:
        uow.record(
            ReceiptRecorded(
                ref=ref, line_id=f"lin_{ref}", statement="s", account="1000", amount_cents=cents,
                booked_on=uow.today, valued_on=valued_on,
            )
        )  # fmt: skip
    args = {"receipt": ref, "ref": AGREEMENT} | ({"instalment": instalment} if instalment else {})
    world.both("repayment allocate", user="bram", second="anna", **args)
    return ref


def standing(world: World) -> dict[str, dict[int, int]]:
    with world.snapshot() as snapshot:
        return {each.receipt: dict(each.parts) for each in snapshot.case(Plan, AGREEMENT).received}


def facts(world: World) -> list[str]:
    with world.snapshot() as snapshot:
        return [each.type for each in snapshot.history(snapshot.case(Plan, AGREEMENT))]


def consistent(world: World) -> None:
    """The plan owes what is outstanding and still to be paid out, and its facts give what is stored."""
    balances = world.balances()
    with world.snapshot() as snapshot:
        case = snapshot.case(Plan, AGREEMENT)
        promised = 2_800_000 - 1_750_001
        assert case.open_cents == balances["1200"] + promised
        assert 0 <= -balances.get("1290", 0) <= balances["1200"]
        assert all(0 <= part.paid_cents <= part.amount_cents for part in case.instalments)
        assert replayed(snapshot, AGREEMENT)


def test_a_receipt_of_an_earlier_day_pays_the_instalment_that_it_would_have_paid(world: World) -> None:
    world.clock(date(2026, 3, 2))
    later = came_in(world, 1, 500_000, valued_on=date(2026, 3, 2))
    world.clock(date(2026, 3, 9))
    earlier = came_in(world, 2, 500_000, valued_on=date(2026, 2, 20))
    assert standing(world) == {later: {1: 500_000}, earlier: {2: 500_000}}
    before, since = world.balances(), head(world)
    lines = [item["command"] for item in world.ask("inbox", user="bram")["items"]]
    assert f"fund repayment reallocate {AGREEMENT}" in lines

    trial = world.do("repayment reallocate", user="bram", ref=AGREEMENT, dry_run=True)
    assert standing(world) == {later: {1: 500_000}, earlier: {2: 500_000}}
    made = world.do("repayment reallocate", user="bram", ref=AGREEMENT)

    assert trial["result"] == made["result"]
    assert standing(world) == {later: {2: 500_000}, earlier: {1: 500_000}}
    assert (journal(world, since), world.balances()) == ("", before)
    assert facts(world)[-1] == "receipt.reallocated"
    consistent(world)
    assert f"fund repayment reallocate {AGREEMENT}" not in [
        item["command"] for item in world.ask("inbox", user="bram")["items"]
    ]
    with pytest.raises(ReceiptsInOrder) as refused:
        world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert refused.value.details == {"ref": AGREEMENT, "count": 2}


def test_what_the_payer_named_can_be_taken_by_nobody_of_a_later_day(world: World) -> None:
    world.clock(date(2026, 3, 2))
    came_in(world, 1, 600_000, valued_on=date(2026, 3, 2))
    earlier = came_in(world, 2, 500_000, valued_on=date(2026, 2, 20), instalment=2)
    assert standing(world)[earlier] == {2: 400_000, 3: 100_000}
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert standing(world) == {"O2026-0901": {1: 500_000, 3: 100_000}, earlier: {2: 500_000}}
    consistent(world)


def paid_too_much(world: World) -> tuple[str, str]:
    """A later receipt took the whole advance, an earlier one is owed back; then the later one was another's."""
    world.clock(date(2026, 3, 2))
    first = came_in(world, 1, 1_750_001, valued_on=date(2026, 3, 2))
    second = came_in(world, 2, 300_000, valued_on=date(2026, 3, 5))
    world.do("bank unmatch", user="bram", ref=first, reason="van een ander")
    return first, second


def test_what_was_owed_back_repays_the_advance_when_a_match_before_it_was_undone(world: World) -> None:
    with_allowance(world, 437_500)
    _first, second = paid_too_much(world)
    world.clock(date(2026, 4, 2))
    world.both("period lock", user="anna", second="bram", period="2026-01")
    assert world.balances()["2100"] == -300_000
    since = head(world)

    world.do("repayment reallocate", user="bram", ref=AGREEMENT)

    assert journal(world, since) == book("""
        2026-04-02  receipt.reallocated  Terugbetalingen A2026-001 herverdeeld naar valutadatum
          Cr 1200.A2026-001                              3,000.00
          Dr 2100.gm0308                3,000.00
    """)
    assert standing(world) == {second: {1: 300_000}}
    balances = world.balances()
    assert (balances["1200"], balances["1290"], balances["2100"]) == (1_450_001, -437_500, 0)
    consistent(world)


def test_a_match_that_was_reallocated_is_undone_to_the_cent(world: World) -> None:
    with_allowance(world, 437_500)
    before = world.balances()
    _first, second = paid_too_much(world)
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    since = head(world)
    world.do("bank unmatch", user="bram", ref=second, reason="ook van een ander")
    assert "Herverdeling van O2026-0902 teruggenomen" in journal(world, since)
    after = dict(world.balances())
    assert (after.pop("1000") - before["1000"], after.pop("2300")) == (2_050_001, -2_050_001)
    assert {code: cents for code, cents in after.items() if cents} == {
        code: cents for code, cents in before.items() if code not in ("1000", "2300") and cents
    }
    assert plan(world) == [(1, 0), (2, 0), (3, 0)]
    consistent(world)


def test_what_was_given_back_to_the_payer_meanwhile_repays_nothing(world: World) -> None:
    paid_too_much(world)
    with world.uow("bram") as uow:
        legs = (
            JournalLeg(account=f"2100.{BAARN}", amount_cents=200_000),
            JournalLeg(account="4400", amount_cents=-200_000),
        )
        uow.record(EntryPosted(ref="M2026-0001", memo="terugbetaald", reason="proef", legs=legs))
    with pytest.raises(SurplusGone) as refused:
        world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert refused.value.details == {
        "ref": AGREEMENT, "partner": BAARN, "moved_cents": 300_000, "owed_cents": 100_000,
    }  # fmt: skip


def test_the_allowance_is_reckoned_over_what_would_have_been_outstanding(world: World) -> None:
    world.clock(date(2026, 4, 2))
    world.both("repayment allowance", user="anna", second="bram", on=date(2026, 3, 31))
    assert world.balances()["1290"] == -437_500
    came_in(world, 1, 500_000, valued_on=date(2026, 4, 2))
    came_in(world, 2, 400_000, valued_on=date(2026, 3, 20))
    since = head(world)
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert journal(world, since) == book("""
        2026-04-02  receipt.reallocated  Vrijval voorziening A2026-001
          Dr 1290.A2026-001             1,000.00
          Cr 4100.A2026-001                              1,000.00
    """)
    consistent(world)


def test_the_difference_is_booked_on_an_open_day_by_a_treasurer_of_no_party(world: World) -> None:
    paid_too_much(world)
    world.both("user add", user="petra", second="carla", name="baarntje", roles=["treasurer"], partner=BAARN)
    world.clock(date(2026, 4, 2))
    for month in ("2026-01", "2026-02", "2026-03"):
        world.both("period lock", user="anna", second="bram", period=month)
    with pytest.raises(ConflictOfInterest):
        world.do("repayment reallocate", user="baarntje", ref=AGREEMENT)
    with pytest.raises(NotAuthorised):
        world.do("repayment reallocate", user="anna", ref=AGREEMENT)
    with pytest.raises(ClosedPeriod):
        world.do("repayment reallocate", user="bram", ref=AGREEMENT, on=date(2026, 3, 31))
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    consistent(world)


@pytest.mark.parametrize("early", [0, 400_000])
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3)])
def test_receipts_of_one_day_pay_the_same_instalments_in_any_order(
    world: World, order: tuple[int, ...], early: int
) -> None:
    if early:
        world.do("repayment prepay", user="fatima", ref=AGREEMENT, amount_cents=early)
    world.clock(date(2026, 7, 2))
    said: dict[int, tuple[int, int | None]] = {1: (800_000, None), 2: (900_000, 3), 3: (400_000, 2)}
    for number in order:
        cents, instalment = said[number]
        came_in(world, number, cents, valued_on=date(2026, 7, 2), instalment=instalment)
    assert plan(world) == [(1, 450_001), (2, 400_000), (3, 900_000)]
    assert world.balances()["2100"] == -349_999
    consistent(world)
    with world.snapshot() as snapshot:
        moved = [
            each.fact for each in snapshot.history(snapshot.case(Plan, AGREEMENT)) if each.type == "receipt.reallocated"
        ]
    assert all(isinstance(fact, ReceiptReallocated) and not fact.moves and not fact.whole for fact in moved)


def test_a_trial_shows_which_instalments_a_receipt_pays_before_anything_happens(world: World) -> None:
    world.clock(date(2026, 7, 2))
    with world.uow("bram") as uow:
        uow.record(
            ReceiptRecorded(
                ref="O2026-0901", line_id="lin_1", statement="s", account="1000", amount_cents=1_800_000,
                booked_on=uow.today, valued_on=uow.today,
            )
        )  # fmt: skip
    args = {"ref": AGREEMENT, "receipt": "O2026-0901", "instalment": 2}
    trial = world.do("repayment allocate", user="bram", dry_run=True, **args)["result"]
    assert [(part["no"], part["paid_cents"], part["open_cents"]) for part in trial["instalments"]] == [
        (1, 500_000, 0), (2, 500_000, 0), (3, 750_001, 1_049_999),
    ]  # fmt: skip
    assert (trial["surplus_cents"], trial["outstanding_cents"]) == (49_999, 0)
    assert standing(world) == {}
    done = world.both("repayment allocate", user="bram", second="anna", **args)
    assert done["result"] == trial


def test_a_match_whose_surplus_came_by_a_reallocation_and_was_given_back_stands(world: World) -> None:
    world.clock(date(2026, 3, 2))
    later = came_in(world, 1, 1_750_001, valued_on=date(2026, 3, 2))
    came_in(world, 2, 300_000, valued_on=date(2026, 2, 20))
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert world.balances()["2100"] == -300_000
    with world.uow("bram") as uow:
        legs = (
            JournalLeg(account=f"2100.{BAARN}", amount_cents=300_000),
            JournalLeg(account="4400", amount_cents=-300_000),
        )
        uow.record(EntryPosted(ref="M2026-0001", memo="terugbetaald", reason="proef", legs=legs))
    with pytest.raises(SurplusRefunded) as refused:
        world.do("bank unmatch", user="bram", ref=later, reason="van een ander")
    assert refused.value.details["surplus_cents"] == 300_000
    world.do("bank unmatch", user="bram", ref="O2026-0902", reason="deze was van een ander")
    consistent(world)
