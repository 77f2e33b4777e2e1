"""How a statement leaves: JSON as it is, CSV for spreadsheets; the table for people is drawn by the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["STATEMENT_FORMATS", "as_csv", "as_json"]


def as_json(found: Mapping[str, Any]) -> bytes:
    """The statement as one JSON object."""
    return (json.dumps({"schema_version": 1, **found}, ensure_ascii=False, indent=2) + "\n").encode()


def as_csv(found: Mapping[str, Any]) -> bytes:
    """The statement as CSV: UTF-8 with a mark for Excel, nothing that a spreadsheet would take for a formula.

    A statement that is a list gives a line per row; one that is a page gives a line per figure (name, value).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    rows = next((value for value in found.values() if isinstance(value, list)), None)
    if rows and "indicators" not in found:
        columns = [key for key, value in rows[0].items() if not isinstance(value, (list, dict))]
        writer.writerow(columns)
        writer.writerows([_safe(row.get(column)) for column in columns] for row in rows)
    else:
        writer.writerow(["name", "value", "definition"])
        for name, value in found.items():
            if name == "indicators":
                for indicator, figure in value.items():
                    writer.writerow([_safe(indicator), _safe(figure["value"]), _safe(figure["definition"])])
            elif not isinstance(value, (list, dict)):
                writer.writerow([_safe(name), _safe(value), ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


STATEMENT_FORMATS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {"json": as_json, "csv": as_csv}
"""One function per format."""
