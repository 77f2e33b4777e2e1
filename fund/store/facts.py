"""The chain of facts and the case files folded from it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from fund import ledger
from fund import tables as t
from fund.database import Connection, from_micros, is_sqlite, to_micros
from fund.events import Envelope, Fact, canonical_json, event_fields, fact_from
from fund.ledger import canonical
from fund.schemas import CaseFile
from fund.store import rows

EVENT_TAG = "event"
EVENT_SEAL_VERSION = 1

# What is asked with every command is written once: to compose a statement costs as much as to carry it out.
_HEAD = sa.select(t.event_head)
_HEAD_HELD = _HEAD.with_for_update()
_FACT = sa.select(t.event).where(t.event.c.event_id == sa.bindparam("event_id"))
_OF_STREAM = (
    sa.select(t.event)
    .join(t.event_link, t.event_link.c.seq == t.event.c.seq)
    .where(t.event_link.c.stream == sa.bindparam("stream"))
    .order_by(t.event.c.seq)
)
_CASE = sa.select(t.case_file).where(t.case_file.c.stream == sa.bindparam("stream"))
_RECORD = t.event.insert()
_LINK = t.event_link.insert()


def _array(column: sa.Column[Any]) -> str:
    kind = {int: "bigint", bytes: "bytea"}.get(column.type.python_type, "text")
    return f"CAST(:{column.name} AS {kind}[])"


_MANY = sa.text(
    f"INSERT INTO event ({', '.join(t.event.c.keys())})"
    f" SELECT * FROM unnest({', '.join(map(_array, t.event.c))}) AS one ORDER BY 1"
)
"""Many facts as one statement of PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: its number, its hash, and when that fact was recorded."""

    seq: int
    hash: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A stored case: its columns and its document (canonical JSON)."""

    stream: str
    kind: str
    ref: str
    state: str
    version: int
    document: str


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """What is known of a case without opening it."""

    ref: str
    state: str
    parent: str | None
    partner: str | None
    amount_cents: int | None
    brief: dict[str, Any]
    """What its kind says of itself: see ``columns`` of the case file."""


@dataclass(frozen=True, slots=True)
class EventSummary:
    """What a fact says, as JSON: its payload without its model."""

    seq: int
    event_id: str
    type: str
    stream: str
    effective_on: date
    says: dict[str, Any]

    @property
    def ref(self) -> str:
        """The case it is about."""
        return str(self.says.get("ref", ""))


