"""A bank that exists only in stories: it takes our payment files and writes camt.053 statements of its own.

The demo and the tests need a bank; this one keeps an account, numbers its statements and gives every payment the
shape a Dutch bank gives it: incoming transfers with or without a reference, a batch as one entry with its
transactions inside, returns with their reason, charges. The same story gives the same bytes. Nothing in the service
reads this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from lxml import etree

from fund.bank.documents import ZONE, new_document, put, written
from fund.bank.payments import read_payments
from fund.bank.references import bic_of
from fund.money import format_plain

RECEIVED, SENT, RETURNED, CHARGED = "PMNT/RCDT/ESCT", "PMNT/ICDT/ESCT", "PMNT/RCDT/RRTN", "PMNT/MDOP/CHRG"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTransaction:
    """One transaction of an entry, seen from our account: money in is positive."""

    amount_cents: int
    name: str = ""
    iban: str = ""
    end_to_end_id: str = ""
    reference: str = ""
    text: str = ""
    return_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """One entry on a statement.

    Args:
        transactions: One, or several for a batch.
        charges_cents: What the bank kept from the amount: the account moves by the amount less this.
        code: domain/family/subfamily.
        batch_id: The payment information of a batch of ours.
        booked: Whether it counts; an entry that is only announced does not.
    """

    transactions: tuple[StoryTransaction, ...]
    booked_on: date
    valued_on: date | None = None
    charges_cents: int = 0
    code: str = RECEIVED
    batch_id: str = ""
    reversal: bool = False
    booked: bool = True
    reference: str | None = None
    """The bank's name of the entry; its number in the statement where it is left out."""
    bank_reference: str = ""
    """The bank's name of the movement (``AcctSvcrRef``), the same in every file that tells of it."""

    @property
    def cents(self) -> int:
        """What the account moves by."""
        return sum(transaction.amount_cents for transaction in self.transactions) - self.charges_cents


def write_statement(
    *,
    iban: str,
    statement_id: str,
    sequence_number: int,
    opening_cents: int,
    opened_on: date,
    closed_on: date,
    entries: Iterable[StoryEntry],
    created_at: datetime | None = None,
    closing_cents: int | None = None,
    owner: str = "",
    version: str = "08",
) -> bytes:
    """A camt.053 file (``08`` or ``02``) with one statement, valid by its schema.

    ``closing_cents`` is the opening balance and the entries, unless a test wants a bank that cannot add.
    """
    entries = tuple(entries)
    moment = created_at or datetime.combine(closed_on + timedelta(days=1), time(6), ZONE)
    whole = _opened(f"camt.053.001.{version}", "BkToCstmrStmt", statement_id, moment)
    statement, account = _account(whole, "Stmt", statement_id, sequence_number, moment, iban)
    if owner:
        put(account, "Ownr/Nm", owner)
    if bic_of(iban):
        put(account, f"Svcr/FinInstnId/{'BICFI' if version == '08' else 'BIC'}", bic_of(iban))
    if closing_cents is None:
        closing_cents = opening_cents + sum(entry.cents for entry in entries if entry.booked)
    _balance(statement, "OPBD", opening_cents, opened_on)
    _balance(statement, "CLBD", closing_cents, closed_on)
    for number, entry in enumerate(entries, start=1):
        _entry(statement, entry, number, version)
    return written(whole, f"camt.053.001.{version}")


def write_status(
    payment_file: bytes,
    *,
    status: str = "",
    reason: str = "",
    payments: Mapping[str, tuple[str, str]] | None = None,
    part: str = "",
    message_id: str = "PSR0001",
    created_at: datetime = datetime(2026, 1, 9, 8, tzinfo=UTC),
    count: int | None = None,
    total_cents: int | None = None,
) -> bytes:
    """What the bank answers to a payment file (pain.002.001.03), valid by its schema.

    Args:
        status, reason: Of the whole file: ``ACCP``, ``RJCT``, ``PART``; not said when empty.
        payments: Of single payments, by end-to-end reference: status and reason, each empty when not said.
        part: Of the one payment information of the file.
        count, total_cents: What the bank says to have got, when that is not what the file has.
    """
    batch = read_payments(payment_file, name="payment file")
    whole = _opened("pain.002.001.03", "CstmrPmtStsRpt", message_id, created_at)
    group = put(whole, "OrgnlGrpInfAndSts")
    put(group, "OrgnlMsgId", batch.message_id)
    put(group, "OrgnlMsgNmId", "pain.001")
    put(group, "OrgnlNbOfTxs", str(len(batch.payments) if count is None else count))
    put(group, "OrgnlCtrlSum", format_plain(batch.total_cents if total_cents is None else total_cents))
    _said(group, "GrpSts", status, reason)
    if payments or part:
        information = put(whole, "OrgnlPmtInfAndSts")
        put(information, "OrgnlPmtInfId", batch.message_id)
        _said(information, "PmtInfSts", part, "")
        for reference, (each, why) in (payments or {}).items():
            element = put(information, "TxInfAndSts")
            put(element, "OrgnlEndToEndId", reference)
            _said(element, "TxSts", each, why)
    return written(whole, "pain.002.001.03")


