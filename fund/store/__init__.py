"""All SQL over the rows that are not ledger: facts and case files, the service's own memory, deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fund.database import Connection
from fund.store.deliveries import OPEN, DeliveryRow, DeliveryStore, WorkerRow
from fund.store.facts import CaseBrief, CaseRow, CaseStore, EventSummary, FactStore, Head, envelope_of, seal_event
from fund.store.work import CommandRow, PendingRow, SealedRow, TimerRow, WorkStore

if TYPE_CHECKING:
    from fund.store.guards import GuardStore

__all__ = [
    "OPEN", "CaseBrief", "CaseRow", "CaseStore", "CommandRow", "FactStore", "DeliveryRow",
    "DeliveryStore", "Head", "PendingRow", "SealedRow", "Store", "TimerRow", "EventSummary", "WorkStore", "WorkerRow",
    "envelope_of", "seal_event",
]  # fmt: skip


class Store:
    """The fund's rows behind one connection, by chapter."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.facts = FactStore(connection)
        self.cases = CaseStore(connection)
        self.work = WorkStore(connection)
        self.deliveries = DeliveryStore(connection)

    @property
    def guards(self) -> GuardStore:
        """What the database holds of our guards; only ``fund verify`` asks."""
        from fund.store.guards import GuardStore

        return GuardStore(self.connection)
