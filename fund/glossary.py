"""The words of the fund: Dutch and English, the states as people read them, and what was probably meant.

``data/glossary.csv`` decides. Here it is read, searched and compared by spelling; which commands exist is told to us,
and so are names that only a fund knows. Whatever somebody may choose or name is found here: :func:`meant` says what
was typed, :func:`suggested` what was probably meant, :func:`chosen` refuses the rest.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources

from fund.errors.commands import AmbiguousName, UnknownWord
from fund.language import _, both, language
from fund.words import HAPPENED, Word, accounts_named, all_words, choice_word, choices, states_named

Names = Mapping[str, tuple[str, ...]]
"""By id or code, the names by which people know it: the Dutch, the English, others."""


@lru_cache(maxsize=1)
def _commands() -> Mapping[tuple[str, str], str]:
    """The nouns and verbs of the command line, by a ``name`` of the glossary or by a Dutch word as it is ``typed``."""
    text = resources.files("fund").joinpath("data", "commands.csv").read_text(encoding="utf-8")
    return {(row["sort"], row["word"]): row["command"] for row in csv.DictReader(text.splitlines())}


def track_word(track: str) -> str:
    """How much a proposal asks and must show, as people read it: ``light``, ``standard``, ``major``."""
    return choice_word(track)


def find(text: str) -> tuple[Word, ...]:
    """The rows that ``text`` names: by Dutch, English, code, or a form to avoid; capitals and hyphens do not matter."""
    wanted = folded(text)
    named = [word for word in all_words() if word.section != HAPPENED]
    exact = [word for word in named if wanted in {folded(form) for form in (*word.forms, word.en, word.name)}]
    if exact:
        return tuple(exact)
    return tuple(word for word in named if wanted in {folded(form) for form in word.avoid})


def nouns_of(typed: str, nouns: Iterable[str]) -> tuple[str, ...]:
    """The nouns or verbs of the command line that a Dutch (or other) word stands for, best first.

    >>> nouns_of("aanvraag", ["proposal", "partner"])
    ('proposal',)
    """
    known = tuple(nouns)
    wanted = folded(typed)
    found: list[str] = []
    direct = _commands().get(("typed", typed.lower()))
    if direct in known:
        found.append(str(direct))
    for form in _singulars(wanted):
        for word in find(form):
            noun = word.name if word.name in known else _commands().get(("name", word.name), "")
            if noun in known and not word.is_state and noun not in found:
                found.append(noun)
        if found:
            break
    return tuple(found)


def _singulars(plural: str) -> tuple[str, ...]:
    """``plural`` itself and what it may be the plural of: aanvragen - aanvraag, partners - partner."""
    forms = [plural]
    for end in ("en", "s", "n"):
        if plural.endswith(end) and len(plural) > 4:
            stem = plural[: -len(end)]
            forms.append(stem)
            if end == "en" and re.search(r"[^aeou][aeou][^aeiou]$", stem):
                forms.append(stem[:-1] + stem[-2] + stem[-1])
    return tuple(forms)


def nearest(typed: str, candidates: Iterable[str], *, limit: int = 1) -> tuple[str, ...]:
    """The candidates that look most like what was typed, best first; none when nothing is close."""
    wanted = typed.lower()
    allowed = 1 if len(wanted) <= 4 else 2 if len(wanted) <= 7 else 3
    ranked = sorted((distance(wanted, candidate.lower()), candidate) for candidate in set(candidates))
    close = [candidate for far, candidate in ranked if far <= allowed]
    if not close and len(wanted) >= 3:
        close = sorted(candidate for candidate in set(candidates) if candidate.lower().startswith(wanted))
    return tuple(close[:limit])


def distance(one: str, other: str) -> int:
    """How many letters to add, drop, change or swap to turn one word into the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        before, last, row = row, before, [number]
        for place, other_letter in enumerate(other, start=1):
            cost = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != other_letter))
            swapped = number > 1 and place > 1 and letter == other[place - 2] and one[number - 2] == other_letter
            row.append(min(cost, last[place - 2] + 1) if swapped else cost)
    return row[-1]


# ------------------------------------------------------------------------------------------- what somebody may name


def bare(text: str) -> str:
    """Text without capitals and accents, as it is looked through; signs stay, for amounts and days."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A name as it is compared: :func:`bare`, without hyphens, underscores and other signs, one space between words."""
    return " ".join(re.sub(r"[^\w]|_", " ", bare(text)).split())


