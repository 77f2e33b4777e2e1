from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.money import portion
from fund.rules import schedules
from fund.schemas.repayments import Instalment

DAY = date(2026, 1, 31)
CENTS = st.integers(min_value=0, max_value=10**12)


@dataclass
class Plan:
    """Just enough of a plan."""

    instalments: Sequence[Instalment]
    early: str = "last_first"
    early_cents: int = 0


@dataclass
class Book:
    """A plan and its advance, as receipts come in one by one."""

    parts: list[Instalment]
    outstanding: int
    surplus: int = 0
    days: list[date] = field(default_factory=list)

    def receive(self, cents: int, on: date) -> None:
        divided = schedules.split(Plan(self.parts), cents, self.outstanding, on=on)
        assert divided.allocated_cents + divided.surplus_cents == cents
        self.outstanding -= divided.allocated_cents
        self.surplus += divided.surplus_cents
        self.parts = [
            part.model_copy(update={"paid_cents": part.paid_cents + divided.parts.get(part.no, 0)})
            for part in self.parts
        ]


def parts_of(repayable: int, count: int = 3) -> list[Instalment]:
    terms = schedules.instalments(repayable, starts_on=DAY, grace_months=1, count=count, interval_months=1)
    return [Instalment(no=part.no, due_on=part.due_on, amount_cents=part.amount_cents) for part in terms]


# ------------------------------------------------------------------------------------------------------- the schedule


@given(CENTS, st.integers(1, 40), st.integers(0, 36), st.integers(1, 12))
@settings(max_examples=50)
def test_instalments_always_add_up_to_the_repayable_share(repayable: int, count: int, grace: int, months: int) -> None:
    made = schedules.instalments(repayable, starts_on=DAY, grace_months=grace, count=count, interval_months=months)
    assert schedules.total(made) == repayable
    assert all(part.amount_cents > 0 for part in made)
    assert [part.no for part in made] == list(range(1, len(made) + 1))
    assert sorted(part.due_on for part in made) == [part.due_on for part in made]
    if made:
        amounts = {part.amount_cents for part in made}
        assert max(amounts) - min(amounts) <= 1


@given(st.integers(0, 10**12), st.integers(0, 10_000))
@settings(max_examples=50)
def test_the_repayable_share_lies_between_nothing_and_the_award(award: int, share_bps: int) -> None:
    assert 0 <= schedules.repayable_of(award, share_bps) <= award


@pytest.mark.parametrize("plan_type", ["fixed", "savings_linked", "on_success"])
def test_every_plan_type_owes_the_whole_share_and_has_an_end(plan_type: str) -> None:
    plan = schedules.build(plan_type, 1_000_000, starts_on=DAY, grace_months=12, count=3, ends_on=date(2030, 1, 1))
    assert schedules.total(plan.instalments) == 1_000_000
    assert plan.ends_on == date(2030, 1, 1)


def test_a_plan_without_an_end_of_its_own_ends_with_its_last_instalment() -> None:
    fixed = schedules.build("fixed", 900, starts_on=DAY, grace_months=1, count=3, interval_months=1)
    assert [str(part.due_on) for part in fixed.instalments] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert fixed.ends_on == date(2026, 4, 30)
    on_success = schedules.build("on_success", 900, starts_on=DAY, grace_months=1, works_until=date(2027, 1, 31))
    assert on_success.ends_on == date(2027, 8, 31)
    late = schedules.build("fixed", 900, starts_on=DAY, grace_months=6, ends_on=date(2026, 2, 1))
    assert late.ends_on == late.instalments[-1].due_on == date(2026, 7, 31)
    linked = schedules.build("savings_linked", 900, starts_on=DAY, grace_months=12, count=2)
    assert [(part.due_on, part.amount_cents) for part in linked.instalments] == [(date(2028, 1, 31), 900)]
    assert schedules.build("fixed", 0, starts_on=DAY).instalments == ()


