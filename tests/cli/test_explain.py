"""``fund explain``: what it can explain, refs and figures, and that nothing points to a page that nobody can open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli import explain
from cli.main import _root
from fund import events, language
from fund.errors import FundError
from fund.reports.indicators import INDICATORS
from fund.reports.statements.amounts import AMOUNTS
from fund.words import all_words
from tests.conftest import Fund
from tests.factories import founded
from tests.story import Told
from tests.workflows.deciding import eligible, peopled

ROOT = Path(__file__).parents[2]
CLOSED_PAGE = re.compile(
    r"\b(?:lifecycle|statements|people|cli|service|ledger|bank|cooperation|door|portal|performance)\.md\b"
    r"|\blifecycle (?:G|section|[0-9])|\bdesign row\b|\b(?:section|paragraaf|onderdeel) [0-9]+\b"
    r"|(?<![-\w])(?!A4\b|B1\b)[ABCDEGKMPRWX][0-9]{1,2}\b(?![-:0-9]|\.[0-9])"
)
"""A page or a row of the design, which no reader has: ``lifecycle.md 12``, ``G7``, ``K5``."""
OPEN_PAGE = re.compile(r"docs/[\w/]+\.md")


def faults(text: str) -> list[str]:
    """Every citation of what cannot be opened; pages of ``docs`` can."""
    for page in OPEN_PAGE.findall(text):
        assert (ROOT / page).exists(), page
    return CLOSED_PAGE.findall(OPEN_PAGE.sub("", text))


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    yield
    language.choose("en")


def every_word() -> Iterator[str]:
    for word in all_words():
        yield from (word.nl, word.en, word.name)
    yield from FundError.every()
    yield from events.FACTS
    yield from (indicator.name for indicator in INDICATORS)
    yield from AMOUNTS


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_page_of_explain_cites_what_a_reader_cannot_open(lang: str) -> None:
    language.choose(lang)
    found = 0
    for word in dict.fromkeys(every_word()):
        for page in explain.pages(word, ()):
            found += 1
            for label, text in page.facts:
                assert faults(f"{page.title} {label} {text}") == [], (word, label, text)
    assert found > 700


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_help_and_no_refusal_cites_what_a_reader_cannot_open(lang: str) -> None:
    language.choose(lang)
    root = _root()
    context = click.Context(root, info_name="fund")

    def helps(command: click.Command, above: click.Context, name: str) -> Iterator[tuple[str, str]]:
        here = click.Context(command, info_name=name, parent=above)
        yield here.command_path, command.get_help(here)
        if isinstance(command, click.Group):
            for each in command.list_commands(here):
                inner = command.get_command(here, each)
                assert inner is not None
                yield from helps(inner, here, each)

    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        for path, text in helps(command, context, name):
            assert faults(text) == [], path
    for code, error in FundError.every().items():
        for text in filter(None, (error.meaning(), error.message, error.hint)):
            assert faults(language._(text)) == [], code


def test_the_checker_finds_what_cannot_be_opened() -> None:
    for text in ("see lifecycle.md 12", "separation of duties (G7 b)", "as K5 says", "P25.", "(section 12)"):
        assert faults(text), text
    for text in ("A2026-003", "T04", "on one A4", "docs/glossary.md", "NL91 ABNA", "2026-Q3", "U10", "D2026-0007"):
        assert faults(text) == [], text


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_without_a_word_it_says_what_it_can_explain_and_each_example_works(fund: Fund, story: Told, lang: str) -> None:
    at = {"database": story.url, "lang": lang}
    shown = fund("explain", **at, terminal=True)
    assert (shown.code, shown.err) == (0, "")
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    examples = re.findall(r"fund (explain \S+)", shown.out)
    assert len(examples) == len(explain.KINDS) + 1
    for words in examples:
        assert fund(*words.split(), **at).code == 0, words
    kinds = {each["kind"]: each["names"] for each in fund("explain", "--json", **at).json["kinds"]}
    assert set(kinds) == set(explain.KINDS) - {"refs"}
    for kind, names in kinds.items():
        assert names, kind
        listed = fund("explain", kind, "--json", **at).json["pages"][-1]
        assert list(listed["facts"]) == list(dict.fromkeys(names))


def test_a_fact_is_explained_by_its_words_in_both_languages_and_no_sentence_of_the_program() -> None:
    language.choose("nl")
    for asked in ("user.added", "gebruiker toegevoegd", "User added"):
        (page,) = [page for page in explain.pages(asked, ()) if page.kind == "event"]
        told = dict(page.facts)
        assert (told["Nederlands"], told["Engels"]) == ("gebruiker toegevoegd", "user added")
        assert set(told) == {"Nederlands", "Engels", "Bevat", "Kijk"}


def test_it_needs_no_fund(fund: Fund, tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'none.db'}"
    for words in ((), ("1200",), ("revolving",), ("T04",), ("figures",)):
        assert fund("explain", *words, database=nowhere).code == 0, words
    refused = fund("explain", "2024-002", database=nowhere)
    assert (refused.code, refused.err.splitlines()[-1]) == (1, "hint: fund explain")


def test_a_fund_that_cannot_be_read_is_told_and_no_reason_to_say_that_a_ref_is_unknown(
    fund: Fund, story: Told, tmp_path: Path
) -> None:
    typing_error = fund("--as", "bramm", "explain", "2024-002", database=story.url)
    assert (typing_error.code, "error[unknown_user]" in typing_error.err) == (1, True)
    nobody_listens = "postgresql+psycopg://nobody@127.0.0.1:1/fund"
    away = fund("explain", "2024-002", database=nobody_listens)
    assert (away.code, "error[no_such_word]" in away.err) == (4, False), away.err
    assert fund("explain", "1200", database=nobody_listens).code == 0


@pytest.mark.parametrize("figure", [*(each.name for each in INDICATORS), *AMOUNTS])
def test_every_figure_of_the_position_is_explained_by_its_name(figure: str) -> None:
    (page,) = [page for page in explain.pages(figure, ()) if page.kind == "figure"]
    assert dict(page.facts)["Look"] == f"fund statement position --explain {figure}"


def test_a_part_of_a_figure_finds_all_that_have_it_and_a_verb_its_commands(fund: Fund, story: Told) -> None:
    found = fund("explain", "revolving", "--json", database=story.url).json["pages"]
    assert sum(page["kind"] == "figure" for page in found) >= 4
    (page,) = fund("explain", "position", "--json", database=story.url).json["pages"]
    assert list(page["facts"]) == ["fund statement position"]


def test_a_ref_names_its_case_its_state_and_a_command_that_shows_it(fund: Fund, story: Told) -> None:
    for ref in ("2024-002", "A2024-002", "D2024-0001", "B2024-0001", "S2024-001", "Q2024-0001", "2024-1", "gm0351",
                "2025-12"):  # fmt: skip
        found = fund("explain", ref, "--json", database=story.url, user="bram").json["pages"]
        assert found, ref
        for page in found:
            command = page["facts"]["Look"].removeprefix("fund ").split()
            shown = fund(
                *command, "--dry-run" if command[0] == "confirm" else "--json", database=story.url, user="bram"
            )
            assert shown.code == 0, (ref, command, shown.err)


def test_a_ref_is_found_on_both_databases_and_a_draft_of_others_is_not(fund: Fund, database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        (page, *_more) = fund("explain", ref, "--json", database=database_url, lang="nl").json["pages"]
        assert page["facts"]["State"] == "eligible"
        made = world.do("capital call", user="anna", amount=100_000_00)
        (page,) = fund("explain", made["pending"], "--json", database=database_url, user="bram").json["pages"]
        assert page["facts"]["Look"] == f"fund confirm {made['pending']}"
