"""Commands and their answers, confirmations, counters, settings, people, what is sealed, attachments, timers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from fund import dates
from fund import tables as t
from fund.database import Connection, from_micros, is_sqlite, to_micros
from fund.store import rows


@dataclass(frozen=True, slots=True)
class CommandRow:
    """What was asked under a command id, and the answer (JSON) once there is one."""

    actor: str
    command_id: str
    name: str
    content_hash: bytes
    asked_at: datetime
    state: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class PendingRow:
    """What one person made and a second must confirm; ``arguments``, ``shown`` and ``needs`` are JSON."""

    ref: str
    name: str
    arguments: str
    subject: str
    shown: str
    shown_hash: bytes
    needs: str
    made_by: str
    made_command_id: str
    made_at: datetime
    expires_at: datetime
    state: str
    ended_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A score or vote under seal."""

    stream: str
    kind: str
    actor: str
    round: int
    salt: str
    content: str
    opened: bool


@dataclass(frozen=True, slots=True)
class TimerRow:
    """Something that falls due at an instant, because of the fact ``cause``."""

    timer_id: str
    stream: str
    kind: str
    due_at: datetime
    cause: str
    state: str
    attempts: int = 0
    error: str | None = None


# What is asked with every command is written once: to compose a statement costs as much as to carry it out.
_SETTING = sa.select(t.fund_setting.c.value).where(t.fund_setting.c.name == sa.bindparam("name"))
_NAME = sa.select(t.person.c.name).where(t.person.c.user_id == sa.bindparam("user_id"))
_USER = sa.select(t.person.c.user_id).where(
    sa.or_(t.person.c.name == sa.bindparam("name"), t.person.c.user_id == sa.bindparam("name"))
)
_PENDING = sa.select(t.pending).where(t.pending.c.ref == sa.bindparam("ref"))
_ANSWER = (
    t.command.update()
    .where(t.command.c.actor == sa.bindparam("of_actor"), t.command.c.command_id == sa.bindparam("of_command"))
    .values(state="answered", answer=sa.bindparam("answer"))
)
_SEALED = (
    sa.select(t.sealed)
    .where(
        t.sealed.c.stream == sa.bindparam("stream"),
        t.sealed.c.kind == sa.bindparam("kind"),
        t.sealed.c.round == sa.bindparam("round"),
    )
    .order_by(t.sealed.c.actor)
)
_DUE = (
    t.timer.c.state == "due",
    t.timer.c.due_us <= sa.bindparam("now"),
    t.timer.c.kind.in_(sa.bindparam("kinds", expanding=True)),
    sa.or_(t.timer.c.retry_us.is_(None), t.timer.c.retry_us <= sa.bindparam("retry")),
)
_IS_DUE = sa.select(sa.literal(1)).where(*_DUE).limit(1)
_NEXT_DUE = sa.select(t.timer).where(*_DUE).order_by(t.timer.c.due_us, t.timer.c.timer_id).limit(1)


@cache
def _asking(sqlite: bool) -> Any:
    """Keep what was asked, where nothing was asked under this id."""
    statement = rows.insert(sqlite)(t.command).on_conflict_do_nothing(index_elements=["actor", "command_id"])
    return statement.returning(t.command.c.actor)


