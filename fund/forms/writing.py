"""From a form to a file: the template, and a typed form written out again."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

from fund import money
from fund.forms.questions import CURRENT, TRACKS, Column, Form, Question, form
from fund.schemas.proposals import ProposalForm

_MARKS = {"light": "[L]", "standard": "[S]", "major": "[M]"}
_LEGEND = {
    1: ("[L]: nodig om in te dienen; de rest mag leeg blijven", "[L]: needed to submit; the rest may stay empty"),
    2: (
        "[L] en [S]: nodig om in te dienen; de rest mag leeg blijven",
        "[L] and [S]: needed to submit; the rest may stay empty",
    ),
    3: (
        "[L], [S] en [M]: nodig om in te dienen; de rest mag leeg blijven",
        "[L], [S] and [M]: needed to submit; the rest may stay empty",
    ),
}
"""What the marks of a track mean."""
_MOST_OPTIONS = 10
"""A list of options that is longer is not written beside a field."""
TAB = 28
"""The column in which comments start."""
_WIDTH = 80


def template(
    track: str = "light",
    *,
    comments: str = "both",
    round: str = "",
    lead: str = "",
    year: int | None = None,
    answers: Mapping[str, Any] | None = None,
) -> str:
    """The file to fill in: every field of the track, one per line, a comment per language, a mark where it is needed
    to submit ([L] on every track, [S] from standard on, [M] on major).

    Args:
        track: light, standard or major; what it does not ask is left out.
        comments: nl, en or both.
        round, lead: Filled in already where they are known.
        answers: What is filled in already, by field of the typed form; ``round`` and ``lead`` go before it.
    """
    version, known = form(CURRENT), answers or {}
    given = {
        question.path: _answer(question, known[question.field.name])
        for question in version.questions
        if known.get(question.field.name)
    }
    named = {"proposal.round": round, "proposal.lead_partner": lead}
    given |= {path: value for path, value in named.items() if value or path not in given}
    return _write(version, given, track, comments, year=year or 0)


def fill(version: Form, values: Mapping[str, Any], *, track: str, comments: str = "both", revision: str = "") -> str:
    """The template of a track with answers in it, as they stood in another file; what nobody answered stays open.

    Args:
        values: By path of a question, what stood there; an answer to what the track does not ask is kept too.
    """
    return _write(version, values, track, comments, revision=revision)


def write(filled: ProposalForm, names: Sequence[str] = (), *, comments: str = "", revision: str = "") -> str:
    """A typed form as a file again, on its own version; reading it gives the same form.

    Args:
        names: The names of the team, in its order, where they are known.
        revision: What the file starts from, ``2026-003/2``.
    """
    version = form(filled.version)
    dumped = filled.model_dump(mode="python")
    values: dict[str, Any] = {}
    for question in version.questions:
        value = _answer(question, dumped[question.field.name])
        if question.field.key == "team" and value:
            named = zip(value, [*names, *("?" for _row in value)], strict=False)
            value = [{**row, "name": name} for row, name in named]
        values[question.path] = value
    return _write(version, values, "major", comments, revision=revision, whole=True)


def _answer(question: Question, value: Any) -> Any:
    """A typed answer as it stands in a file: rows by the keys of their columns."""
    if not question.columns or value is None:
        return _raw(question.field, value)
    rows = [value] if question.field.kind == "record" else value
    written = [{column.key: _raw(column, row.get(column.name)) for column in question.columns} for row in rows]
    return written[0] if question.field.kind == "record" else written


_MARK = re.compile(r'revision\s*=\s*"[^"\n]*"[ \t]*')


def mark(text: str, revision: str) -> str:
    """The file ``text`` with ``revision`` as what it starts from; a file without that line stays as it is.

    Nothing else moves, so that lines keep their numbers.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.lstrip().startswith("["):
            break
        found = _MARK.match(line)
        if found is not None:
            lines[number] = f'revision = "{revision}" '.ljust(TAB) + line[found.end() :]
            lines[number] = lines[number].rstrip() if not line[found.end() :].strip() else lines[number]
            return "\n".join(lines)
    return text


# ----------------------------------------------------------------------------------------------------------- writing


