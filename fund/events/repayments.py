"""Repayment plans, steps of arrears, the allowance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from fund.events.base import Fact, Value
from fund.events.values import InstalmentTerms, PlanTerms


class _PlanFact(Fact, kind="plan"):
    """What every fact of a repayment plan says; its ref is the agreement's."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal",)

    proposal: str


class PlanActivated(_PlanFact, wire="plan.activated"):
    """The repayable share will come back as these instalments say."""

    lead: str
    repayable_cents: int
    plan: PlanTerms


class PlanPrepaid(_PlanFact, wire="plan.prepaid"):
    """The lead announced an early payment: beyond what is due it shortens the plan as the agreement says."""

    amount_cents: int
    early: str


class PlanRestructured(_PlanFact, wire="plan.restructured"):
    """Other days and amounts for what is open; the version before stays readable."""

    instalments: tuple[InstalmentTerms, ...]
    ends_on: date
    reason: str
    plan_type: str = ""
    """Empty where it stays what it was."""
    savings_bps: int = 0
    resolution: str = ""
    """By which the committee decided it."""


class PlanStarted(_PlanFact, wire="plan.started"):
    """The experiment succeeded: a plan that waits for success runs from the verdict on; only days change."""

    verdict: str
    instalments: tuple[InstalmentTerms, ...]
    """The instalments that got another day, by number."""


class ArrearsEscalated(_PlanFact, wire="arrears.escalated"):
    """An instalment is late by so many days: note, call and demand, or the committee is told."""

    instalment: int
    due_on: date
    step_days: int
    step: str
    """``note``, ``demand`` or ``committee``."""
    open_cents: int
    pay_by: date | None = None
    """The last day that a demand gives (4:112)."""


class ArrearsDemanded(_PlanFact, wire="arrears.demanded"):
    """A late instalment was demanded once more: the years of limitation begin again (4:106)."""

    instalment: int
    due_on: date
    open_cents: int
    pay_by: date


class LimitationNeared(_PlanFact, wire="arrears.limitation_neared"):
    """The claim on a late instalment lapses on a day that is near: it was not demanded for years (4:104)."""

    instalment: int
    due_on: date
    ends_on: date
    """The last day on which it can be pursued."""
    open_cents: int


class ChargeClaimed(_PlanFact, wire="charge.claimed"):
    """Costs of a demand, or interest, are owed beside the principal; nothing is booked until it comes in.

    Attributes:
        no: Counts the claims of the agreement.
        ground: ``fee`` or ``interest``.
        late_cents: What was late and demanded. demanded_on: The day of the last demand of it.
        reason: How the amount was reckoned.
    """

    no: int
    ground: str
    amount_cents: int
    late_cents: int
    demanded_on: date
    reason: str


class ChargeWaived(_PlanFact, wire="charge.waived"):
    """What was open of a claim for costs or interest is not owed any more."""

    no: int
    ground: str
    amount_cents: int
    reason: str


class AllowanceLine(Value):
    """What the allowance of one agreement was and became, and why."""

    agreement: str
    proposal: str
    outstanding_cents: int
    days_overdue: int
    """Of the oldest instalment that is late; 0 when none is."""
    stage: str
    rate_bps: int
    before_cents: int
    after_cents: int

    @property
    def change_cents(self) -> int:
        """Above zero: more is expected to be lost."""
        return self.after_cents - self.before_cents


class AllowanceAdjusted(Fact, wire="allowance.adjusted", kind="allowance"):
    """The allowance of a quarter was reckoned: for each agreement the rate of its stage over what is outstanding."""

    regulations: str
    lines: tuple[AllowanceLine, ...]
    """Only agreements whose allowance changed."""
    adjusting: bool = False
    """Whether the day lies in a locked month, which takes adjusting entries only."""

    def affected_streams(self) -> Iterable[str]:
        for line in self.lines:
            yield f"plan/{line.agreement}"
            yield f"agreement/{line.agreement}"
            yield f"proposal/{line.proposal}"
