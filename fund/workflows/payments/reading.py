"""What is read of payments: every line by batch, and the file that goes to the bank."""

from __future__ import annotations

from fund.errors.people import NoActor
from fund.rules.authority import Who, require
from fund.rules.permissions import readers
from fund.schemas.base import as_row
from fund.schemas.disbursements import Batch, BatchEntry
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot
from fund.workflows.payments.commands import BatchRow, PayableRow, PaymentFileText, PaymentRow, Payments


def payments(snapshot: Snapshot, *, batch: str | None = None) -> Payments:
    """Every payment, by batch, and what is owed beside disbursements; of one batch when asked so."""
    batches = snapshot.cases(Batch, refs=(batch,) if batch else None)
    payables = snapshot.cases(Payable, lookup=batch) if batch else snapshot.cases(Payable)
    return {
        "batches": [as_row(BatchRow, case, payments=len(case.entries)) for case in batches],
        "payments": [_payment(case, entry) for case in batches for entry in case.entries],
        "payables": [as_row(PayableRow, case, payee_name=snapshot.partner_name(case.payee)) for case in payables],
    }


def _payment(case: Batch, entry: BatchEntry) -> PaymentRow:
    line = entry.line.model_dump(include={"ref", "end_to_end_id", "payee", "name", "amount_cents"})
    return as_row(PaymentRow, entry, batch=case.ref, execution_on=case.execution_on, **line)


def payment_file(snapshot: Snapshot, *, ref: str) -> PaymentFileText:
    """The payment file of a batch, as text, with its hash: what ``--output`` writes and the treasurer uploads.

    Raises:
        NoActor: Nobody is named who asks.
        UnknownRef: There is no such batch.
        NotAuthorised: Somebody who does not read every payment: the file holds the account numbers of all its payees.
        BatchFileChanged: The bytes would not be those that were made.
    """
    from fund.bank import wire
    from fund.workflows.payments.batches import file_of

    if snapshot.actor is None:
        raise NoActor()
    case = snapshot.case(Batch, ref)
    require(snapshot.actor, Who(readers("payments")), command="payment file", ref=ref)
    return {
        "ref": ref,
        "name": f"{wire(ref)}.pain.001.001.{case.format_version}.xml",
        "sha256": case.sha256,
        "content": file_of(case).decode("utf-8"),
    }