def _raw(column: Column, value: Any) -> Any:
    """A typed value as it stands in a file; ``None`` where nothing is to be written."""
    if value is None or (column.optional and value == ""):
        return None
    if column.kind in ("amount", "percent"):
        return money.format_plain(value)
    if column.kind == "map":
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _write(
    version: Form,
    values: Mapping[str, Any],
    track: str,
    comments: str,
    *,
    year: int = 0,
    revision: str = "",
    whole: bool = False,
) -> str:
    lines = _line(f'schema = "{version.version}"', ("laat staan", "leave as it is"), comments)
    if revision or not whole:
        lines += _line(f'revision = "{revision}"', ("laat staan", "leave as it is"), comments)
    if not whole:
        lines += [f"# {text}" for text in _in(_LEGEND[TRACKS.index(track) + 1], comments)]
    for section in version.sections:
        inside = [
            question
            for question in version.questions
            if (question.section or question.field.key) == section
            and (whole or question.shown_on(track) or values.get(question.path))
        ]
        plain = [q for q in inside if q.field.kind not in ("blocks", "record", "map")]
        if plain:
            lines += ["", f"[{section}]"]
        for question in plain:
            value = values.get(question.path)
            if whole and (value in (None, "") or (value == "0.00" and not question.counted)):
                continue
            statement = f"{question.field.key} = {_toml(question.field, value)}"
            lines += _line(statement, _says(question.field), comments, "" if whole else _mark(question))
        for question in inside:
            if question not in plain:
                lines += _tables(question, values.get(question.path), comments, year, whole)
    return "\n".join(lines) + "\n"


def _tables(question: Question, value: Any, comments: str, year: int, whole: bool) -> list[str]:
    if whole and not value:
        return []
    optional = question.track == "optional" and not whole and not value
    head = f"[[{question.path}]]" if question.field.kind == "blocks" else f"[{question.path}]"
    given_rows = value if isinstance(value, list) and question.field.kind != "map" else [value]
    rows: list[Mapping[str, Any]] = [row for row in given_rows if isinstance(row, dict)] or [{}]
    lines: list[str] = []
    for row in rows:
        lines += ["", *_line(head, _says(question.field), comments, "" if whole else _mark(question))]
        for column in question.inside:
            given = row.get(column.key)
            if whole and given is None:
                continue
            if column.kind == "year" and given is None:
                given = year
            needed = not whole and (column.needed or not column.optional)
            statement = f"{column.key} = {_toml(column, given)}"
            lines += _line(statement, _says(column), comments, _mark(question) if needed else "")
    return [f"# {line}" if optional and line and not line.startswith("#") else line for line in lines]


def _toml(column: Column, value: Any) -> str:
    if value is None:
        return {"choices": "[]", "partners": "[]", "whole": str(column.default or 0), "year": "0"}.get(
            column.kind, '""'
        )
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (list, tuple)):
        return literal(list(value))
    return literal(value)


def literal(value: Any) -> str:
    """What is no text, as TOML has it: right or wrong, it is kept as it stood."""
    if isinstance(value, dict):
        inside = (f"{tomlkit.key(key).as_string()} = {literal(each)}" for key, each in value.items())
        return "{ " + ", ".join(inside) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return _quoted(value) if isinstance(value, str) else tomlkit.item(value).as_string()


def _quoted(text: str) -> str:
    if "\n" in text:
        return '"""\n' + tomlkit.string(text.strip("\n"), multiline=True).as_string().removeprefix('"""')
    return tomlkit.string(text).as_string()


def _mark(question: Question) -> str:
    return _MARKS.get(question.track, "")


def _says(column: Column) -> tuple[str, str]:
    """What a field is, in Dutch and in English, with what can be chosen where that is little to read."""
    if column.kind not in ("choice", "choices") or len(column.options) > _MOST_OPTIONS:
        return column.nl, column.en
    dutch, english = ([option[place] for option in column.options if option[0] in column.offered()] for place in (1, 2))
    if column.kind == "choices":
        return f"{column.nl}: {', '.join(dutch)}", f"{column.en}: {', '.join(english)}"
    return f"{column.nl}: {_either(dutch, 'of')}", f"{column.en}: {_either(english, 'or')}"


def _either(words: Sequence[str], last: str) -> str:
    apart = "; " if any("," in word for word in words) else ", "
    return f"{apart.join(words[:-1])}{apart.rstrip() if apart == '; ' else ''} {last} {words[-1]}"


def _in(says: tuple[str, str], comments: str) -> tuple[str, ...]:
    return {"nl": says[:1], "en": says[1:], "both": tuple(dict.fromkeys(says))}.get(comments, ())


def _line(statement: str, says: tuple[str, str], comments: str, mark: str = "") -> list[str]:
    """A statement and what it asks, beside it where both fit on 80 signs, else on lines of their own above it."""
    both = _in(says, comments)
    if not both:
        return [statement]
    start = f"# {mark} " if mark else "# "
    padded = f"{statement} ".ljust(TAB)
    beside = f"{padded}{start}{' · '.join(both)}"
    if len(beside) <= _WIDTH:
        return [beside]
    above = [
        line for text in both for line in textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="#   ")
    ]
    return [*above, f"{padded}# {mark}" if mark else statement]
