"""Bank statements and payment files, as bytes and as records.

What comes in is read whole or refused whole; what goes out is the same bytes for the same batch. Contributions,
payments and repayments stand above: nothing here knows what the fund expects from a line or why it pays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fund.bank.documents import pictures
from fund.bank.letters import bank_name, bank_reference, bank_text, bank_writing
from fund.bank.payments import LARGEST_PAYMENT_CENTS, PAYMENT_VERSIONS, read_payments, write_payments
from fund.bank.records import (
    BankDocument,
    BankFile,
    BankLine,
    BankNotification,
    BankStatement,
    Payment,
    PaymentBatch,
    PaymentStatus,
    StatusReport,
    file_sha256,
    line_identity,
)
from fund.bank.references import (
    FoundReference,
    bic_of,
    creditor_reference,
    end_to_end_id,
    find_references,
    iban,
    is_creditor_reference,
    read_creditor_reference,
    ref_of_end_to_end_id,
    ref_of_wire,
    reference_spaced,
    wire,
)
from fund.bank.statements import NOTIFICATION_VERSIONS, STATEMENT_VERSIONS, read_statements
from fund.bank.status import STATUS_VERSIONS, read_status
from fund.language import iban_mask

__all__ = [
    "BANK_FORMATS", "LARGEST_PAYMENT_CENTS", "NOTIFICATION_VERSIONS", "PAYMENT_VERSIONS", "STATEMENT_VERSIONS",
    "STATUS_VERSIONS", "BankDocument", "BankFile", "BankFormat", "BankLine", "BankNotification", "BankStatement",
    "FoundReference", "Payment", "PaymentBatch", "PaymentStatus", "StatusReport", "bank_name", "bank_reference",
    "bank_text", "bank_writing", "bic_of", "creditor_reference", "end_to_end_id", "file_sha256", "find_references",
    "iban", "iban_mask", "is_creditor_reference", "line_identity", "pictures", "read_creditor_reference",
    "read_payments", "read_statements", "read_status", "ref_of_end_to_end_id", "ref_of_wire", "reference_spaced",
    "wire", "write_payments",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankFormat:
    """One format of a bank: what it is called, which way it goes, and the functions that read and write it."""

    name: str
    direction: str
    """``in``: the bank sends it. ``out``: the fund writes it."""
    meaning: str
    read: Callable[..., BankFile] | Callable[..., PaymentBatch] | Callable[..., StatusReport]
    write: Callable[..., bytes] | None = None


BANK_FORMATS = (
    BankFormat("camt.053.001.02", "in", "bank statement", read_statements),
    BankFormat("camt.053.001.08", "in", "bank statement", read_statements),
    BankFormat("camt.054.001.08", "in", "bank notification", read_statements),
    BankFormat("pain.002.001.03", "in", "payment status", read_status),
    BankFormat("pain.001.001.03", "out", "payment file", read_payments, write_payments),
    BankFormat("pain.001.001.09", "out", "payment file", read_payments, write_payments),
)
