"""What was approved or paid is undone: cancelled before it leaves (D7), or unspent money came back (D8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fund.errors.payments import AlreadyRepaid, NothingToReceive, RefundExceeded
from fund.events.disbursements import DisbursementCancelled, DisbursementRefunded
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Receipt
from fund.schemas.disbursements import Batch, Disbursement
from fund.unit_of_work import Snapshot, UnitOfWork


def cancel(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Mapping[str, object]:
    """An approved payment that is not under way is not made (D7): the approval is undone. Two people: FM, then TR.

    A batch that was made and not sent falls with it; its other lines wait for a new one.

    Raises:
        ReasonMissing: No reason was given.
        TransitionNotAllowed: It is under way, or paid.
        AlreadyRepaid: Its advance was repaid or written off already: that is undone first.
    """
    reason = require_reason("disbursement cancel", reason)
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    step = uow.transition("disbursement cancel", case)
    outstanding_cents = max(0, uow.ledger.balance(f"1200.{case.agreement}")) if case.repayable_cents else 0
    if outstanding_cents < case.repayable_cents:
        raise AlreadyRepaid(
            ref=ref, repayable_cents=case.repayable_cents, outstanding_cents=outstanding_cents, agreement=case.agreement
        )
    batch = uow.maybe(Batch, case.batch) if case.batch else None
    ended = agreement.state not in ("active", "suspended")  # after A5, A6 nothing becomes a commitment again
    fact = DisbursementCancelled(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        amount_cents=case.amount_cents,
        payee=case.payee,
        repayable_cents=case.repayable_cents,
        grant_cents=case.grant_cents,
        commitment_cents=0 if ended else case.amount_cents,
        allowance_released_cents=_allowance_above(uow, case.agreement, falls_cents=case.repayable_cents),
        batch=batch.ref if batch else "",
        freed=tuple(line.ref for line in batch.lines if line.ref != ref) if batch else (),
        reason=reason,
    )
    step.record(fact, effective_on=on)
    uow.next_step = f"fund agreement show {case.agreement}"
    return {"ref": ref, "amount_cents": case.amount_cents}


def _allowance_above(uow: UnitOfWork, agreement: str, *, falls_cents: int) -> int:
    """What of the allowance stands above the advance once that has fallen (1290 ≤ 1200)."""
    left_cents = uow.ledger.balance(f"1200.{agreement}") - falls_cents
    allowance_cents = -uow.ledger.balance(f"1290.{agreement}")
    return max(0, allowance_cents - max(left_cents, 0))


def refund(
    uow: UnitOfWork, *, ref: str, receipt: str, amount: int | None = None, on: date | None = None
) -> Mapping[str, object]:
    """Unspent money came back (D8): it is divided over advance and grant as it went out, by cumulative rounding.

    What belongs to an advance that is no longer outstanding is a recovery of what was written off, and beyond that
    money of the payer.

    Args:
        receipt: The receipt that holds the money.
        amount: Cents; what is left of the receipt when left out.

    Raises:
        NothingToReceive: The receipt holds less.
        RefundExceeded: More than was paid would come back.
    """
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    step = uow.transition("disbursement refund", case)
    held = uow.case(Receipt, receipt)
    left_cents = held.waiting_cents
    back_cents = left_cents if amount is None else amount
    if not 0 < back_cents <= left_cents:
        raise NothingToReceive(receipt=receipt, left_cents=left_cents, asked_cents=back_cents)
    if back_cents > case.paid_cents - case.refunded_cents:
        raise RefundExceeded(
            asked_cents=back_cents,
            ref=ref,
            paid_cents=case.paid_cents,
            refunded_cents=case.refunded_cents,
            receipt=receipt,
        )
    whole = (case.refunded_cents + back_cents) * case.repayable_cents
    share_cents = (whole * 2 + case.paid_cents) // (case.paid_cents * 2) - case.refunded_repayable_cents
    held_by = _advance_of(uow, agreement)
    advance_cents = min(share_cents, max(0, uow.ledger.balance(f"1200.{held_by}")))
    written_off_cents = sum(
        uow.ledger.balance(f"{code}.{case.agreement}", kinds_excluded=("closing",)) for code in ("4200", "4210", "4300")
    )
    recovered_cents = min(share_cents - advance_cents, max(0, written_off_cents))
    fact = DisbursementRefunded(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        amount_cents=back_cents,
        payee=case.payee,
        receipt=receipt,
        receipt_cents=back_cents,
        advance_cents=advance_cents,
        grant_cents=back_cents - share_cents,
        recovered_cents=recovered_cents,
        surplus_cents=share_cents - advance_cents - recovered_cents,
        allowance_released_cents=_allowance_above(uow, held_by, falls_cents=advance_cents),
        held_by=held_by if held_by != case.agreement else "",
    )
    step.record(fact, effective_on=on)
    uow.next_step = f"fund disbursement show {ref}"
    return {"ref": ref, "advance_cents": advance_cents, "grant_cents": fact.grant_cents}


def _advance_of(snapshot: Snapshot, agreement: Agreement) -> str:
    """The agreement under which its advance is owed: its roll-out, once it was refinanced and nothing stands here."""
    while agreement.refinanced_to and not snapshot.ledger.balance(f"1200.{agreement.ref}"):
        agreement = snapshot.case(Agreement, agreement.refinanced_to)
    return agreement.ref
