"""The pydantic shapes of what enters (files, JSON, arguments), what leaves, and what is known of a case.

Import a chapter for its shapes: ``from fund.schemas.people import User``.
"""

from __future__ import annotations

from fund.schemas.base import CaseColumns, CaseFile, Shape

__all__ = ["CaseColumns", "CaseFile", "Shape"]
