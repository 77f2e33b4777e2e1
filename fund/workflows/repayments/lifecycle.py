"""The life of a repayment plan: its table, the references payers quote, and how facts are folded into it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any

from fund.bank import creditor_reference, read_creditor_reference
from fund.dates import day_of
from fund.errors.bank import InvalidReference
from fund.events import Envelope
from fund.events.agreements import (
    AgreementAmended,
    AgreementCompleted,
    AgreementLeadChanged,
    AgreementRefinanced,
    AgreementTerminated,
    BenefitReported,
)
from fund.events.disbursements import DisbursementCancelled, DisbursementRefunded
from fund.events.exits import ExitSetOff
from fund.events.receipts import ReceiptAllocated, ReceiptReallocated, ReceiptUnmatched
from fund.events.repayments import (
    AllowanceAdjusted,
    ArrearsDemanded,
    ArrearsEscalated,
    ChargeClaimed,
    ChargeWaived,
    LimitationNeared,
    PlanActivated,
    PlanPrepaid,
    PlanRestructured,
    PlanStarted,
)
from fund.events.values import InstalmentTerms
from fund.events.writeoffs import WriteoffPosted, WriteoffReversed
from fund.rules import schedules
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, SYSTEM, TREASURER, Guard, either
from fund.rules.transitions import Transition, state_after
from fund.schemas.agreements import Agreement
from fund.schemas.repayments import AllowanceRun, Charge, Instalment, Plan, PlanVersion, Received
from fund.unit_of_work import Projection, Snapshot

_OF_AGREEMENT = re.compile(r"RF[0-9]{2}A([0-9]{4})([0-9]{3,6})T([0-9]{1,3})")


class State(StrEnum):
    """The states of a plan."""

    ACTIVE = "active"
    RESTRUCTURED = "restructured"


LIVE = (State.ACTIVE, State.RESTRUCTURED)
REMINDED = ("escalated_days", "escalated_on", "demanded_on", "pay_by", "warned_until")
"""What was said of an instalment that is late; it stays said when the instalment goes on in another plan."""

TRANSITIONS = (
    #          command                from   to            who             records
    Transition("repayment activate", None, State.ACTIVE, SYSTEM, PlanActivated, row="R1"),
    Transition("repayment prepay", LIVE, None, LEAD_SIGNATORY, PlanPrepaid, row="R4"),
    Transition("repayment start", LIVE, None, SYSTEM, PlanStarted, row="R1"),
    Transition("decision decide", LIVE, State.RESTRUCTURED, CHAIR, PlanRestructured, row="R6"),
    Transition("repayment reallocate", LIVE, None, either(TREASURER, SYSTEM), ReceiptReallocated, row="R5"),
    Transition("repayment escalate", LIVE, None, SYSTEM, ArrearsEscalated, row="R8"),
    Transition("repayment demand", LIVE, None, FUND_MANAGER, ArrearsDemanded, row="R8"),
    Transition("repayment charge", LIVE, None, FUND_MANAGER, ChargeClaimed, second=TREASURER, row="R8"),
    Transition("repayment waive-charge", LIVE, None, FUND_MANAGER, ChargeWaived, second=TREASURER, row="R8"),
    Transition("repayment warn", LIVE, None, SYSTEM, LimitationNeared, row="R8"),
)


def instalment_reference(agreement: str, no: int) -> str:
    """The RF reference that a payer quotes for an instalment: ``A2026-003`` and 2 as ``RF..A2026003T2``."""
    return creditor_reference(f"{agreement}T{no}")


def instalment_of_reference(text: str) -> tuple[str, int] | None:
    """The agreement and the number of the instalment behind an RF reference; ``None`` where it is none of ours."""
    try:
        found = _OF_AGREEMENT.fullmatch(read_creditor_reference(text))
    except InvalidReference:
        return None
    return (f"A{found[1]}-{found[2]}", int(found[3])) if found else None


def apply_plan(case: Plan | None, event: Envelope) -> Plan | None:
    """The repayment plan after a fact: its instalments, what is open of each, its arrears."""
    fact = event.fact
    if isinstance(fact, PlanActivated):
        return Plan.of(
            fact.plan,
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            proposal=fact.proposal,
            lead=fact.lead,
            repayable_cents=fact.repayable_cents,
            instalments=fresh(fact.plan.instalments),
            versions=(PlanVersion(version=1, from_on=event.effective_on, instalments=fact.plan.instalments),),
            started_on=event.effective_on,
        )
    if case is None:
        return None
    if isinstance(fact, PlanPrepaid):
        return case.replace(early_cents=case.early_cents + fact.amount_cents, acknowledged_on=day_of(event.recorded_at))
    if isinstance(fact, PlanStarted):
        days = {part.no: {"due_on": part.due_on} for part in fact.instalments}
        version = PlanVersion(
            version=case.version + 1, from_on=event.effective_on, reason=fact.verdict, instalments=fact.instalments
        )
        started = _changed(case, days).replace(verdict=fact.verdict)
        return started.replace(version=version.version, versions=(*case.versions, version))
    if isinstance(fact, PlanRestructured):
        return _restructured(case, fact, event)
    if isinstance(fact, ArrearsEscalated):
        demanded = _demanded(event, fact.pay_by) if fact.pay_by else {}
        taken = {"escalated_days": fact.step_days, "escalated_on": day_of(event.recorded_at)}
        return _changed(case, {fact.instalment: {**taken, **demanded}})
    if isinstance(fact, ArrearsDemanded):
        return _changed(case, {fact.instalment: _demanded(event, fact.pay_by)})
    if isinstance(fact, LimitationNeared):
        return _changed(case, {fact.instalment: {"warned_until": fact.ends_on}})
    if isinstance(fact, (ChargeClaimed, ChargeWaived)):
        return _charged(case, fact, event)
    if isinstance(fact, ReceiptAllocated):
        return _received(case, fact, event)
    if isinstance(fact, ExitSetOff):
        return _paid(case, schedules.split(case, fact.amount_cents, fact.amount_cents).parts)
    if isinstance(fact, ReceiptUnmatched):
        for undone in fact.undone:
            if undone.agreement == case.ref:
                case = _given_back(case, undone.event_id)
        return case
    if isinstance(fact, ReceiptReallocated):
        return _reallocated(case, fact)
    if isinstance(fact, (AgreementAmended, AgreementCompleted, AgreementTerminated)):
        cuts = {part.no: part.amount_cents for part in fact.plan_cuts}
        change = -sum(cuts.values())
        grown = {no: -cents for no, cents in cuts.items() if cents < 0}
        lapsed = {no: cents for no, cents in cuts.items() if cents > 0}
        return _grown(_lapsed(case, lapsed), grown).replace(repayable_cents=case.repayable_cents + change)
    if isinstance(fact, AgreementLeadChanged):
        return case.replace(lead=fact.lead)
    if isinstance(fact, AgreementRefinanced):
        return _relieved(case, fact) if case.ref == fact.ref else _taken_over(case, fact, event)
    if isinstance(fact, BenefitReported):
        return _brought_forward(case, fact)
    return _after_loss(case, event)


def _demanded(event: Envelope, pay_by: date) -> Mapping[str, Any]:
    return {"demanded_on": day_of(event.recorded_at), "pay_by": pay_by}


def _charged(case: Plan, fact: ChargeClaimed | ChargeWaived, event: Envelope) -> Plan:
    """Costs or interest are owed, or what is open of them is not any more."""
    if isinstance(fact, ChargeClaimed):
        terms = fact.model_dump(include={"no", "ground", "demanded_on", "amount_cents", "reason"})
        claimed = Charge(claimed_on=day_of(event.recorded_at), **terms)
        return case.replace(charges=(*case.charges, claimed))
    return case.replace(
        charges=tuple(
            each.model_copy(update={"waived_cents": each.waived_cents + fact.amount_cents})
            if each.no == fact.no
            else each
            for each in case.charges
        )
    )


def _charges_paid(case: Plan, paid: Mapping[int, int]) -> Plan:
    """What came in on costs and interest, by number; below zero what is open again."""
    return case.replace(
        charges=tuple(
            each.model_copy(update={"paid_cents": each.paid_cents + paid.get(each.no, 0)}) for each in case.charges
        )
    )


def _received(case: Plan, fact: ReceiptAllocated, event: Envelope) -> Plan:
    """What a receipt paid; what of it went to later instalments was early, as far as it was announced."""
    parts = {part.no: part.amount_cents for part in fact.parts}
    valued_on = fact.valued_on or event.effective_on
    early = early_of(case, parts, valued_on)
    paid = Received(
        receipt=fact.ref,
        event_id=event.event_id,
        valued_on=valued_on,
        used_cents=fact.amount_cents - fact.charges_cents,
        partner=fact.partner,
        instalment=fact.instalment,
        parts=parts,
        early_cents=early,
        charges={part.no: part.amount_cents for part in fact.charges},
    )
    late = any(each.valued_on > valued_on for each in case.received if not each.fixed)
    return _charges_paid(_paid(case, parts), paid.charges).replace(
        received=(*case.received, paid), early_cents=case.early_cents - early, reorder=case.reorder or late
    )


def early_of(case: Plan, parts: Mapping[int, int], valued_on: date) -> int:
    """What of a payment came before its day and was announced, in cents."""
    later = sum(parts.get(each.no, 0) for each in case.instalments if each.due_on > valued_on)
    return min(case.early_cents, later)


def without(case: Plan, event_ids: Collection[str]) -> Plan:
    """The plan as if these allocations had not been made: what they paid is open, what was announced still stands."""
    kept = []
    for each in case.received:
        if each.event_id in event_ids:
            case = _paid(case, {no: -cents for no, cents in each.parts.items()})
            case = case.replace(early_cents=case.early_cents + each.early_cents)
        else:
            kept.append(each)
    return case.replace(received=tuple(kept))


def _given_back(case: Plan, event_id: str) -> Plan:
    """A receipt turned out to be for something else: what came in after it may have to move up."""
    place = next((place for place, each in enumerate(case.received) if each.event_id == event_id), len(case.received))
    after = any(not each.fixed for each in case.received[place + 1 :])
    charges = case.received[place].charges if place < len(case.received) else {}
    opened = _charges_paid(case, {no: -cents for no, cents in charges.items()})
    return without(opened, {event_id}).replace(reorder=case.reorder or after)


def _reallocated(case: Plan, fact: ReceiptReallocated) -> Plan:
    """Allocations that paid other instalments pay these now."""
    changed = {each.event_id: each for each in fact.allocations}
    standing = case.received
    case = without(case, changed.keys())
    received = []
    for each in standing:
        now = changed.get(each.event_id)
        if now is not None:
            parts = {part.no: part.amount_cents for part in now.after}
            case = _paid(case, parts).replace(early_cents=case.early_cents - now.early_cents)
            each = each.model_copy(update={"parts": parts, "early_cents": now.early_cents})
        received.append(each)
    return case.replace(received=tuple(received), reorder=case.reorder and not fact.whole)


def _brought_forward(case: Plan, fact: BenefitReported) -> Plan:
    """A saving calls a part of the last instalment as one of its own."""
    called = fact.called
    if called is None:
        return case
    last = last_open(case)
    if last is None:
        return case
    less = _grown(case, {last.no: -called.amount_cents})
    return less.replace(instalments=(*less.instalments, *fresh((called,))))


def last_open(case: Plan) -> Instalment | None:
    """The instalment that falls due last of those that are not paid in full."""
    return max((part for part in case.instalments if part.open_cents > 0), key=lambda part: part.due_on, default=None)


def _after_loss(case: Plan, event: Envelope) -> Plan:
    """What the plan loses when money came back unspent, was never paid, or is written off; and gets back."""
    fact = event.fact
    if isinstance(fact, DisbursementRefunded):
        mine = case.ref == (fact.held_by or fact.agreement)
        return _lapsed(case, _from_the_end(case, fact.advance_cents)) if mine else case
    if isinstance(fact, DisbursementCancelled):
        again = fact.amount_cents == fact.commitment_cents
        return case if again else _lapsed(case, _from_the_end(case, fact.repayable_cents))
    if isinstance(fact, WriteoffPosted):
        parts = _from_the_end(case, fact.amount_cents)
        return _lapsed(case, parts).replace(lapsed={**case.lapsed, fact.ref: parts})
    if isinstance(fact, WriteoffReversed):
        gone = case.lapsed.get(fact.ref, {})
        returned = _lapsed(case, {no: -cents for no, cents in gone.items()})
        kept = {ref: each for ref, each in case.lapsed.items() if ref != fact.ref}
        # After another schedule (R6) the instalments that were cancelled are no more: the last one takes it.
        returned = _extended(returned, fact.amount_cents - sum(gone.values()))
        recovered = schedules.split(returned, fact.recovered_cents, fact.recovered_cents).parts
        return _paid(returned, recovered).replace(lapsed=kept)
    return case


def fresh(terms: Sequence[InstalmentTerms]) -> tuple[Instalment, ...]:
    """Instalments as agreed, of which nothing is paid yet."""
    return tuple(Instalment(no=part.no, due_on=part.due_on, amount_cents=part.amount_cents) for part in terms)


def _changed(case: Plan, changes: Mapping[int, Mapping[str, Any]]) -> Plan:
    return case.replace(
        instalments=tuple(
            part.model_copy(update=dict(changes[part.no])) if part.no in changes else part for part in case.instalments
        )
    )


def _paid(case: Plan, parts: Mapping[int, int]) -> Plan:
    known = {part.no: part for part in case.instalments}
    return _changed(
        case, {no: {"paid_cents": known[no].paid_cents + cents} for no, cents in parts.items() if no in known}
    )


def _lapsed(case: Plan, parts: Mapping[int, int]) -> Plan:
    known = {part.no: part for part in case.instalments}
    return _changed(
        case, {no: {"cancelled_cents": known[no].cancelled_cents + cents} for no, cents in parts.items() if no in known}
    )


def _grown(case: Plan, parts: Mapping[int, int]) -> Plan:
    known = {part.no: part for part in case.instalments}
    return _changed(case, {no: {"amount_cents": known[no].amount_cents + cents} for no, cents in parts.items()})


def _extended(case: Plan, cents: int) -> Plan:
    """The plan with so much more to pay, in its last instalment; in one of its own where there is none."""
    if cents <= 0:
        return case
    last = max(case.instalments, key=lambda part: (part.due_on, part.no), default=None)
    if last is not None:
        return _grown(case, {last.no: cents})
    return case.replace(instalments=fresh((InstalmentTerms(no=1, due_on=case.ends_on, amount_cents=cents),)))


def _from_the_end(case: Plan, cents: int) -> dict[int, int]:
    """At most what is open, from the last instalment back."""
    return {part.no: part.amount_cents for part in schedules.cut(case.instalments, min(cents, case.open_cents))}


def _restructured(case: Plan, fact: PlanRestructured, event: Envelope) -> Plan:
    """Instalments that were paid (in part) keep what was paid; the rest is replaced. Numbers are never used again."""
    kept = tuple(
        part.model_copy(update={"amount_cents": part.paid_cents, "cancelled_cents": 0})
        for part in case.instalments
        if part.paid_cents
    )
    version = PlanVersion(
        version=case.version + 1, from_on=event.effective_on, reason=fact.reason, instalments=fact.instalments
    )
    return case.replace(
        state=state_after(TRANSITIONS, case.state, fact),
        plan_type=fact.plan_type or case.plan_type,
        savings_bps=fact.savings_bps if fact.plan_type else case.savings_bps,
        instalments=(*kept, *fresh(fact.instalments)),
        version=version.version,
        versions=(*case.versions, version),
        ends_on=fact.ends_on,
        early_cents=0,
        lapsed={},
        received=tuple(each.model_copy(update={"fixed": True}) for each in case.received),
        reorder=False,
    )


def _relieved(case: Plan, fact: AgreementRefinanced) -> Plan:
    """Nothing is open any more: it goes on in the plan of the roll-out."""
    return _lapsed(case, {part.no: part.amount_cents for part in fact.lapsed}).replace(
        repayable_cents=case.repayable_cents - fact.amount_cents,
        early_cents=0,
        received=tuple(each.model_copy(update={"fixed": True}) for each in case.received),
        reorder=False,
        moved_to=fact.child,
        moved_as={part.from_no: part.no for part in fact.instalments if part.from_no},
    )


def _taken_over(case: Plan, fact: AgreementRefinanced, event: Envelope) -> Plan:
    """What another agreement still owed is added, with the steps of arrears that were taken; a version of its own."""
    steps = {part.no: {name: getattr(part, name) for name in REMINDED} for part in fact.instalments}
    added = tuple(
        InstalmentTerms(no=part.no, due_on=part.due_on, amount_cents=part.amount_cents) for part in fact.instalments
    )
    before = tuple(
        InstalmentTerms(no=part.no, due_on=part.due_on, amount_cents=part.amount_cents) for part in case.instalments
    )
    version = PlanVersion(
        version=case.version + 1, from_on=event.effective_on, reason=fact.ref, instalments=(*before, *added)
    )
    return _changed(case.replace(instalments=(*case.instalments, *fresh(added))), steps).replace(
        repayable_cents=case.repayable_cents + fact.amount_cents,
        version=version.version,
        versions=(*case.versions, version),
        ends_on=max(case.ends_on, *(part.due_on for part in added)),
        taken_over_on=event.effective_on,
    )


def apply_allowance(case: AllowanceRun | None, event: Envelope) -> AllowanceRun | None:
    """The allowance run of a quarter after a fact; a later run of the same quarter adds its change."""
    fact = event.fact
    if isinstance(fact, AllowanceAdjusted):
        change = sum(line.change_cents for line in fact.lines)
        return AllowanceRun(
            ref=fact.ref,
            state="adjusted",
            adjusted_on=event.effective_on,
            change_cents=change + (case.change_cents if case else 0),
            runs=1 + (case.runs if case else 0),
        )
    return case


def guard(snapshot: Snapshot, case: Plan, row: Transition) -> Guard:
    """As its agreement."""
    return replace(snapshot.guard(snapshot.case(Agreement, case.ref), row), show=f"fund repayment plan {case.ref}")


PROJECTIONS = {
    "plan": Projection(Plan, apply_plan, TRANSITIONS, guard),
    "allowance": Projection(AllowanceRun, apply_allowance),
}
