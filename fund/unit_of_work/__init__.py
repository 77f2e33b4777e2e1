"""One database transaction under the fund's lock: ``record`` stores a fact and posts its entries, or neither.

``View`` reads: cases, facts, ledger, regulations, at one instant; ``Past`` as they were known at a fact. ``UnitOfWork``
is a view that may record. Use cases are plain functions that take one; they ask, check and record, and never commit. A
chapter says with ``Life`` how facts change its cases. Source: lifecycle.md 1, service.md 4.
"""

from __future__ import annotations

from fund.unit_of_work.lives import Life, Lives
from fund.unit_of_work.past import Past
from fund.unit_of_work.refs import derive_id
from fund.unit_of_work.unit import UnitOfWork
from fund.unit_of_work.view import BOOK, View

__all__ = ["BOOK", "Life", "Lives", "Past", "UnitOfWork", "View", "derive_id"]
