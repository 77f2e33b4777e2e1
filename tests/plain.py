"""Plain Dutch by machine: short sentences, no word that has a plainer one, and no word of the trade unexplained.

What a text for a council is held against (B1): sentences of ten words on average and eighteen at most, and no word of
``fund/data/b1-avoid.csv``. It judges our own sentences; what people wrote is quoted as it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache, lru_cache
from importlib import resources

from fund.words import all_words as glossary

__all__ = ["LONGEST", "MEAN", "avoided", "faults", "sentences_of", "unexplained", "words_of"]

MEAN, LONGEST = 10, 18
_END = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\s]*\w[^\s]*")
NOT_SAID = ("rekening", "toestand", "gebeur", "keuze")
"""Sections of the glossary whose names are names of rows, not words of a text."""


@lru_cache(maxsize=1)
def avoided() -> Mapping[str, str]:
    """The words and phrases to avoid, in small letters, each with a plainer one."""
    text = (resources.files("fund") / "data" / "b1-avoid.csv").read_text(encoding="utf-8")
    return {
        form: row["liever"] for row in csv.DictReader(text.splitlines()) for form in row["woord"].lower().split("/")
    }


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a point inside a number ends none."""
    return [part for part in (piece.strip() for piece in _END.split(text)) if words_of(part)]


def words_of(sentence: str) -> list[str]:
    """Its words; an amount with its sign is one word."""
    return _WORD.findall(sentence.replace("€\u00a0", "€").replace("€ ", "€"))


def faults(texts: Iterable[str]) -> Iterator[str]:
    """What of these texts together is not plain: the mean, each sentence that is too long, each word to avoid."""
    sentences = [sentence for text in texts for sentence in sentences_of(text)]
    if sentences:
        mean = Fraction(sum(len(words_of(each)) for each in sentences), len(sentences))
        if mean > MEAN:
            yield f"{float(mean):.1f} words a sentence, {MEAN} at most"
    for sentence in sentences:
        if len(words_of(sentence)) > LONGEST:
            yield f"{len(words_of(sentence))} words: {sentence}"
        for word, better in avoided().items():
            if _of((word,)).search(sentence.lower()):
                yield f"{word} ({better}): {sentence}"


def unexplained(texts: Iterable[str], explained: Mapping[str, str]) -> Iterator[str]:
    """Words of the glossary that stand somewhere before the text that explains them, or that none explains.

    Args:
        explained: By the word in the glossary, a part of the text that explains it.
    """
    told = [sentence for text in texts for sentence in sentences_of(text)]
    for word in glossary():
        if word.section.startswith(NOT_SAID):
            continue
        said = _of(tuple(_forms(word.forms)))
        first = next((each for each in told if said.search(each.lower())), None)
        if first is not None and explained.get(word.nl, "\0") not in first:
            yield f"{word.nl}: {first}"


def _forms(forms: Iterable[str]) -> Iterator[str]:
    for form in forms:
        yield from (form, f"{form}en", f"{form}s", f"{form}n", f"{form}'s")


@cache
def _of(words: tuple[str, ...]) -> re.Pattern[str]:
    """What finds one of these words, whole, in a sentence in small letters."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(word.lower()) for word in words)})(?!\w)")
