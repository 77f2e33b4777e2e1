"""What is owed beside disbursements: its life from approval to the bank, whatever its ground.

The chapter that finds out what is owed (costs, overpayments, exits) records the fact; payments put it in a batch; here
its facts are folded. Source: lifecycle.md 5 (D4-D7, D10), applied by R7, K8 and C1.
"""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope, Owed, PaymentFailed, PaymentReturned, PaymentsBatched, PaymentSent, PaymentSettled
from fund.events.payments import BatchLine
from fund.schemas.payables import Payable
from fund.unit_of_work import Command, Life, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES", "State", "payable_after"]


class State(StrEnum):
    """Where an amount that is owed stands."""

    APPROVED = "approved"
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


def payable_after(case: Payable | None, happened: Envelope) -> Payable | None:
    """The amount owed after a fact."""
    fact = happened.fact
    if isinstance(fact, Owed):
        hands = (happened.made_by, happened.actor) if happened.made_by else (happened.actor,)
        return Payable(
            ref=fact.ref,
            state=State.APPROVED.value,
            ground=fact.ground,
            payee=fact.payee,
            iban_payee_ref=fact.payee_ref,
            amount_cents=fact.amount_cents,
            parties=fact.parties,
            text=fact.text,
            hands=hands,
            approved_on=happened.effective_on,
            due_on=fact.due_on,
        )
    if case is None:
        return None
    if isinstance(fact, PaymentsBatched):
        freed = case.ref in fact.freed and not any(_mine(case, line) for line in fact.lines)
        return case.but(batch="" if freed else fact.ref)
    if isinstance(fact, PaymentSent):
        return case.but(state=State.SENT.value, attempts=case.attempts + 1)
    if isinstance(fact, PaymentSettled):
        return case.but(state=State.PAID.value, paid_on=happened.effective_on)
    if isinstance(fact, (PaymentFailed, PaymentReturned)):
        return case.but(state=State.FAILED.value, batch="", bank_reason=fact.reason, to_verify=True, paid_on=None)
    return case


def _mine(case: Payable, line: BatchLine) -> bool:
    return (line.kind, line.ref) == (case.kind, case.ref)


COMMANDS: tuple[Command, ...] = ()
QUERIES: tuple[Query, ...] = ()
LIVES = {"payable": Life(Payable, payable_after)}
