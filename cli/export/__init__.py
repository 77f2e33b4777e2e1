"""``fund export``: the fund in files that others read without this program."""

from __future__ import annotations

from cli.export import jsonl, xaf
from cli.export.noun import export

__all__ = ["export", "jsonl", "xaf"]
