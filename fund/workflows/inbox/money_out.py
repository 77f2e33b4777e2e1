"""Disbursements, what else is owed, batches: each with the step that comes next, without those who may not take it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fund.dates import next_working_day
from fund.language import _, euros
from fund.rules.authority import TREASURER
from fund.schemas.disbursements import CONTRADICTED, Batch, Disbursement
from fund.schemas.payables import Payable
from fund.schemas.transfers import Transfer
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What money that leaves waits for, from request to the bank."""
    for case in reader.disbursements.values():
        if case.state != "sent":
            yield from _disbursement(reader, case)
    for payable in reader.payables.values():
        if payable.state != "sent":
            yield from _to_pay(reader, payable, ref=payable.ref)
    for transfer in reader.all(Transfer, "sent", "arrived"):
        yield _transfer(reader, transfer)
    for batch in reader.all(Batch, "made", "sent"):
        yield from _batch(reader, batch)
    for batch in reader.snapshot.cases(Batch, parent=CONTRADICTED):
        yield from _contradicted(reader, batch)


def _disbursement(reader: InboxReader, case: Disbursement) -> Iterator[Task]:
    agreement = reader.agreements[case.agreement]
    about = {"amount": euros(case.amount_cents), "name": reader.short_name(case.payee)}
    if case.state in ("approved", "failed"):
        yield from _to_pay(reader, case, ref=agreement.ref)
    elif agreement.state == "active" and case.state == "requested":
        what = _("check {amount}, {name}").format(**about)
        yield reader.task(what, "disbursement check", case, ref=agreement.ref, until=case.due_on)
    elif agreement.state == "active":
        what = _("approve {amount}, {name}").format(**about)
        yield reader.task(what, "disbursement approve", case, ref=agreement.ref, until=case.due_on)


def _transfer(reader: InboxReader, case: Transfer) -> Task:
    """One of the two statements has not come in."""
    missing = case.to_account if case.state == "sent" else case.from_account
    what = _("find transfer {ref} of {amount} on the statement of {account}").format(
        ref=case.ref, amount=euros(case.amount_cents), account=missing
    )
    until = next_working_day((case.sent_on or case.settled_on or reader.today) + timedelta(days=1))
    return Task(what, "fund bank import FILE", TREASURER, case.ref, until)


def _to_pay(reader: InboxReader, case: Disbursement | Payable, *, ref: str) -> Iterator[Task]:
    """What an approved amount waits for; nothing by itself while it is in a batch, which waits, or while its agreement
    is suspended.
    """
    about = {"amount": euros(case.amount_cents), "name": reader.short_name(case.payee)}
    if case.state == "failed" or (not case.batch and _to_verify(reader, case)):
        what = _("verify the account again for {amount}, {name}").format(**about)
        yield reader.task(what, "payment retry", case, ref=ref, until=case.due_on)
    elif not case.batch and not _stopped(reader, case):
        what = _("pay {amount}, {name}").format(**about)
        yield reader.task(what, "payment batch", case, typed=f"--ref {case.ref}", ref=ref, until=case.due_on)


def _to_verify(reader: InboxReader, case: Disbursement | Payable) -> bool:
    """Whether its account is verified again before it is paid: it came back, or another account took its place."""
    payee = reader.payees.get(case.iban_payee_ref)
    return case.to_verify or (payee is not None and payee.state != "verified")


def _stopped(reader: InboxReader, case: Disbursement | Payable) -> bool:
    """Whether nothing of its agreement is paid for now (A4)."""
    return isinstance(case, Disbursement) and reader.agreements[case.agreement].state == "suspended"


def _batch(reader: InboxReader, batch: Batch) -> Iterator[Task]:
    """A batch is sent by those who approved none of its lines; afterwards the bank says what became of it.

    One whose day has passed, or of which a line cannot be paid any more, is made again with what can.
    """
    if batch.state == "sent":
        if batch.execution_on < reader.today:
            what = _("find batch {ref} on the bank statement").format(ref=batch.ref)
            until = next_working_day(batch.execution_on + timedelta(days=1))
            yield Task(what, "fund bank import FILE", TREASURER, batch.ref, until)
        return
    owed: dict[str, Disbursement | Payable] = {**reader.disbursements, **reader.payables}
    lines = [owed[line.ref] for line in batch.lines if line.ref in owed]
    payable = [not _to_verify(reader, case) and not _stopped(reader, case) for case in lines]
    if batch.execution_on < reader.today or not all(payable):
        if any(payable):
            what = _("make batch {ref} of {amount} again: it cannot be sent as it is").format(
                ref=batch.ref, amount=euros(batch.total_cents)
            )
            typed = f"--replaces {batch.ref}"
            yield reader.task(what, "payment batch", batch, typed=typed, until=batch.execution_on)
        return
    what = _("send batch {ref} of {amount}").format(ref=batch.ref, amount=euros(batch.total_cents))
    yield reader.task(what, "payment send", batch, until=batch.execution_on)


def _contradicted(reader: InboxReader, batch: Batch) -> Iterator[Task]:
    """What people said of a payment and the bank's report denies: until a statement shows it, or it is paid again."""
    failed = {
        ref
        for cases in (reader.disbursements, reader.payables)
        for ref, case in cases.items()
        if case.state == "failed"
    }
    for entry in batch.entries:
        line = entry.line
        about = {"ref": line.ref, "amount": euros(line.amount_cents)}
        if not entry.contradicted or (entry.state == "failed" and line.ref not in failed):
            continue
        if entry.state == "paid":
            what = _("ask the bank about {ref} of {amount}: the bank rejected it, and here it is paid").format(**about)
        else:
            what = _("ask the bank about {ref} of {amount}: the bank accepted it, and here it has failed").format(
                **about
            )
        yield Task(what, f"fund payment list --batch {batch.ref}", TREASURER, line.ref)
