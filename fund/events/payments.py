"""Payments: batches for the bank, and what the bank did with each of their lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar

from fund.events.base import Fact, Value
from fund.events.values import BatchLine, stream_of


class PaymentsBatched(Fact, wire="payment.batched", kind="batch"):
    """What stands approved became one payment file for one day; it is not sent yet.

    Args:
        made_at: What the file gives as its instant of making.
        version: The version of the format: ``09`` or ``03``.
        sha256: The hash of the file, 64 hexadecimal digits; the file follows from the fields above, byte for byte.
        replaces: A batch that was made before and not sent: this one takes its place.
        freed: What the replaced batch paid and this one does not.
    """

    made_at: datetime
    execution_on: date
    debtor_name: str
    debtor_iban: str
    format_version: str
    lines: tuple[BatchLine, ...]
    total_cents: int
    sha256: str
    replaces: str = ""
    freed: tuple[str, ...] = ()

    def affected_streams(self) -> Iterable[str]:
        replaced = (f"batch/{self.replaces}",) if self.replaces else ()
        return (
            *replaced,
            *(stream for line in self.lines for stream in line.streams),
            *(stream_of(ref) for ref in self.freed),
        )


class PaymentSent(Fact, wire="payment.sent", kind="batch"):
    """Two people let the payment file go to the bank: what was payable is under way."""

    execution_on: date
    lines: tuple[BatchLine, ...]
    total_cents: int
    sha256: str

    def affected_streams(self) -> Iterable[str]:
        return [stream for line in self.lines for stream in line.streams]


class _OfALine(Fact, kind="batch"):
    """A fact about one payment of a batch."""

    line: BatchLine

    def affected_streams(self) -> Iterable[str]:
        return (*self.line.streams, *super().affected_streams())


class PaymentSettled(_OfALine, wire="payment.settled"):
    """The bank paid: the money left the account."""

    bank_line: str = ""
    """The line of the bank statement that shows it; empty when a treasurer said so before the statement came."""


class PaymentConfirmed(_OfALine, wire="payment.confirmed"):
    """A bank line shows what is booked already, whatever followed: nothing moves, but the line is explained."""

    bank_line: str


class PaymentFailed(_OfALine, wire="payment.failed"):
    """The bank did not carry out the payment: the money never left, the fund still owes it."""

    reason: str
    """The bank's code, such as ``AC01``, or its words."""


class PaymentFailureUndone(_OfALine, wire="payment.failure_undone"):
    """What was said to have failed was carried out, as a debit of the bank shows: it is under way again."""

    seq: int
    """The entry of the failure, which is mirrored."""


class PaymentReturned(_OfALine, wire="payment.returned"):
    """The bank gave a payment back: the money is on the account again, the fund owes it again."""

    affects: ClassVar[tuple[str, ...]] = (*_OfALine.affects, "receipt/receipt")

    receipt: str
    """The receipt that holds the money on 2300."""
    receipt_cents: int
    """What of it is used: the whole payment."""
    bank_line: str = ""
    reason: str


class StatusLine(Value):
    """What the bank says of one payment of a batch: ``accepted``, ``pending`` or ``rejected``, with its reason."""

    ref: str
    end_to_end_id: str
    status: str
    reason: str = ""


class PaymentStatusReported(Fact, wire="payment.status_reported", kind="batch"):
    """The bank answered a payment file (pain.002). Nothing moves by it; a rejection is a fact of its own.

    Args:
        message_id: The bank's name of its report; the same one again is known.
        reported_at: When the bank says that it made it.
        file_sha256: The hash of the report.
    """

    message_id: str
    reported_at: datetime
    file_sha256: str
    lines: tuple[StatusLine, ...]

    def affected_streams(self) -> Iterable[str]:
        return [stream_of(line.ref) for line in self.lines]


class PaymentRetried(Fact, wire="payment.retried", kind="disbursement"):
    """The account of the payee was verified again, and the payment may be made again."""

    affects: ClassVar[tuple[str, ...]] = ("agreement/agreement", "proposal/proposal")

    agreement: str
    proposal: str
    payee: str
    iban_payee_ref: str
