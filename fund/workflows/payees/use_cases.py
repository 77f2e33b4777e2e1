"""Accounts that may be paid (C7): made by one person on request of another, checked by a third.

A partner's account is recorded by the fund manager on request of a signatory and verified by a treasurer, a supplier's
on a document that both have seen; only after some days of cooling off is money sent to it. A new account replaces the
one before. The fund's own accounts cool off as well before money is moved to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from fund import files
from fund.bank import bank_name
from fund.bank import iban as checked_iban
from fund.dates import day_of
from fund.errors.payments import (
    AccountOfTheFund,
    CoolingOff,
    IbanKnown,
    NoBankAccount,
    NoPayee,
    PartnerOrSupplier,
    SignatoryNeeded,
    SupplierNameTaken,
    SupplierWithoutDocument,
    UnusableSupplierName,
)
from fund.events import Envelope
from fund.events.payees import PayeeRecorded, PayeeVerified
from fund.rules.authority import FUND_MANAGER, TREASURER, Guard, Role
from fund.rules.permissions import account_for
from fund.rules.transitions import Transition, state_after
from fund.schemas.base import as_row
from fund.schemas.capital import BankAccount, Debit
from fund.schemas.disbursements import Payee
from fund.schemas.transfers import Transfer
from fund.unit_of_work import Projection, Snapshot, UnitOfWork
from fund.workflows.payees.commands import PayeeRow, Payees

_SUPPLIER = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]", re.ASCII)


class PayeeState(StrEnum):
    """Where an account of a payee stands."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    REPLACED = "replaced"


P = PayeeState
TRANSITIONS = (
    Transition("payee record", None, P.RECORDED, FUND_MANAGER, PayeeRecorded, second=TREASURER, row="C7"),
    Transition("payee record", P.RECORDED, P.VERIFIED, FUND_MANAGER, PayeeVerified, second=TREASURER, row="C7"),
    Transition("payee record", P.VERIFIED, P.REPLACED, FUND_MANAGER, PayeeVerified, second=TREASURER, row="C7"),
)
"""One command records and verifies an account, and replaces the one before."""

# ---------------------------------------------------------------------------------------------------------- folds


def apply(case: Payee | None, event: Envelope) -> Payee | None:
    fact = event.fact
    if isinstance(fact, PayeeRecorded):
        return Payee.of(fact, state=state_after(TRANSITIONS, None, fact))
    if isinstance(fact, PayeeVerified) and case is not None:
        if fact.ref != case.ref:
            return case.replace(state=PayeeState.REPLACED.value)
        verified_on = day_of(event.recorded_at)
        usable_on = max(case.from_on, verified_on + timedelta(days=fact.cooling_off_days))
        return case.replace(
            state=state_after(TRANSITIONS, case.state, fact), verified_on=verified_on, usable_on=usable_on
        )
    return case


def _whose(parties: tuple[str, ...]) -> Guard:
    return Guard(parties=parties, show="fund payee list")


def guard(_snapshot: Snapshot, case: Payee, _row: Transition) -> Guard:
    """The partner whose account it is; a supplier's is of no partner."""
    return _whose(() if case.supplier else (case.partner,))


PROJECTIONS = {"payee": Projection(Payee, apply, TRANSITIONS, guard)}


# ------------------------------------------------------------------------------------------------------ use cases


def record(
    uow: UnitOfWork,
    *,
    iban: str,
    name: str,
    partner: str | None = None,
    requested_by: str | None = None,
    supplier: str | None = None,
    file: Mapping[str, Any] | None = None,
    from_on: date | None = None,
    on: date | None = None,
) -> Mapping[str, object]:
    """An account is on record and verified; once it has cooled off it can be paid. Two people: FM, then TR.

    Args:
        supplier: The short name of somebody else who is paid; the same one again replaces its account.
        from_on: The first day on which it holds, if later than the end of the cooling-off.

    Raises:
        InvalidIban, NameTooLong, UnwritableCharacter: It could never be paid.
        PartnerOrSupplier: Neither of the two, or both.
        UnknownPartner: No such partner.
        SignatoryNeeded: Whoever asked is no signatory of that partner.
        UnusableSupplierName, SupplierNameTaken, SupplierWithoutDocument: As they say.
        IbanKnown: The account is on record, for this payee or another.
        AccountOfTheFund: It is an account of the fund itself.
        ConflictOfInterest: Whoever records or verifies it is on that partner's payroll.

    Source: lifecycle.md C7.
    """
    number = checked_iban(iban)
    holder = " ".join(name.split())
    bank_name(holder, field="name")
    if (partner is None) == (supplier is None) or (partner is None and requested_by is not None):
        raise PartnerOrSupplier()
    if partner is not None:
        payee, asking, document = partner, _signatory(uow, partner, requested_by), ""
    else:
        (payee, document), asking = _supplier(uow, supplier or "", file), ""
    known = next((payee for payee in uow.cases(Payee, lookup=number) if payee.state != PayeeState.REPLACED), None)
    if known is not None:
        raise IbanKnown(iban=number, known=known.ref, state=known.state)
    own = uow.maybe(BankAccount, number)
    if own is not None:
        raise AccountOfTheFund(iban=number, account=own.account)
    earlier = uow.cases(Payee, partner=payee)
    ref = f"{payee}-{len(earlier) + 1}"
    parties = (partner,) if partner is not None else ()
    fact = PayeeRecorded(
        ref=ref,
        partner=payee,
        iban=number,
        name=holder,
        from_on=from_on or on or uow.today,
        requested_by=asking,
        supplier=partner is None,
        file_sha256=document,
    )
    uow.begin("payee record", Payee, of=_whose(parties), ref=ref).record(fact, effective_on=on)
    current = next((payee.ref for payee in earlier if payee.state == PayeeState.VERIFIED), "")
    days = uow.regulations().terms.cooling_off_days
    verified = PayeeVerified(ref=ref, partner=payee, cooling_off_days=days, replaces=current, supplier=partner is None)
    uow.transition("payee record", uow.case(Payee, ref)).record(verified, effective_on=on)
    uow.next_step = f"fund payee list --partner {payee}"
    return {"ref": ref, "partner": payee, "iban": number, "usable_on": uow.case(Payee, ref).usable_on}


