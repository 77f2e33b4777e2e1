"""Accounts that may be paid (C7): made by one person on request of another, checked by a third.

A partner's account is recorded by the fund manager on request of a signatory and verified by a treasurer; only after
some days of cooling off is money sent to it. A new account replaces the one before.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from fund.bank import bank_name, iban_mask
from fund.bank import iban as checked_iban
from fund.dates import day_of
from fund.errors import (
    AccountOfTheFund,
    CoolingOff,
    IbanKnown,
    NoBankAccount,
    NoPayee,
    SignatoryNeeded,
    UnknownPartner,
)
from fund.events import Envelope, PayeeRecorded, PayeeVerified
from fund.glossary import state_word
from fund.rules.authority import FUND_MANAGER, TREASURER, Role
from fund.rules.permissions import readers
from fund.schemas.capital import BankAccount
from fund.schemas.disbursements import Payee
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.lifecycle import Transition, carry, state_after

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "TRANSITIONS",
    "PayeeState",
    "account_of_the_fund",
    "payee_in_force",
    "usable_payee",
]


class PayeeState(StrEnum):
    """Where an account of a payee stands."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    REPLACED = "replaced"


TRANSITIONS = (
    Transition("payee record", None, PayeeState.RECORDED, FUND_MANAGER, PayeeRecorded, second=TREASURER, row="C7"),
    Transition(
        "payee record",
        PayeeState.RECORDED,
        PayeeState.VERIFIED,
        FUND_MANAGER,
        PayeeVerified,
        second=TREASURER,
        row="C7",
    ),
    Transition(
        "payee record",
        PayeeState.VERIFIED,
        PayeeState.REPLACED,
        FUND_MANAGER,
        PayeeVerified,
        second=TREASURER,
        row="C7",
    ),
)
"""One command records and verifies an account, and replaces the one before."""

# ---------------------------------------------------------------------------------------------------------- folds


def _payee_after(case: Payee | None, happened: Envelope) -> Payee | None:
    fact = happened.fact
    if isinstance(fact, PayeeRecorded):
        return Payee(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            partner=fact.partner,
            iban=fact.iban,
            name=fact.name,
            from_on=fact.from_on,
        )
    if isinstance(fact, PayeeVerified) and case is not None:
        if fact.ref != case.ref:
            return case.but(state=PayeeState.REPLACED.value)
        verified_on = day_of(happened.recorded_at)
        usable_on = max(case.from_on, verified_on + timedelta(days=fact.cooling_off_days))
        return case.but(state=state_after(TRANSITIONS, case.state, fact), verified_on=verified_on, usable_on=usable_on)
    return case


LIVES = {"payee": Life(Payee, _payee_after, TRANSITIONS)}


# ------------------------------------------------------------------------------------------------------ use cases


