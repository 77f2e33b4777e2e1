"""Engines for SQLite and PostgreSQL, their transactions, the metadata of the tables, and what a database's errors mean.

Everything about *how* we speak to a database is in this package; *what* we say is in the tables and the stores.
``sqlite`` opens the embedded one, ``objects`` installs what the migrations name, ``versions`` brings it up to date.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection as Connection
from sqlalchemy.engine import Engine as Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import NullPool

from fund.database import sqlite
from fund.errors import FundError, NotReady
from fund.errors.database import DatabaseBusy, DatabaseReadOnly, DatabaseUnreachable, StorageFull, UnknownDatabase
from fund.language import _

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""The tables of ``fund.tables``; constraints are named, so that errors can be told apart."""


def to_micros(value: datetime) -> int:
    """The microseconds since 1970 UTC of an instant with a time zone."""
    return (value - _EPOCH) // timedelta(microseconds=1)


def from_micros(value: int) -> datetime:
    """The instant, in UTC, of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def normalised(url: str) -> URL:
    """The URL with our driver in it.

    Raises:
        UnknownDatabase: Neither SQLite nor PostgreSQL.
        DatabaseUnreachable: A password with an ``@`` in it, of which the end would be taken for the host.
    """
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # a port that is no number is a ValueError
        raise UnknownDatabase(place=_begin_of(url)) from None
    kind = parsed.get_backend_name()
    if kind in ("postgresql", "postgres"):
        if "@" in f"{parsed.host}{parsed.database}":
            reason = _("in a user name or a password, @ is written as %40 and / as %2F")
            raise DatabaseUnreachable(place=_begin_of(url), reason=reason)
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise UnknownDatabase(place=_begin_of(url))


def _begin_of(url: str) -> str:
    """What can be shown of an address that we cannot read: as far as nothing in it can be a password."""
    found = re.match(r"(?:[\w+.-]+:/+)?[^:@=?]*", url)
    shown = found[0] if found else ""
    return shown if shown == url else f"{shown}…"


_SHOWN = ("dbname", "host", "hostaddr", "port", "service", "sslmode", "user")
"""Options of an address that people may read; others may hold a secret."""


def place(engine: Engine) -> str:
    """Where the database is, as a person may read it: never with a password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database or ":memory:")
    shown = engine.url.set(drivername="postgresql")
    return shown.difference_update_query(set(shown.query) - set(_SHOWN)).render_as_string(hide_password=True)


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
            connect_args={
                "timeout": sqlite.BUSY_TIMEOUT_MS / 1000,
                "isolation_level": None,
                "check_same_thread": False,
            },
        )
        sqlite.listen(engine)
        return engine
    return sa.create_engine(
        parsed,
        **pool,
        connect_args={
            "connect_timeout": 5,
            "application_name": "fund",
            "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=20000"
            " -c plan_cache_mode=force_generic_plan -c jit=off"
            f" -c lock_timeout={2 * sqlite.BUSY_TIMEOUT_MS}",
        },
    )


def is_sqlite(connection: Connection | Engine) -> bool:
    """Whether this is the embedded database."""
    return connection.dialect.name == "sqlite"


def dialect(connection: Connection | Engine) -> str:
    """``sqlite`` or ``postgresql``."""
    return connection.dialect.name


def migrations() -> Path:
    """The folder of the migrations and their SQL."""
    return Path(str(resources.files("migrations")))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write: committed at the end, rolled back when anything is raised."""
    with translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent snapshot of the database, that writes nothing and waits for nobody."""
    with translated(engine, reads=True), engine.connect() as connection:
        if is_sqlite(engine):
            connection = connection.execution_options(fund_reading=True)
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            if not is_sqlite(engine):
                # not by an option: a pooled connection would come back as one that asks to write
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                yield connection
                return
            try:
                yield connection
            finally:
                if not connection.invalidated:  # a Ctrl-C in the middle of a question leaves nothing to ask
                    sqlite.require_unchanged(connection)


@contextmanager
def as_stored(connection: Connection) -> Iterator[None]:
    """Text is read even where it is no UTF-8 any more: such bytes come as surrogates, and hash as what they are."""
    raw: object = connection.connection.dbapi_connection
    if not isinstance(raw, sqlite3.Connection):
        yield  # PostgreSQL keeps no such text
        return
    before = raw.text_factory
    raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = before


@contextmanager
def settings_of_postgresql(connection: Connection, wanted: Mapping[str, str]) -> Iterator[None]:
    """Meanwhile these settings hold in this transaction."""
    before = {name: connection.execute(_CURRENT_SETTING, {"name": name}).scalar_one() for name in wanted}
    for name, value in wanted.items():
        connection.execute(_SET_CONFIG, {"name": name, "value": value})
    yield  # where something is raised, the transaction is over, and what was set in it
    for name, value in before.items():
        connection.execute(_SET_CONFIG, {"name": name, "value": value})


_CURRENT_SETTING = sa.text("SELECT current_setting(:name)")
_SET_CONFIG = sa.text("SELECT set_config(:name, :value, true)")


# --------------------------------------------------------------------------------------------- what its errors mean


def unavailable(problem: BaseException) -> NotReady | None:
    """The refusal behind an error of a database that is not ready (busy, full, gone); ``None`` for a fault of ours."""
    if isinstance(problem, NotReady):
        return problem
    if isinstance(problem, sa.exc.TimeoutError):  # every connection of the pool is at work
        return DatabaseBusy(place="")
    return _refusal_of(problem, "") if isinstance(problem, sa.exc.DBAPIError) else None


def _refusal_of(problem: sa.exc.DBAPIError, where: str, *, reads: bool = False) -> NotReady | None:
    if isinstance(problem.orig, sqlite3.Error):
        return sqlite.refusal_of(problem.orig, where)
    state, text = getattr(problem.orig, "sqlstate", None), str(problem.orig).strip().split("\n", 1)[0]
    if state is None:
        gone = problem.connection_invalidated or _no_connection(problem)
        return DatabaseUnreachable(place=where, reason=text) if gone else None
    if state == "53100":
        return StorageFull(place=where)
    if state in ("55P03", "40001", "40P01", "57014"):
        return DatabaseBusy(place=where)
    if state in ("25006", "42501") and not (reads and state == "42501"):
        return DatabaseReadOnly(place=where)  # a transaction, a server or a login that only reads
    if state in _UNREACHABLE or state.startswith(("08", "53", "57P")):
        return DatabaseUnreachable(place=where, reason=text)
    return None


_UNREACHABLE = ("28000", "28P01", "3D000", "42501", "25P03")
"""A login that may not come in, a database that is not there, a right to read that is missing, a session that idled."""


def _no_connection(problem: sa.exc.DBAPIError) -> bool:
    """Whether there is no server behind it; or the driver knows no such option, before anything was asked."""
    return isinstance(problem, sa.exc.OperationalError) or problem.statement is None


@contextmanager
def translated(engine: Engine, *, reads: bool = False) -> Iterator[None]:
    """Errors of a database that is not ready become our refusals; a bug stays a bug.

    Args:
        reads: Nothing is written: a right that is missing is one to read.
    """
    try:
        yield
    except sa.exc.DBAPIError as problem:
        refusal = _refusal_of(problem, place(engine), reads=reads)
        if refusal is None:
            raise
        raise refusal from problem


def explain(problem: FundError, engine: Engine) -> FundError:
    """The same refusal with the place filled in."""
    if isinstance(problem, NotReady) and not problem.details.get("place"):
        problem.details["place"] = place(engine)
    return problem
