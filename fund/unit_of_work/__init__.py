"""One database transaction under the fund's lock: ``record`` stores a fact and posts its entries, or neither.

``View`` reads: cases, facts, ledger, regulations, at one instant; ``Past`` as they were known at a fact. ``UnitOfWork``
is a view that may record. Use cases are plain functions that take one; they ask, check and record, and never commit. A
chapter lists them as ``Command`` and ``Query``, and says with ``Life`` how facts change its cases. Source: lifecycle.md
1, service.md 4.
"""

from __future__ import annotations

from fund.unit_of_work.chapter import Command, Place, Query, found_at
from fund.unit_of_work.lives import Life, Lives
from fund.unit_of_work.past import Past
from fund.unit_of_work.refs import derive_id
from fund.unit_of_work.unit import UnitOfWork
from fund.unit_of_work.view import BOOK, View

__all__ = ["found_at", "BOOK", "Command", "Life", "Lives", "Past", "Place", "Query", "UnitOfWork", "View", "derive_id"]
