"""All SQL of the ledger: the book and its chart, what it says, its months, and posting."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from fund.database import install as install_object
from fund.database import is_sqlite
from fund.database import uninstall as uninstall_object
from fund.ledger.store.anchoring import Anchoring, anchor_hash
from fund.ledger.store.evidence import OBJECTS, POSTGRESQL_ONLY, Evidence, RawEntry, RawPeriod, RawSet
from fund.ledger.store.limits import set_hash
from fund.ledger.store.periods import Period, PeriodStatus, period_hash
from fund.ledger.store.reading import CardLine, TrialBalanceRow, Turnover
from fund.ledger.store.writing import LedgerStore

__all__ = [
    "OBJECTS",
    "Anchoring",
    "CardLine",
    "Evidence",
    "LedgerStore",
    "Period",
    "PeriodStatus",
    "RawEntry",
    "RawPeriod",
    "RawSet",
    "TrialBalanceRow",
    "Turnover",
    "anchor_hash",
    "commit",
    "install",
    "period_hash",
    "set_hash",
    "uninstall",
]


def install(connection: Connection) -> None:
    """The ledger's tables, functions and triggers, as the migrations leave them."""
    for name, version in OBJECTS:
        if name not in POSTGRESQL_ONLY or not is_sqlite(connection):
            install_object(connection, name, version)


def uninstall(connection: Connection) -> None:
    """Remove the ledger with all it holds."""
    for name, version in reversed(OBJECTS):
        if name not in POSTGRESQL_ONLY or not is_sqlite(connection):
            uninstall_object(connection, name, version)


def commit(connection: Connection) -> None:
    """End the caller's transaction; when this returns, what it wrote is durable."""
    transaction = connection.get_transaction()
    if transaction is not None:
        transaction.commit()
