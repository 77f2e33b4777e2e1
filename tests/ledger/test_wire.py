"""One message to PostgreSQL: what happens when the driver, the server or a person comes in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from fund.database import Engine, create_engine, translated, writing
from fund.errors.database import DatabaseUnreachable
from fund.errors.ledger import LimitExceeded
from fund.ledger import AccountType, Ledger, Posting, commit, credit, debit
from fund.ledger.store import wire
from tests.ledger.conftest import BOOK, draft, fill_chart


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """The bakery on PostgreSQL; its connections are kept."""
    engine = create_engine(postgres_url, pooled=True)
    with writing(engine) as connection:
        ledger = Ledger.create(connection, book=BOOK)
        fill_chart(ledger)
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
    yield engine
    engine.dispose()


def one(key: str) -> tuple[str, Posting, Posting]:
    """What a plain entry needs."""
    return key, debit("1000", 10), credit("3000", 10)


def test_what_the_driver_forgot_is_prepared_again(engine: Engine) -> None:
    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        commit(connection)
        for number in range(3):
            assert ledger.post(draft(*one(f"a{number}"))).seq == number + 1
            commit(connection)
            connection.exec_driver_sql("DEALLOCATE ALL")
            connection.rollback()
        assert ledger.post(draft(*one("prepared by somebody"))).seq == 4
        commit(connection)
        connection.info.pop("fund_post", None)
        connection.exec_driver_sql("PREPARE fund_post AS SELECT 1")
        commit(connection)
        assert ledger.post(draft(*one("as well"))).seq == 5
        commit(connection)
        assert ledger.verify(full=True).ok


def test_what_is_refused_leaves_the_transaction_open_for_more(engine: Engine) -> None:
    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        ledger.post(draft(*one("before")))
        with pytest.raises(LimitExceeded):
            ledger.post(draft("refused", debit("3000", 5), credit("1010", 5)))
        ledger.post(draft(*one("after")))
        commit(connection)
        assert [entry.idempotency_key for entry in ledger.entries()] == ["before", "after"]


def test_a_post_begins_the_transaction_that_a_rollback_takes_back(engine: Engine) -> None:
    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        commit(connection)
        ledger.post(draft(*one("never")))
        assert connection.in_transaction()
        connection.rollback()
        assert ledger.head().seq == 0


def test_the_callers_own_isolation_holds(engine: Engine) -> None:
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="SERIALIZABLE")
        ledger = Ledger.open(connection, book=BOOK)
        commit(connection)
        ledger.post(draft(*one("serializable")))
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "serializable"
        commit(connection)
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        assert Ledger.open(connection, book=BOOK).post(draft(*one("by itself"))).seq == 2
    with writing(engine) as connection:
        assert Ledger.open(connection, book=BOOK).head().seq == 2


def test_a_message_larger_than_the_server_takes_at_once_is_sent_whole(engine: Engine) -> None:
    memo = "Ö" * 3_000_000
    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        ledger.post(draft(*one("long"), memo=memo))
        commit(connection)
        assert next(ledger.entries()).memo == memo


def test_a_server_that_is_gone_is_said_to_be_gone(engine: Engine) -> None:
    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        commit(connection)
        with writing(engine) as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        with pytest.raises(DatabaseUnreachable), translated(engine):
            ledger.post(draft(*one("nobody hears")))
        connection.invalidate()
    with writing(engine) as connection:
        assert Ledger.open(connection, book=BOOK).head().seq == 0


def test_who_interrupts_a_post_has_posted_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with writing(engine) as holder:
        Ledger.open(holder, book=BOOK).post(draft(*one("holds the head")))
        with engine.connect() as connection:
            ledger = Ledger.open(connection, book=BOOK)
            commit(connection)
            monkeypatch.setattr(wire, "_wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                ledger.post(draft(*one("interrupted")))
            monkeypatch.undo()
            connection.invalidate()
    with writing(engine) as connection:
        ledger = Ledger.open(connection, book=BOOK)
        assert [entry.idempotency_key for entry in ledger.entries()] == ["holds the head"]
