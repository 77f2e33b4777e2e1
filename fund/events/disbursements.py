"""Money out, from request to approval: asked, checked, approved, refused, cancelled, and what came back unspent.

Every fact shows in the history of its agreement and proposal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from fund.events.base import Fact
from fund.events.values import stream_of


class _OfAnAgreement(Fact, kind="disbursement"):
    """A fact about one disbursement, which belongs to an agreement and so to a proposal."""

    affects: ClassVar[tuple[str, ...]] = ("agreement/agreement", "proposal/proposal")

    agreement: str
    proposal: str
    amount_cents: int


class DisbursementRequested(_OfAnAgreement, wire="disbursement.requested"):
    """A party asks for a part of its award: after a milestone, or as a payment on account."""

    affects: ClassVar[tuple[str, ...]] = (*_OfAnAgreement.affects, "milestone/milestone")

    milestone: str | None = None
    on_account: bool = False
    payee: str
    """The partner that is paid: the lead or a co-applicant."""
    iban: str = ""
    """The account that the party named; empty for the one that is verified."""


class DisbursementChecked(_OfAnAgreement, wire="disbursement.checked"):
    """The fund manager found the request right: it goes to a verified account that has cooled off."""

    payee: str
    iban_payee_ref: str


class DisbursementApproved(_OfAnAgreement, wire="disbursement.approved"):
    """The treasurer approved: the fund owes the payee. Repayable and grant part make the amount."""

    payee: str
    repayable_cents: int
    grant_cents: int
    due_on: date
    """The last day on which it should have reached the payee (4:87)."""


class DisbursementRefused(_OfAnAgreement, wire="disbursement.refused"):
    """The fund says no to a request that was not approved yet."""

    reason: str


class DisbursementWithdrawn(_OfAnAgreement, wire="disbursement.withdrawn"):
    """The party takes its request back before approval."""

    reason: str


class DisbursementCancelled(_OfAnAgreement, wire="disbursement.cancelled"):
    """An approved disbursement that is not under way will not be paid: the approval is undone.

    Args:
        commitment_cents: What becomes a commitment again; nothing once the agreement is completed or terminated.
        allowance_released_cents: What of the allowance stood above the advance that is left.
        batch: The batch it stood in and that is not sent; that batch is dropped.
        freed: What else that batch paid, which waits for another one.
    """

    payee: str
    repayable_cents: int
    grant_cents: int
    commitment_cents: int
    allowance_released_cents: int = 0
    batch: str = ""
    freed: tuple[str, ...] = ()
    reason: str

    def affected_streams(self) -> Iterable[str]:
        dropped = (f"batch/{self.batch}",) if self.batch else ()
        return (
            *super().affected_streams(),
            f"plan/{self.agreement}",
            *dropped,
            *(stream_of(ref) for ref in self.freed),
        )


class DisbursementRefunded(_OfAnAgreement, wire="disbursement.refunded"):
    """Unspent money came back and is divided as it went out: by share, with cumulative rounding.

    Args:
        amount_cents: What came back; equal to ``receipt_cents``, what is used of the receipt.
        advance_cents: What of it lowers the advance (1200).
        grant_cents: What of it lowers the grant (4000).
        recovered_cents: What of the repayable share was written off before and is recovered (4300).
        surplus_cents: What of the repayable share belongs to nothing any more and is owed back to the payer (2100).
        allowance_released_cents: What of the allowance stood above the advance that is left.
        receipt: The receipt on the bank that holds the money.
        held_by: The agreement whose advance it lowers, where that was refinanced; left out where it is its own.
    """

    payee: str
    receipt: str
    receipt_cents: int
    advance_cents: int
    grant_cents: int
    recovered_cents: int = 0
    surplus_cents: int = 0
    allowance_released_cents: int = 0
    held_by: str = ""

    def affected_streams(self) -> Iterable[str]:
        held = (f"agreement/{self.held_by}", f"plan/{self.held_by}") if self.held_by else ()
        return (*super().affected_streams(), f"plan/{self.agreement}", f"receipt/{self.receipt}", *held)
