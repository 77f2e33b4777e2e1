"""Random lives of an experiment that may fail and of the roll-out that may take over what it owes (lifecycle.md 11)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fund.checks import folded
from fund.commands.opening import open_fund
from fund.rules.segregation_of_duties import Hands
from fund.schemas.agreements import Agreement
from fund.schemas.repayments import Plan
from fund.schemas.writeoffs import Writeoff
from tests.factories import World, founded
from tests.lives.risk import AGREEMENT, CHILD, Risk, beginning

Act = tuple[Any, ...]
who = st.sampled_from([AGREEMENT, CHILD])
part = st.one_of(st.sampled_from([Fraction(1), Fraction(1, 3)]), st.fractions(0, 1))
cents = st.one_of(st.integers(1, 900_000), st.sampled_from([1, 99, 2_000_000]))
ACTS = st.one_of(
    st.tuples(st.just("later"), st.integers(1, 150)),
    st.tuples(st.just("repay"), who, part),
    st.tuples(st.just("mistake")),
    st.tuples(st.just("set_aside"), st.sampled_from([0, 0, 10, 60, 200])),
    st.tuples(st.just("give_up"), who, part),
    st.tuples(st.just("recover"), who, cents),
    st.tuples(st.just("take_back"), who),
    st.tuples(st.just("there_and_back"), who, part),
    st.tuples(st.just("refinance")),
    st.tuples(st.just("money_unspent"), cents),
    st.tuples(st.just("reschedule"), who, st.integers(1, 24)),
)
HARD: tuple[list[Act], ...] = (
    [
        ("later", 100), ("set_aside", 10), ("give_up", AGREEMENT, Fraction(1, 2)), ("recover", AGREEMENT, 100_000),
        ("refinance",), ("take_back", AGREEMENT), ("refinance",), ("money_unspent", 900_000),
        ("give_up", CHILD, Fraction(1)), ("take_back", CHILD),
    ],
    [
        ("give_up", AGREEMENT, Fraction(1)), ("money_unspent", 50_000), ("recover", AGREEMENT, 2_000_000),
        ("take_back", AGREEMENT), ("later", 150), ("repay", CHILD, Fraction(1, 3)), ("mistake",), ("set_aside", 60),
    ],
    [
        ("give_up", CHILD, Fraction(1, 3)), ("reschedule", CHILD, 3), ("take_back", CHILD), ("refinance",),
        ("later", 150), ("set_aside", 0), ("repay", CHILD, Fraction(9, 10)), ("set_aside", 200),
    ],
)  # fmt: skip


def live(world: World, acts: list[Act]) -> None:
    """Play it; after each act everything holds, and in the end what is stored is what the facts give."""
    risk = Risk(world)
    for name, *args in acts:
        getattr(risk, name)(*args)
        risk.holds()
    with world.snapshot() as snapshot:
        facts, hands = list(snapshot.store.facts.all()), Hands()
        made = folded(facts)
        for case in (*snapshot.cases(Agreement), *snapshot.cases(Plan), *snapshot.cases(Writeoff)):
            assert made[case.stream] == (case, snapshot.version(case))
        assert [told.message for each in facts for told in hands.see(each)] == []


@pytest.fixture(scope="module")
def copied(module_sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Where the beginning stands once more, for the next life."""
    with founded(module_sqlite_url) as world:
        beginning(world)
    begun = Path(module_sqlite_url.removeprefix("sqlite:///"))
    place = tmp_path_factory.mktemp("lives")

    def copy() -> str:
        path = place / "fund.db"
        shutil.copyfile(begun, path)
        return f"sqlite:///{path}"

    return copy


@example(acts=HARD[0])
@example(acts=HARD[1])
@example(acts=HARD[2])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=3, max_size=7))
def test_whatever_is_lent_lost_and_taken_over_the_books_add_up(copied: Callable[[], str], acts: list[Act]) -> None:
    with open_fund(copied()) as fund:
        live(World(fund), acts)


@pytest.mark.parametrize("acts", HARD[:2])
def test_so_they_do_on_postgresql(postgres_url: str, acts: list[Act]) -> None:
    with founded(postgres_url) as world:
        beginning(world)
        live(world, acts)
