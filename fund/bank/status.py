"""Status reports (pain.002): what the bank says of a payment file that was uploaded, payment by payment.

A bank may speak of the file as a whole, of its payment information, or of single payments. What it says of something
smaller goes before what it says of the larger: each payment that it names stands with its own status, the rest follow
the payment information, else the file. Nothing here knows the batch.
"""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from fund.bank.documents import Document, children, instant_of, open_document, text_at
from fund.bank.records import PaymentStatus, StatusReport, file_sha256
from fund.errors.bank import NotAStatusReport
from fund.language import _

STATUS_VERSIONS = ("03",)
_MEANING = {
    "ACTC": "accepted",
    "ACCP": "accepted",
    "ACSP": "accepted",
    "ACSC": "accepted",
    "ACWC": "accepted",
    "RCVD": "pending",
    "PDNG": "pending",
    "RJCT": "rejected",
    "PART": "part",
}
"""The codes of the bank, as the fund counts them: checked or carried out, not decided yet, rejected, some of each."""


def read_status(data: bytes, *, name: str) -> StatusReport:
    """A status report as records, not yet held against the batch.

    Raises:
        The refusals of ``documents.open_document``; NotAStatusReport: Another kind of file, or one about another kind.
    """
    versions = tuple(f"pain.002.001.{version}" for version in STATUS_VERSIONS)
    document = open_document(data, name=name, kind="pain.002", versions=versions)
    header = children(document, document.root, "CstmrPmtStsRpt/GrpHdr")[0]
    group = children(document, document.root, "CstmrPmtStsRpt/OrgnlGrpInfAndSts")[0]
    about = text_at(document, group, "OrgnlMsgNmId")
    if not about.startswith("pain.001"):
        raise document.fault(NotAStatusReport, group, found=about)
    status, reason = _status(document, group, "GrpSts")
    payments: list[PaymentStatus] = []
    informations = children(document, document.root, "CstmrPmtStsRpt/OrgnlPmtInfAndSts")
    for information in informations:
        inner, why = _status(document, information, "PmtInfSts")
        if inner:  # a file has one payment information: what is said of that is said of each payment, and nearer to it
            status, reason = inner, why or reason
        payments += [_payment(document, each) for each in children(document, information, "TxInfAndSts")]
    count = text_at(document, group, "OrgnlNbOfTxs")
    return StatusReport(
        name=name,
        sha256=file_sha256(data),
        message_id=text_at(document, header, "MsgId"),
        created_at=instant_of(document, header, text_at(document, header, "CreDtTm")),
        original_message_id=text_at(document, group, "OrgnlMsgId"),
        information_ids=tuple(text_at(document, each, "OrgnlPmtInfId") for each in informations),
        original_count=int(count) if count else None,
        original_cents=_sum(document, group),
        status=status,
        reason=reason,
        payments=tuple(payments),
        line=document.line_of(group),
    )


def _status(document: Document, element: etree._Element, tag: str) -> tuple[str, str]:
    """What stands in ``tag`` as the fund counts it, and the reason: its code, the bank's own, or its words."""
    found = text_at(document, element, tag)
    reasons = []
    for each in children(document, element, "StsRsnInf"):
        said = text_at(document, each, "Rsn/Cd") or text_at(document, each, "Rsn/Prtry")
        reasons.append(said or text_at(document, each, "AddtlInf"))
    return _MEANING.get(found, ""), next((reason for reason in reasons if reason), "")


def _payment(document: Document, element: etree._Element) -> PaymentStatus:
    reference = text_at(document, element, "OrgnlEndToEndId")
    if not reference:
        raise document.refused(element, _("it names no payment (OrgnlEndToEndId)"))
    status, reason = _status(document, element, "TxSts")
    return PaymentStatus(end_to_end_id=reference, status=status, reason=reason, line=document.line_of(element))


def _sum(document: Document, group: etree._Element) -> int | None:
    said = text_at(document, group, "OrgnlCtrlSum")
    if not said:
        return None
    cents = Decimal(said) * 100
    if cents != cents.to_integral_value():
        raise document.refused(group, _("its control sum has parts of a cent"))
    return int(cents)
