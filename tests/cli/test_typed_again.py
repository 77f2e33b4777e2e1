"""Every command that is printed can be typed as it stands: it names the fund that was named, and is not cut."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from cli import main, output
from tests.cli.test_promises import FILES, TREE, filled
from tests.conftest import Fund
from tests.factories import founded
from tests.workflows.deciding import peopled
from tests.workflows.every_state import NOW, put_every_state

HERE = Path(main.__file__).parent
PRINTED = re.compile(rf"(?<![`\w])fund (?:--\w+ (?:'[^']*'|\S+) )*(?:{'|'.join(main.entries())})(?![\w-])(?: .*)?")


def printed(shown: str) -> Iterator[str]:
    """The commands in what was shown, each to the end of its line."""
    for line in shown.splitlines():
        if found := PRINTED.search(line):
            yield found[0]


@pytest.fixture(scope="module")
def url(story_home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The fund of the story, at a place with a space in it, that is longer than a line of a terminal."""
    folder = tmp_path_factory.mktemp("elders") / ("een map met een lange naam " * 3).strip()
    shutil.copytree(story_home, folder)
    return f"sqlite:///{folder / 'fund.db'}"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("words", "command"), TREE, ids=[" ".join(words) for words, _command in TREE])
def test_a_command_that_is_advised_is_for_the_fund_that_was_named(
    fund: Fund, url: str, tmp_path: Path, words: tuple[str, ...], command: click.Command
) -> None:
    trial = ["--dry-run"] if any(param.name == "dry_run" for param in command.params) else []
    said = ["--database", url, "--as", "anna", *filled(words, command, tmp_path), *trial]
    for lang in ("en", "nl"):
        shown = fund(*said, terminal=True, lang=lang)
        assert shown.code != 5, shown.err
        if words not in FILES:
            for each in printed(shown.out + shown.err):
                assert each.startswith(f"fund --database {shlex.quote(url)} --as "), each


def test_every_line_of_the_inbox_can_be_copied_also_where_it_is_longer_than_the_terminal(
    fund: Fund, sqlite_url: str, tmp_path: Path
) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        put_every_state(world)
        world.clock(NOW)
    folder = tmp_path / ("een map met een lange naam " * 3).strip()
    folder.mkdir()
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), folder / "fund.db")
    url = f"sqlite:///{folder / 'fund.db'}"
    items = fund("--database", url, "--as", "anna", "inbox", "--json").json["items"]
    wanted = [item[key] for item in items for key in ("command", "form") if item[key]]
    before = f"fund --database {shlex.quote(url)}"
    for columns in (40, 80, 120):
        shown = fund("--database", url, "--as", "anna", "inbox", terminal=True, columns=columns).out
        assert "For everybody:" in shown
        found = list(printed(shown))
        assert found == [f"{before} --as anna {each.removeprefix('fund ')}" for each in [*wanted, "fund inbox --all"]]
    heard = fund("--database", url, "--as", "anna", "inbox", env={"ACCESSIBLE": "1"}).out
    assert list(printed(heard)) == found


def test_in_the_inbox_of_everybody_a_command_is_nobodys(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        put_every_state(world)
        world.clock(NOW)
    shown = fund("--database", sqlite_url, "--as", "anna", "inbox", "--all", terminal=True).out
    found = list(printed(shown))
    assert found
    assert all(each.startswith(f"fund --database {sqlite_url} ") and "--as" not in each for each in found)


def test_a_dead_letter_is_tried_again_in_the_same_fund(fund: Fund, story_home: Path, tmp_path: Path) -> None:
    shutil.copyfile(story_home / "fund.db", tmp_path / "fund.db")
    url = f"sqlite:///{tmp_path / 'fund.db'}"
    with closing(sqlite3.connect(tmp_path / "fund.db")) as connection:
        connection.execute("update delivery set state = 'dead' where seq = (select max(seq) from delivery)")
        connection.commit()
    shown = fund("--database", url, "--as", "petra", "event", "dead").out
    again = list(printed(shown))
    assert again
    assert all(each.startswith(f"fund --database {url} --as petra event retry evt_") for each in again), shown


def test_a_name_or_a_path_with_a_space_is_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cli.demo import _last_lines
    from cli.review import _show_others

    verify = {"checks": [], "entries": 0, "head": {"seq": 1, "hash": "0" * 64}}
    ending: dict[str, Any] = {"verify": verify, "commands": 1, "people": 1, "refusals": [], "broken": []}
    last = _last_lines(ending, "een map")[-1]
    assert last.endswith(": FUND_HOME='een map' fund proposal list")
    output.typed_before({"--as": "anna"}, main.entries())
    try:
        undecided = {"name": "els de vries", "grounds": ["x"]}
        empty = dict.fromkeys(("barred", "passed_over", "left", "top_up", "top_up_missing"), ())
        _show_others({**empty, "ref": "2026-001", "undecided": [undecided]})
    finally:
        output.typed_before({})
    (judge,) = printed(capsys.readouterr().out)
    assert judge == "fund review declare 2026-001 --about 'els de vries' --stays --reason TEXT"


def test_what_stands_in_a_text_of_somebody_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    output.typed_before({"--database": "sqlite:///x.db"}, main.entries())
    try:
        output.table("T", [output.Column("title", "Title")], [{"title": "fund status of the pilot"}])
        output.facts("T", [("Title", "fund status of the pilot"), ("Look", output.Typable("fund status"))])
        output.say("asked by fund managers, fund office: `fund status`")
    finally:
        output.typed_before({})
    shown = capsys.readouterr().out
    assert shown.count("fund status of the pilot") == 2
    assert "fund --database sqlite:///x.db status\n" in shown
    assert shown.endswith("asked by fund managers, fund office: `fund status`\n")


def test_a_command_among_facts_or_cells_of_a_table_is_declared_as_one() -> None:
    """Sentences are gone through by whatever prints them; cells and facts are not, for texts of others stand there."""
    wrong = []
    for path in sorted(HERE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and _is_label(node.elts[0]):
                wrong += [(path.name, node.lineno)] if _begins_as_command(node.elts[1]) else []
            if isinstance(node, ast.Dict):
                wrong += [
                    (path.name, value.lineno)
                    for key, value in zip(node.keys, node.values, strict=True)
                    if _begins_as_command(value) and getattr(key, "value", "") not in ("command", "example")
                ]
    assert wrong == []


def _is_label(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"


def _begins_as_command(node: ast.expr) -> bool:
    """A text that begins with ``fund`` and is not given to :class:`cli.output.Typable`."""
    pieces = node.values if isinstance(node, ast.JoinedStr) else [node]
    if isinstance(node, ast.IfExp):
        return _begins_as_command(node.body) or _begins_as_command(node.orelse)
    first = pieces[0] if pieces else node
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("fund ")
