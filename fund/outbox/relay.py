"""What is due is handed out to workers (``relay``), or done in this process (``drain``, ``catch_up``).

Source: service.md 3-7, 11.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from importlib import import_module
from itertools import chain

from fund.database import Connection, Engine, is_sqlite, reading, writing
from fund.declarations import found_at
from fund.outbox.attempts import Warn
from fund.outbox.deliveries import NO_EPOCH, Courier, Row, effect_of
from fund.outbox.timers import TIMERS, TIMERS_PER_TICK, Due, tick
from fund.registry import COMMANDS, KEPT_IN, PROJECTIONS
from fund.rules.authority import SYSTEM_ACTOR
from fund.store import Store
from fund.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=30)
"""So long a row that was handed out is left to the process that got it."""


def relay(
    engine: Engine, *, notify: Callable[[str, str], object] | None = None, epoch: str = NO_EPOCH, limit: int = 500
) -> list[Row]:
    """Mark what is due, commit, then notify for each: (event id, reaction) of what was handed out.

    A message that is lost is no failure: the lease brings the row back.
    """
    if is_sqlite(engine):  # nothing to do takes no lock there
        with reading(engine) as connection:
            if not Store(connection).deliveries.anything_open():
                return []
    with writing(engine) as connection:
        store = Store(connection)
        step = store.work.setting("lock_step") is not None
        now = store.work.database_clock()
        rows = store.deliveries.hand_out(now, epoch=epoch, lease=LEASE, limit=limit, lock_step=step)
    handed = [(row.event_id, row.reaction) for row in rows]
    if notify is not None:
        for event_id, reaction in handed:
            notify(event_id, reaction)
    return handed


def drain(engine: Engine, *, warn: Warn | None = None, seconds: float = 10.0) -> int:
    """Do what is open in this process, in the order (fact, reaction), then what is due; what was done in all.

    This is the embedded profile: no broker, no thread. It stops after ``seconds``; the next command goes on. Two
    processes may do this at the same time: each row has its effect once.

    Raises:
        NotReady: The world is ill; what is open stays open.
    """
    deadline = time.monotonic() + seconds
    courier = Courier(engine, warn=warn)
    done = 0
    marked = False
    seen: set[str] = set()
    while time.monotonic() < deadline:
        with reading(engine) if is_sqlite(engine) else writing(engine) as connection:
            store = Store(connection)
            row = store.deliveries.next_open(store.work.database_clock())
        if row is None:
            fired = tick(engine, warn=warn, limit=1)
            if not fired:
                return done
            done += fired
            continue
        if not marked:
            with writing(engine) as connection:
                Store(connection).deliveries.mark_tried()
            marked = True
        if row.reaction not in seen:
            seen.add(row.reaction)
            idle = _idle(engine, row.reaction)
            done += idle
            if idle:
                continue
        courier.carry((row.event_id, row.reaction))
        done += 1
    return done


def _idle(engine: Engine, reaction: str) -> int:
    """Mark all rows of a reaction that has nothing to do whatever happened; how many.

    Under the fund's lock: nothing begins meanwhile that would give it something to do. A bank file leaves thousands of
    such rows behind, and each alone would be a transaction.
    """
    from fund.outbox.subscriptions import reactions_by_name

    known = reactions_by_name().get(reaction)
    if known is None or known.idle is None:
        return 0
    with writing(engine) as connection:
        store = Store(connection)
        if store.work.setting("lock_step") is not None:
            return 0
        uow = UnitOfWork.on(connection, PROJECTIONS, actor=SYSTEM_ACTOR)
        return store.deliveries.delivered_all(reaction, store.work.database_clock()) if known.idle(uow) else 0


def catch_up(connection: Connection, *, warn: Warn | None = None, limit: int = 10 * TIMERS_PER_TICK) -> int:
    """Let what is due fall due, with all that follows from it, inside this transaction; what was done in all.

    For a command that a rule refuses: the refusal may speak of a state that only still holds because nobody acted on a
    deadline yet. Under the fund's lock, in the order of :func:`drain`. It ends where a row is in somebody else's hands,
    or would have to run in a process of its own.
    """
    store, due = Store(connection), Due(connection, warn)
    now = due.trusted() if due.anything() else None
    done = 0
    while now is not None and done < limit:
        row = store.deliveries.next_open(store.work.database_clock())
        if row is not None:
            locked = store.deliveries.lock(row.event_id, row.reaction, skip=True)
            if locked is None or locked.tried_before:
                break
            effect_of(connection, store, locked, warn)
        elif not due.fire_next(now):
            break
        done += 1
    return done


def quiet(engine: Engine) -> bool:
    """Whether nothing is open and nothing is due: all that follows from what happened is done."""
    # In one snapshot: between two, a deadline could pass and leave a fact behind that neither of them sees.
    with reading(engine) as connection:
        return not Store(connection).deliveries.anything_open() and not Due(connection).anything()


@cache
def preload() -> None:
    """Import what acting needs, and reading does not, before the fund's lock is taken: nobody waits for it (G1).

    That is whatever a command, a reaction, a deadline, a bank line or a resolution may lead to.
    """
    from fund.outbox.subscriptions import REACTIONS
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
