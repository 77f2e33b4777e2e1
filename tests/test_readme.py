"""The README's tour is replayed: what it shows is what a newcomer sees."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

README = Path(__file__).parent.parent / "README.md"
Fund = Callable[..., Any]


def tour() -> list[tuple[str, list[str]]]:
    """Each command of the second block, with the lines it is said to print."""
    block = README.read_text(encoding="utf-8").split("```console\n")[2].split("```")[0]
    steps: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


def timeless(text: str) -> str:
    """A line without the day on which it was printed."""
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    text = re.sub(rf"\d{{1,2}} ({months}) \d{{4}}", "DAY", text)
    return re.sub(r"\b[QB]\d{4}-", "Q-", text)


def test_the_tour_of_the_readme_is_what_a_newcomer_sees(fund: Fund, tmp_path: Path) -> None:
    home = tmp_path / "home"
    confirmation = ""
    for command, shown in tour():
        words = shlex.split(command)[1:]
        if "confirm" in words:
            words[words.index("confirm") + 1] = confirmation
        words = [str(README.parent / word) if word == "fund/data/partners.csv" else word for word in words]
        result = fund(*words)
        assert result.code == 0, f"{command}: {result.err}"
        found = re.search(r"Q\d{4}-\d{4}", result.out)
        confirmation = found.group(0) if found else confirmation
        printed = result.out.replace(str(home), "fonds")
        if shown:
            assert [timeless(line) for line in printed.rstrip("\n").splitlines()] == [timeless(line) for line in shown], command


def test_every_page_that_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target
