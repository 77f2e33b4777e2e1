"""How calls, bank accounts, statements and receipts stand after each fact."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from fund.bank import creditor_reference
from fund.dates import day_of
from fund.events import Envelope, Fact
from fund.events.capital import ContributionCalled, ContributionReceived, ContributionReminded
from fund.events.exits import ExitSettled
from fund.events.overpayments import OverpaymentMoved
from fund.events.receipts import (
    BankAccountRegistered,
    BankNotificationImported,
    BankStatementImported,
    Reallocated,
    ReceiptAllocated,
    ReceiptMatchProposed,
    ReceiptReallocated,
    ReceiptRecorded,
    ReceiptReversed,
    ReceiptUnmatched,
)
from fund.rules.authority import FUND_MANAGER, SYSTEM, TREASURER, Guard, either
from fund.rules.transitions import Transition
from fund.schemas.capital import BankAccount, BankNotificationFile, BankStatementFile, Call, Receipt, Use
from fund.unit_of_work import Projection, Snapshot


class State(StrEnum):
    """Where a receipt is in its life."""

    RECORDED = "recorded"
    PROPOSED = "proposed"
    ALLOCATED = "allocated"
    REVERSED = "reversed"


_MATCHING = either(TREASURER, SYSTEM)
"""The service makes a certain match, a treasurer one that is proposed."""
WAITING = (State.RECORDED, State.PROPOSED)

TRANSITIONS = (
    Transition("bank import", None, State.RECORDED, TREASURER, ReceiptRecorded, row="R2"),
    Transition("bank propose", WAITING, State.PROPOSED, SYSTEM, ReceiptMatchProposed, row="R3"),
    Transition("bank match", WAITING, State.ALLOCATED, _MATCHING, ReceiptAllocated, row="R3"),
    Transition("bank match", WAITING, State.ALLOCATED, _MATCHING, ContributionReceived, row="K2"),
    Transition(
        "repayment allocate", WAITING, State.ALLOCATED, TREASURER, ReceiptAllocated, second=FUND_MANAGER, row="R3"
    ),
    Transition("bank reverse", WAITING, State.REVERSED, SYSTEM, ReceiptReversed, row="R2"),
    Transition("bank unmatch", (*WAITING, State.ALLOCATED), State.RECORDED, TREASURER, ReceiptUnmatched, row="R3"),
)
"""A receipt that is used in part keeps its state: only what is used whole is allocated."""


class CallState(StrEnum):
    """Where a call stands."""

    OPEN = "open"
    RECEIVED = "received"


C = CallState
_CALLED = (C.OPEN, C.RECEIVED)
CALL_TRANSITIONS = (
    Transition("capital call", None, C.OPEN, FUND_MANAGER, ContributionCalled, second=TREASURER, row="K1"),
    Transition("capital remind", C.OPEN, C.OPEN, SYSTEM, ContributionReminded, row="K1"),
    Transition("bank match", _CALLED, C.RECEIVED, _MATCHING, ContributionReceived, row="K2"),
    Transition("capital receive", _CALLED, C.RECEIVED, TREASURER, ContributionReceived, second=FUND_MANAGER, row="K2"),
    Transition("repayment refund", C.OPEN, C.RECEIVED, TREASURER, OverpaymentMoved, second=FUND_MANAGER, row="R7"),
    Transition("bank unmatch", _CALLED, C.OPEN, TREASURER, ReceiptUnmatched, row="R3"),
    Transition("partner settle", C.OPEN, C.RECEIVED, TREASURER, ExitSettled, row="K7"),
)
"""A call that is paid in part stays open; what comes in above it is owed back."""


def apply_call(case: Call | None, event: Envelope) -> Call | None:
    fact = event.fact
    if isinstance(fact, ContributionCalled):
        return Call.of(
            fact,
            state=CallState.OPEN,
            called_cents=fact.amount_cents,
            called_on=event.effective_on,
            reference=creditor_reference(fact.ref),
            series=fact.series or fact.ref,
            part_cents=fact.part_cents or fact.amount_cents,
        )
    if case is None:
        return None
    if isinstance(fact, ContributionReminded):
        return case.replace(reminded=(*case.reminded, fact.step_days), reminded_step=fact.step)
    if isinstance(fact, ContributionReceived):
        return _received(case, case.received_cents + fact.amount_cents)
    if isinstance(fact, ExitSettled):
        return _received(case, case.received_cents + fact.calls.get(case.ref, 0))
    if isinstance(fact, OverpaymentMoved):
        return _received(case, case.received_cents + fact.amount_cents)
    if isinstance(fact, ReceiptUnmatched):
        undone = sum(part.amount_cents for part in fact.undone if part.call == case.ref)
        return _received(case, case.received_cents - undone)
    return case


def _received(case: Call, cents: int) -> Call:
    return case.replace(
        received_cents=cents, state=CallState.RECEIVED if cents >= case.called_cents else CallState.OPEN
    )


def apply_bank_account(case: BankAccount | None, event: Envelope) -> BankAccount | None:
    fact = event.fact
    if isinstance(fact, BankAccountRegistered):
        cooled_on = day_of(event.recorded_at) + timedelta(days=fact.cooling_off_days)
        return BankAccount.of(fact, state="registered", usable_on=max(fact.from_on, cooled_on))
    return case


def apply_bank_statement(case: BankStatementFile | None, event: Envelope) -> BankStatementFile | None:
    taken_in = isinstance(event.fact, BankStatementImported)
    return BankStatementFile.of(event.fact, state="imported") if taken_in else case


def apply_bank_notification(case: BankNotificationFile | None, event: Envelope) -> BankNotificationFile | None:
    taken_in = isinstance(event.fact, BankNotificationImported)
    return BankNotificationFile.of(event.fact, state="imported") if taken_in else case


def apply_receipt(case: Receipt | None, event: Envelope) -> Receipt | None:
    fact = event.fact
    if isinstance(fact, ReceiptRecorded):
        return Receipt.of(fact, state=State.RECORDED)
    if case is None:
        return None
    if isinstance(fact, ReceiptReversed):
        return case.replace(state=State.REVERSED, allocated_cents=case.amount_cents, candidates=())
    if isinstance(fact, ReceiptMatchProposed):
        return _standing(case, candidates=fact.candidates)
    if isinstance(fact, ReceiptUnmatched):
        gone = {part.event_id for part in fact.undone}
        return _standing(case, uses=tuple(use for use in case.uses if use.event_id not in gone), by_hand=True)
    if isinstance(fact, ReceiptReallocated):
        changed = {each.event_id: each for each in fact.allocations}
        return case.replace(uses=tuple(_moved(use, changed.get(use.event_id)) for use in case.uses))
    use = _use(case, event)
    return _standing(case, uses=(*case.uses, use)) if use is not None else case


def _standing(case: Receipt, **changes: Any) -> Receipt:
    """The receipt with other uses or candidates: how much of it is used, and its state, follow."""
    changed = case.replace(**changes)
    used = sum(use.receipt_cents for use in changed.uses)
    state = State.PROPOSED if changed.candidates else State.RECORDED
    return changed.replace(allocated_cents=used, state=State.ALLOCATED if used >= changed.amount_cents else state)


def _moved(use: Use, now: Reallocated | None) -> Use:
    """A use that pays other instalments now, or more or less of the advance."""
    if now is None:
        return use
    changes = {
        "parts": now.after,
        "amount_cents": use.amount_cents + now.change_cents,
        "reallocated_cents": use.reallocated_cents + now.change_cents,
    }
    return use.model_copy(update=changes)


def _use(case: Receipt, event: Envelope) -> Use | None:
    """What a fact uses of this receipt; every fact that names a receipt and an amount of it does."""
    fact = event.fact
    if isinstance(fact, ContributionReceived):
        return Use(
            event_id=event.event_id,
            target=fact.ref,
            receipt_cents=fact.receipt_cents,
            amount_cents=fact.amount_cents,
            rule=fact.rule,
            matched=True,
        )
    if isinstance(fact, ReceiptAllocated):
        return Use(
            event_id=event.event_id,
            target=fact.agreement,
            receipt_cents=fact.amount_cents,
            amount_cents=fact.advance_cents,
            rule=fact.rule,
            parts=fact.parts,
            matched=True,
        )
    cents = _cents_of(fact) if getattr(fact, "receipt", None) == case.ref else 0
    if not cents:
        return None
    line = getattr(fact, "line", None)
    target = line.ref if line is not None else fact.ref
    return Use(event_id=event.event_id, target=target, receipt_cents=cents, amount_cents=cents, rule=fact.wire)


def _cents_of(fact: Fact) -> int:
    """What a fact of another trade takes from its receipt: ``receipt_cents``, else its amount."""
    for name in ("receipt_cents", "amount_cents"):
        cents = getattr(fact, name, None)
        if isinstance(cents, int):
            return cents
    return 0


def guard_receipt(_snapshot: Snapshot, _case: Receipt, _row: Transition) -> Guard:
    """Of no partner, until it is said what it is for."""
    return Guard(show="fund bank list")


PROJECTIONS = {
    "call": Projection(Call, apply_call, CALL_TRANSITIONS),
    "bank_account": Projection(BankAccount, apply_bank_account),
    "bank_statement": Projection(BankStatementFile, apply_bank_statement),
    "bank_notification": Projection(BankNotificationFile, apply_bank_notification),
    "receipt": Projection(Receipt, apply_receipt, TRANSITIONS, guard_receipt),
}
