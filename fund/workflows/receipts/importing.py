"""Bank files come in: each whole or not at all, each line once, explained as far as its evidence goes.

Credit lines become receipts; debit lines settle payments, are charges of the bank, or stand unexplained. ``identity``
says which lines are known from another document, ``reversals`` what the bank takes back, ``gaps`` what is missing.
Source: bank.md (Reading a statement), lifecycle.md R2, D5, D10, C2, C7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fund.bank import BankDocument, BankFile, BankLine, BankStatement, iban_mask, read_statements
from fund.bank import iban as checked_iban
from fund.errors import FaultyInput, FundError
from fund.errors.bank import BankStatementChanged, NoBankFileTakenIn, OtherBankAccount
from fund.errors.capital import BankAccountExists, NotABankAccountCode
from fund.errors.payments import IbanKnown
from fund.events import Envelope, Fact
from fund.events.receipts import (
    BankAccountRegistered,
    BankNotificationImported,
    BankStatementImported,
    CostCharged,
    DebitRecorded,
    ReceiptRecorded,
)
from fund.schemas.capital import BankAccount, BankNotificationFile, BankStatementFile, Debit, Receipt
from fund.schemas.disbursements import Payee
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.receipts.evidence import Known
from fund.workflows.receipts.gaps import gaps
from fund.workflows.receipts.hooks import ARRIVALS, EXPLAINERS, SETTLERS, TAKERS, any_of
from fund.workflows.receipts.identity import KnownDocument, known_lines, traces_of
from fund.workflows.receipts.lifecycle import WAITING, State
from fund.workflows.receipts.matching import booking_day, match_by_itself
from fund.workflows.receipts.reading import unexplained_debits
from fund.workflows.receipts.reversals import take_reversal

BANK_ACCOUNTS = ("1000", "1005")
CHARGES = ("CHRG", "COMM", "FEES")
"""Subfamilies of bank transaction codes by which a bank says that it took its price."""


def register(uow: UnitOfWork, *, iban: str, account: str, on: date | None = None) -> Envelope:
    """An account at a bank is the fund's own from a day on, kept on 1000 or 1005 (treasury); by two people (C7).

    Money is moved to it once it has cooled off, as to any payee.

    Raises:
        InvalidIban: With its reason. NotABankAccountCode: Neither 1000 nor 1005.
        BankAccountExists: It was registered before. IbanKnown: It is the account of a payee: the fund pays to it.
    """
    number = checked_iban(iban)
    if account not in BANK_ACCOUNTS:
        raise NotABankAccountCode(account=account, known=list(BANK_ACCOUNTS), iban=number)
    known = uow.maybe(BankAccount, number)
    if known is not None:
        raise BankAccountExists(iban=number, account=known.account, from_on=known.from_on)
    payee = next((each for each in uow.cases(Payee, lookup=number) if each.state != "replaced"), None)
    if payee is not None:
        raise IbanKnown(iban=number, known=payee.ref, state=payee.state)
    day = on or uow.today
    uow.next_step = "fund bank import FILE"
    days = uow.regulations().terms.cooling_off_days
    fact = BankAccountRegistered(ref=number, account=account, from_on=day, cooling_off_days=days)
    return uow.record(fact, effective_on=day)


# ------------------------------------------------------------------------------------------------------------ import


@dataclass(slots=True)
class _Report:
    """What an import tells: how much was new, and how much of it is explained."""

    statements: int = 0
    statements_new: int = 0
    notifications: int = 0
    lines_new: int = 0
    lines_known: int = 0
    matched: int = 0
    matched_before: int = 0
    receipts: list[str] = field(default_factory=list)
    debits: list[str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)


_Kept = BankStatementFile | BankNotificationFile


def read_files(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an import, each file with what it says (``read``), or why it is refused."""
    return {**args, "files": [{**given, "read": _opened(given)} for given in args.get("files", ())]}


def _opened(given: Mapping[str, Any]) -> BankFile | FundError:
    try:
        return read_statements(given["content"], name=given["name"])
    except FundError as problem:
        return problem


