"""The text of a proposal file: is it TOML, and on which line does what stand?

TOML parsers do not say where a value stood, so the text is walked statement by statement beside the parsed document.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import tomlkit
from tomlkit import exceptions as toml_faults

from fund.errors.proposals import BrokenForm, FormNotText, FormTooLarge
from fund.language import N_, _

LARGEST = 1_000_000
"""Bytes of a proposal file; the longest form, filled to its limits, stays below a tenth of it."""
EXCERPT = 60
"""Signs of a line that a refusal shows."""

Path = tuple[str | int, ...]


def value_at(document: Any, path: Path) -> Any:
    """What stands at a path of a document; ``None`` where nothing does."""
    for key in path:
        if isinstance(key, int):
            document = document[key] if isinstance(document, list) and key < len(document) else None
        else:
            document = document.get(key) if isinstance(document, dict) else None
    return document


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: the line, and what is written there."""

    line: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Text:
    """A file that is TOML: its short name, what it holds, and where each key of it stands."""

    file: str
    document: dict[str, Any]
    places: Mapping[Path, Place]


def parse(content: bytes, name: str = "") -> Text:
    """A file as TOML, with places.

    Raises:
        FormTooLarge, FormNotText, BrokenForm: As they say; with the place.
    """
    file = PurePath(name.replace("\\", "/")).name or "proposal.toml"
    if len(content) > LARGEST:
        raise FormTooLarge(file=file, line=1, size=len(content), limit=LARGEST, track="light")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise FormNotText(file=file, line=line, track="light") from problem
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise _broken(file, text, problem) from problem
    return Text(file, document, _places(text))


# ------------------------------------------------------------------------------------------------------ what is broken

_REASONS = {
    "UnexpectedEofError": N_("the file stops in the middle of it"),
    "EmptyKeyError": N_("the name before = is missing, or has letters that a name cannot have"),
    "InvalidNumberError": N_("it is no number; amounts are written between quotes"),
    "InvalidDateError": N_("no calendar has this day"),
    "InvalidControlChar": N_('a quote is missing; text of more lines is written between """ and """'),
    "InvalidCharInStringError": N_("the letter after a backslash means nothing"),
}
_ENDLESS_NUMBER = re.compile(r"[0-9_]{4300,}", re.ASCII)


def _broken(file: str, text: str, problem: Exception) -> BrokenForm:
    """Why a text is no TOML, in words of ours: the other parser tells the kinds of fault apart."""
    lines = text.split("\n")
    told: Exception = problem
    if isinstance(problem, RecursionError):
        line, reason = _deepest(lines), _("lists are written within lists without end")
    elif not isinstance(problem, tomllib.TOMLDecodeError):
        found = _ENDLESS_NUMBER.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else len(lines)
        reason = _(_REASONS["InvalidNumberError"])
    else:
        try:
            tomlkit.parse(text)
        except (toml_faults.TOMLKitError, ValueError, RecursionError) as other:
            told = other
        line = getattr(told, "line", None) or _line_in(told) or len(lines)
        if "already exists" in str(told) or "Cannot overwrite" in str(problem):
            reason = _("the same name is in the file twice")
            line = _line_in(problem) or line
        else:
            reason = _(_REASONS.get(type(told).__name__, N_('it is not NAME = "VALUE"')))
    excerpt = lines[line - 1].strip()[:EXCERPT] if 0 < line <= len(lines) else ""
    return BrokenForm(file=file, line=line, excerpt=excerpt, reason=reason, track="light")


def _line_in(problem: Exception) -> int:
    found = re.search(r"line (\d+)", str(problem))
    return int(found.group(1)) if found else 0


def _deepest(lines: list[str]) -> int:
    """The line with most brackets: what nests too deep for any reader stands on one, or begins there."""
    return max(range(len(lines)), key=lambda number: lines[number].count("[") + lines[number].count("{")) + 1


# ------------------------------------------------------------------------------------------------- where it all stands

_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'|#[^\n]*|[\[\]{}\n]|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement of a valid TOML text, with the number of the line on which it begins.

    A statement ends at the end of a line outside every text and every bracket.
    """
    begin = depth = 0
    first = line = 1
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in "[{":
            depth += 1
        elif token in "]}":
            depth -= 1
        line += token.count("\n")
        if token == "\n" and depth == 0:
            yield first, text[begin : found.end()]
            begin, first = found.end(), line
    yield first, text[begin:]


@dataclass(frozen=True, slots=True)
class Span:
    """A statement of a file and the lines it takes: a key, or the header of a table or block.

    Attributes:
        first, after: Its first line and the one after its last, from 0.
    """

    path: Path
    first: int
    after: int
    header: bool
    text: str

    @property
    def comment(self) -> str:
        """What is said behind it; empty where nothing is."""
        last = _TOKEN.findall(self.text)[-1]
        return last.rstrip() if last.startswith("#") else ""


def spans(text: str) -> Iterator[Span]:
    """Every statement of a valid TOML text, in order; comments and empty lines are none."""
    blocks: dict[Path, int] = {}
    prefix: Path = ()
    for line, statement in _statements(text):
        shown = statement.strip()
        if not shown or shown.startswith("#"):
            continue
        lines = line - 1, line - 1 + len(statement.rstrip("\n").split("\n"))
        if shown.startswith("["):
            prefix = _header(shown, blocks)
            yield Span(prefix, *lines, True, shown)
            continue
        key = shown.partition("=")[0]
        yield Span((*prefix, *_chain(f"{key} = 0")), *lines, False, shown)


def _places(text: str) -> dict[Path, Place]:
    """Where each key of a valid TOML text stands."""
    places: dict[Path, Place] = {}
    for span in spans(text):
        place = Place(span.first + 1, span.text.split("\n")[0].rstrip()[:EXCERPT])
        inside = () if span.header else _chain(span.text)  # also where a table stands on one line
        key = () if span.header else _chain(f"{span.text.partition('=')[0]} = 0")
        path = (*span.path[: len(span.path) - len(key)], *inside)
        for length in range(1, len(path) + 1):
            places.setdefault(path[:length], place)
    return places


def _chain(statement: str) -> Path:
    """The names under each other in a statement, as far as each holds nothing but the next."""
    value: Any = tomllib.loads(statement)
    path: Path = ()
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        path = (*path, key)
    return path


def _header(statement: str, blocks: dict[Path, int]) -> Path:
    parsed: Any = tomllib.loads(statement)
    names: list[str] = []
    while parsed:
        ((key, parsed),) = parsed.items()
        names.append(key)
        if isinstance(parsed, list):
            parsed = parsed[0]
    path: Path = ()
    for position, key in enumerate(names):
        path = (*path, key)
        if position == len(names) - 1 and statement.startswith("[["):
            blocks[path] = blocks.get(path, 0) + 1
        if path in blocks:
            path = (*path, blocks[path] - 1)
    return path
