"""From facts and instants to what follows: relay, react, tick, drain. Plain functions over rows.

Effect and mark share one commit: that is exactly-once, whatever dies. The order is that of the facts per (stream,
reaction). Three kinds of trouble are told apart: the world is ill (tried again, not counted), we are wrong (five
attempts, then a dead letter), the rules say no (a dead letter at once). Source: service.md 1-11.
"""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from fund import dates
from fund.database import Connection, Engine, is_sqlite, reading, unavailable, writing
from fund.declarations import found_at
from fund.errors import FundError, NotReady
from fund.registry import COMMANDS, KEPT_IN, PROJECTIONS
from fund.rules.authority import SYSTEM_ACTOR
from fund.store import OPEN, DeliveryRow, Store, TimerRow
from fund.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from fund.outbox.subscriptions import Reaction, Timer

log = logging.getLogger("fund.delivery")

LEASE = timedelta(seconds=30)
"""So long a row that was handed out is left to whoever got it."""
ATTEMPTS = 5
"""So many times something that is wrong with us is tried."""
_BACKOFF_SECONDS = (10, 60, 300, 1800, 3600)
ROWS_PER_REACT = 100
SECONDS_PER_REACT = 20.0
TIMERS_PER_TICK = 200
UNKNOWN_WAIT = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=60)
CHILD_SECONDS = 120.0
CHILD: tuple[str, ...] = (sys.executable, "-m", "fund.worker")
"""The program that runs one row in a process of its own; it gets the fact and the reaction, and the URL to read."""
NO_EPOCH = "here"
UNKNOWN_REACTION = "unknown_reaction"
"""What a row says that waits for newer code."""

Ring = Callable[[str, str], None]
Warn = Callable[[str], None]
Row = tuple[str, str]
"""A row by its key: the id of the fact, the name of the reaction."""


class ProcessDied(Exception):
    """The process that ran a reaction died of it."""


class FactUnreadable(Exception):
    """The fact of a delivery is not there, or not as this program knows it."""


def relay(
    engine: Engine, *, notify: Ring | None = None, epoch: str = NO_EPOCH, lease: timedelta = LEASE, limit: int = 500
) -> list[Row]:
    """Mark what is due, commit, then ring for each: (event id, reaction) of what was handed out.

    A bell that fails is no failure: the lease brings the row back.
    """
    if is_sqlite(engine) and not _anything_open(engine):
        return []  # nothing to do takes no lock there
    with writing(engine) as connection:
        store = Store(connection)
        step = store.work.setting("lock_step") is not None
        now = store.work.database_clock()
        rows = store.deliveries.hand_out(now, epoch=epoch, lease=lease, limit=limit, lock_step=step)
    handed = [(row.event_id, row.reaction) for row in rows]
    if notify is not None:
        for event_id, reaction in handed:
            notify(event_id, reaction)
    return handed


def _anything_open(engine: Engine) -> bool:
    with reading(engine) as connection:
        return Store(connection).deliveries.anything_open()


# ------------------------------------------------------------------------------------------------------------ react


