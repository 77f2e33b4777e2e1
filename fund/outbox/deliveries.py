"""A row reaches its reaction: effect and mark share one commit, and that is exactly-once, whatever dies.

The order is that of the facts per (stream, reaction). Source: service.md 1-11.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fund.database import Connection, Engine, unavailable, writing
from fund.errors import NotReady
from fund.outbox.attempts import Warn, attempt, judge
from fund.registry import PROJECTIONS
from fund.rules.authority import SYSTEM_ACTOR
from fund.store import DeliveryRow, Store
from fund.unit_of_work import UnitOfWork

ROWS_PER_REACT = 100
SECONDS_PER_REACT = 20.0
UNKNOWN_WAIT = timedelta(seconds=60)
CHILD_SECONDS = 120.0
CHILD: tuple[str, ...] = (sys.executable, "-m", "fund.worker")
"""The program that runs one row in a process of its own; it gets the fact and the reaction, and the URL to read."""
NO_EPOCH = "here"
UNKNOWN_REACTION = "unknown_reaction"
"""What a row says that waits for newer code."""

Row = tuple[str, str]
"""A row by its key: the id of the fact, the name of the reaction."""


class ProcessDied(Exception):
    """The process that ran a reaction died of it."""


class FactUnreadable(Exception):
    """The fact of a delivery is not there, or not as this program knows it."""


def react(
    engine: Engine,
    event_id: str,
    reaction: str,
    *,
    epoch: str = NO_EPOCH,
    in_child: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Carry one fact to one reaction, and go on with the rest of its stream; the number of effects done.

    Called twice for the same row, or at the same time by eight threads, there is one effect. It goes on for 100 rows or
    20 seconds at most, or until ``stop`` says so; the rest is then nobody's.

    Raises:
        NotReady: The world is so ill that not even that could be written; the lease brings the row back.
    """
    deadline = time.monotonic() + SECONDS_PER_REACT
    done = 0

    def more() -> bool:
        return not in_child and done + 1 < ROWS_PER_REACT and time.monotonic() < deadline and not stop()

    courier = Courier(engine, epoch=epoch, in_child=in_child, more=more)
    row: Row | None = (event_id, reaction)
    while row is not None:
        row, effects = courier.carry(row)
        done += effects
    return done


