"""What the fund spends on itself (C1): approved by two people within the yearly budget, then paid like all else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund import files
from fund.bank import bank_text, read_creditor_reference
from fund.dates import term_end, weeks
from fund.errors.capital import AmountNotPositive
from fund.errors.payments import CostBudgetExceeded
from fund.errors.reviews import InsufficientFreeToCommit
from fund.events.costs import CostApproved
from fund.money import require_cents
from fund.rules.authority import Guard
from fund.rules.transitions import require_reason
from fund.rules.valuation import free_to_commit
from fund.schemas.capital import Partner
from fund.schemas.payables import Payable
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.payees.use_cases import usable_payee


def approve(
    uow: UnitOfWork,
    *,
    payee: str,
    amount: int,
    reason: str,
    invoice: str = "",
    reference: str = "",
    due: date | None = None,
    file: Mapping[str, Any] | None = None,
    on: date | None = None,
) -> Mapping[str, object]:
    """The fund owes a supplier for what it needs itself (C1). Two people: FM, then TR, of no payroll of the payee.

    Args:
        amount: Cents.
        reference: With or without spaces; it stands in the payment, else the ``invoice`` does.

    Raises:
        AmountNotPositive, ReasonMissing: As they say.
        InvalidReference: It is no RF reference, or a character of it is wrong.
        NoPayee, CoolingOff: There is no account that can be paid.
        CostBudgetExceeded: More than the yearly budget leaves.
        InsufficientFreeToCommit: More than is free to commit.

    Source: lifecycle.md 9, C1.
    """
    require_cents(amount)
    if amount < 1:
        raise AmountNotPositive(command="cost approve", amount_cents=amount, least_cents=1)
    what_for = require_reason("cost approve", reason)
    creditor_reference = read_creditor_reference(reference) if reference.strip() else ""
    of_partner = (payee,) if uow.maybe(Partner, payee) is not None else ()
    step = uow.begin("cost approve", Payable, of=Guard(parties=of_partner), ref=payee)
    account = usable_payee(uow, payee, ref=payee, on=uow.today)
    day = on or uow.today
    budget_cents = uow.regulations(day).cost_budget_cents
    spent = spent_cents(uow, day.year)
    if amount > budget_cents - spent:
        raise CostBudgetExceeded(
            asked_cents=amount,
            year=day.year,
            budget_cents=budget_cents,
            spent_cents=spent,
            left_cents=max(0, budget_cents - spent),
        )
    ref = uow.next_ref("cost")
    free_cents = min(
        free_to_commit(uow.balances(as_of=until), uow.regulations(day).buffer_cents) for until in (day, None)
    )
    if amount > free_cents:
        raise InsufficientFreeToCommit(
            ref=ref, amount_cents=amount, free_cents=free_cents, difference_cents=amount - free_cents, on=day
        )
    fact = CostApproved(
        ref=ref,
        payee=payee,
        amount_cents=amount,
        payee_ref=account.ref,
        due_on=due or term_end(day, weeks(uow.regulations(day).terms.payment_weeks)),
        parties=of_partner,
        text=bank_text(f"{ref} {invoice.strip()}".strip(), field=ref),
        purpose=what_for,
        invoice=invoice.strip(),
        creditor_reference=creditor_reference,
        file_sha256=files.put(uow, file["content"], name=str(file.get("name", ""))) if file else "",
    )
    step.record(fact, effective_on=on)
    uow.next_step = "fund payment batch"
    return {"ref": ref, "amount_cents": amount, "left_cents": budget_cents - spent - amount, "due_on": fact.due_on}


def spent_cents(snapshot: Snapshot, year: int) -> int:
    """What the fund spent on itself in a year: everything on 4500, what is approved and not yet paid included."""
    before = snapshot.ledger.balance("4500", as_of=date(year - 1, 12, 31), kinds_excluded=("closing",))
    until = snapshot.ledger.balance("4500", as_of=date(year, 12, 31), kinds_excluded=("closing",))
    return until - before
