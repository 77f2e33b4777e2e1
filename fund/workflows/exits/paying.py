"""What is due of a settlement leaves the fund, or repays an advance of the partner's own; then it has left (K8).

A payment goes the way of every other: owed to a verified account, in a batch that two others send. The partner's own
agreements are kept, taken over by another lead, or set off; nothing is paid while one of them hangs in the air.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from fund import files
from fund.errors.evaluations import BeyondOutstanding
from fund.errors.exits import BeyondSettlement, OwnAgreementsOpen, SetOffNotSigned
from fund.errors.payments import InsufficientCash, PayeeNotParty
from fund.events import Envelope
from fund.events.exits import ExitPaid, ExitSetOff, PartnerExited
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.exits import Exit
from fund.unit_of_work import Snapshot, Step, UnitOfWork
from fund.workflows.exits.deferred_payments import balance_or_zero
from fund.workflows.partners.lifecycle import PartnerState
from fund.workflows.payees.use_cases import cash_to_pay, usable_payee

LEAVING_FACTS = (
    "exit.settled", "exit.paid", "exit.set_off", "exit.part_due", "exit.closed_out", "contribution.received",
    "overpayment.moved",
)  # fmt: skip
"""Facts after which nothing may be owed either way any more."""
PAY = "partner pay-settlement"


def own_agreements(snapshot: Snapshot, ref: str) -> list[str]:
    """The agreements that a partner leads and that are not over."""
    return [case.ref for case in snapshot.cases(Agreement) if case.lead == ref and case.state != "closed"]


def pay(
    uow: UnitOfWork,
    *,
    ref: str,
    amount: int | None = None,
    keep: Sequence[str] = (),
    set_off: str | None = None,
    signed: Mapping[str, Any] | None = None,
    on: date | None = None,
) -> Envelope:
    """What is due of a settlement, or a part of it, is owed to the partner's bank account (K8); or, with ``set_off``,
    it repays an advance that the partner has itself. A treasurer makes it, a second person of the office confirms.

    Args:
        amount: Cents; default all that is due, of a set-off at most the advance.
        keep: Own agreements that go on as they are; the partner stays bound by them.
        set_off: The own agreement whose advance is repaid by it.
        signed: Name and content of the paper with which the partner agrees to that.
        on: The accounting day, default today.

    Raises:
        BeyondSettlement: More than is due now, or nothing is.
        OwnAgreementsOpen: Of an agreement that it leads it is not said what happens.
        SetOffNotSigned, PayeeNotParty, BeyondOutstanding: No paper, another's agreement, more than is outstanding.
        InsufficientCash, NoPayee, CoolingOff: Not enough on the bank, or no account that can be paid.
        UnknownPartner, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, ClosedPeriod: As they say.
    """
    partner = uow.partner(ref)
    record = ExitSetOff if set_off else ExitPaid
    step = uow.transition(PAY, partner, records=record)
    case = uow.case(Exit, ref)
    due = -balance_or_zero(uow, f"2200.{ref}")
    if set_off:
        return _set_off(step, partner, set_off, due, amount, signed, on)
    cents = due if amount is None else amount
    if not 0 < cents <= due:
        raise BeyondSettlement(partner=ref, asked_cents=cents, due_cents=due)
    own = own_agreements(uow, ref)
    hanging = [each for each in own if each not in {*case.kept, *keep}]
    if hanging:
        raise OwnAgreementsOpen(partner=ref, agreements=hanging, first=hanging[0])
    day = on or uow.today
    available = min(cash_to_pay(uow, None), cash_to_pay(uow, day))
    if cents > available:
        raise InsufficientCash(ref=ref, amount_cents=cents, available_cents=available, on=day)
    payee = usable_payee(uow, ref, ref=ref, on=uow.today)
    fact = ExitPaid(
        ref=uow.next_ref("settlement"),
        payee=ref,
        amount_cents=cents,
        payee_ref=payee.ref,
        due_on=day + timedelta(weeks=uow.regulations(day).terms.payment_weeks),
        parties=(ref,),
        text=f"Uittredesom {ref}",
        kept=tuple(sorted(set(keep) & set(own))),
    )
    uow.next_step = "fund payment batch"
    return step.record(fact, effective_on=on)


def _set_off(
    step: Step,
    partner: Partner,
    ref: str,
    due: int,
    amount: int | None,
    signed: Mapping[str, Any] | None,
    on: date | None,
) -> Envelope:
    uow = step.uow
    agreement = uow.case(Agreement, ref)
    if agreement.lead != partner.ref:
        raise PayeeNotParty(payee=partner.ref, agreement=ref, parties=[agreement.lead])
    outstanding = balance_or_zero(uow, f"1200.{ref}")
    cents = min(due, outstanding) if amount is None else amount
    if not 0 < cents <= due:
        raise BeyondSettlement(partner=partner.ref, asked_cents=cents, due_cents=due)
    if cents > outstanding:
        raise BeyondOutstanding(ref=ref, amount_cents=cents, outstanding_cents=outstanding, day=uow.today)
    if signed is None:
        raise SetOffNotSigned(partner=partner.ref, agreement=ref, amount_cents=cents)
    allowance = -balance_or_zero(uow, f"1290.{ref}")
    fact = ExitSetOff(
        ref=partner.ref,
        agreement=ref,
        proposal=agreement.proposal,
        amount_cents=cents,
        allowance_released_cents=max(allowance - (outstanding - cents), 0),
        file=str(signed["name"]),
        file_sha256=files.put(uow, bytes(signed["content"]), name=str(signed["name"])),
    )
    uow.next_step = f"fund partner show {partner.ref}"
    return step.record(fact, effective_on=on)


def exit_when_settled(uow: UnitOfWork, event: Envelope) -> None:
    """After something of a settlement moved: where nothing is owed either way any more, the partner has left."""
    fact: Any = event.fact
    ref = next((str(value) for name in ("payee", "partner") if (value := getattr(fact, name, None))), fact.ref)
    partner = uow.maybe(Partner, ref)
    if partner is None or partner.state != PartnerState.SETTLING:
        return
    if any(balance_or_zero(uow, f"{code}.{ref}") for code in ("2200", "2210", "1100")):
        return
    uow.record(PartnerExited(ref=ref))
