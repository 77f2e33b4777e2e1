"""Receipts and debits that nobody explained, statements that are missing, the allowance of the quarter, and what stood
outside the treasury in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from fund.dates import add_months, quarter_of
from fund.language import _, euros
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, TREASURER, Guard, either
from fund.schemas.capital import Debit, Receipt
from fund.schemas.repayments import AllowanceRun, Plan
from fund.schemas.writeoffs import Writeoff
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task
from fund.workflows.receipts.gaps import gaps


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What money that came in, or left unexplained, waits for."""
    for receipt in reader.all(Receipt, "recorded", "proposed"):
        amount = euros(receipt.waiting_cents)
        what = _("say what {ref} of {amount} is for").format(ref=receipt.ref, amount=amount)
        targets = {each.target for each in receipt.candidates}
        to = next(iter(targets)) if len(targets) == 1 else "REF"
        yield Task(what, f"fund bank match {receipt.ref} --to {to}", TREASURER, receipt.ref)
    for debit in reader.all(Debit, "recorded"):
        what = _("explain {ref} of {amount}").format(ref=debit.ref, amount=euros(debit.amount_cents))
        yield reader.task(what, "cost charge", debit, typed=f"{debit.ref} --reason TEXT")
    for gap in gaps(reader.snapshot):
        if gap["missing"]:
            what = _("import the statements that are missing of {iban}").format(iban=gap["iban"])
            yield Task(what, "fund bank import FILE", TREASURER, str(gap["iban"]))
    yield from _out_of_order(reader)
    yield from _arrears(reader)
    yield from _reminded(reader)
    yield from _charged(reader)
    yield from _allowance(reader)
    yield from _treasury(reader)


def _out_of_order(reader: InboxReader) -> Iterator[Task]:
    """Receipts that would have paid other instalments in the order of their value dates (R5)."""
    waits = [plan for plan in reader.all(Plan) if plan.reorder]
    if not waits:
        return
    from fund.workflows.repayments.reallocation import right_order

    for plan in waits:
        if right_order(reader.snapshot, plan).changed:
            what = _("put the receipts of {ref} in the order of their value dates").format(ref=plan.ref)
            yield reader.task(what, "repayment reallocate", plan)


def _arrears(reader: InboxReader) -> Iterator[Task]:
    """An instalment that went through every reminder, and no write-off proposed: the office says what now, and the
    chair sees that it does (R8: the last step is word to the committee).
    """
    last = reader.rules.terms.arrears_days[-1]
    proposed = {case.agreement for case in reader.all(Writeoff, "proposed", "decided")}
    for plan in reader.overdue(reader.today - timedelta(days=last)):
        late = [part for part in plan.instalments if part.open_cents > 0 and part.escalated_days >= last]
        if not late or plan.agreement in proposed:
            continue
        cents = sum(part.open_cents for part in late)
        what = _("say what happens to {amount} in arrears, {ref}").format(amount=euros(cents), ref=plan.agreement)
        agreement = reader.agreements.get(plan.agreement)
        whose = Guard(plan.lead, parties=agreement.parties if agreement is not None else ())
        command = f"fund repayment plan {plan.agreement}"
        yield Task(what, command, either(FUND_MANAGER, CHAIR), plan.agreement, guard=whose)


def _reminded(reader: InboxReader) -> Iterator[Task]:
    """What the lead was reminded of, until the day that a demand gave; what the office must not let lapse (R8)."""
    for plan in reader.overdue(reader.today):
        reminded = [part for part in plan.instalments if part.open_cents > 0 and part.escalated_days > 0]
        if reminded:
            cents = sum(part.open_cents for part in reminded)
            what = _("repay {amount} that is late").format(amount=euros(cents))
            until = min((part.pay_by for part in reminded if part.pay_by is not None), default=None)
            command = f"fund repayment plan {plan.agreement}"
            yield Task(what, command, LEAD_SIGNATORY, plan.agreement, until, guard=Guard(plan.lead))
        for part in plan.instalments:
            if part.warned_until is None or part.open_cents <= 0:
                continue
            from fund.workflows.repayments.reminders import limitation_of

            if part.warned_until == limitation_of(reader.snapshot, plan, part):
                what = _("demand {amount} before the claim lapses").format(amount=euros(part.open_cents))
                typed = f"{plan.agreement} --instalment {part.no}"
                yield reader.task(what, "repayment demand", plan, typed=typed, until=part.warned_until)


def _quarter_ended(reader: InboxReader) -> date:
    """The last day of the last quarter that is over."""
    return date(reader.today.year, (reader.today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)


def _treasury(reader: InboxReader) -> Iterator[Task]:
    """More stood outside the treasury in the last quarter that is over than the host may hold there on average."""
    ended = _quarter_ended(reader)
    rules = reader.snapshot.regulations(ended).treasury
    if rules is None or rules.threshold_cents is None:
        return
    from fund.reports.statements.treasury import treasury_excess_cents

    excess_cents = treasury_excess_cents(reader.snapshot, ended)
    if excess_cents:
        what = _("move surplus to the treasury: {quarter} was {amount} over the threshold").format(
            quarter=quarter_of(ended), amount=euros(excess_cents)
        )
        yield Task(what, f"fund statement treasury --year {ended.year}", TREASURER, quarter_of(ended))


def _charged(reader: InboxReader) -> Iterator[Task]:
    """Costs and interest that were claimed, for the lead that owes them (4:92)."""
    for plan in reader.all(Plan):
        cents = sum(each.open_cents for each in plan.charges)
        if cents > 0:
            what = _("pay {amount} of costs and interest, {ref}").format(amount=euros(cents), ref=plan.agreement)
            yield Task(
                what, f"fund repayment plan {plan.agreement}", LEAD_SIGNATORY, plan.agreement, guard=Guard(plan.lead)
            )


def _allowance(reader: InboxReader) -> Iterator[Task]:
    """The allowance of the last quarter that is over, where something was outstanding at its end."""
    ended = _quarter_ended(reader)
    quarter = quarter_of(ended)
    if all(run.ref != quarter for run in reader.all(AllowanceRun)) and reader.snapshot.ledger.balance(
        "1200", as_of=ended
    ):
        what = _("calculate the allowance of {quarter}").format(quarter=quarter)
        command = f"fund repayment allowance --on {ended.isoformat()}"
        yield Task(what, command, FUND_MANAGER, quarter, add_months(ended, 1))
