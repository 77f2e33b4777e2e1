"""Raw SQL against the ledger, as any client could send it: nothing of our store stands between them and the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from fund.database import Connection, Engine, create_engine, is_sqlite
from fund.errors import FundError
from fund.ledger.store.chart import ACCOUNT_FIELDS
from fund.ledger.store.refusals import refusal_of

EVIL = "ent_evil"


def attempt(engine: Engine, *statements: str) -> FundError | None:
    """Send the statements in one transaction and commit it; the refusal, or ``None`` when it went through."""
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
    except sa.exc.DBAPIError as problem:
        refusal = refusal_of(problem)
        if refusal is None:
            raise
        return refusal
    return None


@lru_cache
def as_application(engine: Engine) -> Engine:
    """The application's own way to the database: as role ``fund_application``, which SQLite does not know."""
    if is_sqlite(engine):
        return create_engine(str(engine.url))
    options = {"options": "-c timezone=UTC -c role=fund_application"}
    return sa.create_engine(engine.url, connect_args=options, poolclass=NullPool)


def refusal_by_database(engine: Engine, *statements: str) -> object:
    """Send the statements in one transaction and commit it: our refusal, PostgreSQL's code, or SQLite's words.

    ``None`` when it went through.
    """
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
    except sa.exc.DBAPIError as problem:
        return refusal_of(problem) or getattr(problem.orig, "sqlstate", None) or str(problem.orig)
    return None


def legs_sql(*legs: tuple[str, int], entry_id: str = EVIL, legs_said: int | None = None, first: int = 1) -> str:
    """One statement that inserts legs (account code, cents) under an entry id."""
    count = len(legs) if legs_said is None else legs_said
    rows = " UNION ALL ".join(
        f"SELECT '{entry_id}', {position}, {count}, id, {cents} FROM account WHERE code = '{code}' AND book_id = 1"
        for position, (code, cents) in enumerate(legs, start=first)
    )
    return f"INSERT INTO posting (entry_id, position, legs, account_id, amount_cents) {rows}"


def entry_sql(engine: Engine, *, verb: str = "INSERT", tail: str = "", **change: str) -> str:
    """One statement that inserts an entry row; ``change`` gives SQL for columns that should be different."""
    values = {
        "book_id": "1",
        "id": f"'{EVIL}'",
        "effective_on": "'2027-03-10'" if is_sqlite(engine) else "DATE '2027-03-10'",
        "kind": "'receipt'",
        "memo": "'evil'",
        "actor": "'usr_evil'",
        "idempotency_key": "'evil'",
        "metadata": "'{}'",
        "legs": "2",
    }
    if is_sqlite(engine):
        values |= {
            "seq": "seq + 1",
            "previous_hash": "hash",
            "recorded_at": "recorded_at",
            "version": "1",
            "request_hash": "randomblob(32)",
            "hash": "randomblob(32)",
        }
    values |= change
    columns, found = ", ".join(values), ", ".join(values.values())
    return f"{verb} INTO entry ({columns}) SELECT {found} FROM chain_head WHERE book_id = 1 {tail}"


def account_sql(engine: Engine, code: str, **change: str) -> str:
    """One statement that changes an account of the first book, or opens it when it has a type; ``change`` is SQL.

    On PostgreSQL it writes the account, on SQLite its row in the chart, which brings the account about.
    """
    if not is_sqlite(engine):
        if "type" not in change:
            return f"UPDATE account SET {', '.join(f'{k} = {v}' for k, v in change.items())} WHERE code = '{code}'"
        columns, values = ", ".join(change), ", ".join(change.values())
        return f"INSERT INTO account (book_id, code, {columns}) VALUES (1, '{code}', {values})"
    values = {name: f"account.{name}" for name in ACCOUNT_FIELDS}
    values |= {"code": f"'{code}'", "status": "coalesce(account.status, 'open')"}
    values |= {
        "book_id": "1",
        "number": "chart_number + 1",
        "head_seq": "seq",
        "head_hash": "chain_head.hash",
        "recorded_at": "recorded_at",
        "version": "1",
        "previous_hash": "chart_hash",
        "hash": "randomblob(32)",
    }
    values |= change
    return (
        f"INSERT INTO account_change ({', '.join(values)}) SELECT {', '.join(values.values())} FROM chain_head"
        f" LEFT JOIN account ON account.book_id = chain_head.book_id AND account.code = '{code}'"
        " WHERE chain_head.book_id = 1"
    )


