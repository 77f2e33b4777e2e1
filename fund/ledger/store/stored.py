"""Rows exactly as they are stored, read without trusting any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any, Literal, TypeVar

import sqlalchemy as sa

from fund.database import dialect, settings_of_postgresql
from fund.errors.ledger import UnfinishedCheck
from fund.ledger.journal import SealedLeg
from fund.ledger.store.chart import plain
from fund.ledger.store.fast_verify import Rows, postgresql_rows, sqlite_rows
from fund.ledger.store.periods import Periods

T = TypeVar("T")
PAGE = 500
_NUMBERS = count(1)
BY_KEYS = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"}
_TEXTS = ("id", "kind", "memo", "actor", "idempotency_key", "metadata", "reason")


@dataclass(frozen=True, slots=True)
class RawLeg:
    """A leg as it is stored, with what its account is now."""

    position: int
    legs: int
    book_id: int | None
    sealed: SealedLeg


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as it is stored; texts that are no UTF-8 keep their bytes as surrogates."""

    seq: int
    id: str
    effective_on: str
    kind: str
    memo: str
    actor: str
    idempotency_key: str
    request_hash: bytes
    metadata: str
    reverses: int | None
    reason: str | None
    legs: int
    recorded_at: int
    version: int
    previous_hash: bytes
    hash: bytes
    postings: tuple[RawLeg, ...]


