"""Money out as cases: accounts that may be paid, disbursements, and batches for the bank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from fund.events.values import BatchLine
from fund.schemas.base import CaseColumns, CaseFile, Shape


class Payee(CaseFile, kind="payee"):
    """An account that may be paid (C7). ``ref``: ``gm0308-1``; ``state``: recorded, verified, replaced.

    Args:
        partner: Whose it is: a partner, or the short name of a supplier.
        file_sha256: The document on which a supplier's account was recorded.
    """

    partner: str
    supplier: bool = False
    file_sha256: str = ""
    iban: str
    name: str
    from_on: date
    verified_on: date | None = None
    usable_on: date | None = None
    """The first day on which it can be paid: it has cooled off."""

    def columns(self) -> CaseColumns:
        return CaseColumns(partner=self.partner, lookup=self.iban, title=self.name, due_on=self.usable_on)


class Disbursement(CaseFile, kind="disbursement"):
    """One payment out of an award. ``ref``: ``D2026-0007``; ``state``: as in the lifecycle table.

    Args:
        amount_cents: What was asked, and is approved whole or not at all.
        repayable_cents, grant_cents: Its two parts, once approved.
        iban_payee_ref: The verified account it goes to, once checked.
        hands: User ids that supplied an approval: asked, checked, approved (G7 c).
        attempts: How often it was put in a batch that was sent.
        batch: The batch it stands in now; empty before, and after it failed or came back.
        to_verify: The bank gave it back: its account is to be verified again before it is paid.
    """

    agreement: str
    proposal: str
    milestone: str | None = None
    on_account: bool = False
    payee: str
    iban: str = ""
    iban_payee_ref: str = ""
    amount_cents: int
    repayable_cents: int = 0
    grant_cents: int = 0
    paid_cents: int = 0
    refunded_cents: int = 0
    refunded_repayable_cents: int = 0
    batch: str = ""
    attempts: int = 0
    to_verify: bool = False
    hands: tuple[str, ...] = ()
    requested_on: date
    approved_on: date | None = None
    paid_on: date | None = None
    due_on: date | None = None
    bank_reason: str = ""

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.agreement,
            partner=self.payee,
            lookup=self.batch or None,
            amount_cents=self.amount_cents,
            due_on=self.due_on,
        )


class BatchEntry(Shape):
    """A line of a batch and what became of it: open, sent, paid, failed or returned.

    Args:
        bank_line: The line of a bank statement that shows that it left. returned_line: The one that shows it back.
        bank_status, bank_reason: What the bank said of it last (pain.002): accepted, pending, rejected; empty before.
    """

    line: BatchLine
    state: str
    bank_line: str = ""
    returned_line: str = ""
    bank_status: str = ""
    bank_reason: str = ""

    @property
    def unshown(self) -> bool:
        """Whether its money left or is to leave, and no line of a bank statement showed that yet."""
        return self.state in ("sent", "paid", "returned") and not self.bank_line

    @property
    def contradicted(self) -> bool:
        """Whether the bank's report says otherwise than people did: rejected what stands as paid and no statement
        shows, or accepted what stands as failed.
        """
        rejected = self.bank_status == "rejected" and self.state == "paid" and not self.bank_line
        return rejected or (self.bank_status == "accepted" and self.state == "failed")


CONTRADICTED = "contradicted"
"""The batches of which the bank's report contradicts what people said, as their rows name them."""


class Batch(CaseFile, kind="batch"):
    """A payment file for one day. ``ref``: ``S2026-005``; ``state``: made, sent, settled, dropped."""

    made_at: datetime
    execution_on: date
    debtor_name: str
    debtor_iban: str
    format_version: str
    entries: tuple[BatchEntry, ...]
    total_cents: int
    sha256: str
    hands: tuple[str, ...] = ()
    reports: Mapping[str, str] = Field(default_factory=dict)
    """The bank's reports on it, by their names: the hash of each."""

    @property
    def lines(self) -> tuple[BatchLine, ...]:
        return tuple(entry.line for entry in self.entries)

    def entry_of(self, ref: str) -> BatchEntry | None:
        """The line that pays a document."""
        return next((entry for entry in self.entries if entry.line.ref == ref), None)

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=CONTRADICTED if any(entry.contradicted for entry in self.entries) else None,
            lookup=self.ref.replace("-", ""),
            amount_cents=self.total_cents,
            due_on=self.execution_on,
        )
