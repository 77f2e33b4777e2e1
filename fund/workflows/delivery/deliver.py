"""From facts and instants to what follows: relay, react, tick, drain. Plain functions over rows.

Effect and mark share one commit: that is exactly-once, whatever dies. The order is that of the facts per (stream, reaction).
Three kinds of trouble are told apart: the world is ill (tried again, not counted), we are wrong (five attempts, then a dead
letter), the rules say no (a dead letter at once). Source: service.md 1-11.
"""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fund.database import Connection, Engine, ill, reading, writing
from fund.errors import FundError, NotReady
from fund.rules.authority import SYSTEM_ACTOR
from fund.store import DeliveryRow, Store, TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.commands import LIVES
from fund.workflows.subscriptions import reactions_by_name, timers_by_kind

__all__ = ["ATTEMPTS", "LEASE", "drain", "quiet", "react", "relay", "tick"]

log = logging.getLogger("fund.delivery")

LEASE = timedelta(seconds=30)
"""So long a row that was handed out is left to whoever got it."""
ATTEMPTS = 5
"""So many times something that is wrong with us is tried."""
_BACKOFF_SECONDS = (10, 60, 300, 1800, 3600)
ROWS_PER_REACT = 100
SECONDS_PER_REACT = 20.0
UNKNOWN_WAIT = timedelta(seconds=60)
NO_EPOCH = "here"

Ring = Callable[[str, str], None]
Warn = Callable[[str], None]


def relay(engine: Engine, *, ring: Ring | None = None, epoch: str = NO_EPOCH, lease: timedelta = LEASE, limit: int = 500) -> list[tuple[str, str]]:
    """Mark what is due, commit, then ring for each: (event id, reaction) of what was handed out.

    A bell that fails is no failure: the lease brings the row back.
    """
    with writing(engine) as connection:
        store = Store(connection)
        step = store.work.setting("lock_step") is not None
        rows = store.deliveries.hand_out(store.work.database_clock(), epoch=epoch, lease=lease, limit=limit, lock_step=step)
    handed = [(row.event_id, row.reaction) for row in rows]
    if ring is not None:
        for event_id, reaction in handed:
            ring(event_id, reaction)
    return handed


def react(
    engine: Engine,
    event_id: str,
    reaction: str,
    *,
    epoch: str = NO_EPOCH,
    warn: Warn | None = None,
    in_child: bool = False,
    attempts: int = ATTEMPTS,
) -> int:
    """Carry one fact to one reaction, and go on with the rest of its stream; the number of effects done.

    Each effect commits together with its mark. Called twice for the same row, or at the same time by eight threads, there
    is one effect.
    """
    deadline = time.monotonic() + SECONDS_PER_REACT
    done = 0
    current: tuple[str, str] | None = (event_id, reaction)
    while current is not None and done < ROWS_PER_REACT and time.monotonic() < deadline:
        follows, effect = _one(engine, *current, epoch=epoch, warn=warn, in_child=in_child, attempts=attempts, go_on=True)
        done += effect
        current = follows
        if in_child:
            break
    return done


def _one(
    engine: Engine,
    event_id: str,
    reaction: str,
    *,
    epoch: str,
    warn: Warn | None,
    in_child: bool,
    attempts: int,
    go_on: bool,
) -> tuple[tuple[str, str] | None, int]:
    """One row: (what to go on with, effects done)."""
    try:
        if not in_child and _started_before(engine, event_id, reaction):
            return None, _in_child(engine, event_id, reaction, warn=warn, attempts=attempts)
        with writing(engine) as connection:
            store = Store(connection)
            now = store.work.database_clock()
            row = store.deliveries.lock(event_id, reaction)
            if row is None or row.state not in ("pending", "failed"):
                return None, 0
            if store.deliveries.earlier_open(row):
                store.deliveries.release(row)
                return None, 0
            outcome = _run(connection, store, row)
            if outcome is None:
                store.deliveries.put_back(row, due_at=now + UNKNOWN_WAIT, error=f"unknown reaction {reaction}")
                return None, 0
            if isinstance(outcome, BaseException):
                _judge(store, row, outcome, now, warn, attempts)
                return None, 0
            store.deliveries.delivered(row, now)
            step = store.work.setting("lock_step") is not None
            follows = store.deliveries.lease_next(row, now, epoch) if go_on and not step else None
        return (None if follows is None else (follows.event_id, follows.reaction)), 1
    except Exception as problem:
        illness = ill(problem)
        if illness is None:
            raise
        _wait(engine, event_id, reaction, illness)
        return None, 0


