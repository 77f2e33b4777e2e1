"""What the bank did with a payment: by a bank statement, or a treasurer where that cannot show it (D5, D6, D10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fund.bank import BankLine, end_to_end_id, ref_of_end_to_end_id
from fund.errors.commands import UnknownRef
from fund.errors.payments import AlreadyRepaid, DisbursementInBatch, NothingToReceive, PaymentDoesNotMatch
from fund.events import Envelope
from fund.events.payables import PayableCancelled, PayableRetried
from fund.events.payments import (
    PaymentConfirmed,
    PaymentFailed,
    PaymentFailureUndone,
    PaymentRetried,
    PaymentReturned,
    PaymentSent,
    PaymentSettled,
)
from fund.events.receipts import DebitReversed
from fund.rules.transitions import require_reason
from fund.schemas.capital import Debit, Receipt
from fund.schemas.disbursements import Batch, BatchEntry, Disbursement
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.disbursements.lifecycle import State
from fund.workflows.payees.use_cases import usable_payee
from fund.workflows.payments.due import Due, due, maybe_due
from fund.workflows.payments.lifecycle import OPEN_LINES, BatchState
from fund.workflows.receipts.reading import unexplained_debits


def _batch_of(snapshot: Snapshot, case: Due) -> tuple[Batch, BatchEntry]:
    """The batch that paid it last, and its line of it."""
    batch = snapshot.case(Batch, case.batch)
    entry = batch.entry_of(case.ref)
    assert entry is not None, f"{case.ref} is a line of {case.batch}"
    return batch, entry


def settle(uow: UnitOfWork, *, ref: str, on: date | None = None, bank_line: str | None = None) -> Mapping[str, object]:
    """A treasurer says that the bank paid (D5), where no bank line could say so for certain.

    Args:
        bank_line: The unexplained debit that shows it, or its line, if there is one: what was booked for it is undone.
            What was settled or came back before is confirmed by it, as long as no other line showed it.

    Raises:
        TransitionNotAllowed: It is not under way. UnknownRef: No such debit waits to be explained.
        PaymentDoesNotMatch: The debit is of another amount.
    """
    batch, entries = _to_settle(uow, ref, shown=bool(bank_line))
    total_cents = sum(entry.line.amount_cents for entry in entries)
    if bank_line:
        debit = _debit_of(uow, ref, total_cents, bank_line)
        _undo_debit(uow, debit, ref)
        bank_line = debit.line_id
    _show(uow, batch, entries, bank_line or "", on=on)
    uow.next_step = f"fund payment list --batch {batch.ref}"
    return {"ref": ref, "batch": batch.ref, "amount_cents": total_cents}


def _to_settle(uow: UnitOfWork, ref: str, *, shown: bool) -> tuple[Batch, list[BatchEntry]]:
    """The lines of a batch that somebody says were paid: those under way, and where a debit shows it those that no
    line showed before.
    """
    batch = uow.maybe(Batch, ref)
    if batch is None:
        case = due(uow, ref)
        paid_before = _batch_of(uow, case) if shown and case.batch else None
        if paid_before is None or not (paid_before[1].state == "paid" and paid_before[1].unshown):
            uow.transition("payment settle", case)
            batch, entry = _batch_of(uow, case)
            return batch, [entry]
        batch, entry = paid_before
        entries = [entry]
    else:
        entries = [each for each in batch.entries if each.state in OPEN_LINES or (shown and each.unshown)]
    uow.transition("payment settle", batch)
    if not shown:  # what is settled already takes a debit that shows it
        uow.transition("payment settle", batch, records=PaymentSettled)
    return batch, entries


def _debit_of(snapshot: Snapshot, ref: str, expected_cents: int, named: str) -> Debit:
    """The unexplained debit that may be a payment of so much.

    Raises:
        UnknownRef: No such debit waits to be explained. PaymentDoesNotMatch: It is of another amount.
    """
    debit = next((each for each in unexplained_debits(snapshot) if named in (each.ref, each.line_id)), None)
    if debit is None or debit.account != "1000":
        raise UnknownRef(kind="debit", ref=named, suggestion="fund bank unmatched")
    _require_amount(ref, expected_cents, debit.amount_cents)
    return debit


def _require_amount(ref: str, expected_cents: int, found_cents: int) -> None:
    if found_cents != expected_cents:
        raise PaymentDoesNotMatch(
            ref=ref,
            expected_cents=expected_cents,
            found_cents=found_cents,
            difference_cents=found_cents - expected_cents,
        )


def _undo_debit(
    uow: UnitOfWork, debit: Debit, payment: str, *, on: date | None = None, cause: Envelope | None = None
) -> None:
    """An unexplained debit turns out to be a payment, or a batch: what was booked for it is mirrored."""
    recorded = uow.store.facts.last_of(debit.stream, "debit.recorded")
    assert recorded is not None, f"{debit.ref} was recorded"
    (entry,) = uow.ledger.entries(event_id=recorded.event_id)
    fact = DebitReversed(
        ref=debit.ref,
        account=debit.account,
        amount_cents=debit.amount_cents,
        reversed_on=uow.today,
        line_id=debit.line_id,
        seq=entry.seq,
        payment=payment,
    )
    uow.record(fact, effective_on=on, cause=cause, reaction="payments.explain" if cause is not None else "")


def fail(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Mapping[str, object]:
    """The bank did not carry out a payment (D6): the money never left, and it is owed again.

    Raises:
        ReasonMissing: No reason was given. TransitionNotAllowed: It is not under way.
    """
    reason = require_reason("payment fail", reason)
    case = due(uow, ref)
    step = uow.transition("payment fail", case)
    batch, entry = _batch_of(uow, case)
    step.record(PaymentFailed(ref=batch.ref, line=entry.line, reason=reason), effective_on=on)
    uow.next_step = f"fund payment retry {ref}"
    return {"ref": ref, "batch": batch.ref, "amount_cents": case.amount_cents}


def found(uow: UnitOfWork, *, ref: str, bank_line: str, on: date | None = None) -> Mapping[str, object]:
    """A payment that was said to have failed was carried out after all: an unexplained debit shows it (D6, D5).

    The failure is taken back, and the debit is the payment; nothing is owed twice.

    Raises:
        TransitionNotAllowed: It did not fail, or it was verified again and waits for another batch.
        UnknownRef: No such debit waits to be explained. PaymentDoesNotMatch: The debit is of another amount.
    """
    case = due(uow, ref)
    step = uow.transition("payment found", case)
    debit = _debit_of(uow, ref, case.amount_cents, bank_line)
    failed = uow.store.facts.last_of(case.stream, PaymentFailed.wire)
    assert failed is not None, f"{ref} failed"
    assert isinstance(failed.fact, PaymentFailed)
    line, batch = failed.fact.line, failed.fact.ref
    (entry,) = uow.ledger.entries(event_id=failed.event_id)
    step.record(PaymentFailureUndone(ref=batch, line=line, seq=entry.seq))
    _undo_debit(uow, debit, ref)
    uow.record(PaymentSettled(ref=batch, line=line, bank_line=debit.line_id), effective_on=on)
    uow.next_step = f"fund payment list --batch {batch}"
    return {"ref": ref, "batch": batch, "amount_cents": case.amount_cents}


def retry(uow: UnitOfWork, *, ref: str) -> Mapping[str, object]:
    """A fund manager verified the account of the payee again, and the payment may be put in a batch (D6).

    Raises:
        NoPayee, CoolingOff: There is no account that can be paid now.
        DisbursementInBatch: It stands in a batch that is not sent yet.
    """
    case = due(uow, ref)
    step = uow.transition("payment retry", case)
    if case.batch:
        raise DisbursementInBatch(ref=ref, batch=case.batch)
    payee = usable_payee(uow, case.payee, ref=ref, on=uow.today)
    step.record(
        PayableRetried(ref=ref, payee=case.payee, iban_payee_ref=payee.ref)
        if isinstance(case, Payable)
        else PaymentRetried(
            ref=ref, agreement=case.agreement, proposal=case.proposal, payee=case.payee, iban_payee_ref=payee.ref
        )
    )
    uow.next_step = "fund payment batch"
    return {"ref": ref, "payee_ref": payee.ref}


def cancel(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Mapping[str, object]:
    """A cost, refund or settlement that is not under way is not paid (D7): what made it a debt is mirrored.

    Two people: FM, then TR. A batch that was made and not sent falls with it; its other lines wait for a new one. A
    disbursement is cancelled by its own command.

    Raises:
        ReasonMissing: No reason was given.
        TransitionNotAllowed: It is under way, or paid.
    """
    why = require_reason("payment cancel", reason)
    case = uow.case(Payable, ref)
    step = uow.transition("payment cancel", case)
    entry = uow.ledger.find(f"{case.event_id}/0")
    assert entry is not None, f"{ref} was booked as a debt"
    batch = uow.maybe(Batch, case.batch) if case.batch else None
    fact = PayableCancelled(
        ref=ref,
        ground=case.ground,
        payee=case.payee,
        amount_cents=case.amount_cents,
        entry_seq=entry.seq,
        streams=case.streams,
        batch=batch.ref if batch else "",
        freed=tuple(line.ref for line in batch.lines if line.ref != ref) if batch else (),
        reason=why,
    )
    step.record(fact, effective_on=on)
    uow.next_step = "fund payment list"
    return {"ref": ref, "amount_cents": case.amount_cents}


def give_back_by_hand(
    uow: UnitOfWork, *, ref: str, receipt: str, reason: str = "", on: date | None = None
) -> Mapping[str, object]:
    """A treasurer says that a receipt is a payment of the fund which the bank gave back (D10).

    Raises:
        TransitionNotAllowed: It is not paid.
        NothingToReceive, PaymentDoesNotMatch: The receipt does not hold the whole payment.
        AlreadyRepaid: Its advance was repaid.
    """
    case = due(uow, ref)
    uow.transition("payment return", case)
    give_back(uow, case, receipt=receipt, reason=reason, on=on)
    uow.next_step = f"fund payment retry {ref}"
    return {"ref": ref, "batch": case.batch, "amount_cents": case.amount_cents}


def _attempt(snapshot: Snapshot, reference: str) -> tuple[Due, Batch, BatchEntry] | None:
    """The payment that an end-to-end reference names (``D20260007R2``): what is owed, and the line of the batch with
    this very attempt, whatever became of it since.
    """
    ref, attempt = ref_of_end_to_end_id(reference)
    case = maybe_due(snapshot, ref) if ref else None
    if case is None or attempt > case.attempts:
        return None
    wanted = end_to_end_id(ref, attempt)
    batches = [case.batch] if case.batch else []
    batches += [event.fact.ref for event in snapshot.history(case) if isinstance(event.fact, PaymentSent)]
    for name in dict.fromkeys(batches):
        batch = snapshot.case(Batch, name)
        entry = batch.entry_of(ref)
        if entry is not None and entry.line.end_to_end_id == wanted:
            return case, batch, entry
    return None


def _shown_by(
    snapshot: Snapshot, *, end_to_end: str, batch_id: str, cents: int
) -> tuple[Batch, list[BatchEntry]] | None:
    """The payments that a debit of the bank shows for certain: the one that it names, or all of the batch that it
    names which no line showed before; together exactly as much as it is.
    """
    named = _attempt(snapshot, end_to_end) if end_to_end else None
    if named is not None:
        _case, batch, entry = named
        entries = [entry]
    elif batch_id and not end_to_end:
        gone = snapshot.cases(Batch, lookup=batch_id, states=(BatchState.SENT, BatchState.SETTLED))
        if not gone:
            return None
        (batch,) = gone
        entries = list(batch.entries)
    else:
        return None
    left = [entry for entry in entries if entry.unshown]
    return (batch, left) if left and sum(entry.line.amount_cents for entry in left) == cents else None


def _show(
    uow: UnitOfWork,
    batch: Batch,
    entries: list[BatchEntry],
    line_id: str,
    *,
    on: date | None,
    cause: Envelope | None = None,
    reaction: str = "",
) -> None:
    """Payments are shown by a line of a statement, or said: what is under way is paid, what was booked is confirmed."""
    for entry in entries:
        records = PaymentSettled if entry.state in OPEN_LINES else PaymentConfirmed
        fact = records(ref=batch.ref, line=entry.line, bank_line=line_id)
        uow.record(fact, effective_on=on, cause=cause, reaction=reaction)


def settle_line(uow: UnitOfWork, line: BankLine, account: str, on: date, cause: Envelope) -> bool:
    """A debit on the bank is a payment of ours (D5, SY): reference and amount match, or it is left unexplained.

    A bank that shows a batch as one debit names it by its own reference, and shows every line of it that is left.
    """
    if account != "1000":
        return False
    shown = _shown_by(
        uow, end_to_end=line.end_to_end_id, batch_id=line.payment_information_id, cents=-line.amount_cents
    )
    if shown is None:
        return False
    _show(uow, *shown, line.line_id, on=on, cause=cause, reaction="payments.settle")
    return True


def explain(uow: UnitOfWork, debit: Debit, on: date, cause: Envelope) -> bool:
    """A debit that fitted nothing when it came fits by what people said since: some lines of its batch failed, say."""
    if debit.account != "1000":
        return False
    shown = _shown_by(
        uow, end_to_end=debit.end_to_end_id, batch_id=debit.payment_information_id, cents=debit.amount_cents
    )
    if shown is None:
        return False
    batch, entries = shown
    _undo_debit(uow, debit, entries[0].line.ref if len(entries) == 1 else batch.ref, on=on, cause=cause)
    _show(uow, batch, entries, debit.line_id, on=on, cause=cause, reaction="payments.explain")
    return True


def take_back(uow: UnitOfWork, line: BankLine, receipt: Receipt, on: date, cause: Envelope) -> bool:
    """A credit on the bank is a payment of ours that came back (D10): it names the payment and is as large."""
    named = _attempt(uow, line.end_to_end_id)
    if named is None:
        return False
    case, found, entry = named
    if case.batch != found.ref or case.state not in (State.SENT, State.PAID):
        return False
    if not line.returned and line.counterparty_iban != entry.line.iban:
        return False  # somebody else may use the same reference for a payment of their own
    if case.state == State.SENT and line.amount_cents == case.amount_cents:
        # the debit was not shown by itself, but what comes back has left: first settled, then returned
        fact = PaymentSettled(ref=found.ref, line=entry.line)
        uow.record(fact, effective_on=on, cause=cause, reaction="payments.settle")
        case = due(uow, case.ref)
    try:
        give_back(uow, case, receipt=receipt.ref, reason=line.return_reason, on=on, bank_line=line.line_id, cause=cause)
    except (PaymentDoesNotMatch, NothingToReceive, AlreadyRepaid):
        return False  # a treasurer decides what it is
    return True


def give_back(
    uow: UnitOfWork,
    case: Due,
    *,
    receipt: str,
    reason: str,
    on: date | None = None,
    bank_line: str = "",
    cause: Envelope | None = None,
) -> Envelope:
    """The bank gave a payment back (D10): the receipt that holds the money is explained, the payee is owed again.

    Raises:
        NothingToReceive: The receipt holds less than the payment.
        PaymentDoesNotMatch: The receipt is of another amount.
        AlreadyRepaid: What is outstanding on the agreement is less than the repayable part of this payment.
    """
    held = uow.case(Receipt, receipt)
    _require_amount(case.ref, case.amount_cents, held.amount_cents)
    if held.waiting_cents < case.amount_cents:
        raise NothingToReceive(receipt=receipt, left_cents=held.waiting_cents, asked_cents=case.amount_cents)
    if isinstance(case, Disbursement) and case.repayable_cents:
        outstanding_cents = uow.ledger.balance(f"1200.{case.agreement}")
        if outstanding_cents < case.repayable_cents:
            raise AlreadyRepaid(
                ref=case.ref,
                repayable_cents=case.repayable_cents,
                outstanding_cents=outstanding_cents,
                agreement=case.agreement,
                receipt=receipt,
            )
    batch, entry = _batch_of(uow, case)
    fact = PaymentReturned(
        ref=batch.ref,
        line=entry.line,
        receipt=receipt,
        receipt_cents=case.amount_cents,
        bank_line=bank_line or held.line_id,
        reason=reason or held.return_reason,
    )
    return uow.record(fact, effective_on=on, cause=cause, reaction="payments.give_back")
