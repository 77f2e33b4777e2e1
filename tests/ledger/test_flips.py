"""The last row of the table of attacks: any bit of any column of any table of the ledger that is turned over is found.

Tables and columns are read from the database, so what a later migration adds is turned over too, without anybody
thinking of it. What is left out stands below, with its reason.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import Connection, create_engine, writing
from fund.ledger import AccountType, Ledger, credit, debit, install
from fund.ledger.verify import Verification
from tests.ledger.attacks import Row, owner, rows_of, turn_over
from tests.ledger.conftest import BOOK, draft, fill_chart, opened
from tests.ledger.test_anchors import KEY


def _tables() -> dict[str, sa.Table]:
    """The tables of the ledger, by name, as a database says that it holds them."""
    held, engine = sa.MetaData(), create_engine("sqlite://")
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        install(connection)
        held.reflect(connection)
    engine.dispose()
    return dict(held.tables)


TABLES = _tables()
NOT_SEALED = {
    "verification": "the log of the checks: a full run reads nothing of it",
    "book.currency": "what a new account gets when nobody says its currency; each account has its own, which is sealed",
}
SHOWN = {
    "entry": ("entry:", "chain_head"),
    "posting": ("entry:", "leg:"),
    "account_balance": ("account:",),
    "balance_day": ("account:",),
    "account": ("entry:", "account:"),
    "book": ("entry:", "chain_head"),
}
"""Where a finding points for each table; else at a row of the table itself, or at the head that names it."""


@pytest.fixture(scope="module")
def unguarded(module_database_url: str) -> Iterator[Connection]:
    """The owner's connection to a book with something in every table; what is done in a savepoint is taken back."""
    engine = create_engine(module_database_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="usr_a", second_actor="usr_b")
        ledger.post(draft("k1", debit("1000", 500), credit("3000.anna", 500), on=date(2027, 2, 3), metadata={"n": "é"}))
        ledger.post(draft("k2", debit("1000", 70), credit("4400", 70), on=date(2027, 2, 4)))
        ledger.post(draft("k3", debit("4000", 9), credit("1000", 9), debit("9000", 4), credit("9010", 4)))
        ledger.reverse(3, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="k4", actor="usr_a")
        ledger.close_period("2027-01", actor="usr_a", second_actor="usr_b")
        ledger.lock_period("2027-02", actor="usr_a", second_actor="usr_b")
        ledger.close_period("2027-02", actor="usr_a", second_actor="usr_b")
        ledger.limit_set(
            "free", {"1000": 1, "9000": -1}, actor="usr_a", min_balance_cents=5, max_balance_cents=10**9,
            kinds=["promise"], valid_from=date(2027, 1, 1), valid_until=date(2028, 12, 31),
        )  # fmt: skip
        ledger.anchor(KEY)
        ledger.add_account(
            "1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0, max_balance_cents=10**9,
            limit_kinds=["promise"], valid_from=date(2027, 1, 1), valid_until=date(2028, 12, 31),
        )  # fmt: skip
        ledger.rename_account("1010", "Kasgeld")
        ledger.post(draft("k5", debit("1000", 1), credit("3000.bob", 1), on=date(2027, 4, 1)))
        # The bare number of an account is told by what moved on it, and nothing else is: so something moved on each.
        ledger.post(draft("k6", debit("1010", 1), debit("1290", 1), credit("3000", 2), on=date(2027, 4, 1)))
        ledger.limit_set("free", {"1000": 1}, actor="usr_a", min_balance_cents=0)
        ledger.anchor(KEY)
        assert ledger.verify(full=True).ok
    with owner(engine) as connection:
        assert look(connection).findings == ()
        yield connection
    engine.dispose()


def look(connection: Connection) -> Verification:
    """A full run, but that the guards are gone: the owner dropped them."""
    (name,) = connection.exec_driver_sql("SELECT name FROM book").one()
    found = Ledger.open(connection, book=name).verify(full=True)
    return replace(found, checks=tuple(check for check in found.checks if check.name != "guards"))


def flip(connection: Connection, row: Row, column: str, bit: int) -> bool:
    """Turn a bit over, look for it, and put it back; whether the database let it be done."""
    entry = "id" if row.table == "entry" else "entry_id"
    own = connection.execute(sa.text("SELECT seq FROM entry WHERE id = :id"), {"id": row.values.get(entry)}).scalar()
    spoil = connection.begin_nested()
    try:
        if row.table == "book":  # its name stays a text: by that it is opened
            bit = bit - bit % 8 + bit % 3
        done = turn_over(connection, row, column, bit)
        found = look(connection) if done else None
    finally:
        spoil.rollback()
    if found is not None:
        what = f"bit {bit} of {row.table}.{column} of {row.values}: {found.findings}"
        places = SHOWN.get(row.table, (f"{row.table}:", "chain_head"))
        below = column == "head_seq"  # it may come to lie before the first entry, and names none
        assert any((below or one.seq is not None) and one.place.startswith(places) for one in found.findings), what
        if own is not None:
            assert found.first_bad_seq == own or (column == "seq" and (found.first_bad_seq or 0) < own), what
    return done


def test_what_is_left_out_is_there() -> None:
    everything = {*TABLES, *(f"{name}.{column.name}" for name, table in TABLES.items() for column in table.c)}
    assert set(NOT_SEALED) <= everything


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (name, column.name)
        for name, table in TABLES.items()
        for column in table.c
        if not {name, f"{name}.{column.name}"} & set(NOT_SEALED) and column.computed is None
    ],
)
def test_any_bit_of_any_column_that_is_turned_over_is_found(unguarded: Connection, table: str, column: str) -> None:
    dice = random.Random(f"{table}.{column}")
    rows = rows_of(unguarded, table)
    turned = sum(flip(unguarded, dice.choice(rows), column, dice.randrange(512)) for _ in range(3))
    assert turned or any(flip(unguarded, row, column, bit) for row in rows for bit in range(8))


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bit_is_turned_over_is_found(unguarded: Connection, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from([name for name in TABLES if name not in NOT_SEALED]))
    row = data.draw(st.sampled_from(rows_of(unguarded, table)))
    columns = [name for name in row.columns if f"{table}.{name}" not in NOT_SEALED]
    flip(unguarded, row, data.draw(st.sampled_from(columns)), data.draw(st.integers(0, 4095)))