def _run(connection: Connection, store: Store, row: DeliveryRow) -> BaseException | bool | None:
    """Run the use case of a row inside a savepoint: true, the problem, or ``None`` for a reaction we do not know."""
    known = reactions_by_name().get(row.reaction)
    if known is None:
        return None
    happened = store.facts.get(row.event_id)
    assert happened is not None
    point = connection.begin_nested()
    try:
        uow = UnitOfWork.on(connection, LIVES, actor=SYSTEM_ACTOR, cause=row.event_id, reaction=row.reaction)
        known.function(uow, happened)
    except Exception as problem:
        if ill(problem) is not None:
            raise
        point.rollback()
        return problem
    point.commit()
    return True


def _judge(store: Store, row: DeliveryRow, problem: BaseException, now: datetime, warn: Warn | None, attempts: int) -> None:
    """Say of a row what went wrong: the rules say no (dead at once), or we are wrong (tried again, five times)."""
    log_id = uuid.uuid4().hex[:12]
    by_rule = isinstance(problem, FundError)
    tried = row.attempts + 1
    dead = by_rule or tried >= attempts
    code = problem.code() if isinstance(problem, FundError) else type(problem).__name__
    error = f"{code}: {str(problem)[:300]} [log {log_id}]"
    wait = _BACKOFF_SECONDS[min(tried, len(_BACKOFF_SECONDS)) - 1]
    store.deliveries.failed(row, attempts=tried, due_at=now + timedelta(seconds=wait), error=error, dead=dead)
    log.warning(
        "reaction failed",
        extra={"event_id": row.event_id, "reaction": row.reaction, "log_id": log_id, "trace": "".join(traceback.format_exception(problem))},
    )
    if warn is not None:
        warn(f"{row.reaction} ({row.stream}): {error}")


def _wait(engine: Engine, event_id: str, reaction: str, illness: NotReady) -> None:
    """The world was ill: try again in a while, uncounted. When even that cannot be written, the lease does it."""
    try:
        with writing(engine) as connection:
            store = Store(connection)
            row = store.deliveries.lock(event_id, reaction, skip=True)
            if row is not None and row.state in ("pending", "failed"):
                wait = timedelta(seconds=random.uniform(1, 5))
                store.deliveries.put_back(row, due_at=store.work.database_clock() + wait, error=illness.code())
    except Exception as problem:
        if ill(problem) is None:
            raise


def _started_before(engine: Engine, event_id: str, reaction: str) -> bool:
    """Whether a process died on this row: then it runs in a child. A row handed out before is counted as started first."""
    with writing(engine) as connection:
        store = Store(connection)
        row = store.deliveries.lock(event_id, reaction, skip=True)
        if row is None or row.handed_out <= 1 or row.state not in ("pending", "failed"):
            return False
        store.deliveries.started(row)
        return row.starts > 0


def _in_child(engine: Engine, event_id: str, reaction: str, *, warn: Warn | None, attempts: int) -> int:
    """Run a row in a process of its own; its death is an attempt, with its signal."""
    command = [sys.executable, "-m", "fund.worker", event_id, reaction]
    url = engine.url.render_as_string(hide_password=False)
    ended = subprocess.run(command, input=url.encode(), capture_output=True, timeout=120, check=False)
    if ended.returncode == 0:
        return 1
    with writing(engine) as connection:
        store = Store(connection)
        row = store.deliveries.lock(event_id, reaction)
        if row is not None and row.state in ("pending", "failed"):
            how = f"signal {-ended.returncode}" if ended.returncode < 0 else f"exit {ended.returncode}"
            _judge(store, row, ProcessDied(how), store.work.database_clock(), warn, attempts)
    return 0


