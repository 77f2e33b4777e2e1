"""A batch is made for one day, and let go by two people who approved none of its lines (D4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fund import files
from fund.bank import Payment, PaymentBatch, bank_text, end_to_end_id, file_sha256, wire, write_payments
from fund.dates import is_working_day, next_working_day
from fund.errors import FundError
from fund.errors.bank import UnknownPaymentVersion
from fund.errors.payments import (
    BatchExpired,
    BatchFileChanged,
    CoolingOff,
    DebitsUnexplained,
    DisbursementInBatch,
    NotAPaymentDay,
    NothingToPay,
    PayeeReplaced,
)
from fund.events.payments import PaymentsBatched, PaymentSent
from fund.events.values import BatchLine
from fund.language import _
from fund.rules.authority import Guard
from fund.schemas.disbursements import Batch, Disbursement, Payee
from fund.schemas.payables import Payable
from fund.schemas.people import FundFile
from fund.unit_of_work import UnitOfWork
from fund.workflows.payees.use_cases import account_of_the_fund
from fund.workflows.payments.due import Due, approved, due, require_flowing
from fund.workflows.receipts.reading import unexplained_debits


def batch(
    uow: UnitOfWork,
    *,
    execution_on: date | None = None,
    refs: list[str] | None = None,
    version: str = "09",
    replaces: str | None = None,
) -> Mapping[str, object]:
    """What stands approved becomes one payment file for one day. Nothing is booked: the file has not left.

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
    old = None if replaces is None else uow.case(Batch, replaces)
    if old is not None:
        uow.transition("payment batch", old)
    own = account_of_the_fund(uow)
    lines: list[BatchLine] = []
    left_out: list[dict[str, str]] = []
    for case in [due(uow, ref) for ref in dict.fromkeys(refs)] if refs else approved(uow):
        try:
            lines.append(_line(uow, case, day, old))
        except FundError as problem:
            if refs:
                raise
            left_out.append({"ref": case.ref, "code": problem.code(), "reason": str(problem)})
    if not lines:
        why = f" ({left_out[0]['reason']})" if left_out else ""
        raise NothingToPay(execution_on=day, left_out=len(left_out), why=why)
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
        raise NotAPaymentDay(execution_on=day, why=_("that is before today"), next_on=next_on)
    if not is_working_day(day):
        raise NotAPaymentDay(execution_on=day, why=_("banks are closed on that day"), next_on=next_on)
    return day


def _line(uow: UnitOfWork, case: Due, day: date, old: Batch | None) -> BatchLine:
    """The line that pays what is owed on a day, or the refusal that says why it cannot."""
    uow.transition("payment batch", case)
    if case.batch and (old is None or case.batch != old.ref):
        raise DisbursementInBatch(ref=case.ref, batch=case.batch)
    require_flowing(uow, case)
    payee = _payee(uow, case, day)
    said = f"{case.ref} {case.agreement}" if isinstance(case, Disbursement) else case.text or case.ref
    return BatchLine(
        kind=case.kind,
        ref=case.ref,
        end_to_end_id=end_to_end_id(case.ref, case.attempts + 1),
        amount_cents=case.amount_cents,
        payee=case.payee,
        payee_ref=payee.ref,
        iban=payee.iban,
        name=payee.name,
        text=bank_text(said, field=case.ref),
        agreement=case.agreement if isinstance(case, Disbursement) else "",
        proposal=case.proposal if isinstance(case, Disbursement) else "",
        creditor_reference=case.creditor_reference if isinstance(case, Payable) else "",
    )


def _payee(uow: UnitOfWork, case: Due, day: date) -> Payee:
    """The account it goes to: verified, the one that was approved, and cooled off."""
    payee = uow.case(Payee, case.iban_payee_ref)
    if case.to_verify:
        raise PayeeReplaced(
            ref=case.ref,
            payee_ref=payee.ref,
            why=_("the bank gave the payment back ({reason})").format(reason=case.bank_reason),
        )
    if payee.state != "verified":
        raise PayeeReplaced(ref=case.ref, payee_ref=payee.ref, why=_("another account took its place"))
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
                creditor_reference=line.creditor_reference,
            )
            for line in lines
        ),
    )


def file_of(case: Batch) -> bytes:
    """The payment file of a batch, made again: the same bytes, or the refusal that says they are not."""
    made = _payment_batch(case.ref, case.made_at, case.execution_on, case.debtor_name, case.debtor_iban, case.lines)
    data = write_payments(made, version=case.format_version)
    found = file_sha256(data)
    if found != case.sha256:
        raise BatchFileChanged(batch=case.ref, found=found, expected=case.sha256)
    return data


def send(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Mapping[str, object]:
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
    # people are judged line by line below, so that a refusal names what they acted on
    step = uow.transition("payment send", case, of=Guard(show=f"fund payment list --batch {ref}"))
    if case.execution_on < uow.today:
        raise BatchExpired(batch=ref, execution_on=case.execution_on, today=uow.today)
    unexplained = unexplained_debits(uow)
    if unexplained:
        total_cents = sum(debit.amount_cents for debit in unexplained)
        raise DebitsUnexplained(batch=ref, count=len(unexplained), total_cents=total_cents, first=unexplained[0].ref)
    for line in case.lines:
        paid = due(uow, line.ref)
        uow.transition("payment send", paid)
        require_flowing(uow, paid)
        _payee(uow, paid, case.execution_on)
    file_of(case)
    fact = PaymentSent(
        ref=ref, execution_on=case.execution_on, lines=case.lines, total_cents=case.total_cents, sha256=case.sha256
    )
    step.record(fact, effective_on=on)
    uow.next_step = "fund bank import FILE"
    return {
        "ref": ref,
        "execution_on": case.execution_on,
        "payments": len(case.lines),
        "total_cents": case.total_cents,
        "sha256": case.sha256,
    }
