"""A statement as people read it, before it is a screen, a sheet or a page: titled tables with columns that have a role.

Whoever composes a statement gives its JSON first; a layout turns that JSON into a :class:`Page` in the language in use,
and each format draws the page its own way: ``cli.output`` on a terminal, ``formats`` as XLSX and PDF. So the same
figure stands everywhere. JSON and CSV are made of the JSON itself and know no language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fund.language import _

__all__ = ["ROLES", "Column", "Page", "Table"]

ROLES = ("ref", "date", "amount", "count", "percent", "state", "name", "text")
"""What a column holds. ``amount`` is whole cents, ``percent`` a fraction as text (``7/10``) or ``None``."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the rows, its header (a message id), its role; ``kind`` says whose state it is."""

    key: str
    header: str
    role: str = "text"
    kind: str = ""

    def title(self) -> str:
        """The header in the language in use."""
        return _(self.header)


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table.

    Attributes:
        name: Short, in English, of letters and dashes: the name of its sheet is made of it.
        title: A sentence in the language in use.
        total: The last row, set apart.
        empty: What is said where there are no rows.
        notes: Sentences below it.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    total: Mapping[str, Any] | None = None
    empty: str = ""
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A whole statement.

    Attributes:
        title: What it is, of whom or when, in the language in use.
        as_of: The last accounting day that counts.
        head: The number and the hash of the last entry that counts (``{"seq": ..., "hash": ...}``).
        tables: In the order in which they are read.
        notes: Sentences at the foot.
        command: What to type to get the same figures.
    """

    name: str
    title: str
    as_of: date
    head: Mapping[str, Any]
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    command: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