def _said(parent: etree._Element, tag: str, status: str, reason: str) -> None:
    if status:
        put(parent, tag, status)
    if reason:
        put(parent, "StsRsnInf/Rsn/Cd", reason)


def write_notification(
    *,
    iban: str,
    notification_id: str,
    entries: Iterable[StoryEntry],
    created_at: datetime,
    sequence_number: int | None = None,
) -> bytes:
    """A camt.054 file with one notification, valid by its schema: entries as on a statement, and no balances."""
    whole = _opened("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", notification_id, created_at)
    notification, _of = _account(whole, "Ntfctn", notification_id, sequence_number, created_at, iban)
    for number, entry in enumerate(entries, start=1):
        _entry(notification, entry, number, "08")
    return written(whole, "camt.054.001.08")


def _opened(version: str, name: str, message_id: str, created_at: datetime) -> etree._Element:
    """A new document with its header."""
    whole = put(new_document(version), name)
    put(whole, "GrpHdr/MsgId", message_id)
    put(whole[0], "CreDtTm", _instant(created_at))
    return whole


def _account(
    whole: etree._Element, name: str, ref: str, number: int | None, created_at: datetime, iban: str
) -> tuple[etree._Element, etree._Element]:
    """A statement or notification with what it says first, and the element of its account."""
    document = put(whole, name)
    put(document, "Id", ref)
    if number is not None:
        put(document, "ElctrncSeqNb", str(number))
    put(document, "CreDtTm", _instant(created_at))
    account = put(document, "Acct")
    put(account, "Id/IBAN", iban)
    put(account, "Ccy", "EUR")
    return document, account


