"""Repayment schedules: instalments that add up, who is paid first, what shortens, how old a debt is. Pure.

Instalments come by cumulative rounding, the last takes the rest (lifecycle.md G4). What is late is reckoned for any day
and never stored. Works on anything shaped as an instalment: a number, a day, an amount and what is open of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from fund.dates import add_months
from fund.events.values import InstalmentCut, InstalmentTerms, PlanTerms
from fund.money import portion, split_cumulative

BANDS: tuple[tuple[str, int | None], ...] = (
    ("not_due", 0),
    ("1-30", 30),
    ("31-90", 90),
    ("91-180", 180),
    ("over-180", None),
)
"""The bands of ageing with the last day overdue of each."""


WAITING_MONTHS = 6
"""A plan that waits for success starts so long after the work when no verdict started it."""


class Due(Protocol):
    """Anything shaped as an instalment."""

    @property
    def no(self) -> int: ...

    @property
    def due_on(self) -> date: ...

    @property
    def open_cents(self) -> int: ...


class Scheduled(Protocol):
    """Anything shaped as a plan."""

    @property
    def instalments(self) -> Sequence[Due]: ...

    @property
    def early(self) -> str: ...

    @property
    def early_cents(self) -> int: ...


# ------------------------------------------------------------------------------------------------------- the schedule


def repayable_of(award_cents: int, share_bps: int) -> int:
    """The part of an award that comes back, in cents; half a cent goes up."""
    return portion(award_cents, share_bps)


def repayable_after(award_cents: int, share_bps: int, *, booked_cents: int, booked_repayable_cents: int) -> int:
    """The part of an award that comes back after the award changed, in cents.

    Payments that were cancelled may leave what was booked a cent beside its share. What was booked stays, so the whole
    is never less than its repayable part, nor more than that and all that is not booked yet.

    Args:
        booked_cents: What was approved for payment, of which ``booked_repayable_cents`` comes back.
    """
    most = booked_repayable_cents + award_cents - booked_cents
    return min(max(repayable_of(award_cents, share_bps), booked_repayable_cents), most)


def instalments(
    repayable_cents: int, *, starts_on: date, grace_months: int, count: int, interval_months: int = 12
) -> tuple[InstalmentTerms, ...]:
    """So many instalments from the end of the grace on, equal but for rounding, together the repayable share.

    None where nothing is to be repaid; parts of nothing (more instalments than cents) are left out.
    """
    amounts = split_cumulative(repayable_cents, count) if repayable_cents > 0 else ()
    days = [add_months(starts_on, grace_months + interval_months * number) for number in range(count)]
    kept = [(due_on, cents) for due_on, cents in zip(days, amounts, strict=False) if cents > 0]
    return tuple(
        InstalmentTerms(no=no, due_on=due_on, amount_cents=cents) for no, (due_on, cents) in enumerate(kept, start=1)
    )


def build(
    plan_type: str,
    repayable_cents: int,
    *,
    starts_on: date,
    grace_months: int = 0,
    count: int = 1,
    interval_months: int = 12,
    savings_bps: int = 0,
    ends_on: date | None = None,
    early: str = "last_first",
    works_until: date | None = None,
) -> PlanTerms:
    """The plan of an agreement, with its instalments.

    ``fixed`` divides the share over ``count`` instalments from the end of the grace on; ``on_success`` does so from six
    months after the work on, unless a good verdict starts it before (:func:`from_verdict`); ``savings_linked`` owes the
    cap in one amount on its last day, and savings bring payments forward.

    Args:
        works_until: The last day of the work, for ``on_success``.
    """
    if plan_type == "savings_linked":
        last = ends_on or add_months(starts_on, grace_months + interval_months * max(count - 1, 0))
        parts = instalments(repayable_cents, starts_on=last, grace_months=0, count=1)
    else:
        waits = plan_type == "on_success"
        parts = instalments(
            repayable_cents,
            starts_on=(works_until or starts_on) if waits else starts_on,
            grace_months=grace_months + (WAITING_MONTHS if waits else 0),
            count=count,
            interval_months=interval_months,
        )
        last = max([part.due_on for part in parts[-1:]] + [ends_on or starts_on])
    return PlanTerms(
        plan_type=plan_type,
        grace_months=grace_months,
        count=count,
        interval_months=interval_months,
        savings_bps=savings_bps,
        ends_on=last,
        early=early,
        instalments=parts,
    )


def from_verdict(
    parts: Sequence[Due], verdict_on: date, *, grace_months: int, interval_months: int
) -> tuple[InstalmentTerms, ...]:
    """The days that open instalments get when a good verdict starts the plan: from the grace after it on, never later
    than they were. Amounts are what is open."""
    waiting = sorted((part for part in parts if part.open_cents > 0), key=lambda part: (part.due_on, part.no))
    return tuple(
        InstalmentTerms(
            no=part.no,
            due_on=min(part.due_on, add_months(verdict_on, grace_months + interval_months * number)),
            amount_cents=part.open_cents,
        )
        for number, part in enumerate(waiting)
    )


def total(parts: Iterable[InstalmentTerms]) -> int:
    """What the instalments add up to, in cents."""
    return sum(part.amount_cents for part in parts)


def cut(parts: Sequence[Due], cents: int) -> tuple[InstalmentCut, ...]:
    """Take ``cents`` off what is open, from the last instalment back: less money out means the plan ends sooner.

    Below zero the last instalment grows by it. Raises ``ValueError`` when less than ``cents`` is open.
    """
    if cents == 0:
        return ()
    ordered = sorted(parts, key=lambda part: (part.due_on, part.no))
    if cents < 0:
        if not ordered:
            raise ValueError("there is no instalment to add to")
        return (InstalmentCut(no=ordered[-1].no, amount_cents=cents),)
    taken, left = [], cents
    for part in reversed(ordered):
        here = min(max(part.open_cents, 0), left)
        if here:
            taken.append(InstalmentCut(no=part.no, amount_cents=here))
            left -= here
    if left:
        raise ValueError(f"{cents} cents are taken off, {cents - left} are open")
    return tuple(taken)


@dataclass(frozen=True, slots=True)
class Moved:
    """A part of a balance that goes on in another plan: on which day, and which instalment it was (0: several)."""

    from_no: int
    due_on: date
    amount_cents: int


def moved_onto(parts: Sequence[Due], outstanding_cents: int, others: Sequence[Due], on: date) -> tuple[Moved, ...]:
    """A balance goes on in another plan, as refinancing does (lifecycle.md 8): together exactly the balance.

    What is due on ``on``, and the oldest instalment in any case, keeps its day, so that nothing grows younger. The rest
    follows the other plan: over its open instalments of later days in proportion to what is open of them, by cumulative
    rounding; where it has none, on the days that they had.
    """
    claimed = claims(parts, outstanding_cents)
    waiting = [part for part in sorted(parts, key=lambda part: (part.due_on, part.no)) if claimed[part.no]]
    if not waiting:
        return (Moved(0, on, outstanding_cents),) if outstanding_cents > 0 else ()
    due = sum(part.due_on <= on for part in waiting) or 1
    kept = [Moved(part.no, part.due_on, claimed[part.no]) for part in waiting[:due]]
    left = outstanding_cents - sum(part.amount_cents for part in kept)
    later = sorted(
        (part for part in others if part.open_cents > 0 and part.due_on > max(on, kept[-1].due_on)),
        key=lambda part: (part.due_on, part.no),
    )
    if later:
        whole, reached, given = sum(part.open_cents for part in later), 0, 0
        for part in later:
            reached += part.open_cents
            cents = left * reached // whole - given
            given += cents
            kept.append(Moved(0, part.due_on, cents))
        return tuple(part for part in kept if part.amount_cents)
    kept += [Moved(part.no, part.due_on, claimed[part.no]) for part in waiting[due:]]
    beside = outstanding_cents - sum(part.amount_cents for part in kept)
    last = kept[-1]
    return (*kept[:-1], Moved(last.from_no, last.due_on, last.amount_cents + beside))


# ----------------------------------------------------------------------------------------------------- what is paid


@dataclass(frozen=True, slots=True)
class Split:
    """How one receipt is divided over a plan: by instalment number, and what belongs to no instalment."""

    parts: Mapping[int, int]
    surplus_cents: int
    early_cents: int = 0
    """What of the parts shortened the plan as an announced early payment."""

    @property
    def allocated_cents(self) -> int:
        """What lowers the advance."""
        return sum(self.parts.values())


def split(
    plan: Scheduled,
    amount_cents: int,
    outstanding_cents: int,
    *,
    on: date | None = None,
    instructed: Mapping[int, int] | None = None,
) -> Split:
    """Divide a receipt: the payer's instruction, then the oldest due, then the next due; only what was paid out (R3).

    What an announced early payment (R4) brings beyond what is due on ``on`` shortens the plan as the agreement
    fixed it.

    Args:
        outstanding_cents: The balance of the advance (1200 of the agreement): never more is allocated.
        on: The day of the receipt; needed to tell due from early. Without it everything goes by due day.
        instructed: By instalment number, what the payer named; at most what is open of each.
    """
    left = min(amount_cents, max(outstanding_cents, 0))
    ordered = sorted(plan.instalments, key=lambda part: (part.due_on, part.no))
    open_cents = {part.no: max(part.open_cents, 0) for part in ordered}
    parts: dict[int, int] = {}

    def pay(no: int, most: int) -> int:
        nonlocal left
        here = min(open_cents.get(no, 0), most, left)
        if here > 0:
            parts[no] = parts.get(no, 0) + here
            open_cents[no] -= here
            left -= here
            return here
        return 0

    for no, cents in sorted((instructed or {}).items()):
        pay(no, cents)
    for part in ordered:
        if on is None or part.due_on <= on:
            pay(part.no, left)
    early = 0
    if on is not None and plan.early_cents > 0 and left > 0:
        announced = min(plan.early_cents, left)
        later = [(part.no, open_cents[part.no]) for part in ordered if open_cents[part.no] > 0]
        for no, cents in prepay(later, announced, plan.early).items():
            early += pay(no, cents)
    for part in ordered:
        pay(part.no, left)
    return Split(parts, amount_cents - sum(parts.values()), early)


def prepay(later: Sequence[tuple[int, int]], cents: int, early: str) -> dict[int, int]:
    """Divide an early payment over the open instalments (number, open), in due order.

    ``last_first`` shortens the plan from its end; ``spread`` lowers every instalment in proportion, by cumulative
    rounding.
    """
    whole = sum(open_cents for _no, open_cents in later)
    left = min(cents, whole)
    if early == "spread" and whole > 0:
        paying, reached, given = left, 0, 0
        parts: dict[int, int] = {}
        for no, open_cents in later:
            reached += open_cents
            mark = paying * reached // whole
            parts[no] = mark - given
            given = mark
        return {no: part for no, part in parts.items() if part}
    parts = {}
    for no, open_cents in reversed(later):
        here = min(open_cents, left)
        if here:
            parts[no] = here
            left -= here
    return parts


# ------------------------------------------------------------------------------------------------------- how late


def claims(parts: Sequence[Due], outstanding_cents: int) -> dict[int, int]:
    """What is open of each instalment and was paid out: the advance covers the oldest first.

    An instalment of money that the parties never received is not due.
    """
    left, claimed = max(outstanding_cents, 0), {}
    for part in sorted(parts, key=lambda part: (part.due_on, part.no)):
        here = min(max(part.open_cents, 0), left)
        claimed[part.no] = here
        left -= here
    return claimed


def band_of(days: int) -> str:
    """The band of a debt that is so many days overdue; zero or less is not due."""
    for name, last in BANDS:
        if last is None or days <= last:
            return name
    raise AssertionError("the last band has no end")


@dataclass(frozen=True, slots=True)
class Ageing:
    """What is outstanding by how late it is, in cents by band; ``days`` of the oldest that is late."""

    bands: Mapping[str, int] = field(default_factory=dict)
    days: int = 0

    @property
    def overdue_cents(self) -> int:
        """Everything past its day."""
        return sum(cents for name, cents in self.bands.items() if name != "not_due")


def age(parts: Sequence[Due], as_of: date, outstanding_cents: int) -> Ageing:
    """How old what is outstanding is on a day. What no instalment claims yet is not due."""
    bands = {name: 0 for name, _last in BANDS}
    claimed = claims(parts, outstanding_cents)
    oldest = 0
    for part in parts:
        days = (as_of - part.due_on).days
        bands[band_of(days)] += claimed[part.no]
        if claimed[part.no] and days > oldest:
            oldest = days
    bands["not_due"] += max(outstanding_cents, 0) - sum(claimed.values())
    return Ageing(bands, oldest)


def days_overdue(parts: Sequence[Due], as_of: date, outstanding_cents: int) -> int:
    """So many days the oldest unpaid instalment is late; 0 when none is."""
    return age(parts, as_of, outstanding_cents).days