@given(st.integers(1, 10**6), st.integers(1, 12), st.data())
@settings(max_examples=50)
def test_what_lapses_comes_off_the_end(repayable: int, count: int, data: st.DataObject) -> None:
    parts = parts_of(repayable, count)
    cents = data.draw(st.integers(0, repayable))
    cuts = schedules.cut(parts, cents)
    assert sum(part.amount_cents for part in cuts) == cents
    numbers = [part.no for part in cuts]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[:1] in ([], [parts[-1].no])
    with pytest.raises(ValueError, match="are open"):
        schedules.cut(parts, repayable + 1)


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.booleans()), min_size=1, max_size=8),
    st.integers(0, 10**6),
    st.integers(0, 10_000),
    st.data(),
)
@settings(max_examples=300)
def test_a_plan_can_follow_every_amendment_whatever_was_paid_or_cancelled(
    payments: list[tuple[int, bool]], unasked: int, share_bps: int, data: st.DataObject
) -> None:
    # Given payments whose share follows by cumulative rounding, some of them cancelled again
    award = sum(cents for cents, _stands in payments) + unasked
    repayable = schedules.repayable_of(award, share_bps)
    booked = booked_share = 0
    made = []
    for cents, stands in payments:
        share = portion(cents, share_bps, done_cents=booked, done_share_cents=booked_share)
        share = max(0, min(share, cents))
        booked, booked_share = booked + cents, booked_share + share
        made.append((cents, share, stands))
    for cents, share, stands in made:
        if not stands:
            booked, booked_share = booked - cents, booked_share - share
    # and what was paid out repaid in part: the plan is open for the advance and what is still to come
    advance = data.draw(st.integers(0, booked_share))
    open_cents = advance + repayable - booked_share
    # When the award is cut to anything that is not booked yet
    cut_to = data.draw(st.integers(booked, award))
    after = schedules.repayable_after(cut_to, share_bps, booked_cents=booked, booked_repayable_cents=booked_share)
    # Then what was booked stays, what comes back of the rest lies within the rest, and the plan has enough to give
    assert 0 <= after - booked_share <= cut_to - booked
    assert repayable - after <= open_cents
    parts = parts_of(open_cents)
    cuts = schedules.cut(parts, repayable - after) if parts else ()
    assert sum(part.amount_cents for part in cuts) == (repayable - after if parts else 0)
    # and with nothing cancelled it is the share of the whole
    if all(stands for _cents, stands in payments):
        assert after == schedules.repayable_of(cut_to, share_bps)


def test_what_is_added_goes_to_the_last_instalment() -> None:
    assert [(part.no, part.amount_cents) for part in schedules.cut(parts_of(900), -100)] == [(3, -100)]
    with pytest.raises(ValueError, match="no instalment"):
        schedules.cut([], -100)


def test_a_good_verdict_brings_days_forward_and_never_back() -> None:
    parts = [part.model_copy(update={"paid_cents": 100}) if part.no == 1 else part for part in parts_of(900)]
    moved = schedules.from_verdict(parts, date(2026, 2, 1), grace_months=0, interval_months=1)
    assert [(part.no, str(part.due_on), part.amount_cents) for part in moved] == [
        (1, "2026-02-01", 200),
        (2, "2026-03-01", 300),
        (3, "2026-04-01", 300),
    ]
    late = schedules.from_verdict(parts, date(2027, 1, 1), grace_months=0, interval_months=1)
    assert [part.due_on for part in late] == [part.due_on for part in parts]


# ---------------------------------------------------------------------------------------------------- what is paid


def test_a_receipt_pays_the_oldest_first_and_the_rest_is_surplus() -> None:
    plan = Plan(parts_of(900))
    assert schedules.split(plan, 450, 900).parts == {1: 300, 2: 150}
    over = schedules.split(plan, 1000, 900)
    assert (dict(over.parts), over.surplus_cents) == ({1: 300, 2: 300, 3: 300}, 100)


def test_only_what_was_paid_out_is_repaid() -> None:
    divided = schedules.split(Plan(parts_of(900)), 500, 400)
    assert (dict(divided.parts), divided.surplus_cents) == ({1: 300, 2: 100}, 100)
    assert schedules.split(Plan(parts_of(900)), 500, -5).surplus_cents == 500


def test_the_payer_s_instruction_goes_first_up_to_what_is_open() -> None:
    divided = schedules.split(Plan(parts_of(900)), 500, 900, instructed={3: 400, 9: 50})
    assert (dict(divided.parts), divided.surplus_cents) == ({3: 300, 1: 200}, 0)


@pytest.mark.parametrize(
    ("early", "parts"), [("last_first", {1: 300, 3: 300, 2: 60}), ("spread", {1: 300, 2: 180, 3: 180})]
)
def test_an_announced_early_payment_shortens_the_plan_as_agreed(early: str, parts: dict[int, int]) -> None:
    plan = Plan(parts_of(900), early=early, early_cents=360)
    divided = schedules.split(plan, 660, 900, on=date(2026, 2, 28))
    assert dict(divided.parts) == parts
    assert (divided.early_cents, divided.surplus_cents) == (360, 0)


@given(st.integers(1, 10**6), st.integers(1, 12), st.integers(0, 2 * 10**6), st.sampled_from(["last_first", "spread"]))
@settings(max_examples=50)
def test_an_early_payment_never_exceeds_what_is_open(repayable: int, count: int, cents: int, early: str) -> None:
    later = [(part.no, part.open_cents) for part in parts_of(repayable, count)]
    divided = schedules.prepay(later, cents, early)
    assert sum(divided.values()) == min(cents, repayable)
    assert all(0 < part <= dict(later)[no] for no, part in divided.items())


