from __future__ import annotations

import pytest
import sqlalchemy as sa

from fund.database import Engine, is_sqlite
from fund.ledger import tables

PROVED_BY_TRIGGERS = {
    "account_balance": {("account_id",)},
    "balance_day": {("account_id",)},
    "entry": {("book_id",), ("book_id", "reverses_seq")},
    "posting": {("account_id",)},
}
"""Foreign keys that PostgreSQL does not check, because the entry's triggers do (ledger_posting)."""


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_rows_that_python_knows_are_the_rows_of_the_database(engine: Engine) -> None:
    inspector = sa.inspect(engine)
    rows = [getattr(tables, name) for name in tables.__all__ if name.endswith("Row")]
    assert len(rows) == 12
    for row in rows:
        table = row.__table__
        found = {column["name"]: column for column in inspector.get_columns(table.name)}
        assert list(found) == [column.name for column in table.columns], table.name
        for column in table.columns:
            assert found[column.name]["nullable"] == column.nullable, f"{table.name}.{column.name}"
            ours = column.type.compile(engine.dialect)
            theirs = found[column.name]["type"].compile(engine.dialect)
            assert theirs.removesuffix(' COLLATE "C"') == ours, f"{table.name}.{column.name}"
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        assert {tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(table.name)} == {
            tuple(column.name for column in key.columns) for key in table.foreign_key_constraints
        } - (set() if is_sqlite(engine) else PROVED_BY_TRIGGERS.get(table.name, set()))
        unique = {
            tuple(column.name for column in one.columns)
            for one in table.constraints
            if isinstance(one, sa.UniqueConstraint)
        }
        assert {tuple(one["column_names"]) for one in inspector.get_unique_constraints(table.name)} == unique
        indexes = {str(index.name) for index in table.indexes}
        theirs_too = {
            str(index["name"]) for index in inspector.get_indexes(table.name) if not index.get("duplicates_constraint")
        }
        assert indexes - theirs_too == set(), table.name
