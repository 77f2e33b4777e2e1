"""What the fund owes beside disbursements and pays by the same batches: an invoice, a refund, a settlement.

Each origin has a fact of its own, which says what is owed to whom and books it on 2000; from there on all of them are
paid, fail and come back alike. Source: lifecycle.md 6 (R7), 9 (K8, C1): "then D4-D6".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from fund.events.base import Fact

__all__ = ["Owed"]


class Owed(Fact):
    """The fund owes an amount from here on, approved by two people; a subclass says on which ground.

    Attributes:
        ground: Why: ``cost``, ``overpayment``, ``settlement``.
        payee: The holder of the sub-account of 2000: a partner or a supplier.
        payee_ref: The verified account (C7) that it goes to.
        due_on: The last day on which it should be paid.
        parties: Partners whose people may not approve or send it.
        text: What stands in the payment, in the letters of the banks.
    """

    kind: ClassVar[str] = "payable"
    ground: ClassVar[str] = ""

    payee: str
    amount_cents: int
    payee_ref: str
    due_on: date | None = None
    parties: tuple[str, ...] = ()
    text: str = ""

    def touches(self) -> Iterable[str]:
        return ()
