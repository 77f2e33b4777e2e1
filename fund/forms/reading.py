"""From a file to a typed form: every fault at once, each with its line.

TOML parsers do not say where a value stood, so the text is walked statement by statement beside the parsed document.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

import tomlkit
from tomlkit import exceptions as toml_faults

from fund import money
from fund.dates import parse_day
from fund.errors import (
    BlockMissing,
    BrokenForm,
    FaultyForm,
    FieldEmpty,
    FieldMissing,
    FieldTooLong,
    FormFault,
    FormNotText,
    FormTooLarge,
    FundError,
    InvalidAmount,
    InvalidDay,
    UnclearAmount,
    UnclearPercentage,
    UnknownChoice,
    UnknownField,
    UnknownFormVersion,
    UnreadableDay,
    WrongType,
)
from fund.forms.questions import MOST, VERSIONS, Column, Form, Question, form
from fund.language import N_, _
from fund.schemas.proposals import ProposalForm

__all__ = ["Filled", "FormFile", "Place", "answered", "open_form"]

LARGEST = 1_000_000
"""Bytes of a proposal file; the longest form, filled to its limits, stays below a tenth of it."""
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EXCERPT = 60

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: the line, and what is written there."""

    line: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What a file holds: the typed form, the names of the team apart, and where the amounts stand that must add up."""

    form: ProposalForm
    names: tuple[str, ...]
    file: str
    places: Mapping[str, Place]


def open_form(content: bytes, name: str = "") -> FormFile:
    """A proposal file whose TOML can be read.

    Raises:
        FormTooLarge, FormNotText, BrokenForm, UnknownFormVersion, FieldMissing: As they say; with the place.
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
        document = tomlkit.parse(text).unwrap()
        tomllib.loads(text)  # the stricter of the two
    except (toml_faults.TOMLKitError, tomllib.TOMLDecodeError, ValueError) as problem:
        raise _broken(file, text, problem) from problem
    places = _places(text)
    version = document.pop("schema", None)
    if version is None:
        raise FieldMissing(file=file, line=1, field="schema", question=f'schema = "{VERSIONS[-1]}"', track="light")
    if version not in VERSIONS:
        line = places.get(("schema",), Place(1, "")).line
        raise UnknownFormVersion(file=file, line=line, version=version, known=list(VERSIONS), track="light")
    return FormFile(file, document, places, form(version))


_REASONS = {
    "UnexpectedEofError": N_("the file stops in the middle of it"),
    "EmptyKeyError": N_("the name before = is missing, or has letters that a name cannot have"),
    "InvalidNumberError": N_("it is no number; amounts stand between quotes"),
    "InvalidDateError": N_("no calendar has this day"),
    "InvalidControlChar": N_('a quote is missing; text of more lines stands between """ and """'),
    "InvalidCharInStringError": N_("after a backslash stands a letter that means nothing"),
}


def _broken(file: str, text: str, problem: Exception) -> BrokenForm:
    line = getattr(problem, "line", None)
    if line is None:
        found = re.search(r"line (\d+)", str(problem))
        line = int(found.group(1)) if found else text.count("\n") + 1
    lines = text.split("\n")
    excerpt = lines[line - 1].strip()[:_EXCERPT] if 0 < line <= len(lines) else ""
    if "already exists" in str(problem):
        reason = _("the same name stands in the file twice")
        line = _line_of_second(text) or line
        excerpt = lines[line - 1].strip()[:_EXCERPT] if 0 < line <= len(lines) else ""
    else:
        reason = _(_REASONS.get(type(problem).__name__, N_('it is not NAME = "VALUE"')))
    return BrokenForm(file=file, line=line, excerpt=excerpt, reason=reason, track="light")


