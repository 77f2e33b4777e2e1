"""Money back, in one unit of work that is never kept: payments out, receipts of any value date, what people undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fund.errors.agreements import AllowanceUpToDate
from fund.errors.repayments import ReceiptsInOrder, SurplusGone
from fund.events.disbursements import DisbursementApproved
from fund.events.receipts import ReceiptRecorded
from fund.events.repayments import PlanActivated, PlanRestructured
from fund.events.values import InstalmentTerms
from fund.events.writeoffs import WriteoffPosted, WriteoffReversed
from fund.registry import COMMANDS
from fund.rules import schedules
from fund.rules.authority import SYSTEM_ACTOR
from fund.rules.schedules import cut
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Receipt
from fund.schemas.repayments import Plan
from fund.unit_of_work import UnitOfWork
from fund.unit_of_work.unit import _Cause
from fund.workflows.repayments.reminders import AGAIN_FACTS, escalate, look_again, warn
from tests.factories import START, World
from tests.workflows.money_out import AGREEMENT, BAARN, PROPOSAL, agree, prepared
from tests.workflows.money_out import plan as planned

REPAYABLE = 2_800_000
DUE = (
    (date(2026, 3, 1), 700_000),
    (date(2026, 6, 1), 700_001),
    (date(2026, 9, 1), 699_999),
    (date(2027, 1, 1), 700_000),
)
FIRST_DAY = START.date()


def beginning(world: World) -> None:
    """An award of 40,000, of which 28,000 comes back in four instalments; nothing is paid out yet."""
    prepared(world)
    agree(world)
    terms: Any = tuple({"no": no, "due_on": day, "amount_cents": cents} for no, (day, cents) in enumerate(DUE, start=1))
    with world.uow("anna") as uow:
        plan = planned(REPAYABLE).model_copy(update={"instalments": tuple(map(InstalmentTerms.model_validate, terms))})
        uow.record(
            PlanActivated(ref=AGREEMENT, proposal=PROPOSAL, lead=BAARN, repayable_cents=REPAYABLE, plan=plan)
        )  # fmt: skip


class Back:
    """One life of the agreement; each step is somebody's command or what another trade's command records."""

    def __init__(self, world: World, uow: UnitOfWork) -> None:
        self.uow = uow
        self._people = {name: uow.user(name) for name in ("anna", "bram", "fatima")}
        for person in ("anna", "fatima"):  # a fact names the command that made it
            uow.store.work.ask(
                actor=self._people[person].user_id, command_id=str(uow.command_id), name="test", content_hash=b"",
                asked_at=uow.now,
            )  # fmt: skip
        self.receipts: list[str] = []
        self.lost: dict[str, Any] = {}
        self.steps = self.heard = 0

    def day(self, day: date) -> None:
        """It becomes this day."""
        self.uow.now = max(self.uow.now, datetime.combine(day, time(9), tzinfo=UTC))

    def _as(self, name: str, command: str, **args: Any) -> Any:
        self.uow.actor = self.uow.maker = self._people[name]
        return COMMANDS[command].use_case(self.uow, **args)

    # ------------------------------------------------------------------------------------------------------------ steps

    def lend(self, tens: int) -> int:
        """So many times ten cents are approved for payment, seven tenths of it to be repaid; what was."""
        agreement = self.uow.case(Agreement, AGREEMENT)
        tens = min(tens, (agreement.award_cents - agreement.booked_cents) // 10)
        if tens > 0:
            self.steps += 1
            self.uow.record(
                DisbursementApproved(
                    ref=f"D2026-9{self.steps:03d}", agreement=AGREEMENT, proposal=PROPOSAL, amount_cents=tens * 10,
                    payee=BAARN, repayable_cents=tens * 7, grant_cents=tens * 3, due_on=date(2026, 12, 31),
                )
            )  # fmt: skip
        return tens

    def receive(self, name: str, cents: int, *, valued_on: date, named: int | None = None) -> None:
        """R2, R3: a receipt is on the books today and repays the advance."""
        self.uow.record(
            ReceiptRecorded(
                ref=name, line_id=f"lin_{name}", statement="s", account="1000", amount_cents=cents,
                booked_on=self.uow.today, valued_on=valued_on,
            )
        )  # fmt: skip
        known = {part.no for part in self.plan.instalments}
        more = {"instalment": named} if named in known else {}
        self._as("bram", "repayment allocate", ref=AGREEMENT, receipt=name, **more)
        self.receipts.append(name)

    def announce(self, cents: int) -> None:
        """R4: an early payment is announced."""
        cents = min(cents, self.plan.open_cents - self.plan.early_cents)
        if cents > 0:
            self._as("fatima", "repayment prepay", ref=AGREEMENT, amount_cents=cents)

    def take_back(self, number: int) -> None:
        """A match was wrong."""
        name = self.receipts.pop(number % len(self.receipts))
        self._as("bram", "bank unmatch", ref=name, reason="van een ander")

    def reallocate(self) -> bool:
        """R5, where anything is out of order; whether it was."""
        try:
            self._as("bram", "repayment reallocate", ref=AGREEMENT)
        except (ReceiptsInOrder, SurplusGone):
            return False
        return True

    def make_anew(self, count: int, months: int) -> None:
        """R6: what is open is paid on other days."""
        plan = self.plan
        after = max(part.no for part in plan.instalments)
        parts = schedules.instalments(
            plan.open_cents, starts_on=self.uow.today + timedelta(days=1), grace_months=1, count=count,
            interval_months=months,
        )  # fmt: skip
        numbered = tuple(part.model_copy(update={"no": after + part.no}) for part in parts)
        if numbered:
            ends_on = numbered[-1].due_on
            fact = PlanRestructured(
                ref=AGREEMENT, proposal=PROPOSAL, instalments=numbered, ends_on=ends_on, reason="later"
            )
            self.uow.record(fact)

    def reckon(self) -> None:
        """R9 for the quarter of today."""
        try:
            self._as("anna", "repayment allowance")
        except AllowanceUpToDate:
            return

    def give_up(self, part: int) -> None:
        """W4: a tenth, two tenths ... of what is outstanding is written off."""
        outstanding = self.balance("1200")
        cents = outstanding * part // 10
        if cents <= 0 or self.lost:
            return
        cut(self.plan.instalments, min(cents, self.plan.open_cents))
        released = max(self.balance("1290") * -1 - (outstanding - cents), 0)
        ref = f"{AGREEMENT}-W{self.steps}"
        self.lost = {
            "ref": ref, "agreement": AGREEMENT, "proposal": PROPOSAL, "ground": "hardship", "amount_cents": cents,
            "allowance_released_cents": released,
        }  # fmt: skip
        self.uow.record(WriteoffPosted(**self.lost))
        self.lost["entry_seq"] = self.uow.entries[-1][1].seq

    def restore(self) -> None:
        """W5: the write-off is taken back."""
        if self.lost:
            self.uow.record(WriteoffReversed(**self.lost, reason="toch betaald"))
            self.lost = {}

    def tick(self) -> None:
        """What follows by itself: instalments that are open again are looked at, and timers fall due, day by day."""
        work, stream = self.uow.store.work, self.plan.stream
        for event in self.uow.facts[self.heard :]:
            if event.type in AGAIN_FACTS or event.type == "plan.prepaid":
                look_again(self.uow, event)
        self.heard = len(self.uow.facts)
        for timer in work.timers(stream=stream):
            if timer.due_at > self.uow.now:
                break
            self.uow.actor = self.uow.maker = SYSTEM_ACTOR
            self.uow._cause = _Cause(timer.cause, "timer")
            (escalate if timer.kind == "repayment.arrears" else warn)(self.uow, timer)
            self.uow._cause = None
            work.end_timer(timer.timer_id, state="fired", fired_by=timer.cause, at=self.uow.now)
        self.uow.actor = self.uow.maker = self._people["bram"]
        self.heard = len(self.uow.facts)

    # ------------------------------------------------------------------------------------------------------------ looks

    @property
    def plan(self) -> Plan:
        """The plan now."""
        return self.uow.case(Plan, AGREEMENT)

    def balance(self, code: str) -> int:
        """An account of the agreement, debit positive."""
        return self.uow.ledger.balance(f"{code}.{AGREEMENT}")

    def books(self, as_of: date | None = None) -> dict[str, int]:
        """Every account that is not empty."""
        found = self.uow.ledger.balances(as_of=as_of)
        return {code: cents for code, cents in found.items() if cents}

    def standing(self) -> dict[int, tuple[int, int]]:
        """By instalment, what was paid and what is open."""
        return {part.no: (part.paid_cents, part.open_cents) for part in self.plan.instalments}

    def check(self) -> None:
        """What always holds of the plan and its books."""
        plan, agreement = self.plan, self.uow.case(Agreement, AGREEMENT)
        advance, allowance = self.balance("1200"), -self.balance("1290")
        assert 0 <= allowance <= advance
        assert plan.open_cents == advance + agreement.repayable_cents - agreement.booked_repayable_cents
        for part in plan.instalments:
            assert 0 <= part.paid_cents <= part.amount_cents - part.cancelled_cents
        paid = dict.fromkeys(self.standing(), 0)
        for each in plan.received:
            assert all(cents > 0 for cents in each.parts.values())
            assert 0 <= each.advance_cents <= each.used_cents
            use = next(
                use for use in self.uow.case(Receipt, each.receipt).uses if use.event_id == each.event_id
            )  # fmt: skip
            assert {part.no: part.amount_cents for part in use.parts} == dict(each.parts)
            assert (use.receipt_cents, use.amount_cents) == (each.used_cents, each.advance_cents)
            for no, cents in each.parts.items():
                paid[no] += cents
        assert paid == {part.no: part.paid_cents for part in plan.instalments}
        owed = sum(each.used_cents - each.advance_cents for each in plan.received)
        assert self.uow.ledger.balance(f"2100.{BAARN}") == -owed
        again: Any = None
        for event in self.uow.history(plan):
            again = self.uow.projections["plan"].apply(again, event)
        assert again == plan


@contextmanager
def life(world: World) -> Iterator[Back]:
    """A life that leaves the fund as it was."""
    with world.uow("bram", commit=False) as uow:
        yield Back(world, uow)
