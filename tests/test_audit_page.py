"""The auditor's afternoon is lived: each command of the page is run on a copy of the story, what it shows compared."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fund.rules.segregation_of_duties import RULES
from tests.ledger.test_anchors import KEY
from tests.transcripts import Step, same, steps

PAGE = Path(__file__).parent.parent / "docs" / "audit.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = TEXT.count("```console\n")
OURS = {"cp", "sed", "sha256sum"}
"""Programs of the auditor's own machine that the page uses as they are."""
Fund = Callable[..., Any]


def all_steps() -> list[Step]:
    """Every command of the page in its order; one that goes on in the next line is one."""
    found: list[Step] = []
    for block in range(BLOCKS):
        for step in steps(TEXT, block):
            if step.shown and step.shown[0].startswith("...  "):
                step.command += " " + step.shown.pop(0)[5:]
            found.append(step)
    return found


class Afternoon:
    """The machine on which the page is followed: its folder, the fund it reads, what it remembers."""

    def __init__(self, fund: Fund, home: Path, folder: Path) -> None:
        self.fund, self.home, self.folder = fund, home, folder
        self.env: dict[str, str] = {}
        self.key = ""
        (folder / "tie.py").write_text(TEXT.split("```python\n")[1].split("```")[0], encoding="utf-8")

    def carry_out(self, command: str) -> str:
        """What a command prints."""
        line, _redirect, target = command.partition(" > ")
        words = [self.key if word == "KEY" else word for word in shlex.split(line)]
        match words[0]:
            case "export":
                self.env |= dict(word.split("=", 1) for word in words[1:]) | {"FUND_HOME": str(self.home)}
                return ""
            case "fund":
                return self._fund(words[1:], target)
            case "openssl":
                assert words[1:4] == ["genpkey", "-algorithm", "ed25519"]
                (self.folder / words[-1]).write_bytes(KEY)
                return ""
            case "python":
                return self._run([sys.executable, "-I", "-S", *words[1:]], right="forged" not in command)
            case _:
                assert words[0] in OURS, command
                return self._run(words)

    def _fund(self, words: list[str], target: str) -> str:
        done = self.fund(*words, env=self.env, lang="en", terminal=not target, columns=80)
        assert done.code == 0, f"{words}: {done.err}"
        if target:
            (self.folder / target).write_text(done.out, encoding="utf-8")
            return ""
        self.key = (re.findall(r"Public key: ([0-9a-f]{64})", done.out) or [self.key])[0]
        printed: str = done.out
        return printed

    def _run(self, words: list[str], *, right: bool = True) -> str:
        done = subprocess.run(
            words, cwd=self.folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, encoding="utf-8",
            check=False,
        )  # fmt: skip
        assert (done.returncode == 0) is right, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


def test_an_auditor_gets_from_one_export_to_an_opinion(
    fund: Fund, story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    afternoon = Afternoon(fund, story_home, tmp_path)
    wrong = []
    for step in all_steps():
        printed = afternoon.carry_out(step.command)
        if not same(printed, step.shown):
            wrong.append(f"$ {step.command}\n{printed}")
    assert wrong == [], "\n".join(wrong)


def test_the_page_fits_the_screen_and_goes_through_every_part() -> None:
    replayed = all_steps()
    assert len(replayed) > 25
    assert [line for step in replayed for line in step.shown if len(line) > 80] == []
    programs = {shlex.split(step.command)[0] for step in replayed}
    assert programs == OURS | {"export", "fund", "python", "openssl"}
    for part in ("export jsonl", "export xaf", "trial-balance", "ledger entry", "decision show", "agreement show",
                 "export duties", "ledger anchor", "ledger prove", "verify"):  # fmt: skip
        assert any(part in step.command for step in replayed), part
    assert all(f"({letter})" in TEXT for letter in RULES)


def test_a_few_lines_of_ones_own_find_an_audit_file_of_other_books(
    fund: Fund, story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    afternoon = Afternoon(fund, story_home, tmp_path)
    for command in (
        "export FUND_HOME=trial FUND_LANG=en FUND_USER=joost",
        "fund export jsonl --output folder",
        "fund export xaf --from 2024-01-01 --to 2024-12-31 --tax-number 001234567 --output 2024.xaf",
    ):
        afternoon.carry_out(command)
    assert afternoon.carry_out("python tie.py 2024.xaf folder").endswith("2024-12-31 differences: 0\n")
    text = Path("2024.xaf").read_text(encoding="utf-8")
    Path("other.xaf").write_text(text.replace("<amnt>40000.00</amnt>", "<amnt>40000.01</amnt>", 1), encoding="utf-8")
    assert text != Path("other.xaf").read_text(encoding="utf-8")
    told = afternoon.carry_out("python tie.py other.xaf folder")
    assert "DIFFERS" in told
    assert told.endswith("differences: 1\n")
    shutil.rmtree("folder")
