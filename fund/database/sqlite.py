"""How the embedded database is opened, begun in turn, and what its errors mean."""

from __future__ import annotations

import fcntl
import os
import random
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from urllib.request import pathname2url

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from fund.errors import NotReady
from fund.errors.database import DatabaseBusy, DatabaseReadOnly, DatabaseUnreachable, NotADatabase, StorageFull

BUSY_TIMEOUT_MS = 5_000
"""So long a command waits for another that holds the fund's lock, then it is not ready."""


def listen(engine: Engine) -> None:
    """Each connection is opened as below, each transaction begun in turn."""
    event.listen(engine, "do_connect", _open)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "close", _leave)
    event.listen(engine, "begin", _choose)
    engine.dialect.do_begin = _begin  # type: ignore[method-assign]


def file_of(place: str) -> Path:
    """The file of an embedded database, also where it is written as a URI (``file:fund.db?mode=ro``)."""
    return Path(place.removeprefix("file:"))


def _open(_dialect: Any, record: Any, args: tuple[Any, ...], given: dict[str, Any]) -> sqlite3.Connection:
    """The file opened as asked; where its folder takes no files, in the way that needs none beside it.

    WAL wants ``-wal`` and ``-shm`` beside the database. In a snapshot, on a read-only disk or under an account that may
    only read they cannot be made. Without a ``-wal`` the file is whole by itself; with one and without ``-shm`` its
    index is kept in memory. Neither way takes a lock, so ``reading`` looks afterwards whether somebody wrote meanwhile.
    """
    connection: sqlite3.Connection = sqlite3.connect(*args, **given)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as problem:
        path = file_of(unquote(str(args[0]).partition("?")[0]) if given.get("uri") else str(args[0]))
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


def require_unchanged(connection: Connection) -> None:
    """Nothing, unless a database that is read without a lock was written to meanwhile.

    Raises:
        DatabaseBusy: It was; what was read may not fit together.
    """
    stamp = connection.connection.info.get("fund_stamp")
    if stamp is not None and _stamp(stamp[0]) != stamp:
        raise DatabaseBusy(place=str(stamp[0]))


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
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


def _leave(_connection: sqlite3.Connection, record: Any) -> None:
    turn: _Turn | None = record.info.pop("fund_turn", None)
    if turn is not None:
        turn.close()


def _choose(connection: Connection) -> None:
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


def _begin(dbapi_connection: Any) -> None:
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


def refusal_of(problem: sqlite3.Error, where: str) -> NotReady | None:
    """As :func:`fund.database.unavailable`, of SQLite's own error."""
    # by number, never by words: a guard or a constraint may be called "locked" or "full" as well
    code, text = _kind(problem), str(problem).strip().split("\n", 1)[0]
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


_NO_ROOM = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says of the files beside the database when there is no room for them."""


def _is_full(path: str) -> bool:
    """Whether the disk has not even room for the index of a ``-wal``, or for one more file."""
    try:
        disk = os.statvfs(file_of(path).absolute().parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < 65_536 or (disk.f_files > 0 and disk.f_favail == 0)


def _may(path: str | Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)