@given(
    st.integers(1, 1000),
    st.lists(st.integers(1, 500), min_size=2, max_size=4),
    st.integers(0, 1000),
    st.integers(0, 120),
)
@settings(max_examples=40)
def test_any_order_of_receipts_of_one_day_gives_the_same_balances(
    repayable: int, receipts: list[int], outstanding: int, later: int
) -> None:
    ends = set()
    for order in permutations(receipts):
        book = Book(parts_of(repayable), min(outstanding, repayable))
        for cents in order:
            book.receive(cents, DAY + timedelta(days=later))
        ends.add((book.outstanding, book.surplus, tuple(part.paid_cents for part in book.parts)))
    assert len(ends) == 1


# ------------------------------------------------------------------------------------------------------- how late


@pytest.mark.parametrize(
    ("days", "band"),
    [(-400, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-90"), (90, "31-90"), (91, "91-180"),
     (180, "91-180"), (181, "over-180"), (9999, "over-180")],
)  # fmt: skip
def test_a_debt_lies_in_the_band_of_its_days(days: int, band: str) -> None:
    assert schedules.band_of(days) == band


def test_ageing_tells_how_late_each_part_is() -> None:
    parts = parts_of(900)  # due 28 February, 31 March, 30 April
    ageing = schedules.age(parts, date(2026, 4, 30), 900)
    assert dict(ageing.bands) == {"not_due": 300, "1-30": 300, "31-90": 300, "91-180": 0, "over-180": 0}
    assert (ageing.days, ageing.overdue_cents) == (61, 600)
    assert schedules.days_overdue(parts, date(2026, 2, 28), 900) == 0


def test_money_that_was_never_paid_out_is_not_late() -> None:
    parts = parts_of(900)
    ageing = schedules.age(parts, date(2027, 1, 1), 250)
    assert sum(ageing.bands.values()) == 250 == ageing.bands["over-180"]
    assert schedules.age(parts, date(2027, 1, 1), 0).days == 0


@given(st.integers(1, 10**6), st.integers(1, 12), st.integers(0, 2 * 10**6), st.integers(-100, 900))
@settings(max_examples=50)
def test_the_bands_always_add_up_to_what_is_outstanding(
    repayable: int, count: int, outstanding: int, days: int
) -> None:
    ageing = schedules.age(parts_of(repayable, count), DAY + timedelta(days=days), outstanding)
    assert sum(ageing.bands.values()) == outstanding
    assert (ageing.days > 0) == (ageing.overdue_cents > 0)


# ------------------------------------------------------------------------------------------------------- refinancing


def _parts(told: list[tuple[int, int]]) -> list[Instalment]:
    return [
        Instalment(no=no, due_on=DAY + timedelta(days=days), amount_cents=cents)
        for no, (days, cents) in enumerate(told, start=1)
    ]


SCHEDULE = st.lists(st.tuples(st.integers(-400, 900), st.integers(0, 10**9)), max_size=6).map(_parts)


@given(parts=SCHEDULE, others=SCHEDULE, owed=st.integers(1, 10**10))
def test_a_balance_that_goes_on_in_another_plan_adds_up_and_nothing_of_it_grows_younger(
    parts: list[Instalment], others: list[Instalment], owed: int
) -> None:
    moved = schedules.moved_onto(parts, owed, others, DAY)
    assert sum(part.amount_cents for part in moved) == owed
    assert all(part.amount_cents > 0 for part in moved)
    before = {no: cents for no, cents in schedules.claims(parts, owed).items() if cents}
    kept = {part.from_no: part for part in moved if part.from_no}
    days = {part.no: part.due_on for part in parts}
    assert all(kept[no].due_on == days[no] for no in kept)
    if before:
        oldest = min(before, key=lambda no: (days[no], no))
        assert kept[oldest].amount_cents >= before[oldest]
        assert min(part.due_on for part in moved) == days[oldest]
    late = {no: cents for no, cents in before.items() if days[no] <= DAY}
    assert set(late) <= set(kept)
    own = {part.due_on for part in others if part.open_cents} | set(days.values()) | {DAY}
    assert {part.due_on for part in moved} <= own


def test_the_rest_of_a_balance_follows_the_plan_it_goes_on_in() -> None:
    experiment = _parts([(-30, 100), (60, 200), (150, 301)])
    rollout = _parts([(-5, 700), (200, 1_000), (400, 2_000)])
    moved = schedules.moved_onto(experiment, 601, rollout, DAY)
    assert [(part.from_no, (part.due_on - DAY).days, part.amount_cents) for part in moved] == [
        (1, -30, 100), (0, 200, 167), (0, 400, 334),
    ]  # fmt: skip
    alone = schedules.moved_onto(experiment, 601, [], DAY)
    assert [(part.from_no, part.amount_cents) for part in alone] == [(1, 100), (2, 200), (3, 301)]
