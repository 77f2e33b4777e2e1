"""Advice in words, never a guard: the forms of cooperation that fit, and far more parties than work well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fund.language import _

__all__ = ["deviation", "many_parties", "pointed", "profile", "remarks"]


def remarks(data: Mapping[str, Any]) -> list[str]:
    """What whoever drafts a form is told of it, one remark a line."""
    found = pointed(data)
    lines = [_("The characteristics point to: {forms}.").format(forms=found)] if found else []
    return [*lines, *deviation(data), *many_parties(data)]


def profile(data: Mapping[str, Any]) -> str:
    """The eight characteristics with their values."""
    advice = data["advice"]
    return "" if advice is None else ", ".join(f"{row['characteristic']} {row['value']}" for row in advice["profile"])


def pointed(data: Mapping[str, Any]) -> str:
    """The forms of cooperation that the characteristics point to, each with what it is for."""
    advice = data["advice"]
    if advice is None:
        return ""
    return "; ".join(f"{each['name']} ({each['use']})" for each in advice["forms"])


def deviation(data: Mapping[str, Any]) -> list[str]:
    """That the chosen form is another than those that fit."""
    advice = data["advice"]
    if advice is None or not advice["deviates"]:
        return []
    return [_("The chosen form is another; say why. This is advice, nothing more.")]


def many_parties(data: Mapping[str, Any]) -> list[str]:
    """That far more parties take part than work well."""
    many = data["many_parties"]
    if many is None:
        return []
    text = _("{parties} parties take part; above {limit} a cooperation grows slow, about five work best.")
    return [text.format(parties=many["parties"], limit=many["limit"])]
