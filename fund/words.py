"""The words of the fund as sentences say them: states, roles, accounts, events and choices in the reader's language.

``data/glossary.csv`` decides. What somebody types is compared with these words in :mod:`fund.glossary`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from fund.language import N_, _, both, language

TYPED = "typed"
"""For :func:`word_of`: no word, but something to type; it stands between backticks in every sentence."""
HAPPENED = "gebeurd"
"""The section of what happens: the second half of the name of an event."""
_STATE_KIND = re.compile(r"\(([a-z_]+)\)$")


@dataclass(frozen=True, slots=True)
class Word:
    """One row of the glossary."""

    section: str
    nl: str
    en: str
    name: str
    explanation: str
    source: str
    avoid: tuple[str, ...]

    @property
    def forms(self) -> tuple[str, ...]:
        """Every Dutch form of the row: ``afdracht / inleg`` are two, an addition in brackets is left out too."""
        parts = [part.strip() for part in self.nl.split(" / ")]
        bare = [re.sub(r"\s*\([^)]*\)", "", part) for part in parts]
        return tuple(dict.fromkeys([*parts, *bare]))

    @property
    def is_state(self) -> bool:
        """Whether this is a state in some life story."""
        return self.section.startswith("toestand ")

    @property
    def kind(self) -> str:
        """Of a state: whose state, in code (``proposal``); empty for other words."""
        found = _STATE_KIND.search(self.explanation) if self.is_state else None
        return found.group(1) if found else ""

    def in_language(self) -> str:
        """The word in the language in use."""
        return in_language((self.nl, self.en))


@lru_cache(maxsize=1)
def all_words() -> tuple[Word, ...]:
    """The whole glossary, in its own order."""
    text = resources.files("fund").joinpath("data", "glossary.csv").read_text(encoding="utf-8")
    return tuple(
        Word(
            section=row["rubriek"],
            nl=row["nl"],
            en=row["en"],
            name=row["naam_in_code"],
            explanation=row["uitleg"],
            source=row["vindplaats"],
            avoid=tuple(part.strip() for part in row["avoid"].split(";") if part.strip()),
        )
        for row in csv.DictReader(text.splitlines())
    )


@lru_cache(maxsize=1)
def states_named() -> Mapping[tuple[str, str], Word]:
    """The states, by whose they are and by code."""
    return MappingProxyType({(word.kind, word.name): word for word in all_words() if word.is_state})


def state_word(kind: str, state: str) -> str:
    """A state of a life story (``proposal``, ``in_review``) as people read it; English without underscores if the
    glossary has no such row. Where nobody says whose state it is, the first of that name."""
    states = states_named()
    word = states.get((kind, str(state))) or next((states[each] for each in states if each[1] == state), None)
    return word.in_language() if word else str(state).replace("_", " ")


def account_word(code: str) -> str:
    """The name of a ledger account, or of the main account of a sub-account, in the language in use."""
    word = accounts_named().get(code.partition(".")[0])
    return word.in_language() if word else code


@lru_cache(maxsize=1)
def accounts_named() -> Mapping[str, Word]:
    """The ledger accounts, by code."""
    return MappingProxyType(
        {word.source.split()[-1]: word for word in all_words() if word.source.startswith("accounts.csv ")}
    )


def role_word(role: str) -> str:
    """A role (``fund_manager``) as people read it."""
    word = _roles().get(role)
    return word.in_language() if word else role.replace("_", " ")


@lru_cache(maxsize=1)
def _roles() -> Mapping[str, Word]:
    return MappingProxyType({word.name: word for word in all_words() if word.section == "rol"})


_TIES = {"lead": N_("{who} of the lead"), "party": N_("{who} of a party"), "own": N_("{who} of that partner")}


def who_word(code: str) -> str:
    """Who may do something (``partner_signatory of lead``), as people read it."""
    role, _of, tie = code.partition(" of ")
    if tie not in _TIES:
        return role_word(role)
    bare = role_word(role).removeprefix("partner ").removesuffix(" van een partner")  # whose, the tie says
    return _(_TIES[tie]).format(who=bare)


def party_word(code: str) -> str:
    """A party of an agreement as people read it: the fund itself by its word, a partner as it is."""
    return _("the fund") if code == "fund" else code


@lru_cache(maxsize=2)
def words_in(file: str) -> Mapping[str, tuple[str, str]]:
    """The words of a file of data (``labels.csv``), in Dutch and in English, by code."""
    text = resources.files("fund").joinpath("data", file).read_text(encoding="utf-8")
    return MappingProxyType({row["code"]: (row["nl"], row["en"]) for row in csv.DictReader(text.splitlines())})


def choices() -> Mapping[str, tuple[str, str]]:
    """What somebody chose, by its code (a vote, a ground, a rule), where the glossary has no word for it, or one of
    another thing that goes by the same code."""
    return words_in("choices.csv")


def in_language(words: tuple[str, str]) -> str:
    """The one of the Dutch and the English word that the language in use asks."""
    return words[0 if language() == "nl" else 1]


HYPOTHESES: Mapping[str, str] = {
    "confirmed": N_("confirmed"),
    "refuted": N_("refuted"),
    "inconclusive": N_("inconclusive"),
}
VERDICTS: Mapping[str, str] = {"scale": N_("scale"), "adopt": N_("adopt"), "iterate": N_("iterate"), "stop": N_("stop")}
"""What an evaluation finds and advises, in words."""


def choice_word(code: str) -> str:
    """What somebody chose as people read it; what is no code stays as it is."""
    if code in choices():
        return in_language(choices()[code])
    return code_word(code) if code.replace("_", "").isalnum() else code


def code_word(code: str) -> str:
    """A name from the code (``agreement``, ``light``, ``refuted``) as people read it; without underscores if nobody has
    a word for it."""
    word = _codes().get(code)
    return word.in_language() if word else in_language(choices().get(code) or both(code.replace("_", " ")))


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, Word]:
    named = [word for word in all_words() if not word.is_state and word.section != HAPPENED]
    return MappingProxyType({word.name: word for word in reversed(named)})


def event_word(wire: str) -> str:
    """A kind of fact (``user.added``) or of entry (``closing``) as people read it."""
    return in_language(event_words(wire))


def event_words(wire: str) -> tuple[str, str]:
    """A kind of fact or of entry in Dutch and in English: its own word where it has one, else what it is about, and
    what happened to it."""
    own = _events().get(wire)
    if own is not None:
        return own.nl, own.en
    about, _dot, event = wire.partition(".")
    named, word = _events().get(about) or _codes().get(about), _happened().get(event)
    if named is None or word is None:
        row = _codes().get(wire)
        return (row.nl, row.en) if row else both(wire.replace("_", " "))
    return _joined(named.nl, word.nl), _joined(named.en, word.en)


def _joined(about: str, event: str) -> str:
    return f"{about}{':' if ' ' in event else ''} {event}"


@lru_cache(maxsize=1)
def _events() -> Mapping[str, Word]:
    return MappingProxyType({word.name: word for word in all_words() if word.section == "gebeurtenis"})


@lru_cache(maxsize=1)
def _happened() -> Mapping[str, Word]:
    return MappingProxyType({word.name: word for word in all_words() if word.section == HAPPENED})


def _typed(text: str) -> str:
    return f"`{text}`" if re.search(r"\w", text) else text


def word_of(kind: str, code: str) -> str:
    """A code of the program in the language in use: how every sentence for people names one.

    Args:
        kind: What it is a code of: ``role``, ``who`` (a role with a tie to the case), ``party``, ``event``, ``word`` (a
            ground, a choice, a kind of case), :data:`TYPED` for what is to be typed; else whose state it is
            (``proposal``).
    """
    said = {
        "role": role_word,
        "who": who_word,
        "party": party_word,
        "event": event_word,
        "word": code_word,
        TYPED: _typed,
    }.get(kind)
    return said(code) if said else state_word(kind, code)
