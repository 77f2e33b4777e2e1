"""``fund export``: the fund in files that others read without this program."""

from __future__ import annotations

from cli.export import beancount, csv, duties, giving, hledger, jsonl, register, xaf
from cli.export.noun import export

__all__ = ["beancount", "csv", "duties", "export", "giving", "hledger", "jsonl", "register", "xaf"]
