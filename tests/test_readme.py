"""The README's tour is replayed: what it shows is what a newcomer sees."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.transcripts import same, steps

README = Path(__file__).parent.parent / "README.md"
Fund = Callable[..., Any]


def test_the_tour_of_the_readme_is_what_a_newcomer_sees(fund: Fund, tmp_path: Path) -> None:
    home = tmp_path / "home"
    confirmation = ""
    for step in steps(README.read_text(encoding="utf-8"), block=1):
        words = shlex.split(step.command)[1:]
        if "confirm" in words:
            words[words.index("confirm") + 1] = confirmation
        words = [str(README.parent / word) if word == "fund/data/partners.csv" else word for word in words]
        result = fund(*words)
        assert result.code == 0, f"{step.command}: {result.err}"
        found = re.search(r"Q\d{4}-\d{4}", result.out)
        confirmation = found.group(0) if found else confirmation
        printed = result.out.replace(str(home), "fonds")
        assert not step.shown or same(printed, step.shown), f"{step.command}\n{printed}"


def test_every_page_is_there_and_can_be_reached_from_the_readme() -> None:
    root = README.parent
    reached: set[Path] = set()
    waiting = [README]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" in target:
                continue
            found = (page.parent / target).resolve()
            assert found.exists(), f"{page.relative_to(root)} names {target}"
            if found.suffix == ".md" and found not in reached:
                waiting.append(found)
    assert {*root.glob("docs/**/*.md")} <= reached