def import_statements(uow: UnitOfWork, *, files: Sequence[Mapping[str, Any]]) -> None:
    """What the bank tells is taken in: each file whole or not at all, each line once, in whatever order they lie.

    Statements (camt.053) and notifications (camt.054). Each credit line is a receipt on 2300 and is matched at once
    where its evidence is certain; a debit line settles a payment, is a bank charge, or stands as unexplained on 1010.
    What waited before is tried again. Files that are refused are named with their reason, the others go in.

    Args:
        files: ``name`` and ``content`` (bytes) of each, and ``read`` where it was read before: see :func:`read_files`.

    Raises:
        OtherBankAccount: A statement of an account that is not the fund's.
        BankStatementChanged: A known statement came again with other content.
        EmptyFile, BrokenXml, ForbiddenDoctype, InvalidBankFile, BankStatementDoesNotAddUp, ...: See
            ``read_statements``.
        NoBankFileTakenIn: Of several files each was refused, for one of these reasons.
    """
    accounts = {account.ref: account for account in uow.cases(BankAccount)}
    read, refused = _read(uow, files, accounts)
    if not read and len(refused) == 1:
        raise refused[0][1]
    if not read:
        reasons = "; ".join(f"[{problem.code()}] {problem}" for _name, problem in refused)
        raise NoBankFileTakenIn(count=len(refused), reasons=reasons)
    report = _Report()
    waiting = [
        receipt.ref for receipt in uow.cases(Receipt, states=[State.RECORDED, State.PROPOSED]) if not receipt.by_hand
    ]
    open_debits = [debit for debit in unexplained_debits(uow) if not debit.reversal]
    last: Envelope | None = None
    told = sum(len(document.lines) for _file, document in read)
    known = Known(uow)
    payers = (line.counterparty_iban for _file, document in read for line in document.lines if line.amount_cents > 0)
    known.read(dict.fromkeys(payer for payer in payers if payer))
    with uow.write_batch():
        for file, document in _in_order(read):
            taken = _take_in(uow, file, document, accounts[document.iban].account, report, known, told)
            last = taken or last
        if last is not None:
            report.matched_before += sum(_explained(uow, debit.ref, last) for debit in open_debits)
            for ref in waiting:
                receipt = uow.case(Receipt, ref)
                if receipt.state in WAITING and match_by_itself(
                    uow, receipt, cause=last, reaction="receipts.match_again", known=known
                ):
                    report.matched_before += 1
    uow.result.update(
        files=len({file.name for file, _document in read}),
        statements=report.statements,
        statements_new=report.statements_new,
        notifications=report.notifications,
        lines_new=report.lines_new,
        lines_known=report.lines_known,
        matched=report.matched,
        unmatched=report.lines_new - report.matched,
        matched_before=report.matched_before,
        unmatched_receipts=report.receipts,
        unexplained_debits=report.debits,
        taken=report.taken,
        refused=[
            {"file": name, "code": problem.code(), "message": str(problem), "hint": problem.advice}
            for name, problem in refused
        ],
        gaps=gaps(uow),
    )
    uow.next_step = "fund bank unmatched" if report.receipts or report.debits else "fund bank list"


def _explained(uow: UnitOfWork, ref: str, cause: Envelope) -> bool:
    """Whether a debit that waited is explained now: by what people said of payments since it came."""
    debit = uow.case(Debit, ref)
    on = booking_day(uow, debit.debited_on)
    return debit.state == "recorded" and any_of(EXPLAINERS, uow, debit, on, cause)


_Read = list[tuple[BankFile, BankDocument]]
_Refused = list[tuple[str, FundError]]


def _read(
    uow: UnitOfWork, files: Sequence[Mapping[str, Any]], accounts: Mapping[str, BankAccount]
) -> tuple[_Read, _Refused]:
    """What can be taken in, and the files that cannot, each with its reason."""
    documents: _Read = []
    refused: _Refused = []
    contents: dict[str, tuple[str, str]] = {}
    for given in files:
        try:
            file = given["read"] if "read" in given else _opened(given)
            if isinstance(file, FundError):
                raise file
            held: list[BankDocument] = [*file.statements, *file.notifications]
            for document in held:
                if document.iban not in accounts:
                    expected, named = sorted(accounts) or ["-"], document.document_id
                    raise OtherBankAccount(file=file.name, statement=named, iban=document.iban, expected=expected)
                _require_unchanged(uow, file, document, contents)
        except FaultyInput as problem:
            refused.append((given["name"], problem))
            continue
        contents.update({_ref(document): (file.name, document.content_sha256) for document in held})
        documents += [(file, document) for document in held]
    return documents, refused


