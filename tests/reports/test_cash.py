"""The cash identity of statements.md: what stands on the accounts is what came in and went out by purpose."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.checks import verify
from fund.commands.opening import open_fund
from fund.events.capital import ContributionReceived
from fund.events.costs import CostApproved
from fund.events.overpayments import OverpaymentRefunded
from fund.events.payments import PaymentsBatched, PaymentSent, PaymentSettled
from fund.events.receipts import CostCharged, DebitRecorded
from fund.events.values import BatchLine
from fund.registry import PROJECTIONS
from fund.reports.cash import Cash, cash_of, cash_on
from fund.schemas.disbursements import Batch
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot
from tests.factories import World, founded
from tests.workflows.leaving import founded_fund, leaves, paid_out, payee, rules
from tests.workflows.looking_back import (
    AGREEMENT,
    BAARN,
    BUNNIK,
    admitted,
    came_in,
    evaluated,
    posted,
    received,
    until_completed,
)


def told(world: World, **more: Any) -> dict[str, int]:
    """What is not nothing, by symbol."""
    with world.snapshot() as snapshot:
        cash = cash_of(snapshot, **more)
    assert cash.difference == 0
    names = ("cash", "i", "a", "r", "u", "s", "v", "k", "held", "refunds")
    return {name: getattr(cash, name) for name in names if getattr(cash, name)}


def test_the_symbols_of_the_worked_example(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        evaluated(world)
        ref = posted(world)
        assert told(world) == {"cash": 7_999_999, "i": 10_000_000, "a": 500_000, "u": 1_750_001, "s": 750_000}
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", 100_000)
            came_in(uow, "O2026-0010", 50_000)
        assert told(world)["held"] == 150_000
        world.do("writeoff recover", user="bram", ref=ref, receipt="O2026-0009")
        world.do("cost income", user="bram", receipt="O2026-0010", amount=20_000, reason="rente")
        assert told(world) == {
            "cash": 8_149_999, "i": 10_000_000, "a": 600_000, "r": 20_000, "u": 1_750_001, "s": 750_000,
            "held": 30_000,
        }  # fmt: skip
        with world.snapshot() as snapshot:
            for seq in range(snapshot.ledger.head().seq + 1):
                assert cash_of(snapshot, known_at=seq).difference == 0
            assert cash_of(snapshot, as_of=date(2025, 12, 31)) == Cash()


def test_a_year_that_is_closed_changes_none_of_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with world.uow("bram") as uow:
            uow.record(CostCharged(ref="K2026-0001", account="1000", amount_cents=700, charged_on=uow.today))
        before = told(world)
        assert before == {"cash": -700, "k": 700}
        world.clock(date(2027, 1, 10))
        for command in ("period lock", "period close"):
            world.both(command, user="anna", second="bram", period="2026")
        assert told(world) == before
        world.both("period reopen", user="anna", second="bram", period="2026", reason="Vergeten.")
        assert told(world) == before


def test_what_people_book_by_hand_has_its_place(sqlite_url: str) -> None:
    def by_hand(debits: list[list[Any]], credits: list[list[Any]]) -> None:
        said = {"debits": debits, "credits": credits, "memo": "Kosten notaris", "reason": "Factuur 7."}
        world.both("ledger post", user="anna", second="bram", **said)

    with founded(sqlite_url) as world:
        by_hand([["4500", 500]], [["2000.notaris", 500]])
        assert told(world) == {}  # owed, not paid
        by_hand([["2000.notaris", 500]], [["1000", 500]])
        assert told(world) == {"cash": -500, "k": 500}
        world.both("ledger reverse", user="anna", second="bram", seq=2, reason="Toch niet betaald.")
        assert told(world) == {}
        with world.uow("bram") as uow:
            uow.record(
                DebitRecorded(ref="U2026-0001", line_id="l-1", account="1000", amount_cents=9, debited_on=uow.today)
            )
        assert told(world) == {}  # on its way until somebody says where to


def test_a_cost_counts_when_the_bank_paid_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with world.uow("bram") as uow:
            admitted(uow)
            received(uow)
            uow.record(
                CostApproved(ref="K2026-0001", payee="notaris", amount_cents=700, payee_ref="notaris-1", purpose="akte")
            )
        paid_in = {"cash": 10_000_000, "i": 10_000_000}
        assert told(world) == paid_in
        line = on_its_way(world, "K2026-0001", "notaris", 700)
        assert told(world) == paid_in  # under way: it has not left yet
        settled(world, line)
        assert told(world) == {**paid_in, "cash": 9_999_300, "k": 700}


def on_its_way(world: World, ref: str, payee: str, cents: int) -> BatchLine:
    """D4: what is owed was sent to the bank."""
    line = BatchLine(
        kind="payable", ref=ref, end_to_end_id=ref.replace("-", ""), amount_cents=cents, payee=payee,
        payee_ref=f"{payee}-1", iban="NL44RABO0123456789", name="Ontvanger", text=ref,
    )  # fmt: skip
    about: dict[str, Any] = {"ref": "S2026-009", "lines": (line,), "total_cents": cents, "sha256": "00"}
    with world.uow("bram") as uow:
        uow.record(
            PaymentsBatched(
                **about, made_at=uow.now, execution_on=uow.today, debtor_name="Fonds",
                debtor_iban="NL91ABNA0417164300", format_version="09",
            )
        )  # fmt: skip
        uow.record(PaymentSent(**about, execution_on=uow.today))
    return line


def settled(world: World, line: BatchLine) -> None:
    """D5: the bank paid it."""
    with world.uow("bram") as uow:
        uow.record(PaymentSettled(ref="S2026-009", line=line))


def test_what_was_paid_too_much_is_held_until_the_bank_paid_it_back(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with world.uow("bram") as uow:
            admitted(uow)
            received(uow)
            came_in(uow, "O2026-0009", 900)
            uow.record(
                ContributionReceived(
                    ref="B2026-0001", partner=BAARN, receipt="O2026-0009", receipt_cents=900, amount_cents=0,
                    surplus_cents=900, rule="manual",
                )
            )  # fmt: skip
        assert told(world) == {"cash": 10_000_900, "i": 10_000_000, "held": 900}
        with world.uow("bram") as uow:
            uow.record(OverpaymentRefunded(ref="T2026-0001", payee=BAARN, amount_cents=900, payee_ref="gm0308-1"))
        assert told(world) == {"cash": 10_000_900, "i": 10_000_000, "refunds": 900}
        settled(world, on_its_way(world, "T2026-0001", BAARN, 900))
        assert told(world) == {"cash": 10_000_000, "i": 10_000_000}


def test_a_settlement_lowers_what_partners_paid_in_when_the_bank_paid_it(sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules()) as world:
        founded_fund(world)
        before = told(world)
        assert before["i"] == 11_000_000
        leaves(world)
        payee(world)
        world.clock(date(2026, 7, 13))
        paid_out(world)
        assert told(world) == before
        with world.snapshot() as snapshot:
            (case,) = snapshot.cases(Payable)
        settled(world, on_its_way(world, case.ref, BUNNIK, case.amount_cents))
        cents = case.amount_cents
        assert cents > 0
        assert told(world) == {**before, "cash": before["cash"] - cents, "i": before["i"] - cents}


def test_a_set_off_counts_as_paid_back_and_as_repaid(sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules()) as world:
        founded_fund(world)
        before = told(world)
        leaves(world, BAARN)
        paid_out(world, BAARN, set_off=AGREEMENT, amount=1_500_000, signed={"name": "v.pdf", "content": b"Akkoord."})
        assert told(world) == {**before, "i": 9_500_000, "a": 1_500_000}


def test_a_payment_that_is_not_what_was_approved_is_named(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        assert verify(world.fund.engine)["ok"] is True
        with world.uow("bram") as uow:
            (batch,) = uow.cases(Batch)
            line = batch.entries[0].line.model_copy(update={"amount_cents": 2_500_002})
            uow.record(PaymentSettled(ref=batch.ref, line=line))
        found = {check["name"]: check["findings"] for check in verify(world.fund.engine)["checks"]}
        (finding,) = found["facts.cash"]
        last = world.entries()[-1]
        assert (finding["seq"], finding["place"]) == (last.seq, f"entry:{last.seq}")
        assert finding["message"] == "the entry moves EUR -0.01 more cash than its purpose explains"


def test_many_days_at_once_say_what_each_day_says(random_funds: list[str]) -> None:
    for url in random_funds[:6]:
        with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            days = [date(2026, 2, 1), date(2026, 1, 9), date(2025, 1, 1), snapshot.today, date(2026, 12, 31)]
            for known_at in (None, snapshot.ledger.head().seq // 2):
                found = cash_on(snapshot, days, known_at=known_at)
                assert found == [cash_of(snapshot, as_of=day, known_at=known_at) for day in days]
                assert found[2] == Cash()
