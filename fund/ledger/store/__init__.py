"""All SQL of the ledger: the book and its chart, what it says, its months, and posting."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fund.database import is_sqlite
from fund.ledger.store.wire import ask

_EARLY = b"SET LOCAL synchronous_commit = off; COMMIT; SELECT pg_logical_emit_message(true, 'fund', 'flush')"


def install(connection: Connection) -> None:
    """The ledger's tables, functions and triggers, as the migrations leave them."""
    from fund.database.objects import install
    from fund.ledger.store.evidence import objects

    for name in objects(on_sqlite=is_sqlite(connection)):
        install(connection, name)


def uninstall(connection: Connection) -> None:
    """Remove the ledger with all it holds."""
    from fund.database.objects import uninstall
    from fund.ledger.store.evidence import objects

    for name in reversed(objects(on_sqlite=is_sqlite(connection))):
        uninstall(connection, name)


def commit(connection: Connection) -> None:
    """End the caller's transaction; when this returns, what it wrote is durable.

    On PostgreSQL the lock on the chain is let go before the disk is waited for: the transaction is committed without
    waiting, and a second one, that writes no more than a message, is waited for in the same round trip. A crash between
    the two takes back, whole, what nobody was told.
    """
    transaction = connection.get_transaction()
    if transaction is None:
        return
    raw: Any = connection.connection.driver_connection
    if not is_sqlite(connection):
        try:
            ask(raw, _EARLY)
        except sa.exc.DBAPIError:
            transaction.rollback()
            raise
    try:
        transaction.commit()
    except sa.exc.DBAPIError:
        raw.rollback()  # SQLite leaves a transaction open that it could not commit
        raise
