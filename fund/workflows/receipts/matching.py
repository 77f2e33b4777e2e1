"""What a receipt is for: the matches that follow from the evidence, or are made by people.

What is certain the service matches; what the evidence leaves open is proposed to a treasurer; anything else is decided
by two people. The evidence itself stands in ``evidence``. Source: bank.md (Matching), R3, K2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fund.contributions.receiving import set_against_call
from fund.errors.capital import (
    MoreThanReceived,
    NothingOpen,
    NothingToUndo,
    ReceiptAlreadyAllocated,
    SeveralCandidates,
    SurplusRefunded,
)
from fund.errors.commands import UnknownRef
from fund.events import Envelope
from fund.events.receipts import ReceiptAllocated, ReceiptMatchProposed, ReceiptUnmatched, Undone
from fund.events.values import AllocatedPart
from fund.glossary import nearest
from fund.language import _
from fund.ledger import Entry
from fund.money import require_cents
from fund.rules import charges
from fund.rules.authority import FUND_MANAGER, Guard, Who, require
from fund.rules.schedules import claims, split
from fund.rules.transitions import require_reason
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Call, Receipt, Use
from fund.schemas.disbursements import Disbursement
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.disbursements.undoing import refund
from fund.workflows.receipts.evidence import Evidence, Known, certain, evidence_for
from fund.workflows.receipts.lifecycle import State
from fund.workflows.repayments.reallocation import order_one_day


def booking_day(uow: Snapshot, day: date) -> date:
    """The day on which something of the bank is booked: the bank's own, or today where that day takes no entries."""
    if day < uow.first_day:
        return uow.today
    return day if uow.takes_entries(day) else uow.today


# --------------------------------------------------------------------------------------------------- by the service


def match_by_itself(
    uow: UnitOfWork, receipt: Receipt, *, cause: Envelope, reaction: str, known: Known | None = None
) -> bool:
    """Make the certain match of a receipt, or propose what it may be for; whether it was matched.

    Run again on a receipt that waits, it does nothing while the evidence is the same.

    Args:
        known: What is known of payers, where many receipts are matched one after another.
    """
    found = evidence_for(uow, receipt, known=known)
    if certain(found):
        on = booking_day(uow, receipt.booked_on)
        for each in found:
            amount = each.open_cents if each.together else None
            waits = uow.case(Receipt, receipt.ref)
            _set_against(uow, waits, each, amount=amount, on=on, cause=cause, reaction=reaction)
            if known is not None:
                known.learn(receipt.payer_iban, each.target)
        return True
    proposed = tuple(evidence.proposed for evidence in found)
    if proposed and proposed != receipt.candidates:
        uow.record(ReceiptMatchProposed(ref=receipt.ref, candidates=proposed), cause=cause, reaction=reaction)
    return False


def _set_against(
    uow: UnitOfWork,
    receipt: Receipt,
    found: Evidence,
    *,
    amount: int | None = None,
    on: date,
    cause: Envelope | None = None,
    reaction: str = "",
) -> Envelope:
    target, rule = found.target, found.rule
    call = uow.maybe(Call, target)
    if call is not None:
        return set_against_call(uow, receipt, call, rule=rule, amount=amount, on=on, cause=cause, reaction=reaction)
    plan = uow.maybe(Plan, target)
    if plan is None:
        near = nearest(target, [*uow.store.cases.refs("call"), *uow.store.cases.refs("plan")])
        wrong = f"fund bank match {receipt.ref} --to {near[0]}" if near else "fund capital list"
        raise UnknownRef(kind="call", ref=target, suggestion=wrong)
    return _repay(
        uow, receipt, plan, rule=rule, amount=amount, instalment=found.instalment, on=on, cause=cause, reaction=reaction
    )


