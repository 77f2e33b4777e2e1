"""What the bank takes back (``RvslInd``): a credit is debited again, a debit credited; each undoes what it reverses.

A receipt waits no more, whatever it was matched with; an unexplained debit is gone. What cannot be named for certain
stays with the treasurer: as an unexplained debit, or as a receipt that waits. A payment of the fund that is reversed
came back, and is known by ``hooks``. Source: bank.md (Reading a statement), R2, C2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from fund.bank import BankLine
from fund.errors.capital import SurplusRefunded
from fund.events import Envelope
from fund.events.receipts import DebitReversed, ReceiptReversed, ReceiptUnmatched
from fund.schemas.capital import Debit, Receipt
from fund.unit_of_work import UnitOfWork
from fund.workflows.receipts.lifecycle import State
from fund.workflows.receipts.matching import undoing

TAKEN_BACK = "Door de bank teruggenomen"
"""The memo of what is undone; memos are Dutch, whatever language somebody reads."""
Moved = TypeVar("Moved", Receipt, Debit)


def take_reversal(uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope) -> bool:
    """Undo the one movement that a reversal names; whether there was one, for certain."""
    if line.amount_cents < 0:
        return _take_back_receipt(uow, line, account, on, taken)
    return _take_back_debit(uow, line, account, on, taken)


def _take_back_receipt(uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope) -> bool:
    alike = [
        receipt
        for receipt in uow.cases(Receipt, parent=line.counterparty_iban or None)
        if (receipt.account, receipt.amount_cents) == (account, -line.amount_cents)
        and receipt.payer_iban == line.counterparty_iban
        and receipt.state != State.REVERSED
        and receipt.booked_on <= line.booked_on
        and all(use.matched for use in receipt.uses)  # what it is used for otherwise is not undone by itself
    ]
    receipt = _named(line, alike)
    if receipt is None:
        return False
    if receipt.uses:
        try:
            fact = ReceiptUnmatched(ref=receipt.ref, reason=TAKEN_BACK, undone=undoing(uow, receipt))
        except SurplusRefunded:
            return False  # what it paid too much was given back: a treasurer decides
        uow.record(fact, effective_on=on, cause=taken, reaction="receipts.reverse")
    uow.record(
        ReceiptReversed(
            ref=receipt.ref,
            account=account,
            amount_cents=receipt.amount_cents,
            reversed_on=line.booked_on,
            line_id=line.line_id,
            seq=_entry_of(uow, receipt.stream, "receipt.recorded"),
        ),
        effective_on=on,
        cause=taken,
        reaction="receipts.reverse",
    )
    return True


def _take_back_debit(uow: UnitOfWork, line: BankLine, account: str, on: date, taken: Envelope) -> bool:
    alike = [
        debit
        for debit in uow.cases(Debit, states=["recorded"])
        if (debit.account, debit.amount_cents) == (account, line.amount_cents)
        and debit.payee_iban == line.counterparty_iban
        and debit.debited_on <= line.booked_on
    ]
    debit = _named(line, alike)
    if debit is None:
        return False
    uow.record(
        DebitReversed(
            ref=debit.ref,
            account=account,
            amount_cents=debit.amount_cents,
            reversed_on=line.booked_on,
            line_id=line.line_id,
            seq=_entry_of(uow, debit.stream, "debit.recorded"),
        ),
        effective_on=on,
        cause=taken,
        reaction="receipts.reverse",
    )
    return True


def _named(line: BankLine, alike: Sequence[Moved]) -> Moved | None:
    """The one that the line means: by the bank's reference or the end-to-end reference, else the only one there is."""
    for given, name in ((line.bank_reference, "bank_reference"), (line.end_to_end_id, "end_to_end_id")):
        same = [each for each in alike if given and getattr(each, name) == given]
        if len(same) == 1:
            return same[0]
        if same:
            return None
    return alike[0] if len(alike) == 1 else None


def _entry_of(uow: UnitOfWork, stream: str, wire: str) -> int:
    recorded = uow.store.facts.last_of(stream, wire)
    assert recorded is not None, f"{stream} was never recorded"
    (entry,) = uow.ledger.entries(event_id=recorded.event_id)
    return entry.seq