class FactStore:
    """Facts: append and read, in the order of knowledge."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = is_sqlite(connection)

    def head(self, *, lock: bool = False) -> Head:
        """The end of the chain; with ``lock`` nobody else changes the fund until our transaction ends."""
        row = self._connection.execute(_HEAD_HELD if lock else _HEAD).one()
        return Head(row.seq, bytes(row.hash), from_micros(row.recorded_us))

    def sealed(
        self,
        fact: Fact,
        *,
        event_id: str,
        occurred_at: datetime,
        recorded_at: datetime,
        effective_on: date,
        actor: str,
        on_behalf_of: str | None,
        command_id: str | None,
        made_by: str | None,
        made_command_id: str | None,
        causation_id: str | None,
        head: Head,
    ) -> tuple[Envelope, dict[str, Any], list[dict[str, Any]]]:
        """One fact after ``head``, its row, and the rows that link it to every life it touches; :meth:`write` it.

        Raises:
            UnprintableText: A text in it steers a screen or cannot be seen.
        """
        fact.require_printable()
        payload = fact.payload()
        fields: dict[str, Any] = {
            "seq": head.seq + 1,
            "event_id": event_id,
            "stream": fact.stream,
            "type": fact.wire,
            "schema_version": fact.version,
            "occurred_us": to_micros(occurred_at),
            "recorded_us": to_micros(recorded_at),
            "effective_on": effective_on.isoformat(),
            "actor": actor,
            "on_behalf_of": on_behalf_of,
            "command_id": command_id,
            "made_by": made_by,
            "made_command_id": made_command_id,
            "causation_id": causation_id,
            "payload": payload,
        }
        digest = seal_event(head.hash, fields)
        streams = dict.fromkeys((fact.stream, *fact.affected_streams()))
        row = {**fields, "prev_hash": head.hash, "hash": digest}
        return _envelope(row, fact), row, [{"stream": stream, "seq": head.seq + 1} for stream in streams]

    def write(self, rows: list[dict[str, Any]], links: list[dict[str, Any]]) -> None:
        """Write sealed facts, in their order; PostgreSQL moves the head once for all of them."""
        if self._sqlite or len(rows) == 1:
            self._connection.execute(_RECORD, rows)
        else:
            self._connection.execute(_MANY, {name: [row[name] for row in rows] for name in rows[0]})
        self._connection.execute(_LINK, links)

    def get(self, event_id: str) -> Envelope | None:
        """The fact with this id."""
        return self._one(_FACT, {"event_id": event_id})

    def by_seq(self, seq: int) -> Envelope | None:
        """The fact with this number."""
        return self._one(sa.select(t.event).where(t.event.c.seq == seq))

    def _one(self, query: Any, given: Mapping[str, Any] | None = None) -> Envelope | None:
        row = self._connection.execute(query, given).one_or_none()
        return None if row is None else envelope_of(row)

    def of_stream(self, stream: str) -> list[Envelope]:
        """Every fact that touches the life ``stream``, oldest first."""
        return [envelope_of(row) for row in self._connection.execute(_OF_STREAM, {"stream": stream})]

    def last_of(self, stream: str, *types: str) -> Envelope | None:
        """The latest fact of one of the types on ``stream``."""
        query = (
            sa.select(t.event)
            .join(t.event_link, t.event_link.c.seq == t.event.c.seq)
            .where(t.event_link.c.stream == stream, t.event.c.type.in_(types))
            .order_by(t.event.c.seq.desc())
            .limit(1)
        )
        return self._one(query)

    def of_types(self, types: Sequence[str], *, since_seq: int = 0, until_seq: int | None = None) -> Iterator[Envelope]:
        """Facts of these types, oldest first; those after ``since_seq`` and not after ``until_seq``."""
        query = sa.select(t.event).where(t.event.c.type.in_(types), t.event.c.seq > since_seq).order_by(t.event.c.seq)
        if until_seq is not None:
            query = query.where(t.event.c.seq <= until_seq)
        with self._connection.execute(query.execution_options(yield_per=500)) as found:  # closed when no more is asked
            for row in found:
                yield envelope_of(row)

    def summaries(
        self, types: Sequence[str], *, until_seq: int | None = None, keys: Collection[str] | None = None
    ) -> Iterator[EventSummary]:
        """What facts of these types say, oldest first, without making facts of them: for sums over many thousands.

        Args:
            until_seq: Leave out those after this number.
            keys: Only these of what they say.
        """
        c = t.event.c
        query = sa.select(c.seq, c.event_id, c.type, c.schema_version, c.stream, c.effective_on, c.payload).where(
            c.type.in_(types)
        )
        if until_seq is not None:
            query = query.where(c.seq <= until_seq)
        for row in self._connection.execute(query.order_by(c.seq).execution_options(yield_per=1000)):
            seq, event_id, type, version, stream, effective_on, payload = row
            if version == 1:
                says = json.loads(payload)
            else:  # a later shape is read by whoever knows it
                says = fact_from(type, payload).model_dump(mode="json")
            if keys is not None:
                says = {key: value for key, value in says.items() if key in keys}
            yield EventSummary(seq, event_id, type, stream, date.fromisoformat(effective_on), says)

    def changed_since(self, kind: str, *, on: date, seq: int | None) -> set[str]:
        """The lives of a kind that a fact of a later day than ``on``, or after number ``seq``, touches."""
        later = t.event.c.effective_on > on.isoformat()
        query = (
            sa.select(t.event_link.c.stream)
            .join(t.event, t.event.c.seq == t.event_link.c.seq)
            .where(_of_kind(kind), later if seq is None else sa.or_(later, t.event.c.seq > seq))
            .distinct()
        )
        return set(self._connection.execute(query).scalars())

    def of_streams(self, streams: Sequence[str], *, on: date, seq: int | None) -> Iterator[tuple[str, Envelope]]:
        """The facts that touch these lives, oldest first, of days until ``on`` and with numbers until ``seq``."""
        for start in range(0, len(streams), 500):
            query = (
                sa.select(t.event_link.c.stream.label("life"), t.event)
                .join(t.event, t.event.c.seq == t.event_link.c.seq)
                .where(t.event_link.c.stream.in_(streams[start : start + 500]))
                .where(t.event.c.effective_on <= on.isoformat())
                .order_by(t.event.c.seq)
            )
            if seq is not None:
                query = query.where(t.event.c.seq <= seq)
            for row in self._connection.execute(query):
                yield row.life, envelope_of(row)

    def all(self, *, since_seq: int = 0) -> Iterator[Envelope]:
        """Every fact, oldest first, never all in memory."""
        for row in self.rows(since_seq=since_seq):
            yield envelope_of(row)

    def rows(self, *, since_seq: int = 0) -> Iterator[Any]:
        """The stored rows as they are, oldest first: what verification hashes again."""
        query = sa.select(t.event).where(t.event.c.seq > since_seq).order_by(t.event.c.seq)
        with self._connection.execute(query.execution_options(yield_per=500)) as found:
            yield from found

    def outlines(
        self, *, since: date | None = None, until: date | None = None, until_seq: int | None = None
    ) -> Iterator[Any]:
        """Rows of what happened on these accounting days, up to a number, oldest first; all but what it said."""
        query = sa.select(*(column for column in t.event.c if column.name != "payload")).order_by(t.event.c.seq)
        if since is not None:
            query = query.where(t.event.c.effective_on >= since.isoformat())
        if until is not None:
            query = query.where(t.event.c.effective_on <= until.isoformat())
        if until_seq is not None:
            query = query.where(t.event.c.seq <= until_seq)
        yield from self._connection.execute(query.execution_options(yield_per=500))

    def who(self, event_ids: Sequence[str]) -> dict[str, Any]:
        """Number, type, ``actor`` and ``made_by`` of these facts, by their ids; at most a thousand at a time."""
        c = t.event.c
        query = sa.select(c.event_id, c.seq, c.type, c.actor, c.made_by).where(c.event_id.in_(event_ids))
        return {row.event_id: row for row in self._connection.execute(query)}

    def links(self, seqs: Sequence[int]) -> dict[int, set[str]]:
        """The streams that each of these facts is linked to."""
        found: dict[int, set[str]] = {seq: set() for seq in seqs}
        query = sa.select(t.event_link).where(t.event_link.c.seq.in_(seqs))
        for row in self._connection.execute(query):
            found[row.seq].add(row.stream)
        return found

    def count(self) -> int:
        """How many facts there are."""
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(t.event)).scalar_one())


def _of_kind(kind: str) -> Any:
    """Streams of a kind, by their index: from ``plan/`` until what comes after it."""
    return sa.and_(t.event_link.c.stream >= f"{kind}/", t.event_link.c.stream < f"{kind}0")


def seal_event(previous: bytes, fields: dict[str, Any]) -> bytes:
    """The hash of an event with these stored fields after ``previous``."""
    names = (
        "seq", "event_id", "stream", "type", "schema_version", "occurred_us", "recorded_us", "effective_on", "actor",
        "on_behalf_of", "command_id", "made_by", "made_command_id", "causation_id", "payload",
    )  # fmt: skip
    return ledger.seal(
        previous,
        canonical(event_fields(**{name: fields[name] for name in names})),
        tag=EVENT_TAG,
        version=EVENT_SEAL_VERSION,
    )


def envelope_of(row: Any) -> Envelope:
    """The envelope that a stored row holds."""
    return _envelope(row._mapping, fact_from(row.type, row.payload))


_AS_STORED = (
    "event_id", "stream", "seq", "type", "schema_version", "actor", "on_behalf_of", "command_id", "made_by",
    "made_command_id", "causation_id", "prev_hash", "hash",
)  # fmt: skip


def _envelope(row: Mapping[str, Any], fact: Fact) -> Envelope:
    return Envelope(
        **{name: row[name] for name in _AS_STORED},
        occurred_at=from_micros(row["occurred_us"]),
        recorded_at=from_micros(row["recorded_us"]),
        effective_on=date.fromisoformat(row["effective_on"]),
        fact=fact,
    )


class CaseStore:
    """Case files: one row per case, searched by kind, state, parent, partner and lookup."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = is_sqlite(connection)

    def get(self, stream: str) -> CaseRow | None:
        """The case on this stream."""
        row = self._connection.execute(_CASE, {"stream": stream}).one_or_none()
        return None if row is None else _case_row(row)

    def find(
        self,
        kind: str,
        *,
        states: Sequence[str] | None = None,
        parent: str | None = None,
        partner: str | None = None,
        lookup: str | None = None,
        refs: Sequence[str] | None = None,
        due_before: date | None = None,
    ) -> list[CaseRow]:
        """Cases of a kind that fit every condition given, in the order of their refs."""
        due_on = None if due_before is None else due_before.isoformat()
        given = _given(
            kind=kind, states=states, parent=parent, partner=partner, lookup=lookup, refs=refs, due_before=due_on
        )
        return [_case_row(row) for row in self._connection.execute(_finding(tuple(given)), given)]

    def briefs(
        self,
        kind: str,
        *,
        states: Sequence[str] | None = None,
        parent: str | None = None,
        refs: Sequence[str] | None = None,
    ) -> list[CaseBrief]:
        """The columns of the cases that fit, without their documents, in the order of their refs."""
        given = _given(kind=kind, states=states, parent=parent, refs=refs)
        c = t.case_file.c
        query = _finding(tuple(given), c.ref, c.state, c.parent, c.partner, c.amount_cents, c.brief)
        return [
            CaseBrief(ref, state, of, partner, amount_cents, json.loads(brief) if brief else {})
            for ref, state, of, partner, amount_cents, brief in self._connection.execute(query, given)
        ]

    def any(self, kind: str, *, states: Sequence[str] | None = None, parent: str | None = None) -> bool:
        """Whether a case fits every condition given."""
        given = _given(kind=kind, states=states, parent=parent)
        return self._connection.execute(_looking(tuple(given)), given).scalar_one_or_none() is not None

    def refs(self, kind: str, *, states: Sequence[str] | None = None) -> list[str]:
        """The refs of all cases of a kind: what completion and did-you-mean read."""
        query = sa.select(t.case_file.c.ref).where(t.case_file.c.kind == kind)
        if states is not None:
            query = query.where(t.case_file.c.state.in_(states))
        return list(self._connection.execute(query.order_by(t.case_file.c.ref)).scalars())

    def any_of(self, streams: Sequence[str]) -> bool:
        """Whether one of these streams has a case."""
        query = sa.select(t.case_file.c.stream).where(t.case_file.c.stream.in_(streams)).limit(1)
        return self._connection.execute(query).first() is not None

    def states(self) -> dict[str, set[str]]:
        """By kind, the states in which there are cases."""
        found: dict[str, set[str]] = {}
        for kind, state in self._connection.execute(sa.select(t.case_file.c.kind, t.case_file.c.state).distinct()):
            found.setdefault(kind, set()).add(state)
        return found

    def tally(self, kind: str) -> dict[str, int]:
        """How many cases of a kind are in each state."""
        query = (
            sa.select(t.case_file.c.state, sa.func.count())
            .where(t.case_file.c.kind == kind)
            .group_by(t.case_file.c.state)
        )
        return dict(self._connection.execute(query.order_by(t.case_file.c.state)).all())

    def all(self) -> Iterator[CaseRow]:
        """Every case, by stream."""
        query = sa.select(t.case_file).order_by(t.case_file.c.stream)
        for row in self._connection.execute(query.execution_options(yield_per=500)):
            yield _case_row(row)

    def put(self, cases: Iterable[tuple[CaseFile, int]]) -> None:
        """Store cases at their versions (the number of the fact that changed them last)."""
        values = [case_values(case, version) for case, version in cases]
        if values:
            self._connection.execute(_putting(self._sqlite), values)


