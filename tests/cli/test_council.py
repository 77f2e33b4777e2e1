"""``fund statement council`` as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.story import Told


def test_it_fits_a_terminal_of_80_columns(fund: Any, story: Told) -> None:
    shown = fund("statement", "council", "gm0352", database=story.url, columns=80, terminal=True)
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "What did we learn?" in lines
    whole = " ".join(shown.out.split())
    assert "Of every euro that has to come back, we expect 77 cents. Our goal is 80 cents." in whole
    assert re.search(r"State of 26 November 2026, entry 156, ([0-9a-f]{4} ?){3}$", whole)


def test_all_of_them_become_files_in_a_folder_that_say_what_one_says(fund: Any, story: Told, tmp_path: Path) -> None:
    folder = tmp_path / "raden"
    done = fund("statement", "council", "--all", "--format", "json", "--output", folder, database=story.url)
    assert (done.code, done.out, done.err) == (0, "", f"34 files in {folder}\n")
    files = sorted(path.name for path in folder.iterdir())
    assert len(files) == 34
    one = fund("statement", "council", "gm0344", "--json", database=story.url).json
    assert json.loads((folder / "gm0344.json").read_bytes()) == one
    again = fund("statement", "council", "--all", "--format", "json", "--output", folder, database=story.url)
    assert (again.code, "output_exists" in again.err) == (1, True)
    csv = fund("statement", "council", "--all", "--format", "csv", "--output", folder, database=story.url)
    assert (csv.code, len(list(folder.iterdir()))) == (0, 68)
    every = fund("statement", "council", "--all", "--json", database=story.url).json
    assert [each["id"] for each in every["councils"]] == [name.removesuffix(".json") for name in files]


@pytest.mark.parametrize("words", [(), ("gm0344", "--all"), ("--all",), ("--all", "--output", "-")])
def test_one_partner_or_all_with_a_folder(fund: Any, story: Told, words: tuple[str, ...]) -> None:
    refused = fund("statement", "council", *words, database=story.url)
    assert (refused.code, refused.out) == (2, "")


def test_a_folder_that_cannot_be_made_is_refused(fund: Any, story: Told, tmp_path: Path) -> None:
    (tmp_path / "raden").write_text("een bestand", encoding="utf-8")
    refused = fund("statement", "council", "--all", "--output", tmp_path / "raden", database=story.url)
    assert "error[file_unreadable]" in refused.err
