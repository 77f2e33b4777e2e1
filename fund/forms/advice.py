"""What the eight characteristics of a cooperation point to, and whether the chosen form is among it. Advice, no guard.

The forms and what each is for are the report's (paragraph 3.2); which characteristics that use shows in is our reading
and stands, form by form, in ``data/forms/advice.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from fund.forms.questions import FORMS, Column, form
from fund.language import language


@dataclass(frozen=True, slots=True)
class _Known:
    """A form of cooperation: its names, what it is for, and the characteristics in which that shows."""

    id: str
    nl: str
    en: str
    use_nl: str
    use_en: str
    words: tuple[str, ...]
    signs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pointed:
    """A form of cooperation that the characteristics point to.

    Attributes:
        use: What it is for, as the report has it.
        because: The characteristics that point to it.
    """

    id: str
    name: str
    use: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the characteristics point to, the most particular form first, beside what was chosen.

    Attributes:
        profile: Each characteristic with the value that was chosen, in words.
        chosen: The forms that the chosen form names, as far as they are recognised.
        deviates: Whether it names one, and none of those pointed to.
    """

    profile: tuple[tuple[str, str], ...]
    forms: tuple[Pointed, ...]
    chosen: tuple[str, ...]
    deviates: bool


@lru_cache(maxsize=1)
def _known() -> tuple[_Known, ...]:
    text = (FORMS / "advice.toml").read_text(encoding="utf-8")
    return tuple(_Known(**{**row, "words": tuple(row["words"])}) for row in tomllib.loads(text)["form"])


def _said(column: Column, code: str) -> tuple[str, str]:
    return column.says().lower(), column.word(code)


def advise(characteristics: Mapping[str, str], governance_form: str = "") -> Advice | None:
    """What these characteristics point to, in the language in use; ``None`` where none were given.

    Args:
        characteristics: By id of a characteristic, the value that was chosen.
        governance_form: The chosen form of cooperation, in the words of the parties.
    """
    if not characteristics:
        return None
    columns = dict(next(each for each in form().questions if each.field.key == "characteristics").keys)
    pointed = [known for known in _known() if known.signs.items() <= characteristics.items()]
    pointed.sort(key=lambda known: -len(known.signs))
    chosen = chosen_form(governance_form)
    return Advice(
        profile=tuple(_said(column, characteristics[key]) for key, column in columns.items() if key in characteristics),
        forms=tuple(
            Pointed(
                known.id,
                known.nl if language() == "nl" else known.en,
                known.use_nl if language() == "nl" else known.use_en,
                tuple(" ".join(_said(columns[key], value)) for key, value in known.signs.items()),
            )
            for known in pointed
        ),
        chosen=chosen,
        deviates=bool(chosen) and not set(chosen) & {known.id for known in pointed},
    )


def chosen_form(text: str) -> tuple[str, ...]:
    """The forms of cooperation that a text names, by id."""
    folded = " ".join(text.casefold().split())
    return tuple(
        known.id for known in _known() if any(re.search(rf"\b{re.escape(word)}\b", folded) for word in known.words)
    )
