"""What the lines, groups and columns of the annual accounts are called."""

from __future__ import annotations

from collections.abc import Mapping

from fund.glossary import words
from fund.language import N_, _

__all__ = ["COLUMNS", "GROUPS", "account_title", "group_title", "line_title"]

GROUPS: Mapping[str, str] = {
    "financial_fixed_assets": N_("Financial fixed assets"),
    "short_receivables": N_("Short-term receivables"),
    "cash": N_("Cash"),
    "equity": N_("Equity"),
    "deferred_income": N_("Received for the purpose, not spent yet"),
    "long_debts": N_("Long-term debts"),
    "short_debts": N_("Short-term debts"),
    "accruals": N_("Accruals"),
    "other": N_("Other"),
}
_LINES: Mapping[str, str] = {
    "accumulated_result": N_("Result of earlier years"),
    "result_of_the_year": N_("Result of the year"),
}
COLUMNS: Mapping[str, str] = {
    "opening": N_("1 January"),
    "closing": N_("31 December"),
    "called": N_("Called"),
    "left": N_("Left with partners"),
    "received": N_("Received"),
    "settled": N_("Settled on leaving"),
    "approved": N_("Approved to pay"),
    "repaid": N_("Repaid"),
    "unspent": N_("Unspent, came back"),
    "written_off": N_("Written off"),
    "refinanced": N_("Refinanced"),
    "added": N_("Added"),
    "released": N_("Released"),
    "used": N_("Used by write-offs"),
    "awarded": N_("Awarded"),
    "taken_off": N_("Taken off"),
    "result": N_("Result of the year"),
    "exits": N_("Partners that left"),
    "other": N_("Other"),
}
"""The columns of the movement tables."""


def group_title(name: str) -> str:
    """A group of lines, in the language in use."""
    return _(GROUPS[name])


def line_title(name: str, mains: list[str]) -> str:
    """A line, in the language in use: its account's name where it is one account."""
    return _(_LINES[name]) if name in _LINES else account_title(mains[0])


def account_title(main: str) -> str:
    """The name of a main account, in the language in use."""
    return next((word.in_language() for word in words() if word.source == f"accounts.csv {main}"), main)
