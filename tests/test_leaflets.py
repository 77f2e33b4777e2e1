"""The leaflets are replayed: what they show is what a fund manager, a partner and an auditor see, in both languages."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from tests.factories import PARTNERS_CSV, founded
from tests.transcripts import Step, same, steps

LEAFLETS = Path(__file__).parent.parent / "docs" / "leaflets"
Fund = Callable[..., Any]

TYPED = ("Eén loket voor vergunningen", "24.000", "24000", "1")
"""What the leaflet shows behind its questions."""
REST = """T06, T01
Een inwoner vraagt één keer
Het verlenen van vergunningen
1
Wij denken dat één loket sneller werkt
Doorlooptijd van honderd dossiers
Als het na zes maanden niet sneller gaat
70
1
2027
24000

fixed
6
4
3

2029-12-31
Loket open
2027-06-30
24000
Verslag

"""
"""The answers to the questions that the leaflet leaves out; an empty line takes what is proposed, or ends a list."""


def read(name: str) -> str:
    """The text of a leaflet."""
    return (LEAFLETS / name).read_text(encoding="utf-8")


def replay(fund: Fund, name: str, *, typed: str = "", **settings: str) -> list[tuple[Step, str]]:
    """Each command of a leaflet, carried out at a terminal of 80 columns, with what it printed."""
    done: list[tuple[Step, str]] = []
    env: dict[str, str] = {}
    confirmation = ""
    for step in steps(read(name)):
        words = shlex.split(step.command)
        if words[0] == "export":
            env |= dict(word.split("=", 1) for word in words[1:]) | settings
            continue
        words = [confirmation if re.fullmatch(r"Q\d{4}-\d{4}", word) else word for word in words[1:]]
        asks = words[:2] == ["proposal", "new"]
        answers = typed if asks else "y\n"
        at_home = env | {"HOME": str(Path.cwd())}  # the folder of a test has a long name; a person's is short
        result = fund(*words, env=at_home, lang=env["FUND_LANG"], terminal=True, typed=answers, columns=80)
        assert result.code in (0, 1, 2), f"{step.command}: {result.err}"
        printed = result.err + result.out if asks else result.out + result.err
        confirmation = (re.findall(r"Q\d{4}-\d{4}", printed) or [confirmation])[0]
        done.append((step, printed.replace(f"{Path.cwd()}/", "").replace("~/", "")))
        assert all(len(line) <= 80 for line in [f"$ {step.command}", *step.shown]), step
    assert len(done) > 4
    return done


def compare(replayed: list[tuple[Step, str]]) -> None:
    """Every command printed what the leaflet shows."""
    for step, printed in replayed:
        assert same(printed, step.shown), f"{step.command}\n{printed}"


@pytest.mark.parametrize("name", ["fondsbeheerder.md", "fondsbeheerder.en.md"])
def test_a_fund_manager_gets_from_nothing_to_a_capital_call(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PARTNERS_CSV, "partners.csv")
    compare(replay(fund, name))


@pytest.mark.parametrize("name", ["partner.md", "partner.en.md"])
def test_a_partner_gets_from_an_open_round_to_a_submitted_proposal(
    fund: Fund, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with founded(sqlite_url) as world:
        world.people()
        world.partners()
        world.user("fatima", "partner_signatory", partner="gm0351")
        world.both(
            "round plan",
            user="anna",
            second="carla",
            title="Voorjaar",
            opens=date(2026, 2, 1),
            closes=date(2026, 2, 28),
            ceiling_cents=500_000_00,
            track="light",
        )
        world.clock(datetime(2026, 2, 10, 13, 2, tzinfo=UTC))
    yes = "y" if name.endswith(".en.md") else "j"
    replayed = replay(fund, name, typed="\n".join([*TYPED, REST + yes]), FUND_DATABASE=sqlite_url)
    for step, _printed in replayed:
        if step.command.startswith("fund proposal new"):
            step.shown = as_printed(step.shown, [*TYPED, yes])
    compare(replayed)


def as_printed(shown: list[str], answers: list[str]) -> list[str]:
    """The lines of a conversation without what was typed, so that what comes next follows in the same line."""
    text, waiting = "", list(answers)
    for line in shown:
        if line.strip().startswith("..."):
            text += "..."
        elif waiting and line.endswith(f" {waiting[0]}"):
            text += line.removesuffix(waiting.pop(0))
        else:
            text += line + "\n"
    assert not waiting, waiting
    return text.splitlines()


@pytest.mark.parametrize("name", ["accountant.md", "accountant.en.md"])
def test_an_auditor_sees_that_the_books_of_the_story_are_right(
    fund: Fund, story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    compare(replay(fund, name, FUND_HOME=str(story_home)))


@pytest.mark.parametrize("name", sorted(path.name for path in LEAFLETS.glob("*.md")))
def test_every_command_that_a_leaflet_names_exists(name: str) -> None:
    from cli import main

    around, _block, below = read(name).replace("```console", "```").split("```")
    named = re.findall(r"`(?:FUND_HOME=\w+ )?fund ((?:[a-z-]+ ?)+)", around + below)
    assert len(named) > 5
    for words in map(str.split, named):
        command = main._command(words[0]) if words[0] in main.entries() else None
        assert command is not None, words
        if isinstance(command, click.Group):
            assert command.get_command(click.Context(command), words[1]) is not None, words
