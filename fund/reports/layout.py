"""A statement as people read it, before it is a screen, a sheet or a page: titled tables with columns that have a role.

Whoever composes a statement gives its JSON first; a layout turns that JSON into a :class:`Page` in the language in use,
and each format draws the page its own way: ``cli.output`` on a terminal, ``sheets`` and ``printed`` as XLSX and PDF. So
the same figure stands everywhere. JSON and CSV are made of the JSON itself and know no language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from fund.language import N_, _, decimal_text, euros, language, number
from fund.words import state_word

ROLES = ("ref", "date", "amount", "count", "percent", "state", "name", "text")
"""What a column holds. ``amount`` is whole cents, ``percent`` a fraction as text (``7/10``) or ``None``."""

RIGHT = ("amount", "count", "percent")
"""The roles that are set to the right."""

EMPHASIS = "emphasis"
"""A row with this key is set apart: a subtotal, a heading among the rows."""

_LABEL, _VALUE = "label", "value"


def day_text(value: object) -> str:
    """A day in a column: ``27-11-2026`` in Dutch, ``2026-11-27`` in English; texts in ISO form are taken too."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else str(value)[:10]
    if language() == "nl" and len(text) == 10:
        return f"{text[8:10]}-{text[5:7]}-{text[:4]}"
    return text


def percent_text(value: object, digits: int = 1) -> str:
    """A fraction as a percentage, rounded half-up where it is printed: ``7/10`` is ``70.0%``, ``70,0%`` in Dutch."""
    share = Fraction(str(value)) * 100
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    return f"{decimal_text(str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)))}%"


def safe(value: Any) -> Any:
    """A value of a cell; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the rows, its header (a message id), its role; ``kind`` says whose state it is, ``digits``
    how many a percentage has after its point."""

    key: str
    header: str
    role: str = "text"
    kind: str = ""
    digits: int = 1

    def title(self) -> str:
        """The header in the language in use."""
        return _(self.header)

    @property
    def fact(self) -> bool:
        """Whether it holds the values of :func:`fact_table`."""
        return self.key == _VALUE

    def role_in(self, row: Mapping[str, Any]) -> str:
        """The role of the cell: the value of a fact brings its own."""
        return str(row.get("role") or self.role) if self.fact else self.role

    def text(self, row: Mapping[str, Any]) -> str:
        """The cell of ``row`` as people read it; an amount without its currency, which stands in the header (of a
        fact: with it)."""
        value, role = row.get(self.key), self.role_in(row)
        if value is None:
            return ""
        if role == "amount" and isinstance(value, int):
            return euros(value) if self.fact else number(value)
        if role == "date":
            return day_text(value)
        if role == "percent":
            return percent_text(value, int(row.get("digits") or self.digits))
        kind = str(row.get("kind") or self.kind) if self.fact else self.kind
        if role == "state" and kind:
            return state_word(kind, str(value))
        if isinstance(value, (list, tuple)):
            return ", ".join(str(item) for item in value)
        return str(value)


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table.

    Attributes:
        name: Short, in English, of letters and dashes: files and sheets are named after it.
        title: A sentence in the language in use.
        rows: Read once where there may be a million; a row with ``emphasis`` is set apart.
        total: The last row, set apart.
        empty: What is said where there are no rows.
        notes: Sentences below it.
        sheet: The name of its sheet in the language in use, at most 31 signs; ``name`` where there is none.
        facts: Its rows are labels and values (:func:`fact_table`); a screen shows it as a list.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Mapping[str, Any]]
    total: Mapping[str, Any] | None = None
    empty: str = ""
    notes: Sequence[str] = ()
    sheet: str = ""
    facts: bool = False


def fact_table(name: str, title: str, facts: Iterable[tuple[Any, ...]], *, sheet: str = "") -> Table:
    """What there is to know of one thing, as a table of labels and values; what is ``None`` or empty is left out.

    Args:
        facts: ``(label, value, role)`` or ``(label, value, "state", kind)``; the role of a text may be left out.
    """
    rows = []
    for label, value, *more in facts:
        if value is None or value == "":
            continue
        role, kind = (*map(str, more), "text")[0], (*map(str, more[1:]), "")[0]
        rows.append({_LABEL: label, _VALUE: value, "role": role, "kind": kind})
    columns = (Column(_LABEL, N_("What")), Column(_VALUE, N_("Value")))
    return Table(name=name, title=title, columns=columns, rows=rows, sheet=sheet, facts=True)


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
        ties: Its sums were held against the trial balance of the same head, and are the same.
    """

    name: str
    title: str
    as_of: date
    head: Mapping[str, Any]
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    command: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    ties: bool = False
