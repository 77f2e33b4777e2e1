"""Engines for SQLite and PostgreSQL, the metadata of the tables, SQL objects, and the way to the newest version.

Everything about *how* we speak to a database stands here; *what* we say stands in the tables and the stores.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from urllib.request import pathname2url

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection as Connection
from sqlalchemy.engine import Engine as Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import NullPool

from fund.errors import FundError, NotReady
from fund.errors.database import (
    DatabaseBehind,
    DatabaseBusy,
    DatabaseInOtherEncoding,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseReadOnly,
    DatabaseUnreachable,
    NotADatabase,
    PostgresqlTooOld,
    RightsMissing,
    StorageFull,
    UnknownDatabase,
)
from fund.language import _
from fund.paths import kind_of, private_file, private_folder, reason_of, unwritable

BUSY_TIMEOUT_MS = 5_000
"""So long a command waits for another that holds the fund's lock, then it is not ready."""
OLDEST_POSTGRESQL = 18
"""The first version of PostgreSQL on which the fund runs; ``docs/operations.md`` says which were tried."""
APPLICATION_ROLE = "fund_application"
"""The role that the program works under; ``ledger_roles`` gives it its rights."""
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
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "isolation_level": None, "check_same_thread": False},
        )
        event.listen(engine, "do_connect", _open_sqlite)
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


def _open_sqlite(_dialect: Any, record: Any, args: tuple[Any, ...], given: dict[str, Any]) -> sqlite3.Connection:
    """The file opened as asked; where its folder takes no files, in the way that needs none beside it.

    WAL wants ``-wal`` and ``-shm`` beside the database. In a snapshot, on a read-only disk or under an account that may
    only read they cannot be made. Without a ``-wal`` the file is whole by itself; with one and without ``-shm`` its
    index is kept in memory. Neither way takes a lock, so ``reading`` looks afterwards whether somebody wrote meanwhile.
    """
    connection: sqlite3.Connection = sqlite3.connect(*args, **given)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as problem:
        path = _file(unquote(str(args[0]).partition("?")[0]) if given.get("uri") else str(args[0]))
        if _kind(problem) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or _may(path.parent, os.W_OK):
            return connection  # whoever asks it something hears what is wrong
        connection.close()
        query = "mode=ro&vfs=unix-none" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
        record.info["fund_query"], record.info["fund_stamp"] = query, _stamp(path)
        connection = sqlite3.connect(f"file:{pathname2url(str(path.absolute()))}?{query}", **(given | {"uri": True}))
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # the index of the -wal in memory
    return connection


def _kind(problem: sqlite3.Error) -> int:
    return int(getattr(problem, "sqlite_errorcode", 0)) & 0xFF


def _stamp(path: Path) -> tuple[object, ...]:
    """By what it shows that somebody wrote to a database."""
    found: list[object] = []
    for file in (path, Path(f"{path}-wal")):
        try:
            now = file.stat()
            found.append((now.st_ino, now.st_size, now.st_mtime_ns))
        except FileNotFoundError:
            found.append(None)
    return (path, *found)


def _require_unchanged(connection: Connection) -> None:
    """Nothing, unless a database that is read without a lock was written to meanwhile.

    Raises:
        DatabaseBusy: It was; what was read may not fit together.
    """
    stamp = connection.connection.info.get("fund_stamp")
    if stamp is not None and _stamp(stamp[0]) != stamp:
        raise DatabaseBusy(place=str(stamp[0]))


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
                rights = os.stat(self._path.removesuffix("-turn")).st_mode & 0o666  # who may write there may stand here
                flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW | (os.O_CREAT if make else 0)
                self._file = os.open(self._path, flags, rights)
            except OSError:  # nobody ever waited, or there can be no such file
                return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
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
        turn.release()
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
                    _require_unchanged(connection)


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


# ------------------------------------------------------------------------------------------------ errors of the world

_ILL_STATES = ("08", "53", "57P")
_ILL_CODES = ("40001", "40P01", "55P03", "57014", "25006", "25P03")


def unavailable(problem: BaseException) -> NotReady | None:
    """The refusal behind a database error when the world is ill (busy, full, gone), else ``None``: we are wrong."""
    if isinstance(problem, NotReady):
        return problem
    if isinstance(problem, sa.exc.TimeoutError):  # every connection of the pool is at work
        return DatabaseBusy(place="")
    if not isinstance(problem, sa.exc.DBAPIError):
        return None
    return _illness(problem, "")