# ------------------------------------------------------------------------------------------- questions about cases

_FITS: dict[str, Any] = {
    "kind": t.case_file.c.kind == sa.bindparam("kind"),
    "states": t.case_file.c.state.in_(sa.bindparam("states", expanding=True)),
    "parent": t.case_file.c.parent == sa.bindparam("parent"),
    "partner": t.case_file.c.partner == sa.bindparam("partner"),
    "lookup": t.case_file.c.lookup == sa.bindparam("lookup"),
    "refs": t.case_file.c.ref.in_(sa.bindparam("refs", expanding=True)),
    "due_before": t.case_file.c.due_on < sa.bindparam("due_before"),
}
"""The conditions under which a case is one of those asked for, by their names."""


def _given(**conditions: Any) -> dict[str, Any]:
    """The conditions that were given, in the order of their names here."""
    return {name: value for name, value in conditions.items() if value is not None}


@cache
def _finding(names: tuple[str, ...], *columns: sa.Column[Any]) -> Any:
    """Cases that fit these conditions, in the order of their refs: these columns of them, or all."""
    wanted = columns or tuple(t.case_file.c)
    return sa.select(*wanted).where(*(_FITS[name] for name in names)).order_by(t.case_file.c.ref)


@cache
def _looking(names: tuple[str, ...]) -> Any:
    """Whether there is one."""
    return sa.select(sa.literal(1)).select_from(t.case_file).where(*(_FITS[name] for name in names)).limit(1)


@cache
def _putting(sqlite: bool) -> Any:
    """A case in the place of what was known of it."""
    statement = rows.insert(sqlite)(t.case_file)
    changed = {column.name: statement.excluded[column.name] for column in t.case_file.c if column.name != "stream"}
    return statement.on_conflict_do_update(index_elements=["stream"], set_=changed)


def case_values(case: CaseFile, version: int) -> dict[str, Any]:
    """The row of a case."""
    columns = case.columns()
    return {
        "stream": case.stream,
        "kind": case.kind,
        "ref": case.ref,
        "state": str(case.state),
        "version": version,
        "parent": columns.parent,
        "partner": columns.partner,
        "lookup": columns.lookup,
        "title": columns.title,
        "amount_cents": columns.amount_cents,
        "due_on": columns.due_on.isoformat() if columns.due_on else None,
        "brief": canonical_json(dict(columns.brief)) if columns.brief else None,
        "document": case.model_dump_json(),
    }


def _case_row(row: Any) -> CaseRow:
    return CaseRow(row.stream, row.kind, row.ref, row.state, row.version, row.document)
