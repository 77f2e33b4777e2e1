"""A proposal on its page: every answer of the form stands there, in both languages, as whoever looks may see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fund import language
from fund.forms import form
from fund.language import number
from fund.reports.layout import day_text
from fund.reports.statements.pages import PAGES
from fund.reports.statements.proposal_page import finding
from tests.conftest import Fund
from tests.factories import founded
from tests.story import Told
from tests.workflows.deciding import peopled, round_of, submitted

LEFT_OUT = {
    "reflection": "board members answer these for themselves",
    "person": "the fingerprint of a name; the name stands there for who may know it",
    "sha256": "the fingerprint of a file",
    "version": "told only where another form is in force",
}


def answers(asked: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every answer of a form with the name of its field."""
    if isinstance(asked, Mapping):
        for name, value in asked.items():
            if name not in LEFT_OUT:
                yield from answers(value, name)
    elif isinstance(asked, list):
        for each in asked:
            yield from answers(each, key)
    elif asked not in (None, "", 0):
        yield key, asked


def as_read(key: str, answer: Any, names: Mapping[str, str]) -> str:
    """An answer as the page shows it."""
    if key.endswith("_cents"):
        return number(answer)
    if key.endswith("_on"):
        return day_text(answer)
    if key.endswith("_bps"):
        return format(answer / 100, "g")
    place = 1 if language.language() == "nl" else 2
    columns = [
        column
        for question in form().questions
        for column in (question.field, *question.columns, *(column for _key, column in question.keys))
    ]
    words = {row[0]: row[place] for column in columns if column.name == key for row in column.options}
    return words.get(str(answer)) or names.get(str(answer), str(answer))


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_answer_of_the_form_stands_on_the_page(fund: Fund, story: Told, lang: str) -> None:
    refs = [row["ref"] for row in fund("proposal", "list", "--json", database=story.url, user="anna").json["proposals"]]
    language.choose(lang)
    for ref in refs:
        found = fund("proposal", "show", ref, "--json", database=story.url, user="anna", lang=lang).json
        page = PAGES["proposal show"](found)
        text = "\n".join(
            [page.title, *(column.text(row) for table in page.tables for row in table.rows for column in table.columns)]
        )
        for key, answer in answers(found["form"]):
            assert as_read(key, answer, found["names"]) in text, (ref, key, answer)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_it_is_read_at_80_columns_and_on_paper_on_both_databases(
    fund: Fund, database_url: str, lang: str, tmp_path: Path
) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = submitted(world, round_of(world, track="standard", ceiling_cents=200_000_00), ask_cents=40_000_00)
        at = {"database": database_url, "user": "anna", "lang": lang}
        shown = fund("proposal", "show", ref, **at, terminal=True).out
        assert all(len(line) <= 80 for line in shown.splitlines())
        for title in {"nl": ("Begroting per jaar", "Mijlpalen", "Meting"), "en": ("Budget by year", "Milestones")}[
            lang
        ]:
            assert title in shown
        paper = tmp_path / "aanvraag.pdf"
        written = fund("proposal", "show", ref, "--format", "pdf", "--output", paper, **at)
        assert (written.code, paper.read_bytes()[:5]) == (0, b"%PDF-")
        assert paper.stat().st_mode & 0o777 == 0o600
        again = fund("proposal", "show", ref, "--format", "pdf", "--output", paper, **at)
        assert (again.code, "output_exists" in again.err) == (1, True)


def test_names_of_the_team_are_for_who_may_know_them(fund: Fund, story: Told) -> None:
    at = {"database": story.url, "lang": "nl"}
    assert "Projectleider" in fund("proposal", "show", "2024-001", user="anna", **at).out
    assert "Projectleider" not in fund("proposal", "show", "2024-001", user="fatima", **at).out


def test_before_it_was_drafted_the_page_says_so_and_the_form_goes_alone(fund: Fund, story: Told) -> None:
    at = {"database": story.url, "user": "anna", "lang": "nl"}
    assert fund("proposal", "show", "2024-001", "--as-of", "2024-01-01", **at).out == (
        "2024-001 bestond niet op 1 januari 2024.\n"
    )
    for more in ("--format", "csv"), ("--output", "x.csv"):
        refused = fund("proposal", "show", "2024-001", "--file", *more, **at)
        assert (refused.code, "--file" in refused.err) == (2, True)


def test_what_was_chosen_in_the_form_is_told_in_words() -> None:
    rule = {"rule": "not_already_funded", "finding": "other public money: {said}", "values": {"said": "other_costs"}}
    language.choose("nl")
    assert "other_costs" not in finding(rule)
    assert finding({"rule": "state_aid", "finding": "state aid: {said}", "values": {"said": "none"}}).endswith(
        "geen staatssteun"
    )
