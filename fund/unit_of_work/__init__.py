"""One database transaction under the fund's lock: ``record`` stores a fact and posts its entries, or neither.

``Snapshot`` reads cases, facts, ledger and regulations at one instant; ``HistoricalSnapshot`` reads them as they were
known at a fact. ``UnitOfWork`` is a snapshot that may record. Use cases are plain functions that take one; they check
and record, and never commit. A ``Projection`` says how facts change the cases of one kind. Source: lifecycle.md 1,
service.md 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fund.unit_of_work.history import HistoricalSnapshot
from fund.unit_of_work.projections import Projection, Projections
from fund.unit_of_work.refs import derive_id
from fund.unit_of_work.snapshot import BOOK, Snapshot

if TYPE_CHECKING:
    from fund.unit_of_work.unit import Step, UnitOfWork

__all__ = ["BOOK", "Projection", "Projections", "HistoricalSnapshot", "Step", "UnitOfWork", "Snapshot", "derive_id"]


def __getattr__(name: str) -> Any:
    """``Step`` and ``UnitOfWork``, loaded when a module asks for them: who only reads does without."""
    if name in ("Step", "UnitOfWork"):
        from fund.unit_of_work import unit

        return getattr(unit, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
