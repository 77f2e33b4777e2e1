"""What the migrations make is what the program knows; they know nothing of the program that changes later."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import fund.tables
import migrations
from fund.database import METADATA, create_engine, reading
from fund.database.versions import downgrade, head_revision, revision, upgrade
from fund.ledger.store.evidence import TABLES as LEDGER
from fund.ledger.store.evidence import objects
from tests.factories import founded

VERSIONS = sorted(Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))
FROZEN = {"fund.database", "fund.database.objects"}
"""What a migration may use of the fund: how an SQL object is installed."""


def test_what_the_migrations_make_is_what_the_tables_say(empty_database_url: str) -> None:
    """Of the fund; those of the ledger are SQL files, and what PostgreSQL says of these is kept beside them."""
    assert fund.tables.event.metadata is METADATA
    upgrade(empty_database_url)
    engine = create_engine(empty_database_url)
    with reading(engine) as connection:
        assert set(sa.inspect(connection).get_table_names()) == {*METADATA.tables, *LEDGER, "alembic_version"}
        ours = {
            "compare_type": True,
            "include_name": lambda name, kind, _parents: kind != "table" or name not in LEDGER,
        }
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, METADATA) == []
        assert revision(connection) == head_revision() == VERSIONS[-1].stem
    engine.dispose()


def test_an_empty_database_goes_all_the_way_down_and_up(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    downgrade(empty_database_url, target="base")
    engine = create_engine(empty_database_url)
    with reading(engine) as connection:
        left = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
        if connection.dialect.name == "postgresql":
            of_ours = "select proname from pg_proc where pronamespace = 'public'::regnamespace"
            left |= set(connection.execute(sa.text(of_ours)).scalars())
    engine.dispose()
    assert left == set()
    upgrade(empty_database_url)


def test_facts_are_never_dropped_by_going_back_a_version(database_url: str) -> None:
    with founded(database_url):
        pass
    with pytest.raises(RuntimeError, match="the fund holds facts"):
        downgrade(database_url, target="base")


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_is_frozen(path: Path) -> None:
    """It imports no table of today: what it makes may not change when the program does."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {str(node.module), *(f"{node.module}.{name.name}" for name in node.names)}
    ours = {name for name in imported if name.split(".")[0] in ("fund", "cli", "tests")}
    assert {name for name in ours if name not in FROZEN and name.rpartition(".")[0] not in FROZEN} == set()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_sql_object_is_installed(kind: str) -> None:
    """No file of ``migrations/sql`` is left over, but for what PostgreSQL says of itself."""
    folder = Path(migrations.__file__).parent / "sql"
    found = {path.name.split(".")[0] for path in folder.glob(f"*.{kind}.sql")}
    assert found - {"fund_catalog", "ledger_catalog"} == {*objects(on_sqlite=kind == "sqlite"), "event_log", "outbox"}
