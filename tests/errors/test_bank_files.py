"""Each bad bank file earns its message: the cases of ``bank.txt``."""

from __future__ import annotations

import pytest

from fund.bank import read_statements
from fund.errors import FundError
from tests.errors.cases import BANK, FOLDER, Case


@pytest.mark.parametrize("case", BANK, ids=lambda case: case.name)
def test_a_bad_bank_file_earns_its_message(case: Case) -> None:
    with pytest.raises(FundError) as caught:
        read_statements(case.content, name=f"{case.name}.xml")
    assert f"error[{caught.value.code()}]: {caught.value}\nhint: {caught.value.advice}\n" == case.message


def test_every_message_has_its_file() -> None:
    assert len(BANK) == 26
    read_statements((FOLDER / "statement.xml").read_bytes(), name="statement.xml")  # and only the patch makes it bad
