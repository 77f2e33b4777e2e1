"""What is told to people is on the disk, whoever let go of it early."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from fund.commands.founding import found_fund
from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.database import Engine, create_engine, is_sqlite, reading
from fund.ledger import Ledger, credit, debit, flushed
from fund.reports.exports.ledger import ledger_folder
from tests.ledger.conftest import BOOK, draft

TELLING: dict[str, Callable[[Ledger, Path], object]] = {
    "flushed": lambda ledger, folder: flushed(ledger.connection),
    "an export": lambda ledger, folder: ledger_folder(ledger, folder),
    "a verification": lambda ledger, folder: ledger.verify(),
}


def commit_early(engine: Engine) -> str | None:
    """One entry that nobody waited for, and more in the log after it; how far that goes."""
    with engine.connect() as connection:
        if not is_sqlite(engine):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        Ledger.open(connection, book=BOOK).post(draft("k", debit("1000", 1), credit("3000", 1)))
        connection.commit()
        return None if is_sqlite(engine) else log_on(engine)


def log_on(engine: Engine) -> str:
    """Something in the log that no commit flushes, so that it stays behind by itself; its place."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_logical_emit_message(false, 'fund', 'x', false)")
        place: str = connection.exec_driver_sql("SELECT pg_current_wal_insert_lsn()::text").scalar_one()
        return place


def is_flushed(connection: sa.Connection, place: str) -> bool:
    query = sa.text("SELECT pg_current_wal_flush_lsn() >= CAST(:place AS pg_lsn)")
    return bool(connection.execute(query, {"place": place}).scalar_one())


@pytest.mark.parametrize("telling", TELLING)
def test_what_tells_a_head_waits_until_that_head_is_on_the_disk(engine: Engine, telling: str, tmp_path: Path) -> None:
    place = commit_early(engine)
    with reading(engine) as connection:
        ledger = Ledger.open(connection, book=BOOK)
        assert ledger.head().seq == 1
        TELLING[telling](ledger, tmp_path / "export")
        assert place is None or is_flushed(connection, place)
        flushed(connection)  # with nothing to wait for, and in the same view
        assert ledger.head().seq == 1


def test_the_answer_to_a_reading_command_waits_too(postgres_url: str) -> None:
    found_fund(postgres_url, name="Testfonds", admin="petra", fund_manager="anna", treasurer="tom")
    engine = create_engine(postgres_url)
    place = log_on(engine)
    with open_fund(postgres_url) as fund:
        assert ask_named(fund, "ledger entries")["entries"] == []
    with engine.connect() as connection:
        assert is_flushed(connection, place)
    engine.dispose()
