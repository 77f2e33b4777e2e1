"""How a statement leaves: JSON and CSV as it was found, a workbook or paper as its page shows it.

The table for people is drawn by the command line. JSON and CSV know no language, and are the same bytes for a closed
day whatever is booked later. A list that was found as a stream is written line by line and never held.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from fund.declarations import FoundAt
from fund.reports.layout import safe

LISTS = ("accounts", "lines", "entries")
"""Statements that are a list have it under one of these keys."""
LINES_A_PART = 2_000


def as_json(found: Mapping[str, Any]) -> bytes:
    """The statement as one JSON object."""
    return b"".join(json_parts(found))


def json_parts(found: Mapping[str, Any]) -> Iterator[bytes]:
    """The same, part by part; a list that comes as a stream is written as it comes."""
    whole = {"schema_version": 1, **found}
    before = "{\n"
    for key, value in whole.items():
        yield f"{before}  {json.dumps(key)}: ".encode()
        before = ",\n"
        if isinstance(value, Iterator):
            yield from _list_parts(value)
        else:
            yield _indented(value, 1).encode()
    yield b"\n}\n"


def _list_parts(rows: Iterator[Any]) -> Iterator[bytes]:
    first = True
    for part in _parts(rows):
        text = ",\n".join(f"    {_indented(row, 2)}" for row in part)
        yield f"{'[' if first else ','}\n{text}".encode()
        first = False
    yield b"[]" if first else b"\n  ]"


def _indented(value: Any, depth: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n" + "  " * depth)


def as_csv(found: Mapping[str, Any]) -> bytes:
    """The statement as CSV: UTF-8 with a mark for Excel, nothing that a spreadsheet would take for a formula.

    A statement that is a list gives a line per row; one that is a page gives a line per figure (name, value), what is
    nested under names with points (``instalments.1.open_cents``).
    """
    return b"".join(csv_parts(found))


def csv_parts(found: Mapping[str, Any]) -> Iterator[bytes]:
    """The same, part by part; a list that comes as a stream is written as it comes."""
    yield b"\xef\xbb\xbf"
    rows = next((found[key] for key in LISTS if key in found), None)
    if rows is None:
        yield _written([("name", "value"), *((name, safe(value)) for name, value in _flat("", found))])
        return
    rows = iter(rows)
    first: Mapping[str, Any] = next(rows, {})
    columns = [key for key, value in first.items() if not isinstance(value, (list, dict))]
    yield _written([columns])
    for part in _parts(chain([first] if first else [], rows)):
        yield _written([safe(row.get(column)) for column in columns] for row in part)


def _written(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _parts(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(rows, LINES_A_PART)):
        yield part


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", part)
    else:
        yield name, value


STREAMED: dict[str, Callable[[Mapping[str, Any]], Iterator[bytes]]] = {"json": json_parts, "csv": csv_parts}
"""What can be written part by part."""
DRAWN = ("xlsx", "pdf")
"""What is drawn from the page, and is no text for a screen."""
STATEMENT_FORMATS: FoundAt[bytes] = FoundAt(
    {
        "json": "fund.reports.statements.formats:as_json",
        "csv": "fund.reports.statements.formats:as_csv",
        "xlsx": "fund.reports.statements.sheets:as_xlsx",
        "pdf": "fund.reports.statements.printed:as_pdf",
    }
)
"""One function per format: of what was found, or where it is drawn of its page."""
