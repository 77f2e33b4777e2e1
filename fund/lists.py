"""Lists as people ask for them: the rows in a state, the rows with some words, in the order of a column.

Every list of the fund is chosen from here, by the query that declares it (:class:`fund.unit_of_work.Query`), so that
people and programs, and every list, ask in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from fund import glossary
from fund.errors.commands import UnknownState
from fund.errors.usage import UnknownColumn
from fund.words import all_words

_FINGERPRINT = re.compile(r"[0-9a-f]{32,}")
_EMPTY: tuple[Any, ...] = (None, "", [])
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+|/[1-9][0-9]*)?", re.ASCII)


def words_of(text: str) -> list[str]:
    """The words of a text as they are looked for: no accents, no capitals; signs stay, for amounts and days."""
    return glossary.bare(text).split()


def has_words(value: Any, words: Iterable[str], kind: str = "") -> bool:
    """Whether all words stand somewhere in a row, in any order; accents and capitals do not matter.

    A state or another code is found by its Dutch and English word too, a day and an amount as either language writes
    it, and a fingerprint not at all.

    Args:
        words: As :func:`words_of` gives them.
        kind: Whose states the row has.
    """
    found = glossary.bare("\n".join(_texts(value, "", kind)))
    return all(word in found for word in words)


def _texts(value: Any, key: str, kind: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, str(name), kind)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, key, kind)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int) and key.endswith("_cents"):
        whole, part = divmod(abs(value), 100)
        yield from (f"{whole}.{part:02d}", f"{whole},{part:02d}", f"{whole:,}.{part:02d}")
        yield f"{whole:,}".replace(",", ".") + f",{part:02d}"
    else:
        text = str(value)
        if _FINGERPRINT.fullmatch(text):
            return
        yield text
        yield from _codes().get(text, ())
        if key.endswith("_on") and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            yield f"{text[8:]}-{text[5:7]}-{text[:4]}"
        if key == "state" and kind:
            yield from glossary.state_names(kind).get(text, ())


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, tuple[str, str]]:
    return {word.name: (word.nl, word.en) for word in all_words() if not word.is_state}


def chosen(
    found: Mapping[str, Any],
    lists: Mapping[str, str],
    *,
    name: str,
    state: str | None = None,
    search: str | None = None,
    sort: str | None = None,
) -> dict[str, Any]:
    """What a query found, with only the rows that were asked for, in the order that was asked for.

    ``selection`` tells what was asked, how many rows there were and how many are left, of the lists that have states
    where a state was asked for.

    Args:
        lists: The plural keys of ``found`` that hold rows, each with the kind whose states its rows have, or nothing.
        name: The command, for who asks for a column that is not there.
        state: Only rows in this state, by code or word. Lists whose rows have no state stay as they are.
        search: Only rows that have all of these words.
        sort: The key to sort by, from small to large, or from large to small with ``-`` before it. Several with commas
            between them are those of several lists. Rows that have nothing there come last.

    Raises:
        UnknownState, UnknownColumn: As they say.
    """
    rows: dict[str, list[Mapping[str, Any]]] = {plural: list(found[plural]) for plural in lists}
    asked = [plural for plural, kind in lists.items() if kind or state is None]
    count = sum(len(rows[plural]) for plural in asked)
    if state is not None:
        kinds = [kind for kind in lists.values() if kind]
        codes = {kind: set(glossary.meant(state, glossary.state_names(kind))) for kind in kinds}
        if not any(codes.values()):
            names = {code: called for kind in kinds for code, called in glossary.state_names(kind).items()}
            glossary.chosen(state, names, UnknownState, kind=kinds[0])
        rows = {
            plural: [row for row in rows[plural] if not kind or row["state"] in codes[kind]]
            for plural, kind in lists.items()
        }
    words = words_of(search or "")
    rows = {plural: [row for row in rows[plural] if has_words(row, words, kind)] for plural, kind in lists.items()}
    if sort is not None:
        down, keys = sort.startswith("-"), sort.removeprefix("-").split(",")
        known = {key for plural in lists for row in found[plural][:1] for key in row}
        if all(found[plural] for plural in lists) and not known & set(keys):
            raise UnknownColumn(column=sort, known=sorted(known), command=f"fund {name}")
        for plural, each in rows.items():
            key = next((key for key in keys if each and key in each[0]), None)
            if key is not None:
                rows[plural] = _sorted(each, key, down=down)
    answer = {**found, **rows}
    if state is not None or words or sort is not None:
        left = sum(len(rows[plural]) for plural in asked)
        answer["selection"] = {"state": state, "search": search, "sort": sort, "rows": left, "of": count}
    return answer


def _sorted(rows: list[Mapping[str, Any]], key: str, *, down: bool) -> list[Mapping[str, Any]]:
    full = [row for row in rows if row[key] not in _EMPTY]
    empty = [row for row in rows if row[key] in _EMPTY]
    return [*sorted(full, key=lambda row: _rank(row[key]), reverse=down), *empty]


def _rank(value: Any) -> tuple[int, Fraction, str]:
    """Numbers before texts; of a list of records their number."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        value = len(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(value, (int, Fraction)) or _NUMBER.fullmatch(text):
        return 0, Fraction(text if not isinstance(value, bool) else int(value)), ""
    return 1, Fraction(0), glossary.bare(text)
