"""What the bank did with a payment: by a bank statement, or a treasurer where that cannot show it (D5, D6, D10)."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.bank import BankLine, ref_of_end_to_end_id
from fund.errors import AlreadyRepaid, DisbursementInBatch, NothingToReceive, PaymentDoesNotMatch, UnknownRef
from fund.events import Envelope
from fund.events.payables import PayableCancelled, PayableRetried
from fund.events.payments import (
    BatchLine,
    PaymentConfirmed,
    PaymentFailed,
    PaymentFailureUndone,
    PaymentRetried,
    PaymentReturned,
    PaymentSettled,
)
from fund.events.receipts import DebitReversed
from fund.schemas.capital import Debit, Receipt
from fund.schemas.disbursements import Batch, BatchEntry, Disbursement
from fund.schemas.payables import Payable
from fund.unit_of_work import UnitOfWork, View
from fund.workflows import payables
from fund.workflows.disbursements import State
from fund.workflows.lifecycle import carry, require_reason
from fund.workflows.payees import usable_payee
from fund.workflows.payments.due import Due, due, maybe_due, require_row
from fund.workflows.payments.table import BatchState
from fund.workflows.receipts import settles, takes_back

__all__ = ["cancel", "fail", "found", "give_back", "give_back_by_hand", "retry", "settle", "settle_line", "take_back"]


def _under_way(uow: UnitOfWork, command: str, ref: str, **more: Any) -> tuple[Due, BatchLine, Batch]:
    """What is owed, in a state that ``command`` takes, and the line of the batch that paid it last."""
    case = due(uow, ref)
    require_row(uow, case, command, **more)
    found = uow.case(Batch, case.batch)
    entry = found.entry_of(ref)
    assert entry is not None, f"{ref} stands in {case.batch} and is no line of it"
    return case, entry.line, found


def settle(uow: UnitOfWork, *, ref: str, on: date | None = None, bank_line: str | None = None) -> dict[str, Any]:
    """A treasurer says that the bank paid (D5), where no bank line could say so for certain.

    Args:
        on: The booking day of the bank.
        bank_line: The unexplained debit that shows it, or its line, if there is one: what was booked for it is undone.

    Raises:
        TransitionNotAllowed: It is not under way. UnknownRef: No such debit waits to be explained.
        PaymentDoesNotMatch: The debit is of another amount.
    """
    case, line, found = _under_way(uow, "payment settle", ref)
    if bank_line:
        bank_line = _explained(uow, case, _debit_of(uow, case, bank_line))
    uow.record(PaymentSettled(ref=found.ref, line=line, bank_line=bank_line or ""), effective_on=on)
    uow.next_step = f"fund payment list --batch {found.ref}"
    return {"ref": ref, "batch": found.ref, "amount_cents": case.amount_cents}


def _debit_of(view: View, case: Due, named: str) -> Debit:
    """The unexplained debit that may be this payment.

    Raises:
        UnknownRef: No such debit waits to be explained. PaymentDoesNotMatch: It is of another amount.
    """
    debit = next((each for each in view.cases(Debit, states=["recorded"]) if named in (each.ref, each.line_id)), None)
    if debit is None or debit.account != "1000":
        raise UnknownRef(kind="debit", ref=named, suggestion="fund bank unmatched")
    if debit.amount_cents != case.amount_cents:
        raise PaymentDoesNotMatch(
            ref=case.ref,
            expected_cents=case.amount_cents,
            found_cents=debit.amount_cents,
            difference_cents=debit.amount_cents - case.amount_cents,
        )
    return debit


def _explained(uow: UnitOfWork, case: Due, debit: Debit) -> str:
    """An unexplained debit turns out to be this payment: it stands on 1010 no more; the line that showed it."""
    recorded = uow.store.facts.last_of(debit.stream, "debit.recorded")
    assert recorded is not None, f"{debit.ref} was recorded"
    (entry,) = uow.ledger.entries(event_id=recorded.event_id)
    uow.record(
        DebitReversed(
            ref=debit.ref,
            account=debit.account,
            amount_cents=debit.amount_cents,
            reversed_on=uow.today,
            line_id=debit.line_id,
            seq=entry.seq,
            payment=case.ref,
        )
    )
    return debit.line_id


def fail(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> dict[str, Any]:
    """The bank did not carry out a payment (D6): the money never left, and it is owed again.

    Args:
        reason: The bank's code (``AC01``) or words.

    Raises:
        ReasonMissing: No reason was given. TransitionNotAllowed: It is not under way.
    """
    require_reason("payment fail", reason)
    case, line, found = _under_way(uow, "payment fail", ref)
    uow.record(PaymentFailed(ref=found.ref, line=line, reason=reason), effective_on=on)
    uow.next_step = f"fund payment retry {ref}"
    return {"ref": ref, "batch": found.ref, "amount_cents": case.amount_cents}


def found(uow: UnitOfWork, *, ref: str, bank_line: str, on: date | None = None) -> dict[str, Any]:
    """A payment that was said to have failed was carried out after all: an unexplained debit shows it (D6, D5).

    The failure is taken back, and the debit is the payment; nothing is owed twice.

    Args:
        bank_line: The unexplained debit, or its line.
        on: The booking day of the bank.

    Raises:
        TransitionNotAllowed: It did not fail, or it was verified again and waits for another batch.
        UnknownRef: No such debit waits to be explained. PaymentDoesNotMatch: The debit is of another amount.
    """
    case = due(uow, ref)
    require_row(uow, case, "payment found")
    debit = _debit_of(uow, case, bank_line)
    failed = uow.store.facts.last_of(case.stream, PaymentFailed.wire)
    assert failed is not None, f"{ref} failed"
    assert isinstance(failed.fact, PaymentFailed)
    line, batch = failed.fact.line, failed.fact.ref
    (entry,) = uow.ledger.entries(event_id=failed.event_id)
    uow.record(PaymentFailureUndone(ref=batch, line=line, seq=entry.seq))
    shown = _explained(uow, case, debit)
    uow.record(PaymentSettled(ref=batch, line=line, bank_line=shown), effective_on=on)
    uow.next_step = f"fund payment list --batch {batch}"
    return {"ref": ref, "batch": batch, "amount_cents": case.amount_cents}


def retry(uow: UnitOfWork, *, ref: str) -> dict[str, Any]:
    """A fund manager verified the account of the payee again, and the payment may be put in a batch (D6).

    Raises:
        NoPayee, CoolingOff: There is no account that can be paid now.
        DisbursementInBatch: It stands in a batch that is not sent yet.
    """
    case = due(uow, ref)
    require_row(uow, case, "payment retry")
    if case.batch:
        raise DisbursementInBatch(ref=ref, batch=case.batch)
    payee = usable_payee(uow, case.payee, ref=ref, on=uow.today)
    uow.record(
        PayableRetried(ref=ref, payee=case.payee, iban_payee_ref=payee.ref)
        if isinstance(case, Payable)
        else PaymentRetried(
            ref=ref, agreement=case.agreement, proposal=case.proposal, payee=case.payee, iban_payee_ref=payee.ref
        )
    )
    uow.next_step = "fund payment batch"
    return {"ref": ref, "payee_ref": payee.ref}


def cancel(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> dict[str, Any]:
    """A cost, refund or settlement that is not under way is not paid (D7): what made it a debt is mirrored.

    Two people: FM, then TR. A batch that was made and not sent falls with it; its other lines wait for a new one. A
    disbursement is cancelled by its own command.

    Raises:
        ReasonMissing: No reason was given.
        TransitionNotAllowed: It is under way, or paid.
    """
    why = require_reason("payment cancel", reason)
    case = uow.case(Payable, ref)
    require_row(uow, case, "payment cancel")
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
    carry(uow, payables.TRANSITIONS, "payment cancel", case, fact, effective_on=on, parties=case.parties)
    uow.next_step = "fund payment list"
    return {"ref": ref, "amount_cents": case.amount_cents}


def give_back_by_hand(
    uow: UnitOfWork, *, ref: str, receipt: str, reason: str = "", on: date | None = None
) -> dict[str, Any]:
    """A treasurer says that a receipt is a payment of the fund which the bank gave back (D10).

    Raises:
        TransitionNotAllowed: It is not paid.
        NothingToReceive, PaymentDoesNotMatch: The receipt does not hold the whole payment.
        AlreadyRepaid: Its advance was repaid.
    """
    case, _line, found = _under_way(uow, "payment return", ref)
    give_back(uow, case, receipt=receipt, reason=reason, on=on)
    uow.next_step = f"fund payment retry {ref}"
    return {"ref": ref, "batch": found.ref, "amount_cents": case.amount_cents}


def _named(view: View, reference: str) -> tuple[Due, Batch, BatchEntry] | None:
    """The payment that an end-to-end reference names (``D20260007``): this very attempt, under way or paid."""
    ref, attempt = ref_of_end_to_end_id(reference)
    case = maybe_due(view, ref) if ref else None
    if case is None or case.attempts != attempt or case.state not in (State.SENT, State.PAID):
        return None
    found = view.case(Batch, case.batch)
    entry = found.entry_of(ref)
    return (case, found, entry) if entry is not None else None


@settles
def settle_line(uow: UnitOfWork, line: BankLine, account: str, on: date, cause: Envelope) -> bool:
    """A debit on the bank is a payment of ours (D5, SY): reference and amount match, or it is left unexplained.

    A bank that shows a batch as one debit names it by its own reference, and settles every line of it.
    """
    if account != "1000":
        return False
    named = _named(uow, line.end_to_end_id)
    if named is None:
        return _settle_batch(uow, line, on, cause)
    case, found, entry = named
    if -line.amount_cents != case.amount_cents or entry.bank_line:
        return False
    records = PaymentSettled if case.state == State.SENT else PaymentConfirmed
    uow.record(
        records(ref=found.ref, line=entry.line, bank_line=line.line_id),
        effective_on=on,
        cause=cause,
        reaction="payments.settle",
    )
    return True


def _settle_batch(uow: UnitOfWork, line: BankLine, on: date, cause: Envelope) -> bool:
    if not line.payment_information_id or line.end_to_end_id:
        return False
    for found in uow.cases(Batch, lookup=line.payment_information_id, states=(BatchState.SENT,)):
        under_way = [entry.line for entry in found.entries if entry.state == "sent"]
        if sum(payment.amount_cents for payment in under_way) == -line.amount_cents:
            for payment in under_way:
                fact = PaymentSettled(ref=found.ref, line=payment, bank_line=line.line_id)
                uow.record(fact, effective_on=on, cause=cause, reaction="payments.settle")
            return True
    return False


@takes_back
def take_back(uow: UnitOfWork, line: BankLine, receipt: Receipt, on: date, cause: Envelope) -> bool:
    """A credit on the bank is a payment of ours that came back (D10): it names the payment and is as large."""
    named = _named(uow, line.end_to_end_id)
    if named is None:
        return False
    case, found, entry = named
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
    if held.amount_cents != case.amount_cents:
        raise PaymentDoesNotMatch(
            ref=case.ref,
            expected_cents=case.amount_cents,
            found_cents=held.amount_cents,
            difference_cents=held.amount_cents - case.amount_cents,
        )
    if held.waiting_cents < case.amount_cents:
        raise NothingToReceive(receipt=receipt, left_cents=held.waiting_cents, asked_cents=case.amount_cents)
    repayable_cents = case.repayable_cents if isinstance(case, Disbursement) else 0
    outstanding_cents = (
        uow.ledger.balance(f"1200.{case.agreement}") if isinstance(case, Disbursement) and repayable_cents else 0
    )
    if isinstance(case, Disbursement) and outstanding_cents < repayable_cents:
        raise AlreadyRepaid(
            ref=case.ref,
            repayable_cents=case.repayable_cents,
            outstanding_cents=outstanding_cents,
            agreement=case.agreement,
            receipt=receipt,
        )
    found = uow.case(Batch, case.batch)
    entry = found.entry_of(case.ref)
    assert entry is not None, f"{case.ref} stands in {case.batch} and is no line of it"
    fact = PaymentReturned(
        ref=found.ref,
        line=entry.line,
        receipt=receipt,
        receipt_cents=case.amount_cents,
        bank_line=bank_line or held.line_id,
        reason=reason or held.return_reason,
    )
    return uow.record(fact, effective_on=on, cause=cause, reaction="payments.give_back")
