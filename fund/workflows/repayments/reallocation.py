"""Receipts in the order of their value dates: what each would have paid, and what of that is not so in the books (R5).

A receipt that the fund hears of late was paid on its day all the same. What people decided meanwhile stands: an advance
that was written off or refunded is not repaid as well, and what was paid before a plan was made anew stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from fund.errors.repayments import ReceiptsInOrder, SurplusGone
from fund.events import Envelope
from fund.events.receipts import Reallocated, ReceiptAllocated, ReceiptReallocated, ReceiptUnmatched, SurplusMove
from fund.events.repayments import AllowanceAdjusted, PlanPrepaid, PlanRestructured
from fund.events.values import AllocatedPart
from fund.rules import schedules
from fund.rules.regulations import age_rate
from fund.schemas.repayments import AllowanceRun, Plan, Received
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.repayments.lifecycle import early_of, without


@dataclass(frozen=True, slots=True)
class Order:
    """What changes when the receipts of a plan are put in their order."""

    changed: tuple[Reallocated, ...] = ()
    surpluses: Mapping[str, int] = field(default_factory=dict)
    """What is owed back more, by payer; below zero less. Nobody stands in it with nothing."""
    allowance_cents: int = 0

    @property
    def nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not self.changed and not self.surpluses and not self.allowance_cents

    @property
    def from_on(self) -> date:
        """The first value date that it concerns."""
        return min(each.valued_on for each in self.changed)


def reallocate(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Envelope:
    """The receipts of a plan count in the order of their value dates: only the difference is booked (R5).

    Args:
        ref: The agreement.
        on: The accounting day of the difference (default today); closed periods stay as they are.

    Raises:
        ReceiptsInOrder: Each receipt paid what it should.
        SurplusGone: What was owed back to a payer, and would repay the advance now, was given back meanwhile.
        ClosedPeriod, ConflictOfInterest: As they say.
    """
    plan = uow.case(Plan, ref)
    step = uow.transition("repayment reallocate", plan)
    order = right_order(uow, plan)
    standing = [each for each in plan.received if not each.fixed]
    if not order.changed:
        raise ReceiptsInOrder(ref=ref, count=len(standing))
    for partner, cents in order.surpluses.items():
        owed_cents = -uow.ledger.balance(f"2100.{partner}")
        if cents < 0 and owed_cents < -cents:
            raise SurplusGone(ref=ref, partner=partner, moved_cents=-cents, owed_cents=owed_cents)
    before = {part.no: part.paid_cents for part in plan.instalments}
    event = step.record(_fact(plan, order, whole=True), effective_on=on)
    after = uow.case(Plan, ref)
    uow.result.update(
        ref=ref,
        from_on=order.from_on.isoformat(),
        advance_cents=sum(order.surpluses.values()),
        allowance_cents=order.allowance_cents,
        instalments=[
            {
                "no": part.no,
                "due_on": part.due_on.isoformat(),
                "before_cents": before[part.no],
                "after_cents": part.paid_cents,
            }
            for part in sorted(after.instalments, key=lambda part: (part.due_on, part.no))
        ],
        receipts=[
            {
                "ref": each.receipt,
                "valued_on": each.valued_on.isoformat(),
                "before": {str(part.no): part.amount_cents for part in each.before},
                "after": {str(part.no): part.amount_cents for part in each.after},
                "advance_cents": each.change_cents,
            }
            for each in order.changed
        ],
    )
    uow.next_step = f"fund repayment plan {ref}"
    return event


def _fact(plan: Plan, order: Order, *, whole: bool) -> ReceiptReallocated:
    return ReceiptReallocated(
        ref=plan.ref,
        proposal=plan.proposal,
        from_on=order.from_on,
        whole=whole,
        allocations=order.changed,
        moves=tuple(SurplusMove(partner=one, amount_cents=cents) for one, cents in sorted(order.surpluses.items())),
        allowance_cents=order.allowance_cents,
    )


# ---------------------------------------------------------------------------------------------------- receipts of a day


def order_one_day(uow: UnitOfWork, ref: str, day: date, *, cause: Envelope) -> None:
    """Receipts of one value date pay the same instalments in whatever order they were matched: nothing is booked.

    What the payers named goes first, then the greater amount: chance in a file of the bank decides nothing.
    """
    plan = uow.case(Plan, ref)
    same = [each for each in plan.received if each.valued_on == day and not each.fixed]
    if len(same) < 2 or len({each.partner for each in same}) > 1:
        return
    base = without(plan, {each.event_id for each in same})
    room = sum(each.advance_cents for each in same)
    given: dict[str, Received] = {}
    for each in sorted(same, key=_place):
        given[each.event_id], base = _pay(base, each, room)
        room -= given[each.event_id].advance_cents
    order = Order(_differences(same, given))
    if order.changed:
        step = uow.transition("repayment reallocate", plan)
        step.record(_fact(plan, order, whole=False), cause=cause, reaction="repayments.order_one_day")


def _place(each: Received) -> tuple[date, bool, int, int, str, str]:
    """Where a receipt stands: by its value date; of one day what the payer named first, then the greater amount."""
    named = each.instalment is not None
    return (each.valued_on, not named, each.instalment or 0, -each.used_cents, each.receipt, each.event_id)


def _pay(base: Plan, each: Received, room_cents: int) -> tuple[Received, Plan]:
    """What an allocation pays of a plan, and the plan after it."""
    divided = schedules.split(
        base,
        each.used_cents,
        room_cents,
        on=each.valued_on,
        instructed={each.instalment: each.used_cents} if each.instalment is not None else None,
    )
    early = early_of(base, dict(divided.parts), each.valued_on)
    paid = each.model_copy(update={"parts": dict(divided.parts), "early_cents": early})
    return paid, _with(base, paid)


def _with(base: Plan, paid: Received) -> Plan:
    parts = tuple(
        part.model_copy(update={"paid_cents": part.paid_cents + paid.parts.get(part.no, 0)})
        for part in base.instalments
    )
    return base.replace(instalments=parts, early_cents=base.early_cents - paid.early_cents)


def _differences(standing: Sequence[Received], given: Mapping[str, Received]) -> tuple[Reallocated, ...]:
    return tuple(
        Reallocated(
            receipt=each.receipt,
            event_id=each.event_id,
            valued_on=each.valued_on,
            before=_parts(each.parts),
            after=_parts(given[each.event_id].parts),
            early_cents=given[each.event_id].early_cents,
        )
        for each in standing
        if (dict(each.parts), each.early_cents) != (dict(given[each.event_id].parts), given[each.event_id].early_cents)
    )


def _parts(parts: Mapping[int, int]) -> tuple[AllocatedPart, ...]:
    return tuple(AllocatedPart(no=no, amount_cents=cents) for no, cents in sorted(parts.items()) if cents)


# ------------------------------------------------------------------------------------------------------- the whole plan


def right_order(snapshot: Snapshot, plan: Plan) -> Order:
    """How the receipts of a plan would have been divided in the order of their value dates, where that differs.

    A receipt repays what was outstanding on its day: a later payment to the parties makes no room for it, and what was
    given up later is not repaid as well. An announcement counts for what was allocated after it.
    """
    standing = [each for each in plan.received if not each.fixed]
    if not standing:
        return Order()
    course = _Course(snapshot, plan, standing)
    given: dict[str, Received] = {}
    base = course.base
    for each in sorted(standing, key=_place):
        spent = sum(one.early_cents for one in given.values())
        announced = max(course.announced_before(each) - spent, 0)
        room = course.room(each.valued_on) - sum(one.advance_cents for one in given.values())
        paid, after = _pay(base.replace(early_cents=announced), each, room)
        given[each.event_id], base = paid, after
    surpluses: dict[str, int] = {}
    for each in standing:
        change = each.advance_cents - given[each.event_id].advance_cents
        surpluses[each.partner] = surpluses.get(each.partner, 0) + change
    changed = _differences(standing, given)
    allowance = course.allowance(standing, given) if changed else 0
    return Order(changed, {one: cents for one, cents in surpluses.items() if cents}, allowance)


class _Course:
    """What happened around the receipts of a plan, by accounting day: payments to the parties, write-offs, runs."""

    def __init__(self, snapshot: Snapshot, plan: Plan, standing: Sequence[Received]) -> None:
        self._view = snapshot
        self._plan = plan
        history = snapshot.history(plan)
        made_anew = max((each.seq for each in history if isinstance(each.fact, PlanRestructured)), default=0)
        self._seq = {each.event_id: each.seq for each in history}
        self._day = {each.event_id: each.effective_on for each in history}
        self._announced = [
            (each.seq, each.fact.amount_cents)
            for each in history
            if isinstance(each.fact, PlanPrepaid) and each.seq > made_anew
        ]
        fixed = {each.event_id for each in plan.received if each.fixed}
        theirs = {
            each.event_id
            for each in history
            if isinstance(each.fact, (ReceiptAllocated, ReceiptUnmatched, ReceiptReallocated))
        } - fixed
        runs = {each.event_id for each in history if isinstance(each.fact, AllowanceAdjusted)}
        self.base = without(plan, {each.event_id for each in standing})
        self._moves = self._entries("1200", theirs)
        self._released = self._entries("1290", theirs | runs)
        self._runs = sorted(run.adjusted_on for run in snapshot.cases(AllowanceRun))
        # with what no entry says (a reallocation before the plan was made anew) the course ends where the books stand
        self._whole = snapshot.ledger.balance(f"1200.{plan.ref}") + sum(each.advance_cents for each in standing)
        self._opening = self._whole - sum(cents for _day, cents in self._moves)

    def _entries(self, code: str, without_events: set[str]) -> list[tuple[date, int]]:
        """What other entries moved on an account of the agreement, by day, debit positive."""
        account = f"{code}.{self._plan.ref}"
        return sorted(
            (entry.effective_on, leg.amount_cents)
            for entry in self._view.ledger.entries(account=account)
            if entry.metadata.get("event_id") not in without_events
            for leg in entry.postings
            if leg.account == account
        )

    def announced_before(self, each: Received) -> int:
        """What was announced when an allocation was made."""
        return sum(cents for seq, cents in self._announced if seq < self._seq.get(each.event_id, 0))

    def room(self, day: date) -> int:
        """What could be repaid on a day if nothing was before: what was outstanding then and never fell below."""
        lowest = level = self._opening + sum(cents for on, cents in self._moves if on <= day)
        for _on, cents in [move for move in self._moves if move[0] > day]:
            level += cents
            lowest = min(lowest, level)
        return max(lowest, 0)

    def allowance(self, standing: Sequence[Received], given: Mapping[str, Received]) -> int:
        """What the allowance would be more in the right order; it never stands above the advance."""
        was = self._allowance([(self._day.get(each.event_id, each.valued_on), each) for each in standing])
        right = self._allowance([(each.valued_on, each) for each in given.values()])
        now = -self._view.ledger.balance(f"1290.{self._plan.ref}")
        left = self._whole - sum(each.advance_cents for each in given.values())
        return min(max(now + right - was, 0), max(left, 0)) - now

    def _allowance(self, receipts: Sequence[tuple[date, Received]]) -> int:
        """The allowance at the end, when receipts come on these days: runs reckon it, a falling advance releases it."""
        steps: list[tuple[date, int, int, Received | None]] = [(on, 0, cents, None) for on, cents in self._moves]
        steps += [(on, 1, cents, None) for on, cents in self._released]
        steps += [(on, 2, 0, each) for on, each in receipts]
        steps += [(on, 3, 0, None) for on in self._runs]
        level, allowance, plan = self._opening, 0, self.base
        for on, what, cents, each in sorted(steps, key=lambda step: (step[0], step[1])):
            if what == 0:
                level += cents
            elif what == 1:
                allowance -= cents
            elif each is not None:
                level -= each.advance_cents
                plan = _with(plan, each.model_copy(update={"early_cents": 0}))
            else:
                late = schedules.days_overdue(plan.instalments, on, level)
                rate = age_rate(self._view.regulations(on), late)
                allowance = schedules.repayable_of(max(level, 0), rate)
            allowance = min(max(allowance, 0), max(level, 0))
        return allowance
