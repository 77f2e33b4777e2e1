"""Each bad bank file beside the message it earns: ``bank/NAME.xml`` and ``bank/NAME.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest

from fund.bank import read_statements
from fund.errors import FundError

FILES = sorted((Path(__file__).parent / "bank").glob("*.xml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_bank_file_earns_its_message(file: Path) -> None:
    with pytest.raises(FundError) as caught:
        read_statements(file.read_bytes(), name=file.name)
    message = f"error[{caught.value.code()}]: {caught.value}\nhint: {caught.value.advice}\n"
    assert message == file.with_suffix(".txt").read_text("utf-8")


def test_every_message_has_its_file() -> None:
    assert len(FILES) == 26
    assert {file.stem for file in FILES} == {file.stem for file in (Path(__file__).parent / "bank").glob("*.txt")}