@dataclass(frozen=True, slots=True)
class Courier:
    """Carries rows to their reactions, one by one.

    Attributes:
        epoch: Under which a row that it goes on with is leased.
        in_child: It runs in a process of its own, because another died of this row.
        more: Whether it goes on with the next row of the stream.
    """

    engine: Engine
    epoch: str = NO_EPOCH
    warn: Warn | None = None
    in_child: bool = False
    more: Callable[[], bool] = lambda: False

    def carry(self, key: Row) -> tuple[Row | None, int]:
        """One row: (what to go on with, effects done)."""
        counted = self.in_child
        try:
            tried = self._try(key, counted=counted)
            if tried is None:  # somebody had it before: did the process die of it?
                before = self._start(key)
                if before is None:
                    return None, 0
                if before > 0:
                    return None, self._in_child(key)
                counted = True
                tried = self._try(key, counted=counted)
            assert tried is not None
            return tried
        except Exception as problem:
            away = unavailable(problem)
            if away is not None:
                self._wait(key, away, counted=counted)
            else:  # what the database refuses only when we commit
                self._failed(key, problem)
            return None, 0
        except BaseException:  # interrupted from outside: all of it is rolled back, and anybody may begin at once
            with writing(self.engine) as connection:
                Store(connection).deliveries.give_back([key], counted=counted)
            raise

    def _try(self, key: Row, *, counted: bool) -> tuple[Row | None, int] | None:
        """Effect and mark in one transaction; ``None`` where a row was tried before and that is not ``counted`` yet."""
        with writing(self.engine) as connection:
            store = Store(connection)
            row = store.deliveries.lock(*key)
            if row is None:
                return None, 0
            if store.deliveries.earlier_open(row):
                store.deliveries.release(row, counted=counted)
                return None, 0
            if row.tried_before and not counted:
                return None
            now = effect_of(connection, store, row, self.warn, counted=counted)
            if now is None:
                return None, 0
            step = store.work.setting("lock_step") is not None
            follows = store.deliveries.lease_next(row, now, self.epoch) if not step and self.more() else None
        return (None if follows is None else (follows.event_id, follows.reaction)), 1

    def _failed(self, key: Row, problem: BaseException) -> None:
        with writing(self.engine) as connection:
            store = Store(connection)
            row = store.deliveries.lock(*key)
            if row is not None:
                _failed(store, row, problem, self.warn)

    def _wait(self, key: Row, away: NotReady, *, counted: bool) -> None:
        """The world was ill: try again in a while, uncounted; the more often it was handed out, the longer the while.

        Raises:
            NotReady: Not even that can be written; the lease does it.
        """
        with writing(self.engine) as connection:
            store = Store(connection)
            row = store.deliveries.lock(*key, skip=True)
            if row is not None:
                longest = min(60.0, 2.0 ** max(1, min(row.handed_out, 6)))
                wait = timedelta(seconds=random.uniform(max(1.0, longest / 2), longest))
                due_at = store.work.database_clock() + wait
                store.deliveries.put_back(row, due_at=due_at, error=away.code(), counted=counted)

    def _start(self, key: Row) -> int | None:
        """Count a start of this row; the starts without end before it, ``None`` when it is done or somebody's.

        Where there was one, a process died of the row, and it runs in a child from here on.
        """
        with writing(self.engine) as connection:
            store = Store(connection)
            row = store.deliveries.lock(*key, skip=True)
            if row is None:
                return None
            store.deliveries.started(row)
            return row.starts

    def _in_child(self, key: Row) -> int:
        """Run a row in a process of its own; its death is an attempt, with its signal."""
        url = self.engine.url.render_as_string(hide_password=False)
        how = f"no end after {CHILD_SECONDS:.0f} s"
        try:
            ended = subprocess.run(
                [*CHILD, *key],
                input=url.encode(),
                capture_output=True,
                timeout=CHILD_SECONDS,
                check=False,
                start_new_session=True,  # who stops the worker from the keyboard does not stop its child
            )
            if ended.returncode == 0:
                return 1
            how = f"signal {-ended.returncode}" if ended.returncode < 0 else f"exit {ended.returncode}"
        except subprocess.TimeoutExpired:
            pass
        self._failed(key, ProcessDied(how))
        return 0


def effect_of(
    connection: Connection, store: Store, row: DeliveryRow, warn: Warn | None, *, counted: bool = False
) -> datetime | None:
    """Run the reaction of a row that we hold, in a savepoint, and mark the row; when it had its effect, if it had."""
    from fund.outbox.subscriptions import reactions_by_name

    known = reactions_by_name().get(row.reaction)
    if known is None:
        due_at = store.work.database_clock() + UNKNOWN_WAIT
        store.deliveries.put_back(row, due_at=due_at, error=UNKNOWN_REACTION, counted=counted)
        return None

    def effect() -> None:
        event = store.facts.get(row.event_id)
        if event is None:
            raise FactUnreadable(row.event_id)
        uow = UnitOfWork.on(connection, PROJECTIONS, actor=SYSTEM_ACTOR, cause=row.event_id, reaction=row.reaction)
        known.function(uow, event)

    problem = attempt(connection, effect)
    if problem is not None:
        _failed(store, row, problem, warn)
        return None
    now = store.work.database_clock()
    store.deliveries.delivered(row, now)
    return now


def _failed(store: Store, row: DeliveryRow, problem: BaseException, warn: Warn | None) -> None:
    place = f"{row.reaction} ({row.stream})"
    failure = judge(problem, row.attempts, warn=warn, place=place, event_id=row.event_id, reaction=row.reaction)
    due_at = store.work.database_clock() + failure.wait
    store.deliveries.failed(
        row,
        attempts=failure.attempts,
        due_at=due_at,
        error=failure.error,
        dead=failure.dead,
        deadly=isinstance(problem, ProcessDied),
    )
