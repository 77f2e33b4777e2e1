"""A small book on each kind of database: a bank, partners' capital, costs, and a memo pair."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from fund.database import Engine, create_engine, writing
from fund.ledger import AccountType, EntryDraft, Ledger, Posting, Side
from tests.conftest import with_database

BOOK = "bakery"
TABLES = (
    "book",
    "account",
    "entry",
    "posting",
    "account_balance",
    "account_change",
    "account_set",
    "anchor",
    "balance_day",
    "chain_head",
    "period",
    "verification",
)
DAY = date(2027, 3, 10)
NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)

Opens = Callable[[], AbstractContextManager[Ledger]]


def draft(
    key: str, *postings: Posting, on: date = DAY, kind: str = "receipt", memo: str = "Broodverkoop", **more: Any
) -> EntryDraft:
    """One valid entry, but for what the test says otherwise."""
    return EntryDraft(
        effective_on=on,
        kind=kind,
        memo=memo,
        actor=more.pop("actor", "usr_baker"),
        idempotency_key=key,
        postings=postings,
        recorded_at=more.pop("recorded_at", NOON),
        **more,
    )


def fill_chart(ledger: Ledger) -> None:
    """The accounts of the bakery."""
    ledger.add_account("1000", name="Bank", type=AccountType.ASSET)
    ledger.add_account("1290", name="Voorziening", type=AccountType.ASSET, normal_side=Side.CREDIT)
    ledger.add_account("3000", name="Kapitaal", type=AccountType.EQUITY)
    ledger.add_account("4000", name="Meel", type=AccountType.EXPENSE)
    ledger.add_account("4400", name="Verkoop", type=AccountType.INCOME)
    ledger.add_account("9000", name="Verplichtingen", type=AccountType.MEMO)
    ledger.add_account("9010", name="Tegenrekening", type=AccountType.MEMO, normal_side=Side.CREDIT)


def _administer(server: str, statement: str) -> None:
    with psycopg.connect(with_database(server, "postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def ledger_postgres_url(postgres_template: tuple[str, str]) -> Iterator[str]:
    """One PostgreSQL database for all tests of the ledger, which leave nothing behind in it."""
    server, template = postgres_template
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    _administer(server, f"create database {name} template {template} strategy file_copy")
    yield with_database(server, name)
    _administer(server, f"drop database if exists {name} with (force)")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database at head with an empty ledger, on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    yield (url := request.getfixturevalue("ledger_postgres_url"))
    engine = create_engine(url)
    with writing(engine) as connection:  # its owner may: with the guards out of the way
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
    engine.dispose()


@pytest.fixture
def engine(ledger_url: str) -> Iterator[Engine]:
    """A database at head with the bakery's chart in it, on each kind."""
    engine = create_engine(ledger_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    yield engine
    engine.dispose()


@contextmanager
def opened(engine: Engine) -> Iterator[Ledger]:
    """The bakery's ledger in a transaction of its own, committed at the end."""
    with writing(engine) as connection:
        yield Ledger.open(connection, book=BOOK)


@pytest.fixture
def book(engine: Engine) -> Opens:
    """A function that opens the bakery's ledger in a transaction of its own."""
    return lambda: opened(engine)


def as_text(postings: Sequence[Posting]) -> str:
    """An entry's legs as bookkeepers write them."""
    return "\n".join(
        f"{'Dr' if leg.amount_cents > 0 else 'Cr'} {leg.account} {abs(leg.amount_cents)}" for leg in postings
    )
