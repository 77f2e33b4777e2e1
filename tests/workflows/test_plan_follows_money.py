"""One agreement through all that moves its money: the plan owes what is outstanding or still to be paid out."""

from __future__ import annotations

from datetime import date

from fund.events.writeoffs import WriteoffPosted, WriteoffReversed
from fund.schemas.agreements import Agreement
from fund.schemas.repayments import Plan
from tests.factories import World, founded
from tests.workflows.agreeing import (
    AGREEMENT,
    PROPOSAL,
    accepted,
    approved_payment,
    file,
    noon,
    received,
    running,
    sent,
)
from tests.workflows.money_out import receipt


def owes(world: World) -> int:
    """What the plan owes, as the books say too: the advance and the repayable part of the commitment."""
    with world.snapshot() as snapshot:
        plan, agreement = snapshot.case(Plan, AGREEMENT), snapshot.case(Agreement, AGREEMENT)
        advance = snapshot.ledger.balance(f"1200.{AGREEMENT}")
        commitment = snapshot.ledger.balance(f"9000.{PROPOSAL}")
        allowance = -snapshot.ledger.balance(f"1290.{AGREEMENT}")
    promised = agreement.repayable_cents - agreement.booked_repayable_cents if commitment else 0
    assert plan.open_cents == advance + promised
    assert commitment == agreement.uncommitted_cents >= 0
    assert 0 <= allowance <= advance
    assert all(part.open_cents >= 0 for part in plan.instalments)
    assert (
        sum(part.amount_cents - part.cancelled_cents for part in plan.instalments) == plan.open_cents + plan.paid_cents
    )
    return plan.open_cents


def test_the_plan_follows_the_money_whatever_happens(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        assert owes(world) == 2_800_000

        received(world, "O2026-0101", 333_333)
        assert owes(world) == 2_466_667

        # unspent money comes back: 70 percent of it was to be repaid
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0102", 300_001)
        world.do("disbursement refund", user="bram", ref="D2026-0001", receipt="O2026-0102", amount=300_001)
        assert owes(world) == 2_466_667 - 210_001

        # a rise and a cut of what was not asked for
        for cents in (100_003, -250_001):
            world.both(
                "agreement amend",
                user="anna",
                second="fatima",
                ref=AGREEMENT,
                change_cents=cents,
                milestone=2,
                reason="anders",
            )
            owes(world)

        # a payment approved and cancelled again
        accepted(world, AGREEMENT, 2)
        before = owes(world)
        payment = approved_payment(world, ref=AGREEMENT, milestone=2, amount=400_000)
        assert owes(world) == before
        world.both("disbursement cancel", user="anna", second="bram", ref=payment, reason="dubbel")
        assert owes(world) == before

        payment = approved_payment(world, ref=AGREEMENT, milestone=2, amount=500_001)
        sent(world, payment)
        world.do("payment settle", user="bram", ref=payment)
        world.both("repayment allowance", user="anna", second="bram")
        assert owes(world) == before

        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())
        left = owes(world)
        assert left == world.balances()["1200"]

        # part is written off, and the write-off is taken back: nothing else came between
        with world.snapshot() as snapshot:
            plan = snapshot.case(Plan, AGREEMENT)
        allowance = -world.balances()["1290"]
        released = max(allowance - (left - 900_000), 0)
        with world.uow("bram") as uow:
            written = uow.record(
                WriteoffPosted(
                    ref=f"{AGREEMENT}-W1",
                    agreement=AGREEMENT,
                    proposal=PROPOSAL,
                    ground="hardship",
                    amount_cents=900_000,
                    allowance_released_cents=released,
                )
            )
            assert written.seq
        assert owes(world) == left - 900_000
        entry = next(each for each in reversed(world.entries()) if each.kind == "writeoff.posted")
        with world.uow("bram") as uow:
            uow.record(
                WriteoffReversed(
                    ref=f"{AGREEMENT}-W1",
                    agreement=AGREEMENT,
                    proposal=PROPOSAL,
                    ground="hardship",
                    reason="toch betaald",
                    entry_seq=entry.seq,
                    amount_cents=900_000,
                    allowance_released_cents=released,
                )
            )
        assert owes(world) == left
        with world.snapshot() as snapshot:
            assert snapshot.case(Plan, AGREEMENT) == plan

        # everything comes back, and two cents more
        world.clock(noon(date(2026, 12, 1)))
        received(world, "O2026-0103", left + 2)
        assert owes(world) == 0
        assert world.balances()["2100"] == -2


def test_a_payment_the_bank_gave_back_after_the_end_takes_its_part_of_the_plan_along(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=2)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())
        assert owes(world) == 2_800_000
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0102", 1_499_999)
        world.do("payment return", user="bram", ref="D2026-0002", receipt="O2026-0102", reason="AC04")
        world.both("disbursement cancel", user="anna", second="bram", ref="D2026-0002", reason="rekening opgeheven")
        assert owes(world) == 1_750_001
        assert world.ask("agreement show", ref=AGREEMENT)["state"] == "completed"
