"""Refusals of the register of cooperations."""

from __future__ import annotations

from fund.errors import FaultyInput
from fund.language import N_


class FaultyCooperationFile(FaultyInput):
    """The register cannot be taken in as it is: every fault with its line; nothing was imported."""

    message = N_("{faults}")
    hint = N_("fund cooperation template")