def _repay(
    uow: UnitOfWork,
    receipt: Receipt,
    plan: Plan,
    *,
    rule: str,
    amount: int | None = None,
    instalment: int | None = None,
    on: date,
    cause: Envelope | None = None,
    reaction: str = "",
) -> Envelope:
    """A receipt pays costs and interest, then the advance, oldest instalment first, only what was paid out; the rest is
    owed back (R3).

    Who names an instalment says which debt is meant, not that its costs and interest come later (4:92).
    """
    used = receipt.waiting_cents if amount is None else require_cents(amount)
    if used > receipt.waiting_cents:
        raise MoreThanReceived(asked_cents=used, ref=receipt.ref, waiting_cents=receipt.waiting_cents)
    outstanding_cents = max(uow.balance_now(f"1200.{plan.ref}"), 0)
    charged_cents = charges.owed(plan.charges, receipt.valued_on)
    nothing_left = outstanding_cents == 0 and bool(plan.moved_to or _written_off(uow, plan.ref))
    if nothing_left:  # what is not for costs and interest is owed elsewhere, or a recovery
        used = min(used, charged_cents)
    if used < 1:
        elsewhere = f"fund bank match {receipt.ref} --to {plan.moved_to}" if plan.moved_to else "fund writeoff list"
        raise NothingOpen(
            ref=receipt.ref,
            target=plan.ref,
            open_cents=outstanding_cents,
            waiting_cents=receipt.waiting_cents,
            look=elsewhere if nothing_left else "fund bank unmatched",
        )
    principal_first = _due_first(plan, outstanding_cents, receipt.valued_on, instalment)
    paid = charges.pay(plan.charges, used - principal_first, receipt.valued_on)
    charges_cents = sum(paid.values())
    divided = split(
        plan,
        used - charges_cents,
        outstanding_cents,
        on=receipt.valued_on,
        instructed={instalment: used - charges_cents} if instalment is not None else None,
    )
    # Money of an earlier day on a debt that was refinanced since counts from the day on which it is owed here.
    taken_over_on = plan.taken_over_on or on
    if on < taken_over_on and uow.ledger.balance(f"1200.{plan.ref}", as_of=on) < divided.allocated_cents:
        on = booking_day(uow, taken_over_on)
    left_cents = outstanding_cents - divided.allocated_cents
    released_cents = max(-uow.balance_now(f"1290.{plan.ref}") - left_cents, 0)
    if released_cents and on < uow.today:
        on = _set_aside_by(uow, plan.ref, on)
    fact = ReceiptAllocated(
        ref=receipt.ref,
        agreement=plan.ref,
        proposal=plan.proposal,
        partner=plan.lead,
        rule=rule,
        amount_cents=used,
        advance_cents=divided.allocated_cents,
        surplus_cents=divided.surplus_cents,
        allowance_released_cents=released_cents,
        parts=tuple(AllocatedPart(no=no, amount_cents=cents) for no, cents in sorted(divided.parts.items())),
        valued_on=receipt.valued_on,
        instalment=instalment,
        charges_cents=charges_cents,
        charges=tuple(AllocatedPart(no=no, amount_cents=cents) for no, cents in sorted(paid.items())),
    )
    event = uow.record(fact, effective_on=on, cause=cause, reaction=reaction)
    order_one_day(uow, plan.ref, receipt.valued_on, cause=event)
    return event


def _due_first(plan: Plan, outstanding_cents: int, on: date, instalment: int | None) -> int:
    """What of the principal goes before costs and interest: nothing, or all that is due where the agreement says so."""
    if plan.allocation != charges.PRINCIPAL_FIRST:
        return 0
    claimed = claims(plan.instalments, outstanding_cents)
    return sum(claimed[part.no] for part in plan.instalments if part.due_on <= on or part.no == instalment)


def _set_aside_by(uow: UnitOfWork, agreement: str, on: date) -> date:
    """The day from which what is released was set aside, not before ``on``: money that the bank told late, after the
    run of a quarter, counts from the day of that run, or the allowance would be below nothing until then.
    """
    later = [line.effective_on for line in uow.ledger.card(f"1290.{agreement}", since=on) if line.amount_cents < 0]
    last = max(later, default=on)
    return booking_day(uow, last) if last > on else on


def _written_off(snapshot: Snapshot, agreement: str) -> bool:
    """Whether what was written off is not recovered whole: then money that comes in is a recovery (W6)."""
    codes = ("4200", "4210", "4300")
    return sum(snapshot.ledger.balance(f"{code}.{agreement}", kinds_excluded=("closing",)) for code in codes) > 0


# -------------------------------------------------------------------------------------------------------- by people


def receipt_named(snapshot: Snapshot, ref: str) -> Receipt:
    """The receipt with this ref, or of the bank line with this id.

    Raises:
        UnknownRef: Neither.
    """
    if ref.startswith("lin_"):
        found = snapshot.cases(Receipt, lookup=ref)
        if found:
            return found[0]
    return snapshot.case(Receipt, ref)


