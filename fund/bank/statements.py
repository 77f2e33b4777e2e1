"""Bank statements (camt.053) and notifications (camt.054) read whole, or refused whole.

Version .02 and .08 say the same in other places: the state of an entry, the name of a party, the amount of a
transaction. Both end as the same records. A notification tells of entries as a statement does, without balances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from fund.bank.documents import (
    Document,
    cents_of,
    cents_of_text,
    children,
    day_at,
    instant_of,
    pictures,
    stream_document,
    text_at,
)
from fund.bank.records import (
    BankDocument,
    BankFile,
    BankLine,
    BankNotification,
    BankStatement,
    file_sha256,
    line_identity,
)
from fund.errors.bank import (
    AccountWithoutIban,
    BankStatementDoesNotAddUp,
    BankStatementWithoutBalance,
    BatchDoesNotAddUp,
    CountDoesNotMatch,
    SumDoesNotMatch,
    TransactionWithoutAmount,
    WrongCurrency,
)

STATEMENT_VERSIONS = ("camt.053.001.02", "camt.053.001.08")
NOTIFICATION_VERSIONS = ("camt.054.001.08",)
_STATEMENT, _NOTIFICATION = "BkToCstmrStmt/Stmt", "BkToCstmrDbtCdtNtfctn/Ntfctn"
_SUMMARIES = ("TtlNtries", "TtlCdtNtries", "TtlDbtNtries")
_NOT_PROVIDED = "NOTPROVIDED"


def read_statements(data: bytes, *, name: str) -> BankFile:
    """What the bank says happened: all statements in the file, each proved against its own balances, or notifications.

    Args:
        data: The bytes as downloaded.
        name: How the file is called in a refusal: ``statement.xml``.

    Raises:
        EmptyFile, BankFileTooLarge, WrongEncoding, ForbiddenDoctype, BrokenXml, NotABankStatement,
        UnknownBankVersion, InvalidBankFile (also for a day that does not exist): See ``documents.stream_document``.
        AccountWithoutIban: A statement of something else than an IBAN.
        WrongCurrency: Account, balance, entry or transaction in another currency than euros.
        PartOfACent: An amount with more than two decimals.
        BankStatementWithoutBalance: No opening (OPBD, else PRCD) or no closing balance (CLBD), or several.
        TransactionWithoutAmount: A batch whose parts have no amounts.
        CountDoesNotMatch: A batch or a summary announces another number than there is.
        SumDoesNotMatch: A summary announces another sum of entries.
        BatchDoesNotAddUp: The transactions of an entry do not make its amount.
        BankStatementDoesNotAddUp: Opening balance and entries do not make the closing balance.
    """
    document = stream_document(data, name=name, kind="camt", versions=STATEMENT_VERSIONS + NOTIFICATION_VERSIONS)
    statements: list[BankStatement] = []
    notifications: list[BankNotification] = []
    reader: _Lines | None = None
    for element in document.elements(_STATEMENT, f"{_STATEMENT}/Ntry", _NOTIFICATION, f"{_NOTIFICATION}/Ntry"):
        tag = etree.QName(element).localname
        whole: Any = element.getparent() if tag == "Ntry" else element
        if reader is None:  # what stands before the first entry is there, or the whole that has no entry
            reader = _Lines(document, _head(document, whole))
        if tag == "Ntry":
            reader.take(element)
            continue
        reader.hold(element)
        read = replace(reader.head, lines=tuple(reader.lines), not_booked=reader.not_booked)
        if isinstance(read, BankStatement):
            _require_sum(document, element, read)
            statements.append(read)
        elif isinstance(read, BankNotification):
            notifications.append(read)
        reader = None
    return BankFile(
        name=name,
        sha256=file_sha256(data),
        version=document.version,
        statements=tuple(statements),
        notifications=tuple(notifications),
    )


def _head(document: Document, element: etree._Element) -> BankDocument:
    """What a statement or notification says before its entries."""
    document_id = text_at(document, element, "Id")
    iban, sequence_number = _account(document, element, document_id)
    file: Any = element.getparent()
    said = text_at(document, element, "CreDtTm") or text_at(document, file, "GrpHdr/CreDtTm")  # only the file has to
    notification = BankNotification(
        iban=iban,
        document_id=document_id,
        sequence_number=sequence_number,
        created_at=instant_of(document, element, said),
    )
    if etree.QName(element).localname == "Ntfctn":
        return notification
    opening_cents, opened_on = _balance(document, element, document_id, ("OPBD", "PRCD"))
    closing_cents, closed_on = _balance(document, element, document_id, ("CLBD",))
    return BankStatement(
        **vars(notification),
        opening_cents=opening_cents,
        closing_cents=closing_cents,
        opened_on=opened_on,
        closed_on=closed_on,
    )


def _account(document: Document, element: etree._Element, statement_id: str) -> tuple[str, int | None]:
    """The IBAN that a statement is of, and its electronic number where it has one."""
    iban = text_at(document, element, "Acct/Id/IBAN")
    if not iban:
        account = text_at(document, element, "Acct/Id/Othr/Id")
        raise document.fault(AccountWithoutIban, element, account=account, statement=statement_id)
    currency = text_at(document, element, "Acct/Ccy") or "EUR"
    if currency != "EUR":
        raise document.fault(WrongCurrency, element, found=currency)
    number = text_at(document, element, "ElctrncSeqNb")
    return iban, int(Decimal(number)) if number else None


def _require_sum(document: Document, element: etree._Element, statement: BankStatement) -> None:
    entries_cents = sum(line.booked_cents for line in statement.lines)
    computed_cents = statement.opening_cents + entries_cents
    if computed_cents != statement.closing_cents:
        raise document.fault(
            BankStatementDoesNotAddUp,
            element,
            statement=statement.document_id,
            opening_cents=statement.opening_cents,
            entries_cents=entries_cents,
            computed_cents=computed_cents,
            closing_cents=statement.closing_cents,
            difference_cents=statement.closing_cents - computed_cents,
        )


def _balance(
    document: Document, element: etree._Element, statement_id: str, kinds: tuple[str, ...]
) -> tuple[int, date]:
    """Cents (money of the fund positive) and day of the one balance of the first kind that is there."""
    balances = children(document, element, "Bal")
    for kind in kinds:
        found = [balance for balance in balances if text_at(document, balance, "Tp/CdOrPrtry/Cd") == kind]
        if len(found) == 1:
            balance = found[0]
            cents = cents_of(document, children(document, balance, "Amt")[0])
            return _signed(document, balance, cents), day_at(document, balance, "Dt") or date.min
        if found:
            break
    raise document.fault(BankStatementWithoutBalance, element, statement=statement_id, kind=kinds[0], count=len(found))


def _signed(document: Document, element: etree._Element, cents: int, otherwise: str = "") -> int:
    return cents if (text_at(document, element, "CdtDbtInd") or otherwise) == "CRDT" else -cents


@dataclass(frozen=True, slots=True)
class _Part:
    """One transaction of an entry before charges are told apart."""

    element: etree._Element | None
    amount_cents: int | None
    charges_cents: int
    payment_information_id: str


class _Lines:
    """Turns the entries of one statement into lines, one after another."""

    def __init__(self, document: Document, head: BankDocument) -> None:
        self.head = head
        self.lines: list[BankLine] = []
        self.not_booked = 0
        self._document = document
        self._references: dict[str, int] = {}
        self._made = {name: [0, 0] for name in _SUMMARIES}
        self._announced = {name: [0, 0] for name in _SUMMARIES}

    def take(self, entry: etree._Element) -> None:
        """Read one entry, and count it for :meth:`hold`."""
        document = self._document
        booked = self.not_booked
        amount = children(document, entry, "Amt")[0]
        cents = cents_of(document, amount) if amount.get("Ccy") == "EUR" else 0
        side = "TtlCdtNtries" if text_at(document, entry, "CdtDbtInd") == "CRDT" else "TtlDbtNtries"
        self._add(entry)
        for name in ("TtlNtries", side):
            for sums in (self._made, self._announced) if booked == self.not_booked else (self._announced,):
                sums[name][0] += 1
                sums[name][1] += cents

    def hold(self, element: etree._Element) -> None:
        """Hold all entries of a statement or notification against its summary."""
        for name in _SUMMARIES:
            self._hold(element, f"TxsSummry/{name}", self._made[name], self._announced[name])

    def _hold(self, element: etree._Element, path: str, booked: list[int], all_of_them: list[int]) -> None:
        """Some banks count what is only announced, some do not."""
        document = self._document
        count, total = text_at(document, element, f"{path}/NbOfNtries"), text_at(document, element, f"{path}/Sum")
        line = document.line_of(element)
        if count and int(count) not in (booked[0], all_of_them[0]):
            raise CountDoesNotMatch(file=document.name, line=line, announced=int(count), found=booked[0])
        if not total or path.endswith("TtlNtries"):
            return  # of all entries banks announce what came in and went out, or the difference
        cents = cents_of_text(document, element, total)
        if cents not in (booked[1], all_of_them[1]):
            raise SumDoesNotMatch(
                file=document.name,
                line=line,
                announced_cents=cents,
                found_cents=booked[1],
                difference_cents=booked[1] - cents,
            )

    def _add(self, entry: etree._Element) -> None:
        """Read one ``Ntry``; what is only announced (pending, information) is counted and left out."""
        document = self._document
        if (text_at(document, entry, "Sts/Cd") or text_at(document, entry, "Sts")) != "BOOK":
            self.not_booked += 1
            return
        reference = self._reference(entry)
        amount_cents = _signed(document, entry, cents_of(document, children(document, entry, "Amt")[0]))
        parts = self._parts(entry, reference, amount_cents)
        for position, part in enumerate(parts, start=1):
            self.lines.append(self._line(entry, part, reference, position, len(parts)))

    def _reference(self, entry: etree._Element) -> str:
        """The entry's name inside the statement; a second entry of the same name, or one without, is counted."""
        document = self._document
        given = text_at(document, entry, "NtryRef") or text_at(document, entry, "AcctSvcrRef")
        times = self._references[given] = self._references.get(given, 0) + 1
        return given if given and times == 1 else f"{given}#{times}"

    def _parts(self, entry: etree._Element, reference: str, entry_cents: int) -> list[_Part]:
        """The transactions of an entry with the charges inside it; they add up to the entry or it is refused."""
        document = self._document
        parts: list[_Part] = []
        sign = "CRDT" if entry_cents >= 0 else "DBIT"
        for details in children(document, entry, "NtryDtls"):
            batch_id = text_at(document, details, "Btch/PmtInfId")
            found = children(document, details, "TxDtls")
            announced = text_at(document, details, "Btch/NbOfTxs")
            if found and announced and int(announced) != len(found):
                raise document.fault(CountDoesNotMatch, details, announced=int(announced), found=len(found))
            if not found and batch_id:
                parts.append(_Part(None, None, 0, batch_id))
            for transaction in found:
                own_id = text_at(document, transaction, "Refs/PmtInfId") or batch_id
                amount_cents = self._amount(transaction, sign)
                parts.append(_Part(transaction, amount_cents, self._charges(transaction), own_id))
        charges_cents = self._charges(entry)
        if len(parts) <= 1:
            return [self._single(parts[0] if parts else _Part(None, None, 0, ""), entry_cents, charges_cents)]
        missing = next((number for number, part in enumerate(parts, start=1) if part.amount_cents is None), None)
        if missing is not None:
            raise document.fault(
                TransactionWithoutAmount, entry, position=missing, entry=reference, statement=self.head.document_id
            )
        return self._add_up(entry, parts, reference, entry_cents, charges_cents)

    def _add_up(
        self, entry: etree._Element, parts: list[_Part], reference: str, entry_cents: int, charges_cents: int
    ) -> list[_Part]:
        total_cents = sum(part.amount_cents or 0 for part in parts)
        inside_cents = sum(part.charges_cents for part in parts)
        if total_cents == entry_cents:  # charges, if any, are booked elsewhere
            return [replace(part, charges_cents=0) for part in parts]
        if inside_cents and total_cents - inside_cents == entry_cents:
            return parts
        if charges_cents and total_cents - charges_cents == entry_cents:  # one price for all: with the first
            return [replace(part, charges_cents=0 if number else charges_cents) for number, part in enumerate(parts)]
        raise self._document.fault(
            BatchDoesNotAddUp,
            entry,
            entry=reference,
            statement=self.head.document_id,
            amount_cents=entry_cents,
            transactions_cents=total_cents,
            difference_cents=entry_cents - total_cents,
        )

    @staticmethod
    def _single(part: _Part, entry_cents: int, charges_cents: int) -> _Part:
        """An entry of its own: the account moved by the entry; a difference that the charges explain is their price."""
        known_cents = charges_cents or part.charges_cents
        gross_cents = entry_cents + known_cents
        inside = known_cents != 0 and part.amount_cents == gross_cents
        return replace(
            part, amount_cents=gross_cents if inside else entry_cents, charges_cents=known_cents if inside else 0
        )

    def _amount(self, transaction: etree._Element, sign: str) -> int | None:
        """The amount of one transaction in the currency of the account; ``None`` where it is not given in euros."""
        document = self._document
        for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
            for found in children(document, transaction, path)[:1]:
                if found.get("Ccy") == "EUR":
                    return _signed(document, transaction, cents_of(document, found), sign)
        return None

    def _charges(self, element: etree._Element) -> int:
        """What the bank says it kept for itself, in cents; a charge it gave back counts against it."""
        document = self._document
        total_cents = 0
        # .02 repeats Chrgs with an amount each; .08 has one Chrgs with records
        for charge in [*children(document, element, "Chrgs/Rcrd"), *children(document, element, "Chrgs")]:
            for amount in children(document, charge, "Amt")[:1]:
                cents = cents_of(document, amount)
                total_cents += -cents if text_at(document, charge, "CdtDbtInd") == "CRDT" else cents
        if total_cents == 0:
            for amount in children(document, element, "Chrgs/TtlChrgsAndTaxAmt")[:1]:
                total_cents = cents_of(document, amount)
        return total_cents

    def _line(self, entry: etree._Element, part: _Part, reference: str, position: int, size: int) -> BankLine:
        document = self._document
        inner = part.element if part.element is not None else entry
        amount_cents = part.amount_cents or 0
        end_to_end_id = text_at(document, inner, "Refs/EndToEndId")
        name, iban = self._counterparty(inner, credit=amount_cents >= 0)
        booked_on = day_at(document, entry, "BookgDt") or day_at(document, entry, "ValDt") or self.head.day
        return BankLine(
            line_id=line_identity(
                iban=self.head.iban,
                statement_id=self.head.document_id,
                sequence_number=self.head.sequence_number,
                entry_reference=reference,
                position=position,
            ),
            amount_cents=amount_cents,
            booked_on=booked_on,
            valued_on=day_at(document, entry, "ValDt") or booked_on,
            charges_cents=part.charges_cents,
            counterparty_name=name,
            counterparty_iban=iban,
            end_to_end_id="" if end_to_end_id == _NOT_PROVIDED else end_to_end_id,
            creditor_reference=text_at(document, inner, "RmtInf/Strd/CdtrRefInf/Ref").replace(" ", "").upper(),
            text=self._text(entry, inner),
            code=self._code(inner) or self._code(entry),
            return_reason=text_at(document, inner, "RtrInf/Rsn/Cd") or text_at(document, inner, "RtrInf/Rsn/Prtry"),
            reversal=text_at(document, entry, "RvslInd") in ("true", "1"),
            bank_reference=text_at(document, inner, "Refs/AcctSvcrRef") or text_at(document, entry, "AcctSvcrRef"),
            entry_reference=reference,
            entry_bank_reference=text_at(document, entry, "AcctSvcrRef"),
            batch_position=position,
            batch_size=size,
            payment_information_id=part.payment_information_id,
        )

    def _counterparty(self, element: etree._Element, *, credit: bool) -> tuple[str, str]:
        """Name and IBAN of the other side: who paid us, or whom we paid; never the fund itself.

        A bank may leave the parties of a returned payment as they were, so the side is checked against our own IBAN.
        """
        document = self._document
        sides = ("Dbtr", "Cdtr") if credit else ("Cdtr", "Dbtr")
        for side in sides:
            iban = text_at(document, element, f"RltdPties/{side}Acct/Id/IBAN").upper()
            if iban == self.head.iban:
                continue
            paths = f"{side}/Nm", f"{side}/Pty/Nm", f"{side}/Agt/FinInstnId/Nm", f"Ultmt{side}/Nm"
            names = [text_at(document, element, f"RltdPties/{path}") for path in paths]
            name = next(filter(None, names), "")
            if name or iban:
                return name, iban
        return "", ""

    def _text(self, entry: etree._Element, inner: etree._Element) -> str:
        """What the payer wrote; else what the bank says about it."""
        document = self._document
        words = [word for found in children(document, inner, "RmtInf/Ustrd") for word in (found.text or "").split()]
        if words:
            return pictures(" ".join(words))
        return text_at(document, inner, "AddtlTxInf") or text_at(document, entry, "AddtlNtryInf")

    def _code(self, element: etree._Element) -> str:
        document = self._document
        steps = ("Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd")
        known = [text_at(document, element, f"BkTxCd/{step}") for step in steps]
        return "/".join(known) if all(known) else text_at(document, element, "BkTxCd/Prtry/Cd")
