"""Capital: called from partners by the distribution key (K1), and received (K2). One entry per partner and call.

What came in on the bank, and for whom, is the trade of the receipts; here it meets the call. Source: lifecycle.md 9.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from fund.errors import (
    AmountNotPositive,
    KeyNotInForce,
    KeyOrPartner,
    MoreThanReceived,
    NoActivePartners,
    NoKeyInForce,
    NothingOpen,
    NotTakingPart,
    UnknownPartner,
)
from fund.events import ContributionCalled, ContributionReceived, Envelope
from fund.glossary import state_word
from fund.money import require_cents
from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.rules.keys import divide, fraction_text, rescale
from fund.schemas.capital import Call, DistributionKey, Partner, Receipt
from fund.unit_of_work import Command, Query, UnitOfWork, View

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "call",
    "calls",
    "key_in_force",
    "partner_named",
    "receive",
    "set_against_call",
]


def key_in_force(view: View, on: date) -> DistributionKey:
    """The distribution key of a day: the latest adopted that holds from a day not after it.

    Raises:
        NoKeyInForce: None does.
    """
    adopted = sorted(view.cases(DistributionKey, states=["adopted"]), key=lambda key: (key.from_on, key.ref))
    in_force = [key for key in adopted if key.from_on <= on]
    if not in_force:
        raise NoKeyInForce(on=on, first=adopted[0].from_on if adopted else "-")
    return in_force[-1]


def call(
    uow: UnitOfWork,
    *,
    amount: int,
    key: str | None = None,
    partner: str | None = None,
    due: date | None = None,
    on: date | None = None,
) -> None:
    """Capital is called (K1): a total over all active partners by the key of the day, or an amount of one partner.

    The fund manager makes it, a treasurer confirms. Parts by largest remainder, ties by partner id; each partner gets a
    call and an entry of its own, so that the proof of one shows nobody else. A part of nothing is left out.

    Args:
        amount: Cents: the total of the call, or what the one partner is asked.
        key: The key that the caller expects to hold; it must be the one in force.
        partner: Only this partner.
        due: The last day to pay; default the term of the regulations after the day of the call.
        on: The accounting day, default today.

    Raises:
        AmountNotPositive, AmountTooLarge: As they say.
        KeyOrPartner: Both a key and one partner.
        NoActivePartners, NotTakingPart, UnknownPartner: Nobody to call, or not this one.
        NoKeyInForce, KeyNotInForce: Another key holds on the day, or none.
    """
    if partner is not None and key is not None:
        raise KeyOrPartner(partner=partner, key=key)
    if require_cents(amount) < 1:
        raise AmountNotPositive(command="capital call", amount_cents=amount, least_cents=1)
    day = on or uow.today
    due_on = due or day + timedelta(days=uow.regulations(day).terms.call_due_days)
    parts = _call_of_one(uow, partner, amount) if partner else _call_of_all(uow, key, amount, day)
    version, divided = parts
    for one, share, cents in divided:
        uow.record(
            ContributionCalled(
                ref=uow.next_ref("call"),
                partner=one,
                amount_cents=cents,
                due_on=due_on,
                key=version,
                share=fraction_text(share),
                total_cents=amount,
            ),
            effective_on=day,
        )
    uow.result.update(calls=len(divided), total_cents=amount, key=version or None, due_on=due_on.isoformat())
    uow.next_step = "fund capital list"


def partner_named(view: View, ref: str) -> Partner:
    """The partner with this id.

    Raises:
        UnknownPartner: None of the fund's partners has it.
    """
    found = view.maybe(Partner, ref)
    if found is None:
        raise UnknownPartner(partner=ref, known=len(view.store.cases.refs("partner")))
    return found


def _call_of_one(uow: UnitOfWork, partner: str, amount: int) -> tuple[str, list[tuple[str, Fraction, int]]]:
    found = partner_named(uow, partner)
    if found.state != "active":
        raise NotTakingPart(
            command="capital call",
            partner=partner,
            state=state_word("partner", found.state),
            allowed=state_word("partner", "active"),
        )
    return "", [(partner, Fraction(1), amount)]


def _call_of_all(
    uow: UnitOfWork, key: str | None, amount: int, day: date
) -> tuple[str, list[tuple[str, Fraction, int]]]:
    active = [partner.ref for partner in uow.cases(Partner, states=["active"])]
    if not active:
        raise NoActivePartners(command="capital call", count=0)
    in_force = key_in_force(uow, day)
    if key is not None and key != in_force.ref:
        named = uow.case(DistributionKey, key)
        raise KeyNotInForce(key=key, state=state_word("key", named.state), on=day, in_force=in_force.ref)
    weights = rescale({partner: Fraction(share) for partner, share in in_force.shares.items()}, active)
    if not weights:
        raise NoActivePartners(command=f"capital call --key {in_force.ref}", count=0)
    parts = divide(amount, weights)
    return in_force.ref, [(part.partner, part.weight, part.amount_cents) for part in parts if part.amount_cents]


# --------------------------------------------------------------------------------------------------------- received


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


# ------------------------------------------------------------------------------------------------------------ reading


def calls(view: View, *, partner: str | None = None, open: bool = False) -> dict[str, Any]:
    """Every call, or those of one partner, or those that are not paid whole; in the order of their refs."""
    if partner is not None:
        partner_named(view, partner)
    found = view.cases(Call, partner=partner, states=["open"] if open else None)
    names = {one.ref: one.short_name for one in view.cases(Partner)}
    return {
        "calls": [
            {
                "ref": one.ref,
                "partner": one.partner,
                "partner_name": names[one.partner],
                "called_cents": one.called_cents,
                "received_cents": one.received_cents,
                "open_cents": one.open_cents,
                "called_on": one.called_on.isoformat(),
                "due_on": one.due_on.isoformat(),
                "state": one.state,
                "key": one.key,
                "share": one.share,
                "total_cents": one.total_cents,
                "reference": one.reference,
                "overdue": one.open_cents > 0 and one.due_on < view.today,
            }
            for one in found
        ]
    }


COMMANDS = (
    Command("capital call", call, FUND_MANAGER, second=TREASURER),
    Command("capital receive", receive, TREASURER, second=FUND_MANAGER),
)
QUERIES = (Query("capital list", calls),)
LIVES: dict[str, Any] = {}
"""The life of a call carries its RF reference, so it is folded where bank references are known: with the receipts."""