def match(uow: UnitOfWork, *, ref: str, to: str | None = None, amount: int | None = None) -> Envelope | None:
    """A treasurer says what a receipt is for: alone where the evidence proposes it, else with a fund manager.

    Args:
        amount: Cents of the receipt; default all that waits.

    Raises:
        UnknownRef, ReceiptAlreadyAllocated, MoreThanReceived, NothingOpen: As they say.
        SeveralCandidates: Nothing is named, and the evidence proposes several cases, or none.
    """
    receipt = receipt_named(uow, ref)
    _require_waiting(receipt)
    found = _known_evidence(uow, receipt)
    target = to or (next(iter(found)) if len(found) == 1 else "")
    if not target:
        raise SeveralCandidates(
            ref=receipt.ref, amount_cents=receipt.waiting_cents, count=len(found), candidates=list(found) or ["-"]
        )
    chosen = found.get(target, Evidence(target, "manual", 0, False))
    uow.next_step = "fund bank unmatched"
    step = uow.transition("bank match", receipt, of=behind(uow, target))
    if uow.confirmer is not None:
        guard = uow.guard(step.of, step.row)
        require(uow.confirmer, FUND_MANAGER, guard, command="bank match", ref=receipt.ref)
    if uow.maybe(Disbursement, target) is not None:
        uow.result.update(refund(uow, ref=target, receipt=receipt.ref, amount=amount))
        return None
    on = booking_day(uow, receipt.booked_on)
    if amount is None and (chosen.together or chosen.rule == "iban_and_sum"):
        amount = min(chosen.open_cents, receipt.waiting_cents)
    event = _set_against(uow, receipt, chosen, amount=amount, on=on)
    _tell_parts(uow, event)
    return event


def _tell_parts(uow: UnitOfWork, event: Envelope) -> None:
    """Which costs, interest and instalments a repayment pays: what a trial shows before anything happens (R3)."""
    fact = event.fact
    if not isinstance(fact, ReceiptAllocated):
        return
    plan = uow.case(Plan, fact.agreement)
    found = next(each for each in plan.received if each.event_id == event.event_id)
    paid, given = found.parts, found.charges
    uow.result.update(
        ref=fact.ref,
        agreement=plan.ref,
        instalments=[
            {
                "no": part.no,
                "due_on": part.due_on.isoformat(),
                "paid_cents": paid[part.no],
                "open_cents": part.open_cents,
            }
            for part in sorted(plan.instalments, key=lambda part: (part.due_on, part.no))
            if paid.get(part.no)
        ],
        charges=[
            {"no": each.no, "ground": each.ground, "paid_cents": given[each.no], "open_cents": each.open_cents}
            for each in charges.in_order(plan.charges)
            if given.get(each.no)
        ],
        charges_cents=fact.charges_cents,
        surplus_cents=fact.surplus_cents,
        outstanding_cents=uow.ledger.balance(f"1200.{plan.ref}"),
    )


def second_to_match(snapshot: Snapshot, args: Mapping[str, Any]) -> Who | None:
    """A match that the evidence does not propose asks a second person (R3, manual)."""
    target = args.get("to")
    if not target:
        return None
    return (
        None if target in _known_evidence(snapshot, receipt_named(snapshot, str(args.get("ref", "")))) else FUND_MANAGER
    )


def _known_evidence(snapshot: Snapshot, receipt: Receipt) -> dict[str, Evidence]:
    """By target, what the evidence proposes, now or when the receipt came in."""
    before = {
        proposed.target: Evidence(proposed.target, proposed.rule, proposed.open_cents, False, proposed.instalment)
        for proposed in receipt.candidates
    }
    return {**before, **{evidence.target: evidence for evidence in evidence_for(snapshot, receipt)}}


def allocate(
    uow: UnitOfWork,
    *,
    ref: str,
    receipt: str,
    amount: int | None = None,
    instalment: int | None = None,
    on: date | None = None,
) -> Envelope:
    """By two people: a receipt repays an advance, whatever its evidence says (R3 manual).

    Args:
        amount: Cents of the receipt; default all that waits.

    Raises:
        UnknownRef, ReceiptAlreadyAllocated, MoreThanReceived, NothingOpen, ConflictOfInterest: As they say.
    """
    found = receipt_named(uow, receipt)
    _require_waiting(found)
    plan = uow.case(Plan, ref)
    if instalment is not None and instalment not in {part.no for part in plan.instalments}:
        listed = f"fund repayment schedule {ref}"
        raise UnknownRef(kind="instalment", ref=f"{ref} {instalment}", suggestion=listed)
    uow.transition("repayment allocate", found, of=behind(uow, ref))
    uow.next_step = f"fund repayment schedule {ref}"
    day = on or booking_day(uow, found.booked_on)
    event = _repay(uow, found, plan, rule="manual", amount=amount, instalment=instalment, on=day)
    _tell_parts(uow, event)
    return event


