"""Costs and interest on what is late: claimed and waived by two people, booked when they come in, paid first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from fund.errors.commands import ReasonMissing, UnknownRef
from fund.errors.people import ConflictOfInterest, NotAuthorised
from fund.errors.repayments import (
    ChargeAboveMaximum,
    ChargeBelowMinimum,
    ChargeNotDemanded,
    ChargePaid,
    FeeClaimedBefore,
    ReceiptsInOrder,
)
from fund.events.writeoffs import WriteoffPosted
from fund.reports.cash import cash_of
from fund.rules.regulations import Charges, FeeStep
from fund.schemas.capital import Receipt
from fund.schemas.repayments import Plan
from fund.workflows.receipts.evidence import certain, evidence_for
from fund.workflows.repayments.lifecycle import instalment_reference
from tests.bookkeeping import head, journal
from tests.factories import World, founded
from tests.workflows.agreeing import (
    AGREEMENT,
    accepted,
    approved,
    approved_payment,
    noon,
    office,
    receipt,
    received,
    replayed,
    running,
    sent,
)

# Instalments of the plan: 933333 on 8 July and 8 October 2026, 933334 on 8 January 2027; 1750001 is paid out.
DUE = date(2026, 7, 8)
LATE = DUE + timedelta(days=40)


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        running(made, paid=1)
        made.clock(noon(LATE))
        yield made


def claim(world: World, cents: int, ground: str = "interest") -> None:
    args = {"ref": AGREEMENT, "amount_cents": cents, "ground": ground, "reason": "40 dagen te laat"}
    world.both("repayment charge", user="anna", second="bram", **args)


def waive(world: World, no: int = 1) -> None:
    world.both("repayment waive-charge", user="anna", second="bram", ref=AGREEMENT, no=no, reason="te hoog")


def plan(world: World) -> dict[str, Any]:
    with world.snapshot() as snapshot:
        assert replayed(snapshot)
        assert cash_of(snapshot).difference == 0
    return world.ask("repayment plan", ref=AGREEMENT)


def open_charges(world: World) -> dict[int, int]:
    return {each["no"]: each["open_cents"] for each in plan(world)["charges"]}


def paid(world: World) -> dict[int, int]:
    return {part["no"]: part["paid_cents"] for part in plan(world)["instalments"] if part["paid_cents"]}


def sure(world: World, cents: int, reference: str = "") -> bool:
    """Whether the service would match a receipt of so much by itself; nothing stays of it."""
    with world.uow("bram", commit=False) as uow:
        receipt(uow, "O2026-0777", cents, reference=reference, text="" if reference else AGREEMENT)
        return certain(evidence_for(uow, uow.case(Receipt, "O2026-0777")))


def test_what_is_claimed_is_shown_and_books_nothing_and_two_people_waive_it(world: World) -> None:
    since = head(world)
    claim(world, 2_000)
    claim(world, 1_500, "fee")
    shown = plan(world)
    assert (shown["charges_cents"], shown["allocation"]) == (3_500, "law")
    assert [(each["no"], each["ground"], each["claimed_on"], each["open_cents"]) for each in shown["charges"]] == [
        (1, "interest", LATE.isoformat(), 2_000),
        (2, "fee", LATE.isoformat(), 1_500),
    ]
    for user, count in (("fatima", 1), ("piet", 0)):
        items = world.ask("inbox", user=user)["items"]
        assert sum("costs and interest" in item["what"] for item in items) == count
    waive(world)
    assert open_charges(world) == {1: 0, 2: 1_500}
    assert journal(world, since) == ""
    with pytest.raises(ChargePaid) as refused:
        waive(world)
    assert refused.value.details == {"ref": AGREEMENT, "no": 1, "open_cents": 0}
    with pytest.raises(UnknownRef):
        waive(world, 9)


def test_a_payment_goes_to_costs_then_interest_then_principal_and_unmatching_opens_them_again(world: World) -> None:
    claim(world, 2_000)
    claim(world, 1_500, "fee")
    with world.uow("bram") as uow:
        receipt(uow, "O2026-0101", 3_000)
    args = {"ref": AGREEMENT, "receipt": "O2026-0101"}
    trial = world.do("repayment allocate", user="bram", dry_run=True, **args)["result"]
    assert (trial["charges_cents"], trial["instalments"], trial["outstanding_cents"]) == (3_000, [], 1_750_001)
    assert trial["charges"] == [
        {"no": 2, "ground": "fee", "paid_cents": 1_500, "open_cents": 0},
        {"no": 1, "ground": "interest", "paid_cents": 1_500, "open_cents": 500},
    ]
    assert open_charges(world) == {1: 2_000, 2: 1_500}
    world.both("repayment allocate", user="bram", second="anna", **args)
    assert (open_charges(world), paid(world)) == ({1: 500, 2: 0}, {})
    received(world, "O2026-0102", 933_333)
    assert (open_charges(world), paid(world)) == ({1: 0, 2: 0}, {1: 932_833})
    assert (world.balances()["4400"], world.balances()["1200"]) == (-3_500, 1_750_001 - 932_833)

    world.do("bank unmatch", user="bram", ref="O2026-0101", reason="van een ander")
    assert (open_charges(world), paid(world)) == ({1: 1_500, 2: 1_500}, {1: 932_833})
    world.do("bank unmatch", user="bram", ref="O2026-0102", reason="ook van een ander")
    assert (open_charges(world), paid(world)) == ({1: 2_000, 2: 1_500}, {})
    assert world.balances().get("4400", 0) == 0
    received(world, "O2026-0103", 1_760_000)  # more than all that is owed
    assert open_charges(world) == {1: 0, 2: 0}
    assert (world.balances()["1200"], world.balances()["2100"]) == (0, -(1_760_000 - 3_500 - 1_750_001))


def test_another_order_of_receipts_leaves_what_costs_and_interest_received(world: World) -> None:
    claim(world, 2_000)
    world.clock(noon(LATE + timedelta(days=4)))
    received(world, "O2026-0101", 102_000)
    with world.uow("bram") as uow:
        early = LATE + timedelta(days=1)
        receipt(uow, "O2026-0102", 900_000)
        case = uow.case(Receipt, "O2026-0102").replace(valued_on=early)
        uow.store.cases.put([(case, uow.facts[-1].seq)])
    world.both("repayment allocate", user="bram", second="anna", ref=AGREEMENT, receipt="O2026-0102")
    before = world.balances()
    assert paid(world) == {1: 933_333, 2: 66_667}
    world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    assert (open_charges(world), paid(world)) == ({1: 0}, {1: 933_333, 2: 66_667})
    assert world.balances() == before
    with pytest.raises(ReceiptsInOrder):
        world.do("repayment reallocate", user="bram", ref=AGREEMENT)
    world.do("bank unmatch", user="bram", ref="O2026-0101", reason="van een ander")
    assert (open_charges(world), paid(world)) == ({1: 2_000}, {1: 900_000})


def test_money_that_was_paid_before_the_claim_is_for_the_principal(world: World) -> None:
    with world.uow("bram") as uow:
        receipt(uow, "O2026-0101", 10_000)
    world.clock(noon(LATE + timedelta(days=1)))
    claim(world, 2_000)
    world.both("repayment allocate", user="bram", second="anna", ref=AGREEMENT, receipt="O2026-0101")
    assert (open_charges(world), paid(world)) == ({1: 2_000}, {1: 10_000})


def test_an_instalment_is_certain_with_and_without_what_was_claimed_beside_it(world: World) -> None:
    named = instalment_reference(AGREEMENT, 2)
    assert not sure(world, 935_333)
    assert not sure(world, 935_333, named)
    assert not sure(world, 2_000)
    claim(world, 2_000)
    for cents in (2_000, 933_333, 935_333, 1_750_001, 1_752_001):
        assert sure(world, cents), cents
    assert sure(world, 933_333, named)
    assert sure(world, 935_333, named)
    for cents in (1_999, 934_333):
        assert not sure(world, cents)
        assert not sure(world, cents, named)


def test_a_treasurer_sees_what_a_match_pays_and_a_rest_of_the_instalment_stays_open(world: World) -> None:
    claim(world, 2_000)
    with world.uow("bram") as uow:
        receipt(uow, "O2026-0101", 933_333, text=AGREEMENT)
    told = world.do("bank match", user="bram", ref="O2026-0101", to=AGREEMENT, dry_run=True)["result"]
    assert [each["paid_cents"] for each in told["charges"]] == [2_000]
    assert [(each["no"], each["paid_cents"], each["open_cents"]) for each in told["instalments"]] == [
        (1, 931_333, 2_000)
    ]
    world.do("bank match", user="bram", ref="O2026-0101", to=AGREEMENT)
    assert (open_charges(world), paid(world)) == ({1: 0}, {1: 931_333})
    assert world.ask("repayment plan", ref=AGREEMENT)["overdue_cents"] == 2_000


def test_what_is_not_for_costs_and_interest_waits_when_the_advance_is_written_off(world: World) -> None:
    claim(world, 2_000)
    with world.uow("anna") as uow:
        case = uow.case(Plan, AGREEMENT)
        fact = WriteoffPosted(
            ref="W2026-001", agreement=AGREEMENT, proposal=case.proposal, ground="uncollectible",
            amount_cents=1_750_001, allowance_released_cents=0,
        )  # fmt: skip
        uow.record(fact)
    with world.uow("bram") as uow:
        receipt(uow, "O2026-0101", 5_000)
    world.both("repayment allocate", user="bram", second="anna", ref=AGREEMENT, receipt="O2026-0101")
    assert open_charges(world) == {1: 0}
    assert (world.balances()["2300"], world.balances()["4400"]) == (-3_000, -2_000)


def test_nothing_is_claimed_that_is_not_late_and_demanded_nor_beyond_the_regulations(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(DUE + timedelta(days=3)))
        with pytest.raises(ChargeNotDemanded) as early:
            claim(world, 2_000)
        assert early.value.details == {"ref": AGREEMENT, "late_cents": 933_333, "demanded_cents": 0}
        world.clock(noon(LATE))
        with pytest.raises(ChargeBelowMinimum) as little:
            claim(world, 1_999)
        assert little.value.details == {
            "ref": AGREEMENT, "ground": "interest", "amount_cents": 1_999, "least_cents": 2_000,
        }  # fmt: skip
        with pytest.raises(ChargeBelowMinimum):
            claim(world, 0, "fee")
        with pytest.raises(ChargeAboveMaximum) as much:
            claim(world, 1_501, "fee")
        assert (much.value.details["most_cents"], much.value.details["demanded_cents"]) == (1_500, 933_333)
        for name, more in (("repayment charge", {"amount_cents": 2_000, "ground": "interest"}),
                           ("repayment waive-charge", {"no": 1})):  # fmt: skip
            with pytest.raises(ReasonMissing):
                world.do(name, user="anna", ref=AGREEMENT, reason=" ", **more)
            with pytest.raises(NotAuthorised):
                world.do(name, user="bram", ref=AGREEMENT, reason="te laat", **more)
        world.both("user add", user="petra", second="carla", name="baan", roles=["fund_manager"], partner="gm0308")
        with pytest.raises(ConflictOfInterest):
            world.do("repayment charge", user="baan", ref=AGREEMENT, amount_cents=2_000, ground="interest", reason="x")


def test_a_demand_of_which_part_was_paid_costs_nothing_more_once_the_rest_is_waived(world: World) -> None:
    claim(world, 1_500, "fee")
    received(world, "O2026-0101", 900)
    waive(world)
    with pytest.raises(FeeClaimedBefore):
        claim(world, 1_500, "fee")


def test_a_demand_costs_once_and_the_next_one_again(world: World) -> None:
    claim(world, 1_500, "fee")
    with pytest.raises(FeeClaimedBefore) as refused:
        claim(world, 1_000, "fee")
    assert refused.value.details["no"] == 1
    waive(world)
    claim(world, 1_000, "fee")
    world.clock(noon(LATE + timedelta(days=20)))
    world.do("repayment demand", user="anna", ref=AGREEMENT)
    claim(world, 1_500, "fee")
    assert open_charges(world) == {1: 0, 2: 1_000, 3: 1_500}


def test_what_a_demand_may_cost_follows_its_amount_and_the_regulations_alone() -> None:
    steps = (FeeStep(from_cents=50_000, fee_cents=1_500), FeeStep(from_cents=0, fee_cents=700))
    rules = Charges(fees=steps)
    assert [rules.most_fee_cents(cents) for cents in (1, 49_999, 50_000)] == [700, 700, 1_500]
    assert (Charges().most_fee_cents(10**9), Charges().least_interest_cents) == (0, 2_000)


TERMS = b"""
[repayment]
grace_months = 6
instalments = 3
months_between = 3
allocation = "principal_first"
"""


def test_an_agreement_may_say_that_what_is_due_of_the_principal_goes_first(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        office(world, cash_cents=10_000_000)
        world.do("agreement draft", user="anna", ref=approved(world), terms={"name": "t.toml", "content": TERMS})
        for person in ("fatima", "piet", "carla"):
            world.do("agreement sign", user=person, ref=AGREEMENT)
        assert world.ask("agreement show", ref=AGREEMENT)["allocation"] == "principal_first"
        text = world.ask("agreement show", ref=AGREEMENT, document=True)["document"]
        assert "eerst van de hoofdsom af die opeisbaar is" in text
        accepted(world, AGREEMENT, 1)
        paying = approved_payment(world, ref=AGREEMENT, milestone=1)
        sent(world, paying)
        world.do("payment settle", user="bram", ref=paying)
        world.clock(noon(LATE))
        claim(world, 2_000)
        received(world, "O2026-0101", 933_000)
        assert (open_charges(world), paid(world)) == ({1: 2_000}, {1: 933_000})
        received(world, "O2026-0102", 3_000)  # the rest of the instalment, the interest, and then what is due next
        assert (open_charges(world), paid(world)) == ({1: 0}, {1: 933_333, 2: 667})
        assert world.ask("repayment plan", ref=AGREEMENT)["allocation"] == "principal_first"


def test_an_agreement_without_such_terms_does_not_speak_of_it(world: World) -> None:
    assert world.ask("agreement show", ref=AGREEMENT)["allocation"] == "law"
    assert "hoofdsom" not in world.ask("agreement show", ref=AGREEMENT, document=True)["document"]
