"""What can be asked of site."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.declarations import FLAG, TEXT, Question, as_of, known_at, option, query
from fund.language import N_


@query(
    "statement site",
    ".publish:site",
    examples=("fund statement site --output site", "fund statement site --output site --as-of 2026-12-31"),
    see=("statement position", "evaluation lessons"),
)
class StatementSite(Question[dict[str, Any]]):
    """Make the public pages of the fund.

    A folder of pages in Dutch and English with money, experiments, lessons and partners, and the figures as files.
    They need no server and no script, and name no people. A site that stands there already is replaced as a whole.
    """

    folder: str = option("--output", TEXT, N_("A new folder, or that of an earlier site"), metavar="FOLDER")
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)
    papers: bool = option(
        "--papers/--no-papers", FLAG, N_("The page for each council as PDF too, or not: quicker"), default=True
    )
