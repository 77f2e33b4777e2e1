"""Engines for SQLite and PostgreSQL, the declarative base, SQL objects, and the way to the newest version.

Everything about *how* we speak to a database stands here; *what* we say stands in the tables and the stores.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool

from fund.errors import (
    DatabaseBehind,
    DatabaseBusy,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseReadOnly,
    DatabaseUnreachable,
    FundError,
    NotADatabase,
    NotReady,
    StorageFull,
    UnknownDatabase,
)

__all__ = [
    "Base",
    "Connection",
    "Engine",
    "create_engine",
    "dialect",
    "from_micros",
    "ill",
    "install",
    "is_sqlite",
    "place",
    "reading",
    "require_head",
    "revision",
    "sql_object",
    "to_micros",
    "translated",
    "uninstall",
    "upgrade",
    "utc_micros",
    "writing",
]

BUSY_TIMEOUT_MS = 5_000
"""So long a command waits for another that holds the fund's lock, then it is not ready."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    """The base of every table; constraints are named, so that errors can be told apart."""

    metadata = sa.MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def utc_micros(value: datetime) -> int:
    """The microseconds since 1970 UTC of an instant with a time zone."""
    return (value - _EPOCH) // timedelta(microseconds=1)


to_micros = utc_micros


def from_micros(value: int) -> datetime:
    """The instant, in UTC, of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def normalised(url: str) -> URL:
    """The URL with our driver in it.

    Raises:
        UnknownDatabase: Neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError) as problem:  # a port that is no number is a ValueError
        raise UnknownDatabase(place=re.sub(r"//[^@/]*@", "//***@", url)) from problem
    kind = parsed.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise UnknownDatabase(place=parsed.render_as_string(hide_password=True))


