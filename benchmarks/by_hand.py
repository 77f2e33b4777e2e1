"""The same workloads on a ledger written by hand in SQL, called through the driver: what the guarantees cost.

Same command line and same answer as ``benchmarks/ledger.py``; with ``--alone`` each call on PostgreSQL commits by
itself. The tables, guards and functions stand in ``by_hand.postgresql.sql`` and ``by_hand.sqlite.sql``; nothing of
``fund`` is used.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

import harness  # noqa: E402
from harness import Client, Line  # noqa: E402

APPLICATION = "-c timezone=UTC -c plan_cache_mode=force_generic_plan -c jit=off -c search_path=by_hand"
ZERO = bytes(32)


def field(value: str | None) -> bytes:
    """A field as it is sealed."""
    if value is None:
        return b"-,"
    data = value.encode()
    return b"%d:%s," % (len(data), data)


def seal(tag: bytes, previous: bytes, body: bytes) -> bytes:
    """One link of the chain."""
    return hashlib.sha256(
        b"%d:%s,1:1,64:%s,%d:%s," % (len(tag), tag, previous.hex().encode(), len(body), body)
    ).digest()


def entry_id(book: str, key: str) -> str:
    """The id that the key gives."""
    return "ent_" + hashlib.sha256(field(book) + field(key)).hexdigest()[:24]


def whole(cents: Sequence[int]) -> list[int]:
    """The amounts; the drivers would round what is no whole number."""
    if any(type(each) is not int for each in cents):
        raise SystemExit("an amount is a whole number of cents")
    return list(cents)


def nfc(text: str) -> str:
    """The one form in which a text is kept; SQLite cannot check it."""
    if "\x00" in text:
        raise SystemExit("a text holds a zero character")
    return unicodedata.normalize("NFC", text)


def metadata(line: Line) -> str:
    """The metadata as they are stored and sealed."""
    return json.dumps({"event_id": line.event}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# ---------------------------------------------------------------------------------------------------------- PostgreSQL

POST = "SELECT * FROM post(%s, %s, %s, %s, %s, %s, %s, %s, NULL, NULL, NULL, %s::text[], %s::bigint[])"
POST_MANY = (
    "SELECT * FROM post_many(%s, %s::text[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[],"
    " %s::bigint[], %s::text[], %s::bigint[], %s::integer[], %s::integer[], %s::text[], %s::bigint[])"
)
BALANCE = (
    "SELECT coalesce(sum(debit_cents - credit_cents), 0)::bigint FROM balance_day"
    " WHERE account_id = (SELECT id FROM account WHERE book_id = %s AND code = %s) AND day <= %s"
)
TRIAL = (
    "SELECT code, name, type, layer, currency, debits::bigint, credits::bigint FROM account JOIN"
    " (SELECT account_id, sum(debit_cents) AS debits, sum(credit_cents) AS credits FROM balance_day WHERE day <= %s"
    " GROUP BY account_id) AS moved ON moved.account_id = account.id WHERE book_id = %s ORDER BY code"
)


class PostgresqlClient:
    """The application's role, that may call the functions and read.

    Args:
        alone: Each call is a transaction of its own, in one message; nothing else can then be written with an entry.
            Otherwise the transaction is the caller's, as it is with ``fund.ledger``: begun, called in, committed.
    """

    def __init__(self, url: str, book: str, *, alone: bool) -> None:
        self._connection = psycopg.connect(url, autocommit=alone, options=APPLICATION, prepare_threshold=1)
        self._connection.execute("SET ROLE by_hand_app")
        self._connection.commit()
        row = self._connection.execute("SELECT id FROM book WHERE name = %s", (book,)).fetchone()
        assert row is not None
        self._id: int = row[0]
        self._book = book
        self._connection.commit()

    def post(self, line: Line) -> object:
        """One call and its commit."""
        codes, cents = zip(*line.legs, strict=True)
        made = self._connection.execute(
            POST,
            (
                self._id,
                entry_id(self._book, line.key),
                line.key,
                line.day,
                line.kind,
                line.memo,
                line.actor,
                metadata(line),
                list(codes),
                whole(cents),
            ),
        ).fetchone()
        self._connection.commit()
        return made

    def post_many(self, lines: Sequence[Line]) -> object:
        """One call for all, and its commit."""
        legs = [
            (entry, place, code, cents)
            for entry, line in enumerate(lines, start=1)
            for place, (code, cents) in enumerate(line.legs, start=1)
        ]
        entries, places, codes, cents = map(list, zip(*legs, strict=True))
        none = [None] * len(lines)
        made = self._connection.execute(
            POST_MANY,
            (
                self._id,
                [entry_id(self._book, line.key) for line in lines],
                [line.key for line in lines],
                [line.day for line in lines],
                [line.kind for line in lines],
                [line.memo for line in lines],
                [line.actor for line in lines],
                [metadata(line) for line in lines],
                none,
                none,
                none,
                entries,
                places,
                codes,
                whole(cents),
            ),
        ).fetchall()
        self._connection.commit()
        return made

    def balance(self, code: str, day: date) -> int:
        """The sum of the days."""
        row = self._connection.execute(BALANCE, (self._id, code, day)).fetchone()
        assert row is not None
        return int(row[0])

    def trial_balance(self, day: date) -> Sequence[object]:
        """The sum of the days by account."""
        return self._connection.execute(TRIAL, (day, self._id)).fetchall()

    def verify(self) -> int:
        """Not made by hand: the target of the ledger is a number of its own."""
        raise SystemExit("verify is not written by hand")

    def busy(self, problem: Exception) -> bool:
        """A deadlock, a serialization failure or a lock that was not to be had."""
        return isinstance(problem, psycopg.errors.OperationalError) and problem.sqlstate in ("40001", "40P01", "55P03")

    def close(self) -> None:
        """Let go."""
        self._connection.close()


def make_postgresql(url: str, book: str, accounts: Sequence[tuple[str, str]]) -> bool:
    """Schema, role, book and accounts."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'by_hand_app'").fetchone() is None:
            connection.execute("CREATE ROLE by_hand_app NOLOGIN")
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'by_hand'").fetchone() is None:
            connection.execute((FOLDER / "by_hand.postgresql.sql").read_bytes())
        connection.execute("SET search_path = by_hand")
        if connection.execute("SELECT 1 FROM book WHERE name = %s", (book,)).fetchone():
            return False
        with connection.transaction():
            row = connection.execute(
                "INSERT INTO book (name, currency) VALUES (%s, 'EUR') RETURNING id", (book,)
            ).fetchone()
            assert row is not None
            connection.execute("INSERT INTO head VALUES (%s, 0, %s, 0)", (row[0], ZERO))
            connection.cursor().executemany(
                "INSERT INTO account (book_id, code, name, type, layer, currency)"
                " VALUES (%s, %s, %s, %s, 'actual', 'EUR')",
                [(row[0], code, f"Rekening {code}", type) for code, type in accounts],
            )
        connection.execute("VACUUM ANALYZE")
    return True


