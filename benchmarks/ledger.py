"""How fast the ledger is, through its public names alone: one JSON object on standard output. Never part of the tests.

``python benchmarks/ledger.py --database URL --workload w1 --clients 8 --seconds 3 --round 1``. The database is brought
to the newest version, and each run makes a book of its own in it. ``benchmarks/README.md`` says what is measured.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import harness  # noqa: E402
from harness import Line  # noqa: E402

from fund.database import create_engine, is_sqlite, reading, unavailable, writing  # noqa: E402
from fund.database.versions import upgrade  # noqa: E402
from fund.errors.database import DatabaseBusy  # noqa: E402
from fund.errors.ledger import BookExists  # noqa: E402
from fund.ledger import AccountType, EntryDraft, Ledger, commit, credit, debit  # noqa: E402


def draft(line: Line) -> EntryDraft:
    """The entry as the ledger takes it."""
    return EntryDraft(
        effective_on=line.day,
        kind=line.kind,
        memo=line.memo,
        actor=line.actor,
        idempotency_key=line.key,
        metadata={"event_id": line.event},
        postings=tuple(debit(code, cents) if cents > 0 else credit(code, -cents) for code, cents in line.legs),
    )


class LedgerClient:
    """One client: a connection, and a ledger opened on it once."""

    def __init__(self, url: str, book: str) -> None:
        self._engine = create_engine(url)
        self._book = book
        self._open = ExitStack()
        self._writes: Ledger | None = None
        self._reads: Ledger | None = None

    def _writer(self) -> Ledger:
        if self._writes is None:
            connection = self._open.enter_context(self._engine.connect())
            self._writes = Ledger.open(connection, book=self._book)
            commit(connection)
        return self._writes

    def _reader(self) -> Ledger:
        if self._reads is None:
            self._reads = Ledger.open(self._open.enter_context(reading(self._engine)), book=self._book)
        return self._reads

    def post(self, line: Line) -> object:
        """One entry, one commit."""
        ledger = self._writer()
        posted = ledger.post(draft(line))
        commit(ledger.connection)
        return posted

    def post_many(self, lines: Sequence[Line]) -> object:
        """Many entries, one commit."""
        ledger = self._writer()
        posted = ledger.post_many([draft(line) for line in lines])
        commit(ledger.connection)
        return posted

    def balance(self, code: str, day: date) -> int:
        """One balance, asked inside one reading transaction."""
        return self._reader().balance(code, as_of=day)

    def trial_balance(self, day: date) -> Sequence[object]:
        """One trial balance, asked inside one reading transaction."""
        return list(self._reader().trial_balance(as_of=day))

    def verify(self) -> int:
        """Every check, over every entry."""
        with writing(self._engine) as connection:
            ledger = Ledger.open(connection, book=self._book)
            found = ledger.verify(full=True)
            if not found.ok:
                raise SystemExit(f"the ledger does not verify: {found}")
            return found.head.seq

    def busy(self, problem: Exception) -> bool:
        """A lock that was not to be had, a deadlock or a serialization failure."""
        if self._writes is not None:
            self._writes.connection.rollback()
        return isinstance(unavailable(problem), DatabaseBusy)

    def close(self) -> None:
        """Let go."""
        self._open.close()
        self._engine.dispose()


class LedgerPeer:
    """``fund.ledger``."""

    name = "fund.ledger"

    def make(self, url: str, book: str, accounts: Sequence[tuple[str, str]]) -> bool:
        """The newest version, a new book, its accounts."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            upgrade(url)
        engine = create_engine(url)
        try:
            with writing(engine) as connection:
                ledger = Ledger.create(connection, book=book)
                for code, type in accounts:
                    ledger.add_account(code, name=f"Rekening {code}", type=AccountType(type))
        except BookExists:
            return False
        finally:
            engine.dispose()
        self.settle(url)
        return True

    def client(self, url: str, book: str) -> LedgerClient:
        """A client with a connection of its own."""
        return LedgerClient(url, book)

    def settle(self, url: str) -> None:
        """Statistics, and no vacuum in the middle of a measurement."""
        engine = create_engine(url)
        with engine.connect() as connection:
            if is_sqlite(connection):
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
        engine.dispose()


if __name__ == "__main__":
    harness.main(LedgerPeer())
