"""The chart, sealed: what accounts are called, on which side they stand, what they may hold, whether they are open.

Accounts that are there already are sealed as they are on this day: what they were before, nobody has kept. On
PostgreSQL the SQL object does that; SQLite has no SHA-256, so it is done here, in the form of this version.
"""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

from fund import ledger
from fund.database import install, is_sqlite, uninstall

revision = "0008_chart"
down_revision = "0007_posting"
branch_labels = None
depends_on = None

FIELDS = (
    "code", "name", "type", "layer", "currency", "normal_side", "min_balance_cents", "max_balance_cents", "status",
    "limit_kinds", "valid_from", "valid_until",
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    install(connection, "ledger_chart", 1)
    if is_sqlite(connection):
        heads = sa.text("SELECT book.name AS book, chain_head.* FROM book JOIN chain_head ON book_id = id ORDER BY id")
        for head in connection.execute(heads).all():
            _seal_accounts(connection, head)


def _seal_accounts(connection: sa.Connection, head: sa.Row[tuple[object, ...]]) -> None:
    accounts = sa.text(f"SELECT {', '.join(FIELDS)} FROM account WHERE book_id = :book ORDER BY id")
    previous, at, rows = bytes(32), max(time.time_ns() // 1000, head.recorded_at), []  # noqa: TID251
    for number, account in enumerate(connection.execute(accounts, {"book": head.book_id}), start=1):
        said = (number, *account, head.seq, head.hash, at)
        hash = ledger.seal(previous, ledger.canonical((head.book, *said), exact=True), "account-change", 1)
        rows.append((head.book_id, *said, 1, previous, hash))
        previous = hash
    if rows:
        places = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO account_change VALUES ({places})", rows)


def downgrade() -> None:
    uninstall(op.get_bind(), "ledger_chart", 1)