class ProcessDied(Exception):
    """The process that ran a reaction died of it."""


def tick(engine: Engine, *, warn: Warn | None = None, limit: int = 200) -> int:
    """Let what is due fall due, in order; the number of timers that fired.

    In lock-step, timers wait until no fact waits for a reaction, and one fires at a time. Nothing fires while the clock
    lies before the last fact, or a minute beside this machine's.
    """
    fired = 0
    with writing(engine) as connection:
        store = Store(connection)
        held = store.work.setting("held_clock_us") is not None
        if not store.work.is_due(max(store.work.clock(), store.facts.head().recorded_at)):
            return 0
        # The fund's lock first, then the timer rows: commands set and clear timers while they hold it.
        store.facts.head(lock=True)
        now = store.work.clock()
        if now < store.facts.head().recorded_at or (not held and abs(now - datetime.now(UTC)) > timedelta(seconds=60)):
            if not held:
                log.error("the database's clock cannot be trusted; no deadline is acted upon")
            now = max(now, store.facts.head().recorded_at) if held else now
            if not held:
                return 0
        step = store.work.setting("lock_step") is not None
        if step and store.deliveries.open_count():
            return 0
        for timer in store.work.due_timers(now, limit=1 if step else limit):
            fired += _fire(connection, store, timer, warn)
    return fired


def _fire(connection: Connection, store: Store, timer: TimerRow, warn: Warn | None) -> int:
    known = timers_by_kind().get(timer.kind)
    if known is None:
        return 0
    point = connection.begin_nested()
    uow = UnitOfWork.on(connection, LIVES, actor=SYSTEM_ACTOR, cause=timer.cause, reaction=f"{timer.timer_id}@{timer.due_at.isoformat()}")
    try:
        store.work.end_timer(timer.timer_id, state="fired", fired_by="", at=uow.now)  # before: it may set itself again
        known.function(uow, timer)
        if uow.facts:
            store.work.fired_by(timer.timer_id, uow.facts[-1].event_id)
    except Exception as problem:
        if ill(problem) is not None:
            raise
        point.rollback()
        code = problem.code() if isinstance(problem, FundError) else type(problem).__name__
        store.work.end_timer(timer.timer_id, state="missed", fired_by=code, at=uow.now)
        log.warning("timer failed", extra={"timer": timer.timer_id, "trace": "".join(traceback.format_exception(problem))})
        if warn is not None:
            warn(f"{timer.kind} ({timer.stream}): {code}: {problem}")
        return 1
    point.commit()
    return 1


def drain(engine: Engine, *, warn: Warn | None = None, seconds: float = 10.0) -> int:
    """Do what is open in this process, in the order (fact, reaction), then what is due; what was done in all.

    This is the embedded profile: no broker, no thread. It stops after ``seconds``; the next command goes on.
    """
    deadline = time.monotonic() + seconds
    done = 0
    marked = False
    while time.monotonic() < deadline:
        with writing(engine) as connection:
            store = Store(connection)
            row = store.deliveries.next_open(store.work.database_clock())
            if row is not None and not marked:
                store.deliveries.mark_tried()
        if row is not None:
            marked = True
            _one(engine, row.event_id, row.reaction, epoch=NO_EPOCH, warn=warn, in_child=False, attempts=ATTEMPTS, go_on=False)
            done += 1
            continue
        fired = tick(engine, warn=warn, limit=1)
        if not fired:
            return done
        done += fired
    return done


def quiet(engine: Engine) -> bool:
    """Whether nothing is open and nothing is due: all that follows from what happened is done."""
    with reading(engine) as connection:
        store = Store(connection)
        if store.deliveries.open_count():
            return False
        return not store.work.is_due(max(store.work.clock(), store.facts.head().recorded_at))