# -------------------------------------------------------------------------------------------------------------- SQLite

HEAD = "SELECT seq, hash, recorded_at FROM by_hand_head WHERE book_id = ?"
KNOWN = "SELECT seq, hash, request_hash FROM by_hand_entry WHERE book_id = ? AND idempotency_key = ?"
ACCOUNT = "SELECT id, type, layer, currency FROM by_hand_account WHERE book_id = ? AND code = ?"
LEGS = "INSERT INTO by_hand_posting VALUES (?, ?, ?, ?)"
ENTRY = "INSERT INTO by_hand_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)"
BALANCE_SQLITE = (
    "SELECT coalesce(sum(debit_cents - credit_cents), 0) FROM by_hand_balance_day"
    " WHERE account_id = (SELECT id FROM by_hand_account WHERE book_id = ? AND code = ?) AND day <= ?"
)
TRIAL_SQLITE = (
    "SELECT code, name, type, layer, currency, debits, credits FROM by_hand_account JOIN"
    " (SELECT account_id, sum(debit_cents) AS debits, sum(credit_cents) AS credits FROM by_hand_balance_day"
    " WHERE day <= ? GROUP BY account_id) AS moved ON moved.account_id = id WHERE book_id = ? ORDER BY code"
)


class SqliteClient:
    """A connection of its own; every write is ``BEGIN IMMEDIATE``."""

    def __init__(self, url: str, book: str) -> None:
        self._connection = connect_sqlite(url)
        self._id = self._connection.execute("SELECT id FROM by_hand_book WHERE name = ?", (book,)).fetchone()[0]
        self._book = book

    def post(self, line: Line) -> object:
        """One entry, one commit."""
        return self.post_many((line,))[0]

    def post_many(self, lines: Sequence[Line]) -> list[tuple[int, bytes, bool]]:
        """All entries, one commit."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            results = self._write(lines)
        except BaseException:
            if self._connection.in_transaction:
                run("ROLLBACK")
            raise
        run("COMMIT")
        return results

    def _write(self, lines: Sequence[Line]) -> list[tuple[int, bytes, bool]]:
        run, book = self._connection.execute, self._id
        seq, previous, last = run(HEAD, (book,)).fetchone()
        now = time.time_ns() // 1000
        accounts: dict[str, tuple[int, bytes]] = {}
        results: list[tuple[int, bytes, bool]] = []
        asked: dict[str, tuple[int, bytes, bytes]] = {}
        legs: list[tuple[Any, ...]] = []
        entries: list[tuple[Any, ...]] = []
        for line in lines:
            line = line._replace(
                key=nfc(line.key),
                kind=nfc(line.kind),
                memo=nfc(line.memo),
                actor=nfc(line.actor),
                event=nfc(line.event),
            )
            id, data, on = entry_id(self._book, line.key), metadata(line), line.day.isoformat()
            whole([cents for _code, cents in line.legs])
            for code, _cents in line.legs:
                if code not in accounts:
                    found = run(ACCOUNT, (book, code)).fetchone()
                    if found is None:
                        raise SystemExit(f"unknown account {code}")
                    accounts[code] = found[0], field(code) + b"".join(map(field, found[1:]))
            body = b"".join(accounts[code][1] + field(str(cents)) for code, cents in line.legs)
            texts = (self._book, line.key, on, line.kind, line.memo, line.actor, data, None, None)
            request = b"".join(map(field, texts)) + b"%d:%s," % (len(body), body)
            request_hash = seal(b"request", ZERO, request)
            known = asked.get(line.key) or run(KNOWN, (book, line.key)).fetchone()
            if known is not None:
                if known[2] != request_hash:
                    raise SystemExit(f"key {line.key} is used for something else")
                results.append((known[0], known[1], True))
                continue
            seq += 1
            last = max(now, last)
            hash = seal(b"entry", previous, field(str(seq)) + field(str(last)) + field(id) + request)
            legs += [(id, place, accounts[code][0], cents) for place, (code, cents) in enumerate(line.legs, start=1)]
            entries.append(
                (
                    id,
                    book,
                    seq,
                    on,
                    line.kind,
                    line.memo,
                    line.actor,
                    line.key,
                    request_hash,
                    data,
                    None,
                    None,
                    len(line.legs),
                    last,
                    previous,
                    hash,
                )
            )
            previous = hash
            asked[line.key] = seq, hash, request_hash
            results.append((seq, hash, False))
        self._connection.executemany(LEGS, legs)
        self._connection.executemany(ENTRY, entries)
        return results

    def balance(self, code: str, day: date) -> int:
        """The sum of the days."""
        return int(self._connection.execute(BALANCE_SQLITE, (self._id, code, day.isoformat())).fetchone()[0])

    def trial_balance(self, day: date) -> Sequence[object]:
        """The sum of the days by account."""
        return self._connection.execute(TRIAL_SQLITE, (day.isoformat(), self._id)).fetchall()

    def verify(self) -> int:
        """Not made by hand: the target of the ledger is a number of its own."""
        raise SystemExit("verify is not written by hand")

    def busy(self, problem: Exception) -> bool:
        """The lock of the file was not to be had."""
        return isinstance(problem, sqlite3.OperationalError) and problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY

    def close(self) -> None:
        """Let go."""
        self._connection.close()


def connect_sqlite(url: str) -> sqlite3.Connection:
    """The file, with the settings that keep promises."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5, isolation_level=None, cached_statements=256)
    for setting in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {setting}")
    return connection