def record(
    uow: UnitOfWork,
    *,
    partner: str,
    iban: str,
    name: str,
    requested_by: str,
    from_on: date | None = None,
    on: date | None = None,
) -> dict[str, Any]:
    """A partner's account is on record and verified; once it has cooled off it can be paid. Two people: FM, then TR.

    Args:
        partner: Who is paid.
        iban: With or without spaces; its check digits must be right.
        name: The holder as the bank knows it.
        requested_by: The signatory of the partner who asked for it.
        from_on: The first day on which it holds, if later than the end of the cooling-off.
        on: The accounting day.

    Raises:
        InvalidIban, NameTooLong, UnwritableCharacter: It could never be paid.
        UnknownPartner: No such partner.
        SignatoryNeeded: Whoever asked is no signatory of that partner.
        IbanKnown: The account is on record, for this partner or another.
        AccountOfTheFund: It is an account of the fund itself.
        ConflictOfInterest: Whoever records or verifies it is on that partner's payroll.

    Source: lifecycle.md C7.
    """
    number = checked_iban(iban)
    holder = " ".join(name.split())
    bank_name(holder, field=name)
    if uow.store.cases.get(f"partner/{partner}") is None:
        raise UnknownPartner(partner=partner, known=len(uow.store.cases.refs("partner")))
    asking = uow.user(requested_by)
    if not asking.has(Role.PARTNER_SIGNATORY) or asking.organisation != partner:
        raise SignatoryNeeded(requested_by=requested_by, partner=partner)
    known = next((payee for payee in uow.cases(Payee, lookup=number) if payee.state != PayeeState.REPLACED), None)
    if known is not None:
        raise IbanKnown(iban=number, known=known.ref, state=state_word("payee", known.state))
    own = uow.maybe(BankAccount, number)
    if own is not None:
        raise AccountOfTheFund(iban=number, account=own.account)
    earlier = uow.cases(Payee, partner=partner)
    ref = f"{partner}-{len(earlier) + 1}"
    carry(
        uow,
        TRANSITIONS,
        "payee record",
        None,
        PayeeRecorded(
            ref=ref,
            partner=partner,
            iban=number,
            name=holder,
            from_on=from_on or on or uow.today,
            requested_by=asking.user_id,
        ),
        effective_on=on,
        ref=ref,
        parties=(partner,),
        look="fund payee list",
    )
    current = next((payee.ref for payee in earlier if payee.state == PayeeState.VERIFIED), "")
    days = uow.regulations().terms.cooling_off_days
    carry(
        uow,
        TRANSITIONS,
        "payee record",
        uow.case(Payee, ref),
        PayeeVerified(ref=ref, partner=partner, cooling_off_days=days, replaces=current),
        effective_on=on,
        parties=(partner,),
        look="fund payee list",
    )
    uow.next_step = f"fund payee list --partner {partner}"
    return {"ref": ref, "partner": partner, "iban": number, "usable_on": uow.case(Payee, ref).usable_on}


# ---------------------------------------------------------------------------------------- what neighbours ask for


def payee_in_force(view: View, partner: str, *, ref: str) -> Payee:
    """The verified account of a partner.

    Raises:
        NoPayee: There is none.
    """
    verified = view.cases(Payee, partner=partner, states=(PayeeState.VERIFIED,))
    if not verified:
        raise NoPayee(payee=partner, ref=ref)
    return verified[-1]


def usable_payee(view: View, partner: str, *, ref: str, on: date) -> Payee:
    """The verified account of a partner, cooled off on a day.

    Raises:
        NoPayee: There is none. CoolingOff: It was verified too short a time ago.
    """
    payee = payee_in_force(view, partner, ref=ref)
    if payee.usable_on is None or on < payee.usable_on:
        raise CoolingOff(payee=partner, payee_ref=payee.ref, usable_on=payee.usable_on or payee.from_on, on=on)
    return payee


def account_of_the_fund(view: View, account: str = "1000") -> BankAccount:
    """The fund's own account at the bank from which it pays: the one registered last for ``account``.

    Raises:
        NoBankAccount: None is registered.
    """
    registered = [case for case in view.cases(BankAccount) if case.account == account]
    if not registered:
        raise NoBankAccount(account=account)
    return max(registered, key=lambda case: (case.from_on, view.version(case)))


# -------------------------------------------------------------------------------------------------------- reading


def payees(view: View, *, partner: str | None = None) -> dict[str, Any]:
    """The accounts that may be paid, by partner; whole for those who make and check payments, masked for others."""
    whole = view.actor is not None and view.actor.has(*readers("payments"))
    return {
        "payees": [
            {
                "ref": payee.ref,
                "partner": payee.partner,
                "name": payee.name,
                "iban": payee.iban if whole or _own(view, payee) else iban_mask(payee.iban),
                "from_on": payee.from_on.isoformat(),
                "verified_on": payee.verified_on.isoformat() if payee.verified_on else None,
                "usable_on": payee.usable_on.isoformat() if payee.usable_on else None,
                "state": payee.state,
            }
            for payee in view.cases(Payee, partner=partner)
        ]
    }


def _own(view: View, payee: Payee) -> bool:
    return view.actor is not None and view.actor.organisation == payee.partner


COMMANDS = (Command("payee record", record, FUND_MANAGER, second=TREASURER),)
QUERIES = (Query("payee list", payees),)
