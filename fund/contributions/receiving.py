"""Capital is received (K2): what a receipt holds meets the call that it is for."""

from __future__ import annotations

from datetime import date

from fund.errors.capital import MoreThanReceived, NothingOpen
from fund.events import Envelope
from fund.events.capital import ContributionReceived
from fund.money import require_cents
from fund.schemas.capital import Call, Receipt
from fund.unit_of_work import UnitOfWork


def set_against_call(
    uow: UnitOfWork,
    receipt: Receipt,
    found: Call,
    *,
    rule: str,
    amount: int | None = None,
    on: date,
    cause: Envelope | None = None,
    reaction: str = "",
) -> Envelope:
    """What waits of a receipt is set against a call; above what is open (a call paid twice) it is owed back (K2).

    Args:
        rule: The evidence by which they belong together.
        amount: Cents of the receipt to use; default all that waits.

    Raises:
        MoreThanReceived: More than waits of the receipt.
        NothingOpen: Nothing of the receipt waits.
    """
    used = receipt.waiting_cents if amount is None else require_cents(amount)
    if used > receipt.waiting_cents:
        raise MoreThanReceived(asked_cents=used, ref=receipt.ref, waiting_cents=receipt.waiting_cents)
    if used < 1:
        raise NothingOpen(
            ref=receipt.ref,
            target=found.ref,
            open_cents=found.open_cents,
            waiting_cents=receipt.waiting_cents,
            look="fund bank unmatched",
        )
    fact = ContributionReceived(
        ref=found.ref,
        partner=found.partner,
        receipt=receipt.ref,
        receipt_cents=used,
        amount_cents=min(used, found.open_cents),
        surplus_cents=max(used - found.open_cents, 0),
        rule=rule,
    )
    return uow.record(fact, effective_on=on, cause=cause, reaction=reaction)


def receive(uow: UnitOfWork, *, ref: str, receipt: str, amount: int | None = None, on: date | None = None) -> Envelope:
    """By two people: a receipt is set against a call, whatever its evidence says (K2, R3 manual).

    Raises:
        UnknownRef, MoreThanReceived, NothingOpen: As they say.
    """
    found = uow.case(Call, ref)
    uow.next_step = "fund bank unmatched"
    return set_against_call(uow, uow.case(Receipt, receipt), found, rule="manual", amount=amount, on=on or uow.today)
