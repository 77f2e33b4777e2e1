"""Any bit of any column of the facts, their links and their head, and of what is folded from them, that is turned over.

``fund verify`` names the fact. Tables and columns are those of ``fund/tables.py``; the ledger's own are turned over in
``tests/ledger/test_flips.py``. What is left out stands below, with its reason.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table

from fund import files
from fund import tables as t
from fund.checks import look_at
from fund.database import Connection
from fund.registry import PROJECTIONS
from fund.store import Store
from fund.unit_of_work import Snapshot
from tests.factories import founded
from tests.ledger.attacks import Row, owner, rows_of, turn_over
from tests.workflows.test_receipts import DAY, called, import_statement, registered

SEALED = ("event", "event_link", "event_head")
"""Of these each finding names a fact."""
KEPT = ("case_file", "blob", "subscription")
"""Made from facts or named by them, and compared with them."""
LEFT_OUT = {
    "blob.content": "beside SQLite it is a file; what becomes of that, and of the column, is in test_checks.py",
    "delivery": "how far the work after a fact has come; that the row is there is checked, in test_checks.py",
    "timer": "when the work after a fact falls due",
    "command": "what was asked and answered; its facts name it, and hold what it did",
    "pending": "what waits; who confirms is shown what it does, by its hash",
    "sealed": "compared with the commitment in its fact when the seal is opened",
    "counter": "the last number given; a number given twice is refused by the life that has it",
    "fund_setting": "how the service runs",
    "person": "names, which may be erased",
    "worker": "signs of life",
}


@pytest.fixture(scope="module")
def unguarded(module_database_url: str) -> Iterator[Connection]:
    """The owner's connection to a small fund; what is done in a savepoint is taken back."""
    with founded(module_database_url) as world:
        called(world)
        bank = registered(world)
        bank.receive(432, name="Bank", iban="", on=DAY, text="rente")
        import_statement(world, bank)
        world.do("cost income", user="bram", receipt="O2026-0001", reason="rente")
        with world.uow() as uow:
            files.put(uow, b"%PDF-1.7 a bill", name="bill.pdf")
        world.drain()
        with owner(world.fund.engine) as connection:
            assert bad(connection) == []
            yield connection


def bad(connection: Connection) -> list[tuple[str, int | None, str]]:
    """What is found, as (check, number, place), but that the guards are gone."""
    snapshot = Snapshot(connection, PROJECTIONS, actor=None, now=Store(connection).work.clock())
    return [
        (check["name"], finding["seq"], finding["place"])
        for check in look_at(snapshot)["checks"]
        if not check["name"].endswith("guards")
        for finding in check["findings"]
    ]


def flip(connection: Connection, row: Row, column: str, bit: int) -> bool:
    """Turn a bit over, look for it, and put it back; whether the database let it be done."""
    spoil = connection.begin_nested()
    try:
        done = turn_over(connection, row, column, bit)
        found = bad(connection) if done else []
    finally:
        spoil.rollback()
    if done:
        what = f"bit {bit} of {row.table}.{column} of {row.values}: {found}"
        assert found, what
        if row.table in SEALED:
            own: Any = row.values["seq"]
            facts = [seq for _name, seq, place in found if place.startswith("event") and seq is not None]
            assert facts, what
            assert min(facts) == own or column == "seq", what
    return done


def test_every_table_is_turned_over_or_left_out_for_a_reason() -> None:
    assert {*SEALED, *KEPT, *LEFT_OUT} == {
        *(name for name, each in vars(t).items() if isinstance(each, Table)),
        "blob.content",
    }


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column.name) for table in (*SEALED, *KEPT) for column in getattr(t, table).c if column.name != "content"],
)
def test_any_bit_of_any_column_that_is_turned_over_is_found(unguarded: Connection, table: str, column: str) -> None:
    dice = random.Random(f"{table}.{column}")
    rows = rows_of(unguarded, table)
    turned = sum(flip(unguarded, dice.choice(rows), column, dice.randrange(512)) for _ in range(2))
    assert turned or any(flip(unguarded, row, column, bit) for row in rows for bit in range(8))


@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_whatever_bit_is_turned_over_is_found(unguarded: Connection, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(rows_of(unguarded, data.draw(st.sampled_from((*SEALED, *KEPT))))))
    columns = sorted(set(row.columns) - {"content"})
    flip(unguarded, row, data.draw(st.sampled_from(columns)), data.draw(st.integers(0, 8191)))
