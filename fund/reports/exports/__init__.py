"""Exports: the fund in files that others read without this program. ``EXPORT_FORMATS`` says which there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fund.reports.exports.audit_file import xaf
from fund.reports.exports.duties import DUTY_FORMATS, duties
from fund.reports.exports.excerpt import watched
from fund.reports.exports.giving import as_package, giving
from fund.reports.exports.journals import beancount, hledger
from fund.reports.exports.ledger import jsonl, ledger_folder, prove
from fund.reports.exports.register import REGISTER_FORMATS, register
from fund.reports.exports.tables import csv_set
from fund.unit_of_work import Command, Life, Query

__all__ = [
    "COMMANDS", "DUTY_FORMATS", "EXPORT_FORMATS", "LIVES", "QUERIES", "REGISTER_FORMATS", "as_package", "beancount",
    "csv_set", "duties", "giving", "hledger", "jsonl", "ledger_folder", "prove", "register", "watched", "xaf",
]  # fmt: skip

EXPORT_FORMATS: dict[str, Callable[..., dict[str, Any]]] = {
    "beancount": beancount,
    "csv": csv_set,
    "hledger": hledger,
    "jsonl": jsonl,
    "xaf": xaf,
}
"""How the books can leave: one function, one row."""

COMMANDS: tuple[Command, ...] = ()
LIVES: dict[str, Life] = {}
QUERIES = (
    *(Query(f"export {name}", function) for name, function in EXPORT_FORMATS.items()),
    Query("export 360giving", giving),
    Query("export duties", duties),
    Query("export register", register),
    Query("ledger prove", prove),
)
