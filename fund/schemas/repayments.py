"""Repayment plans as cases: instalments, versions, what was paid on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from fund.events.values import InstalmentTerms
from fund.schemas.base import CaseColumns, CaseFile, Shape


class Instalment(Shape):
    """One instalment: agreed, paid, and what lapsed of it (released, refunded or written off)."""

    no: int
    due_on: date
    amount_cents: int
    paid_cents: int = 0
    cancelled_cents: int = 0
    escalated_days: int = 0
    """The last step of arrears that was taken, in days after the due day; 0 when none was."""
    escalated_on: date | None = None
    demanded_on: date | None = None
    """The day of the last demand, which gives until ``pay_by``."""
    pay_by: date | None = None
    warned_until: date | None = None
    """The last day of the claim that the office was warned of."""

    @property
    def open_cents(self) -> int:
        return self.amount_cents - self.paid_cents - self.cancelled_cents


class Charge(Shape):
    """Costs of a demand, or interest, that were claimed: ``ground`` fee or interest; paid and waived so far."""

    no: int
    ground: str
    claimed_on: date
    demanded_on: date
    amount_cents: int
    paid_cents: int = 0
    waived_cents: int = 0
    reason: str = ""

    @property
    def open_cents(self) -> int:
        return self.amount_cents - self.paid_cents - self.waived_cents


class PlanVersion(Shape):
    """A schedule as it was agreed, and from when; later versions leave it readable."""

    version: int
    from_on: date
    reason: str = ""
    instalments: tuple[InstalmentTerms, ...]


class Received(Shape):
    """What one allocation of a receipt paid, by the fact that made it, in the order in which they were made.

    Attributes:
        valued_on: The value date: the day on which the payer paid.
        used_cents: What of the receipt was used for the principal; what is in no part is owed back to ``partner``.
        instalment: The one that the payer named.
        fixed: The plan was made anew since: what it paid stays as it is.
        charges: What it paid of costs and interest, by number; another order of receipts leaves that where it is.
    """

    receipt: str
    event_id: str
    valued_on: date
    used_cents: int
    partner: str
    instalment: int | None = None
    parts: Mapping[int, int]
    early_cents: int = 0
    fixed: bool = False
    charges: Mapping[int, int] = Field(default_factory=dict)

    @property
    def advance_cents(self) -> int:
        """What of it lowers the advance."""
        return sum(self.parts.values())


class Plan(CaseFile, kind="plan"):
    """How the repayable share of an agreement comes back; its ref is the agreement's. ``state``: active, restructured.

    Attributes:
        early_cents: Announced early payments that did not arrive yet.
        acknowledged_on: The day on which the debtor last acknowledged the debt (4:105).
        lapsed: What lapsed, by the write-off that cancelled it (so that its reversal restores exactly that).
        received: What came in on it, and which instalments each allocation paid.
        reorder: Money of an earlier day came in, or a match in between was undone: the order may be wrong (R5).
        taken_over_on: The last day on which it took over what another agreement owed (8).
        moved_to: The plan of the roll-out in which what was open goes on (8).
        moved_as: The numbers of its instalments there, by number here.
        charges: Costs and interest that were claimed on what was late.
        allocation: What a payment pays first, as the agreement says.
    """

    proposal: str
    lead: str
    plan_type: str
    repayable_cents: int
    instalments: tuple[Instalment, ...]
    version: int = 1
    versions: tuple[PlanVersion, ...] = ()
    early: str = "last_first"
    early_cents: int = 0
    acknowledged_on: date | None = None
    grace_months: int = 0
    interval_months: int = 12
    savings_bps: int = 0
    verdict: str = ""
    """The verdict that started a plan that waits for success."""
    started_on: date
    ends_on: date
    lapsed: Mapping[str, Mapping[int, int]] = Field(default_factory=dict)
    received: tuple[Received, ...] = ()
    reorder: bool = False
    taken_over_on: date | None = None
    moved_to: str = ""
    moved_as: Mapping[int, int] = Field(default_factory=dict)
    charges: tuple[Charge, ...] = ()
    allocation: str = "law"

    @property
    def agreement(self) -> str:
        return self.ref

    @property
    def open_cents(self) -> int:
        return sum(instalment.open_cents for instalment in self.instalments)

    @property
    def paid_cents(self) -> int:
        return sum(instalment.paid_cents for instalment in self.instalments)

    @property
    def next_due_on(self) -> date | None:
        """The day of the oldest instalment that is still open."""
        return min((part.due_on for part in self.instalments if part.open_cents > 0), default=None)

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.proposal, partner=self.lead, amount_cents=self.repayable_cents, due_on=self.next_due_on
        )


class AllowanceRun(CaseFile, kind="allowance"):
    """The allowance of one quarter (``2026-Q3``). ``state``: adjusted."""

    adjusted_on: date
    change_cents: int
    runs: int = 1

    def columns(self) -> CaseColumns:
        return CaseColumns(amount_cents=self.change_cents, due_on=self.adjusted_on)
