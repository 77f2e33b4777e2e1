"""Refusals of the register of cooperations."""

from __future__ import annotations

from fund.errors.base import FaultyInput
from fund.language import N_

__all__ = ["FaultyCooperationFile"]


class FaultyCooperationFile(FaultyInput):
    """The register cannot be taken in as it is: every fault with its line; nothing was imported."""

    message = N_("{faults}")
    hint = N_("fund cooperation template")