def _line_of_second(text: str) -> int:
    """The line of a name that stands in a text twice: the standard parser knows it, the other one does not."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"line (\d+)", str(problem))
        return int(found.group(1)) if found else 0
    return 0


def _places(text: str) -> dict[Path, Place]:
    """Where each key of a valid TOML text stands."""
    places: dict[Path, Place] = {}
    blocks: dict[Path, int] = {}
    prefix: Path = ()
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        statement = lines[number]
        place = Place(number + 1, statement.strip()[:_EXCERPT])
        number += 1
        if not statement.strip() or statement.lstrip().startswith("#"):
            continue
        if statement.lstrip().startswith("["):
            prefix = _header(statement, blocks)
            for length in range(1, len(prefix) + 1):
                places.setdefault(prefix[:length], place)
            continue
        value = _complete(statement)
        while value is None and number < len(lines):  # a statement ends where it can be read by itself
            statement += "\n" + lines[number]
            number += 1
            value = _complete(statement)
        path = prefix
        while isinstance(value, dict) and len(value) == 1:
            ((key, value),) = value.items()
            path = (*path, key)
            places.setdefault(path, place)
    return places


def _complete(statement: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return None


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
        if position == len(names) - 1 and statement.lstrip().startswith("[["):
            blocks[path] = blocks.get(path, 0) + 1
        if path in blocks:
            path = (*path, blocks[path] - 1)
    return path


@dataclass(slots=True)
class FormFile:
    """A proposal file that can be read as TOML; what it means is not known yet."""

    file: str
    document: dict[str, Any]
    places: Mapping[Path, Place]
    of: Form
    faults: list[FormFault] = field(default_factory=list)
    track: str = "light"

    @property
    def round(self) -> str:
        """The round the file names; empty when it names none."""
        proposal = self.document.get("proposal")
        found = proposal.get("round") if isinstance(proposal, dict) else None
        return found.strip() if isinstance(found, str) else ""

    def place(self, path: Path) -> Place:
        """Where a field stands, or the block or table that should hold it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return Place(1, "")

    def place_of(self, name: str) -> Place:
        """Where a field or table, written as ``money.ask``, stands."""
        return self.place(tuple(name.split(".")))

    def read(self, track: str) -> Filled:
        """The typed form, complete for this track.

        Raises:
            FaultyForm: Several faults, all of them, each with its line.
            FormFault: The one fault there is, by its own name.
        """
        self.faults, self.track = [], track
        self._unknown()
        values: dict[str, Any] = {"version": self.of.version}
        names: tuple[str, ...] = ()
        for question in self.of.questions:
            path = tuple(question.path.split("."))
            value = self._answer(question, path)
            if question.field.key == "team" and isinstance(value, tuple):
                names = tuple(member.pop("name", "") for member in value)
            if value is not None:
                values[question.field.name] = value
        if self.faults:
            raise self._refusal()
        amounts = ("money.ask", "money.budget", "money.categories", "milestones")
        places = {name: self._amount_place(name) for name in amounts}
        return Filled(ProposalForm(**values), names, self.file, places)

    def _refusal(self) -> FormFault | FaultyForm:
        faults = sorted(self.faults, key=lambda fault: int(fault.details["line"]))
        if len(faults) == 1:
            return faults[0]
        lines = "\n".join(str(fault) for fault in faults)
        listed = [
            {
                "code": fault.code(),
                "line": fault.details["line"],
                "field": fault.details.get("field", ""),
                "message": str(fault),
            }
            for fault in faults
        ]
        return FaultyForm(file=self.file, count=len(faults), lines=lines, faults=listed, track=self.track)

    def _amount_place(self, name: str) -> Place:
        """The last line on which an amount of this field stands."""
        path: Path = tuple(name.split("."))
        inside = [
            place
            for each, place in self.places.items()
            if each[: len(path)] == path and (each == path or each[-1] == "amount")
        ]
        return max(inside, key=lambda place: place.line) if inside else self.place(path)

    # --------------------------------------------------------------------------------------------------- unknown

    def _unknown(self) -> None:
        """Every key that the form does not have is a fault."""
        tables: dict[str, dict[str, Question]] = {}
        tops = {question.field.key: question for question in self.of.questions if not question.section}
        for question in self.of.questions:
            if question.section:
                tables.setdefault(question.section, {})[question.field.key] = question
        known = [question.path for question in self.of.questions]
        for key, value in self.document.items():
            if key in tops:
                self._unknown_inside(tops[key], value, (key,))
            elif key not in tables:
                self._add_unknown((key,), (*tables, *tops))
            elif not isinstance(value, dict):
                self._wrong_type((key,), N_("a table: [NAME] on a line of its own"), value)
            else:
                for inner, content in value.items():
                    if inner in tables[key]:
                        self._unknown_inside(tables[key][inner], content, (key, inner))
                    else:
                        self._add_unknown((key, inner), known)

    def _unknown_inside(self, question: Question, value: Any, path: Path) -> None:
        allowed = {column.key for column in question.columns} | {key for key, _column in question.keys}
        if not allowed:
            return
        rows = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, row in rows:
            here = path if number is None else (*path, number)
            if isinstance(row, dict):
                for key in row:
                    if key not in allowed:
                        self._add_unknown((*here, key), [_shown((*here, each)) for each in sorted(allowed)])

    def _add_unknown(self, path: Path, known: Sequence[str]) -> None:
        shown = _shown(path)
        last = str(path[-1])
        near = difflib.get_close_matches(shown, known, n=1, cutoff=0.5) or [
            each for each in known if each.rpartition(".")[2] == last
        ]
        near = near or [max(known, key=lambda each: difflib.SequenceMatcher(None, shown, each).ratio())]
        self._fault(UnknownField, path, nearest=near[0])

    # --------------------------------------------------------------------------------------------------- answers

    def _fault(self, cls: type[FormFault], path: Path, **details: Any) -> None:
        place = self.place(path)
        self.faults.append(
            cls(file=self.file, line=place.line, field=_shown(path), excerpt=place.excerpt, track=self.track, **details)
        )

    def _wrong_type(self, path: Path, expected: str, value: Any, found: str = "") -> None:
        word = found or _type_word(value)
        self._fault(WrongType, path, expected=_(expected), found=_(word))

    def _answer(self, question: Question, path: Path) -> Any:
        column, required = question.field, question.asked_on(self.track)
        raw: Any = self.document
        for key in path:
            raw = raw.get(key) if isinstance(raw, dict) else None
        if raw is None:
            if required and column.kind == "blocks" and not column.optional:
                self._fault(BlockMissing, path, question=column.says())
            elif required and column.kind != "blocks":
                self._fault(FieldMissing, path, question=column.says())
            return None
        if column.kind == "blocks":
            return self._blocks(question, raw, path, required)
        if column.kind == "record":
            if not isinstance(raw, dict):
                return self._wrong_type(path, N_("a table: [NAME] on a line of its own"), raw)
            if not required and not any(_filled(value) for value in raw.values()):
                return None
            return self._row(question.columns, raw, path)
        if column.kind == "map":
            return self._map(question, raw, path, required)
        if not _filled(raw) and (not required or column.optional):
            return () if column.kind in ("choices", "partners") else None
        return self._value(column, raw, path)

    def _blocks(self, question: Question, raw: Any, path: Path, required: bool) -> tuple[dict[str, Any], ...] | None:
        if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
            self._wrong_type(path, N_("blocks: [[NAME]] on a line of its own"), raw)
            return None
        needed = required and not question.field.optional
        rows = [
            (number, row)
            for number, row in enumerate(raw)
            if (needed and len(raw) == 1) or any(_filled(value) and value != 0 for value in row.values())
        ]
        if needed and not rows:
            self._fault(BlockMissing, path, question=question.field.says())
            return None
        return tuple(self._row(question.columns, row, (*path, number)) for number, row in rows)

    def _row(self, columns: Sequence[Column], raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for column in columns:
            value = raw.get(column.key)
            here = (*path, column.key)
            if value is None and not column.optional:
                self._fault(FieldMissing, here, question=column.says())
            elif value is not None and (_filled(value) or not column.optional):
                row[column.name] = self._value(column, value, here)
        return row

    def _map(self, question: Question, raw: Any, path: Path, required: bool) -> dict[str, str] | None:
        if not isinstance(raw, dict):
            self._wrong_type(path, N_("a table: [NAME] on a line of its own"), raw)
            return None
        if not required and not any(_filled(value) for value in raw.values()):
            return None
        found: dict[str, str] = {}
        for key, column in question.keys:
            value = raw.get(key)
            if value is None and required:
                self._fault(FieldMissing, (*path, key), question=column.says())
            elif value is not None and (_filled(value) or required):
                found[key] = self._value(column, value, (*path, key))
        return found

    def _value(self, column: Column, raw: Any, path: Path) -> Any:
        kind = column.kind
        if kind in ("choices", "partners"):
            if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
                return self._wrong_type(path, N_('a list of texts: ["ONE", "TWO"]'), raw)
            if not raw and not column.optional:
                return self._fault(FieldEmpty, path, question=column.says())
            items = tuple(dict.fromkeys(item.strip() for item in raw))
            if kind == "choices":
                for item in items:
                    self._choice(column, item, path)
            return items
        if kind in ("whole", "year"):
            if type(raw) is not int or raw < 0:
                return self._wrong_type(path, N_("a whole number, without quotes"), raw)
            if kind == "year" and not 2000 <= raw <= 2999:
                return self._wrong_type(path, N_("a year: 2027"), raw)
            if kind == "whole" and not column.least <= raw <= (column.limit or MOST):
                expected = _("a whole number from {least} to {most}")
                expected = expected.format(least=column.least, most=column.limit or MOST)
                return self._fault(WrongType, path, expected=expected, found=str(raw)[:_EXCERPT])
            return raw
        if kind == "day" and isinstance(raw, date) and not isinstance(raw, datetime):
            return raw
        if not isinstance(raw, str):
            return self._wrong_type(path, _expected(kind), raw)
        text = unicodedata.normalize("NFC", raw).strip()
        if not text:
            return self._fault(FieldEmpty, path, question=column.says())
        return self._text(column, text, path)

    def _text(self, column: Column, text: str, path: Path) -> Any:
        kind = column.kind
        if column.limit and len(text) > column.limit:
            return self._fault(FieldTooLong, path, length=len(text), limit=column.limit)
        if kind == "text" and "\n" in text:
            return self._wrong_type(path, N_("text on one line"), text, N_("text on several lines"))
        if kind == "percent":
            return self._percentage(text, path)
        if kind == "amount":
            try:
                cents = money.parse(text)
            except InvalidAmount as problem:
                return self._fault(UnclearAmount, path, text=text[:_EXCERPT], reason=problem.details["reason"])
            except FundError as problem:
                return self._fault(UnclearAmount, path, text=text[:_EXCERPT], reason=str(problem))
            if cents < 0 or (column.key == "ask" and cents == 0):
                return self._fault(UnclearAmount, path, text=text, reason=_("it must be above zero"))
            return cents
        if kind == "day":
            try:
                return parse_day(text)
            except InvalidDay:
                return self._fault(UnreadableDay, path, text=text[:_EXCERPT])
        if kind == "choice":
            return self._choice(column, text, path)
        if kind == "sha256" and not _HASH.fullmatch(text.lower()):
            return self._wrong_type(path, _expected(kind), text)
        return text.lower() if kind in ("sha256", "partner") else text

    def _percentage(self, text: str, path: Path) -> int | None:
        """Basis points: a percentage has at most two decimals, as euros have."""
        try:
            share_bps = money.parse(text.removesuffix("%").rstrip())
        except FundError:
            share_bps = -1
        if 0 <= share_bps <= 10_000:
            return share_bps
        self._fault(UnclearPercentage, path, text=text[:_EXCERPT])
        return None

    def _choice(self, column: Column, text: str, path: Path) -> str | None:
        if text in column.codes:
            return text
        words = {word.lower(): code for code, *both in column.options for word in both}
        near = words.get(text.lower()) or next(iter(difflib.get_close_matches(text, column.codes, n=1, cutoff=0)), "")
        known = [*column.codes[:10], "..."] if len(column.codes) > 10 else list(column.codes)
        self._fault(UnknownChoice, path, text=text[:_EXCERPT], nearest=near, known=known)
        return None


def answered(question: Question, text: str, *, column: Column | None = None) -> Any:
    """What somebody typed as the answer to a question (or to one of its columns), as it stands in a file.

    A choice can be given by its number; a list has commas between.

    Raises:
        FormFault: It is no answer; the fault says why.
    """
    one = column or question.field
    raw: Any = text.strip()
    if one.kind == "choice" and raw.isdigit() and 0 < int(raw) <= len(one.options):
        raw = one.codes[int(raw) - 1]
    elif one.kind in ("choices", "partners"):
        raw = [part.strip() for part in raw.split(",") if part.strip()]
    elif one.kind in ("whole", "year") and raw.isdigit():
        raw = int(raw)
    reader = FormFile("", {}, {}, form())
    if _filled(raw) or not one.optional:
        reader._value(one, raw, (one.key,))
    if reader.faults:
        raise reader.faults[0]
    return raw


def _shown(path: Path) -> str:
    """A path as people read it: ``money.budget[2].amount``; blocks count from 1."""
    text = ""
    for key in path:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in ([], {}, None)


def _expected(kind: str) -> str:
    return {
        "amount": N_('an amount between quotes: "24000" or "24000,00"'),
        "percent": N_('a percentage between quotes: "70"'),
        "day": N_("a day: 2027-06-30"),
        "sha256": N_("the SHA-256 of a file, 64 digits and letters"),
    }.get(kind, N_("text between quotes"))


def _type_word(value: Any) -> str:
    if isinstance(value, bool):
        return N_("true or false")
    if isinstance(value, str):
        return N_("text")
    if isinstance(value, (int, float)):
        return N_("a number")
    if isinstance(value, (date, datetime)):
        return N_("a date or time")
    if isinstance(value, list):
        return N_("a list")
    if isinstance(value, dict):
        return N_("a table")
    return N_("something else")
