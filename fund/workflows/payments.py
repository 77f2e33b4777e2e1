"""What stands approved goes to the bank, and what the bank did with it comes back.

One batch is one payment file for one day. Two people who approved none of its lines let it go; the service settles
each line when a bank statement shows it, a treasurer does where the statement cannot. Source: lifecycle.md 5, D4-D6,
D10; bank.md, Paying.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from fund import files
from fund.bank import (
    BankLine,
    Payment,
    PaymentBatch,
    bank_writing,
    end_to_end_id,
    file_sha256,
    ref_of_end_to_end_id,
    wire,
    write_payments,
)
from fund.dates import is_working_day, next_working_day
from fund.errors import (
    AlreadyRepaid,
    BatchExpired,
    BatchFileChanged,
    CoolingOff,
    DebitsUnexplained,
    DisbursementInBatch,
    FundError,
    NotAPaymentDay,
    NothingToPay,
    NothingToReceive,
    PayeeReplaced,
    PaymentDoesNotMatch,
    PaymentsStopped,
    UnknownPaymentVersion,
)
from fund.events import (
    DisbursementCancelled,
    Envelope,
    PaymentConfirmed,
    PaymentFailed,
    PaymentRetried,
    PaymentReturned,
    PaymentsBatched,
    PaymentSent,
    PaymentSettled,
)
from fund.events.payments import BatchLine
from fund.glossary import state_word
from fund.language import N_, _
from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Receipt
from fund.schemas.disbursements import Batch, BatchEntry, Disbursement, Payee
from fund.schemas.people import FundFile
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.disbursements import PAYERS, TRANSITIONS, State
from fund.workflows.lifecycle import Transition, check, require_reason, state_after
from fund.workflows.payees import account_of_the_fund, usable_payee
from fund.workflows.receipts import settles, takes_back, unexplained_debits

__all__ = [
    "BATCH_TRANSITIONS",
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "BatchState",
    "give_back",
    "settle_line",
    "take_back",
]


class BatchState(StrEnum):
    """Where a batch stands."""

    MADE = "made"
    SENT = "sent"
    SETTLED = "settled"
    DROPPED = "dropped"


BATCH_TRANSITIONS = (
    Transition("payment batch", None, BatchState.MADE, PAYERS, PaymentsBatched),
    Transition("payment batch", BatchState.MADE, BatchState.DROPPED, PAYERS, PaymentsBatched),
    Transition("payment send", BatchState.MADE, BatchState.SENT, TREASURER, PaymentSent, second=PAYERS, row="D4"),
    Transition(
        "disbursement cancel",
        BatchState.MADE,
        BatchState.DROPPED,
        FUND_MANAGER,
        DisbursementCancelled,
        second=TREASURER,
        row="D7",
    ),
)

OPEN_LINES = ("open", "sent")


# ----------------------------------------------------------------------------------------------------------- fold


def _after(case: Batch | None, happened: Envelope) -> Batch | None:
    fact = happened.fact
    if isinstance(fact, PaymentsBatched) and case is None:
        return Batch(
            ref=fact.ref,
            state=state_after(BATCH_TRANSITIONS, None, fact),
            made_at=fact.made_at,
            execution_on=fact.execution_on,
            debtor_name=fact.debtor_name,
            debtor_iban=fact.debtor_iban,
            format_version=fact.format_version,
            entries=tuple(BatchEntry(line=line, state="open") for line in fact.lines),
            total_cents=fact.total_cents,
            sha256=fact.sha256,
        )
    if case is None:
        return None
    if isinstance(fact, (PaymentsBatched, DisbursementCancelled)):
        return case.but(state=state_after(BATCH_TRANSITIONS, case.state, fact))
    if isinstance(fact, PaymentSent):
        hands = (happened.made_by, happened.actor) if happened.made_by else (happened.actor,)
        entries = tuple(entry.model_copy(update={"state": "sent"}) for entry in case.entries)
        return case.but(state=state_after(BATCH_TRANSITIONS, case.state, fact), entries=entries, hands=hands)
    if isinstance(fact, PaymentSettled):
        return _line_ended(case, fact.line.ref, "paid", fact.bank_line)
    if isinstance(fact, PaymentConfirmed):
        return _line_ended(case, fact.line.ref, "paid", fact.bank_line)
    if isinstance(fact, PaymentFailed):
        return _line_ended(case, fact.line.ref, "failed", "")
    if isinstance(fact, PaymentReturned):
        return _line_ended(case, fact.line.ref, "returned", fact.bank_line)
    return case


def _line_ended(case: Batch, ref: str, state: str, bank_line: str) -> Batch:
    entries = tuple(
        entry.model_copy(update={"state": state, "bank_line": bank_line or entry.bank_line})
        if entry.line.ref == ref
        else entry
        for entry in case.entries
    )
    settled = case.state == BatchState.SENT and not any(entry.state in OPEN_LINES for entry in entries)
    return case.but(entries=entries, state=BatchState.SETTLED.value if settled else case.state)


LIVES = {"batch": Life(Batch, _after)}


# --------------------------------------------------------------------------------------------------------- making


def batch(
    uow: UnitOfWork,
    *,
    execution_on: date | None = None,
    refs: list[str] | None = None,
    version: str = "09",
    replaces: str | None = None,
) -> dict[str, Any]:
    """What stands approved becomes one payment file for one day. Nothing is booked: the file has not left.

    Args:
        execution_on: The day on which the bank is asked to pay: a working day, the next one when left out.
        refs: Only these disbursements; everything that can be paid on that day when left out.
        version: ``09`` for pain.001.001.09, ``03`` for a bank that is behind.
        replaces: A batch that was made and not sent, whose place this one takes.

    Raises:
        NotAPaymentDay: Before today, or banks are closed.
        NoBankAccount: The fund has no account registered for 1000.
        NothingToPay: Nothing stands approved that can be paid then.
        DisbursementInBatch, PayeeReplaced, NoPayee, CoolingOff, PaymentsStopped, TransitionNotAllowed: One of ``refs``
            cannot be paid; without ``refs`` it is left out and named in the answer.
        NameTooLong, UnwritableCharacter, ...: What no bank would take, see ``fund.bank.write_payments``.
    """
    day = _execution_day(uow, execution_on)
    if version not in ("09", "03"):
        raise UnknownPaymentVersion(known=["09", "03"], version=version)
    old = _replaced(uow, replaces)
    own = account_of_the_fund(uow)
    lines: list[BatchLine] = []
    left_out: list[dict[str, str]] = []
    cases = (
        [uow.case(Disbursement, ref) for ref in dict.fromkeys(refs)]
        if refs
        else uow.cases(Disbursement, states=(State.APPROVED,))
    )
    for case in cases:
        try:
            lines.append(_line(uow, case, day, old))
        except FundError as problem:
            if refs:
                raise
            left_out.append({"ref": case.ref, "code": problem.code(), "reason": str(problem)})
    if not lines:
        raise NothingToPay(execution_on=day, left_out=len(left_out))
    ref = uow.next_ref("batch")
    fund_file = uow.cases(FundFile)[0]
    payment_batch = _payment_batch(ref, uow.now, day, fund_file.name, own.ref, lines)
    data = write_payments(payment_batch, version=version)
    fact = PaymentsBatched(
        ref=ref,
        made_at=uow.now,
        execution_on=day,
        debtor_name=fund_file.name,
        debtor_iban=own.ref,
        format_version=version,
        lines=tuple(lines),
        total_cents=payment_batch.total_cents,
        sha256=file_sha256(data),
        replaces=old.ref if old else "",
        freed=tuple(line.ref for line in old.lines if line.ref not in {new.ref for new in lines}) if old else (),
    )
    uow.record(fact)
    files.put(uow, data, name=f"{wire(ref)}.xml")
    uow.next_step = f"fund payment send {ref}"
    return {
        "ref": ref,
        "execution_on": day,
        "payments": len(lines),
        "total_cents": fact.total_cents,
        "sha256": fact.sha256,
        "file": f"{wire(ref)}.pain.001.001.{version}.xml",
        "left_out": left_out,
    }


def _execution_day(uow: UnitOfWork, wanted: date | None) -> date:
    day = wanted or next_working_day(uow.today)
    next_on = next_working_day(max(day, uow.today))
    if day < uow.today:
        raise NotAPaymentDay(execution_on=day, why=_(N_("that is before today")), next_on=next_on)
    if not is_working_day(day):
        raise NotAPaymentDay(execution_on=day, why=_(N_("banks are closed on that day")), next_on=next_on)
    return day


def _replaced(uow: UnitOfWork, ref: str | None) -> Batch | None:
    if ref is None:
        return None
    old = uow.case(Batch, ref)
    check(uow, BATCH_TRANSITIONS, "payment batch", old, look=f"fund payment list --batch {ref}")
    return old


def _line(uow: UnitOfWork, case: Disbursement, day: date, old: Batch | None) -> BatchLine:
    """The line that pays a disbursement on a day, or the refusal that says why it cannot."""
    agreement = uow.case(Agreement, case.agreement)
    check(uow, TRANSITIONS, "payment batch", case, lead=agreement.lead, parties=agreement.parties)
    if case.batch and (old is None or case.batch != old.ref):
        raise DisbursementInBatch(ref=case.ref, batch=case.batch)
    if agreement.state == "suspended":
        raise PaymentsStopped(agreement=agreement.ref, state=state_word("agreement", agreement.state))
    payee = _payee(uow, case, day)
    return BatchLine(
        kind=case.kind,
        ref=case.ref,
        end_to_end_id=end_to_end_id(case.ref, case.attempts + 1),
        amount_cents=case.amount_cents,
        payee=case.payee,
        payee_ref=payee.ref,
        iban=payee.iban,
        name=payee.name,
        text=bank_writing(f"{case.ref} {case.agreement}", field=case.ref),
        agreement=case.agreement,
        proposal=case.proposal,
    )


def _payee(uow: UnitOfWork, case: Disbursement, day: date) -> Payee:
    payee = uow.case(Payee, case.iban_payee_ref)
    if case.to_verify:
        raise PayeeReplaced(
            ref=case.ref,
            payee_ref=payee.ref,
            why=_(N_("the bank gave the payment back ({reason})")).format(reason=case.bank_reason),
        )
    if payee.state != "verified":
        raise PayeeReplaced(ref=case.ref, payee_ref=payee.ref, why=_(N_("another account took its place")))
    if payee.usable_on is None or payee.usable_on > day:
        raise CoolingOff(payee=case.payee, payee_ref=payee.ref, usable_on=payee.usable_on or payee.from_on, on=day)
    return payee


def _payment_batch(
    ref: str, made_at: Any, day: date, debtor: str, iban: str, lines: Sequence[BatchLine]
) -> PaymentBatch:
    return PaymentBatch(
        message_id=wire(ref),
        created_at=made_at,
        execution_on=day,
        debtor_name=debtor,
        debtor_iban=iban,
        payments=tuple(
            Payment(
                end_to_end_id=line.end_to_end_id,
                amount_cents=line.amount_cents,
                payee_name=line.name,
                payee_iban=line.iban,
                text=line.text,
            )
            for line in lines
        ),
    )


def _file_of(case: Batch) -> bytes:
    """The payment file of a batch, made again: the same bytes, or the refusal that says they are not."""
    made = _payment_batch(case.ref, case.made_at, case.execution_on, case.debtor_name, case.debtor_iban, case.lines)
    data = write_payments(made, version=case.format_version)
    found = file_sha256(data)
    if found != case.sha256:
        raise BatchFileChanged(batch=case.ref, found=found, expected=case.sha256)
    return data


# -------------------------------------------------------------------------------------------------------- sending


def send(uow: UnitOfWork, *, ref: str, on: date | None = None) -> dict[str, Any]:
    """Two people let a batch go to the bank (D4): treasurer, then a second; neither acted on any line of it.

    Both see total, number and hash; the treasurer then uploads the file with that hash.

    Raises:
        TransitionNotAllowed: The batch is not made, or a line is not approved.
        SameHands, ConflictOfInterest: One of them asked, checked or approved a line, or is of a party of it.
        PaymentsStopped: An agreement is suspended.
        DebitsUnexplained: Money left the bank and nobody knows why (C2): until then nothing more is sent.
        BatchExpired: Its execution day has passed.
        PayeeReplaced: An account took the place of the one in the file.
        BatchFileChanged: The file would not be the one that was made.
    """
    case = uow.case(Batch, ref)
    check(uow, BATCH_TRANSITIONS, "payment send", case, look=f"fund payment list --batch {ref}")
    if case.execution_on < uow.today:
        raise BatchExpired(batch=ref, execution_on=case.execution_on, today=uow.today)
    unexplained = unexplained_debits(uow)
    if unexplained:
        total_cents = sum(debit.amount_cents for debit in unexplained)
        raise DebitsUnexplained(batch=ref, count=len(unexplained), total_cents=total_cents, first=unexplained[0].ref)
    for line in case.lines:
        paid = uow.case(Disbursement, line.ref)
        agreement = uow.case(Agreement, paid.agreement)
        check(
            uow,
            TRANSITIONS,
            "payment send",
            paid,
            records=PaymentSent,
            lead=agreement.lead,
            parties=agreement.parties,
            hands=paid.hands,
        )
        if agreement.state == "suspended":
            raise PaymentsStopped(agreement=agreement.ref, state=state_word("agreement", agreement.state))
        _payee(uow, paid, case.execution_on)
    _file_of(case)
    fact = PaymentSent(
        ref=ref, execution_on=case.execution_on, lines=case.lines, total_cents=case.total_cents, sha256=case.sha256
    )
    uow.record(fact, effective_on=on)
    uow.next_step = "fund bank import FILE"
    return {
        "ref": ref,
        "execution_on": case.execution_on,
        "payments": len(case.lines),
        "total_cents": case.total_cents,
        "sha256": case.sha256,
    }


# ------------------------------------------------------------------------------------------- what the bank did with it


def _under_way(uow: UnitOfWork, command: str, ref: str, **more: Any) -> tuple[Disbursement, BatchLine, Batch]:
    """A disbursement in a state that ``command`` takes, and the line of the batch that paid it last."""
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    check(uow, TRANSITIONS, command, case, lead=agreement.lead, parties=agreement.parties, **more)
    found = uow.case(Batch, case.batch)
    entry = found.entry_of(ref)
    assert entry is not None, f"{ref} stands in {case.batch} and is no line of it"
    return case, entry.line, found


def settle(uow: UnitOfWork, *, ref: str, on: date | None = None, bank_line: str | None = None) -> dict[str, Any]:
    """A treasurer says that the bank paid (D5), where no bank line could say so for certain.

    Args:
        on: The booking day of the bank.
        bank_line: The line that shows it, if there is one.

    Raises:
        TransitionNotAllowed: It is not under way.
    """
    case, line, found = _under_way(uow, "payment settle", ref)
    uow.record(PaymentSettled(ref=found.ref, line=line, bank_line=bank_line or ""), effective_on=on)
    uow.next_step = f"fund disbursement show {ref}"
    return {"ref": ref, "batch": found.ref, "amount_cents": case.amount_cents}


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


def retry(uow: UnitOfWork, *, ref: str) -> dict[str, Any]:
    """A fund manager verified the account of the payee again, and the payment may be put in a batch (D6).

    Raises:
        NoPayee, CoolingOff: There is no account that can be paid now.
        DisbursementInBatch: It stands in a batch that is not sent yet.
    """
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    check(uow, TRANSITIONS, "payment retry", case, lead=agreement.lead, parties=agreement.parties)
    if case.batch:
        raise DisbursementInBatch(ref=ref, batch=case.batch)
    payee = usable_payee(uow, case.payee, ref=ref, on=uow.today)
    uow.record(
        PaymentRetried(
            ref=ref, agreement=case.agreement, proposal=case.proposal, payee=case.payee, iban_payee_ref=payee.ref
        )
    )
    uow.next_step = "fund payment batch"
    return {"ref": ref, "payee_ref": payee.ref}


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


# ------------------------------------------------------------------------------ what the import of a statement asks for


def _named(view: View, reference: str) -> tuple[Disbursement, Batch, BatchEntry] | None:
    """The payment that an end-to-end reference names (``D20260007``): this very attempt, under way or paid."""
    ref, attempt = ref_of_end_to_end_id(reference)
    case = view.maybe(Disbursement, ref) if ref else None
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
        case = uow.case(Disbursement, case.ref)
    try:
        give_back(uow, case, receipt=receipt.ref, reason=line.return_reason, on=on, bank_line=line.line_id, cause=cause)
    except (PaymentDoesNotMatch, NothingToReceive, AlreadyRepaid):
        return False  # a treasurer decides what it is
    return True


def give_back(
    uow: UnitOfWork,
    case: Disbursement,
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
    outstanding_cents = uow.ledger.balance(f"1200.{case.agreement}") if case.repayable_cents else 0
    if outstanding_cents < case.repayable_cents:
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


# -------------------------------------------------------------------------------------------------------- reading


def payments(view: View, *, state: str | None = None, batch: str | None = None) -> dict[str, Any]:
    """Every payment, by batch; of one batch or in one state (open, sent, paid, failed, returned) when asked so."""
    batches = view.cases(Batch, refs=(batch,) if batch else None)
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
        }
        for case in batches
        for entry in case.entries
        if state is None or entry.state == state
    ]
    return {
        "batches": [
            {
                "ref": case.ref,
                "state": case.state,
                "execution_on": case.execution_on.isoformat(),
                "payments": len(case.entries),
                "total_cents": case.total_cents,
                "sha256": case.sha256,
            }
            for case in batches
        ],
        "payments": listed,
    }


def payment_file(view: View, *, ref: str) -> dict[str, Any]:
    """The payment file of a batch, as text, with its hash: what ``--output`` writes and the treasurer uploads.

    Raises:
        BatchFileChanged: The bytes would not be those that were made.
    """
    case = view.case(Batch, ref)
    return {
        "ref": ref,
        "name": f"{wire(ref)}.pain.001.001.{case.format_version}.xml",
        "sha256": case.sha256,
        "content": _file_of(case).decode("utf-8"),
    }


COMMANDS = (
    Command("payment batch", batch, PAYERS),
    Command("payment send", send, TREASURER, second=PAYERS),
    Command("payment settle", settle, TREASURER),
    Command("payment fail", fail, TREASURER),
    Command("payment retry", retry, FUND_MANAGER),
    Command("payment return", give_back_by_hand, TREASURER),
)
QUERIES = (Query("payment list", payments), Query("payment file", payment_file))