def place(engine: Engine) -> str:
    """Where the database is, as a person may read it: never with a password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database or ":memory:")
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=True)


def create_engine(url: str, *, pooled: bool = False, connections: int = 5) -> Engine:
    """An engine for ``url``; it opens nothing yet.

    SQLite: each writing transaction is ``BEGIN IMMEDIATE`` (the fund's lock), WAL, ``synchronous=FULL``, foreign keys
    on. PostgreSQL: read committed, ``plan_cache_mode = force_generic_plan``, queries are not compiled, sessions end a
    transaction that idles 20 s; a lock is waited for twice as long as on SQLite, because workers take turns there.

    Args:
        pooled: Connections are kept for the next transaction: ``connections`` of them, ten more in a rush.

    Raises:
        UnknownDatabase: The URL names another kind of database.
    """
    parsed = normalised(url)
    pool: dict[str, Any] = {"pool_size": connections} if pooled else {"poolclass": NullPool}
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            parsed,
            **pool,
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "isolation_level": None, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "close", _leave_sqlite)
        event.listen(engine, "begin", _choose_sqlite)
        engine.dialect.do_begin = _begin_sqlite  # type: ignore[method-assign]
        return engine
    return sa.create_engine(
        parsed,
        **pool,
        connect_args={
            "connect_timeout": 5,
            "application_name": "fund",
            "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=20000"
            " -c plan_cache_mode=force_generic_plan -c jit=off"
            f" -c lock_timeout={2 * BUSY_TIMEOUT_MS}",
        },
    )


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    cursor = connection.cursor()
    record.info["fund_turn"] = _Turn(cursor.execute("PRAGMA database_list").fetchone()[2])
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA cache_size=-64000")  # 64 MB at most: the keys of some hundred thousand entries
    cursor.execute("PRAGMA wal_autocheckpoint=4000")  # 16 MB: a batch of some hundred entries fits between two
    try:
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError:
        pass  # a read-only or locked file: reading still works, writing says so itself
    cursor.close()


def _leave_sqlite(_connection: sqlite3.Connection, record: Any) -> None:
    turn: _Turn | None = record.info.pop("fund_turn", None)
    if turn is not None:
        turn.close()


def _choose_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("fund_reading")
    connection.connection.info["fund_begin"] = "BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE"


class _Turn:
    """The place in front of SQLite's lock: who stands there is next.

    SQLite keeps no queue. Among eight that write without pause, who has just finished goes first again, and somebody
    waits five seconds and is sent away. The place is a lock on an empty file beside the database, which is made when
    somebody waits for the first time; it falls free when its process dies.
    """

    def __init__(self, database: str) -> None:
        self._path = f"{database}-turn" if database else ""
        self._file: int | None = None

    def take(self, *, make: bool = False) -> bool:
        """Whether we may go to the lock: nobody stands before us."""
        if self._file is None:
            try:
                self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o644)
            except OSError:  # nobody ever waited, or there can be no such file
                return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def leave(self) -> None:
        """The next one, please."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """The connection ends."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _begin_sqlite(dbapi_connection: Any) -> None:
    """Begin, in turn where others write.

    It stands in the dialect and not in an event: a connection whose event failed would go on without any transaction.
    """
    statement, turn = dbapi_connection.info["fund_begin"], dbapi_connection.info["fund_turn"]
    raw = dbapi_connection.driver_connection
    if statement == "BEGIN DEFERRED":  # it waits for nobody
        raw.execute(statement)
        return
    began, patience = time.monotonic(), BUSY_TIMEOUT_MS / 1000
    raw.execute("PRAGMA busy_timeout=0")
    try:
        mine = turn.take()
        while True:
            waited = time.monotonic() - began
            if mine or waited > patience / 2:  # somebody who stands there and does not move keeps nobody for ever
                try:
                    raw.execute(statement)
                    return
                except sqlite3.OperationalError as problem:
                    if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or waited >= patience:
                        raise
            time.sleep(random.uniform(0.5, 1.5) * (0.001 if mine else 0.004))
            mine = turn.take(make=True)
    finally:
        turn.leave()
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def is_sqlite(connection: Connection | Engine) -> bool:
    """Whether this is the embedded database."""
    return connection.dialect.name == "sqlite"


def dialect(connection: Connection | Engine) -> str:
    """``sqlite`` or ``postgresql``."""
    return connection.dialect.name


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write: committed at the end, rolled back when anything is raised."""
    with translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database, that writes nothing and waits for nobody."""
    with translated(engine), engine.connect() as connection:
        if is_sqlite(engine):
            connection = connection.execution_options(fund_reading=True)
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            if not is_sqlite(engine):
                # not by an option: a pooled connection would come back as one that asks to write
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection


# ------------------------------------------------------------------------------------------------ errors of the world

_ILL_STATES = ("08", "53", "57P")
_ILL_CODES = ("40001", "40P01", "55P03", "57014", "25006", "25P03")


def ill(problem: BaseException) -> NotReady | None:
    """The refusal behind a database error when the world is ill (busy, full, gone), else ``None``: we are wrong."""
    if isinstance(problem, NotReady):
        return problem
    if isinstance(problem, sa.exc.TimeoutError):  # every connection of the pool is at work
        return DatabaseBusy(place="")
    if not isinstance(problem, sa.exc.DBAPIError):
        return None
    return _illness(problem, "")


def _illness(problem: sa.exc.DBAPIError, where: str) -> NotReady | None:
    original = problem.orig
    text = str(original).strip().split("\n", 1)[0]
    if isinstance(original, sqlite3.Error):
        # by number, never by words: a guard or a constraint may be called "locked" or "full" as well
        code = getattr(original, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return DatabaseBusy(place=where)
        if code == sqlite3.SQLITE_READONLY:
            return DatabaseReadOnly(place=where)
        if code == sqlite3.SQLITE_FULL:
            return StorageFull(place=where)
        if code == sqlite3.SQLITE_CANTOPEN and _may_be_read(where):
            # WAL wants files beside the database, and the folder takes none
            return DatabaseReadOnly(place=where)
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL):
            return DatabaseUnreachable(place=where, reason=text)
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return NotADatabase(place=where, reason=text)
        return None
    state = getattr(original, "sqlstate", None)
    if state is None:
        return (
            DatabaseUnreachable(place=where, reason=text)
            if problem.connection_invalidated or _no_connection(problem)
            else None
        )
    if state.startswith("53"):
        return StorageFull(place=where)
    if state in ("55P03", "40001", "40P01", "57014"):
        return DatabaseBusy(place=where)
    if state in ("25006", "42501"):  # a transaction, a server or a login that only reads
        return DatabaseReadOnly(place=where)
    if state in ("28000", "28P01", "3D000") or state.startswith(_ILL_STATES) or state in _ILL_CODES:
        return DatabaseUnreachable(place=where, reason=text)
    return None


def _may_be_read(path: str) -> bool:
    return os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def _no_connection(problem: sa.exc.DBAPIError) -> bool:
    return isinstance(problem, sa.exc.OperationalError)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Errors of a database that is ill become our refusals; a bug stays a bug."""
    try:
        yield
    except sa.exc.DBAPIError as problem:
        refusal = _illness(problem, place(engine))
        if refusal is None:
            raise
        raise refusal from problem


# ------------------------------------------------------------------------------------------------------- SQL objects


def _sql_folder() -> Path:
    return Path(str(resources.files("migrations"))) / "sql"


def sql_object(name: str, version: int, kind: str) -> tuple[str, str]:
    """The text that installs and the text that removes SQL object ``name`` on ``kind`` (sqlite, postgresql)."""
    text = (_sql_folder() / f"{name}.v{version}.{kind}.sql").read_text(encoding="utf-8")
    body, _mark, removal = text.partition("-- uninstall\n")
    return body, removal


def install(connection: Connection, name: str, version: int = 1) -> None:
    """Create the triggers, functions and views of ``migrations/sql/<name>.v<version>.<dialect>.sql``."""
    _run(connection, sql_object(name, version, dialect(connection))[0])


def uninstall(connection: Connection, name: str, version: int = 1) -> None:
    """Remove what :func:`install` created, by the statements below ``-- uninstall`` in the same file."""
    _run(connection, sql_object(name, version, dialect(connection))[1])


def _run(connection: Connection, script: str) -> None:
    if not is_sqlite(connection):
        if script.strip():
            cursor = connection.connection.cursor()
            cursor.execute(script)
            cursor.close()
        return
    statement = ""
    for line in script.splitlines(keepends=True):
        if not statement and (not line.strip() or line.lstrip().startswith("--")):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            connection.exec_driver_sql(statement)
            statement = ""
    if statement.strip():
        raise ValueError(f"unfinished statement in an SQL object: {statement.strip()[:80]}")


# --------------------------------------------------------------------------------------------------------- versions


def _configuration(connection: Connection | None = None) -> Any:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(resources.files("migrations")))
    configuration.attributes["connection"] = connection
    return configuration


@lru_cache(maxsize=1)
def head_revision() -> str:
    """The version that this program needs: the newest of its migrations."""
    return (Path(str(resources.files("migrations"))) / ".current-head").read_text(encoding="utf-8").strip()


def revision(connection: Connection) -> str | None:
    """The version the database is at; ``None`` where no migration ever ran."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("select version_num from alembic_version")).scalar_one_or_none()


def upgrade(url: str, *, target: str = "head", afterwards: Callable[[Connection], object] | None = None) -> None:
    """Bring the database to ``target``: every table, trigger and function is there afterwards, or nothing changed.

    Args:
        afterwards: What else belongs to it, in the same transaction.
    """
    from alembic import command

    engine = create_engine(url)
    if is_sqlite(engine) and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    with writing(engine) as connection:
        if target != "head" or revision(connection) != head_revision():
            command.upgrade(_configuration(connection), target)
        if afterwards is not None:
            afterwards(connection)
    engine.dispose()


def downgrade(url: str, *, target: str) -> None:
    """Take the database back to an older version, where its data allows."""
    from alembic import command

    engine = create_engine(url)
    with writing(engine) as connection:
        command.downgrade(_configuration(connection), target)
    engine.dispose()


def _file(place: str) -> Path:
    """The file of an embedded database, also where it is written as a URI (``file:fund.db?mode=ro``)."""
    return Path(place.removeprefix("file:"))


def require_head(engine: Engine) -> None:
    """Nothing, when the database is of this program's version.

    Raises:
        DatabaseMissing: There is no such file, or no table in it.
        DatabaseBehind: Migrations wait to be run.
        DatabaseNewer: A newer program wrote it.
        NotADatabase, DatabaseUnreachable, DatabaseBusy: As they say.
    """
    where = place(engine)
    if is_sqlite(engine) and not _file(where).exists():
        raise DatabaseMissing(place=where)
    with reading(engine) as connection:
        found = revision(connection)
    if found is None:
        raise DatabaseMissing(place=where)
    expected = head_revision()
    if found == expected:
        return
    known = (Path(str(resources.files("migrations"))) / "versions").glob("*.py")
    if any(path.stem == found or path.stem.split("_", 1)[0] == found for path in known):
        raise DatabaseBehind(place=where, found=found, expected=expected)
    raise DatabaseNewer(place=where, found=found, expected=expected)


def mend(problem: FundError, engine: Engine) -> FundError:
    """The same refusal with the place filled in."""
    if isinstance(problem, NotReady) and not problem.details.get("place"):
        problem.details["place"] = place(engine)
    return problem
