"""The README's tour is replayed: what it shows is what a newcomer sees."""

from __future__ import annotations

import itertools
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.still import TODAY
from tests.transcripts import same, steps, terminal

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_block_of_the_readme_is_pasted_line_by_line_into_a_shell(tmp_path: Path, lang: str) -> None:
    clone = tmp_path / "revolving-fund"
    clone.mkdir()
    (clone / ".venv").symlink_to(sys.prefix)  # as make demo leaves it
    with terminal(clone, HOME=str(tmp_path), PATH=os.defpath) as bash:
        for step in steps(README.read_text(encoding="utf-8"), block=1):
            line = step.command.replace("Q2026-", f"Q{TODAY.year}-").replace("FUND_LANG=en", f"FUND_LANG={lang}")
            code, printed = bash.line(line)
            assert code == 0, f"{line}\n{printed}"
            advised = re.findall(r"^(?:Next step|Volgende stap).*: (fund .*)$", printed, re.MULTILINE)
            assert lang == "en" or len(advised) == sum(line.startswith("Next step") for line in step.shown)
            assert lang == "nl" or same(printed, step.shown), f"{line}\n{printed}"


def test_what_the_block_advises_is_what_it_types_next() -> None:
    block = steps(README.read_text(encoding="utf-8"), block=1)
    for step, following in itertools.pairwise(block):
        for line in step.shown:
            if line.startswith("Next step, by"):
                assert following.command.startswith(line.partition(": ")[2])


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


def test_the_install_line_names_what_is_there() -> None:
    [install] = [step.command for step in steps(README.read_text(encoding="utf-8"), block=2) if "pip" in step.command]
    project = tomllib.loads((README.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = re.fullmatch(r"python3 -m venv \.venv && \.venv/bin/pip install -c (\S+) '\.\[(\w+)\]'", install)
    assert found is not None, install
    pins = (README.parent / found[1]).read_text(encoding="utf-8")
    for needed in (*project["dependencies"], *extras[found[2]]):
        name = re.split(r"[\[>=<]", needed)[0]
        assert re.search(rf"(?mi)^{name}(\[\w+\])?==", pins), f"{needed} has no version in {found[1]}"