class Name(str):
    """What was typed where something is named that only the fund knows: a partner by name, abbreviation or id.

    As text it stays what was typed, so that a repeated command is recognised. ``kind`` says what is named, ``chosen``
    which of several was meant, when somebody was asked.
    """

    kind: str
    chosen: str

    def __new__(cls, text: str, kind: str, chosen: str = "") -> Name:
        self = super().__new__(cls, text)
        self.kind, self.chosen = kind, chosen
        return self


def meant(text: str, names: Names) -> tuple[str, ...]:
    """What ``text`` is the id or a name of; several where they share a name.

    A name that a narrow table cut short (``Wijk bij Duurst…``) is what begins so.
    """
    wanted = folded(text)
    if not wanted:
        return ()
    if text.rstrip().endswith("…"):
        return tuple(each for each, called in names.items() if any(folded(name).startswith(wanted) for name in called))
    return tuple(each for each, called in names.items() if wanted in map(folded, (each, *called)))


def suggested(text: str, names: Names, *, limit: int = 3) -> tuple[str, ...]:
    """What was probably meant, best first: by spelling, by how a name begins, or by a word in it."""
    owners: dict[str, list[str]] = {}
    for each, called in names.items():
        for name in (each, *called):
            owners.setdefault(folded(name), []).append(each)
    wanted = folded(text)[:_LONGEST_NAME]
    close = nearest(wanted, owners, limit=limit) if wanted else ()
    if not close and len(wanted) >= 3:
        close = tuple(sorted(name for name in owners if f" {wanted}" in name))
    return tuple(dict.fromkeys(each for name in close for each in owners[name]))[:limit]


_LONGEST_NAME = 100
"""Names are shorter; what is longer is compared no further."""


def advice(near: Iterable[str], look: str) -> str:
    """A hint: what was probably meant, where something comes near, and where to look."""
    listed = _(" or ").join(near)
    return _("did you mean {names}? {look}").format(names=listed, look=look) if listed else look


def chosen(
    text: str,
    names: Names,
    refusal: type[UnknownWord] = UnknownWord,
    *,
    parts: bool = False,
    coded: bool = False,
    look: str = "",
    **details: str,
) -> str:
    """The code of the word that was typed: the code itself, or what people read, in either language.

    Args:
        names: By code, the Dutch word and the English.
        parts: Whether a part of just one name will do.
        coded: Whether people see the code beside the word.
        look: The command that shows the words, where they are too many for a refusal.
        details: What the refusal says besides.

    Raises:
        UnknownWord: None is called so; the hint names the nearest. AmbiguousName: Several are.
    """
    found = meant(text, names)
    wanted = folded(text)
    if not found and parts and len(wanted) >= 3:
        found = tuple(code for code, called in names.items() if any(wanted in folded(word) for word in called))
    if len(found) == 1:
        return found[0]
    place = 0 if language() == "nl" else 1
    shown = {code: f"{code} {called[place]}" if coded else called[place] for code, called in names.items()}
    if found:
        raise AmbiguousName(name=text, ids=list(found), choices=[shown[each] for each in found])
    near = [f'"{shown[each]}"' for each in suggested(text, names)]
    if look:
        asked = advice(near, look)
    else:
        asked = _("did you mean {names}?").format(names=_(" or ").join(near)) if near else _("write one of these words")
    raise refusal(word=text, known=list(dict.fromkeys(shown.values())), suggestion=asked, **details)


def role_names() -> Names:
    """The roles that a person can have."""
    return {word.name: (word.nl, word.en) for word in all_words() if word.section == "rol" and word.name != "system"}


def code_names(codes: Iterable[str]) -> Names:
    """Words that :func:`code_word` says of these codes, in both languages."""
    rows = {word.name: (word.nl, word.en) for word in reversed(all_words()) if not word.is_state}
    return {code: rows.get(code) or choices().get(code) or both(code.replace("_", " ")) for code in codes}


def choice_names(codes: Iterable[str]) -> Names:
    """Words that :func:`choice_word` says of these codes, in both languages."""
    return {code: choices().get(code, names) for code, names in code_names(codes).items()}


def state_names(kind: str) -> Names:
    """The states of a life story (``proposal``)."""
    return {state: (word.nl, word.en) for (of, state), word in states_named().items() if of == kind}


def account_names() -> Names:
    """The main accounts of the ledger."""
    return {code: (word.nl, word.en) for code, word in accounts_named().items()}


@lru_cache(maxsize=1)
def theme_names() -> dict[str, tuple[str, str]]:
    """The themes by id, with their Dutch and English names."""
    text = resources.files("fund").joinpath("data", "themes.csv").read_text(encoding="utf-8")
    return {row["id"]: (row["naam"], row["name_en"]) for row in csv.DictReader(text.splitlines())}
