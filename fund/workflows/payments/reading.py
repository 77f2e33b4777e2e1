"""What is read of payments: every line by batch, and the file that goes to the bank."""

from __future__ import annotations

from typing import Any

from fund.bank import wire
from fund.errors.people import NoActor
from fund.rules.authority import Who, require
from fund.rules.permissions import readers
from fund.schemas.disbursements import Batch
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot
from fund.workflows.payments.batches import file_of


def payments(snapshot: Snapshot, *, batch: str | None = None) -> dict[str, Any]:
    """Every payment, by batch, and what is owed beside disbursements; of one batch when asked so."""
    batches = snapshot.cases(Batch, refs=(batch,) if batch else None)
    listed = [
        {
            "batch": case.ref,
            "ref": entry.line.ref,
            "end_to_end_id": entry.line.end_to_end_id,
            "payee": entry.line.payee,
            "name": entry.line.name,
            "amount_cents": entry.line.amount_cents,
            "execution_on": case.execution_on.isoformat(),
            "state": entry.state,
            "bank_line": entry.bank_line or None,
            "returned_line": entry.returned_line or None,
            "bank_status": entry.bank_status or None,
            "bank_reason": entry.bank_reason or None,
        }
        for case in batches
        for entry in case.entries
    ]
    return {
        "batches": [
            {
                **case.row("ref", "state", "execution_on"),
                "payments": len(case.entries),
                **case.row("total_cents", "sha256"),
            }
            for case in batches
        ],
        "payments": listed,
        "payables": [
            {
                **case.row("ref", "ground", "payee"),
                "payee_name": snapshot.partner_name(case.payee),
                **case.row("amount_cents", "state"),
                "batch": case.batch or None,
                **case.row("text", "creditor_reference", "approved_on", "due_on", "paid_on"),
                "bank_reason": case.bank_reason or None,
            }
            for case in (snapshot.cases(Payable, lookup=batch) if batch else snapshot.cases(Payable))
        ],
    }


def payment_file(snapshot: Snapshot, *, ref: str) -> dict[str, Any]:
    """The payment file of a batch, as text, with its hash: what ``--output`` writes and the treasurer uploads.

    Raises:
        NoActor: Nobody is named who asks.
        UnknownRef: There is no such batch.
        NotAuthorised: Somebody who does not read every payment: the file holds the account numbers of all its payees.
        BatchFileChanged: The bytes would not be those that were made.
    """
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