@contextmanager
def owner(engine: Engine) -> Iterator[Connection]:
    """The owner of the database, with every trigger and check out of the way, in a transaction that is rolled back."""
    if not is_sqlite(engine):
        with engine.connect() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            checks = connection.exec_driver_sql(
                "SELECT relname, conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
                " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            ).all()
            for table, name in checks:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            for name in connection.exec_driver_sql(
                "SELECT CAST(indexrelid::regclass AS text) FROM pg_index WHERE indexprs IS NOT NULL"
            ).scalars().all():  # fmt: skip
                connection.exec_driver_sql(f"DROP INDEX {name}")
            yield connection
            connection.rollback()
        return
    plain = sa.create_engine(engine.url, connect_args={"isolation_level": None})
    with plain.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        for kind, name in connection.exec_driver_sql(
            "SELECT type, name FROM sqlite_master WHERE type = 'trigger' OR (type = 'index' AND sql LIKE '%json%')"
        ).all():
            connection.exec_driver_sql(f"DROP {kind} {name}")
        yield connection
        connection.rollback()
    plain.dispose()


def flipped(value: Any, bit: int) -> Any:
    """``value`` with one bit of it turned over; of a text, a bit of its first character."""
    if isinstance(value, (bytes, memoryview)):
        data = bytearray(value)
        data[(bit // 8) % len(data)] ^= 1 << (bit % 8)
        return bytes(data)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(type(value))
    if isinstance(value, int):
        return value ^ (1 << bit)
    return chr(ord(value[0]) ^ (1 << (bit % 3))) + value[1:]


def table_columns(engine: Engine, table: str) -> list[str]:
    """The columns of a table that can be written."""
    return [
        column["name"]
        for column in sa.inspect(engine).get_columns(table)
        if "computed" not in column and re.match(r"[a-z_]+$", column["name"])
    ]


# ------------------------------------------------------------------------------------------- every bit of every column


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table as it is stored, with the columns that tell it from others, and what each column may hold."""

    table: str
    values: Mapping[str, Any]
    key: tuple[str, ...]
    columns: Mapping[str, sa.types.TypeEngine[Any]]


def rows_of(connection: Connection, table: str) -> list[Row]:
    """Every row of a table, in the order of its key; columns that the database computes itself are left out."""
    looked = sa.inspect(connection)
    columns = {one["name"]: one["type"] for one in looked.get_columns(table) if "computed" not in one}
    key = tuple(looked.get_pk_constraint(table)["constrained_columns"])
    rows = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY {', '.join(key)}"))
    return [Row(table, dict(row._mapping), key, columns) for row in rows]


def turn_over(connection: Connection, row: Row, column: str, bit: int) -> bool:
    """Turn over one bit of what a row holds, the ``bit``-th round and round; where nothing is, something comes.

    Returns:
        Whether it was done: the database may have no place for the new value (PostgreSQL keeps no text that is no
        UTF-8), or hold another row with the same key.
    """
    sqlite = connection.dialect.name == "sqlite"
    bits = 64 if sqlite or isinstance(row.columns[column], sa.BigInteger) else 32
    found, new = ":new", _turned(row.values[column], row.columns[column], bit, bits)
    if isinstance(row.values[column], str) and isinstance(new, bytes):
        if not sqlite:
            return False
        found = "CAST(:new AS TEXT)"
    where = " AND ".join(f"{name} = :key_{name}" for name in row.key)
    keys = {f"key_{name}": row.values[name] for name in row.key}
    statement = sa.text(f"UPDATE {row.table} SET {column} = {found} WHERE {where}")
    try:
        with connection.begin_nested():
            return connection.execute(statement, keys | {"new": new}).rowcount == 1
    except (sa.exc.IntegrityError, sa.exc.DataError):
        return False


def _turned(value: Any, type: sa.types.TypeEngine[Any], bit: int, bits: int) -> Any:
    if value is None:
        if isinstance(type, sa.LargeBinary):
            return b"\x01" * 32
        return 1 if isinstance(type, sa.Integer) else date(2027, 3, 1) if isinstance(type, sa.Date) else "x"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        half = 1 << (bits - 1)
        return ((value ^ (1 << bit % bits)) + half) % (2 * half) - half
    if isinstance(value, date):
        return date.fromordinal(value.toordinal() ^ (1 << bit % 10))
    data = bytearray(value.encode() if isinstance(value, str) else value) or bytearray(1)
    data[(bit // 8) % len(data)] ^= 1 << (bit % 8)
    if not isinstance(value, str):
        return bytes(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return bytes(data)
    return bytes(data) if "\x00" in text else text
