"""What is lent, may be lost, was lost and came back: an experiment and its roll-out, beside them plain dictionaries.

The model knows no code of the fund. Its one formula is that of lifecycle.md 11: an advance is what was approved, less
what came back, was given up or went on under the roll-out, and what was taken back of that.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from fund.errors.agreements import AllowanceUpToDate
from fund.events.repayments import PlanRestructured
from fund.events.values import InstalmentTerms
from fund.events.writeoffs import WriteoffDecided, WriteoffProposed
from fund.schemas.agreements import Agreement
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot
from tests.factories import World
from tests.workflows.looking_back import (
    AGREEMENT,
    BAARN,
    BUNNIK,
    PROPOSAL,
    SCALE,
    agreed,
    came_in,
    evaluated,
    file,
    paid,
    proposal,
    until_completed,
)

CHILD, ROLLOUT = "A2026-002", "2026-002"
LEAD = {AGREEMENT: BAARN, CHILD: BUNNIK}
OF = {AGREEMENT: PROPOSAL, CHILD: ROLLOUT}
PAID, SHARE = 2_500_001, 1_750_001
"""Each was paid so much, of which so much is repaid."""
PROMISED = 1_049_999
"""The repayable part of what is still promised to the roll-out."""


def beginning(world: World) -> None:
    """An experiment that worked, of which 12,500.01 is outstanding, and its roll-out, which owes 17,500.01 itself."""
    until_completed(world, ends="")
    world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file("verslag", "v.pdf"))
    proposal(world)
    evaluated(world, text=SCALE)
    world.user("piet", "partner_signatory", partner=BUNNIK)
    applicants: dict[str, Any] = {"lead": BUNNIK, "co_applicants": (BAARN,)}
    proposal(world, ref=ROLLOUT, follows=AGREEMENT, sort="rollout", title="Overal pompen", **applicants)
    with world.uow("anna") as uow:
        days = (date(2026, 9, 1), date(2027, 9, 1))
        agreed(uow, ref=CHILD, sort="rollout", due_on=days, accepted=False, **applicants)
        paid(uow, ref=CHILD, number=2)
    world.drain()


@dataclass
class Risk:
    """A fund in which one experiment may fail, and what its books must say."""

    world: World
    today: date = date(2026, 1, 5)
    allocated: dict[str, int] = field(default_factory=lambda: defaultdict(int, {AGREEMENT: 500_000}))
    refunded: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    moved: int = 0
    back: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    writeoffs: dict[str, dict[str, Any]] = field(default_factory=dict)
    receipts: dict[str, tuple[str, int]] = field(default_factory=dict)
    unspent: int = 0
    days: set[date] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self.world.number = 1_000_000

    # ------------------------------------------------------------------------------------------------------- the model

    def lent(self, ref: str) -> int:
        given_up = sum(
            each["turned"] if each["reversed"] else each["cents"]
            for each in self.writeoffs.values()
            if each["agreement"] == ref
        )
        refinanced = self.moved if ref == CHILD else -self.moved
        return SHARE - self.allocated[ref] - self.refunded[ref] - given_up + refinanced

    def standing(self, ref: str) -> list[str]:
        """Write-offs of an agreement that were not taken back."""
        return [key for key, each in self.writeoffs.items() if each["agreement"] == ref and not each["reversed"]]

    def lost(self, ref: str) -> int:
        return sum(self.writeoffs[each]["cents"] for each in self.standing(ref)) - self.back[ref]

    # ------------------------------------------------------------------------------------------------ what people do

    def later(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.world.clock(self.today)

    def _received(self, cents: int) -> str:
        ref = f"O2026-7{next(self._numbers):03d}"
        with self.world.uow("bram") as uow:
            came_in(uow, ref, cents)
        return ref

    def repay(self, ref: str, part: Fraction) -> None:
        cents = floor(self.lent(ref) * part)
        if cents:
            receipt = self._received(cents)
            self.world.both("repayment allocate", user="bram", second="anna2", ref=ref, receipt=receipt)
            self.allocated[ref] += cents
            self.receipts[receipt] = (ref, cents)

    def mistake(self) -> None:
        """The last repayment was somebody else's."""
        if self.receipts:
            receipt, (ref, cents) = self.receipts.popitem()
            self.world.do("bank unmatch", user="bram", ref=receipt, reason="Van een ander.")
            self.world.do("cost income", user="bram", receipt=receipt, reason="rente")
            self.allocated[ref] -= cents

    def set_aside(self, days_ago: int) -> None:
        on = max(self.today - timedelta(days=days_ago), date(2026, 1, 5))
        with suppress(AllowanceUpToDate):
            self.world.both("repayment allowance", user="anna", second="bram", on=on)

    def give_up(self, ref: str, part: Fraction) -> str:
        """The committee agreed, which is told elsewhere; two people book it."""
        cents = floor(self.lent(ref) * part)
        if not cents:
            return ""
        count = sum(each["agreement"] == ref for each in self.writeoffs.values()) + 1
        case: dict[str, Any] = {"ref": f"{ref}-W{count}", "agreement": ref, "proposal": OF[ref]}
        ground = "learning" if ref == AGREEMENT else "hardship"
        told = {"ground": ground, "outstanding_cents": self.lent(ref), "lead": LEAD[ref], "reason": "?"}
        with self.world.uow("carla") as uow:
            uow.record(WriteoffProposed(**case, **told, amount_cents=cents, parties=(BAARN, BUNNIK)))
            opened: dict[str, Any] = {"votes": {}, "salts": {}, "two_thirds": False, "learning_budget_left_cents": 0}
            uow.record(WriteoffDecided(**case, **opened, amount_cents=cents))
        self.world.both("writeoff post", user="anna", second="bram", ref=case["ref"])
        self.writeoffs[case["ref"]] = {
            "agreement": ref, "cents": cents, "recovered": 0, "reversed": False, "turned": 0,
        }  # fmt: skip
        return str(case["ref"])

    def recover(self, ref: str, cents: int) -> None:
        for key in self.standing(ref)[:1]:
            self.world.do("writeoff recover", user="bram", ref=key, receipt=self._received(cents))
            each = self.writeoffs[key]
            taken = min(cents, each["cents"] - each["recovered"], self.lost(ref))
            each["recovered"] += taken
            self.back[ref] += taken

    def take_back(self, ref: str) -> None:
        for key in self.standing(ref)[-1:]:
            each = self.writeoffs[key]
            others = sum(self.writeoffs[other]["cents"] for other in self.standing(ref) if other != key)
            turned = max(each["recovered"], self.back[ref] - others)
            self.world.both("writeoff reverse", user="carla", second="bram", ref=key, reason="Toch.")
            each.update(reversed=True, turned=turned)
            self.back[ref] -= turned

    def there_and_back(self, ref: str, part: Fraction) -> None:
        """Given up and taken back, and nothing in between: as if nothing had happened."""
        before = self.stands()
        if self.give_up(ref, part):
            self.take_back(ref)
            assert self.stands() == before

    def stands(self) -> tuple[Any, ...]:
        """Balances, agreements and schedules."""
        with self.world.snapshot() as snapshot:
            kept = {code: cents for code, cents in snapshot.ledger.balances().items() if cents}
            return kept, snapshot.cases(Agreement), snapshot.cases(Plan)

    def refinance(self) -> None:
        """The roll-out takes over what the experiment owes; two thirds agree."""
        cents = self.lent(AGREEMENT)
        if not cents:
            return
        args = {"ref": AGREEMENT, "to": CHILD, "reason": "Een plan."}
        ref = self.world.both("agreement refinance", user="anna", second="piet", **args)["result"]["resolution"]
        for name in ("mira", "mees", "carla"):
            self.world.do("decision vote", user=name, ref=ref, choice="for")
        self.world.do("decision decide", user="carla", ref=ref)
        self.moved += cents

    def money_unspent(self, cents: int) -> None:
        """Part of what the experiment was paid comes back; it falls where it is owed now."""
        cents = min(cents, PAID - self.unspent)
        if not cents:
            return
        shared = [
            floor(Fraction(whole * SHARE, PAID) + Fraction(1, 2)) for whole in (self.unspent, self.unspent + cents)
        ]
        share = shared[1] - shared[0]
        held = CHILD if self.moved and not self.lent(AGREEMENT) else AGREEMENT
        receipt = self._received(cents)
        self.world.do("disbursement refund", user="bram2", ref="D2026-0001", receipt=receipt, amount=cents)
        self.unspent += cents
        advance = min(share, self.lent(held))
        self.refunded[held] += advance
        self.back[AGREEMENT] += min(share - advance, self.lost(AGREEMENT))

    def reschedule(self, ref: str, months: int) -> None:
        """Other instalments for what is open (R6): one, so many months from now."""
        with self.world.uow("anna") as uow:
            plan = uow.case(Plan, ref)
            if not plan.open_cents:
                return
            no, on = max(part.no for part in plan.instalments) + 1, self.today + timedelta(days=30 * months)
            parts = (InstalmentTerms(no=no, due_on=on, amount_cents=plan.open_cents),)
            uow.record(
                PlanRestructured(
                    ref=ref, proposal=OF[ref], instalments=parts, ends_on=max(on, plan.ends_on), reason="?"
                )
            )
        self.world.drain()

    # ----------------------------------------------------------------------------------------------- what must hold

    def holds(self) -> None:
        """The invariants of lifecycle.md 11 that bear on risk, today and on every day on which something was done."""
        self.days.add(self.today)
        with self.world.snapshot() as snapshot:
            for ref in (AGREEMENT, CHILD):
                self._of(snapshot, ref)
            for day in sorted(self.days):
                then = snapshot.ledger.balances(as_of=day)
                for ref in (AGREEMENT, CHILD):
                    assert 0 <= -then.get(f"1290.{ref}", 0) <= then.get(f"1200.{ref}", 0), (day, ref)
                    lost = then.get(f"4200.{ref}", 0) + then.get(f"4210.{ref}", 0)
                    assert lost >= -then.get(f"4300.{ref}", 0) >= 0, (day, ref)

    def _of(self, snapshot: Snapshot, ref: str) -> None:
        now = snapshot.ledger.balances()
        assert now.get(f"1200.{ref}", 0) == self.lent(ref) >= 0
        given_up = sum(self.writeoffs[each]["cents"] for each in self.standing(ref))
        assert now.get(f"4200.{ref}", 0) + now.get(f"4210.{ref}", 0) == given_up
        assert -now.get(f"4300.{ref}", 0) == self.back[ref] <= given_up
        assert snapshot.case(Plan, ref).open_cents == self.lent(ref) + (PROMISED if ref == CHILD else 0)
        agreement = snapshot.case(Agreement, ref)
        assert agreement.refinanced_cents == (self.moved if ref == CHILD else -self.moved)
        if ref == AGREEMENT:
            assert agreement.state == ("completed" if self.lent(ref) else "closed")
