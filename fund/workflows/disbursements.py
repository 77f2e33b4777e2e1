"""Money out, from a request to a debt: asked by a party, checked by a fund manager, approved by a treasurer.

Three different people, none of a party except the one who asks. What then happens at the bank is the trade of
``payments``; both move one lifecycle, which stands here. Source: lifecycle.md 5, D1-D10.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from fund import dates
from fund.bank import iban as checked_iban
from fund.bank import iban_mask
from fund.errors import (
    AlreadyRepaid,
    AwardExceeded,
    CommitmentExceeded,
    InsufficientCash,
    MilestoneExceeded,
    MilestoneNotAccepted,
    NothingToReceive,
    OnAccountNotAllowed,
    PayeeNotParty,
    PaymentsStopped,
    RefundExceeded,
    WrongAccount,
)
from fund.events import (
    AgreementActivated,
    DisbursementApproved,
    DisbursementCancelled,
    DisbursementChecked,
    DisbursementRefunded,
    DisbursementRefused,
    DisbursementRequested,
    DisbursementWithdrawn,
    Envelope,
    PayableCancelled,
    PaymentFailed,
    PaymentRetried,
    PaymentReturned,
    PaymentsBatched,
    PaymentSent,
    PaymentSettled,
)
from fund.glossary import state_word
from fund.money import portion
from fund.rules.authority import FUND_MANAGER, PARTY_SIGNATORY, SYSTEM, SYSTEM_ACTOR, TREASURER, either
from fund.rules.permissions import readers
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Receipt
from fund.schemas.disbursements import Batch, Disbursement
from fund.schemas.transfers import Transfer
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.lifecycle import Transition, carry, check, commands_from, require_reason, state_after
from fund.workflows.payees import usable_payee

__all__ = [
    "COMMANDS",
    "LIVE",
    "LIVES",
    "QUERIES",
    "TRANSITIONS",
    "State",
    "booked",
    "live_cents",
    "on_account_cents",
    "request_at_activation",
]


class State(StrEnum):
    """Where a disbursement stands."""

    REQUESTED = "requested"
    CHECKED = "checked"
    APPROVED = "approved"
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    PART_REFUNDED = "part_refunded"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN = (State.REQUESTED, State.CHECKED)
PAYERS = either(TREASURER, FUND_MANAGER)
_ASKING = either(PARTY_SIGNATORY, SYSTEM)
_BANK = either(TREASURER, SYSTEM)
"""A treasurer, where no bank line says so for certain."""
LIVE = (State.REQUESTED, State.CHECKED, State.APPROVED, State.SENT, State.PAID, State.FAILED, State.PART_REFUNDED)
"""What counts against the award."""
BOOKED = (State.APPROVED, State.SENT, State.PAID, State.FAILED, State.PART_REFUNDED)
"""What was approved and not undone: its shares are fixed."""

TRANSITIONS = (
    #          command                  from                               to                   who              records
    Transition("disbursement request", None, State.REQUESTED, _ASKING, DisbursementRequested, row="D1"),
    Transition("disbursement check", State.REQUESTED, State.CHECKED, FUND_MANAGER, DisbursementChecked, row="D2"),
    Transition("disbursement approve", State.CHECKED, State.APPROVED, TREASURER, DisbursementApproved, row="D3"),
    Transition("payment batch", State.APPROVED, State.APPROVED, PAYERS, PaymentsBatched),
    Transition("payment send", State.APPROVED, State.SENT, TREASURER, PaymentSent, second=PAYERS, row="D4"),
    Transition("payment settle", State.SENT, State.PAID, _BANK, PaymentSettled, row="D5"),
    Transition("payment fail", State.SENT, State.FAILED, TREASURER, PaymentFailed, row="D6"),
    Transition("payment retry", (State.FAILED, State.APPROVED), State.APPROVED, FUND_MANAGER, PaymentRetried, row="D6"),
    Transition(
        "disbursement cancel",
        (State.APPROVED, State.FAILED),
        State.CANCELLED,
        FUND_MANAGER,
        DisbursementCancelled,
        second=TREASURER,
        row="D7",
    ),
    Transition(
        "disbursement refund",
        (State.PAID, State.PART_REFUNDED),
        State.PART_REFUNDED,
        TREASURER,
        DisbursementRefunded,
        row="D8",
    ),
    Transition("disbursement refuse", OPEN, State.REFUSED, PAYERS, DisbursementRefused, row="D9"),
    Transition("disbursement withdraw", OPEN, State.WITHDRAWN, PARTY_SIGNATORY, DisbursementWithdrawn, row="D9"),
    Transition("payment return", State.PAID, State.APPROVED, _BANK, PaymentReturned, row="D10"),
)


# ----------------------------------------------------------------------------------------------------------- fold


def _after(case: Disbursement | None, happened: Envelope) -> Disbursement | None:
    fact = happened.fact
    if isinstance(fact, DisbursementRequested):
        return Disbursement(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            agreement=fact.agreement,
            proposal=fact.proposal,
            milestone=fact.milestone,
            on_account=fact.on_account,
            payee=fact.payee,
            iban=fact.iban,
            amount_cents=fact.amount_cents,
            hands=() if happened.actor == SYSTEM_ACTOR.user_id else (happened.actor,),
            requested_on=happened.effective_on,
        )
    if case is None:
        return None
    after = case.but(state=state_after(TRANSITIONS, case.state, fact))
    if isinstance(fact, DisbursementChecked):
        return after.but(iban_payee_ref=fact.iban_payee_ref, hands=(*case.hands, happened.actor))
    if isinstance(fact, DisbursementApproved):
        return after.but(
            repayable_cents=fact.repayable_cents,
            grant_cents=fact.grant_cents,
            approved_on=happened.effective_on,
            due_on=fact.due_on,
            hands=(*case.hands, happened.actor),
        )
    if isinstance(fact, DisbursementRefunded):
        return after.but(
            refunded_cents=case.refunded_cents + fact.amount_cents,
            refunded_repayable_cents=case.refunded_repayable_cents + fact.amount_cents - fact.grant_cents,
        )
    if isinstance(fact, (DisbursementCancelled, PayableCancelled)):
        # a batch that was not sent falls with one of its lines: the others wait for another one
        return after if fact.ref == case.ref else case.but(batch="")
    if isinstance(fact, (DisbursementRefused, DisbursementWithdrawn)):
        return after
    return _after_the_bank(case, after, happened)


def _after_the_bank(case: Disbursement, after: Disbursement, happened: Envelope) -> Disbursement:
    fact = happened.fact
    if isinstance(fact, PaymentsBatched):
        return case.but(batch=fact.ref if any(line.ref == case.ref for line in fact.lines) else "")
    if isinstance(fact, PaymentSent):
        return after.but(attempts=case.attempts + 1)
    if isinstance(fact, PaymentSettled):
        return after.but(paid_cents=fact.line.amount_cents, paid_on=happened.effective_on, bank_reason="")
    if isinstance(fact, PaymentFailed):
        return after.but(batch="", bank_reason=fact.reason)
    if isinstance(fact, PaymentReturned):
        return after.but(batch="", paid_cents=0, paid_on=None, to_verify=True, bank_reason=fact.reason)
    if isinstance(fact, PaymentRetried):
        return after.but(iban_payee_ref=fact.iban_payee_ref, to_verify=False)
    return case


LIVES = {"disbursement": Life(Disbursement, _after, TRANSITIONS)}


# ---------------------------------------------------------------------------------------------- what was asked so far


def live_cents(view: View, agreement: str, *, milestone: str | None = None, on_account: bool = False) -> int:
    """What was asked from an agreement and still counts, in cents; of one milestone, or on account, when asked so."""
    return sum(
        case.amount_cents
        for case in view.cases(Disbursement, parent=agreement, states=LIVE)
        if (milestone is None or case.milestone == milestone) and (not on_account or case.on_account)
    )


def booked(view: View, agreement: str) -> tuple[int, int]:
    """What was approved from an agreement and not undone, and its repayable part, in cents."""
    cases = view.cases(Disbursement, parent=agreement, states=BOOKED)
    return sum(case.amount_cents for case in cases), sum(case.repayable_cents for case in cases)


def _agreement(view: View, ref: str, *, states: tuple[str, ...] = ("active",)) -> Agreement:
    """The agreement, in a state in which this may happen.

    Raises:
        UnknownRef: There is none. PaymentsStopped: It is in another state.
    """
    agreement = view.case(Agreement, ref)
    if agreement.state not in states:
        raise PaymentsStopped(agreement=ref, state=state_word("agreement", agreement.state))
    return agreement


# ------------------------------------------------------------------------------------------------------ use cases


def request(
    uow: UnitOfWork,
    *,
    ref: str,
    amount: int | None = None,
    milestone: int | None = None,
    payee: str | None = None,
    iban: str | None = None,
    on: date | None = None,
) -> dict[str, Any]:
    """A party asks for money from its award (D1): what an accepted milestone is worth, or money on account.

    On account goes the whole in a light track, and before a milestone the share that the regulations allow.

    Args:
        ref: The agreement.
        amount: Cents; what is left of the milestone (else of what may be paid on account) when left out.
        milestone: Its number.
        payee: The lead or a co-applicant; the lead when left out.
        iban: The account it should go to; the verified one when left out.

    Raises:
        PaymentsStopped: The agreement is not active.
        MilestoneNotAccepted, MilestoneExceeded, OnAccountNotAllowed, AwardExceeded: More than may be asked now.
        PayeeNotParty, InvalidIban: As they say.
    """
    agreement = _agreement(uow, ref)
    paid_to = payee or agreement.lead
    sides = (agreement.lead, *agreement.co_applicants)
    check(uow, TRANSITIONS, "disbursement request", None, ref=ref, lead=agreement.lead, parties=sides)
    if paid_to not in sides:
        raise PayeeNotParty(payee=paid_to, agreement=ref, parties=list(sides))
    left_cents = agreement.award_cents - live_cents(uow, ref)
    milestone_ref = f"{ref}-{milestone}" if milestone is not None else None
    if milestone_ref is not None:
        asked_cents = _of_milestone(uow, agreement, milestone_ref, amount)
    else:
        asked_cents = _on_account(uow, agreement, amount, left_cents)
    if not 0 < asked_cents <= left_cents:
        raise AwardExceeded(
            asked_cents=asked_cents,
            agreement=ref,
            award_cents=agreement.award_cents,
            live_cents=agreement.award_cents - left_cents,
            left_cents=left_cents,
        )
    fact = DisbursementRequested(
        ref=uow.next_ref("disbursement"),
        agreement=ref,
        proposal=agreement.proposal,
        amount_cents=asked_cents,
        milestone=milestone_ref,
        on_account=milestone_ref is None,
        payee=paid_to,
        iban=checked_iban(iban) if iban else "",
    )
    carry(uow, TRANSITIONS, "disbursement request", None, fact, effective_on=on, lead=agreement.lead, parties=sides)
    uow.next_step = f"fund disbursement check {fact.ref}"
    return {"ref": fact.ref, "amount_cents": asked_cents}


def _of_milestone(uow: UnitOfWork, agreement: Agreement, ref: str, amount: int | None) -> int:
    milestone = uow.case(Milestone, ref)
    if milestone.state != "accepted":
        raise MilestoneNotAccepted(
            milestone=ref, state=state_word("milestone", milestone.state), agreement=agreement.ref
        )
    live = live_cents(uow, agreement.ref, milestone=ref)
    left_cents = milestone.amount_cents - live
    asked_cents = left_cents if amount is None else amount
    if not 0 < asked_cents <= left_cents:
        raise MilestoneExceeded(
            asked_cents=asked_cents,
            milestone=ref,
            milestone_cents=milestone.amount_cents,
            live_cents=live,
            left_cents=left_cents,
        )
    if amount is None and live_cents(uow, agreement.ref, on_account=True):
        # what was paid on account comes off the last milestones
        return min(asked_cents, agreement.award_cents - live_cents(uow, agreement.ref)) or asked_cents
    return asked_cents


def on_account_cents(rules: Regulations, agreement: Agreement) -> int:
    """What may be paid of an award without a milestone: all of it where the track pays at once (accounting by result
    follows), else the share of the regulations.
    """
    track = rules.tracks[agreement.track]
    return agreement.award_cents if track.one_payment else agreement.award_cents * track.on_account_bps // 10_000


def _on_account(uow: UnitOfWork, agreement: Agreement, amount: int | None, left_cents: int) -> int:
    """What is asked on account: what is still allowed of it, when no amount was named."""
    allowed_cents = on_account_cents(uow.regulations_named(agreement.terms.regulations), agreement)
    live = live_cents(uow, agreement.ref, on_account=True)
    asked_cents = amount if amount is not None else min(allowed_cents - live, left_cents) or left_cents
    if asked_cents + live > allowed_cents:
        raise OnAccountNotAllowed(
            asked_cents=asked_cents, agreement=agreement.ref, allowed_cents=allowed_cents, live_cents=live
        )
    return asked_cents


def request_at_activation(uow: UnitOfWork, happened: Envelope) -> None:
    """In a light track nobody has to ask: the whole award is requested when its agreement holds (D1, SY)."""
    fact = happened.fact
    assert isinstance(fact, AgreementActivated)
    rules = uow.regulations_named(uow.case(Agreement, fact.ref).terms.regulations, on=happened.effective_on)
    if not rules.tracks[fact.track].one_payment or live_cents(uow, fact.ref):
        return
    uow.record(
        DisbursementRequested(
            ref=uow.next_ref("disbursement"),
            agreement=fact.ref,
            proposal=fact.proposal,
            amount_cents=fact.award_cents,
            on_account=True,
            payee=fact.lead,
        )
    )


def check_request(uow: UnitOfWork, *, ref: str, on: date | None = None) -> dict[str, Any]:
    """The request is right (D2): it goes to the verified account of the payee, which has cooled off.

    Raises:
        PaymentsStopped: The agreement is not active.
        NoPayee, CoolingOff: There is no account that can be paid.
        WrongAccount: Another account was asked for than the one that is verified.
    """
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    around: dict[str, Any] = {"lead": agreement.lead, "parties": agreement.parties, "hands": case.hands}
    check(uow, TRANSITIONS, "disbursement check", case, **around)
    _agreement(uow, case.agreement)
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
    carry(uow, TRANSITIONS, "disbursement check", case, fact, effective_on=on, **around)
    uow.next_step = f"fund disbursement approve {ref}"
    return {"ref": ref, "payee_ref": payee.ref}


def approve(uow: UnitOfWork, *, ref: str, on: date | None = None) -> dict[str, Any]:
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
    agreement = uow.case(Agreement, case.agreement)
    around: dict[str, Any] = {"lead": agreement.lead, "parties": agreement.parties, "hands": case.hands}
    check(uow, TRANSITIONS, "disbursement approve", case, **around)
    _agreement(uow, case.agreement)
    day = on or uow.today
    committed_cents = uow.ledger.balance(f"9000.{case.proposal}")
    if case.amount_cents > committed_cents:
        raise CommitmentExceeded(
            ref=ref, amount_cents=case.amount_cents, left_cents=committed_cents, proposal=case.proposal
        )
    available_cents = min(_cash(uow, day), _cash(uow, None))
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
    carry(uow, TRANSITIONS, "disbursement approve", case, fact, effective_on=on, **around)
    uow.next_step = "fund payment batch"
    return {"ref": ref, "repayable_cents": repayable_cents, "grant_cents": fact.grant_cents, "due_on": fact.due_on}


def _cash(uow: UnitOfWork, day: date | None) -> int:
    """What can still be paid from the bank on a day: cash, less what is under way, less what was approved before.

    What is on its way to the treasury account has left, though 1010 still holds it.
    """
    balances = uow.balances(as_of=day)
    leaving = sum(case.amount_cents for case in uow.cases(Transfer, states=("sent",)) if case.to_account != "1000")
    # 1010 and 2000 stand on the credit side
    return sum(balances.get(code, 0) for code in ("1000", "1010", "2000")) - leaving


def refuse(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> dict[str, Any]:
    """The fund says no to a request before it is approved (D9).

    Raises:
        ReasonMissing: No reason was given.
    """
    return _end(uow, "disbursement refuse", DisbursementRefused, ref=ref, reason=reason, on=on)


def withdraw(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> dict[str, Any]:
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
    require_reason(command, reason)
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    fact = records(
        ref=ref, agreement=case.agreement, proposal=case.proposal, amount_cents=case.amount_cents, reason=reason
    )
    parties = (agreement.lead, *agreement.co_applicants) if command.endswith("withdraw") else agreement.parties
    carry(uow, TRANSITIONS, command, case, fact, effective_on=on, lead=agreement.lead, parties=parties)
    uow.next_step = f"fund agreement show {case.agreement}"
    return {"ref": ref, "state": uow.case(Disbursement, ref).state}


def cancel(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> dict[str, Any]:
    """An approved payment that is not under way is not made (D7): the approval is undone. Two people: FM, then TR.

    A batch that was made and not sent falls with it; its other lines wait for a new one.

    Raises:
        ReasonMissing: No reason was given.
        TransitionNotAllowed: It is under way, or paid.
        AlreadyRepaid: Its advance was repaid or written off already: that is undone first.
    """
    require_reason("disbursement cancel", reason)
    case = uow.case(Disbursement, ref)
    agreement = uow.case(Agreement, case.agreement)
    around: dict[str, Any] = {"lead": agreement.lead, "parties": agreement.parties}
    check(uow, TRANSITIONS, "disbursement cancel", case, **around)
    outstanding_cents = max(0, uow.ledger.balance(f"1200.{case.agreement}")) if case.repayable_cents else 0
    if outstanding_cents < case.repayable_cents:
        raise AlreadyRepaid(
            ref=ref,
            repayable_cents=case.repayable_cents,
            outstanding_cents=outstanding_cents,
            agreement=case.agreement,
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
    carry(uow, TRANSITIONS, "disbursement cancel", case, fact, effective_on=on, **around)
    uow.next_step = f"fund agreement show {case.agreement}"
    return {"ref": ref, "amount_cents": case.amount_cents}


def _allowance_above(uow: UnitOfWork, agreement: str, *, falls_cents: int) -> int:
    """What of the allowance stands above the advance once that has fallen (1290 ≤ 1200)."""
    left_cents = uow.ledger.balance(f"1200.{agreement}") - falls_cents
    allowance_cents = -uow.ledger.balance(f"1290.{agreement}")
    return max(0, allowance_cents - max(left_cents, 0))


def refund(
    uow: UnitOfWork, *, ref: str, receipt: str, amount: int | None = None, on: date | None = None
) -> dict[str, Any]:
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
    around: dict[str, Any] = {"lead": agreement.lead, "parties": agreement.parties}
    check(uow, TRANSITIONS, "disbursement refund", case, **around)
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
    carry(uow, TRANSITIONS, "disbursement refund", case, fact, effective_on=on, **around)
    uow.next_step = f"fund disbursement show {ref}"
    return {"ref": ref, "advance_cents": advance_cents, "grant_cents": fact.grant_cents}


def _advance_of(view: View, agreement: Agreement) -> str:
    """The agreement under which its advance is owed: its roll-out, once it was refinanced and nothing stands here."""
    while agreement.refinanced_to and not view.ledger.balance(f"1200.{agreement.ref}"):
        agreement = view.case(Agreement, agreement.refinanced_to)
    return agreement.ref


# -------------------------------------------------------------------------------------------------------- reading


def disbursements(
    view: View, *, agreement: str | None = None, state: str | None = None, payee: str | None = None
) -> dict[str, Any]:
    """Every disbursement, or those of an agreement, a state, a payee."""
    cases = view.cases(Disbursement, parent=agreement, states=(state,) if state else None, partner=payee)
    return {"disbursements": [_row(view, case) for case in cases]}


def _row(view: View, case: Disbursement) -> dict[str, Any]:
    return {
        "ref": case.ref,
        "agreement": case.agreement,
        "proposal": case.proposal,
        "milestone": case.milestone,
        "payee": case.payee,
        "payee_name": view.partner_name(case.payee),
        "state": case.state,
        "amount_cents": case.amount_cents,
        "repayable_cents": case.repayable_cents,
        "grant_cents": case.grant_cents,
        "paid_cents": case.paid_cents,
        "refunded_cents": case.refunded_cents,
        "batch": case.batch or None,
        "requested_on": case.requested_on.isoformat(),
        "approved_on": case.approved_on.isoformat() if case.approved_on else None,
        "paid_on": case.paid_on.isoformat() if case.paid_on else None,
        "due_on": case.due_on.isoformat() if case.due_on else None,
    }


def disbursement(view: View, *, ref: str) -> dict[str, Any]:
    """One disbursement: its parts, who acted, what is possible now."""
    case = view.case(Disbursement, ref)
    whole = view.actor is not None and view.actor.has(*readers("payments"))
    history = [
        {
            "seq": happened.seq,
            "type": happened.type,
            "effective_on": happened.effective_on.isoformat(),
            "actor": happened.actor,
            "actor_name": view.name(happened.actor),
            "made_by": happened.made_by,
        }
        for happened in view.history(case)
    ]
    return {
        **_row(view, case),
        "iban_payee_ref": case.iban_payee_ref or None,
        "iban": (case.iban if whole else iban_mask(case.iban)) or None,
        "attempts": case.attempts,
        "bank_reason": case.bank_reason or None,
        "possible": commands_from(TRANSITIONS, case.state),
        "events": history,
    }


COMMANDS = (
    Command("disbursement request", request, PARTY_SIGNATORY),
    Command("disbursement check", check_request, FUND_MANAGER),
    Command("disbursement approve", approve, TREASURER),
    Command("disbursement refuse", refuse, PAYERS),
    Command("disbursement withdraw", withdraw, PARTY_SIGNATORY),
    Command("disbursement cancel", cancel, FUND_MANAGER, second=TREASURER),
    Command("disbursement refund", refund, TREASURER),
)
QUERIES = (Query("disbursement list", disbursements), Query("disbursement show", disbursement))
