"""A page on paper (PDF/A-3a, PDF/UA-1): its tables with headers that repeat, its figures attached as CSV.

A page that is too wide lies on its side. Needs the optional extra ``reports``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from fund.errors.usage import TooLongForPaper
from fund.language import _, day, language
from fund.money import format_plain
from fund.reports.layout import EMPHASIS, RIGHT, Column, Page, Table, safe
from fund.reports.paper import on_paper

TEMPLATE = "statement.typ"
ROWS = 20_000
"""More rows than this nobody reads on paper, and the setting of them takes minutes."""
UPRIGHT, SIDEWAYS = 112, 168
"""So many signs of the size of texts fit beside each other on a page that stands, and one that lies."""
SHRINKS = ("text",)
LEAST_TEXT = 22
FULL = 0.75
"""A table that would fill so much of the page takes all of its width."""
GAP = 3


def as_pdf(page: Page) -> bytes:
    """The page as a PDF.

    Raises:
        ReportsMissing: The extra is not installed.
        TooLongForPaper: A table has more rows than anybody reads on paper.
    """
    return on_paper(TEMPLATE, on_sheets(page), on=page.as_of)


def on_sheets(page: Page) -> dict[str, Any]:
    """What the template gets: every text as it is set."""
    tables = [(table, _rows(table)) for table in page.tables]
    widest = max((_signs(table, rows, LEAST_TEXT) for table, rows in tables), default=0)
    sideways = widest > UPRIGHT
    room = max(SIDEWAYS if sideways else UPRIGHT, widest)
    return {
        "title": page.title,
        "fund": _("revolving innovation fund"),
        "language": language(),
        "sideways": sideways,
        "size": 9 if widest <= SIDEWAYS else max(6.5, round(9 * SIDEWAYS / widest, 1)),
        "foot": _foot(page),
        "page": _("page {number} of {count}"),
        "tables": [_table(table, rows, room) for table, rows in tables],
        "notes": list(page.notes),
        "command": page.command,
        "command_title": _("The same figures: {command}").format(command=page.command) if page.command else "",
        "csv": [
            {"name": f"{table.name}.csv", "text": _as_csv(table, rows), "about": table.title} for table, rows in tables
        ],
    }


def _foot(page: Page) -> str:
    seq, stamp = page.head.get("seq"), str(page.head.get("hash") or "")
    if seq is None:
        return day(page.as_of)
    mark = " ".join(stamp[at : at + 4] for at in range(0, 12, 4))
    return _("{day}, until entry {seq}, fingerprint {hash}").format(day=day(page.as_of), seq=seq, hash=mark)


def _rows(table: Table) -> list[Mapping[str, Any]]:
    found = list(islice(iter(table.rows), ROWS + 1))
    if len(found) > ROWS:
        raise TooLongForPaper(table=table.title, rows=ROWS)
    return found


def _signs(table: Table, rows: Sequence[Mapping[str, Any]], least: int | None = None) -> int:
    """How many signs wide a table is; ``least``: with its texts broken over lines of so many."""
    if table.facts:
        return 0
    whole = GAP * (len(table.columns) - 1)
    for column in table.columns:
        header = _header(column)
        cells = [len(column.text(row)) for row in (*rows, *([table.total] if table.total else []))]
        natural = max(cells, default=0)
        if column.role in SHRINKS and least is not None:
            natural = min(natural, least)
        whole += max(natural, max(map(len, header.split()), default=0))
    return whole


def _header(column: Column) -> str:
    return f"{column.title()} €" if column.role == "amount" else column.title()


def _table(table: Table, rows: Sequence[Mapping[str, Any]], room: int) -> dict[str, Any]:
    columns = list(table.columns)
    return {
        "title": table.title,
        "facts": table.facts,
        "columns": [_header(column) for column in columns],
        "whole": [column.role in (*RIGHT, "date", "ref") for column in columns],
        "right": [column.role in RIGHT for column in columns],
        "wide": _wide(columns, table, full=_signs(table, rows) > FULL * room),
        "rows": [_cells(columns, row) for row in rows],
        "strong": [bool(row.get(EMPHASIS)) for row in rows],
        "total": _cells(columns, table.total) if table.total is not None and rows else [],
        "empty": "" if rows else table.empty or _("none"),
        "notes": list(table.notes),
    }


def _wide(columns: Sequence[Column], table: Table, *, full: bool) -> list[bool]:
    """The columns that take the room that is left in a table that needs it: texts, else names. Any other stays as
    narrow as it is, so that an amount stands near its name."""
    if table.facts:
        return [False, True]
    for role in ("text", "name"):
        if full and any(column.role == role for column in columns):
            return [column.role == role for column in columns]
    return [False] * len(columns)


def _cells(columns: Sequence[Column], row: Mapping[str, Any]) -> list[str]:
    return [_indented(column.text(row)) for column in columns]


def _indented(text: str) -> str:
    """A text that keeps the room it begins with: the lines of a group stand under its name."""
    plain = text.lstrip(" ")
    return "\u2003" * ((len(text) - len(plain)) // 2) + plain


def _as_csv(table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """The figures for a program: keys as names, amounts with a point, fractions exact."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow([column.key.removesuffix("_cents") for column in table.columns])
    for row in rows:
        write.writerow([_plain(column, row) for column in table.columns])
    return "\ufeff" + out.getvalue()


def _plain(column: Column, row: Mapping[str, Any]) -> str:
    value = row.get(column.key)
    if value is None:
        return ""
    if column.role_in(row) == "amount" and isinstance(value, int):
        return format_plain(value)
    if isinstance(value, (int, float)):
        return str(value)
    return str(safe(", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)))
