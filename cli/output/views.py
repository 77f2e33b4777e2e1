"""What an answer says to people, declared: a sentence for what was done, a list, the facts of one case.

Places in a sentence are named after what they show, and the name says how: ``{amount_cents}`` is an amount in euros,
``{due_on}`` a short day, ``{as_of}`` a day in full, ``{closes_at}`` an instant. Lists are set with commas.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.output.tables import Column, day_text, facts, table
from cli.output.terminal import say
from fund.language import N_, _, day, euros, instant, ngettext

if TYPE_CHECKING:
    from fund.declarations import Answer


def said(name: str, value: Any) -> str:
    """A value as a sentence has it, by the name of its place."""
    if value is None or value == "":
        return ""
    if name.endswith("_cents"):
        return euros(value)
    if name == "as_of":
        return day(value)
    if name.endswith(("_on", "_until")):
        return day_text(value)
    if name.endswith("_at"):
        return instant(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    return str(value)


class _Places(ChainMap[str, Any]):
    """The places of a sentence as it has them, each from the first source that knows it."""

    def __getitem__(self, name: str) -> str:
        return said(name, super().__getitem__(name))


def sentence(message: str, *sources: Mapping[str, Any]) -> str:
    """A message in the language in use, its places filled from the first of the sources that has them."""
    return _(message).format_map(_Places(*map(dict, sources)))


# ------------------------------------------------------------------------------------------------------ what was done


@dataclass(frozen=True, slots=True)
class When:
    """A sentence that is said where the value of this name is not empty (or is zero), else another one or nothing."""

    name: str
    message: str
    otherwise: str = ""
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A sentence that counts the things in the value of this name: ``{count}``. ``forms``: ``NN_`` of both.

    ``optional``: Nothing is said where there is none.
    """

    name: str
    forms: tuple[str, str]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """A sentence for each of the things in the value of this name, its places from there first; ``row`` as in lists."""

    name: str
    message: str
    row: Callable[[Any], Mapping[str, Any]] | None = None


Said = str | When | Counted | Each
Done = Said | Sequence[Said] | Callable[[Any], Iterable[str]]
"""What a command says it did: sentences, or by hand a function from its answer to lines."""


def done_lines(done: Done, answer: Answer, typed: Mapping[str, Any]) -> Iterator[str]:
    """The lines of ``done``: places come from what the use case answered, the first fact, and what was typed."""
    if callable(done):
        yield from done(answer)
        return
    known = ChainMap(*_sources(answer, typed))
    for each in [done] if isinstance(done, Said) else done:
        if isinstance(each, Counted):
            things = known[each.name]
            count = things if isinstance(things, int) else len(things)
            if count or not each.optional:
                yield ngettext(*each.forms, count).format_map(_Places({"count": count}, known))
        elif isinstance(each, When):
            given = known.get(each.name)
            if message := each.message if given or (each.zero and given == 0) else each.otherwise:
                yield sentence(message, known)
        elif isinstance(each, Each):
            for thing in known[each.name]:
                yield sentence(each.message, each.row(thing) if each.row else thing, known)
        else:
            yield sentence(each, known)


def _sources(answer: Answer, typed: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    payload = answer["events"][0]["payload"] if answer["events"] else {}
    result = {name: _plain(value) for name, value in answer["result"].items()}
    return result, {name: value for name, value in payload.items() if value is not None}, dict(typed)


def _plain(value: Any) -> Any:
    """A value of a result; days and instants are marked there (``{"$day": "2027-03-01"}``)."""
    marked = isinstance(value, Mapping) and len(value) == 1 and value.keys() & {"$day", "$instant"}
    return next(iter(value.values())) if marked else value


# --------------------------------------------------------------------------------------------------- what was looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """A list as a table.

    Args:
        title: A message with places from the answer.
        rows: The key of its rows.
        count: ``NN_`` of what the first cell of the total says, with ``{count}``.
        sums: The keys that the total adds up; without ``count`` its first cell says ``label``.
        empty: What is said where there is no row.
        row: Makes of a row what its columns show, where that is more than the row itself.
        optional: Nothing is printed where there is no row.
    """

    title: str
    rows: str
    columns: tuple[Column, ...]
    count: tuple[str, str] | None = None
    sums: tuple[str, ...] = ()
    label: str = N_("Total")
    empty: str = ""
    row: Callable[[Any], Mapping[str, Any]] | None = None
    optional: bool = False

    def __call__(self, data: Mapping[str, Any]) -> None:
        rows = [self.row(each) for each in data[self.rows]] if self.row else data[self.rows]
        if not rows and self.optional:
            return
        total = {key: sum(row[key] or 0 for row in rows) for key in self.sums}
        if self.count or self.sums:
            count = ngettext(*self.count, len(rows)).format(count=len(rows)) if self.count else _(self.label)
            total = {self.columns[0].key: count, **total}
        table(
            sentence(self.title, {"count": len(rows)}, data),
            self.columns,
            rows,
            total=total or None,
            empty=_(self.empty),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailView:
    """One thing as facts, those that are empty left out; what belongs to it follows as tables.

    Args:
        title: A message with places from the answer.
        facts: Columns as labels and values (:meth:`Column.fact`).
        parts: Lists in the same answer, a blank line before each.
    """

    title: str
    facts: tuple[Column, ...]
    parts: tuple[ListView, ...] = ()

    def __call__(self, data: Mapping[str, Any]) -> None:
        facts(sentence(self.title, data), (each.fact(data) for each in self.facts))
        for part in self.parts:
            if data[part.rows] or not part.optional:
                say()
            part(data)
