"""The version of a database: what this program needs, and the way there."""

from __future__ import annotations

import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fund.database import Connection, Engine, create_engine, is_sqlite, migrations, place, reading, writing
from fund.database.sqlite import file_of
from fund.errors.database import (
    DatabaseBehind,
    DatabaseInOtherEncoding,
    DatabaseMissing,
    DatabaseNewer,
    DatabaseUnreachable,
    NotADatabase,
    PostgresqlTooOld,
    RightsMissing,
)
from fund.language import _
from fund.paths import kind_of, private_file, private_folder, reason_of, unwritable

OLDEST_POSTGRESQL = 18
"""The first version of PostgreSQL on which the fund runs; ``docs/operations.md`` says which were tried."""
APPLICATION_ROLE = "fund_application"
"""The role that the program works under; ``ledger_roles`` gives it its rights."""


def _configuration(connection: Connection | None = None) -> Any:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(migrations()))
    configuration.attributes["connection"] = connection
    return configuration


@lru_cache(maxsize=1)
def head_revision() -> str:
    """The version that this program needs: the newest of its migrations."""
    return (migrations() / ".current-head").read_text(encoding="utf-8").strip()


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
        _make_private(file_of(str(engine.url.database)))
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
    path = file_of(place(engine))
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
            mode = file_of(where).stat().st_mode
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
    known = (migrations() / "versions").glob("*.py")
    if any(path.stem == found or path.stem.split("_", 1)[0] == found for path in known):
        raise DatabaseBehind(place=where, found=found, expected=expected)
    raise DatabaseNewer(place=where, found=found, expected=expected)
