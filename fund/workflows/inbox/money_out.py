"""Disbursements, what else is owed, batches: each with the step that comes next, without those who may not take it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fund.dates import next_working_day
from fund.language import N_, _, euros
from fund.rules.authority import FUND_MANAGER, PAYERS, TREASURER, Who
from fund.schemas.disbursements import CONTRADICTED, Batch, Disbursement
from fund.schemas.payables import Payable
from fund.schemas.transfers import Transfer
from fund.workflows.inbox.desk import Desk
from fund.workflows.inbox.waiting import Waiting

__all__ = ["waiting"]


def waiting(desk: Desk) -> Iterator[Waiting]:
    """What money that leaves waits for, from request to the bank."""
    for case in desk.disbursements.values():
        if case.state != "sent":
            yield from _disbursement(desk, case)
    for payable in desk.payables.values():
        if payable.state != "sent":
            yield from _payable(desk, payable)
    for transfer in desk.all(Transfer, "sent", "arrived"):
        yield _transfer(desk, transfer)
    for batch in desk.all(Batch, "made", "sent"):
        yield from _batch(desk, batch)
    for batch in desk.view.cases(Batch, parent=CONTRADICTED):
        yield from _contradicted(desk, batch)


def _disbursement(desk: Desk, case: Disbursement) -> Iterator[Waiting]:
    agreement = desk.agreements[case.agreement]
    about = {"amount": euros(case.amount_cents), "name": desk.short_name(case.payee)}
    if case.state == "requested":
        what = _(N_("check {amount}, {name}")).format(**about)
        who, command, hands = FUND_MANAGER, f"fund disbursement check {case.ref}", case.hands
    elif case.state == "checked":
        what = _(N_("approve {amount}, {name}")).format(**about)
        who, command, hands = TREASURER, f"fund disbursement approve {case.ref}", case.hands
    else:
        asked = _to_pay(desk, case)
        if asked is None:
            return
        (what, command, who), hands = asked, ()
    if agreement.state == "active" or case.state in ("approved", "failed"):
        ref, until = agreement.ref, case.due_on
        yield Waiting(what, command, who, ref, until, lead=agreement.lead, parties=agreement.parties, hands=hands)


def _payable(desk: Desk, case: Payable) -> Iterator[Waiting]:
    asked = _to_pay(desk, case)
    if asked is not None:
        what, command, who = asked
        yield Waiting(what, command, who, case.ref, case.due_on, parties=case.parties)


def _transfer(desk: Desk, case: Transfer) -> Waiting:
    """One of the two statements has not come in."""
    missing = case.to_account if case.state == "sent" else case.from_account
    what = _(N_("find transfer {ref} of {amount} on the statement of {account}")).format(
        ref=case.ref, amount=euros(case.amount_cents), account=missing
    )
    until = next_working_day((case.sent_on or case.settled_on or desk.today) + timedelta(days=1))
    return Waiting(what, "fund bank import FILE", TREASURER, case.ref, until)


def _to_pay(desk: Desk, case: Disbursement | Payable) -> tuple[str, str, Who] | None:
    """What an approved amount waits for; nothing by itself while it is in a batch, which waits, or while its agreement
    is suspended.
    """
    about = {"amount": euros(case.amount_cents), "name": desk.short_name(case.payee)}
    if case.state == "failed" or (not case.batch and _to_verify(desk, case)):
        what = _(N_("verify the account again for {amount}, {name}")).format(**about)
        return what, f"fund payment retry {case.ref}", FUND_MANAGER
    if case.batch or _stopped(desk, case):
        return None
    return _(N_("pay {amount}, {name}")).format(**about), f"fund payment batch --ref {case.ref}", PAYERS


def _to_verify(desk: Desk, case: Disbursement | Payable) -> bool:
    """Whether its account is verified again before it is paid: it came back, or another account took its place."""
    payee = desk.payees.get(case.iban_payee_ref)
    return case.to_verify or (payee is not None and payee.state != "verified")


def _stopped(desk: Desk, case: Disbursement | Payable) -> bool:
    """Whether nothing of its agreement is paid for now (A4)."""
    return isinstance(case, Disbursement) and desk.agreements[case.agreement].state == "suspended"


def _batch(desk: Desk, batch: Batch) -> Iterator[Waiting]:
    """A batch is sent by those who approved none of its lines; afterwards the bank says what became of it.

    One whose day has passed, or of which a line cannot be paid any more, is made again with what can.
    """
    if batch.state == "sent":
        if batch.execution_on < desk.today:
            what = _(N_("find batch {ref} on the bank statement")).format(ref=batch.ref)
            until = next_working_day(batch.execution_on + timedelta(days=1))
            yield Waiting(what, "fund bank import FILE", TREASURER, batch.ref, until)
        return
    refs = [line.ref for line in batch.lines]
    cases = [desk.disbursements[ref] for ref in refs if ref in desk.disbursements]
    payables = [desk.payables[ref] for ref in refs if ref in desk.payables]
    lines: list[Disbursement | Payable] = [*cases, *payables]
    payable = [not _to_verify(desk, case) and not _stopped(desk, case) for case in lines]
    if batch.execution_on < desk.today or not all(payable):
        if any(payable):
            what = _(N_("make batch {ref} of {amount} again: it cannot be sent as it is")).format(
                ref=batch.ref, amount=euros(batch.total_cents)
            )
            yield Waiting(what, f"fund payment batch --replaces {batch.ref}", PAYERS, batch.ref, batch.execution_on)
        return
    yield Waiting(
        _(N_("send batch {ref} of {amount}")).format(ref=batch.ref, amount=euros(batch.total_cents)),
        f"fund payment send {batch.ref}",
        TREASURER,
        batch.ref,
        batch.execution_on,
        parties=(
            *(party for case in cases for party in desk.agreements[case.agreement].parties),
            *(party for case in payables for party in case.parties),
        ),
        hands=(*(hand for case in cases for hand in case.hands), *(hand for case in payables for hand in case.hands)),
    )


def _contradicted(desk: Desk, batch: Batch) -> Iterator[Waiting]:
    """What people said of a payment and the bank's report denies: until a statement shows it, or it is paid again."""
    failed = {
        ref for cases in (desk.disbursements, desk.payables) for ref, case in cases.items() if case.state == "failed"
    }
    for entry in batch.entries:
        line = entry.line
        about = {"ref": line.ref, "amount": euros(line.amount_cents)}
        if not entry.contradicted or (entry.state == "failed" and line.ref not in failed):
            continue
        if entry.state == "paid":
            what = _(N_("ask the bank about {ref} of {amount}: the bank rejected it, and here it is paid")).format(
                **about
            )
        else:
            what = _(N_("ask the bank about {ref} of {amount}: the bank accepted it, and here it has failed")).format(
                **about
            )
        yield Waiting(what, f"fund payment list --batch {batch.ref}", TREASURER, line.ref)
