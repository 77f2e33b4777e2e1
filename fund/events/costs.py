"""What the fund spends on itself, and what moves between its own accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from fund.events.base import Fact
from fund.events.payables import Owed
from fund.language import N_


class CostApproved(Owed, wire="cost.approved"):
    """Two people approved a cost of the fund, and the fund owes it to its supplier.

    Args:
        purpose: What it is for.
        invoice: The supplier's own number of it, when there is one.
        file_sha256: The invoice or order that the second person saw, when one was given.
        creditor_reference: The RF reference that the supplier wants to see on the payment, when it gave one.
    """

    ground: ClassVar[str] = "cost"
    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("invoice or order")}

    purpose: str
    invoice: str = ""
    file_sha256: str = ""
    creditor_reference: str = ""


class _OfATransfer(Fact, kind="transfer"):
    """A fact about money between two accounts of the fund.

    Args:
        bank_line: The line of a bank statement that shows this side of it; empty where people say so.
    """

    from_iban: str
    to_iban: str
    from_account: str
    to_account: str
    amount_cents: int
    bank_line: str = ""


class TransferSent(_OfATransfer, wire="transfer.sent"):
    """It leaves the one account: two people decided it, or the bank swept it by itself."""


class TransferSettled(_OfATransfer, wire="transfer.settled"):
    """It is on the other account."""


class TransferConfirmed(_OfATransfer, wire="transfer.confirmed"):
    """A bank line shows what people had said before: nothing moves, but the line is explained.

    Args:
        arrived: Whether it is the line of the account that received it.
    """

    arrived: bool


class TransferFailed(_OfATransfer, wire="transfer.failed"):
    """It did not arrive and stands where it came from: the bank gave it back, or never carried it out."""

    reason: str
