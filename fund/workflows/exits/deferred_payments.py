"""The later part of a settlement: due as money comes in on what stood out (K9), ended at the long-stop (K10).

What stood out at the valuation is named: advances, open commitments, unpaid calls. Of each euro that comes in on one
of them, or that is promised no more, the partner gets its share. Who left before goes first: its part was taken off
when the next one was valued, so the next one's share is of what it leaves. A receipt that turns out to be for something
else takes its part along, as far as it was not paid. Source: lifecycle.md 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from fund.dates import add_months, start_of_day
from fund.errors.exits import LongStopNotReached
from fund.errors.ledger import UnknownAccount
from fund.errors.reviews import InsufficientFreeToCommit
from fund.events import Envelope
from fund.events.agreements import AgreementAmended, AgreementCompleted, AgreementRefinanced, AgreementTerminated
from fund.events.capital import ContributionReceived
from fund.events.decisions import DecisionReopened
from fund.events.disbursements import DisbursementCancelled, DisbursementRefunded
from fund.events.exits import ExitClosedOut, ExitLongStopReached, ExitPartDue, ExitSetOff, ExitSettled
from fund.events.overpayments import OverpaymentMoved
from fund.events.proposals import ProposalLapsed, ProposalWithdrawn
from fund.events.receipts import ReceiptAllocated, ReceiptReallocated, ReceiptUnmatched
from fund.events.writeoffs import WriteoffRecovered
from fund.reports.exits import share_of
from fund.rules.exits import due_until, falls_due, still_due
from fund.rules.valuation import free_to_commit
from fund.schemas.capital import Call
from fund.schemas.exits import Exit
from fund.schemas.writeoffs import Writeoff
from fund.store import TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.partners.lifecycle import PartnerState
from fund.workflows.payees.use_cases import to_pay

COLLECTING_FACTS = (
    "receipt.allocated", "receipt.reallocated", "contribution.received", "overpayment.moved", "disbursement.refunded",
    "disbursement.cancelled",
    "writeoff.recovered", "agreement.amended", "agreement.completed", "agreement.terminated", "decision.reopened",
    "proposal.withdrawn", "proposal.lapsed", "exit.settled", "exit.set_off", "receipt.unmatched",
)  # fmt: skip
"""Facts by which money comes in on a named item, or is promised no more; the last one takes such a fact back."""
LONG_STOP = "exit.long_stop"
"""The timer of K10."""
_LATER = (PartnerState.SETTLING, PartnerState.DISPUTED, PartnerState.AGREED)
"""States in which a later part may be open: also while only the undisputed part is in the books."""


def balance_or_zero(snapshot: Snapshot, code: str) -> int:
    """What stands on a sub-account, debit positive; nothing on one that never moved."""
    try:
        return snapshot.ledger.balance(code)
    except UnknownAccount:
        return 0


def _free(snapshot: Snapshot) -> int:
    return free_to_commit(snapshot.balances(), snapshot.regulations().buffer_cents)


# ------------------------------------------------------------------------------------------------------------ K9


def fall_due(uow: UnitOfWork, event: Envelope) -> None:
    """After money came in on something, or was promised no more: the parts of those who left fall due, in the order in
    which they left.
    """
    parts: dict[str, int] = {}
    for case in _open(uow):
        if event.seq <= case.settled_seq:
            continue  # it was caught up with when the settlement was booked
        earlier = sum(cents for ref, cents in parts.items() if _left_before(uow.case(Exit, ref), case))
        sums = _sums(_collected(uow, case, event))
        parts[case.ref] = _parts(uow, case.ref, sums, earlier)


def nobody_settles(snapshot: Snapshot) -> bool:
    """Whether no partner has a settlement that is agreed, disputed or booked: what comes in is nobody's part then.

    What a later settlement takes from facts of before it is caught up with when it is booked.
    """
    return not snapshot.any(Exit, states=_LATER)


def _sums(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for item, cents in found:
        sums[item] = sums.get(item, 0) + cents
    return {item: cents for item, cents in sorted(sums.items()) if cents}


def _open(snapshot: Snapshot) -> list[Exit]:
    """Those who left and have a later part still, first who left first."""
    found = [case for case in snapshot.cases(Exit, states=_LATER) if case.settled and not case.closed_out]
    return sorted(found, key=lambda case: case.settled_seq)


def _left_before(other: Exit, case: Exit) -> bool:
    """Whether the settlement of another was in the books when this one was valued."""
    assert other.settled_on is not None
    assert case.valued_on is not None
    return other.settled_seq < case.valued_seq and other.settled_on <= case.valued_on


def _parts(uow: UnitOfWork, ref: str, sums: Mapping[str, int], earlier: int, cause: Envelope | None = None) -> int:
    """Money came in on named items of an exit: what counts of it, and what of the later part falls due.

    Args:
        earlier: What of that money is for those who left before.

    Returns:
        What of it is for this one, whether it lies free already or not.
    """
    title = 0
    for item, cents in sums.items():
        case = uow.case(Exit, ref)
        named, before = case.named().get(item, 0), case.collected.get(item, 0)
        change = _within(before + cents, named) - _within(before, named)
        others = max(min(earlier, change), 0) if change > 0 else min(max(earlier, change), 0)
        earlier -= others
        counted = change - others
        so_far, now = case.counted_cents, case.counted_cents + counted
        amount = falls_due(
            case.weight,
            now,
            later_cents=case.later_cents,
            fallen_cents=case.fallen_cents,
            payable_cents=-balance_or_zero(uow, f"2200.{ref}"),
            free_cents=_free(uow),
        )
        fact = ExitPartDue(ref=ref, item=item, collected_cents=cents, counted_cents=counted, amount_cents=amount)
        uow.record(fact, cause=cause, reaction=f"exits.fall_due.{ref}")
        title += _title(case, now) - _title(case, so_far)
    return title


def _title(case: Exit, counted: int) -> int:
    return due_until(case.weight, counted, later_cents=case.later_cents)


def _within(cents: int, most: int) -> int:
    return min(max(cents, 0), most)


def catch_up(uow: UnitOfWork, case: Exit, *, cause: Envelope) -> None:
    """What came in between the valuation and the booking of a settlement falls due with it (K7, K9)."""
    found = (
        each
        for event in uow.store.facts.of_types(COLLECTING_FACTS)
        if event.event_id != cause.event_id and _after_valuation(case, event)
        for each in _collected(uow, case, event)
    )
    sums = _sums(found)
    since: dict[str, int] = {}
    for event in uow.store.facts.of_types(("exit.part_due",), since_seq=case.valued_seq):
        fact = event.fact
        if isinstance(fact, ExitPartDue):
            since[fact.ref] = since.get(fact.ref, 0) + fact.counted_cents
    others = [(other, cents) for ref, cents in since.items() if _left_before(other := uow.case(Exit, ref), case)]
    earlier = sum(
        _title(other, other.counted_cents) - _title(other, other.counted_cents - cents) for other, cents in others
    )
    _parts(uow, case.ref, sums, earlier, cause)


def _after_valuation(case: Exit, event: Envelope) -> bool:
    """Whether a fact is not in the balances that the exit was valued at."""
    assert case.valued_on is not None
    return event.seq > case.valued_seq or event.effective_on > case.valued_on


def _collected(snapshot: Snapshot, case: Exit, event: Envelope) -> Iterator[tuple[str, int]]:
    """What a fact means for the named items of one exit: by case of the item, in cents."""
    named, moved = case.named(), _refinanced(snapshot, case)
    for item, cents in _came_in(snapshot, case, event):
        items = [each for each in (*moved.get(item, ()), item) if each in named]
        if items and cents:
            yield from _spread(case, items, cents)


def _refinanced(snapshot: Snapshot, case: Exit) -> dict[str, list[str]]:
    """By proposal of a roll-out, the named items that are owed under it since the valuation: what was due first there
    counts for them first.
    """
    found: dict[str, list[str]] = {}
    for event in snapshot.store.facts.of_types(("agreement.refinanced",), since_seq=case.valued_seq):
        fact = event.fact
        if isinstance(fact, AgreementRefinanced):
            found.setdefault(fact.child_proposal, []).extend((*found.get(fact.proposal, ()), fact.proposal))
    return found


def _spread(case: Exit, items: Sequence[str], cents: int) -> Iterator[tuple[str, int]]:
    """What came in on one of several items that are owed together: the first as far as it goes, the last the rest; what
    is taken back the other way round.
    """
    named, left = case.named(), cents
    for item in items[:-1] if cents > 0 else items[:0:-1]:
        have = case.collected.get(item, 0)
        part = _within(left, named[item] - have) if cents > 0 else -_within(-left, have)
        if part:
            yield item, part
            left -= part
    if left:
        yield (items[-1] if cents > 0 else items[0]), left


def _came_in(snapshot: Snapshot, case: Exit, event: Envelope) -> Iterator[tuple[str, int]]:
    fact: Any = event.fact
    match fact:
        case ReceiptAllocated() | DisbursementRefunded():
            yield fact.proposal, fact.advance_cents
        case ReceiptReallocated():
            yield fact.proposal, -fact.advance_cents
        case ContributionReceived() | OverpaymentMoved():
            yield fact.partner, fact.amount_cents
        case AgreementCompleted() | AgreementTerminated():
            yield fact.proposal, fact.repayable_released_cents
        case AgreementAmended():
            yield fact.proposal, max(sum(part.amount_cents for part in fact.plan_cuts), 0)
        case DecisionReopened():
            yield fact.ref, _repayable(snapshot, fact.ref, fact.award_cents)
        case ProposalWithdrawn() | ProposalLapsed():
            yield fact.ref, _repayable(snapshot, fact.ref, fact.released_cents)
        case DisbursementCancelled():
            # after the end of an agreement nothing becomes a commitment again: the money stays
            yield fact.proposal, 0 if fact.commitment_cents else fact.repayable_cents
        case WriteoffRecovered():
            if _written_off_since(snapshot, case, fact.ref):
                yield fact.proposal, fact.amount_cents
        case ExitSetOff():
            yield fact.proposal, fact.amount_cents
        case ExitSettled():
            yield fact.ref, max(fact.receivable_cents, 0)  # its own call is paid out of what it gets
        case ReceiptUnmatched():
            yield from _taken_back(snapshot, case, fact)


def _repayable(snapshot: Snapshot, proposal: str, cents: int) -> int:
    return cents * share_of(snapshot, proposal) // 10_000


def _written_off_since(snapshot: Snapshot, case: Exit, ref: str) -> bool:
    """Whether a write-off took something from a named item after the valuation: what was lost before is not in it."""
    found = snapshot.maybe(Writeoff, ref)
    posted = snapshot.store.facts.get(found.event_id) if found is not None and found.event_id else None
    return posted is not None and _after_valuation(case, posted)


def _taken_back(snapshot: Snapshot, case: Exit, fact: ReceiptUnmatched) -> Iterator[tuple[str, int]]:
    for undone in fact.undone:
        original = snapshot.store.facts.get(undone.event_id)
        if original is None or not _after_valuation(case, original):
            continue
        if undone.call:
            yield snapshot.case(Call, undone.call).partner, -undone.amount_cents
        elif undone.proposal:
            yield undone.proposal, -undone.amount_cents


# ----------------------------------------------------------------------------------------------------------- K10


def long_stop_on(snapshot: Snapshot, case: Exit) -> date | None:
    """The day from which a later part is closed out: so many years after it was put in the books."""
    if case.settled_on is None:
        return None
    return add_months(case.settled_on, 12 * snapshot.regulations(case.settled_on).terms.long_stop_years)


def keep_long_stop(uow: UnitOfWork, case: Exit, *, cause: Envelope) -> None:
    """The service remembers the day of the long-stop, where something is to come later."""
    day = long_stop_on(uow, case)
    if day is not None and case.later_cents:
        uow.set_timer(LONG_STOP, case.stream, start_of_day(day), cause=cause)


def long_stop_reached(uow: UnitOfWork, timer: TimerRow) -> None:
    """At the long-stop: whoever still has something to come is told, and the office with it."""
    case = uow.case(Exit, timer.stream.partition("/")[2])
    if case.open_later_cents > 0 and not case.closed_out:
        uow.record(ExitLongStopReached(ref=case.ref, open_cents=case.open_later_cents))


def held_of(snapshot: Snapshot, case: Exit) -> int:
    """What is still expected back of the named items: of each what it was named for, less what came in, at most what
    stands on its account.
    """
    held, moved = 0, _refinanced(snapshot, case)
    for item, named in case.named().items():
        left = named - _within(case.collected.get(item, 0), named)
        if any(each.item == "call" for each in case.items if each.case == item):
            there = balance_or_zero(snapshot, f"1100.{item}")
        else:
            agreements = {each.holder for each in case.items if each.case == item and each.item == "advance"}
            agreements |= {f"A{item}", *(f"A{child}" for child, parents in moved.items() if item in parents)}
            advances = sum(balance_or_zero(snapshot, f"1200.{ref}") for ref in sorted(agreements))
            there = advances + _repayable(snapshot, item, balance_or_zero(snapshot, f"9000.{item}"))
        held += min(left, max(there, 0))
    return held


def close_out(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Envelope:
    """The long-stop (K10): what named items and buffer still hold for the partner is owed to it now, the rest of its
    later part stays in the fund. A treasurer makes it, a second person of the office confirms.

    Args:
        on: The accounting day, default today.

    Raises:
        LongStopNotReached: The years of the regulations are not over. In a winding-up it is enough that nothing stands
            out any more.
        InsufficientFreeToCommit: More than is free to commit.
        UnknownPartner, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, ClosedPeriod: As they say.
    """
    partner = uow.partner(ref)
    step = uow.transition("partner close-out", partner)
    case = uow.case(Exit, ref)
    first = long_stop_on(uow, case)
    held, free = held_of(uow, case), _free(uow)
    wound_up = bool(case.resolution) and not held  # nothing can come in any more, and nobody stays behind
    if first is None or (uow.today < first and not wound_up):
        raise LongStopNotReached(partner=ref, first=first or "-", today=uow.today)
    buffer_cents = _within(free + uow.regulations().buffer_cents, case.buffer_cents)
    earlier = sum(other.open_later_cents for other in _open(uow) if _left_before(other, case))
    waiting = _title(case, case.counted_cents) - case.fallen_cents
    open_cents = -balance_or_zero(uow, f"2210.{ref}")
    amount = still_due(
        case.weight,
        held,
        buffer_cents=buffer_cents,
        earlier_cents=earlier,
        untied_cents=case.untied_cents,
        waiting_cents=waiting,
        open_cents=open_cents,
    )
    if amount > free:
        raise InsufficientFreeToCommit(
            ref=ref, amount_cents=amount, free_cents=free, difference_cents=amount - free, on=uow.today
        )
    fact = ExitClosedOut(
        ref=ref, held_cents=held, buffer_cents=buffer_cents, amount_cents=amount, released_cents=open_cents - amount
    )
    uow.clear_timer(LONG_STOP, case.stream)
    uow.next_step = to_pay(uow, ref, f"fund partner pay-settlement {ref}")
    return step.record(fact, effective_on=on)
