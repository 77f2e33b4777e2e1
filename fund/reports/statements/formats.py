"""How a statement leaves: JSON as it is, CSV for spreadsheets; the table for people is drawn by the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["STATEMENT_FORMATS", "as_csv", "as_json"]


def as_json(found: Mapping[str, Any]) -> bytes:
    """The statement as one JSON object."""
    return (json.dumps({"schema_version": 1, **found}, ensure_ascii=False, indent=2) + "\n").encode()


LISTS = ("accounts", "lines", "entries")
"""Statements that are a list have it under one of these keys."""


def as_csv(found: Mapping[str, Any]) -> bytes:
    """The statement as CSV: UTF-8 with a mark for Excel, nothing that a spreadsheet would take for a formula.

    A statement that is a list gives a line per row; one that is a page gives a line per figure (name, value), what is
    nested under names with points (``instalments.1.open_cents``).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    rows = next((found[key] for key in LISTS if key in found), None)
    if rows is not None:
        columns = [key for key, value in (rows[0] if rows else {}).items() if not isinstance(value, (list, dict))]
        writer.writerow(columns)
        writer.writerows([_safe(row.get(column)) for column in columns] for row in rows)
    else:
        writer.writerow(["name", "value"])
        writer.writerows([name, _safe(value)] for name, value in _flat("", found))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", part)
    else:
        yield name, value


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


STATEMENT_FORMATS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {"json": as_json, "csv": as_csv}
"""One function per format."""
