"""Costs and income of the fund that pass over its bank account: charges (C2), interest and other income (C3).

Costs that are approved before they are paid (C1) and transfers to the treasury (C4) are told by the workflows
``payables`` and ``transfers``; they are listed here beside the others.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from fund.costs.commands import ApprovedRow, CostRow, Costs, CostYear, DebitRow, IncomeRow, TransferRow
from fund.errors.capital import MoreThanReceived
from fund.errors.commands import ReasonMissing
from fund.events import Envelope
from fund.events.receipts import CostCharged, DebitExplained, DebitRecorded, DebitReversed, IncomeRecorded
from fund.money import require_cents
from fund.rules.authority import SYSTEM, TREASURER, Guard
from fund.rules.permissions import account_for
from fund.rules.transitions import Transition, state_after
from fund.schemas.base import as_row
from fund.schemas.capital import Cost, Debit, Income, Receipt
from fund.schemas.payables import Payable
from fund.schemas.transfers import Transfer
from fund.unit_of_work import Projection, Snapshot, UnitOfWork


class State(StrEnum):
    """Where money stands that left the bank unexplained."""

    RECORDED = "recorded"
    EXPLAINED = "explained"
    REVERSED = "reversed"


TRANSITIONS = (
    Transition("debit record", None, State.RECORDED, SYSTEM, DebitRecorded, row="C2"),
    Transition("debit reverse", State.RECORDED, State.REVERSED, SYSTEM, DebitReversed, row="C2"),
    Transition("cost charge", State.RECORDED, State.EXPLAINED, TREASURER, DebitExplained, row="C2"),
)


def apply_cost(case: Cost | None, event: Envelope) -> Cost | None:
    fact = event.fact
    if isinstance(fact, CostCharged):
        return Cost.of(fact, state="charged")
    return case


def apply_debit(case: Debit | None, event: Envelope) -> Debit | None:
    fact = event.fact
    if isinstance(fact, DebitRecorded):
        return Debit.of(fact, state=state_after(TRANSITIONS, None, fact))
    if isinstance(fact, DebitReversed) and case is not None:
        return case.replace(state=state_after(TRANSITIONS, case.state, fact))
    if isinstance(fact, DebitExplained) and case is not None:
        return case.replace(state=state_after(TRANSITIONS, case.state, fact), explanation=fact.reason)
    return case


def apply_income(case: Income | None, event: Envelope) -> Income | None:
    fact = event.fact
    if isinstance(fact, IncomeRecorded):
        return Income.of(fact, state="recorded", amount_cents=fact.receipt_cents)
    return case


def charge(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """An unexplained debit turns out to be a cost of the fund (C2); bank charges are booked by the service itself.

    Raises:
        UnknownRef: No such debit. TransitionNotAllowed: It was explained before. ReasonMissing: As it says.
    """
    if not reason.strip():
        raise ReasonMissing(command="cost charge")
    debit = uow.case(Debit, ref)
    step = uow.transition("cost charge", debit)
    fact = DebitExplained(ref=ref, amount_cents=debit.amount_cents, reason=reason.strip())
    uow.next_step = "fund cost list"
    return step.record(fact, effective_on=on)


def record_income(
    uow: UnitOfWork, *, receipt: str, reason: str, amount: int | None = None, on: date | None = None
) -> Envelope:
    """A receipt is income of the fund: interest, or something that nobody has to give back (C3).

    Args:
        amount: Cents of the receipt; default all that waits.

    Raises:
        UnknownRef, ReasonMissing: As they say. MoreThanReceived: More than waits, or nothing waits.
    """
    if not reason.strip():
        raise ReasonMissing(command="cost income")
    found = uow.case(Receipt, receipt)
    used = found.waiting_cents if amount is None else require_cents(amount)
    if not 1 <= used <= found.waiting_cents:
        raise MoreThanReceived(asked_cents=used, ref=receipt, waiting_cents=found.waiting_cents)
    fact = IncomeRecorded(ref=uow.next_ref("income"), receipt=receipt, receipt_cents=used, reason=reason.strip())
    uow.next_step = "fund bank unmatched"
    return uow.record(fact, effective_on=on)


def costs(snapshot: Snapshot) -> Costs:
    """What the bank charged, what people approved, what left the bank unexplained, what came in as income, and what
    moved between the fund's own accounts; each in the order of its refs. First each year against its cost budget.
    Account numbers are masked for whoever neither makes nor checks payments.
    """
    return {
        "years": [_year(snapshot, year) for year in range(snapshot.first_day.year, snapshot.today.year + 1)],
        "approvals": [
            as_row(ApprovedRow, case, payee_name=snapshot.partner_name(case.payee))
            for case in snapshot.cases(Payable, parent="cost")
        ],
        "transfers": [as_row(TransferRow, case) for case in snapshot.cases(Transfer)],
        "costs": [as_row(CostRow, cost) for cost in snapshot.cases(Cost)],
        "debits": [
            as_row(DebitRow, debit, payee_iban=account_for(snapshot.actor, debit.payee_iban))
            for debit in snapshot.cases(Debit)
        ],
        "income": [as_row(IncomeRow, one) for one in snapshot.cases(Income)],
    }


def _year(snapshot: Snapshot, year: int) -> CostYear:
    """A year's costs against the budget of the regulations, as they stand in the books: what is approved and not yet
    paid counts, so does what was booked by hand; year end changes nothing.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    budget_cents = snapshot.regulations(min(last, snapshot.today)).cost_budget_cents
    spent, income = (
        snapshot.ledger.turnover(code, since=first, as_of=last, kinds_excluded=("closing",)).balance_cents
        for code in ("4500", "4400")
    )
    return {
        "year": year,
        "budget_cents": budget_cents,
        "spent_cents": spent,
        "left_cents": max(budget_cents - spent, 0),
        "over_cents": max(spent - budget_cents, 0),
        "income_cents": -income,
    }


def guard_debit(_snapshot: Snapshot, _case: Debit, _row: Transition) -> Guard:
    """The fund's own money."""
    return Guard(show="fund cost list")


PROJECTIONS = {
    "cost": Projection(Cost, apply_cost),
    "debit": Projection(Debit, apply_debit, TRANSITIONS, guard_debit),
    "income": Projection(Income, apply_income),
}
