"""The reference pages say what the code says."""

from __future__ import annotations

import pytest

from tests import write_docs

PAGES = write_docs.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    path = write_docs.DOCS / name
    assert path.exists(), "run make docs"
    assert path.read_text(encoding="utf-8") == PAGES[name], "run make docs"


def test_every_life_story_is_drawn() -> None:
    drawn = set(write_docs.lifecycle_tables())
    assert {"proposal", "agreement", "disbursement", "writeoff", "evaluation"} <= drawn


def test_the_notice_names_every_file_of_data_that_comes_with_the_fund() -> None:
    root = write_docs.DOCS.parent
    notice = (root / "NOTICE").read_text(encoding="utf-8")
    for folder in ("data", "templates", "locale"):
        for path in (root / "fund" / folder).rglob("*.*"):
            assert path.relative_to(root).as_posix() in notice
