"""Rows as records of ours, and rows written whether they are there or not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from fund.database import Connection, from_micros, is_sqlite

Record = TypeVar("Record")


@cache
def columns(model: Hashable) -> tuple[tuple[str, str], ...]:
    """Of each field its column; an instant (``due_at``) is kept in microseconds (``due_us``)."""
    names = [field.name for field in fields(cast(Any, model))]
    return tuple((name, name.removesuffix("_at") + "_us" if name.endswith("_at") else name) for name in names)


def record_of(model: type[Record], row: Any) -> Record:
    """The record that a row holds."""
    values = row._mapping
    return model(
        *(
            values[column] if column == name or values[column] is None else from_micros(values[column])
            for name, column in columns(cast(Hashable, model))
        )
    )


@cache
def insert(sqlite: bool) -> Any:
    """``INSERT`` as one of the databases has it; nothing of the other is loaded."""
    if sqlite:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert


def put(
    connection: Connection, table: sa.Table, key: Mapping[str, Any], changed: Mapping[str, Any], **first: Any
) -> None:
    """Write the row under this key, or change the one that is there.

    Args:
        first: What a new row has besides.
    """
    statement = insert(is_sqlite(connection))(table).values(**key, **changed, **first)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=dict(changed)))


def one(
    connection: Connection, model: type[Record], query: Any, given: Mapping[str, Any] | None = None
) -> Record | None:
    """The record that a query finds, if any."""
    row = connection.execute(query, given).one_or_none()
    return None if row is None else record_of(model, row)


def every(
    connection: Connection, model: type[Record], query: Any, given: Mapping[str, Any] | None = None
) -> list[Record]:
    """The records that a query finds."""
    return [record_of(model, row) for row in connection.execute(query, given)]