def _instant(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def _money(parent: etree._Element, path: str, cents: int) -> None:
    put(parent, path, format_plain(abs(cents))).set("Ccy", "EUR")


def _direction(parent: etree._Element, cents: int) -> None:
    put(parent, "CdtDbtInd", "CRDT" if cents >= 0 else "DBIT")


def _balance(statement: etree._Element, kind: str, cents: int, on: date) -> None:
    balance = put(statement, "Bal")
    put(balance, "Tp/CdOrPrtry/Cd", kind)
    _money(balance, "Amt", cents)
    _direction(balance, cents)
    put(balance, "Dt/Dt", on.isoformat())


def _entry(statement: etree._Element, entry: StoryEntry, number: int, version: str) -> None:
    element = put(statement, "Ntry")
    reference = f"{number:04d}" if entry.reference is None else entry.reference
    if reference:
        put(element, "NtryRef", reference)
    _money(element, "Amt", entry.cents)
    _direction(element, entry.cents)
    if entry.reversal:
        put(element, "RvslInd", "true")
    put(element, "Sts/Cd" if version == "08" else "Sts", "BOOK" if entry.booked else "PDNG")
    put(element, "BookgDt/Dt", entry.booked_on.isoformat())
    put(element, "ValDt/Dt", (entry.valued_on or entry.booked_on).isoformat())
    if entry.bank_reference:
        put(element, "AcctSvcrRef", entry.bank_reference)
    domain, family, subfamily = entry.code.split("/")
    code = put(element, "BkTxCd/Domn")
    put(code, "Cd", domain)
    family_element = put(code, "Fmly")
    put(family_element, "Cd", family)
    put(family_element, "SubFmlyCd", subfamily)
    if entry.charges_cents:
        charge = put(element, "Chrgs/Rcrd" if version == "08" else "Chrgs")
        _money(charge, "Amt", entry.charges_cents)
        put(charge, "CdtDbtInd", "DBIT" if entry.charges_cents > 0 else "CRDT")
        if version == "08":
            put(charge, "ChrgInclInd", "true")
    details = put(element, "NtryDtls")
    if len(entry.transactions) > 1 or entry.batch_id:
        batch = put(details, "Btch")
        if entry.batch_id:
            put(batch, "PmtInfId", entry.batch_id)
        put(batch, "NbOfTxs", str(len(entry.transactions)))
    for transaction in entry.transactions:
        _transaction(details, transaction, version)


def _transaction(details: etree._Element, transaction: StoryTransaction, version: str) -> None:
    element = put(details, "TxDtls")
    put(element, "Refs/EndToEndId", transaction.end_to_end_id or "NOTPROVIDED")
    if version == "08":
        _money(element, "Amt", transaction.amount_cents)
        _direction(element, transaction.amount_cents)
    else:
        _money(element, "AmtDtls/TxAmt/Amt", transaction.amount_cents)
    if transaction.name or transaction.iban:
        side = "Dbtr" if transaction.amount_cents >= 0 else "Cdtr"
        parties = put(element, "RltdPties")
        if transaction.name:
            put(parties, f"{side}/Pty/Nm" if version == "08" else f"{side}/Nm", transaction.name)
        if transaction.iban:
            put(parties, f"{side}Acct/Id/IBAN", transaction.iban)
    if transaction.reference:
        reference = put(element, "RmtInf/Strd/CdtrRefInf")
        put(reference, "Tp/CdOrPrtry/Cd", "SCOR")
        put(reference, "Ref", transaction.reference)
    elif transaction.text:
        put(element, "RmtInf/Ustrd", transaction.text)
    if transaction.return_reason:
        put(element, "RtrInf/Rsn/Cd", transaction.return_reason)


@dataclass
class StoryBank:
    """An account at the bank of the story. What happens gathers until ``statement`` writes it down.

    Args:
        iban: The account of the fund.
        owner: The fund's name.
        balance_cents: What stood there before the story.
        sequence_number: Of the last statement before the story.
    """

    iban: str
    owner: str = ""
    balance_cents: int = 0
    sequence_number: int = 0
    entries: list[StoryEntry] = field(default_factory=list)
    paid: dict[str, StoryTransaction] = field(default_factory=dict)

    def receive(
        self,
        amount_cents: int,
        *,
        name: str,
        iban: str,
        on: date,
        reference: str = "",
        text: str = "",
        charges_cents: int = 0,
        end_to_end_id: str = "",
    ) -> None:
        """Somebody pays the fund, with an RF ``reference`` or a free ``text``."""
        transaction = StoryTransaction(
            amount_cents=amount_cents, name=name, iban=iban, reference=reference, text=text, end_to_end_id=end_to_end_id
        )
        self.entries.append(StoryEntry(transactions=(transaction,), booked_on=on, charges_cents=charges_cents))

    def pay(self, payment_file: bytes, *, on: date | None = None, refused: Iterable[str] = ()) -> None:
        """Carry out a payment file of the fund: one debit for the whole batch, less what the bank refuses at once.

        Args:
            on: The day it is carried out; the execution day of the file where it is left out.
            refused: End-to-end references that the bank does not pay at all (the money never leaves).
        """
        batch = read_payments(payment_file, name="payment file")
        gone = set(refused)
        transactions = tuple(
            StoryTransaction(
                amount_cents=-payment.amount_cents,
                name=payment.payee_name,
                iban=payment.payee_iban,
                end_to_end_id=payment.end_to_end_id,
                text=payment.text,
                reference=payment.creditor_reference,
            )
            for payment in batch.payments
            if payment.end_to_end_id not in gone
        )
        self.paid.update({transaction.end_to_end_id: transaction for transaction in transactions})
        if transactions:
            entry = StoryEntry(
                transactions=transactions, booked_on=on or batch.execution_on, code=SENT, batch_id=batch.message_id
            )
            self.entries.append(entry)

    def send_back(self, end_to_end_id: str, *, on: date, reason: str = "AC04") -> None:
        """A payment of the fund comes back: the account was closed (AC04), or another ``reason``."""
        paid = self.paid.pop(end_to_end_id)
        text = f"Retour {end_to_end_id}"
        back = replace(paid, amount_cents=-paid.amount_cents, text=text, reference="", return_reason=reason)
        self.entries.append(StoryEntry(transactions=(back,), booked_on=on, code=RETURNED))

    def charge(self, amount_cents: int, *, on: date, text: str = "Kosten zakelijke rekening") -> None:
        """The bank asks its price."""
        transaction = StoryTransaction(amount_cents=-amount_cents, text=text)
        self.entries.append(StoryEntry(transactions=(transaction,), booked_on=on, code=CHARGED))

    def move(self, amount_cents: int, *, other: str, on: date) -> None:
        """Money goes to (below zero) or comes from another account of the same owner."""
        transaction = StoryTransaction(amount_cents=amount_cents, name=self.owner, iban=other)
        code = RECEIVED if amount_cents > 0 else SENT
        self.entries.append(StoryEntry(transactions=(transaction,), booked_on=on, code=code))

    def statement(self, on: date, *, version: str = "08") -> bytes:
        """Write down what happened since the last statement, as the statement of day ``on``."""
        self.sequence_number += 1
        entries, self.entries = tuple(self.entries), []
        opening_cents = self.balance_cents
        self.balance_cents += sum(entry.cents for entry in entries if entry.booked)
        return write_statement(
            iban=self.iban,
            statement_id=f"{on:%Y%m%d}{self.iban[-4:]}{self.sequence_number:05d}",
            sequence_number=self.sequence_number,
            opening_cents=opening_cents,
            opened_on=min([on, *(entry.booked_on for entry in entries)]),
            closed_on=on,
            entries=entries,
            created_at=datetime.combine(on, time(22), UTC),
            owner=self.owner,
            version=version,
        )