def _require_unchanged(
    uow: UnitOfWork, file: BankFile, document: BankDocument, contents: Mapping[str, tuple[str, str]]
) -> None:
    """The same statement says the same, whether it is known since long or stands in another file of this command."""
    kept = _kept(uow, document)
    known = (kept.file, kept.content_sha256) if kept is not None else contents.get(_ref(document))
    if known is not None and known[1] != document.content_sha256:
        raise BankStatementChanged(
            file=file.name, statement=document.document_id, iban=iban_mask(document.iban), known_file=known[0]
        )


def _ref(document: BankDocument) -> str:
    """IBAN, the bank's name and number; a notification says that it is one."""
    number = "" if document.sequence_number is None else str(document.sequence_number)
    mark = "" if isinstance(document, BankStatement) else ":camt.054"
    return f"{document.iban}:{document.document_id}:{number}{mark}"


def _kept(snapshot: Snapshot, document: BankDocument) -> _Kept | None:
    if isinstance(document, BankStatement):
        return snapshot.maybe(BankStatementFile, _ref(document))
    return snapshot.maybe(BankNotificationFile, _ref(document))


def _in_order(documents: _Read) -> _Read:
    """By the day that they end; a statement before the notifications of its day, which say less."""

    def place(pair: tuple[BankFile, BankDocument]) -> tuple[Any, ...]:
        document = pair[1]
        number = document.sequence_number if document.sequence_number is not None else -1
        statement = isinstance(document, BankStatement)
        end = document.day if statement else _days(document)[1]
        return (end, document.iban, not statement, number, document.document_id)

    return sorted(documents, key=place)


def _days(document: BankDocument) -> tuple[date, date]:
    """The days on which its lines are booked; where it has none, the day of the document."""
    days = [line.booked_on for line in document.lines] or [document.day]
    return min(days), max(days)


# ---------------------------------------------------------------------------------------------------------- identity


def _document(ref: str, told: BankDocument | _Kept, days: tuple[date, date], traces: Sequence[str]) -> KnownDocument:
    if isinstance(told, (BankStatement, BankStatementFile)):
        return KnownDocument(
            ref=ref,
            statement=True,
            opened_on=told.opened_on,
            closed_on=told.closed_on,
            opening_cents=told.opening_cents,
            closing_cents=told.closing_cents,
            sequence_number=told.sequence_number,
            traces=traces,
        )
    return KnownDocument(ref=ref, statement=False, opened_on=days[0], closed_on=days[1], traces=traces)


def _known_before(uow: UnitOfWork, document: BankDocument) -> list[tuple[str, ...]]:
    """For each line the movements that other documents told of before."""
    first, last = days = _days(document)
    kept: list[_Kept] = [
        *uow.cases(BankStatementFile, parent=document.iban),
        *uow.cases(BankNotificationFile, parent=document.iban),
    ]
    near = [
        _document(one.ref, one, (one.first_on, one.last_on), one.traces)
        for one in kept
        if one.first_on and one.last_on and one.first_on <= last and one.last_on >= first
    ]
    return known_lines(_document(_ref(document), document, days, traces_of(document.lines)), near)


def _take_in(
    uow: UnitOfWork, file: BankFile, document: BankDocument, account: str, report: _Report, known: Known, told: int
) -> Envelope | None:
    statement = isinstance(document, BankStatement)
    report.statements += statement
    report.notifications += not statement
    row = {
        "file": file.name,
        "kind": "statement" if statement else "notification",
        "iban": document.iban,
        "statement_id": document.document_id,
        "lines": len(document.lines),
    }
    if _kept(uow, document) is not None:
        report.lines_known += len(document.lines)
        report.taken.append({**row, "lines_new": 0, "lines_known": len(document.lines), "new": False})
        return None
    same = _known_before(uow, document)
    taken = _record(uow, file, document, same)
    report.statements_new += statement
    new = 0
    for line, before in zip(document.lines, same, strict=True):
        if before:
            report.lines_known += 1
            continue
        new += 1
        report.lines_new += 1
        report.matched += _take_line(uow, line, account, taken, report, known)
        uow.report_progress(report.lines_new, told)
    report.taken.append({**row, "lines_new": new, "lines_known": len(document.lines) - new, "new": True})
    return taken