def _signatory(uow: UnitOfWork, partner: str, name: str | None) -> str:
    """The user id of the signatory on whose request a partner's account is recorded."""
    uow.partner(partner)
    if name is None:
        raise SignatoryNeeded(requested_by="-", partner=partner)
    asking = uow.user(name)
    if not asking.has(Role.PARTNER_SIGNATORY) or asking.organisation != partner:
        raise SignatoryNeeded(requested_by=name, partner=partner)
    return asking.user_id


def _supplier(uow: UnitOfWork, name: str, file: Mapping[str, Any] | None) -> tuple[str, str]:
    """The short name of a supplier, and the hash of the document that shows its account."""
    if not _SUPPLIER.fullmatch(name):
        raise UnusableSupplierName(supplier=name)
    if uow.store.cases.get(f"partner/{name}") is not None:
        raise SupplierNameTaken(supplier=name)
    if file is None:
        raise SupplierWithoutDocument(supplier=name)
    return name, files.put(uow, file["content"], name=str(file.get("name", "")))


# ---------------------------------------------------------------------------------------- what neighbours ask for


def payee_in_force(snapshot: Snapshot, partner: str, *, ref: str) -> Payee:
    """The verified account of a partner.

    Raises:
        NoPayee: There is none.
    """
    verified = snapshot.cases(Payee, partner=partner, states=(PayeeState.VERIFIED,))
    if not verified:
        raise NoPayee(payee=partner, ref=ref)
    return verified[-1]


def to_pay(snapshot: Snapshot, partner: str, command: str) -> str:
    """The next step towards a payment to a partner: ``command``, or first the account that it has not got."""
    verified = snapshot.cases(Payee, partner=partner, states=(PayeeState.VERIFIED,))
    return command if verified else NoPayee(payee=partner, ref="").advice


def usable_payee(snapshot: Snapshot, partner: str, *, ref: str, on: date) -> Payee:
    """The verified account of a partner, cooled off on a day.

    Raises:
        NoPayee: There is none. CoolingOff: It was verified too short a time ago.
    """
    payee = payee_in_force(snapshot, partner, ref=ref)
    if payee.usable_on is None or on < payee.usable_on:
        raise CoolingOff(payee=partner, payee_ref=payee.ref, usable_on=payee.usable_on or payee.from_on, on=on)
    return payee


def account_of_the_fund(snapshot: Snapshot, account: str = "1000") -> BankAccount:
    """The fund's own account at the bank from which it pays: the one registered last for ``account``.

    Raises:
        NoBankAccount: None is registered.
    """
    registered = [case for case in snapshot.cases(BankAccount) if case.account == account]
    if not registered:
        raise NoBankAccount(account=account)
    return max(registered, key=lambda case: (case.from_on, snapshot.version(case)))


def cash_to_pay(snapshot: Snapshot, day: date | None) -> int:
    """What can still be paid from the bank on a day: cash, less what is under way, less what was approved before.

    What is on its way to the treasury account has left, and so has what nobody has explained, though 1010 still holds
    both; a debit that proves to be a payment under way is free again.
    """
    balances = snapshot.balances(as_of=day)
    leaving = sum(case.amount_cents for case in snapshot.cases(Transfer, states=("sent",)) if case.to_account != "1000")
    gone = sum(debit.amount_cents for debit in snapshot.cases(Debit, states=("recorded",)))
    # 1010 and 2000 stand on the credit side
    return sum(balances.get(code, 0) for code in ("1000", "1010", "2000")) - leaving - gone


# -------------------------------------------------------------------------------------------------------- reading


def payees(snapshot: Snapshot, *, partner: str | None = None) -> Payees:
    """The accounts that may be paid; masked for whoever neither makes nor checks payments, nor owns them."""
    cases = snapshot.cases(Payee, partner=partner)
    return {
        "payees": [
            as_row(PayeeRow, each, iban=account_for(snapshot.actor, each.iban, of=each.partner)) for each in cases
        ]
    }