def make_sqlite(url: str, book: str, accounts: Iterable[tuple[str, str]]) -> bool:
    """Tables, book and accounts."""
    with closing(connect_sqlite(url)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'by_hand_book'").fetchone() is None:
            connection.executescript((FOLDER / "by_hand.sqlite.sql").read_text(encoding="utf-8"))
        if connection.execute("SELECT 1 FROM by_hand_book WHERE name = ?", (book,)).fetchone():
            return False
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(
            "INSERT INTO by_hand_book (name, currency) VALUES (?, 'EUR') RETURNING id", (book,)
        ).fetchone()
        connection.execute("INSERT INTO by_hand_head VALUES (?, 0, ?, 0)", (row[0], ZERO))
        connection.executemany(
            "INSERT INTO by_hand_account (book_id, code, name, type, layer, currency)"
            " VALUES (?, ?, ?, ?, 'actual', 'EUR')",
            [(row[0], code, f"Rekening {code}", type) for code, type in accounts],
        )
        connection.execute("COMMIT")
    return True


# ---------------------------------------------------------------------------------------------------------------- peer


class ByHand:
    """The yardstick."""

    def __init__(self, *, alone: bool = False) -> None:
        self.name = "by_hand_alone" if alone else "by_hand"
        self._alone = alone

    def make(self, url: str, book: str, accounts: Sequence[tuple[str, str]]) -> bool:
        """Tables, a new book, its accounts."""
        return (make_sqlite if url.startswith("sqlite") else make_postgresql)(url, book, accounts)

    def client(self, url: str, book: str) -> Client:
        """A client with a connection of its own."""
        if url.startswith("sqlite"):
            return SqliteClient(url, book)
        return PostgresqlClient(url, book, alone=self._alone)

    def settle(self, url: str) -> None:
        """Statistics, and no vacuum in the middle of a measurement."""
        if url.startswith("sqlite"):
            with closing(connect_sqlite(url)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        else:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    alone = "--alone" in sys.argv
    if alone:
        sys.argv.remove("--alone")
    harness.main(ByHand(alone=alone))
