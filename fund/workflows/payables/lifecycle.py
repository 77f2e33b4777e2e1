"""The life of what is owed beside disbursements, whatever its ground: from approval to the bank.

The chapter that finds out what is owed adds its first row here; from there on all of them are paid, fail, come back and
are cancelled alike. Source: lifecycle.md 5 (D4-D7, D10), applied by R7, K8 and C1.
"""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope
from fund.events.costs import CostApproved
from fund.events.disbursements import DisbursementCancelled
from fund.events.overpayments import OverpaymentRefunded
from fund.events.payables import Owed, PayableCancelled, PayableRetried
from fund.events.payments import (
    PaymentFailed,
    PaymentFailureUndone,
    PaymentReturned,
    PaymentsBatched,
    PaymentSent,
    PaymentSettled,
)
from fund.rules.authority import FUND_MANAGER, PAYERS, SYSTEM, TREASURER, Guard, either
from fund.rules.transitions import Transition, state_after
from fund.schemas.payables import Payable
from fund.unit_of_work import Projection, Snapshot


class State(StrEnum):
    """Where an amount that is owed stands."""

    APPROVED = "approved"
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


_BANK = either(TREASURER, SYSTEM)
S = State
_WAITING = (S.APPROVED, S.FAILED)

TRANSITIONS = (
    #          command           from          to               who            records
    Transition("cost approve", None, S.APPROVED, FUND_MANAGER, CostApproved, second=TREASURER, row="C1"),
    Transition("repayment refund", None, S.APPROVED, TREASURER, OverpaymentRefunded, second=FUND_MANAGER, row="R7"),
    Transition("payment batch", S.APPROVED, S.APPROVED, PAYERS, PaymentsBatched, may_repeat=True),
    Transition("payment send", S.APPROVED, S.SENT, TREASURER, PaymentSent, second=PAYERS, row="D4"),
    Transition("payment settle", S.SENT, S.PAID, _BANK, PaymentSettled, may_repeat=True, row="D5"),
    Transition("payment fail", S.SENT, S.FAILED, TREASURER, PaymentFailed, may_repeat=True, row="D6"),
    Transition("payment found", S.FAILED, S.SENT, TREASURER, PaymentFailureUndone, may_repeat=True, row="D6"),
    Transition("payment retry", _WAITING, S.APPROVED, FUND_MANAGER, PayableRetried, may_repeat=True, row="D6"),
    Transition(
        "payment cancel",
        _WAITING,
        S.CANCELLED,
        FUND_MANAGER,
        PayableCancelled,
        second=TREASURER,
        may_repeat=True,
        row="D7",
    ),
    Transition("payment return", S.PAID, S.APPROVED, _BANK, PaymentReturned, may_repeat=True, row="D10"),
)


def apply(case: Payable | None, event: Envelope) -> Payable | None:
    """The amount owed after a fact."""
    fact = event.fact
    if isinstance(fact, Owed):
        return Payable.of(
            fact,
            state=State.APPROVED.value,
            ground=fact.ground,
            iban_payee_ref=fact.payee_ref,
            hands=(event.made_by, event.actor) if event.made_by else (event.actor,),
            event_id=event.event_id,
            streams=tuple(fact.affected_streams()),
            approved_on=event.effective_on,
        )
    if case is None:
        return None
    if isinstance(fact, (DisbursementCancelled, PayableCancelled)) and fact.ref != case.ref:
        return case.replace(batch="")  # a batch that was not sent falls with one of its lines
    after = case.replace(state=state_after(TRANSITIONS, case.state, fact))
    if isinstance(fact, PaymentsBatched):
        return after.replace(batch=fact.ref if any(line.ref == case.ref for line in fact.lines) else "")
    if isinstance(fact, PaymentSent):
        return after.replace(attempts=case.attempts + 1)
    if isinstance(fact, PaymentSettled):
        return after.replace(paid_on=event.effective_on, bank_reason="")
    if isinstance(fact, PaymentFailed):
        return after.replace(batch="", bank_reason=fact.reason, to_verify=True)
    if isinstance(fact, PaymentFailureUndone):
        return after.replace(batch=fact.ref, bank_reason="", to_verify=False)
    if isinstance(fact, PaymentReturned):
        return after.replace(batch="", bank_reason=fact.reason, to_verify=True, paid_on=None)
    if isinstance(fact, PayableRetried):
        return after.replace(iban_payee_ref=fact.iban_payee_ref, to_verify=False)
    if isinstance(fact, PayableCancelled):
        return after.replace(batch="")
    return after


def guard(_snapshot: Snapshot, case: Payable, _row: Transition) -> Guard:
    """Whose it is, and those who approved it."""
    return Guard(parties=case.parties, prior_approvers=case.hands, show="fund payment list")


PROJECTIONS = {"payable": Projection(Payable, apply, TRANSITIONS, guard)}
