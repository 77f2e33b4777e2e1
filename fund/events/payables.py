"""What the fund owes beside disbursements and pays by the same batches: an invoice, a refund, a settlement.

Each origin has a fact of its own, which says what is owed to whom and books it on 2000; from there on all of them are
paid, fail, come back and are cancelled alike. Source: lifecycle.md 6 (R7), 9 (K8, C1): "then D4-D6".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact
from fund.events.values import stream_of

OWED: Mapping[str, str] = {"cost.approved": "cost", "exit.paid": "settlement", "overpayment.refunded": "overpayment"}
"""By wire name, the facts by which the fund owes an amount (:class:`Owed`), with their ground."""


class Owed(Fact, kind="payable"):
    """The fund owes an amount from here on, approved by two people; a subclass says on which ground.

    Attributes:
        ground: Why: ``cost``, ``overpayment``, ``settlement``.
        payee: The holder of the sub-account of 2000: a partner or a supplier.
        payee_ref: The verified account that it goes to.
        due_on: The last day on which it should be paid.
        parties: Partners whose people may not approve or send it.
        text: What stands in the payment, in the letters of the banks.
    """

    ground: ClassVar[str] = ""
    affects: ClassVar[tuple[str, ...]] = ()

    payee: str
    amount_cents: int
    payee_ref: str
    due_on: date | None = None
    parties: tuple[str, ...] = ()
    text: str = ""


class PayableRetried(Fact, wire="payable.retried", kind="payable"):
    """The account of the payee was verified again, and what is owed may be paid again."""

    payee: str
    iban_payee_ref: str


class PayableCancelled(Fact, wire="payable.cancelled", kind="payable"):
    """What was owed and is not under way will not be paid: the entry that made it a debt is mirrored.

    Args:
        ground: As the fact had it that is undone: ``cost``, ``overpayment``, ``settlement``.
        entry_seq: The entry that is mirrored.
        streams: The other lives that the fact belongs to: they hear of its end as they heard of it.
        batch: The batch it stood in and that is not sent; that batch is dropped.
        freed: The other lines of that batch, which wait for another one.
    """

    ground: str
    payee: str
    amount_cents: int
    entry_seq: int
    streams: tuple[str, ...] = ()
    batch: str = ""
    freed: tuple[str, ...] = ()
    reason: str

    def affected_streams(self) -> Iterable[str]:
        dropped = (f"batch/{self.batch}",) if self.batch else ()
        return (*self.streams, *dropped, *(stream_of(ref) for ref in self.freed))
