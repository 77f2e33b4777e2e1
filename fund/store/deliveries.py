"""Delivery rows: outbox, inbox, order and dead letter at once. Leases go by the database's clock, never by the fund's.

Source: service.md 1-8, 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from fund import tables as t
from fund.database import Connection, is_sqlite, to_micros
from fund.store import rows

OPEN = ("pending", "failed")
"""States in which a row is still tried."""
BLOCKING = ("pending", "failed", "dead", "held")
"""States that hold the rest of the stream for that reaction."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One fact for one reaction."""

    event_id: str
    reaction: str
    stream: str
    seq: int
    state: str
    attempts: int
    starts: int
    handed_out: int
    due_at: datetime
    leased_at: datetime | None
    epoch: str | None
    error: str | None

    @property
    def tried_before(self) -> bool:
        """Whether somebody had it before; perhaps a process died of it."""
        return self.handed_out > 1 or self.starts > 0


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker and its last sign of life."""

    worker_id: str
    version: str
    revision: str
    started_at: datetime
    seen_at: datetime


def _in(column: Any, states: Sequence[str]) -> Any:
    """The state is one of these, written out: only then is the index of open rows known to hold them."""
    assert all(state.isalpha() for state in states)
    return column.in_([sa.literal_column(f"'{state}'") for state in states])


def _still_tried(c: Any) -> Any:
    """The state is open; both conditions are those of an index."""
    return sa.and_(_in(c.state, BLOCKING), _in(c.state, OPEN))


def _free(c: Any, now: datetime, epoch: str, lease: timedelta) -> tuple[Any, ...]:
    """The conditions under which a row may be handed out: open, due, and leased to nobody who still counts."""
    leased = sa.or_(c.leased_us.is_(None), c.leased_us < to_micros(now - lease), c.epoch.is_distinct_from(epoch))
    return (_in(c.state, OPEN), c.due_us <= to_micros(now), leased)


def _same_stream(row: DeliveryRow) -> tuple[Any, ...]:
    """The rows that are done or wait in one order with this one."""
    c = t.delivery.c
    return (c.stream == row.stream, c.reaction == row.reaction, _in(c.state, BLOCKING))


@cache
def _next_open() -> Any:
    """It is asked after every command, and written once: to compose it costs more than to answer it."""
    c = t.delivery.c
    other = t.delivery.alias("earlier")
    least = (
        sa.select(sa.func.min(other.c.seq))
        .where(other.c.stream == c.stream, other.c.reaction == c.reaction, _in(other.c.state, BLOCKING))
        .correlate(t.delivery)
        .scalar_subquery()
    )
    query = sa.select(t.delivery).with_hint(t.delivery, "INDEXED BY ix_delivery_next", "sqlite")
    due = c.due_us <= sa.bindparam("now")
    query = query.where(_still_tried(c), due, c.seq == least)
    return query.order_by(c.seq, c.reaction).limit(1)


class DeliveryStore:
    """All SQL over delivery rows, subscriptions and workers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = is_sqlite(connection)

    # ------------------------------------------------------------------------------------------------- handing out

    def hand_out(
        self, now: datetime, *, epoch: str, lease: timedelta, limit: int = 500, lock_step: bool = False
    ) -> list[DeliveryRow]:
        """Lease the first open row of each (stream, reaction) that is due, and say so in the row.

        Rows that another relay holds are left to it. Rows leased under another epoch (the broker forgot them) are due
        at once. In lock-step only the first open row of the whole fund is handed out.
        """
        if lock_step:
            first = self._first_of_fund()
        else:
            first = self._firsts(now, epoch=epoch, lease=lease, limit=limit)
        c = t.delivery.c
        # what we found may have changed hands since: the same conditions again, on rows that nobody holds
        mine = (
            sa.select(t.delivery)
            .where(sa.tuple_(c.event_id, c.reaction).in_(first), *_free(c, now, epoch, lease))
            .order_by(c.seq, c.reaction)
            .with_for_update(skip_locked=True)
        )
        found = rows.every(self._connection, DeliveryRow, mine) if first else []
        if found:
            self._connection.execute(
                t.delivery.update()
                .where(c.event_id == sa.bindparam("of_event"), c.reaction == sa.bindparam("of_reaction"))
                .values(leased_us=to_micros(now), epoch=epoch, handed_out=c.handed_out + 1),
                [{"of_event": row.event_id, "of_reaction": row.reaction} for row in found],
            )
        return found

    def _firsts(self, now: datetime, *, epoch: str, lease: timedelta, limit: int) -> list[tuple[str, str]]:
        """Which rows stand first in their (stream, reaction), due and leased to nobody: one walk along the open rows.

        A walk, because anything cleverer (a join, ``not exists``) is planned by what statistics say; after a backlog
        they are wrong: 100,000 open rows then take minutes instead of a tenth of a second.
        """
        c = t.delivery.c
        columns = (c.event_id, c.reaction, c.seq, c.state, c.due_us, c.leased_us, c.epoch)
        if self._sqlite:  # the other columns of a group are those of the row with the least number
            one = sa.select(*(column for column in columns if column is not c.seq), sa.func.min(c.seq).label("seq"))
            walk = one.where(_in(c.state, BLOCKING)).group_by(c.stream, c.reaction).subquery("first")
        else:
            from sqlalchemy.dialects.postgresql import distinct_on  # on SQLite nothing of PostgreSQL is loaded

            each = sa.select(*columns, c.stream).where(_in(c.state, BLOCKING)).ext(distinct_on(c.stream, c.reaction))
            walk = each.order_by(c.stream, c.reaction, c.seq).subquery("first")
        found = sa.select(walk.c.event_id, walk.c.reaction).where(*_free(walk.c, now, epoch, lease))
        return self._keys(found.order_by(walk.c.seq, walk.c.reaction).limit(limit))

    def _first_of_fund(self) -> list[tuple[str, str]]:
        c = t.delivery.c
        query = sa.select(c.event_id, c.reaction).where(_in(c.state, BLOCKING)).order_by(c.seq, c.reaction).limit(1)
        return self._keys(query)

    def _keys(self, query: Any) -> list[tuple[str, str]]:
        return [tuple(row) for row in self._connection.execute(query)]

    def _any(self, *conditions: Any) -> bool:
        query = sa.select(sa.literal(1)).select_from(t.delivery).where(*conditions).limit(1)
        return self._connection.execute(query).scalar_one_or_none() is not None

    def anything_open(self) -> bool:
        """Whether a row is still tried."""
        return self._any(_still_tried(t.delivery.c))

    def mark_tried(self) -> int:
        """Say of every open row that a process is about to try it: what kills a process is known by this."""
        mine = self._not_held(_still_tried(t.delivery.c))
        statement = t.delivery.update().where(mine).values(handed_out=t.delivery.c.handed_out + 1)
        return int(self._connection.execute(statement).rowcount)

    def _not_held(self, mine: Any) -> Any:
        """These rows, but those that somebody works on are not waited for."""
        if self._sqlite:
            return mine
        c = t.delivery.c
        return sa.tuple_(c.event_id, c.reaction).in_(
            sa.select(c.event_id, c.reaction).where(mine).with_for_update(skip_locked=True)
        )

    def next_open(self, now: datetime) -> DeliveryRow | None:
        """The first row of the fund, in the order (fact, reaction), that is due and waits for nothing before it."""
        return rows.one(self._connection, DeliveryRow, _next_open(), {"now": to_micros(now)})

    def delivered_all(self, reaction: str, now: datetime) -> int:
        """Mark every row of a reaction that is due: nothing would follow from any of them.

        A dead or held row holds what comes after it in its stream; where there is one, nothing is marked.
        """
        c = t.delivery.c
        mine: Any = (c.reaction == reaction, _in(c.state, BLOCKING))
        if self._any(*mine, ~_in(c.state, OPEN)):
            return 0
        due = self._not_held(sa.and_(*mine, c.due_us <= to_micros(now)))
        values = {"state": "delivered", "delivered_us": to_micros(now), "leased_us": None, "error": None}
        return int(self._connection.execute(t.delivery.update().where(due).values(**values)).rowcount)

    # --------------------------------------------------------------------------------------------------- reacting

    def lock(self, event_id: str, reaction: str, *, skip: bool = False) -> DeliveryRow | None:
        """The row while it is open, held until our transaction ends; with ``skip`` not when somebody else holds it."""
        c = t.delivery.c
        query = (
            sa.select(t.delivery)
            .where(c.event_id == event_id, c.reaction == reaction)
            .with_for_update(skip_locked=skip)
        )
        if not self._sqlite and not skip:
            self._connection.execute(sa.text("set local lock_timeout = '2s'"))
        row = rows.one(self._connection, DeliveryRow, query)
        if not self._sqlite and not skip:
            self._connection.execute(sa.text("set local lock_timeout to default"))
        return None if row is None or row.state not in OPEN else row

    def earlier_open(self, row: DeliveryRow) -> bool:
        """Whether something before it in its stream still waits for the same reaction."""
        return self._any(*_same_stream(row), t.delivery.c.seq < row.seq)

    def lease_next(self, row: DeliveryRow, now: datetime, epoch: str) -> DeliveryRow | None:
        """The next open row of the same stream and reaction, leased to us; nothing when somebody else holds it."""
        c = t.delivery.c
        query = sa.select(c.event_id).where(*_same_stream(row), c.seq > row.seq).order_by(c.seq).limit(1)
        # Found first, then held: a query that skips held rows would find the one behind it.
        event_id = self._connection.execute(query).scalar_one_or_none()
        found = None if event_id is None else self.lock(event_id, row.reaction, skip=True)
        if found is None or found.due_at > now:
            return None
        self._set(found, leased_us=to_micros(now), epoch=epoch, handed_out=found.handed_out + 1)
        return found

    def _set(self, row: DeliveryRow, **values: Any) -> None:
        c = t.delivery.c
        self._connection.execute(
            t.delivery.update().where(c.event_id == row.event_id, c.reaction == row.reaction).values(**values)
        )

    def started(self, row: DeliveryRow) -> None:
        """It starts now: committed before it runs, so that a death is counted."""
        self._set(row, starts=row.starts + 1)

    def delivered(self, row: DeliveryRow, at: datetime) -> None:
        """The effect is done; it commits together with this mark."""
        self._set(row, state="delivered", delivered_us=to_micros(at), leased_us=None, error=None)

    def failed(
        self, row: DeliveryRow, *, attempts: int, due_at: datetime, error: str, dead: bool, deadly: bool = False
    ) -> None:
        """It was tried and did not succeed; it is tried again, or is a dead letter.

        A ``deadly`` one ended its process: it counts as started without end, so that it never again runs in a worker.
        """
        self._set(
            row,
            state="dead" if dead else "failed",
            attempts=attempts,
            starts=max(1, row.starts) if deadly else 0,
            due_us=to_micros(due_at),
            error=error,
            leased_us=None,
        )

    def put_back(self, row: DeliveryRow, *, due_at: datetime, error: str | None, counted: bool) -> None:
        """Try it again later, without an attempt: the world was ill, or the code is older than the reaction."""
        self._set(row, due_us=to_micros(due_at), starts=max(0, row.starts - counted), leased_us=None, error=error)

    def release(self, row: DeliveryRow, *, counted: bool) -> None:
        """We do not work on it any more; a start of ours that was ``counted`` has ended, those of others have not."""
        self._set(row, starts=max(0, row.starts - counted), leased_us=None)

    def give_back(self, rows: Sequence[tuple[str, str]], *, counted: bool = False) -> None:
        """Rows that were handed out to us are anybody's."""
        for event_id, reaction in rows:
            row = self.lock(event_id, reaction, skip=True)
            if row is not None:
                self.release(row, counted=counted)

    def retry(self, event_id: str, reaction: str) -> bool:
        """A dead letter is tried again."""
        c = t.delivery.c
        statement = (
            t.delivery.update()
            .where(c.event_id == event_id, c.reaction == reaction, c.state == "dead")
            .values(state="pending", attempts=0, handed_out=0, due_us=0, leased_us=None)
        )
        return bool(self._connection.execute(statement).rowcount)

    # ----------------------------------------------------------------------------------------------------- looking

    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        found = dict.fromkeys(("pending", "delivered", "failed", "dead", "held", "skipped"), 0)
        query = sa.select(t.delivery.c.state, sa.func.count()).group_by(t.delivery.c.state)
        found.update((state, count) for state, count in self._connection.execute(query))
        return found

    def open_count(self) -> int:
        """How many rows are still tried."""
        return self._count(_still_tried(t.delivery.c))

    def _count(self, *conditions: Any) -> int:
        query = sa.select(sa.func.count()).select_from(t.delivery).where(*conditions)
        return int(self._connection.execute(query).scalar_one())

    def open_because(self, error: str, *, limit: int = 100) -> list[int]:
        """The numbers of the facts, oldest first, that are still tried and were put back for this reason."""
        c = t.delivery.c
        query = sa.select(c.seq).where(_still_tried(c), c.error == error)
        return list(self._connection.execute(query.order_by(c.seq).limit(limit)).scalars())

    def in_state(self, states: Sequence[str]) -> list[DeliveryRow]:
        """Rows in these states, oldest fact first."""
        c = t.delivery.c
        query = sa.select(t.delivery).where(_in(c.state, states)).order_by(c.seq, c.reaction)
        return rows.every(self._connection, DeliveryRow, query)

    def waiting_behind(self, row: DeliveryRow) -> int:
        """How many rows wait behind this one."""
        return self._count(*_same_stream(row), t.delivery.c.seq > row.seq)

    def oldest_open(self) -> int | None:
        """The number of the oldest fact of which something is still tried."""
        query = sa.select(sa.func.min(t.delivery.c.seq)).where(_still_tried(t.delivery.c))
        found: int | None = self._connection.execute(query).scalar_one()
        return found

    # ----------------------------------------------------------------------------------------------------- workers

    def seen(self, *, worker_id: str, version: str, revision: str, at: datetime) -> None:
        """A worker gives a sign of life."""
        seen = {"seen_us": to_micros(at), "version": version}
        first = {"started_us": to_micros(at), "revision": revision}
        rows.put(self._connection, t.worker, {"worker_id": worker_id}, seen, **first)

    def forget_workers(self, before: datetime) -> None:
        """Workers that died without goodbye so long ago are history."""
        self._connection.execute(t.worker.delete().where(t.worker.c.seen_us < to_micros(before)))

    def gone(self, worker_id: str) -> None:
        """A worker has stopped by itself."""
        self._connection.execute(t.worker.delete().where(t.worker.c.worker_id == worker_id))

    def workers(self) -> list[WorkerRow]:
        """Every worker that did not say goodbye, by id."""
        return rows.every(self._connection, WorkerRow, sa.select(t.worker).order_by(t.worker.c.worker_id))
