"""What lies under seal is shown to nobody, by no query, command or file, before the closing; afterwards to few."""

from __future__ import annotations

import inspect
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from cli import main
from fund.errors import FundError
from fund.registry import QUERIES
from tests.conftest import Fund
from tests.factories import World, as_file, founded
from tests.workflows.deciding import MEMBERS, eligible, money, panel_of, peopled, score_file, voted

SECRET = {
    "ambition": 4, "interests": 1, "people": 0, "organisation": 1, "process": 4, "learning": 2, "business_case": 4,
}  # fmt: skip
WORD = "kanariegeel"
"""The reason of an abstention: it stands nowhere else in the fund."""
SPELLINGS = tuple(
    json.dumps(SECRET, separators=separators, sort_keys=ordered)[1:-1]
    for separators in ((",", ":"), (", ", ": "))
    for ordered in (False, True)
)
PEOPLE = ("anna", "bram", "petra", "joost", "carla", "carl", "dora", "fatima", "ed", "els", "emma", "rosa", None)


def sealed(world: World) -> tuple[str, str, list[str]]:
    """A review of which one of the panel has scored the canary; ref, who, and the others."""
    peopled(world)
    money(world, 500_000_00)
    ref = eligible(world)[0]
    world.do("review open", user="anna", ref=ref)
    who, *others = panel_of(world, ref)
    content = score_file({**SECRET, "exit": 3}, abstain={"exit": WORD})
    world.do("review score", user=who, ref=ref, file=as_file(content))
    return ref, who, others


def told(text: str) -> list[str]:
    """What of the canary stands in a text."""
    plain = text.replace("\\", "")
    return [each for each in (WORD, *SPELLINGS) if each in plain]


def guesses(name: str, refs: list[str]) -> Iterator[dict[str, Any]]:
    """Arguments for a query: every ref of the fund where it asks one."""
    asked = [each for each in inspect.signature(QUERIES[name].function).parameters.values() if each.name != "view"]
    needed = [each.name for each in asked if each.default is inspect.Parameter.empty]
    if not needed:
        yield {}
    if needed == ["ref"] or "ref" in {each.name for each in asked}:
        yield from ({"ref": ref} for ref in refs)


def test_no_query_shows_anybody_what_is_under_seal(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref, who, _others = sealed(world)
        with world.snapshot() as snapshot:
            facts = [str(each.seq) for each in snapshot.store.facts.all() if each.stream.endswith(ref)]
        asked = 0
        for name in QUERIES:
            for args in guesses(name, [ref, "2026-1", *facts]):
                for user in (*PEOPLE, who):
                    try:
                        answer = json.dumps(world.ask(name, user=user, **args), default=str, ensure_ascii=False)
                    except FundError as refused:
                        answer = f"{refused} {refused.advice} {refused.details}"
                    asked += 1
                    assert told(answer) == [], f"{name} {args} tells {user}"
        assert asked > len(QUERIES) * len(PEOPLE)


def test_only_the_table_under_seal_holds_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref, who, others = sealed(world)
        for user, command, args in (
            (who, "review score", {"file": as_file(score_file({**SECRET, "exit": 3}, abstain={"exit": WORD}))}),
            ("anna", "review close", {}),
        ):
            try:
                answer = world.do(command, user=user, ref=ref, dry_run=True, **args)
            except FundError as refused:
                answer = {"error": str(refused), "details": refused.details}
            assert told(json.dumps(answer, default=str)) == []
        assert others
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            rows = connection.execute(f'select * from "{table}"').fetchall()
            found = told(" ".join(str(value) for row in rows for value in row))
            assert bool(found) == (table == "sealed"), table


def readings() -> Iterator[list[str]]:
    """Every verb that reads, with a place for a ref where it asks one."""
    for noun in main.entries():
        group = main._command(noun)
        for verb, command in sorted(group.commands.items()) if isinstance(group, click.Group) else ():
            asked = [each for each in command.params if each.required]
            if any("--dry-run" in each.opts for each in command.params) or len(asked) > 1:
                continue
            if all(isinstance(each, click.Argument) for each in asked):
                yield [noun, verb, *("{ref}" for _each in asked)]


def test_no_reading_command_shows_it_on_the_screen_or_as_json(
    fund: Fund, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what a command writes without being told where
    with founded(sqlite_url) as world:
        ref, who, _others = sealed(world)
        commands = list(readings())
        assert len(commands) > 30
        for words in commands:
            typed = [word.format(ref=ref) for word in words]
            for user in ("anna", "petra", who):
                for more in ([], ["--json"]):
                    shown = fund(*typed, *more, database=sqlite_url, user=user)
                    assert told(shown.out + shown.err) == [], f"{typed} tells {user}"


def test_once_opened_scores_are_for_the_office_the_committee_the_auditor_and_the_panel(database_url: str) -> None:
    with founded(database_url) as world:
        ref, who, others = sealed(world)
        outside = next(name for name in ("ed", "els", "emma") if name not in (who, *others))
        close = {"ambition": 4, "interests": 2, "people": 1, "organisation": 2, "process": 3, "learning": 3}
        for name in others:
            marks = {**close, "business_case": 3, "exit": 3}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))
        assert world.ask("review show", ref=ref, user="anna")["state"] == "closed"

        def seen(user: str | None) -> tuple[bool, bool, bool]:
            """Scores in the review, in the history, in the log of facts."""
            result = world.ask("review show", ref=ref, user=user)["result"]
            events = world.ask("proposal history", ref=ref, user=user)["events"]
            closed = next(each for each in events if each["type"] == "review.closed")
            logged = world.ask("event show", ref=str(closed["seq"]), user=user)["event"]["payload"]
            return bool(result and result["scores"]), bool(closed["payload"]["scores"]), bool(logged["scores"])

        may = {user for user in (*PEOPLE, who, *others) if seen(user) == (True, True, True)}
        may_not = {user for user in (*PEOPLE, who, *others) if seen(user) == (False, False, False)}
        assert may == {"anna", "joost", "carla", "dora", *MEMBERS} & {*PEOPLE} | {who, *others}
        assert may_not == {*PEOPLE} - may
        assert outside in may_not


def test_parties_see_the_figures_once_it_was_decided_and_never_who_scored_or_voted_what(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        ref = eligible(world)[0]
        world.do("review open", user="anna", ref=ref)
        for name in panel_of(world, ref):
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))

        def of(kind: str, user: str = "fatima") -> dict[str, Any]:
            events = world.ask("proposal history", ref=ref, user=user)["events"]
            return next(dict(each["payload"]) for each in events if each["type"] == kind)

        before = of("review.closed")
        assert (before["means"], before["total"], before["advice"]) == (None, None, None)
        assert of("decision.prepared")["advice"] is None
        assert of("review.declared")["grounds"] is None
        assert world.ask("review show", ref=ref, user="fatima")["result"] is None
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)
        after = of("review.closed")
        assert (after["total"], after["advice"], after["scores"]) == ("75", "positive", None)
        assert of("decision.approved")["votes"] is None
        assert len(of("decision.approved", "anna")["votes"]) == len(MEMBERS)
        result = world.ask("review show", ref=ref, user="fatima")["result"]
        assert (result["total"], result["scores"]) == ("75", [])
