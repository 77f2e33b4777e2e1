"""``fund statement``: what the fund tells managers, partners, councils and auditors. One file per verb."""

from __future__ import annotations

from cli.statement import agreement, annual, council, partner, position, site, treasury
from cli.statement.noun import statement

__all__ = ["agreement", "annual", "council", "partner", "position", "site", "statement", "treasury"]
