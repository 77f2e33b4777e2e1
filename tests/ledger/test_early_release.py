"""Early lock release: the caller's transaction is whole, or is not there. The power goes in test_power.py."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from fund.database import Engine, is_sqlite
from fund.ledger import Ledger, commit, credit, debit
from fund.ledger.store.refusals import refusal_of
from tests.ledger.attacks import legs_sql
from tests.ledger.conftest import BOOK, draft, opened
from tests.ledger.test_concurrency import CLIENTS, at_once


def test_what_was_committed_is_there_for_others_and_the_connection_can_go_on(engine: Engine) -> None:
    with engine.connect() as connection:
        for number in range(3):
            ledger = Ledger.open(connection, book=BOOK)
            assert ledger.post(draft(f"k{number}", debit("1000", 1), credit("3000.anna", 1))).seq == number + 1
            commit(connection)
            assert not connection.in_transaction()
            with opened(engine) as other:
                assert other.head().seq == number + 1
        if not is_sqlite(engine):
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok


def test_a_second_transaction_waits_for_the_disk(engine: Engine) -> None:
    """The log is flushed beyond the entry when it returns: what a crash takes back was never told."""
    if is_sqlite(engine):
        return  # there it is a plain commit
    with engine.connect() as connection:
        Ledger.open(connection, book=BOOK).post(draft("k", debit("1000", 1), credit("3000", 1)))
        connection.exec_driver_sql("CREATE TEMPORARY TABLE at AS SELECT pg_current_wal_insert_lsn() AS place")
        commit(connection)
        flushed = "SELECT pg_current_wal_flush_lsn() >= place FROM at"
        assert connection.exec_driver_sql(flushed).scalar_one() is True


def test_nothing_to_commit_is_no_error(engine: Engine) -> None:
    with engine.connect() as connection:
        commit(connection)


def test_what_is_refused_at_the_commit_is_refused_and_nothing_is_kept(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(legs_sql(("1000", 5), ("3000", -5)))
        with pytest.raises(sa.exc.DBAPIError) as problem:
            commit(connection)
        assert refusal_of(problem.value) is not None
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM posting").scalar_one() == 0


def test_eight_clients_that_let_go_early_make_one_chain(engine: Engine) -> None:
    def work(number: int) -> None:
        with engine.connect() as connection:
            for turn in range(5):
                Ledger.open(connection, book=BOOK).post(draft(f"{number}-{turn}", debit("1000", 1), credit("3000", 1)))
                commit(connection)

    at_once(work)
    with opened(engine) as ledger:
        assert ledger.head().seq == CLIENTS * 5
        assert ledger.verify(full=True).ok
