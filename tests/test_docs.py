"""The reference pages say what the code says."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import pytest

from fund.rules.regulations import Regulations, Terms, Treasury, standard
from tests import write_docs
from tests.cli.test_commands import parse

PAGES = write_docs.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    path = write_docs.DOCS / name
    assert path.exists(), "run make docs"
    assert path.read_text(encoding="utf-8") == PAGES[name], "run make docs"


def test_every_life_story_is_drawn() -> None:
    drawn = set(write_docs.lifecycle_tables())
    assert {"proposal", "agreement", "disbursement", "writeoff", "evaluation"} <= drawn


def test_a_page_cites_only_what_its_reader_can_open() -> None:
    rows = {row.row for table in write_docs.lifecycle_tables().values() for row in table}
    numbers = {number for row in rows for number in row.split(", ") if not number.isdigit()}
    root = write_docs.DOCS.parent
    for page in (root / "README.md", root / "CHANGELOG.md", *write_docs.DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        cited = set(re.findall(r"(?<![\w.`-])([ACDGKMPRW]\d{1,2})(?![\w-])", text))
        assert cited <= numbers | {"A4"}, f"{page.name}: {sorted(cited - numbers)}"
        assert cited <= {"A4"} or page.parent.name == "reference", f"{page.name}: a row without its table, {cited}"
        here = {path.name for path in (*write_docs.DOCS.rglob("*.md"), *root.glob("*/README.md"), *root.glob("*.md"))}
        assert set(re.findall(r"(?<![\w.-])[a-z][a-z.-]+\.md", text)) <= here, page.name


@pytest.mark.parametrize(
    "page", ["docs/ARCHITECTURE.md", "docs/choices.md", "fund/ledger/README.md", "tests/README.md"]
)
def test_every_file_that_a_page_for_developers_names_is_there(page: str) -> None:
    root = write_docs.DOCS.parent
    files = [f"/{path.relative_to(root)}" for path in (*root.glob("*"), *root.glob("[cfmt]*/**/*"))]
    named = re.findall(r"`([\w/*-]+\.(?:py|json|toml|csv|typ|html|css))`", (root / page).read_text("utf-8"))
    assert named or page == "docs/choices.md"
    for name in named:
        if not re.search("NAME|VERSION", name):
            assert fnmatch.filter(files, f"*/{name}"), name


def test_the_map_can_be_read_at_one_sitting() -> None:
    assert len((write_docs.DOCS / "ARCHITECTURE.md").read_text("utf-8").split()) <= 3_000


def test_the_notice_names_every_file_of_data_that_comes_with_the_fund() -> None:
    root = write_docs.DOCS.parent
    notice = (root / "NOTICE").read_text(encoding="utf-8")
    for folder in ("data", "templates", "locale"):
        for path in (root / "fund" / folder).rglob("*.*"):
            assert path.relative_to(root).as_posix() in notice


OPERATIONS = (write_docs.DOCS / "operations.md").read_text(encoding="utf-8")


def test_every_command_of_the_treasurers_month_and_year_can_be_typed() -> None:
    story = OPERATIONS.partition("## The treasurer's month")[2].partition("## Numbers of the regulations")[0]
    typed = re.findall(r"^\$ (fund .+)$", story, re.MULTILINE) + re.findall(r"`(fund --as .+?)`", story)
    assert len(typed) > 15
    for line in typed:
        parse(line)


def test_the_numbers_of_the_regulations_are_those_of_the_code_and_of_the_standard_ones() -> None:
    def shown(value: Any) -> str:
        if value is None or value == ():
            return "none"
        return str(value).lower() if isinstance(value, bool) else str(value).strip("()")

    rules = standard()
    table = OPERATIONS.partition("## Numbers of the regulations")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) > 10
    for name, _meaning, left_out, given, _source in rows:
        section, _dot, field = name.strip("`").rpartition(".")
        shape = {"terms": Terms, "treasury": Treasury, "": Regulations}[section]
        assert left_out == shown(shape.model_fields[field].default), name
        if field != "steps":
            assert given == shown(getattr(getattr(rules, section) if section else rules, field)), name
