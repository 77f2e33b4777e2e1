"""W4-W6: an advance is given up in the books, taken back as an exact mirror, recovered in part."""

from __future__ import annotations

from datetime import date

from fund.errors.evaluations import (
    AdvanceMovedSince,
    BeyondOutstanding,
    NothingToRecover,
    ReceiptNotNamed,
    ReversalOfThisYear,
)
from fund.events import Envelope
from fund.events.writeoffs import WriteoffPosted, WriteoffRecovered, WriteoffReversed
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Receipt
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import UnitOfWork
from fund.workflows.writeoffs.balances import balance_or_zero, came_back, entry_of, lost
from fund.workflows.writeoffs.lifecycle import State


def post(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Envelope:
    """The advance is given up in the books, its instalments are cancelled, the allowance above the rest is released.

    Instalments are cancelled from the last one back: what is late stays late until all of it is given up.

    Args:
        on: The accounting day; its period is open.

    Raises:
        BeyondOutstanding: Less is outstanding now than was decided.
        AdvanceMovedSince: The advance or its allowance moved after that day.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, ClosedPeriod: As they say.
    """
    case = uow.case(Writeoff, ref)
    outstanding = balance_or_zero(uow, f"1200.{case.agreement}")
    if case.state == State.DECIDED and case.amount_cents > outstanding:
        raise BeyondOutstanding(
            ref=case.agreement, amount_cents=case.amount_cents, outstanding_cents=outstanding, day=on or uow.today
        )
    _require_after(uow, case, on, "1200", "1290")
    allowance = -balance_or_zero(uow, f"1290.{case.agreement}")
    fact = WriteoffPosted(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        ground=case.ground,
        amount_cents=case.amount_cents,
        allowance_released_cents=max(0, allowance - (outstanding - case.amount_cents)),
    )
    uow.next_step = "fund statement position"
    return uow.transition("writeoff post", case).record(fact, effective_on=on)


def reverse(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """The write-off is taken back: the exact mirror of its entry, in today's year; instalments return.

    What was recovered meanwhile becomes a repayment.

    Args:
        on: The accounting day, in this year and not before anything that it follows.

    Raises:
        ReversalOfThisYear: A day of another year.
        AdvanceMovedSince: The advance, its allowance or what was recovered moved after that day.
        ReasonMissing, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, ClosedPeriod: As they say.
    """
    case = uow.case(Writeoff, ref)
    reason = require_reason("writeoff reverse", reason)
    if on is not None and on.year != uow.today.year:
        raise ReversalOfThisYear(ref=ref, day=on, today=uow.today)
    _require_after(uow, case, on, "1200", "1290", "4300")
    entry = entry_of(uow, case)
    recovered = came_back(uow, case)
    outstanding = balance_or_zero(uow, f"1200.{case.agreement}") + case.posted_cents - recovered
    allowance = -balance_or_zero(uow, f"1290.{case.agreement}") + case.allowance_released_cents
    fact = WriteoffReversed(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        ground=case.ground,
        reason=reason,
        entry_seq=entry.seq if entry else 0,
        amount_cents=case.posted_cents,
        allowance_released_cents=case.allowance_released_cents,
        recovered_cents=recovered,
        allowance_above_cents=max(0, allowance - outstanding) if recovered else 0,
    )
    uow.next_step = f"fund repayment schedule {case.agreement}"
    return uow.transition("writeoff reverse", case).record(fact, effective_on=on)


def _require_after(uow: UnitOfWork, case: Writeoff, on: date | None, *codes: str) -> None:
    """Nothing moved on these accounts of the agreement after the day: else an earlier day would show what never was.

    Raises:
        AdvanceMovedSince: Something did.
    """
    if on is None or on >= uow.today:
        return
    later = [line.effective_on for code in codes for line in uow.ledger.card(f"{code}.{case.agreement}", since=on)]
    if later and max(later) > on:
        raise AdvanceMovedSince(ref=case.ref, day=on, moved_on=max(later), agreement=case.agreement)


def recover(
    uow: UnitOfWork, *, ref: str, amount_cents: int | None = None, receipt: str | None = None, on: date | None = None
) -> Envelope:
    """Money that came in belongs to what was written off; beyond the write-off it is owed back to the payer.

    Args:
        amount_cents: Default: what of the receipt still waits.
        receipt: The receipt that holds the money (``O2026-0031``); may be left out where only one waits.

    Raises:
        ReceiptNotNamed: Several receipts wait.
        NothingToRecover: Nothing waits, or not that much of the receipt.
        AdvanceMovedSince: The write-off was booked, or the money came in, after that day.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, ClosedPeriod: As they say.
    """
    case = uow.case(Writeoff, ref)
    held = _receipt(uow, ref, receipt)
    waiting = held.waiting_cents if held is not None else 0
    amount = waiting if amount_cents is None else amount_cents
    if amount <= 0 or amount > waiting:
        raise NothingToRecover(ref=ref, amount_cents=amount, unidentified_cents=waiting)
    entry = entry_of(uow, case)
    follows = [entry.effective_on] if entry is not None else []
    moved_on = max([*follows, *([held.booked_on] if held is not None else [])], default=uow.today)
    if on is not None and on < moved_on:
        raise AdvanceMovedSince(ref=ref, day=on, moved_on=moved_on, agreement=case.agreement)
    taken = min(amount, case.posted_cents - case.recovered_cents, max(lost(uow, case.agreement), 0))
    fact = WriteoffRecovered(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        receipt_cents=amount,
        amount_cents=taken,
        surplus_cents=amount - taken,
        payer=uow.case(Agreement, case.agreement).lead,
        receipt=held.ref if held is not None else "",
    )
    uow.next_step = "fund writeoff list"
    return uow.transition("writeoff recover", case).record(fact, effective_on=on)


def _receipt(uow: UnitOfWork, ref: str, receipt: str | None) -> Receipt | None:
    """The receipt that is meant: what is taken as recovered is always money of one receipt."""
    if receipt is not None:
        return uow.case(Receipt, receipt)
    waiting = [each for each in uow.cases(Receipt, states=["recorded", "proposed"]) if each.waiting_cents > 0]
    if len(waiting) > 1:
        raise ReceiptNotNamed(ref=ref, count=len(waiting), first=waiting[0].ref)
    return waiting[0] if waiting else None
