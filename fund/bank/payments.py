"""Payment files (pain.001): the same batch gives the same bytes, checked by the schema before anybody sees them.

The service never talks to a bank: the treasurer uploads the file. Addresses are left out, since name and IBAN
suffice and an unstructured address is no longer accepted.
"""

from __future__ import annotations

from datetime import date

from lxml import etree

from fund.bank.documents import (
    ZONE,
    Document,
    cents_of,
    children,
    day_at,
    instant_of,
    new_document,
    open_document,
    put,
    text_at,
    written,
)
from fund.bank.letters import bank_name, bank_reference, bank_text
from fund.bank.records import Payment, PaymentBatch
from fund.bank.references import bic_of, iban, read_creditor_reference
from fund.errors.bank import (
    ControlSumDoesNotMatch,
    CountDoesNotMatch,
    DuplicatePayment,
    EmptyPaymentBatch,
    PaymentAmountOutOfRange,
    UnknownPaymentVersion,
)
from fund.money import format_plain

PAYMENT_VERSIONS = ("09", "03")
LARGEST_PAYMENT_CENTS = 99_999_999_999
"""999,999,999.99 euros: what one SEPA credit transfer carries."""


def write_payments(batch: PaymentBatch, *, version: str = "09") -> bytes:
    """The payment file of ``batch``: pain.001.001.09, or .03 for a bank that is behind.

    Raises:
        UnknownPaymentVersion: Neither 09 nor 03.
        EmptyPaymentBatch: Nothing to pay.
        DuplicatePayment: Two payments with one end-to-end reference.
        PaymentAmountOutOfRange: A payment of nothing, or of a thousand million.
        InvalidIban: Of the fund or of a payee. InvalidReference: A creditor reference that does not check.
        NameTooLong, TextTooLong, UnwritableCharacter: See ``letters``; nothing is ever cut.
    """
    if version not in PAYMENT_VERSIONS:
        raise UnknownPaymentVersion(known=list(PAYMENT_VERSIONS), version=version)
    _check(batch)
    initiation = put(new_document(f"pain.001.001.{version}"), "CstmrCdtTrfInitn")
    message_id = bank_reference(batch.message_id, field="MsgId")
    debtor_name = bank_name(batch.debtor_name, field="Dbtr")
    count, total = str(len(batch.payments)), format_plain(batch.total_cents)
    header = put(initiation, "GrpHdr")
    put(header, "MsgId", message_id)
    put(header, "CreDtTm", batch.created_at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S"))
    put(header, "NbOfTxs", count)
    put(header, "CtrlSum", total)
    put(header, "InitgPty/Nm", debtor_name)
    information = put(initiation, "PmtInf")
    put(information, "PmtInfId", message_id)
    put(information, "PmtMtd", "TRF")
    put(information, "BtchBookg", "true")
    put(information, "NbOfTxs", count)
    put(information, "CtrlSum", total)
    put(information, "PmtTpInf/SvcLvl/Cd", "SEPA")
    put(information, "ReqdExctnDt/Dt" if version == "09" else "ReqdExctnDt", batch.execution_on.isoformat())
    put(information, "Dbtr/Nm", debtor_name)
    put(information, "DbtrAcct/Id/IBAN", iban(batch.debtor_iban))
    _agent(information, batch.debtor_iban, version)
    put(information, "ChrgBr", "SLEV")
    for payment in batch.payments:
        _transfer(information, payment)
    return written(initiation, f"pain.001.001.{version}")


def _check(batch: PaymentBatch) -> None:
    if not batch.payments:
        raise EmptyPaymentBatch(batch=batch.message_id)
    seen: set[str] = set()
    for payment in batch.payments:
        if payment.end_to_end_id in seen:
            raise DuplicatePayment(batch=batch.message_id, reference=payment.end_to_end_id)
        seen.add(payment.end_to_end_id)
        if not 1 <= payment.amount_cents <= LARGEST_PAYMENT_CENTS:
            raise PaymentAmountOutOfRange(
                reference=payment.end_to_end_id,
                amount_cents=payment.amount_cents,
                least_cents=1,
                most_cents=LARGEST_PAYMENT_CENTS,
            )


def _agent(information: etree._Element, number: str, version: str) -> None:
    bic = bic_of(number)
    if bic:
        put(information, f"DbtrAgt/FinInstnId/{'BICFI' if version == '09' else 'BIC'}", bic)
    else:
        put(information, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")


def _transfer(information: etree._Element, payment: Payment) -> None:
    transfer = put(information, "CdtTrfTxInf")
    put(transfer, "PmtId/EndToEndId", bank_reference(payment.end_to_end_id, field="EndToEndId"))
    amount = put(transfer, "Amt/InstdAmt", format_plain(payment.amount_cents))
    amount.set("Ccy", "EUR")
    put(transfer, "Cdtr/Nm", bank_name(payment.payee_name, field="Cdtr"))
    put(transfer, "CdtrAcct/Id/IBAN", iban(payment.payee_iban))
    if payment.creditor_reference:
        reference = put(transfer, "RmtInf/Strd/CdtrRefInf")
        put(reference, "Tp/CdOrPrtry/Cd", "SCOR")
        put(reference, "Ref", read_creditor_reference(payment.creditor_reference))
    elif payment.text:
        put(transfer, "RmtInf/Ustrd", bank_text(payment.text, field="RmtInf"))


def read_payments(data: bytes, *, name: str) -> PaymentBatch:
    """A payment file as the batch it asks to pay: what the second pair of eyes compares with what was approved.

    One payment information per file, as ``write_payments`` makes it.

    Raises:
        The refusals of ``documents.open_document``; NotAPaymentFile: More than one payment information.
        CountDoesNotMatch: ``NbOfTxs`` is not the number of payments.
        ControlSumDoesNotMatch: ``CtrlSum`` is not their sum.
    """
    versions = tuple(f"pain.001.001.{version}" for version in PAYMENT_VERSIONS)
    document = open_document(data, name=name, kind="pain.001", versions=versions)
    header = children(document, document.root, "CstmrCdtTrfInitn/GrpHdr")[0]
    informations = children(document, document.root, "CstmrCdtTrfInitn/PmtInf")
    if len(informations) != 1:
        raise document.fault(CountDoesNotMatch, informations[1], announced=1, found=len(informations))
    information = informations[0]
    payments = tuple(_payment(document, found) for found in children(document, information, "CdtTrfTxInf"))
    total_cents = sum(payment.amount_cents for payment in payments)
    for place in (header, information):
        announced = text_at(document, place, "NbOfTxs")
        if announced and int(announced) != len(payments):
            raise document.fault(CountDoesNotMatch, place, announced=int(announced), found=len(payments))
        for found in children(document, place, "CtrlSum"):
            control_cents = cents_of(document, found)
            if control_cents != total_cents:
                raise document.fault(
                    ControlSumDoesNotMatch,
                    found,
                    control_cents=control_cents,
                    payments_cents=total_cents,
                    difference_cents=control_cents - total_cents,
                )
    plain = "" if document.version.endswith(".09") else text_at(document, information, "ReqdExctnDt")
    execution_on = date.fromisoformat(plain[:10]) if plain else day_at(document, information, "ReqdExctnDt")
    return PaymentBatch(
        message_id=text_at(document, header, "MsgId"),
        created_at=instant_of(document, header, text_at(document, header, "CreDtTm")),
        execution_on=execution_on or date.max,
        debtor_name=text_at(document, information, "Dbtr/Nm"),
        debtor_iban=text_at(document, information, "DbtrAcct/Id/IBAN"),
        payments=payments,
    )


def _payment(document: Document, element: etree._Element) -> Payment:
    return Payment(
        end_to_end_id=text_at(document, element, "PmtId/EndToEndId"),
        amount_cents=cents_of(document, children(document, element, "Amt/InstdAmt")[0]),
        payee_name=text_at(document, element, "Cdtr/Nm"),
        payee_iban=text_at(document, element, "CdtrAcct/Id/IBAN"),
        text=text_at(document, element, "RmtInf/Ustrd"),
        creditor_reference=text_at(document, element, "RmtInf/Strd/CdtrRefInf/Ref"),
    )
