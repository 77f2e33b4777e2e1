"""Exports: the fund in files that others read without this program. ``EXPORT_FORMATS`` says which there are."""

from __future__ import annotations

from fund.unit_of_work import Command, Life, Query

__all__ = ["COMMANDS", "EXPORT_FORMATS", "LIVES", "QUERIES"]

EXPORT_FORMATS = {
    "beancount": "fund.reports.exports.journals:beancount",
    "csv": "fund.reports.exports.tables:csv_set",
    "hledger": "fund.reports.exports.journals:hledger",
    "jsonl": "fund.reports.exports.ledger:jsonl",
    "xaf": "fund.reports.exports.audit_file:xaf",
}
"""How the books can leave, and where."""

COMMANDS: tuple[Command, ...] = ()
LIVES: dict[str, Life] = {}
QUERIES = (
    *(Query(f"export {name}", place) for name, place in EXPORT_FORMATS.items()),
    Query("export 360giving", "fund.reports.exports.giving:giving"),
    Query("export duties", "fund.reports.exports.duties:duties"),
    Query("export register", "fund.reports.exports.register:register"),
    Query("ledger prove", "fund.reports.exports.ledger:prove"),
)
