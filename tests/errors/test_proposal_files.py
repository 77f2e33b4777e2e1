"""Each bad proposal file earns its message on the light track: the cases of ``proposals.txt``."""

from __future__ import annotations

import pytest

from fund import forms
from fund.errors import FundError
from tests.errors.cases import FOLDER, PROPOSALS, Case


@pytest.mark.parametrize("case", PROPOSALS, ids=lambda case: case.name)
def test_a_bad_proposal_file_earns_its_message(case: Case) -> None:
    with pytest.raises(FundError) as caught:
        forms.open_form(case.content, f"{case.name}.toml").read("light")
    assert f"error[{caught.value.code()}]: {caught.value}\nhint: {caught.value.advice}\n" == case.message


def test_every_message_has_its_file() -> None:
    assert len(PROPOSALS) == 46
    good = (FOLDER / "proposal.toml").read_bytes()
    forms.open_form(good, "proposal.toml").read("light")  # and only the patch makes it bad
