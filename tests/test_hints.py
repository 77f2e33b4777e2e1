"""What the fund advises is typed wherever a test meets it (``tests/hints.py``): faulty advice is found."""

from __future__ import annotations

import shlex
import sys

import pytest

from fund.errors.usage import ReportsMissing
from fund.workflows.inbox.lines import SOURCES
from tests import hints
from tests.factories import founded
from tests.workflows.agreeing import AGREEMENT, BAARN, accepted, running


@pytest.mark.parametrize(
    "line",
    [
        "fund proposal show 2026-999",  # there is none
        "fund user add piet --role reviewer",  # anna may not
        "fund user list --sorted",  # no such option
        "see fund proposal find 2026-999",  # no such command
        "fund period lock 2026-01 --reason WHY",  # a value that nobody explained
    ],
)
def test_advice_that_cannot_be_followed_is_found(sqlite_url: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_seen", set())
    monkeypatch.setattr("cli.params.executing.others_who_may", lambda *_given: None)
    with founded(sqlite_url) as world:
        before = world.ask("event list")
        with pytest.raises(hints.NotFollowed):
            hints._type(world.fund, "anna", "a test", line, {})
        hints._type(world.fund, "anna", "a test", "fund user list", {})
        assert world.ask("event list") == before


def test_who_may_take_the_next_step_is_who_it_waits_for(sqlite_url: str) -> None:
    from fund.commands.takers import takers

    with founded(sqlite_url) as world:
        world.people()
        assert takers(world.fund, "fund user add piet", user="anna") == ["petra"]
        assert takers(world.fund, "fund user add piet", user="petra") is None
        assert takers(world.fund, "fund user list", user="anna") is None
        assert takers(world.fund, "fund user list", user="nobody") == [
            "anna", "anna2", "bram", "bram2", "carla", "joost", "petra",
        ]  # fmt: skip
        assert takers(world.fund, "fund partner show d'or", user="anna") is None
        pending = world.do("user add", user="petra", name="ed", roles=["reviewer"])["pending"]
        assert takers(world.fund, f"fund confirm {pending}", user="petra") == ["carla"]


def test_who_may_take_a_step_that_waits_in_no_inbox_has_the_tie_that_its_table_asks(sqlite_url: str) -> None:
    from fund.commands.takers import takers

    with founded(sqlite_url) as world:
        running(world)
        accepted(world, AGREEMENT, 1)
        world.user("ina", "fund_manager", partner=BAARN)  # of the lead
        asked = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        assert takers(world.fund, f"fund disbursement withdraw {asked}", user="anna") == ["fatima", "piet"]
        assert takers(world.fund, f"fund agreement benefits {AGREEMENT} --year 2020", user="anna") == [
            "fatima",
            "piet",
            "sara",
        ]
        for command in (f"agreement suspend {AGREEMENT}", f"disbursement refuse {asked}"):
            found = takers(world.fund, f"fund {command} --reason TEXT", user="nobody")
            assert found is not None
            assert ("anna" in found, "ina" in found) == (True, False), command
        assert takers(world.fund, f"fund disbursement refuse {asked} --reason TEXT", user="anna") is None


def test_whose_turn_it_is_is_read_no_further_than_the_source_that_asks_it(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fund.commands.takers import takers

    with founded(sqlite_url) as world:
        world.people()
        pending = world.do("user add", user="petra", name="ed", roles=["reviewer"])["pending"]
        first, *_others = SOURCES
        monkeypatch.setattr(sys.modules["fund.commands.takers"], "SOURCES", (first, None))
        assert takers(world.fund, f"fund confirm {pending}", user="petra") == ["carla"]


def test_the_missing_extra_is_installed_by_the_packages_that_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata
    import importlib.util
    import tomllib
    from pathlib import Path

    from packaging.requirements import Requirement

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
    for found, begins in ((object(), [sys.executable, "-m", "pip"]), (None, ["uv", "pip"])):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name, found=found: found)
        words = shlex.split(ReportsMissing(what="PDF").advice)
        assert words[: len(begins)] == begins
        assert sorted(map(Requirement, words[-4:]), key=str) == sorted(
            map(Requirement, project["optional-dependencies"]["reports"]), key=str
        )