def unmatch(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """Matches of a receipt were wrong: their entries are mirrored, and it waits again, for people to decide.

    Raises:
        ReasonMissing, UnknownRef: As they say.
        NothingToUndo: It was not matched with a call or a plan.
        ConflictOfInterest: Whoever acts is of a party of the case it was matched with.
    """
    reason = require_reason("bank unmatch", reason)
    receipt = receipt_named(uow, ref)
    matched = [use for use in receipt.uses if use.matched]
    step = uow.transition("bank unmatch", receipt)
    if not matched:
        raise NothingToUndo(
            ref=receipt.ref,
            count=0,
            state=receipt.state,
            allocated_cents=receipt.allocated_cents,
            amount_cents=receipt.amount_cents,
        )
    for use in matched:
        step = uow.transition("bank unmatch", receipt, of=behind(uow, use.target))
    uow.next_step = f"fund bank match {receipt.ref} --to REF"
    fact = ReceiptUnmatched(ref=receipt.ref, reason=reason, undone=undoing(uow, receipt))
    return step.record(fact, effective_on=on)


def undoing(uow: UnitOfWork, receipt: Receipt) -> tuple[Undone, ...]:
    """What taking back every match of a receipt mirrors and opens again.

    Raises:
        SurplusRefunded: What it owed back to the payer was given back meanwhile.
    """
    undone: list[Undone] = []
    for use in receipt.uses:
        if use.matched:
            undone.append(_undone(uow, use, undone))
    _require_surplus(uow, receipt.ref, undone)
    return tuple(undone)


def _undone(uow: UnitOfWork, use: Use, before: Sequence[Undone]) -> Undone:
    """What is taken back of a use; where it was reallocated, the allowance follows what the mirrors leave."""
    plan = uow.maybe(Plan, use.target)
    entries = tuple(uow.ledger.entries(event_id=use.event_id))
    paid = next((each for each in plan.received if each.event_id == use.event_id), None) if plan else None
    released = 0
    if plan is not None and use.reallocated_cents < 0:
        same = [each for each in before if each.agreement == plan.ref]
        mirrored = (*entries, *(uow.ledger.entry(seq) for each in same for seq in each.seqs))
        advance = uow.ledger.balance(f"1200.{plan.ref}") - sum(_leg(entry, f"1200.{plan.ref}") for entry in mirrored)
        allowance = -uow.ledger.balance(f"1290.{plan.ref}") + sum(_leg(entry, f"1290.{plan.ref}") for entry in mirrored)
        advance += use.reallocated_cents + sum(each.reallocated_cents for each in same)
        allowance -= sum(each.allowance_released_cents for each in same)
        released = max(allowance - max(advance, 0), 0)
    return Undone(
        seqs=tuple(entry.seq for entry in entries),
        event_id=use.event_id,
        call=None if plan else use.target,
        agreement=plan.ref if plan else None,
        proposal=plan.proposal if plan else None,
        amount_cents=use.amount_cents,
        receipt_cents=use.receipt_cents,
        parts=use.parts,
        partner=paid.partner if paid else "",
        reallocated_cents=use.reallocated_cents,
        allowance_released_cents=released,
    )


def _require_surplus(uow: UnitOfWork, receipt: str, undone: Sequence[Undone]) -> None:
    """What a match owed back to the payer still stands there: given back meanwhile (R7), it cannot be taken back."""
    surpluses: dict[str, int] = {}
    for part in undone:
        if part.reallocated_cents:  # what was reallocated is not owed back any more, or is since
            account = f"2100.{part.partner}"
            surpluses[account] = surpluses.get(account, 0) - part.reallocated_cents
        for entry in (uow.ledger.entry(seq) for seq in part.seqs):
            for posting in entry.postings:
                if posting.account.startswith("2100."):
                    surpluses[posting.account] = surpluses.get(posting.account, 0) - posting.amount_cents
    for account, cents in surpluses.items():
        owed_cents = -uow.ledger.balance(account)
        if cents > max(owed_cents, 0):
            raise SurplusRefunded(
                ref=receipt, partner=account.partition(".")[2], surplus_cents=cents, owed_cents=owed_cents
            )


def _leg(entry: Entry, account: str) -> int:
    """What an entry moved on an account, debit positive."""
    return sum(leg.amount_cents for leg in entry.postings if leg.account == account)


def _require_waiting(receipt: Receipt) -> None:
    if receipt.state in (State.ALLOCATED, State.REVERSED):
        taken_back = [_("taken back by the bank")] if receipt.state == State.REVERSED else []
        raise ReceiptAlreadyAllocated(
            ref=receipt.ref,
            amount_cents=receipt.amount_cents,
            allocated_cents=receipt.allocated_cents,
            targets=[use.target for use in receipt.uses] or taken_back,
        )


def behind(snapshot: Snapshot, target: str) -> Agreement | Guard:
    """The agreement that a target belongs to; a call is of no party."""
    disbursement = snapshot.maybe(Disbursement, target)
    agreement = snapshot.maybe(Agreement, disbursement.agreement if disbursement else target)
    return agreement or Guard(show="fund bank unmatched")
