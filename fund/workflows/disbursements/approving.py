"""A request is checked by a fund manager (D2), approved by a treasurer (D3), or ends before that (D9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund import dates
from fund.errors.payments import CommitmentExceeded, InsufficientCash, WrongAccount
from fund.events.disbursements import (
    DisbursementApproved,
    DisbursementChecked,
    DisbursementRefused,
    DisbursementWithdrawn,
)
from fund.money import portion
from fund.rules.transitions import require_reason
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import UnitOfWork
from fund.workflows.disbursements.amounts import agreement_in, booked
from fund.workflows.payees.use_cases import cash_to_pay, usable_payee


def check_request(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Mapping[str, object]:
    """The request is right (D2): it goes to the verified account of the payee, which has cooled off.

    Raises:
        PaymentsStopped: The agreement is not active.
        NoPayee, CoolingOff: There is no account that can be paid.
        WrongAccount: Another account was asked for than the one that is verified.
    """
    case = uow.case(Disbursement, ref)
    step = uow.transition("disbursement check", case)
    agreement_in(uow, case.agreement)
    payee = usable_payee(uow, case.payee, ref=ref, on=uow.today)
    if case.iban and case.iban != payee.iban:
        raise WrongAccount(ref=ref, asked=case.iban, payee=case.payee, verified=payee.iban)
    fact = DisbursementChecked(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        amount_cents=case.amount_cents,
        payee=case.payee,
        iban_payee_ref=payee.ref,
    )
    step.record(fact, effective_on=on)
    uow.next_step = f"fund disbursement approve {ref}"
    return {"ref": ref, "payee_ref": payee.ref}


def approve(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Mapping[str, object]:
    """Turn a checked request into money the fund owes its payee (D3).

    The repayable share follows by cumulative rounding over everything approved from the agreement, so that the parts
    add up to the repayable share of the whole.

    Args:
        on: The accounting day; its period is open.

    Raises:
        TransitionNotAllowed: The request is not in state checked.
        SameHands: The treasurer already acted on this request.
        PaymentsStopped: The agreement is not active.
        CommitmentExceeded: More than stands committed on 9000 for the proposal.
        InsufficientCash: Less cash is available than asked; the message shows both amounts in euros.
        ClosedPeriod: The period of ``on`` is not open.

    Source: lifecycle.md 5, D3; separation of duties, G7.
    """
    case = uow.case(Disbursement, ref)
    step = uow.transition("disbursement approve", case)
    agreement = agreement_in(uow, case.agreement)
    day = on or uow.today
    committed_cents = uow.ledger.balance(f"9000.{case.proposal}")
    if case.amount_cents > committed_cents:
        raise CommitmentExceeded(
            ref=ref, amount_cents=case.amount_cents, left_cents=committed_cents, proposal=case.proposal
        )
    available_cents = min(cash_to_pay(uow, day), cash_to_pay(uow, None))
    if case.amount_cents > available_cents:
        raise InsufficientCash(ref=ref, amount_cents=case.amount_cents, available_cents=available_cents, on=day)
    done_cents, done_share_cents = booked(uow, case.agreement)
    share_cents = portion(
        case.amount_cents, agreement.share_bps, done_cents=done_cents, done_share_cents=done_share_cents
    )
    repayable_cents = max(0, min(share_cents, case.amount_cents))
    weeks = uow.regulations_named(agreement.terms.regulations, on=day).terms.payment_weeks
    fact = DisbursementApproved(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        amount_cents=case.amount_cents,
        payee=case.payee,
        repayable_cents=repayable_cents,
        grant_cents=case.amount_cents - repayable_cents,
        due_on=dates.term_end(day, dates.weeks(weeks)),
    )
    step.record(fact, effective_on=on)
    uow.next_step = "fund payment batch"
    return {"ref": ref, "repayable_cents": repayable_cents, "grant_cents": fact.grant_cents, "due_on": fact.due_on}


def refuse(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Mapping[str, object]:
    """The fund says no to a request before it is approved (D9).

    Raises:
        ReasonMissing: No reason was given.
    """
    return _end(uow, "disbursement refuse", DisbursementRefused, ref=ref, reason=reason, on=on)


def withdraw(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Mapping[str, object]:
    """A party takes its request back before it is approved (D9).

    Raises:
        ReasonMissing: No reason was given.
    """
    return _end(uow, "disbursement withdraw", DisbursementWithdrawn, ref=ref, reason=reason, on=on)


def _end(
    uow: UnitOfWork,
    command: str,
    records: type[DisbursementRefused] | type[DisbursementWithdrawn],
    *,
    ref: str,
    reason: str,
    on: date | None,
) -> dict[str, Any]:
    reason = require_reason(command, reason)
    case = uow.case(Disbursement, ref)
    fact = records(
        ref=ref, agreement=case.agreement, proposal=case.proposal, amount_cents=case.amount_cents, reason=reason
    )
    uow.transition(command, case).record(fact, effective_on=on)
    uow.next_step = f"fund agreement show {case.agreement}"
    return {"ref": ref, "state": uow.case(Disbursement, ref).state}
