"""Bank files come in: statements once, each line booked and explained as far as its evidence goes.

Whole files or nothing. Credit lines become receipts; debit lines settle payments, are charges of the bank, or stand
unexplained. Source: bank.md (Reading a statement), lifecycle.md R2, D5, D10, C2, C7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from fund.bank import BankFile, BankLine, BankStatement, iban_mask, read_statements
from fund.bank import iban as checked_iban
from fund.errors import BankAccountExists, BankStatementChanged, NotABankAccountCode, OtherBankAccount
from fund.events import (
    BankAccountRegistered,
    BankStatementImported,
    CostCharged,
    DebitRecorded,
    Envelope,
    ReceiptRecorded,
)
from fund.schemas.capital import BankAccount, BankStatementFile, Receipt
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.receipts.hooks import ARRIVALS, SETTLERS, TAKERS
from fund.workflows.receipts.lives import State
from fund.workflows.receipts.matching import booking_day, match_by_itself

__all__ = ["BANK_ACCOUNTS", "gaps", "import_statements", "register"]

BANK_ACCOUNTS = ("1000", "1005")
MOST_MISSING = 100
"""So many missing numbers of a gap are named; a bank that numbers by date would leave millions."""
CHARGES = ("CHRG", "COMM", "FEES")
"""Subfamilies of bank transaction codes by which a bank says that it took its price."""


def register(uow: UnitOfWork, *, iban: str, account: str, on: date | None = None) -> Envelope:
    """An account at a bank is the fund's own from a day on, kept on 1000 or 1005 (treasury); by two people (C7).

    Money is moved to it once it has cooled off, as to any payee.

    Raises:
        InvalidIban: With its reason. NotABankAccountCode: Neither 1000 nor 1005.
        BankAccountExists: It was registered before.
    """
    number = checked_iban(iban)
    if account not in BANK_ACCOUNTS:
        raise NotABankAccountCode(account=account, known=list(BANK_ACCOUNTS), iban=number)
    known = uow.maybe(BankAccount, number)
    if known is not None:
        raise BankAccountExists(iban=number, account=known.account, from_on=known.from_on)
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
    lines_new: int = 0
    lines_known: int = 0
    matched: int = 0
    matched_before: int = 0
    receipts: list[str] = field(default_factory=list)
    debits: list[str] = field(default_factory=list)


def import_statements(uow: UnitOfWork, *, files: Sequence[Mapping[str, Any]]) -> None:
    """Bank statements (camt.053) are taken in: whole files or nothing, each statement once, in whatever order they lie.

    Each credit line is a receipt on 2300 and is matched at once where its evidence is certain; a debit line settles a
    payment, is a bank charge, or stands as unexplained on 1010. What waited before is tried again.

    Args:
        files: ``name`` and ``content`` (bytes) of each.

    Raises:
        OtherBankAccount: A statement of an account that is not the fund's.
        BankStatementChanged: A known statement came again with other content.
        EmptyFile, BrokenXml, ForbiddenDoctype, InvalidBankFile, BankStatementDoesNotAddUp, ...: See
            ``read_statements``.
    """
    read = [read_statements(file["content"], name=file["name"]) for file in files]
    accounts = {account.ref: account for account in uow.cases(BankAccount)}
    for file in read:
        for statement in file.statements:
            if statement.iban not in accounts:
                raise OtherBankAccount(
                    file=file.name,
                    statement=statement.statement_id,
                    iban=statement.iban,
                    expected=sorted(accounts) or ["-"],
                )
    report = _Report()
    waiting = [
        receipt.ref for receipt in uow.cases(Receipt, states=[State.RECORDED, State.PROPOSED]) if not receipt.by_hand
    ]
    last: Envelope | None = None
    for file, statement in _in_order(read):
        report.statements += 1
        taken = _take_in(uow, file, statement, accounts[statement.iban], report)
        last = taken or last
    if last is not None:
        for ref in waiting:
            if match_by_itself(uow, uow.case(Receipt, ref), cause=last, reaction="receipts.match_again"):
                report.matched_before += 1
    uow.result.update(
        files=len(read),
        statements=report.statements,
        statements_new=report.statements_new,
        lines_new=report.lines_new,
        lines_known=report.lines_known,
        matched=report.matched,
        unmatched=report.lines_new - report.matched,
        matched_before=report.matched_before,
        unmatched_receipts=report.receipts,
        unexplained_debits=report.debits,
        gaps=gaps(uow),
    )
    uow.next_step = "fund bank unmatched" if report.receipts or report.debits else "fund bank list"


def _in_order(files: Sequence[BankFile]) -> list[tuple[BankFile, BankStatement]]:
    pairs = [(file, statement) for file in files for statement in file.statements]
    return sorted(
        pairs,
        key=lambda pair: (
            pair[1].closed_on,
            pair[1].iban,
            pair[1].sequence_number if pair[1].sequence_number is not None else -1,
            pair[1].statement_id,
        ),
    )


def _take_in(
    uow: UnitOfWork, file: BankFile, statement: BankStatement, account: BankAccount, report: _Report
) -> Envelope | None:
    number = "" if statement.sequence_number is None else str(statement.sequence_number)
    ref = f"{statement.iban}:{statement.statement_id}:{number}"
    known = uow.maybe(BankStatementFile, ref)
    if known is not None:
        if known.content_sha256 != statement.content_sha256:
            raise BankStatementChanged(
                file=file.name,
                statement=statement.statement_id,
                iban=iban_mask(statement.iban),
                known_file=known.file,
            )
        report.lines_known += len(statement.lines)
        return None
    taken = uow.record(
        BankStatementImported(
            ref=ref,
            iban=statement.iban,
            statement_id=statement.statement_id,
            sequence_number=statement.sequence_number,
            opening_cents=statement.opening_cents,
            closing_cents=statement.closing_cents,
            opened_on=statement.opened_on,
            closed_on=statement.closed_on,
            lines=len(statement.lines),
            file=file.name,
            file_sha256=file.sha256,
            content_sha256=statement.content_sha256,
        ),
        effective_on=booking_day(uow, statement.closed_on),
    )
    report.statements_new += 1
    for line in statement.lines:
        report.lines_new += 1
        report.matched += _take_line(uow, line, account.account, taken, report)
    return taken


def _take_line(uow: UnitOfWork, line: BankLine, account: str, taken: Envelope, report: _Report) -> bool:
    on = booking_day(uow, line.booked_on)
    if line.charges_cents:
        _charge(uow, line, line.charges_cents, account, on, taken)
    if line.amount_cents == 0:
        return True
    if _is_charge(line):
        _charge(uow, line, -line.amount_cents, account, on, taken)
        return True
    if line.amount_cents > 0:
        return _take_credit(uow, line, account, on, taken, report)
    return _take_debit(uow, line, account, on, taken, report)


def _is_charge(line: BankLine) -> bool:
    return line.code.rpartition("/")[2] in CHARGES and not line.counterparty_iban


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


# ------------------------------------------------------------------------------------------------------------ credit


def _take_credit(uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope, report: _Report) -> bool:
    if any(arrival(uow, line, account, on, taken) for arrival in ARRIVALS):
        return True
    ref = uow.next_ref("receipt")
    recorded = uow.record(
        ReceiptRecorded(
            ref=ref,
            line_id=line.line_id,
            statement=taken.fact.ref,
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
        ),
        effective_on=on,
    )
    receipt = uow.case(Receipt, ref)
    matched = _came_back(uow, line, receipt, on, recorded) or match_by_itself(
        uow, receipt, cause=recorded, reaction="receipts.match"
    )
    if not matched:
        report.receipts.append(ref)
    return matched


def _came_back(uow: UnitOfWork, line: BankLine, receipt: Receipt, on: date, recorded: Envelope) -> bool:
    """A payment of the fund that the bank gave back (D10)."""
    if not (line.returned or line.end_to_end_id):
        return False
    return any(taker(uow, line, receipt, on, recorded) for taker in TAKERS)


# ------------------------------------------------------------------------------------------------------------- debit


def _take_debit(uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope, report: _Report) -> bool:
    if any(settler(uow, line, account, on, taken) for settler in SETTLERS):
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
    )
    uow.record(fact, effective_on=on, cause=taken, reaction="receipts.debit")
    report.debits.append(ref)
    return False


# -------------------------------------------------------------------------------------------------------------- gaps


def gaps(view: View) -> list[dict[str, Any]]:
    """Per account, the statements that are missing by number, or where one does not begin as the one before ended.

    Banks begin again at one in a new year. A gap stands until the statements in between are imported.
    """
    found: list[dict[str, Any]] = []
    for account in view.cases(BankAccount):
        ordered = sorted(
            view.cases(BankStatementFile, parent=account.ref),
            key=lambda statement: (statement.closed_on, statement.sequence_number or 0, statement.statement_id),
        )
        for before, after in pairwise(ordered):
            missing = _missing(before, after)
            broken = before.closing_cents != after.opening_cents
            if missing or broken:
                found.append(
                    {
                        "iban": account.ref,
                        "after": before.statement_id,
                        "before": after.statement_id,
                        "missing": missing,
                        "difference_cents": after.opening_cents - before.closing_cents,
                    }
                )
    return found


def _missing(before: BankStatementFile, after: BankStatementFile) -> list[int]:
    if before.sequence_number is None or after.sequence_number is None:
        return []
    again = after.sequence_number <= before.sequence_number  # the numbers began again
    missing = range(1 if again else before.sequence_number + 1, after.sequence_number)
    return list(missing[:MOST_MISSING])
