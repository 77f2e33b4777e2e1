"""What a value in a file looks like to people: its place, whether it is an answer, the words for its type."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fund.forms.questions import Column
from fund.forms.text import EXCERPT, Path
from fund.language import N_


def written(path: Path) -> str:
    """A path as people read it: ``money.budget[2].amount``; blocks count from 1."""
    text = ""
    for key in path:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if text else key
    cut = text if len(text) <= 2 * EXCERPT else text[: 2 * EXCERPT] + "…"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in cut)


def filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in ([], {}, None)


def nothing(value: Any) -> bool:
    """The zero that a template fills in."""
    return type(value) is int and value == 0


def empty(column: Column, value: Any) -> bool:
    """Whether a value is how this field is left empty: an empty text, or an empty list where a list belongs."""
    if isinstance(value, str):
        return not value.strip()
    return value == [] and column.kind in ("choices", "partners")


def type_wanted(kind: str) -> str:
    return {
        "amount": N_('an amount between quotes: "24000" or "24000,00"'),
        "percent": N_('a percentage between quotes: "70"'),
        "day": N_("a day: 2027-06-30"),
        "sha256": N_("the SHA-256 of a file, 64 digits and letters"),
    }.get(kind, N_("text between quotes"))


_WORDS = (
    (bool, N_("true or false")),  # before the numbers, of which it is one
    (str, N_("text")),
    ((int, float), N_("a number")),
    ((date, datetime), N_("a date or time")),
    (list, N_("a list")),
    (dict, N_("a table")),
)


def type_word(value: Any) -> str:
    return next((word for kind, word in _WORDS if isinstance(value, kind)), N_("something else"))
