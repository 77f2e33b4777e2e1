"""What the bank says of a payment file before any statement shows it (pain.002): accepted, or rejected with a reason.

An acceptance is recorded and moves nothing: only a statement shows that money left. A rejection is D6, as if the
treasurer had typed it, with the bank's own reason. What contradicts what is known is named, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.bank import StatusReport, read_status, ref_of_wire, wire
from fund.errors import FundError
from fund.errors.payments import StatusReportChanged, StatusReportDoesNotFit, UnknownPaymentMessage
from fund.events.payments import PaymentFailed, PaymentStatusReported, StatusLine
from fund.language import _
from fund.money import format_plain
from fund.schemas.disbursements import Batch, BatchEntry
from fund.unit_of_work import UnitOfWork
from fund.workflows.payments.due import due
from fund.workflows.payments.lifecycle import BatchState

REJECTED = "RJCT"
"""What stands as the reason where the bank rejected a payment and gave none."""


def read_file(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a report, its file with what it says (``read``), or why it is refused."""
    return {**args, "file": {**args["file"], "read": _opened(args["file"])}} if "file" in args else dict(args)


def _opened(file: Mapping[str, Any]) -> StatusReport | FundError:
    try:
        return read_status(file["content"], name=str(file["name"]))
    except FundError as problem:
        return problem


def status(uow: UnitOfWork, *, file: Mapping[str, Any], on: date | None = None) -> Mapping[str, object]:
    """The treasurer takes in the bank's report on a payment file; each rejection is recorded as a failed payment (D6).

    The same report again is known and changes nothing.

    Args:
        file: ``name`` and ``content`` (bytes) of a pain.002.001.03, and ``read`` where it was read before.
        on: The accounting day of the rejections.

    Raises:
        NotAStatusReport, InvalidBankFile, ...: See ``fund.bank.read_status``.
        UnknownPaymentMessage: It is about a payment file that the fund did not send.
        StatusReportDoesNotFit: Number, sum, or a payment in it is not what the batch has.
        StatusReportChanged: A report with this name came before with other content.
    """
    report = file["read"] if "read" in file else _opened(file)
    if isinstance(report, FundError):
        raise report
    batch = uow.maybe(Batch, ref_of_wire(report.original_message_id))
    if batch is None or batch.state not in (BatchState.SENT, BatchState.SETTLED):
        raise UnknownPaymentMessage(file=report.name, line=report.line, message_id=report.original_message_id)
    step = uow.transition("payment status", batch)
    known = batch.reports.get(report.message_id)
    if known is not None and known != report.sha256:
        raise StatusReportChanged(file=report.name, message_id=report.message_id, batch=batch.ref)
    lines = _lines(report, batch)
    answer = {"ref": batch.ref, "message_id": report.message_id, "known": known is not None}
    if known is not None:
        return {**answer, **_told(batch, lines)}
    before = _told(batch, lines)
    step.record(
        PaymentStatusReported(
            ref=batch.ref,
            message_id=report.message_id,
            reported_at=report.created_at,
            file_sha256=report.sha256,
            lines=tuple(lines),
        ),
        effective_on=on,
    )
    failed = []
    for line in lines:
        entry = _entry(batch, line.ref)
        if line.status == "rejected" and entry.state == "sent":
            fact = PaymentFailed(ref=batch.ref, line=entry.line, reason=line.reason or REJECTED)
            uow.transition("payment fail", due(uow, line.ref)).record(fact, effective_on=on)
            failed.append(line.ref)
    look = f"fund payment list --batch {batch.ref}" if before["differences"] else "fund bank import FILE"
    uow.next_step = f"fund payment retry {failed[0]}" if failed else look
    return {**answer, **before}


def _lines(report: StatusReport, batch: Batch) -> list[StatusLine]:
    """What the report says of each payment of the batch; a payment that it does not name follows the whole."""
    _require_fit(report, batch)
    named = {each.end_to_end_id: each for each in report.payments}
    whole = "" if report.status == "part" else report.status
    lines = []
    for payment in batch.lines:
        said = named.get(payment.end_to_end_id)
        found, reason = (said.status or whole, said.reason or report.reason) if said else (whole, report.reason)
        if found:
            shown = reason if found == "rejected" else (said.reason if said else "")
            lines.append(StatusLine(ref=payment.ref, end_to_end_id=payment.end_to_end_id, status=found, reason=shown))
    return lines


def _require_fit(report: StatusReport, batch: Batch) -> None:
    """Nothing, when the bank speaks of the file that the fund sent, and of payments that stand in it, each once."""

    def refused(line: int, found: str, expected: str) -> StatusReportDoesNotFit:
        return StatusReportDoesNotFit(file=report.name, line=line, batch=batch.ref, found=found, expected=expected)

    payments = len(batch.lines)
    if report.original_count not in (None, payments):
        found = _("{count} payments").format(count=report.original_count)
        raise refused(report.line, found, _("{count} payments").format(count=payments))
    if report.original_cents is not None and report.original_cents != batch.total_cents:
        raise refused(report.line, format_plain(report.original_cents), format_plain(batch.total_cents))
    for name in report.information_ids:
        if name != wire(batch.ref):
            raise refused(report.line, name, wire(batch.ref))
    known = {line.end_to_end_id for line in batch.lines}
    seen: set[str] = set()
    for each in report.payments:
        if each.end_to_end_id not in known or each.end_to_end_id in seen:
            raise refused(each.line, each.end_to_end_id, ", ".join(sorted(known - seen)))
        seen.add(each.end_to_end_id)


def _entry(batch: Batch, ref: str) -> BatchEntry:
    entry = batch.entry_of(ref)
    assert entry is not None, f"{ref} is a line of {batch.ref}"
    return entry


def _told(batch: Batch, lines: list[StatusLine]) -> dict[str, Any]:
    """What the report comes to: numbers, and where it contradicts what is known."""
    counts = {name: sum(line.status == name for line in lines) for name in ("accepted", "pending", "rejected")}
    states = {line.ref: _entry(batch, line.ref).state for line in lines}
    differences = [
        {"ref": line.ref, "state": states[line.ref], "status": line.status, "reason": line.reason}
        for line in lines
        if (line.status == "rejected" and states[line.ref] in ("paid", "returned"))
        or (line.status == "accepted" and states[line.ref] == "failed")
    ]
    return {**counts, "unsaid": len(batch.lines) - len(lines), "differences": differences}
