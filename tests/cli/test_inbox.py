"""``fund inbox`` as people read it: 80 and 120 columns, both languages, a screen reader, a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.inbox import SOON_DAYS
from fund.language import euros
from tests.conftest import Fund
from tests.factories import World, founded
from tests.workflows.deciding import eligible, panel_of, peopled
from tests.workflows.every_state import NOW, put_every_state

LATE = "fund payment batch --replaces S2026-100"


@pytest.fixture
def waiting(sqlite_url: str) -> Iterator[str]:
    """A fund in which something waits in every state."""
    with founded(sqlite_url) as world:
        peopled(world)
        put_every_state(world)
        world.clock(NOW)
        yield sqlite_url


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_at_a_terminal_no_line_is_longer_than_it_and_every_command_is_whole(
    fund: Fund, waiting: str, columns: int, lang: str
) -> None:
    shown = fund("inbox", database=waiting, user="anna", terminal=True, columns=columns, lang=lang)
    assert all(len(line) <= columns for line in shown.out.splitlines())
    for item in fund("inbox", "--json", database=waiting, user="anna").json["items"]:
        assert item["command"] in shown.out


def test_today_is_a_word(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        _confirmation(world)
        world.clock(datetime(2026, 1, 19, 8, tzinfo=UTC))
    shown = fund("inbox", database=sqlite_url, user="bram", terminal=True, lang="nl")
    assert "vandaag" in shown.out
    assert "19-01-2026" not in shown.out
    assert "today " in fund("inbox", database=sqlite_url, user="bram", terminal=True).out


def test_what_is_late_stands_first_and_is_counted(fund: Fund, waiting: str) -> None:
    shown = fund("inbox", database=waiting, user="bram", columns=120)
    first = shown.out.splitlines()[3]
    assert first.endswith(LATE), shown.out
    assert "1 of them is late." in shown.out
    assert "Late: nothing." in fund("inbox", database=waiting, user="joost").out


def test_the_last_week_is_yellow_and_the_rest_is_not(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        _confirmation(world)  # lapses after 14 days
        at = {"database": sqlite_url, "user": "bram", "terminal": True, "env": {"TERM": "xterm"}}
        assert "\x1b[33m" not in fund("inbox", **at).out
        world.clock(datetime(2026, 1, 19, 9, tzinfo=UTC) - timedelta(days=SOON_DAYS))
        assert "\x1b[33m" in fund("inbox", **at).out
        quiet = fund("inbox", **{**at, "env": {"TERM": "xterm", "NO_COLOR": "1"}})
        assert "\x1b[33m" not in quiet.out


def _confirmation(world: World) -> None:
    """A two-person step of anna waits for bram until 19 January."""
    world.partners()
    made = world.do("capital call", user="anna", amount=100_000_00)
    assert made["pending"]


def test_without_a_terminal_nothing_is_cut_and_a_screen_reader_gets_one_value_a_line(
    fund: Fund, waiting: str, tmp_path: Path
) -> None:
    items = fund("inbox", "--json", database=waiting, user="bram").json["items"]
    piped = fund("inbox", database=waiting, user="bram").out
    heard = fund("inbox", database=waiting, user="bram", terminal=True, env={"ACCESSIBLE": "1"}).out
    for item in items:
        assert item["what"] in piped
        assert item["command"] in piped
        assert f"What: {item['what']}" in heard.splitlines()
        assert f"Type: {item['command']}" in heard.splitlines()
    assert euros(100_00) in piped
    assert "…" not in piped


def test_its_keys_are_a_promise(fund: Fund, waiting: str) -> None:
    told = fund("inbox", "--json", database=waiting, user="anna").json
    assert {"as_of", "user", "roles", "everybody", "late", "items"} <= set(told)
    keys = {"until", "late", "ref", "what", "command", "form", "roles", "partner", "partner_name"}
    assert all(set(item) == keys for item in told["items"])
    everybody = fund("inbox", "--all", "--json", database=waiting).json
    assert (everybody["everybody"], len(everybody["items"]) > len(told["items"])) == (True, True)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_line_that_asks_for_a_form_says_where_the_form_comes_from(
    fund: Fund, sqlite_url: str, tmp_path: Path, lang: str
) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        world.do("review open", user="anna", ref=ref)
        name = panel_of(world, ref)[0]
        at = {"database": sqlite_url, "user": name}
        (item,) = fund("inbox", "--json", **at).json["items"]
        assert item["form"] == f"fund review show {ref} --template > FILE"
        shown = fund("inbox", **at, terminal=True, lang=lang).out.splitlines()
        assert [line.strip() for line in shown if "fund review" in line] == [item["command"], item["form"]]
        assert all(len(line) <= 80 for line in shown)

        # what it prints, filled in, is what the line above it takes
        words, _to, _file = item["form"].removeprefix("fund ").partition(" > ")
        path = tmp_path / "FILE"
        form = fund(*words.split(), **at, lang=lang).out.replace("declaration = \n", 'declaration = "none"\n')
        path.write_text(form.replace(" = \n", " = 3\n"), encoding="utf-8")
        typed = item["command"].replace("FILE", str(path)).removeprefix("fund ").split()
        assert fund(*typed, **at).code == 0
        assert fund("inbox", "--json", **at).json["items"] == []