def _illness(problem: sa.exc.DBAPIError, where: str, *, reads: bool = False) -> NotReady | None:
    original = problem.orig
    text = str(original).strip().split("\n", 1)[0]
    if isinstance(original, sqlite3.Error):
        # by number, never by words: a guard or a constraint may be called "locked" or "full" as well
        code = _kind(original)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return DatabaseBusy(place=where)
        if code == sqlite3.SQLITE_READONLY:
            return DatabaseReadOnly(place=where)
        if code == sqlite3.SQLITE_FULL or (code in _NO_ROOM and _is_full(where)):
            return StorageFull(place=where)
        if code == sqlite3.SQLITE_CANTOPEN and _may(where, os.R_OK):
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
    if state == "53100":
        return StorageFull(place=where)
    if state in ("55P03", "40001", "40P01", "57014"):
        return DatabaseBusy(place=where)
    if state == "42501" and reads:
        return DatabaseUnreachable(place=where, reason=text)
    if state in ("25006", "42501"):  # a transaction, a server or a login that only reads
        return DatabaseReadOnly(place=where)
    if state in ("28000", "28P01", "3D000") or state.startswith(_ILL_STATES) or state in _ILL_CODES:
        return DatabaseUnreachable(place=where, reason=text)
    return None


_NO_ROOM = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says of the files beside the database when there is no room for them."""


def _is_full(path: str) -> bool:
    """Whether the disk has not even room for the index of a ``-wal``, or for one more file."""
    try:
        disk = os.statvfs(_file(path).absolute().parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < 65_536 or (disk.f_files > 0 and disk.f_favail == 0)


def _may(path: str | Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _no_connection(problem: sa.exc.DBAPIError) -> bool:
    """Whether there is no server behind it; or the driver knows no such option, before anything was asked."""
    return isinstance(problem, sa.exc.OperationalError) or problem.statement is None


@contextmanager
def translated(engine: Engine, *, reads: bool = False) -> Iterator[None]:
    """Errors of a database that is ill become our refusals; a bug stays a bug.

    Args:
        reads: Nothing is written: a right that is missing is one to read.
    """
    try:
        yield
    except sa.exc.DBAPIError as problem:
        refusal = _illness(problem, place(engine), reads=reads)
        if refusal is None:
            raise
        raise refusal from problem


# ------------------------------------------------------------------------------------------------------- SQL objects


def _migrations() -> Path:
    return Path(str(resources.files("migrations")))


@cache
def sql_object(name: str, kind: str, version: int | None = None) -> tuple[str, str]:
    """The text that installs and the text that removes SQL object ``name`` on ``kind`` (sqlite, postgresql).

    It is the newest version, which is what the migrations leave, or the one that is named.
    """
    if version is None:
        version = max(
            int(path.name.split(".")[1][1:]) for path in (_migrations() / "sql").glob(f"{name}.v*.{kind}.sql")
        )
    text = (_migrations() / "sql" / f"{name}.v{version}.{kind}.sql").read_text(encoding="utf-8")
    body, _mark, removal = text.partition("-- uninstall\n")
    return body, removal


_GAPS = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:\s+|--[^\n]*|/\*.*?\*/)+""", re.DOTALL)


def squeezed(statement: str) -> str:
    """A statement in one line, without comments and closing semicolon; what stands between quotes stays as it is."""
    return _GAPS.sub(lambda found: found[1] or " ", statement).strip().removesuffix(";").strip()


def install(connection: Connection, name: str, version: int | None = None) -> None:
    """Create the tables, triggers, functions and views of ``migrations/sql/<name>.v<version>.<dialect>.sql``.

    A migration names its version; without one it is the newest.
    """
    _run(connection, sql_object(name, dialect(connection), version)[0])


def uninstall(connection: Connection, name: str, version: int | None = None) -> None:
    """Remove what :func:`install` created, by the statements below ``-- uninstall`` in the same file."""
    _run(connection, sql_object(name, dialect(connection), version)[1])


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
    configuration.set_main_option("script_location", str(_migrations()))
    configuration.attributes["connection"] = connection
    return configuration


@lru_cache(maxsize=1)
def head_revision() -> str:
    """The version that this program needs: the newest of its migrations."""
    return (_migrations() / ".current-head").read_text(encoding="utf-8").strip()


