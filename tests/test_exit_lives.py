"""Partners leave, alone and several at once, while money comes in, is lost and is promised: whatever happens, nobody
else's euros change by it, nothing is paid that does not lie free, and every quote can be made again.

Source: lifecycle.md 9, 11. The steps and what holds after each stand in ``tests/lives/leaving.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World, founded
from tests.lives.leaving import PARTNERS, Books, Life
from tests.workflows.leaving import founded_fund, payee, rules

OF_PARTNERS = (
    *("goes_on",) * 9, "quote", "propose", "agree", "settle", "pay", "close_out", "pays_call", "is_called",
)  # fmt: skip
OF_MONEY = ("repays", "repays", "unmatches", "ends", "loses", "costs", "earns", "awards")
STEPS = st.one_of(
    st.tuples(st.sampled_from(OF_PARTNERS), st.sampled_from(PARTNERS)).map(" ".join),
    st.sampled_from((*OF_MONEY, f"set_off {PARTNERS[0]}")),
)
PARTS = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2, 7), Fraction(99, 100), Fraction(0)])


@pytest.fixture(scope="module")
def world(module_sqlite_url: str) -> Iterator[World]:
    """The fund of the second worked example, in which one may leave on the day of the notice; nobody changes it."""
    terms = rules().terms.model_copy(update={"notice_months": 0, "long_stop_years": 0})
    with founded(module_sqlite_url, rules=rules(terms=terms)) as made:
        founded_fund(made)
        for partner in PARTNERS:
            payee(made, partner)
        with made.snapshot() as snapshot:
            day = snapshot.today.replace(day=12)
        made.clock(day)
        yield made


def played(world: World, steps: list[tuple[str, Fraction]]) -> Life:
    """The steps, one after the other, in a transaction that is taken back."""
    with world.uow(commit=False) as uow:
        life = Life(uow.connection)
        for step, part in steps:
            life.does(step, part)
        life.finished()
    return life


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(STEPS, PARTS), min_size=8, max_size=24))
def test_whoever_leaves_whenever_the_books_hold(world: World, steps: list[tuple[str, Fraction]]) -> None:
    played(world, steps)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.permutations(PARTNERS),
    st.integers(0, 2),
    st.lists(st.tuples(st.sampled_from((*OF_MONEY, f"pays_call {PARTNERS[2]}")), PARTS), max_size=8),
)
def test_leaving_changes_nobody_elses_euros(
    world: World, order: list[str], between: int, money: list[tuple[str, Fraction]]
) -> None:
    """One after the other, each valued and booked on the spot; money moves in between and after."""
    with world.uow(commit=False) as uow:
        life = Life(uow.connection)
        for place, partner in enumerate(order):
            for step in money[place * between : (place + 1) * between]:
                life.does(*step)
            before = Books(uow.connection)
            for kind in ("notice", "propose", "agree", "settle"):
                life.does(f"{kind} {partner}", Fraction(0))
            after = Books(uow.connection)
            others = before.worth - before.share(partner) * max(before.worth, 0)
            assert 0 <= after.worth - others < 1
            assert after.of(f"3000.{partner}") == 0
        for step in money[3 * between :]:
            life.does(*step)
        life.finished()


def test_the_steps_reach_every_state_and_every_fact_of_leaving(world: World) -> None:
    """What the random lives are made of is possible at all: a life in order, told once."""
    first, second, third = PARTNERS
    half = Fraction(1, 2)
    told = [
        f"quote {second}", f"notice {second}", f"propose {second}", f"dispute {second}", f"settle {second}",
        f"pay {second}", f"agree {second}", f"settle {second}", f"notice {first}", "repays", f"pays_call {third}",
        f"propose {first}", f"agree {first}", f"settle {first}", f"set_off {first}", "unmatches", "ends", "loses",
        f"pay {first}", f"pay {second}", f"close_out {second}", f"pay {second}", "earns", "costs", "awards",
        f"notice {third}", f"propose {third}", f"agree {third}", f"settle {third}", f"quote {third}",
    ]  # fmt: skip
    life = played(world, [(step, Fraction(1) if step.startswith("pay ") else half) for step in told])
    assert life.done == told
