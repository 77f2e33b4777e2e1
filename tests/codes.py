"""Codes of the program inside sentences for people: states, roles, kinds, grounds, fields and ids that no reader knows.

What is to be typed is no fault, as long as the sentence marks it: between backticks or quotes, as a command that begins
with ``fund``, an option, a name in capitals, a file name, or a key before ``=``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from fund import events, language
from fund.errors import FundError
from fund.errors.commands import UnknownWord
from fund.words import all_words

__all__ = ["codes", "faults", "of_refusals", "unmarked", "watch"]

_TYPED = re.compile(
    r"```.*?```"  # a block of a page
    r"|``[^`]*``|`[^`]*`"
    r'|"[^"\n]*"'
    r"|\{[^}]*\}"  # a place that is filled in later
    r"|\[\[?[^\]]*\]\]?(?:\([^)]*\))?"  # a table of a file, a link
    r"|<[^>\n]*>"
    r"|\b(?:fund|openssl|pip|psql|pg_dump|pg_restore|git) [^;\n|]*"
    r"|--?[a-z][a-z0-9-]*(?:[= ]\{?[A-Z_]+\}?)?"
    r"|\b[A-Z][A-Z0-9_]+\b"
    r"|\S*[/.]\w[\w/.*-]*\.\w+|\b[\w{}-]+\.(?:toml|csv|json|jsonl|xml|pem|py|md|xlsx|xaf|pdf|svg|png|txt|db|log)\b"
    r"|\bhttps?://\S+|\b\w+://\S+"
    r"|\b[a-z_]+ = ",
    re.DOTALL,
)
_SNAKE = re.compile(r"(?<![\w/.])[a-z]+(?:_[a-z0-9]+)+(?!\w)")
_WORD = re.compile(r"[a-zé]+(?:[_.-][a-z]+)*")
_ID = re.compile(r"\b(?:usr|evt|ent|cmd)_\w+|\bgm\d{4}\b|\bws0\d{3}\b|\bpv\d\d\b|\brg-[a-z0-9-]+")
DUTCH_TOO = frozenset(
    {"batch", "open", "partner", "project", "experiment", "term", "hash", "panel", "plan", "budget", "partners"}
)
"""Codes that are Dutch words as well."""


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """Every name in the code that has a word of its own in Dutch: a Dutch sentence says the word."""
    dutch = {part for word in all_words() for form in word.forms for part in re.findall(r"\w+", form.lower())}
    named = {word.name for word in all_words() if not word.source.startswith("accounts.csv")}
    return frozenset({*named, *events.FACTS} - dutch - DUTCH_TOO)


def unmarked(text: str) -> str:
    """The text without what is marked as typed."""
    return _TYPED.sub(" · ", text)


def faults(texts: Iterable[str], *, dutch: bool, ids: bool = True) -> Iterator[str]:
    """Each code that stands unmarked in a sentence, with the sentence.

    Args:
        dutch: Whether the words of the code are foreign here; in English most are words of the reader.
        ids: Whether an id is a fault too, and not an example.
    """
    for text in texts:
        bare = unmarked(text)
        found = [*_SNAKE.findall(bare), *(_ID.findall(bare) if ids else ())]
        said = set(_WORD.findall(bare))
        found += sorted(said & (codes() if dutch else events.FACTS.keys()))
        if found:
            yield f"{', '.join(dict.fromkeys(found))}: {' '.join(text.split())[:160]}"


_seen: set[tuple[object, ...]] = set()
_raised: list[FundError] = []


def watch() -> None:
    """Keep every refusal that any test raises, for :func:`of_refusals`."""
    construct = FundError.__init__

    def constructed(self: FundError, **details: Any) -> None:
        construct(self, **details)
        _raised.append(self)

    FundError.__init__ = constructed  # type: ignore[method-assign]


def of_refusals() -> Iterator[str]:
    """Each code that a refusal raised since the last call says raw to a Dutch reader: a detail that is a code and
    stands unmarked in its sentence as it is."""
    raised, before = list(_raised), language.language()
    _raised.clear()
    language.choose("nl")
    try:
        for problem in raised:
            told = [
                text for text in map(str, _items(problem)) if not text.startswith("ent_")
            ]  # an id that the caller gave
            raw = [text for text in told if text in codes() or _SNAKE.fullmatch(text)]
            if raw and (key := (type(problem), *sorted(raw))) not in _seen:
                _seen.add(key)
                shown = str(problem).removeprefix(f"{problem.details.get('file')}:")
                for reason in (text for text in told if " " in text):  # said in the language of the test
                    shown = shown.replace(reason, "")
                bare = unmarked(shown)
                said = [text for text in raw if re.search(rf"(?<![\w./-]){re.escape(text)}(?![\w./-])", bare)]
                where = problem.details.get("field", problem.details.get("place"))
                placed = bool({"file", "line"} & problem.details.keys()) and said == [where]  # the place in a file
                if said and not placed:
                    yield f"{problem.code()}: {', '.join(said)}: {problem}"
    finally:
        language.choose(before)


_AS_TYPED = {"excerpt", "text", "word"}
"""Details that hold what somebody typed."""


def _items(problem: FundError) -> Iterator[object]:
    """The details that may be codes; a list of words to choose from was made in the language of the test."""
    skipped = _AS_TYPED | ({"known"} if isinstance(problem, UnknownWord) else set())
    for value in (value for key, value in problem.details.items() if key not in skipped):
        if isinstance(value, (list, tuple, set, frozenset)):
            yield from value
        else:
            yield value
