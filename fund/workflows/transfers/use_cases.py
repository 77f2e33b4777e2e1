"""Money between the fund's own accounts, bank to treasury or back (C4): decided by two people, or swept by the bank.

What two people decide stands on 1010 until the other account shows it; a sweep that the bank makes by itself is known
by the fund's own account on the other side of the line. The two statements may come in either order: each side is
booked once, and a line that shows what was said before is explained by it. Nothing of it is a receipt or a debit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from fund.bank import BankLine, find_references, iban_mask, ref_of_end_to_end_id
from fund.errors.capital import AmountNotPositive, NotABankAccountCode
from fund.errors.payments import AccountHoldsLess, AccountNotOfTheFund, CoolingOff, TransferSeen
from fund.events import Envelope, Fact
from fund.events.costs import TransferConfirmed, TransferFailed, TransferSent, TransferSettled
from fund.money import require_cents
from fund.rules.authority import NO_CASE, PAYERS, SYSTEM, TREASURER, Guard, either
from fund.rules.transitions import Transition, require_reason, state_after
from fund.schemas.capital import BankAccount
from fund.schemas.disbursements import Disbursement
from fund.schemas.payables import Payable
from fund.schemas.transfers import Transfer
from fund.unit_of_work import Projection, Snapshot, UnitOfWork
from fund.workflows.payees.use_cases import account_of_the_fund


class State(StrEnum):
    """Where money stands between two accounts."""

    SENT = "sent"
    ARRIVED = "arrived"
    SETTLED = "settled"
    FAILED = "failed"


_BANK = either(TREASURER, SYSTEM)

TRANSITIONS = (
    #          command         from           to             who        records
    Transition("cost transfer", None, State.SENT, TREASURER, TransferSent, second=PAYERS, row="C4"),
    Transition("cost sweep", None, State.SENT, SYSTEM, TransferSent, row="C4"),
    Transition("cost sweep", None, State.ARRIVED, SYSTEM, TransferSettled, row="C4"),
    Transition("cost sweep", State.ARRIVED, State.SETTLED, SYSTEM, TransferSent, row="C4"),
    Transition("cost settle", State.SENT, State.SETTLED, _BANK, TransferSettled, row="C4"),
    Transition("cost recall", State.SENT, State.FAILED, _BANK, TransferFailed, second=PAYERS, row="C4"),
)


def apply(case: Transfer | None, event: Envelope) -> Transfer | None:
    fact = event.fact
    if not isinstance(fact, (TransferSent, TransferSettled, TransferConfirmed, TransferFailed)):
        return case
    state = state_after(TRANSITIONS, case.state if case else None, fact)
    if case is None:
        case = Transfer.of(fact, state=state, swept=bool(fact.bank_line))
    if isinstance(fact, TransferSent):
        return case.replace(state=state, sent_on=event.effective_on, debit_line=fact.bank_line)
    if isinstance(fact, TransferSettled):
        return case.replace(state=state, settled_on=event.effective_on, credit_line=fact.bank_line)
    if isinstance(fact, TransferConfirmed):
        side = "credit_line" if fact.arrived else "debit_line"
        return case.replace(**{side: fact.bank_line})
    return case.replace(state=state, reason=fact.reason, returned_line=fact.bank_line)


# ------------------------------------------------------------------------------------------------------ use cases


def transfer(
    uow: UnitOfWork, *, amount: int, to: str, iban: str | None = None, on: date | None = None
) -> Mapping[str, object]:
    """Two people move money from the bank to the treasury account, or back. TR, then a second.

    Args:
        amount: Cents.
        iban: Which account of the fund, where several are kept on ``to``; the one registered last when left out.

    Raises:
        AmountNotPositive: As it says.
        NoBankAccount, AccountNotOfTheFund: The fund has no such account of its own.
        CoolingOff: That account was registered too short a time ago.
        AccountHoldsLess: The account that it leaves holds less.
    """
    require_cents(amount)
    if amount < 1:
        raise AmountNotPositive(command="cost transfer", amount_cents=amount, least_cents=1)
    if to not in ("1000", "1005"):
        raise NotABankAccountCode(account=to, known=["1000", "1005"], iban=iban or "IBAN")
    target = account_of_the_fund(uow, to) if iban is None else _own(uow, iban, to)
    source = account_of_the_fund(uow, "1000" if target.account == "1005" else "1005")
    step = uow.begin("cost transfer", Transfer, of=NO_CASE)
    if target.usable_on is not None and uow.today < target.usable_on:
        masked = iban_mask(target.ref)
        raise CoolingOff(payee=target.account, payee_ref=masked, usable_on=target.usable_on, on=uow.today)
    fact = TransferSent(
        ref=uow.next_ref("transfer"),
        from_iban=source.ref,
        to_iban=target.ref,
        from_account=source.account,
        to_account=target.account,
        amount_cents=amount,
    )
    day = on or uow.today
    held_cents = min(_held(uow, source.account, day), _held(uow, source.account, None))
    if amount > held_cents:
        raise AccountHoldsLess(account=source.account, amount_cents=amount, held_cents=held_cents, on=day)
    step.record(fact, effective_on=on)
    uow.next_step = "fund bank import FILE"
    return {"ref": fact.ref, "from": source.account, "to": target.account, "amount_cents": amount}


def _own(snapshot: Snapshot, iban: str, account: str) -> BankAccount:
    found = snapshot.maybe(BankAccount, iban)
    if found is None or found.account != account:
        raise AccountNotOfTheFund(iban=iban_mask(iban), account=account)
    return found


def _held(uow: UnitOfWork, account: str, day: date | None) -> int:
    """What an account holds; of the bank account, less the payments that are under way.

    They are counted one by one: 1010 holds transfers and unexplained debits as well, on the other side.
    """
    held = uow.balances(as_of=day).get(account, 0)
    if account != "1000":
        return held
    under_way = [case.amount_cents for case in uow.cases(Disbursement, states=("sent",))]
    return held - sum(under_way) - sum(case.amount_cents for case in uow.cases(Payable, states=("sent",)))


def settle(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Mapping[str, object]:
    """A treasurer says that a transfer is on the other account, where its statement cannot say so yet.

    Raises:
        TransitionNotAllowed: It is not under way.
    """
    case = uow.case(Transfer, ref)
    fact = TransferSettled(ref=ref, **_sides(case))
    uow.transition("cost settle", case).record(fact, effective_on=on)
    uow.next_step = "fund cost list"
    return {"ref": ref, "amount_cents": case.amount_cents}


def recall(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Mapping[str, object]:
    """Two people say that a transfer that they decided was never carried out: the money did not leave. TR, a second.

    Raises:
        ReasonMissing: As it says. TransitionNotAllowed: It is not under way.
        TransferSeen: The bank showed that it left.
    """
    why = require_reason("cost recall", reason)
    case = uow.case(Transfer, ref)
    step = uow.transition("cost recall", case)
    if case.debit_line:
        raise TransferSeen(ref=ref, amount_cents=case.amount_cents, account=case.from_account)
    fact = TransferFailed(ref=ref, reason=why, **_sides(case))
    step.record(fact, effective_on=on)
    uow.next_step = "fund cost list"
    return {"ref": ref, "amount_cents": case.amount_cents}


def _sides(case: Transfer) -> dict[str, Any]:
    names = ("from_iban", "to_iban", "from_account", "to_account", "amount_cents")
    return {name: getattr(case, name) for name in names}


# --------------------------------------------------------------------------------------------- from bank statements


def left(uow: UnitOfWork, line: BankLine, account: str, on: date, cause: Envelope) -> bool:
    """A debit line is money for another account of the fund: what was decided, what arrived before, a sweep."""
    other = _other(uow, line)
    if line.counterparty_iban and other is None:
        return False
    case = _meant(uow, line, other, lambda case: case.from_account == account and _leaves(case))
    if case is not None and case.state != State.ARRIVED:
        fact: Fact = TransferConfirmed(ref=case.ref, arrived=False, bank_line=line.line_id, **_sides(case))
    elif case is not None:
        fact = TransferSent(ref=case.ref, bank_line=line.line_id, **_sides(case))
    elif other is not None:
        sides = _swept(_here(uow, cause), other, line)
        fact = TransferSent(ref=uow.next_ref("transfer"), bank_line=line.line_id, **sides)
    else:
        return False
    uow.record(fact, effective_on=on, cause=cause, reaction="transfers.left")
    return True


def _leaves(case: Transfer) -> bool:
    """Whether no line showed yet that it left, and one will: what people recalled never did."""
    return not case.debit_line and (case.state != State.FAILED or bool(case.returned_line))


def came(uow: UnitOfWork, line: BankLine, account: str, on: date, cause: Envelope) -> bool:
    """A credit line is money from another account of the fund, or a transfer that the bank gave back."""
    other = _other(uow, line)
    if line.counterparty_iban and other is None:
        return False
    back = _meant(uow, line, other, lambda case: case.from_account == account and case.state == State.SENT)
    case = _meant(uow, line, other, lambda case: case.to_account == account and _lands(case))
    if line.returned:
        if back is None:
            return False
        fact: Fact = TransferFailed(ref=back.ref, reason=line.return_reason, bank_line=line.line_id, **_sides(back))
    elif case is not None and case.state == State.SENT:
        fact = TransferSettled(ref=case.ref, bank_line=line.line_id, **_sides(case))
    elif case is not None:
        fact = TransferConfirmed(ref=case.ref, arrived=True, bank_line=line.line_id, **_sides(case))
    elif other is not None:
        sides = _swept(other, _here(uow, cause), line)
        fact = TransferSettled(ref=uow.next_ref("transfer"), bank_line=line.line_id, **sides)
    else:
        return False
    uow.record(fact, effective_on=on, cause=cause, reaction="transfers.came")
    return True


def _lands(case: Transfer) -> bool:
    """Whether no line showed yet that it arrived, and one may."""
    return not case.credit_line and case.state != State.FAILED


def _other(snapshot: Snapshot, line: BankLine) -> BankAccount | None:
    """The account of the fund on the other side of a line, if it is one."""
    return snapshot.maybe(BankAccount, line.counterparty_iban) if line.counterparty_iban else None


def _here(snapshot: Snapshot, cause: Envelope) -> BankAccount:
    """The account whose line it is: that of the statement."""
    return snapshot.case(BankAccount, getattr(cause.fact, "iban"))  # noqa: B009 - every kind of bank file has one


def _swept(source: BankAccount, target: BankAccount, line: BankLine) -> dict[str, Any]:
    return {
        "from_iban": source.ref,
        "to_iban": target.ref,
        "from_account": source.account,
        "to_account": target.account,
        "amount_cents": abs(line.amount_cents),
    }


def _meant(
    snapshot: Snapshot, line: BankLine, other: BankAccount | None, fits: Callable[[Transfer], bool]
) -> Transfer | None:
    """The transfer of which a line is one side: the one that it names, else the oldest between these accounts.

    A line without an account on its other side is only known by our reference.
    """
    named = {ref_of_end_to_end_id(line.end_to_end_id)[0], *(found.ref for found in find_references(line.text))}
    cases = [case for case in snapshot.cases(Transfer) if case.amount_cents == abs(line.amount_cents) and fits(case)]
    between = [case for case in cases if other is not None and other.ref in (case.from_iban, case.to_iban)]
    return next((case for case in cases if case.ref in named), between[0] if between else None)


def guard(_snapshot: Snapshot, _case: Transfer, _row: Transition) -> Guard:
    """The fund's own money."""
    return Guard(show="fund cost list")


PROJECTIONS = {"transfer": Projection(Transfer, apply, TRANSITIONS, guard)}