class WorkStore:
    """The rows by which the service remembers what it does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = is_sqlite(connection)

    # -------------------------------------------------------------------------------------------------- settings

    def setting(self, name: str) -> str | None:
        """The value of a setting of this fund."""
        return self._connection.execute(_SETTING, {"name": name}).scalar_one_or_none()

    def set_setting(self, name: str, value: str | None) -> None:
        """Give a setting a value; ``None`` removes it."""
        if value is None:
            self._connection.execute(t.fund_setting.delete().where(t.fund_setting.c.name == name))
            return
        rows.put(self._connection, t.fund_setting, {"name": name}, {"value": value})

    def clock(self) -> datetime:
        """The fund's clock: the database's, unless a row holds it still (G5)."""
        held = self.setting("held_clock_us")
        if held is not None:
            return from_micros(int(held))
        return self.database_clock()

    def database_clock(self) -> datetime:
        """The database's own clock, which leases go by."""
        if self._sqlite:
            return dates.now()
        value: datetime = self._connection.execute(sa.text("select clock_timestamp()")).scalar_one()
        return value

    def hold_clock(self, at: datetime | None) -> None:
        """Hold the fund's clock still at an instant; ``None`` lets it go."""
        self.set_setting("held_clock_us", None if at is None else str(to_micros(at)))

    # -------------------------------------------------------------------------------------------------- counters

    def next_number(self, kind: str, year: int) -> int:
        """The next number of this kind in this year: 1, 2, 3 ... without gaps among what is committed."""
        statement = rows.insert(self._sqlite)(t.counter).values(kind=kind, year=year, last=1)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "year"], set_={"last": t.counter.c.last + 1}
        )
        return int(self._connection.execute(statement.returning(t.counter.c.last)).scalar_one())

    def last_number(self, kind: str, year: int) -> int:
        """The last number of this kind in this year; 0 before the first."""
        c = t.counter.c
        query = sa.select(c.last).where(c.kind == kind, c.year == year)
        return int(self._connection.execute(query).scalar_one_or_none() or 0)

    def set_number(self, kind: str, year: int, last: int) -> None:
        """Many numbers were given at once, under the fund's lock, up to this one."""
        rows.put(self._connection, t.counter, {"kind": kind, "year": year}, {"last": last})

    # -------------------------------------------------------------------------------------------------- commands

    def command(self, actor: str, command_id: str, *, lock: bool = False) -> CommandRow | None:
        """What this person asked under this id before."""
        query = sa.select(t.command).where(t.command.c.actor == actor, t.command.c.command_id == command_id)
        if lock:
            query = query.with_for_update()
        return rows.one(self._connection, CommandRow, query)

    def command_words(self) -> dict[tuple[str, str], str]:
        """Every command as typed (``disbursement check``), by who asked it and its id."""
        c = t.command.c
        found = self._connection.execute(sa.select(c.actor, c.command_id, c.name))
        return {(actor, command_id): name for actor, command_id, name in found}

    def ask(self, *, actor: str, command_id: str, name: str, content_hash: bytes, asked_at: datetime) -> bool:
        """Keep what was asked; false when this person's id was there already (then look at :meth:`command`)."""
        row = {
            "actor": actor,
            "command_id": command_id,
            "name": name,
            "content_hash": content_hash,
            "asked_us": to_micros(asked_at),
            "state": "asked",
        }
        return self._connection.execute(_asking(self._sqlite), row).first() is not None

    def answer(self, *, actor: str, command_id: str, answer: str) -> None:
        """Keep the answer, for ever."""
        self._connection.execute(_ANSWER, {"of_actor": actor, "of_command": command_id, "answer": answer})

    # --------------------------------------------------------------------------------------------- confirmations

    def add_pending(self, row: PendingRow) -> None:
        """Let something wait for a second person."""
        self._connection.execute(
            t.pending.insert().values(
                {
                    column: getattr(row, name) if column == name else to_micros(getattr(row, name))
                    for name, column in rows.columns(PendingRow)
                }
            )
        )

    def pending(self, ref: str) -> PendingRow | None:
        """What waits, or waited, under this ref."""
        return rows.one(self._connection, PendingRow, _PENDING, {"ref": ref})

    def pendings(self, *, states: Sequence[str] = ("pending",)) -> list[PendingRow]:
        """Confirmations in these states, oldest first."""
        query = sa.select(t.pending).where(t.pending.c.state.in_(states)).order_by(t.pending.c.made_us, t.pending.c.ref)
        return rows.every(self._connection, PendingRow, query)

    def end_pending(self, ref: str, *, state: str, ended_by: str, reason: str | None = None) -> None:
        """It was confirmed, declined or has lapsed."""
        self._connection.execute(
            t.pending.update().where(t.pending.c.ref == ref).values(state=state, ended_by=ended_by, reason=reason)
        )

    # ---------------------------------------------------------------------------------------------------- people

    def name_of(self, user_id: str) -> str | None:
        """The name of a user, while it is known."""
        return self._connection.execute(_NAME, {"user_id": user_id}).scalar_one_or_none()

    def names(self) -> dict[str, str]:
        """Every known name by user id."""
        return dict(self._connection.execute(sa.select(t.person.c.user_id, t.person.c.name)).all())

    def user_id_of(self, name: str) -> str | None:
        """The user id behind a name (or the id itself)."""
        return self._connection.execute(_USER, {"name": name}).scalars().first()

    def keep_name(self, user_id: str, name: str) -> None:
        """Know a user by a name."""
        rows.put(self._connection, t.person, {"user_id": user_id}, {"name": name})

    # ------------------------------------------------------------------------------------------------- under seal

    def put_sealed(self, *, stream: str, kind: str, actor: str, round: int, salt: str, content: str) -> None:
        """Keep a score or vote under seal; a later one of the same person and round replaces it."""
        key = {"stream": stream, "kind": kind, "actor": actor, "round": round}
        rows.put(self._connection, t.sealed, key, {"salt": salt, "content": content}, opened=False)

    def sealed(self, *, stream: str, kind: str, round: int) -> list[SealedRow]:
        """What is under seal for a case, by person. Only the closing use case calls this."""
        asked = {"stream": stream, "kind": kind, "round": round}
        return rows.every(self._connection, SealedRow, _SEALED, asked)

    def sealed_of(self, *, kind: str, round: int) -> list[SealedRow]:
        """What is kept apart under one kind, of every case."""
        query = sa.select(t.sealed).where(t.sealed.c.kind == kind, t.sealed.c.round == round)
        return rows.every(self._connection, SealedRow, query.order_by(t.sealed.c.stream, t.sealed.c.actor))

    def open_sealed(self, *, stream: str, kind: str, round: int) -> int:
        """The seal is open: the contents stand in a fact now. How many there were."""
        c = t.sealed.c
        of_turn = t.sealed.update().where(c.stream == stream, c.kind == kind, c.round == round)
        return self._connection.execute(of_turn.values(opened=True)).rowcount

    def seals(self) -> list[tuple[str, int, bool]]:
        """Each score and vote under seal: stream, turn, and whether its seal is open. Nothing of what it says."""
        c = t.sealed.c
        query = sa.select(c.stream, c.round, c.opened).where(c.kind.in_(("score", "vote")))
        return [tuple(row) for row in self._connection.execute(query.order_by(*t.sealed.primary_key))]

    # ----------------------------------------------------------------------------------------------- attachments

    def put_blob(self, *, sha256: str, size: int, content: bytes | None) -> None:
        """Know an attachment by its hash; the same bytes twice are one row."""
        statement = rows.insert(self._sqlite)(t.blob).values(sha256=sha256, size=size, content=content)
        self._connection.execute(statement.on_conflict_do_nothing(index_elements=["sha256"]))

    def blob(self, sha256: str) -> tuple[int, bytes | None] | None:
        """Size and, where the database keeps them, the bytes of an attachment."""
        row = self._connection.execute(
            sa.select(t.blob.c.size, t.blob.c.content).where(t.blob.c.sha256 == sha256)
        ).one_or_none()
        return None if row is None else (row.size, None if row.content is None else bytes(row.content))

    def blob_sizes(self, hashes: Collection[str]) -> dict[str, int]:
        """The sizes of these attachments; those that are not there are left out."""
        query = sa.select(t.blob.c.sha256, t.blob.c.size).where(t.blob.c.sha256.in_(hashes))
        return dict(self._connection.execute(query).all())

    def blobs(self) -> list[tuple[str, int]]:
        """Hash and size of every attachment."""
        query = sa.select(t.blob.c.sha256, t.blob.c.size).order_by(t.blob.c.sha256)
        return [tuple(row) for row in self._connection.execute(query)]

    # ---------------------------------------------------------------------------------------------------- timers

    def set_timer(self, *, timer_id: str, stream: str, kind: str, due_at: datetime, cause: str) -> None:
        """Let something fall due; set again under the same id, it moves, also after it fired or was cleared."""
        changed = {"due_us": to_micros(due_at), "cause": cause, "state": "due", "fired_by": None, "fired_us": None}
        changed |= {"attempts": 0, "retry_us": None, "error": None}
        rows.put(self._connection, t.timer, {"timer_id": timer_id}, changed, stream=stream, kind=kind)

    def clear_timer(self, timer_id: str) -> None:
        """It will not fall due any more: what it waited for happened."""
        self._connection.execute(
            t.timer.update().where(t.timer.c.timer_id == timer_id, t.timer.c.state == "due").values(state="cleared")
        )

    def next_timer(self, now: datetime, *, kinds: Sequence[str], retry: datetime) -> TimerRow | None:
        """The first timer of these kinds that is due; one that failed waits for its next turn (``retry``)."""
        asked = {"now": to_micros(now), "kinds": kinds, "retry": to_micros(retry)}
        return rows.one(self._connection, TimerRow, _NEXT_DUE, asked)

    def is_due(self, now: datetime, *, kinds: Sequence[str], retry: datetime) -> bool:
        """Whether a timer of these kinds should have fired; who holds it makes no difference."""
        asked = {"now": to_micros(now), "kinds": kinds, "retry": to_micros(retry)}
        return self._connection.execute(_IS_DUE, asked).scalar_one_or_none() is not None

    def timers(self, *, state: str = "due", stream: str | None = None) -> list[TimerRow]:
        """Timers in a state, soonest first."""
        query = sa.select(t.timer).where(t.timer.c.state == state)
        if stream is not None:
            query = query.where(t.timer.c.stream == stream)
        return rows.every(self._connection, TimerRow, query.order_by(t.timer.c.due_us, t.timer.c.timer_id))

    def next_due(self, *, after: datetime, before: datetime) -> datetime | None:
        """The first instant between these two, both left out, at which something falls due."""
        c = t.timer.c
        query = sa.select(sa.func.min(c.due_us)).where(
            c.state == "due", c.due_us > to_micros(after), c.due_us < to_micros(before)
        )
        found = self._connection.execute(query).scalar_one()
        return None if found is None else from_micros(found)

    def overdue(self, now: datetime) -> int:
        """How many timers should have fired before this instant and have not."""
        c = t.timer.c
        query = sa.select(sa.func.count()).select_from(t.timer).where(c.state == "due", c.due_us < to_micros(now))
        return int(self._connection.execute(query).scalar_one())

    def failed_timer(self, timer_id: str, *, attempts: int, retry_at: datetime, error: str, dead: bool) -> None:
        """It was tried and did not succeed; it is tried again, or is dead."""
        self._connection.execute(
            t.timer.update()
            .where(t.timer.c.timer_id == timer_id)
            .values(state="dead" if dead else "due", attempts=attempts, retry_us=to_micros(retry_at), error=error)
        )

    def retry_timer(self, timer_id: str) -> bool:
        """A dead timer is tried again."""
        c = t.timer.c
        statement = t.timer.update().where(c.timer_id == timer_id, c.state == "dead")
        return bool(self._connection.execute(statement.values(state="due", attempts=0, retry_us=None)).rowcount)

    def end_timer(self, timer_id: str, *, state: str, fired_by: str, at: datetime) -> None:
        """It fired."""
        self._connection.execute(
            t.timer.update()
            .where(t.timer.c.timer_id == timer_id)
            .values(state=state, fired_by=fired_by, fired_us=to_micros(at), error=None)
        )

    def fired_by(self, timer_id: str, event_id: str) -> None:
        """The fact that it made when it fired, unless it was set again meanwhile."""
        self._connection.execute(
            t.timer.update().where(t.timer.c.timer_id == timer_id, t.timer.c.state == "fired").values(fired_by=event_id)
        )
