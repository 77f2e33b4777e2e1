"""Transcripts in the documentation: a block of commands with what they print, replayed to the letter.

``...`` stands for what a page leaves out: a whole line for any lines, inside a line for the rest of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
)


@dataclass(slots=True)
class Step:
    """One command as it stands on the page, and the lines it is said to print."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(page: str, block: int = 0) -> list[Step]:
    """The commands of one ``console`` block of a page, in order."""
    found: list[Step] = []
    for line in page.split("```console\n")[block + 1].split("```")[0].splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        else:
            found[-1].shown.append(line)
    return found


def timeless(line: str) -> str:
    """A line without the day on which it was printed, and without the year in a reference."""
    line = re.sub(rf"\d{{1,2}} ({MONTHS}) \d{{4}}", "DAY", line)
    line = re.sub(r"\b\d{2}-\d{2}-\d{4}\b|\b\d{4}-\d{2}-\d{2}\b", "DAY", line)
    return re.sub(r"\bQ\d{4}-", "Q-", line)


def same(printed: str, shown: list[str]) -> bool:
    """Whether a page shows what was printed, day of printing and lines left out aside."""

    def pattern(line: str) -> str:
        return ".*" if line.strip().startswith("...") else re.escape(timeless(line)).replace(re.escape("..."), ".*")

    return (
        re.fullmatch(
            "\n".join(map(pattern, shown)), "\n".join(map(timeless, printed.rstrip("\n").splitlines())), re.DOTALL
        )
        is not None
    )