def _record(uow: UnitOfWork, file: BankFile, document: BankDocument, same: Sequence[tuple[str, ...]]) -> Envelope:
    first, last = _days(document)
    more: dict[str, Any] = {
        "ref": _ref(document),
        "iban": document.iban,
        "sequence_number": document.sequence_number,
        "lines": len(document.lines),
        "lines_known": sum(1 for before in same if before),
        "first_on": first,
        "last_on": last,
        "file": file.name,
        "file_sha256": file.sha256,
        "content_sha256": document.content_sha256,
        "traces": traces_of(document.lines, same),
    }
    if not isinstance(document, BankStatement):
        fact: Fact = BankNotificationImported(notification_id=document.document_id, **more)
        return uow.record(fact, effective_on=booking_day(uow, last))
    fact = BankStatementImported(
        statement_id=document.document_id,
        opening_cents=document.opening_cents,
        closing_cents=document.closing_cents,
        opened_on=document.opened_on,
        closed_on=document.closed_on,
        **more,
    )
    return uow.record(fact, effective_on=booking_day(uow, document.closed_on))


# ------------------------------------------------------------------------------------------------------------- lines


def _take_line(uow: UnitOfWork, line: BankLine, account: str, taken: Envelope, report: _Report, known: Known) -> bool:
    on = booking_day(uow, line.booked_on)
    if line.charges_cents:
        _charge(uow, line, line.charges_cents, account, on, taken)
    if line.amount_cents == 0:
        return True
    if line.code.rpartition("/")[2] in CHARGES and not line.counterparty_iban:
        _charge(uow, line, -line.amount_cents, account, on, taken)
        return True
    if line.reversal and take_reversal(uow, line, account, on, taken):
        return True
    if line.amount_cents > 0:
        return _take_credit(uow, line, account, on, taken, report, known)
    return _take_debit(uow, line, account, on, taken, report)


def _charge(uow: UnitOfWork, line: BankLine, cents: int, account: str, on: date, taken: Envelope) -> None:
    fact = CostCharged(
        ref=uow.next_ref("cost"),
        account=account,
        amount_cents=cents,
        charged_on=line.booked_on,
        line_id=line.line_id,
        text=line.text,
    )
    uow.record(fact, effective_on=on, cause=taken, reaction="receipts.charge")


def _take_credit(
    uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope, report: _Report, known: Known
) -> bool:
    if not line.reversal and any_of(ARRIVALS, uow, line, account, on, taken):
        return True
    ref = uow.next_ref("receipt")
    recorded = uow.record(
        ReceiptRecorded(
            ref=ref,
            line_id=line.line_id,
            statement=taken.fact.ref,
            source=taken.fact.kind,
            account=account,
            amount_cents=line.amount_cents,
            booked_on=line.booked_on,
            valued_on=line.valued_on,
            payer_iban=line.counterparty_iban,
            end_to_end_id=line.end_to_end_id,
            reference=line.creditor_reference,
            text=line.text,
            code=line.code,
            return_reason=line.return_reason,
            reversal=line.reversal,
            bank_reference=line.bank_reference,
        ),
        effective_on=on,
    )
    receipt = uow.case(Receipt, ref)
    ours = bool(line.returned or line.end_to_end_id)  # a payment of the fund may have come back (D10)
    matched = (ours and any_of(TAKERS, uow, line, receipt, on, recorded)) or (
        not line.returned
        and not line.reversal
        and match_by_itself(uow, receipt, cause=recorded, reaction="receipts.match", known=known)
    )
    if not matched:
        report.receipts.append(ref)
    return matched


def _take_debit(uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope, report: _Report) -> bool:
    if not line.reversal and any_of(SETTLERS, uow, line, account, on, taken):
        return True
    ref = uow.next_ref("debit")
    fact = DebitRecorded(
        ref=ref,
        account=account,
        amount_cents=-line.amount_cents,
        debited_on=line.booked_on,
        line_id=line.line_id,
        payee_iban=line.counterparty_iban,
        end_to_end_id=line.end_to_end_id,
        text=line.text,
        code=line.code,
        reversal=line.reversal,
        bank_reference=line.bank_reference,
        payment_information_id=line.payment_information_id,
    )
    uow.record(fact, effective_on=on, cause=taken, reaction="receipts.debit")
    report.debits.append(ref)
    return False