def react(
    engine: Engine,
    event_id: str,
    reaction: str,
    *,
    epoch: str = NO_EPOCH,
    warn: Warn | None = None,
    in_child: bool = False,
    attempts: int = ATTEMPTS,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Carry one fact to one reaction, and go on with the rest of its stream; the number of effects done.

    Each effect commits together with its mark. Called twice for the same row, or at the same time by eight threads,
    there is one effect. It goes on for 100 rows or 20 seconds at most, or until ``stop`` says so; the rest is then
    nobody's.

    Raises:
        NotReady: The world is so ill that not even that could be written; the lease brings the row back.
    """
    deadline = time.monotonic() + SECONDS_PER_REACT
    done = 0

    def more() -> bool:
        enough = in_child or done + 1 >= ROWS_PER_REACT or time.monotonic() >= deadline
        return not enough and not (stop is not None and stop())

    current: Row | None = (event_id, reaction)
    while current is not None:
        follows, effect = _one(engine, current, epoch=epoch, warn=warn, in_child=in_child, attempts=attempts, more=more)
        done += effect
        current = follows
    return done


def _one(
    engine: Engine,
    row_key: Row,
    *,
    epoch: str,
    warn: Warn | None,
    in_child: bool,
    attempts: int,
    more: Callable[[], bool],
) -> tuple[Row | None, int]:
    """One row: (what to go on with, effects done)."""
    try:
        tried = _try(engine, row_key, epoch=epoch, warn=warn, counted=in_child, attempts=attempts, more=more)
        if tried is None:  # somebody had it before: did the process die of it?
            if _started_before(engine, row_key):
                return None, _in_child(engine, row_key, warn=warn, attempts=attempts)
            tried = _try(engine, row_key, epoch=epoch, warn=warn, counted=True, attempts=attempts, more=more)
        assert tried is not None
        return tried
    except Exception as problem:
        away = unavailable(problem)
        if away is not None:
            _wait(engine, row_key, away)
        else:  # what the database refuses only when we commit
            _judged(engine, row_key, problem, warn, attempts)
        return None, 0


def _try(
    engine: Engine,
    row_key: Row,
    *,
    epoch: str,
    warn: Warn | None,
    counted: bool,
    attempts: int,
    more: Callable[[], bool],
) -> tuple[Row | None, int] | None:
    """Effect and mark in one transaction; ``None`` for a row handed out before whose start is not ``counted`` yet."""
    with writing(engine) as connection:
        store = Store(connection)
        row = store.deliveries.lock(*row_key)
        if row is None or row.state not in OPEN:
            return None, 0
        if store.deliveries.earlier_open(row):
            store.deliveries.release(row)
            return None, 0
        if (row.handed_out > 1 or row.starts > 0) and not counted:
            return None
        outcome = _run(connection, store, row)
        now = store.work.database_clock()
        if outcome is None:
            store.deliveries.put_back(row, due_at=now + UNKNOWN_WAIT, error=UNKNOWN_REACTION)
            return None, 0
        if isinstance(outcome, BaseException):
            _judge(store, row, outcome, warn, attempts)
            return None, 0
        store.deliveries.delivered(row, now)
        step = store.work.setting("lock_step") is not None
        follows = store.deliveries.lease_next(row, now, epoch) if not step and more() else None
    return (None if follows is None else (follows.event_id, follows.reaction)), 1


def _run(connection: Connection, store: Store, row: DeliveryRow) -> BaseException | bool | None:
    """Run the use case of a row inside a savepoint: true, the problem, or ``None`` for a reaction we do not know."""
    known = _reactions().get(row.reaction)
    if known is None:
        return None
    point = connection.begin_nested()
    try:
        event = store.facts.get(row.event_id)
        if event is None:
            raise FactUnreadable(row.event_id)
        uow = UnitOfWork.on(connection, PROJECTIONS, actor=SYSTEM_ACTOR, cause=row.event_id, reaction=row.reaction)
        known.function(uow, event)
        point.commit()
    except (Exception, SystemExit) as problem:
        if unavailable(problem) is not None:
            raise
        point.rollback()
        return problem
    return True


def _judge(store: Store, row: DeliveryRow, problem: BaseException, warn: Warn | None, attempts: int) -> None:
    """Say of a row what went wrong: the rules say no (dead at once), or we are wrong (tried again, five times)."""
    tried = row.attempts + 1
    dead = isinstance(problem, FundError) or tried >= attempts
    error, log_id = _told(problem)
    due_at = store.work.database_clock() + _next_attempt(tried)
    deadly = isinstance(problem, ProcessDied)
    store.deliveries.failed(row, attempts=tried, due_at=due_at, error=error, dead=dead, deadly=deadly)
    told = {"event_id": row.event_id, "reaction": row.reaction, "log_id": log_id, **where(problem)}
    log.log(logging.ERROR if dead else logging.WARNING, "reaction failed", extra=told)
    if warn is not None:
        warn(f"{row.reaction} ({row.stream}): {error}")


def _judged(engine: Engine, row_key: Row, problem: BaseException, warn: Warn | None, attempts: int) -> None:
    """The same in a transaction of its own."""
    with writing(engine) as connection:
        store = Store(connection)
        row = store.deliveries.lock(*row_key)
        if row is not None and row.state in OPEN:
            _judge(store, row, problem, warn, attempts)


def _next_attempt(tried: int) -> timedelta:
    return timedelta(seconds=_BACKOFF_SECONDS[min(tried, len(_BACKOFF_SECONDS)) - 1])


def _told(problem: BaseException) -> tuple[str, str]:
    """Type, message (its first line: the rest repeats values) and log id of a problem; and the log id."""
    log_id = uuid.uuid4().hex[:12]
    code = problem.code() if isinstance(problem, FundError) else type(problem).__name__
    message = (str(problem).splitlines() or [""])[0][:300]
    return f"{code}: {message} [log {log_id}]", log_id


def where(problem: BaseException) -> dict[str, str]:
    """For the log: the places in the code; the whole trace, values included, is for ``FUND_DEBUG`` only."""
    frames = traceback.extract_tb(problem.__traceback__)[-8:]
    return {
        "type": type(problem).__name__,
        "where": " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames),
        "trace": "".join(traceback.format_exception(problem)),
    }


def _wait(engine: Engine, row_key: Row, away: NotReady) -> None:
    """The world was ill: try again in a while, uncounted; the more often it was handed out, the longer the while.

    Raises:
        NotReady: Not even that can be written; the lease does it.
    """
    with writing(engine) as connection:
        store = Store(connection)
        row = store.deliveries.lock(*row_key, skip=True)
        if row is not None and row.state in OPEN:
            longest = min(60.0, 2.0 ** max(1, min(row.handed_out, 6)))
            wait = timedelta(seconds=random.uniform(max(1.0, longest / 2), longest))
            store.deliveries.put_back(row, due_at=store.work.database_clock() + wait, error=away.code())


def _started_before(engine: Engine, row_key: Row) -> bool:
    """Whether a process died on this row, which then runs in a child. From here on its start is counted."""
    with writing(engine) as connection:
        store = Store(connection)
        row = store.deliveries.lock(*row_key, skip=True)
        if row is None or row.state not in OPEN:
            return False
        store.deliveries.started(row)
        return row.starts > 0


def _in_child(engine: Engine, row_key: Row, *, warn: Warn | None, attempts: int) -> int:
    """Run a row in a process of its own; its death is an attempt, with its signal."""
    url = engine.url.render_as_string(hide_password=False)
    how = f"no end after {CHILD_SECONDS:.0f} s"
    try:
        ended = subprocess.run(
            [*CHILD, *row_key],
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
    _judged(engine, row_key, ProcessDied(how), warn, attempts)
    return 0


# ------------------------------------------------------------------------------------------------------------- tick


def tick(engine: Engine, *, warn: Warn | None = None, limit: int = TIMERS_PER_TICK) -> int:
    """Let what is due fall due, in order; the number of timers that fired.

    In lock-step, timers wait until no fact waits for a reaction, and one fires at a time. Nothing fires while the clock
    lies before the last fact, or a minute beside this machine's.
    """
    if is_sqlite(engine) and not _anything_due(engine):
        return 0
    with writing(engine) as connection:
        store = Store(connection)
        kinds = list(_timers())
        retry = store.work.database_clock()
        if not store.work.is_due(_latest(store), kinds=kinds, retry=retry):
            return 0
        # The fund's lock first, then the timer rows: commands set and clear timers while they hold it.
        head = store.facts.head(lock=True)
        held = store.work.setting("held_clock_us") is not None
        now = store.work.clock()
        if not held and clock_problem(now, head.recorded_at) is not None:
            log.error("no deadline is acted upon", extra={"reason": clock_problem(now, head.recorded_at)})
            return 0
        now = max(now, head.recorded_at)
        step = store.work.setting("lock_step") is not None
        if step and store.deliveries.anything_open():
            return 0
        tried = 0
        # One after the other: what one of them sets or clears has its own place in the order.
        while tried < (1 if step else limit):
            timer = store.work.next_timer(now, kinds=kinds, retry=retry)
            if timer is None:
                break
            _fire(connection, store, timer, warn)
            tried += 1
    return tried


def catch_up(connection: Connection, *, warn: Warn | None = None, limit: int = 10 * TIMERS_PER_TICK) -> int:
    """Let what is due fall due, with all that follows from it, inside this transaction; what was done in all.

    For a command that a rule refuses: the refusal may speak of a state that only still stands because nobody acted on
    a deadline yet. Under the fund's lock, in the order of :func:`drain`. It ends where a row is in somebody else's
    hands, or would have to run in a process of its own.
    """
    store = Store(connection)
    kinds, retry = list(_timers()), store.work.database_clock()
    if not store.work.is_due(_latest(store), kinds=kinds, retry=retry):
        return 0
    head = store.facts.head(lock=True)
    now = store.work.clock()
    if store.work.setting("held_clock_us") is None and clock_problem(now, head.recorded_at) is not None:
        return 0
    now, done = max(now, head.recorded_at), 0
    while done < limit:
        row = store.deliveries.next_open(store.work.database_clock())
        timer = store.work.next_timer(now, kinds=kinds, retry=retry) if row is None else None
        if row is not None and not _done_here(connection, store, row, warn):
            break
        if row is None and timer is None:
            break
        if timer is not None:
            _fire(connection, store, timer, warn)
        done += 1
    return done


def _done_here(connection: Connection, store: Store, row: DeliveryRow, warn: Warn | None) -> bool:
    """One row, inside this transaction; false when it is not ours to do here."""
    locked = store.deliveries.lock(row.event_id, row.reaction, skip=True)
    if locked is None or locked.state not in OPEN or locked.handed_out > 1 or locked.starts > 0:
        return False
    outcome = _run(connection, store, locked)
    if outcome is None:
        return False
    if isinstance(outcome, BaseException):
        _judge(store, locked, outcome, warn, ATTEMPTS)
    else:
        store.deliveries.delivered(locked, store.work.database_clock())
    return True


def _latest(store: Store) -> datetime:
    """The fund's clock, which never stands before its last fact."""
    return max(store.work.clock(), store.facts.head().recorded_at)


def _anything_due(engine: Engine) -> bool:
    with reading(engine) as connection:
        return _due(Store(connection))


def preload() -> None:
    """Import what acting needs, and reading does not, before the fund's lock is taken: nobody waits for it (G1).

    That is whatever a command, a reaction, a deadline, a bank line or a resolution may lead to.
    """
    from fund.outbox.subscriptions import REACTIONS, TIMERS
    from fund.workflows.receipts import hooks
    from fund.workflows.resolutions import CARRIED

    for module in ("fund.rules.postings", "fund.unit_of_work.preview", *KEPT_IN):
        import_module(module)
    declared = [place for each in COMMANDS.values() for place in (each.place, each.second, each.before)]
    found = [*(each.place for each in REACTIONS), *(each.place for each in TIMERS)]
    hooked = [*hooks.SETTLERS, *hooks.ARRIVALS, *hooks.TAKERS, *hooks.EXPLAINERS, *chain(*CARRIED.values())]
    for place in (*declared, *found, *hooked):
        if isinstance(place, str):
            found_at(place)


def _reactions() -> Mapping[str, Reaction]:
    """The reactions, by name."""
    from fund.outbox.subscriptions import reactions_by_name

    return reactions_by_name()


def _timers() -> Mapping[str, Timer]:
    """The timers, by kind; the same."""
    from fund.outbox.subscriptions import timers_by_kind

    return timers_by_kind()


def _due(store: Store) -> bool:
    return store.work.is_due(_latest(store), kinds=list(_timers()), retry=store.work.database_clock())


def clock_problem(now: datetime, last_recorded: datetime) -> str | None:
    """Why the database's clock cannot be trusted with deadlines, if so."""
    if now < last_recorded:
        return "the database's clock lies before the last fact"
    if abs(now - dates.now()) > CLOCK_SKEW:
        return "the database's clock differs from this machine's"
    return None


def _fire(connection: Connection, store: Store, timer: TimerRow, warn: Warn | None) -> None:
    """One timer, inside a savepoint; a problem is sorted as that of a reaction is."""
    known = _timers()[timer.kind]
    name = f"{timer.timer_id}@{timer.due_at.isoformat()}"
    point = connection.begin_nested()
    try:
        uow = UnitOfWork.on(connection, PROJECTIONS, actor=SYSTEM_ACTOR, cause=timer.cause, reaction=name)
        store.work.end_timer(timer.timer_id, state="fired", fired_by="", at=uow.now)  # before: it may set itself again
        known.function(uow, timer)
        if uow.facts:
            store.work.fired_by(timer.timer_id, uow.facts[-1].event_id)
        point.commit()
    except (Exception, SystemExit) as problem:
        if unavailable(problem) is not None:
            raise
        point.rollback()
        tried = timer.attempts + 1
        dead = isinstance(problem, FundError) or tried >= ATTEMPTS
        error, log_id = _told(problem)
        retry_at = store.work.database_clock() + _next_attempt(tried)
        store.work.failed_timer(timer.timer_id, attempts=tried, retry_at=retry_at, error=error, dead=dead)
        told = {"timer": timer.timer_id, "log_id": log_id, **where(problem)}
        log.log(logging.ERROR if dead else logging.WARNING, "timer failed", extra=told)
        if warn is not None:
            warn(f"{timer.kind} ({timer.stream}): {error}")


# ------------------------------------------------------------------------------------------------------------ drain


def drain(engine: Engine, *, warn: Warn | None = None, seconds: float = 10.0) -> int:
    """Do what is open in this process, in the order (fact, reaction), then what is due; what was done in all.

    This is the embedded profile: no broker, no thread. It stops after ``seconds``; the next command goes on. Two
    processes may do this at the same time: each row has its effect once.

    Raises:
        NotReady: The world is ill; what is open stays open.
    """
    deadline = time.monotonic() + seconds
    done = 0
    marked = False
    looked: set[str] = set()
    while time.monotonic() < deadline:
        with reading(engine) if is_sqlite(engine) else writing(engine) as connection:
            store = Store(connection)
            row = store.deliveries.next_open(store.work.database_clock())
        if row is not None and not marked:
            with writing(engine) as connection:
                Store(connection).deliveries.mark_tried()
            marked = True
        if row is not None and row.reaction not in looked:
            looked.add(row.reaction)
            idle = _idle(engine, row.reaction)
            done += idle
            if idle:
                continue
        if row is not None:
            key = (row.event_id, row.reaction)
            _one(engine, key, epoch=NO_EPOCH, warn=warn, in_child=False, attempts=ATTEMPTS, more=lambda: False)
            done += 1
            continue
        fired = tick(engine, warn=warn, limit=1)
        if not fired:
            return done
        done += fired
    return done


def _idle(engine: Engine, reaction: str) -> int:
    """Mark all rows of a reaction that has nothing to do whatever happened; how many.

    Under the fund's lock: nothing begins meanwhile that would give it something to do. A bank file leaves thousands of
    such rows behind, and each alone would be a transaction.
    """
    known = _reactions().get(reaction)
    if known is None or known.idle is None:
        return 0
    with writing(engine) as connection:
        store = Store(connection)
        if store.work.setting("lock_step") is not None:
            return 0
        uow = UnitOfWork.on(connection, PROJECTIONS, actor=SYSTEM_ACTOR)
        return store.deliveries.delivered_all(reaction, store.work.database_clock()) if known.idle(uow) else 0


def quiet(engine: Engine) -> bool:
    """Whether nothing is open and nothing is due: all that follows from what happened is done."""
    # In one snapshot: between two, a deadline could pass and leave a fact behind that neither of them sees.
    with reading(engine) as connection:
        store = Store(connection)
        return not store.deliveries.anything_open() and not _due(store)
