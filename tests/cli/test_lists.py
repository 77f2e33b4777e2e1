"""Every list command takes ``--state``, ``--search`` and ``--sort``, in both languages and with ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import click
import pytest

from cli.main import _root
from cli.output import state_text
from cli.params.types import SortKey, State
from fund import language
from fund.language import both
from fund.lists import has_words
from fund.registry import QUERIES
from tests.conftest import Fund
from tests.factories import founded
from tests.story import Told
from tests.workflows.deciding import eligible, peopled

NOT_CHOSEN_FROM = {
    "event list": "a journal, read by number: --stream, --type, --since and --limit say which part",
    "file list": "the few files of one case",
}

NAMED_BY = ("ref", "id", "iban", "name", "agreement", "period", "year")


def commands() -> Iterator[tuple[str, click.Command]]:
    root = _root()
    context = click.Context(root, info_name="fund")

    def under(command: click.Command | None, path: str) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                yield from under(command.get_command(context, name), f"{path} {name}".lstrip())
        elif command is not None:
            yield path, command

    return under(root, "")


LISTS = {
    name: command
    for name, command in commands()
    if name.endswith(" list") and not name.endswith(tuple(NOT_CHOSEN_FROM))
}


def option(command: click.Command, name: str) -> Any:
    return next((param.type for param in command.params if name in param.opts), None)


def test_every_list_is_declared_as_one_and_offers_the_same() -> None:
    assert len(LISTS) == 17
    for name, command in LISTS.items():
        lists = QUERIES[name].lists
        assert lists, name
        assert isinstance(option(command, "--sort"), SortKey), name
        assert option(command, "--search") is not None, name
        kinds = {kind for kind in lists.values() if kind}
        state = option(command, "--state")
        assert set(state.kinds if isinstance(state, State) else ()) == kinds, name
    assert {name for name, query in QUERIES.items() if query.lists} == set(LISTS)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_column_of_every_list_sorts_it_both_ways_by_its_header_in_either_language(
    fund: Fund, story: Told, name: str
) -> None:
    whole = fund(*name.split(), "--json", database=story.url, user="bram").json
    lists = QUERIES[name].lists
    for header, keys in option(LISTS[name], "--sort").keys.items():
        dutch, english = both(header)
        for typed in (dutch, f"-{english.lower()}"):
            shown = fund(*name.split(), "--sort", typed, "--json", database=story.url, user="bram")
            assert shown.code == 0, (typed, shown.err)
            for plural in lists:
                rows = shown.json[plural]
                assert sorted(map(str, rows)) == sorted(map(str, whole[plural]))
                key = next((key for key in keys if rows and key in rows[0]), None)
                if key is not None and (key.endswith("_on") or key == "ref"):
                    values = [row[key] for row in rows if row[key]]
                    assert values == sorted(values, reverse=typed.startswith("-")), (typed, key)
        assert any(key in row for plural in lists for row in whole[plural][:1] for key in keys) or not all(
            whole[plural] for plural in lists
        ), (header, keys)


@pytest.mark.parametrize(("name", "lang"), list(zip(sorted(LISTS), cycle(("nl", "en")), strict=False)))
def test_states_are_taken_as_printed_and_words_find_their_row(fund: Fund, story: Told, name: str, lang: str) -> None:
    whole = fund(*name.split(), "--json", database=story.url, user="bram").json
    language.choose(lang)
    for plural, kind in QUERIES[name].lists.items():
        for state in sorted({row["state"] for row in whole[plural]} if kind else ())[:2]:
            asked = ("--state", state_text(kind, state))
            shown = fund(*name.split(), *asked, "--json", database=story.url, user="bram", lang=lang).json
            assert {row["state"] for row in shown[plural]} == {state}
            assert len(shown[plural]) == sum(row["state"] == state for row in whole[plural])
            seen = fund(*name.split(), *asked, database=story.url, user="bram", lang=lang, terminal=True)
            assert (seen.code, seen.err) == (0, "")
            assert f"{shown['selection']['rows']} " in seen.out.splitlines()[-1]
            assert all(len(line) <= 80 for line in seen.out.splitlines())
        for row in whole[plural][:1]:
            word = next(str(row[key]) for key in NAMED_BY if row.get(key))
            found = fund(*name.split(), "--search", word.upper(), "--json", database=story.url, user="bram").json
            assert row in found[plural]
            assert all(has_words(each, [word.lower()], kind) for each in found[plural])


def test_nothing_found_is_said_in_one_line_and_an_empty_list_is_not_called_empty(fund: Fund, story: Told) -> None:
    shown = fund("proposal", "list", "--search", "zonder wederga", database=story.url, lang="nl")
    assert shown.out == "Niets daarvan; de hele lijst heeft er 8.\n"
    both = fund("payment", "list", "--state", "verzonden", database=story.url, user="bram", lang="nl")
    assert both.out == "Niets daarvan; de hele lijst heeft er 18.\n"


def test_what_cannot_be_asked_for_is_refused_with_what_can(fund: Fund, story: Told) -> None:
    at = {"database": story.url, "lang": "nl"}
    for words in ("proposal", "list"), ("payment", "list"):
        state = fund(*words, "--state", "bevroren", **at)
        assert (state.code, "error[unknown_state]" in state.err, '"bevroren"' in state.err) == (2, True, True)
        assert {"proposal": "afgewezen", "payment": "afgewikkeld"}[words[0]] in state.err
    column = fund("proposal", "list", "--sort", "prijs", **at)
    assert column.code == 2
    assert "Gevraagd" in column.err
    assert column.err.splitlines()[-1] == "hint: fund proposal list --help"


def test_the_register_of_cooperations_is_chosen_from_also_where_there_is_no_fund(fund: Fund, tmp_path: Any) -> None:
    nowhere = f"sqlite:///{tmp_path / 'none.db'}"
    shown = fund("cooperation", "list", "--search", "veiligheid", "--sort", "-members", "--json", database=nowhere).json
    counts = [len(row["members"]) for row in shown["cooperations"]]
    assert counts == sorted(counts, reverse=True)
    assert shown["selection"]["rows"] == len(counts) > 0
    refused = fund("cooperation", "list", "--theme", "4", database=nowhere)
    assert (refused.code, "error[unknown_theme]" in refused.err) == (2, True)
    assert fund("cooperation", "list", "--theme", "energietransitie", database=nowhere).code == 0


def test_both_databases_choose_the_same_rows(fund: Fund, database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        refs = eligible(world, count=2)

        def asked(*words: str) -> list[str]:
            rows = fund("proposal", "list", *words, "--json", database=database_url, user="anna").json["proposals"]
            return [row["ref"] for row in rows]

        assert asked("--state", "toegelaten", "--sort", "-aanvraag") == sorted(refs, reverse=True)
        assert asked("--search", refs[0]) == refs[:1]
        assert asked("--state", "ingetrokken") == []
