"""The life of a disbursement as a table, and how its facts are folded."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from fund.events import Envelope
from fund.events.disbursements import (
    DisbursementApproved,
    DisbursementCancelled,
    DisbursementChecked,
    DisbursementRefunded,
    DisbursementRefused,
    DisbursementRequested,
    DisbursementWithdrawn,
)
from fund.events.payables import PayableCancelled
from fund.events.payments import (
    PaymentFailed,
    PaymentFailureUndone,
    PaymentRetried,
    PaymentReturned,
    PaymentsBatched,
    PaymentSent,
    PaymentSettled,
)
from fund.rules.authority import FUND_MANAGER, PARTY_SIGNATORY, PAYERS, SYSTEM, SYSTEM_ACTOR, TREASURER, Guard, either
from fund.rules.transitions import Transition, state_after
from fund.schemas.agreements import Agreement
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import Projection, Snapshot


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
    Transition("payment batch", State.APPROVED, State.APPROVED, PAYERS, PaymentsBatched, may_repeat=True),
    Transition("payment send", State.APPROVED, State.SENT, TREASURER, PaymentSent, second=PAYERS, row="D4"),
    Transition("payment settle", State.SENT, State.PAID, _BANK, PaymentSettled, may_repeat=True, row="D5"),
    Transition("payment fail", State.SENT, State.FAILED, TREASURER, PaymentFailed, may_repeat=True, row="D6"),
    Transition("payment found", State.FAILED, State.SENT, TREASURER, PaymentFailureUndone, may_repeat=True, row="D6"),
    Transition(
        "payment retry",
        (State.FAILED, State.APPROVED),
        State.APPROVED,
        FUND_MANAGER,
        PaymentRetried,
        may_repeat=True,
        row="D6",
    ),
    Transition(
        "disbursement cancel",
        (State.APPROVED, State.FAILED),
        State.CANCELLED,
        FUND_MANAGER,
        DisbursementCancelled,
        second=TREASURER,
        may_repeat=True,
        row="D7",
    ),
    Transition(
        "disbursement refund",
        (State.PAID, State.PART_REFUNDED),
        State.PART_REFUNDED,
        TREASURER,
        DisbursementRefunded,
        may_repeat=True,
        row="D8",
    ),
    Transition("disbursement refuse", OPEN, State.REFUSED, PAYERS, DisbursementRefused, may_repeat=True, row="D9"),
    Transition("disbursement withdraw", OPEN, State.WITHDRAWN, PARTY_SIGNATORY, DisbursementWithdrawn, row="D9"),
    Transition("payment return", State.PAID, State.APPROVED, _BANK, PaymentReturned, may_repeat=True, row="D10"),
)


# ----------------------------------------------------------------------------------------------------------- fold


def apply(case: Disbursement | None, event: Envelope) -> Disbursement | None:
    fact = event.fact
    if isinstance(fact, DisbursementRequested):
        return Disbursement.of(
            fact,
            state=state_after(TRANSITIONS, None, fact),
            hands=() if event.actor == SYSTEM_ACTOR.user_id else (event.actor,),
            requested_on=event.effective_on,
        )
    if case is None:
        return None
    after = case.replace(state=state_after(TRANSITIONS, case.state, fact))
    if isinstance(fact, DisbursementChecked):
        return after.replace(iban_payee_ref=fact.iban_payee_ref, hands=(*case.hands, event.actor))
    if isinstance(fact, DisbursementApproved):
        return after.replace(
            repayable_cents=fact.repayable_cents,
            grant_cents=fact.grant_cents,
            approved_on=event.effective_on,
            due_on=fact.due_on,
            hands=(*case.hands, event.actor),
        )
    if isinstance(fact, DisbursementRefunded):
        return after.replace(
            refunded_cents=case.refunded_cents + fact.amount_cents,
            refunded_repayable_cents=case.refunded_repayable_cents + fact.amount_cents - fact.grant_cents,
        )
    if isinstance(fact, (DisbursementCancelled, PayableCancelled)):
        # a batch that was not sent falls with one of its lines: the others wait for another one
        return (after if fact.ref == case.ref else case).replace(batch="")
    if isinstance(fact, (DisbursementRefused, DisbursementWithdrawn)):
        return after
    return _after_the_bank(case, after, event)


def _after_the_bank(case: Disbursement, after: Disbursement, event: Envelope) -> Disbursement:
    fact = event.fact
    if isinstance(fact, PaymentsBatched):
        return case.replace(batch=fact.ref if any(line.ref == case.ref for line in fact.lines) else "")
    if isinstance(fact, PaymentSent):
        return after.replace(attempts=case.attempts + 1)
    if isinstance(fact, PaymentSettled):
        return after.replace(paid_cents=fact.line.amount_cents, paid_on=event.effective_on, bank_reason="")
    if isinstance(fact, PaymentFailed):
        return after.replace(batch="", bank_reason=fact.reason)
    if isinstance(fact, PaymentFailureUndone):
        return after.replace(batch=fact.ref, bank_reason="")
    if isinstance(fact, PaymentReturned):
        return after.replace(batch="", paid_cents=0, paid_on=None, to_verify=True, bank_reason=fact.reason)
    if isinstance(fact, PaymentRetried):
        return after.replace(iban_payee_ref=fact.iban_payee_ref, to_verify=False)
    return case


def guard(snapshot: Snapshot, case: Disbursement, row: Transition) -> Guard:
    """The parties of its agreement, and those who asked, checked or approved (G7 c)."""
    agreement = snapshot.guard(snapshot.case(Agreement, case.agreement), row)
    return replace(agreement, prior_approvers=case.hands, show=f"fund disbursement show {case.ref}")


PROJECTIONS = {"disbursement": Projection(Disbursement, apply, TRANSITIONS, guard)}
