"""Tables, triggers, functions and views as ``migrations/sql`` has them."""

from __future__ import annotations

import re
import sqlite3
from functools import cache

from fund.database import Connection, dialect, is_sqlite, migrations


@cache
def sql_object(name: str, kind: str, version: int | None = None) -> tuple[str, str]:
    """The text that installs and the text that removes SQL object ``name`` on ``kind`` (sqlite, postgresql).

    It is the newest version, which is what the migrations leave, or the one that is named.
    """
    if version is None:
        version = max(int(path.name.split(".")[1][1:]) for path in (migrations() / "sql").glob(f"{name}.v*.{kind}.sql"))
    text = (migrations() / "sql" / f"{name}.v{version}.{kind}.sql").read_text(encoding="utf-8")
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
