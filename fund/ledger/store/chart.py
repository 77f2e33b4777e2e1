"""The chart as it is sealed: a row for each change of an account, which follows the row before it.

On PostgreSQL the accounts' own triggers write these rows; on SQLite, which has no SHA-256, they are written here, and a
trigger makes the account from its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fund import dates
from fund.database import to_micros
from fund.ledger.seal import SEALED, VERSION, step_hash

ACCOUNT_FIELDS = SEALED["account-change"][1:-3]
"""What an account is: all its columns but those that no row can change."""

PAGE = 2_000
LOWEST = -(2**63)


def write_changes(connection: Connection, *, book: str, head: Any, accounts: Iterable[Mapping[str, Any]]) -> None:
    """Seal accounts as they are from now on, and bring them about; on SQLite.

    Args:
        head: The row of the chain head.
        accounts: The :data:`ACCOUNT_FIELDS` of each, as they are stored.
    """
    previous, at = bytes(head.chart_hash), max(to_micros(dates.now()), head.recorded_at)
    rows = []
    for number, account in enumerate(accounts, start=head.chart_number + 1):
        row = {
            "number": number,
            **{name: account[name] for name in ACCOUNT_FIELDS},
            "head_seq": head.seq,
            "head_hash": bytes(head.hash),
            "recorded_at": at,
            "version": VERSION,
            "previous_hash": previous,
        }
        previous = row["hash"] = step_hash("account-change", book, row)
        rows.append({"book_id": head.book_id, **row})
    columns = list(rows[0])
    connection.exec_driver_sql(
        f"INSERT INTO account_change ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [tuple(row.values()) for row in rows],
    )


class Chart:
    """The stored chart of one book, read without trusting any of it; days as text."""

    def __init__(self, connection: Connection, book_id: int) -> None:
        self._connection = connection
        self._book_id = book_id

    def changes(self) -> Iterator[dict[str, Any]]:
        """Every change in order; under ``made_at`` the hash of the entry that it names, if there is one."""
        since = LOWEST
        while True:
            rows = self._connection.execute(
                sa.text(
                    "SELECT account_change.*, entry.hash AS made_at FROM account_change LEFT JOIN entry"
                    " ON entry.book_id = account_change.book_id AND entry.seq = account_change.head_seq"
                    " WHERE account_change.book_id = :book AND number > :since"
                    f" ORDER BY number LIMIT {PAGE}"
                ),
                {"book": self._book_id, "since": since},
            ).all()
            for row in rows:
                yield plain(row)
            if len(rows) < PAGE:
                return
            since = rows[-1].number

    def accounts(self) -> Iterator[dict[str, Any]]:
        """Every account as it is now, in code order."""
        rows = self._connection.execute(
            sa.text(f"SELECT {', '.join(ACCOUNT_FIELDS)} FROM account WHERE book_id = :book ORDER BY code"),
            {"book": self._book_id},
        )
        for row in rows:
            yield plain(row)


def plain(row: Any) -> dict[str, Any]:
    """A row as the mapping that its seal takes; days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row._mapping.items()}
