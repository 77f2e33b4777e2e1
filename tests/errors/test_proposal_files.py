"""Each bad proposal file beside the message it earns: ``proposals/NAME.toml`` and ``proposals/NAME.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest

from fund import forms
from fund.errors import FundError

FOLDER = Path(__file__).parent / "proposals"
FILES = sorted(FOLDER.glob("*.toml"))


def earned(file: Path) -> str:
    """What the file earns, on the light track."""
    with pytest.raises(FundError) as caught:
        forms.open_form(file.read_bytes(), file.name).read("light")
    return f"error[{caught.value.code()}]: {caught.value}\nhint: {caught.value.advice}\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_proposal_file_earns_its_message(file: Path) -> None:
    assert earned(file) == file.with_suffix(".txt").read_text("utf-8")


def test_every_message_has_its_file() -> None:
    assert len(FILES) == 46
    assert {file.stem for file in FILES} == {file.stem for file in FOLDER.glob("*.txt")}