_COLUMNS = {"reverses": "reverses_seq"}
_FIELDS = RawEntry.__slots__[:-1]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many entries there are after ``since``, from which number to which, and the row of the chain head, if any."""

    since: int
    number: int
    lowest: int
    highest: int
    head: sa.Row[Any] | None


class Stored:
    """The stored truth of one book, read without trusting any of it."""

    def __init__(self, book: Periods) -> None:
        self._book = book
        self._connection = book.connection
        self._sqlite = dialect(book.connection) == "sqlite"

    def _rows(self, query: str, **parameters: Any) -> Sequence[sa.Row[Any]]:
        return self._connection.execute(sa.text(query), {"book": self._book.book_id} | parameters).all()

    def _row(self, query: str, **parameters: Any) -> sa.Row[Any] | None:
        return next(iter(self._rows(query, **parameters)), None)

    def tried(self, work: Callable[[], T]) -> T | Exception:
        """What ``work`` gives, or what went wrong in it; the transaction can go on.

        But that the connection is gone, or a process that helped, is no answer: then nothing is known.
        """
        try:
            with nullcontext() if self._sqlite else self._connection.begin_nested():
                return work()
        except UnfinishedCheck:
            raise
        except Exception as problem:
            if isinstance(problem, sa.exc.DBAPIError) and problem.connection_invalidated:
                raise
            return problem

    def _day_text(self, column: str) -> str:
        """A day as text; one that is none, as PostgreSQL's infinity, is not in the form of a day."""
        if self._sqlite:
            return column
        known = f"{column} BETWEEN '0001-01-01' AND '9999-12-31'"
        return f"CASE WHEN {known} THEN to_char({column}, 'YYYY-MM-DD') ELSE CAST({column} AS text) END"

    def head(self) -> sa.Row[Any] | None:
        """The row of the chain head; ``None`` when somebody removed it."""
        return self._row("SELECT * FROM chain_head WHERE book_id = :book")

    def extent(self, since_seq: int) -> Extent:
        """How far the entries after ``since_seq`` go, and the head of the chain, at one instant."""
        (row,) = self._rows(
            "SELECT found.number, found.lowest, found.highest, chain_head.* FROM (SELECT count(*) AS number,"
            " min(seq) AS lowest, max(seq) AS highest FROM entry WHERE book_id = :book AND seq > :since_seq) AS found"
            " LEFT JOIN chain_head ON chain_head.book_id = :book",
            since_seq=since_seq,
        )
        return Extent(since_seq, row.number, row.lowest or 0, row.highest or 0, None if row.hash is None else row)

    def entries(self, since_seq: int = 0, until_seq: int | None = None) -> Iterator[RawEntry]:
        """Every entry after ``since_seq``, up to and with ``until_seq``, in order with its legs, page by page."""
        query = (
            f"SELECT page.*, posting.position, posting.legs AS leg_legs, posting.amount_cents,"
            " account.book_id AS leg_book, account.code, account.type, account.layer, account.currency"
            f" FROM (SELECT seq, {self._day_text('effective_on')} AS effective_on, {', '.join(_TEXTS)}, request_hash,"
            " reverses_seq, legs, recorded_at, version, previous_hash, hash, id AS page_id FROM entry"
            f" WHERE book_id = :book AND seq > :since_seq{' AND seq <= :until_seq' if until_seq is not None else ''}"
            f" ORDER BY seq LIMIT {PAGE}) AS page"
            " LEFT JOIN posting ON posting.entry_id = page.page_id LEFT JOIN account ON account.id = posting.account_id"
            " ORDER BY page.seq, page.page_id, posting.position"
        )
        until = {} if until_seq is None else {"until_seq": until_seq}
        while True:
            rows = self._rows(query, since_seq=since_seq, **until)
            last = since_seq
            count = 0
            for _key, group in groupby(rows, key=lambda row: (row.seq, row.page_id)):
                entry = _raw_entry(list(group))
                count += 1
                last = entry.seq
                yield entry
            if count < PAGE or last == since_seq:
                return
            since_seq = last

    def hashes(self, until_seq: int) -> Iterator[tuple[bytes, int]]:
        """The hash of every entry up to and with ``until_seq``, in order, and how many legs it says it has."""
        where = f"book_id = {self._book.book_id} AND seq > 0 AND seq <= {until_seq:d}"
        for hash, legs in self._stream(f"SELECT hash, legs FROM entry WHERE {where} ORDER BY seq"):
            yield bytes(hash), legs

    def hash_of(self, seq: int) -> tuple[bytes, int] | None:
        """Hash and instant of one entry, as stored."""
        row = self._row("SELECT hash, recorded_at FROM entry WHERE book_id = :book AND seq = :seq", seq=seq)
        return None if row is None else (bytes(row.hash), row.recorded_at)

    # ------------------------------------------------------------------------------------------- fast verification

    @contextmanager
    def quick_rows(self) -> Iterator[Rows]:
        """The way to read by the thousand in this transaction; meanwhile PostgreSQL goes by the keys, as that needs."""
        if self._sqlite:
            yield sqlite_rows(self._driver)
            return
        with settings_of_postgresql(self._connection, BY_KEYS):
            yield postgresql_rows(self._driver)

    @property
    def _driver(self) -> Any:
        return self._connection.connection.driver_connection

    def _stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Rows that are never in memory all together."""
        if self._sqlite:
            yield from self._driver.execute(query)
            return
        from psycopg.rows import tuple_row

        with self._driver.cursor(f"ledger_rows_{next(_NUMBERS)}", binary=True, row_factory=tuple_row) as cursor:
            cursor.itersize = 5_000
            cursor.execute(query)
            yield from cursor

    def second_reader(self) -> dict[str, Any] | None:
        """How another process opens this database and sees in it what we see; ``None`` where it cannot.

        It cannot where this transaction has written something, and where the database is in the memory of this process.
        On SQLite it may see what was posted since; it is asked for no more than we see.
        """
        if self._sqlite:
            reads = self._connection.get_execution_options().get("fund_reading")
            if self._driver.total_changes and not reads:
                return None
            path = next(row.file for row in self._rows("PRAGMA database_list") if row.name == "main")
            (version,) = self._rows("PRAGMA schema_version")
            query = self._connection.connection.info.get("fund_query", "mode=ro")
            return {"kind": "sqlite", "path": path, "query": query, "schema_version": version[0]} if path else None
        if self._connection.in_nested_transaction():
            return None  # a savepoint shows its snapshot to nobody
        (row,) = self._rows(
            "SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS written, pg_is_in_recovery() AS copy,"
            " current_user AS login, current_setting('search_path') AS path WHERE :book = :book"
        )
        if row.written or row.copy:
            return None
        (snapshot,) = self._rows("SELECT pg_export_snapshot() AS id WHERE :book = :book")
        info = self._driver.info
        return {
            "kind": "postgresql",
            "parameters": info.get_parameters() | ({"password": info.password} if info.password else {}),
            "snapshot": snapshot.id,
            "settings": BY_KEYS | {"search_path": row.path} | ({"role": row.login} if row.login != info.user else {}),
        }

    def keep_alive(self) -> None:
        """Let the server know that we are still there: it ends a transaction in which nothing happens."""
        if not self._sqlite:
            self._rows("SELECT 1 WHERE :book = :book")

    # ------------------------------------------------------------------------------------------------ rows that are few

    def steps(self, kind: Literal["period", "account_set", "anchor"]) -> list[Mapping[str, Any]]:
        """Every step of months, sets or anchors, in order, as the mapping that its seal takes; days as text."""
        return [plain(row) for row in self._rows(f"SELECT * FROM {kind} WHERE book_id = :book ORDER BY number")]


def _raw_entry(rows: Sequence[Any]) -> RawEntry:
    row = rows[0]
    legs = (
        RawLeg(
            leg.position,
            leg.leg_legs,
            leg.leg_book,
            SealedLeg(str(leg.code), str(leg.type), str(leg.layer), str(leg.currency), leg.amount_cents),
        )
        for leg in rows
        if leg.position is not None
    )
    return RawEntry(**{name: getattr(row, _COLUMNS.get(name, name)) for name in _FIELDS}, postings=tuple(legs))
