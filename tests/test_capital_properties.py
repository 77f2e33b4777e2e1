"""What always holds of keys and capital: parts add up, order means nothing, joining and leaving only re-scale."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fund.contributions.calling import call
from fund.contributions.receiving import set_against_call
from fund.money import split_cumulative
from fund.rules.keys import FAMILIES, Member, Share, divide, rescale, shares
from fund.schemas.capital import Call, Receipt
from fund.unit_of_work import UnitOfWork
from fund.workflows.payables.overpayments import overpaid_by
from tests.factories import PARTNERS_CSV, World, founded
from tests.workflows.money_out import receipt

with PARTNERS_CSV.open(encoding="utf-8") as _file:
    EVERYBODY = tuple(Member(row["id"], row["kind_en"]) for row in csv.DictReader(_file))
TOWNS = tuple(member for member in EVERYBODY if member.sort == "municipality")
AMOUNTS = st.one_of(st.integers(1, 100), st.integers(1, 10**13))


@st.composite
def keys(draw: st.DrawFn) -> tuple[list[Member], tuple[Share, ...], dict[str, Any]]:
    """Some of the partners, a town among them, in any order; their shares by a family, and its numbers, which fit."""
    chosen = draw(st.lists(st.sampled_from(EVERYBODY), min_size=1, unique=True))
    members = draw(st.permutations(list(dict.fromkeys([draw(st.sampled_from(TOWNS)), *chosen]))))
    others = [member for member in members if member.sort != "municipality"]
    most = 10_000 // (len(others) + 1)
    fixed = {sort: draw(st.integers(0, most)) for sort in ("province", "water_board", "region")}
    base = draw(st.integers(0, 10_000 - sum(fixed[member.sort] for member in others)))
    family = draw(st.sampled_from(FAMILIES))
    numbers = {"family": family, "reference_year": 2024, "base_bps": base, "fixed_bps": fixed}
    return members, shares(members=members, **numbers), numbers


Key = tuple[list[Member], tuple[Share, ...], dict[str, Any]]
few = settings(max_examples=40, deadline=None)


def weights_of(made: tuple[Share, ...]) -> dict[str, Fraction]:
    return {share.partner: share.weight for share in made}


@few
@given(keys(), AMOUNTS)
def test_every_split_adds_up_and_nobody_is_a_cent_off(key: Key, amount: int) -> None:
    weights = weights_of(key[1])
    assert sum(weights.values()) == 1
    parts = divide(amount, weights)
    assert sum(part.amount_cents for part in parts) == amount
    assert all(part.amount_cents >= 0 and abs(part.amount_cents - part.exact_cents) < 1 for part in parts)
    left = [part.exact_cents - part.exact_cents.__floor__() for part in parts]
    rounded_up = [
        remainder for part, remainder in zip(parts, left, strict=True) if part.amount_cents > part.exact_cents
    ]
    stayed = [remainder for part, remainder in zip(parts, left, strict=True) if part.amount_cents < part.exact_cents]
    assert not rounded_up or not stayed or min(rounded_up) >= max(stayed), "a cent goes to the largest remainder"


@few
@given(keys(), AMOUNTS, st.randoms(use_true_random=False))
def test_a_part_never_depends_on_the_order_of_the_input(key: Key, amount: int, dice: Any) -> None:
    members, made, numbers = key
    shuffled = list(weights_of(made).items())
    dice.shuffle(shuffled)
    dice.shuffle(members)
    assert divide(amount, dict(shuffled)) == divide(amount, weights_of(made))
    assert shares(members=members, **numbers) == made


@few
@given(keys(), AMOUNTS, st.integers(1, 60))
def test_instalments_of_partners_add_up_to_their_part_and_to_the_total(key: Key, amount: int, count: int) -> None:
    total = 0
    for part in divide(amount, weights_of(key[1])):
        instalments = split_cumulative(part.amount_cents, count)
        assert sum(instalments) == part.amount_cents
        assert max(instalments) - min(instalments) <= 1
        total += sum(instalments)
    assert total == amount


@few
@given(keys(), st.data())
def test_joining_and_leaving_only_rescale(key: Key, data: st.DataObject) -> None:
    weights = weights_of(key[1])
    paying = [partner for partner, weight in weights.items() if weight]
    stay = data.draw(st.lists(st.sampled_from(paying), min_size=1, unique=True))
    after = rescale(weights, stay)
    assert sum(after.values()) == 1
    first = stay[0]
    assert all(after[each] / after[first] == weights[each] / weights[first] for each in stay)
    share = data.draw(st.fractions(min_value=Fraction(1, 100), max_value=Fraction(99, 100), max_denominator=997))
    whole = sum(after.values())
    joined = rescale({**after, "gm9999": whole * share / (1 - share)}, [*stay, "gm9999"])
    assert joined["gm9999"] == share
    assert all(joined[each] == after[each] * (1 - share) for each in stay)


# ------------------------------------------------------------------------------------------------- a fund and its calls


@pytest.fixture(scope="module")
def world(module_sqlite_url: str) -> Iterator[World]:
    """The 34 partners; every life below is taken back."""
    with founded(module_sqlite_url) as world:
        world.partners()
        yield world


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("everybody"), st.integers(1, 10**10), st.integers(1, 4)),
        st.tuples(st.just("one"), st.integers(1, 10**9), st.integers(1, 4)),
        st.tuples(st.just("paid"), st.integers(1, 10**9), st.integers(0, 200)),
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_what_was_called_stands_as_capital_and_what_was_not_paid_as_a_claim(
    world: World, steps: list[tuple[str, int, int]]
) -> None:
    asked = paid = surplus = 0
    with world.uow("anna", commit=False) as uow:
        for number, (what, cents, count) in enumerate(steps):
            if what == "paid":
                came, over = _paid(uow, cents, count, number)
                paid, surplus = paid + came, surplus + over
                continue
            partner = "gm0344" if what == "one" else None
            call(uow, amount=cents, partner=partner, instalments=count, every=3 if count > 1 else None)
            asked += cents
        balances = uow.ledger.balances()
        calls = uow.cases(Call)
        assert sum(one.called_cents for one in calls) == asked
        assert sum(one.received_cents for one in calls) == paid
        assert sum(overpaid_by(uow).values()) == surplus
        for code, expected in (("3000", -asked), ("1100", asked - paid), ("2100", -surplus), ("2300", 0)):
            mine = [value for account, value in balances.items() if account.partition(".")[0] == code]
            assert sum(mine) == expected, code
        for partner in {one.partner for one in calls}:
            mine = [one for one in calls if one.partner == partner]
            assert -balances[f"3000.{partner}"] == sum(one.called_cents for one in mine)
            assert balances.get(f"1100.{partner}", 0) == sum(one.open_cents for one in mine)
        series: dict[str, list[Call]] = {}
        for one in calls:
            series.setdefault(one.series, []).append(one)
        for together in series.values():
            parts = {one.partner: one.part_cents for one in together}
            assert sum(parts.values()) == together[0].total_cents
            for partner, part in parts.items():
                assert sum(one.called_cents for one in together if one.partner == partner) == part


def _paid(uow: UnitOfWork, cents: int, which: int, number: int) -> tuple[int, int]:
    """Some call is paid by so much; what counted for it and what was too much."""
    calls = uow.cases(Call)
    assume(calls)
    chosen = calls[which % len(calls)]
    receipt(uow, f"O2026-8{number:03d}", cents)
    took = min(cents, chosen.open_cents)
    set_against_call(uow, uow.case(Receipt, f"O2026-8{number:03d}"), chosen, rule="manual", on=uow.today)
    return took, cents - took
