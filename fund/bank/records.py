"""What a bank file says, as records: statements and their lines, and the payments of one batch.

Amounts are whole cents of euros. Nothing here knows what the fund expects; matching is the trade of the receipts.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from fund.language import AMSTERDAM


def file_sha256(data: bytes) -> str:
    """The hash of a file, as both approvers see it and the fund keeps it: 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def line_identity(
    *, iban: str, statement_id: str, sequence_number: int | None, entry_reference: str, position: int
) -> str:
    """The id by which a line is known for ever: the same line in another file has the same one.

    Args:
        iban: The account of the fund.
        statement_id: The bank's name of the statement.
        sequence_number: Its electronic number; ``None`` where the bank gives none.
        entry_reference: The bank's name of the entry inside the statement.
        position: 1 for an entry that stands alone, 1, 2, 3, ... inside a batch.
    """
    parts = json.dumps([iban, statement_id, sequence_number, entry_reference, position], ensure_ascii=True)
    return f"lin_{hashlib.sha256(parts.encode()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One movement on an account of the fund: an entry, or one transaction of a batch.

    ``amount_cents`` is what the other party paid or received: money for the fund is positive. ``charges_cents`` is
    what the bank kept of it as its price (negative when it gave some back). The account moved by ``booked_cents``.
    """

    line_id: str
    amount_cents: int
    booked_on: date
    valued_on: date
    charges_cents: int = 0
    counterparty_name: str = ""
    counterparty_iban: str = ""
    end_to_end_id: str = ""
    creditor_reference: str = ""
    """An RF reference (ISO 11649) without spaces, or what the payer wrote in its place."""
    text: str = ""
    code: str = ""
    """The bank's kind of transaction: domain/family/subfamily, such as ``PMNT/RCDT/ESCT``, or its own code."""
    return_reason: str = ""
    """Why the money came back, such as ``AC04`` (account closed); empty where it is no return."""
    reversal: bool = False
    bank_reference: str = ""
    entry_reference: str = ""
    entry_bank_reference: str = ""
    batch_position: int = 1
    batch_size: int = 1
    payment_information_id: str = ""

    @property
    def booked_cents(self) -> int:
        """What the balance of the account moved by."""
        return self.amount_cents - self.charges_cents

    @property
    def returned(self) -> bool:
        """Whether this is a payment of the fund that came back (RRTN, or a return reason)."""
        return bool(self.return_reason) or self.code.endswith("/RRTN")


@dataclass(frozen=True, kw_only=True)
class BankDocument:
    """What the bank tells of one account: a notification or a statement."""

    iban: str
    document_id: str
    """The bank's name of it."""
    sequence_number: int | None
    created_at: datetime
    lines: tuple[BankLine, ...] = ()
    not_booked: int = 0
    """Entries that the bank announces but has not booked yet; they are no lines."""

    @property
    def day(self) -> date:
        """The day that it is of, where its lines do not say."""
        return self.created_at.astimezone(ZoneInfo(AMSTERDAM)).date()

    @property
    def balances_cents(self) -> tuple[int, ...]:
        return ()

    @cached_property
    def content_sha256(self) -> str:
        """What it says about money, days and references, whatever version or file it came in.

        A document that comes a second time with another content is not the same.
        """
        said: list[list[object]] = [[self.iban, self.document_id, self.sequence_number, *self.balances_cents]]
        for line in self.lines:
            references = line.end_to_end_id, line.creditor_reference, line.counterparty_iban, line.return_reason
            cents = line.amount_cents, line.charges_cents
            said.append([line.line_id, *cents, line.booked_on.isoformat(), *references])
        return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class BankNotification(BankDocument):
    """One notification (camt.054): lines that a statement will tell of too, and no balances."""


@dataclass(frozen=True, kw_only=True)
class BankStatement(BankDocument):
    """One statement (camt.053) of one account: opening balance + lines = closing balance."""

    opening_cents: int
    closing_cents: int
    opened_on: date
    closed_on: date

    @property
    def day(self) -> date:
        return self.closed_on

    @property
    def balances_cents(self) -> tuple[int, ...]:
        return self.opening_cents, self.closing_cents


@dataclass(frozen=True, kw_only=True)
class BankFile:
    """One file from the bank, read whole: its hash, its version and what it holds in the order of the file."""

    name: str
    sha256: str
    version: str
    statements: tuple[BankStatement, ...]
    notifications: tuple[BankNotification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment out of the fund.

    Args:
        end_to_end_id: Our reference, at most 35 characters; it comes back on the statement.
        amount_cents: Between one cent and 999,999,999.99 euros.
        payee_name: At most 70 characters once written in the letters of the banks.
        payee_iban: Without spaces.
        text: What the payee reads, at most 140 characters; left out where there is a ``creditor_reference``.
        creditor_reference: The payee's own RF reference, if the invoice has one.
    """

    end_to_end_id: str
    amount_cents: int
    payee_name: str
    payee_iban: str
    text: str = ""
    creditor_reference: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentBatch:
    """Payments of one account of the fund for one execution day.

    Args:
        message_id: Our reference of the batch (``S2026005``), at most 35 characters; also names it on the statement.
        created_at: An instant with its zone: when the batch was made by the fund's clock.
        execution_on: The day on which the bank is asked to pay.
        debtor_name: The fund.
        debtor_iban: The account that pays.
    """

    message_id: str
    created_at: datetime
    execution_on: date
    debtor_name: str
    debtor_iban: str
    payments: tuple[Payment, ...]

    @property
    def total_cents(self) -> int:
        """The control sum."""
        return sum(payment.amount_cents for payment in self.payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStatus:
    """What the bank says of one payment: accepted, pending, rejected; empty where only the whole says it."""

    end_to_end_id: str
    status: str
    reason: str = ""
    """Its code, such as ``AC01``, or its words."""
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    """What the bank says of a payment file that it got (pain.002).

    Args:
        message_id: The bank's name of the report.
        original_message_id: Our name of the payment file (``S2026005``).
        information_ids: Our names of the parts of it that the bank speaks of.
        original_count, original_cents: How many payments the bank saw, and their sum; ``None`` where it does not say.
        status: Of the payment information, else of the file: accepted, pending, rejected, ``part`` for some of each;
            empty where it does not say.
        payments: Those of which it speaks one by one.
        line: Where in the file it names ours.
    """

    name: str
    sha256: str
    message_id: str
    created_at: datetime
    original_message_id: str
    information_ids: tuple[str, ...]
    original_count: int | None
    original_cents: int | None
    status: str
    reason: str
    payments: tuple[PaymentStatus, ...]
    line: int = 1
