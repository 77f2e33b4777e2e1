"""What is told to people is on the disk: a reader waits for what early release has not flushed yet."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fund.database import is_sqlite

# CASE, for a standby has no place at which it writes: it reads only what the primary sent, which has that on its disk.
_PENDING = sa.text(
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() END"
)
# A message outside of any transaction, flushed with all that was written before it. A reader may write one. (To wait
# until it happens by itself could take for ever: what nobody committed yet is in the log too, and nothing flushes it.)
_FLUSH = sa.text("SELECT pg_logical_emit_message(false, 'fund', 'flush', true)")


def flushed(connection: Connection) -> None:
    """Wait until everything that this transaction has read is durable.

    :func:`commit` lets others read an entry before it is on the disk; a crash at that moment takes the entry back, but
    not what a reader told of it. So who tells a head to people (an export, a statement, the answer to a reading
    command) calls this once the transaction has its view, and before anything leaves. SQLite has nothing to wait for.
    """
    if not is_sqlite(connection) and connection.execute(_PENDING).scalar_one():
        connection.execute(_FLUSH)
