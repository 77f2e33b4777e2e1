"""What was paid too much (2100): since when it stands there, and how it goes back or to a contribution (R7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.bank import bank_text
from fund.dates import term_end, weeks
from fund.errors.capital import AmountNotPositive, CallOfAnother, ConsentNeeded, MoreThanOverpaid, NothingOpen
from fund.errors.payments import SignatoryNeeded
from fund.events.overpayments import OverpaymentMoved, OverpaymentRefunded
from fund.money import require_cents
from fund.rules.authority import Guard, Role
from fund.schemas.base import as_row
from fund.schemas.capital import Call, Partner
from fund.schemas.disbursements import Payee
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot, Step, UnitOfWork
from fund.workflows.payables import OVERPAID
from fund.workflows.payables.commands import OpenCallRow, Overpaid, OverpaidRow
from fund.workflows.payees.use_cases import PayeeState, usable_payee

COMMAND = "repayment refund"
LOOK = "fund repayment overpaid"


def refund(
    uow: UnitOfWork,
    *,
    ref: str,
    amount: int | None = None,
    to: str | None = None,
    consent: str | None = None,
    on: date | None = None,
) -> Mapping[str, object]:
    """What a payer paid too much is owed to it, to its verified account; or is set against a call of its own (R7).

    A treasurer makes it, a fund manager confirms, of no payroll of the payer. A refund is paid in a batch, as
    everything that the fund owes.

    Args:
        amount: Cents; default all that stands overpaid, or all that is open of the call.

    Raises:
        AmountNotPositive, MoreThanOverpaid: Nothing, or more than stands overpaid.
        NoPayee, CoolingOff: There is no account that can be paid.
        CallOfAnother, NothingOpen, UnknownRef: The call is not an open one of this partner.
        ConsentNeeded, SignatoryNeeded: Nobody of the partner agreed, or somebody who may not sign.
        NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    payer, day = ref, on or uow.today
    step = uow.begin(COMMAND, Payable, of=Guard(parties=(payer,), show=LOOK), ref=payer)
    standing = min(-uow.ledger.balance(f"{OVERPAID}.{payer}", as_of=until) for until in (day, None))
    call = _own_call(uow, payer, to) if to else None
    wanted = min(standing, call.open_cents) if call is not None else standing
    cents = wanted if amount is None else require_cents(amount)
    if amount is not None and cents < 1:
        raise AmountNotPositive(command=COMMAND, amount_cents=cents, least_cents=1)
    if cents < 1 or cents > standing:
        raise MoreThanOverpaid(payer=payer, asked_cents=cents, overpaid_cents=max(standing, 0), on=day)
    if call is None:
        return _to_account(step, payer, cents, day)
    return _to_call(uow, call, cents, consent, day)


def _to_account(step: Step, payer: str, cents: int, day: date) -> dict[str, Any]:
    uow = step.uow
    account = usable_payee(uow, payer, ref=payer, on=uow.today)
    ref = uow.next_ref("refund")
    fact = OverpaymentRefunded(
        ref=ref,
        payee=payer,
        amount_cents=cents,
        payee_ref=account.ref,
        due_on=term_end(day, weeks(uow.regulations(day).terms.payment_weeks)),
        parties=(payer,),
        text=bank_text(ref, field=ref),
    )
    step.record(fact, effective_on=day)
    uow.next_step = "fund payment batch"
    return {"ref": ref, "payer": payer, "amount_cents": cents, "due_on": fact.due_on}


def _own_call(snapshot: Snapshot, payer: str, ref: str) -> Call:
    call = snapshot.case(Call, ref)
    if call.partner != payer:
        raise CallOfAnother(call=ref, partner=call.partner, payer=payer)
    if call.open_cents < 1:
        raise NothingOpen(ref=payer, target=ref, open_cents=0, waiting_cents=0, look=f"fund partner show {payer}")
    return call


def _to_call(uow: UnitOfWork, call: Call, cents: int, consent: str | None, day: date) -> dict[str, Any]:
    if cents > call.open_cents:
        raise NothingOpen(ref=call.partner, target=call.ref, open_cents=call.open_cents, waiting_cents=cents, look=LOOK)
    if not consent:
        raise ConsentNeeded(partner=call.partner, call=call.ref)
    agreed = uow.user(consent)
    if not agreed.has(Role.PARTNER_SIGNATORY) or agreed.organisation != call.partner:
        raise SignatoryNeeded(requested_by=consent, partner=call.partner)
    fact = OverpaymentMoved(ref=call.ref, partner=call.partner, amount_cents=cents, consent=agreed.user_id)
    uow.record(fact, effective_on=day)
    uow.next_step = f"fund partner show {call.partner}"
    return {"call": call.ref, "payer": call.partner, "amount_cents": cents}


# ------------------------------------------------------------------------------------------------------------ reading


def overpaid_by(snapshot: Snapshot, *, as_of: date | None = None) -> dict[str, int]:
    """What each payer stands to get back, where it is more than nothing."""
    balances = snapshot.ledger.balances(as_of=as_of)
    mine = {code.partition(".")[2]: -cents for code, cents in balances.items() if code.startswith(f"{OVERPAID}.")}
    return {payer: cents for payer, cents in sorted(mine.items()) if cents > 0}


def overpaid(snapshot: Snapshot, *, as_of: date | None = None) -> Overpaid:
    """What was paid too much, by payer: since when it stands, what it could go to, and whether it can be paid."""
    day = as_of or snapshot.today
    usable = {
        payee.partner: payee.usable_on.isoformat()
        for payee in snapshot.cases(Payee, states=[PayeeState.VERIFIED])
        if payee.usable_on is not None
    }
    rows: list[OverpaidRow] = []
    for payer, cents in overpaid_by(snapshot, as_of=as_of).items():
        partner = snapshot.maybe(Partner, payer)
        calls = snapshot.cases(Call, partner=payer, states=["open"]) if partner is not None else []
        rows.append(
            {
                "payer": payer,
                "payer_name": partner.short_name if partner is not None else payer,
                "amount_cents": cents,
                "since_on": _since(snapshot, payer, day).isoformat(),
                "account_usable_on": usable.get(payer),
                "calls": [as_row(OpenCallRow, one) for one in calls],
            }
        )
    return {"as_of": day.isoformat(), "payers": rows, "total_cents": sum(row["amount_cents"] for row in rows)}


def _since(snapshot: Snapshot, payer: str, day: date) -> date:
    """The day from which something that still stands has stood: what came in first goes out first."""
    account, standing = f"{OVERPAID}.{payer}", deque[tuple[date, int]]()
    moves = [
        (entry.effective_on, -posting.amount_cents)
        for entry in snapshot.ledger.entries(account=account, as_of=day)
        for posting in entry.postings
        if posting.account == account
    ]
    for on, cents in sorted(moves, key=lambda move: move[0]):
        if cents > 0:
            standing.append((on, cents))
            continue
        left = -cents
        while left and standing:
            first, there = standing.popleft()
            if there > left:
                standing.appendleft((first, there - left))
            left = max(left - there, 0)
    return standing[0][0] if standing else day
