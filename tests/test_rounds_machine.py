"""A state machine plays random rounds with right and wrong people, against a table told once more.

After every step: nobody acted who may not (G7), nothing under seal was shown to anybody, the stored states are those
that the facts give, what is committed is what was promised and not yet paid, nothing was promised beyond what was free.
Source: lifecycle.md 1, 4, 11, 12. ``FUND_TEST_ROUNDS=examples,steps`` plays longer, with other dice each time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fund.commands.opening import open_fund
from tests.conftest import _administer, with_database
from tests.factories import World, founded
from tests.hints import unwatched
from tests.lives.rounds import Rounds
from tests.lives.rounds_cast import FEW, peopled
from tests.lives.rounds_known import KINDS
from tests.lives.rounds_moves import Play
from tests.lives.rounds_watch import Watch

rolls = st.integers(0, 2**32 - 1)
LONG = os.environ.get("FUND_TEST_ROUNDS", "")
SEEN: Counter[tuple[str, str]] = Counter()
"""How often each command came out how, over all examples of a run."""


class RandomRounds(RuleBasedStateMachine):
    """Every rule is a step that somebody takes; what is foretold and what must hold stand in ``tests/lives``."""

    copies: list[tuple[Callable[[], str], set[str]]]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.steps = self.turns = 0

    @initialize(roll=rolls)
    def a_fund_begins(self, roll: int) -> None:
        dice = self.rolled(roll)
        copy_of, partners = dice.choice(type(self).copies)
        world = World(self.stack.enter_context(open_fund(copy_of())))
        self.model = Rounds(partners)
        self.watch = Watch(world, self.model)
        self.dice = dice
        self.watch.catch_up()
        self.play = Play(world, self.model, self.watch)
        self.play.money(dice.choice([30_000_00, 150_000_00, 600_000_00, 2_000_000_00]))
        while not self.model.rounds:
            self.play.plan(dice)
        self.play.until(min(one["opens_at"] for one in self.model.rounds.values()))
        for _idea in range(dice.randint(1, 4)):
            self.play.draft(dice)

    def rolled(self, roll: int) -> Random:
        """Dice of this step; the same roll at another step is another throw."""
        self.turns += 1
        return Random(f"{roll}/{self.turns}")

    def living(self) -> list[str]:
        """Proposals whose life goes on."""
        ended = ("agreed", "withdrawn", "lapsed", "upheld")
        return [ref for ref, case in self.model.cases.items() if case.state not in ended]

    @precondition(lambda self: self.living())
    @rule(roll=rolls)
    def a_proposal_goes_on(self, roll: int) -> None:
        dice = self.rolled(roll)
        self.play.on(dice, dice.choice(self.living()))

    @precondition(lambda self: self.living())
    @rule(roll=rolls)
    def every_proposal_goes_on(self, roll: int) -> None:
        dice = self.rolled(roll)
        for ref in self.living():
            self.play.on(dice, ref)

    @precondition(lambda self: self.model.cases)
    @rule(roll=rolls)
    def one_goes_on_and_on(self, roll: int) -> None:
        dice = self.rolled(roll)
        ref = dice.choice(self.living() if self.living() and dice.random() < 0.85 else sorted(self.model.cases))
        for _time in range(dice.randint(2, 6)):
            self.play.on(dice, ref)

    @precondition(lambda self: self.model.cases)
    @rule(roll=rolls)
    def anybody_tries_anything(self, roll: int) -> None:
        dice = self.rolled(roll)
        self.play.anything(dice, dice.choice(sorted(self.model.cases)))

    @rule(roll=rolls)
    def the_world_turns(self, roll: int) -> None:
        dice = self.rolled(roll)
        play = self.play
        weights = {
            self.a_round_is_announced: 1, self.ideas_are_written_down: 3, self.time_passes: 2, self.money_comes_in: 1,
            play.people_change: 2, self.what_waits_is_confirmed: 1, play.same_again: 1, self.the_service_runs_twice: 1,
        }  # fmt: skip
        [turn] = dice.choices(list(weights), list(weights.values()))
        turn(dice)

    def a_round_is_announced(self, dice: Random) -> None:
        if len(self.model.rounds) < 3:
            self.play.plan(dice)

    def ideas_are_written_down(self, dice: Random) -> None:
        if len(self.model.cases) < 8:
            self.play.draft(dice)

    def time_passes(self, dice: Random) -> None:
        self.play.later(dice.choice([1, 5, 24, 24 * 3, 24 * 8, 24 * 15, 24 * 30]))

    def money_comes_in(self, dice: Random) -> None:
        self.play.money(dice.randint(1, 100_000_00))

    def what_waits_is_confirmed(self, dice: Random) -> None:
        if self.play.pendings:
            self.play.confirm(dice, dice.choice(sorted(self.play.pendings)))

    def the_service_runs_twice(self, _dice: Random) -> None:
        before = self.watch.mark()
        self.play.world.drain()
        self.play.world.drain()
        assert (self.watch.mark(), self.watch.catch_up()) == (before, [])

    # --------------------------------------------------------------------------------------------------- the invariants

    @invariant()
    def everything_holds(self) -> None:
        if not hasattr(self, "play"):
            return
        self.steps += 1
        self.watch.states_are_the_tables()
        self.watch.money_is_what_was_promised()
        self.watch.nothing_under_seal_is_kept_elsewhere()
        self.watch.everything_followed()
        self.watch.looks(self.dice, 4)
        if self.steps % 10 == 0:
            self.watch.every_check_is_clean()

    def teardown(self) -> None:
        with self.stack:
            if hasattr(self, "play") and self.steps:
                SEEN.update(self.play.outcomes)
                for case in self.model.cases.values():
                    by = "board" if case.board else "mandate" if case.mandated else "committee"
                    SEEN[case.state, f"{case.track}, turn {case.turn}, {by if case.decided_before else ''}"] += 1
                self.watch.every_check_is_clean()
                with tempfile.TemporaryDirectory() as folder:
                    self.watch.looks_everywhere(self.dice, Path(folder))


def play(copies: list[tuple[Callable[[], str], set[str]]], *, examples: int, steps: int) -> None:
    """So many funds of so many steps, each from one of the beginnings."""
    machine = type("RandomRounds", (RandomRounds,), {"copies": copies})
    if LONG:
        examples, steps = (int(number) for number in LONG.split(","))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not LONG,
        database=None,
        print_blob=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


BEGINNINGS = (set(KINDS), set(FEW))


def begin(url: str, partners: set[str], number: int) -> None:
    """A fund with its people, and nothing more."""
    with founded(url) as world:
        peopled(world, partners, Random(number))


@pytest.fixture(autouse=True)
def _advice_is_not_typed() -> Iterator[None]:
    with unwatched():
        yield


@pytest.fixture
def sqlite_copies(sqlite_template: Path, tmp_path: Path) -> list[tuple[Callable[[], str], set[str]]]:
    """Copies of funds that were founded, each a file of its own."""
    import sqlite3

    def of(number: int, partners: set[str]) -> Callable[[], str]:
        source = tmp_path / f"begun-{number}.db"
        shutil.copyfile(sqlite_template, source)
        begin(f"sqlite:///{source}", partners, number)
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")

        def copied() -> str:
            path = tmp_path / f"round-{uuid.uuid4().hex}.db"
            shutil.copyfile(source, path)
            return f"sqlite:///{path}"

        return copied

    return [(of(number, partners), partners) for number, partners in enumerate(BEGINNINGS)]


@pytest.fixture
def postgres_copies(postgres_url: str, postgres_server: str) -> Iterator[list[tuple[Callable[[], str], set[str]]]]:
    """Copies of a fund that was founded, each a database of its own."""
    partners = BEGINNINGS[1]
    begin(postgres_url, partners, 1)
    template = postgres_url.partition("?")[0].rpartition("/")[2]
    made: list[str] = []

    def copied() -> str:
        name = f"round_{uuid.uuid4().hex[:12]}"
        _administer(postgres_server, f"create database {name} template {template} strategy file_copy")
        made.append(name)
        return with_database(postgres_server, name)

    yield [(copied, partners)]
    for name in made:
        _administer(postgres_server, f"drop database if exists {name} with (force)")


def test_random_rounds_are_as_the_tables_say(sqlite_copies: list[tuple[Callable[[], str], set[str]]]) -> None:
    play(sqlite_copies, examples=6, steps=30)


def test_random_rounds_are_as_the_tables_say_on_postgresql(
    postgres_copies: list[tuple[Callable[[], str], set[str]]],
) -> None:
    play(postgres_copies, examples=2, steps=15)