def revision(connection: Connection) -> str | None:
    """The version the database is at; ``None`` where no migration ever ran."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("select version_num from alembic_version")).scalar_one_or_none()


def upgrade(url: str, *, target: str = "head", afterwards: Callable[[Connection], object] | None = None) -> None:
    """Bring the database to ``target``: every table, trigger and function is there afterwards, or nothing changed.

    Args:
        afterwards: What else belongs to it, in the same transaction.

    Raises:
        PostgresqlTooOld, DatabaseInOtherEncoding, RightsMissing, NotADatabase: Looked for before anything is made.
    """
    from alembic import command

    engine = create_engine(url)
    if is_sqlite(engine):
        if engine.url.database in (None, "", ":memory:"):
            raise NotADatabase(place=place(engine), reason=_("it is in memory, and nothing of it would be kept"))
        _make_private(_file(str(engine.url.database)))
    with writing(engine) as connection:
        found = revision(connection)
        if target != "head" or found != head_revision():
            _require_server(connection)
            _require_rights(connection)
            if found is None:
                _require_nothing_else(connection)
            command.upgrade(_configuration(connection), target)
        if afterwards is not None:
            afterwards(connection)
    engine.dispose()


def _make_private(path: Path) -> None:
    """A database that has to be made is for this account alone, with the files beside it, which get its rights."""
    try:
        private_folder(path.parent)
        private_file(path)
    except OSError as problem:
        raise unwritable(path, problem) from problem


def _require_server(connection: Connection) -> None:
    """Nothing, when the fund runs on this server.

    Raises:
        PostgresqlTooOld: It is of an older version.
    """
    found = () if is_sqlite(connection) else connection.dialect.server_version_info or ()
    if found and int(found[0]) < OLDEST_POSTGRESQL:
        shown = ".".join(str(part) for part in found)
        raise PostgresqlTooOld(place=place(connection.engine), found=shown, needed=OLDEST_POSTGRESQL)


def _require_nothing_else(connection: Connection) -> None:
    """Nothing, when no other program keeps tables here: our role would get rights to them, and names could be taken.

    Raises:
        NotADatabase: There is a table, and no version of the fund.
    """
    others = sorted(set(sa.inspect(connection).get_table_names()) - {"alembic_version"})
    if others:
        reason = _("another program keeps tables in it: {names}").format(names=", ".join(others[:3]))
        raise NotADatabase(place=place(connection.engine), reason=reason)


def _require_rights(connection: Connection) -> None:
    """Nothing, when this login may make all that the migrations make.

    Raises:
        DatabaseInOtherEncoding, RightsMissing: As they say, with the SQL that helps.
    """
    if is_sqlite(connection):
        return
    row = connection.execute(
        sa.text(
            "SELECT current_user AS login, current_setting('server_encoding') AS encoding, "
            "coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) AS makes_tables, "
            "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :role OR (rolname = current_user AND "
            "(rolsuper OR rolcreaterole))) AS has_role"
        ),
        {"role": APPLICATION_ROLE},
    ).one()
    where = place(connection.engine)
    quoted = connection.dialect.identifier_preparer.quote_identifier(row.login)
    if row.encoding != "UTF8":
        sql = f"create database fund owner {quoted} encoding 'UTF8' template template0;"
        raise DatabaseInOtherEncoding(place=where, found=row.encoding, needed="UTF8", sql=sql)
    lacks = [
        *([] if row.has_role else [f"create role {APPLICATION_ROLE} nologin;"]),
        *([] if row.makes_tables else [f"grant usage, create on schema public to {quoted};"]),
    ]
    if lacks:
        raise RightsMissing(place=where, login=row.login, sql="\n".join(lacks))


def readable_by_others(engine: Engine) -> bool:
    """Whether every account of this machine can read the file of an embedded fund.

    What its group may is left to whoever keeps the machine. A server decides for itself who may come in.
    """
    path = _file(place(engine))
    if not is_sqlite(engine) or not path.is_file():
        return False
    return bool(path.stat().st_mode & 0o004 and path.absolute().parent.stat().st_mode & 0o001)


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
        PostgresqlTooOld: The server is of a version on which the fund does not run.
        DatabaseBehind: Migrations wait to be run.
        DatabaseNewer: A newer program wrote it.
        NotADatabase, DatabaseUnreachable, DatabaseBusy: As they say.
    """
    where = place(engine)
    if is_sqlite(engine):
        try:
            mode = _file(where).stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise DatabaseMissing(place=where) from None
        except OSError as problem:
            raise DatabaseUnreachable(place=where, reason=reason_of(problem)) from None
        if not stat.S_ISREG(mode):
            raise NotADatabase(place=where, reason=kind_of(mode))
    with reading(engine) as connection:
        _require_server(connection)
        found = revision(connection)
    if found is None:
        raise DatabaseMissing(place=where)
    expected = head_revision()
    if found == expected:
        return
    known = (_migrations() / "versions").glob("*.py")
    if any(path.stem == found or path.stem.split("_", 1)[0] == found for path in known):
        raise DatabaseBehind(place=where, found=found, expected=expected)
    raise DatabaseNewer(place=where, found=found, expected=expected)


def explain(problem: FundError, engine: Engine) -> FundError:
    """The same refusal with the place filled in."""
    if isinstance(problem, NotReady) and not problem.details.get("place"):
        problem.details["place"] = place(engine)
    return problem
