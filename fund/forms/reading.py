"""From a file to a typed form: every fault at once, each with its line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NoReturn

from fund import money
from fund.dates import parse_day
from fund.errors import FundError
from fund.errors.amounts import InvalidAmount, InvalidDay
from fund.errors.commands import UnprintableText
from fund.errors.proposals import (
    BlockMissing,
    FaultyForm,
    FieldEmpty,
    FieldMissing,
    FieldTooLong,
    FieldUnprintable,
    FormFault,
    NamedTwice,
    TooManyBlocks,
    UnclearAmount,
    UnclearName,
    UnclearPercentage,
    UnknownChoice,
    UnknownField,
    UnknownFormVersion,
    UnreadableDay,
    WrongType,
)
from fund.events import require_printable
from fund.forms.consistency import contradictions
from fund.forms.questions import CURRENT, MOST, MOST_BLOCKS, VERSIONS, Column, Form, Question, form, section_names
from fund.forms.text import EXCERPT, Path, Place, parse, value_at
from fund.forms.values import empty, filled, nothing, type_wanted, type_word, written
from fund.glossary import Names, distance, meant, suggested
from fund.language import N_, _, ngettext
from fund.schemas.proposals import ProposalForm

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_FAULTS = 100
"""Faults that are looked for: who has more has another file than a form."""


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
    text = parse(content, name)
    document = dict(text.document)
    version, revision = document.pop("schema", None), document.pop("revision", "")
    if version is None:
        raise FieldMissing(file=text.file, line=1, field="schema", question=f'schema = "{CURRENT}"', track="light")
    if version not in VERSIONS:
        line = text.places.get(("schema",), Place(1, "")).line
        shown = version if isinstance(version, str) and version.isprintable() else repr(version)
        raise UnknownFormVersion(
            file=text.file, line=line, version=shown[:EXCERPT], known=list(VERSIONS), current=CURRENT, track="light"
        )
    marked = revision.strip() if isinstance(revision, str) else ""
    return FormFile(text.file, document, text.places, form(version), revision=marked)


@dataclass(slots=True)
class FormFile:
    """A proposal file that can be read as TOML; what it means is not known yet."""

    file: str
    document: dict[str, Any]
    places: Mapping[Path, Place]
    of: Form
    revision: str = ""
    """What the file started from, ``2026-003/2``: ref and revision; empty where it says nothing."""
    faults: list[FormFault] = field(default_factory=list)
    track: str = "light"
    partners: Names | None = None
    """The partners that may be named, by id their names; anything where nothing is known of the fund."""
    rows: dict[str, list[int]] = field(default_factory=dict)
    """By path of blocks: the number in the file of each block that counts."""

    @property
    def round(self) -> str:
        """The round the file names; empty when it names none."""
        found = value_at(self.document, ("proposal", "round"))
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

    def read(self, track: str, *, partners: Names | None = None) -> Filled:
        """The typed form, complete for this track.

        Args:
            partners: The partners of the fund, by id their names, the short one first; without them any id will do.

        Raises:
            FaultyForm: Several faults, all of them, each with its line.
            FormFault: The one fault there is, by its own name.
        """
        values, names = self._read(track, partners)
        if self.faults:
            raise self.refusal(self.faults)
        amounts = ("money.ask", "money.budget", "money.categories", "milestones", "business_case.cost")
        places = {name: self._amount_place(name) for name in amounts}
        return Filled(ProposalForm(**values), names, self.file, places)

    def found(self, track: str, *, partners: Names | None = None) -> tuple[FormFault, ...]:
        """Every fault of the file on this track, by line; none where it can be read."""
        self._read(track, partners)
        return tuple(sorted(self.faults, key=lambda fault: int(fault.details["line"])))

    def refuse(self, fault: type[FormFault], name: str, *, partners: Names | None = None, **details: Any) -> NoReturn:
        """Refuse the file for what stands at ``name`` (``proposal.round``), with every other fault of it.

        Raises:
            FormFault: That fault, or ``FaultyForm`` with all of them.
        """
        self._read(self.track, partners)
        path = tuple(name.split("."))
        if not any(each.details["field"] == name for each in self.faults):
            self._fault(fault, path, **details)
        raise self.refusal(self.faults)

    def require_tables(self, track: str) -> None:
        """Refuse a file in which something else stands where a table belongs: answers have no place in it.

        Raises:
            FormFault, FaultyForm: As :meth:`read` has them.
        """
        sections = {question.section for question in self.of.questions if question.section}
        if any(not isinstance(self.document.get(section, {}), dict) for section in sections):
            self.read(track)

    def _read(self, track: str, partners: Names | None) -> tuple[dict[str, Any], tuple[str, ...]]:
        self.faults, self.track, self.partners, self.rows = [], track, partners, {}
        self._unknown()
        values: dict[str, Any] = {"version": self.of.version}
        names: tuple[str, ...] = ()
        for question in self.of.questions:
            value = self._answer(question)
            if question.field.key == "team" and isinstance(value, tuple):
                names = tuple(member.pop("name", "") or "" for member in value)
            if value is not None:
                values[question.field.name] = value
        for fault, where, details in contradictions(values, names, self.rows):
            self._fault(fault, where, **details)
        return values, names

    def refusal(self, faults: Sequence[FormFault]) -> FormFault | FaultyForm:
        """These faults as one: the fault itself where there is one."""
        faults = sorted(faults, key=lambda fault: int(fault.details["line"]))
        if len(faults) == 1:
            return faults[0]
        shown = [str(fault) for fault in faults[:_MOST_FAULTS]]
        if len(faults) > len(shown):
            more = len(faults) - len(shown)
            shown.append(ngettext("and {number} more", "and {number} more", more).format(number=more))
        lines = "\n".join(shown)
        listed = [
            {
                "code": fault.code(),
                "line": fault.details["line"],
                "field": fault.details.get("field", ""),
                "message": str(fault),
            }
            for fault in faults[:_MOST_FAULTS]
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
        for question in self.of.questions:
            tables.setdefault(question.section, {})[question.field.key] = question
        tops = tables.pop("", {})
        known = [question.path for question in self.of.questions]
        for key, value in self.document.items():
            if key in tops:
                self._unknown_inside(tops[key], value, (key,))
            elif key not in tables:
                called = [each for each in suggested(key, section_names()) if each in tables or each in tops]
                self._add_unknown((key,), called or (*tables, *tops))
            elif not isinstance(value, dict):
                self._wrong_type((key,), N_("a table: [NAME] on a line of its own"), value)
            else:
                for inner, content in value.items():
                    if inner in tables[key]:
                        self._unknown_inside(tables[key][inner], content, (key, inner))
                    else:
                        self._add_unknown((key, inner), known)

    def _unknown_inside(self, question: Question, value: Any, path: Path) -> None:
        allowed = {column.key for column in question.inside}
        if not allowed:
            return
        rows = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, row in rows:
            here = path if number is None else (*path, number)
            if isinstance(row, dict):
                for key in row:
                    if key not in allowed:
                        self._add_unknown((*here, key), [written((*here, each)) for each in sorted(allowed)])

    def _add_unknown(self, path: Path, known: Sequence[str]) -> None:
        shown = written(path)
        if len(self.faults) >= _MOST_FAULTS:  # it is another file than a form; nobody reads what each name resembles
            self._fault(UnknownField, path, nearest=known[0])
            return
        same = [each for each in known if each.rpartition(".")[2] == str(path[-1])]
        near = same or sorted(known, key=lambda each: distance(shown, each))
        self._fault(UnknownField, path, nearest=near[0])

    # --------------------------------------------------------------------------------------------------- answers

    def _fault(self, cls: type[FormFault], path: Path, **details: Any) -> Any:
        """Note a fault; there is no answer then."""
        place, shown = self.place(path), written(path)
        self.faults.append(
            cls(file=self.file, line=place.line, field=shown, excerpt=place.excerpt, track=self.track, **details)
        )
        return None

    def _wrong_type(self, path: Path, expected: str, value: Any, found: str = "") -> None:
        word = found or type_word(value)
        self._fault(WrongType, path, expected=_(expected), found=_(word))

    def _answer(self, question: Question) -> Any:
        column, required, path = question.field, question.asked_on(self.track), question.keys_in_file
        raw = value_at(self.document, path)
        if raw is None:
            if required and column.kind == "blocks" and not column.optional:
                self._fault(BlockMissing, path, question=column.asks())
            elif required and column.kind != "blocks":
                self._fault(FieldMissing, path, question=column.asks())
            return None
        if column.kind == "blocks":
            return self._blocks(question, raw, path, required)
        if column.kind in ("record", "map"):
            if not isinstance(raw, dict):
                return self._wrong_type(path, N_("a table: [NAME] on a line of its own"), raw)
            if not required and not any(filled(value) for value in raw.values()):
                return None
            if column.kind == "map":
                return self._row(question.inside, raw, path, required)
            row = self._row(question.inside, raw, path)
            return row if len(row) >= len([each for each in question.inside if not each.optional]) else None
        if empty(column, raw) and (not required or column.optional):
            return () if column.kind in ("choices", "partners") else None
        return self._value(column, raw, path)

    def _blocks(self, question: Question, raw: Any, path: Path, required: bool) -> Any:
        if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
            self._wrong_type(path, N_("blocks: [[NAME]] on a line of its own"), raw)
            return None
        needed = required and not question.field.optional
        rows = [
            (number, row)
            for number, row in enumerate(raw)
            if (needed and len(raw) == 1) or any(filled(value) and not nothing(value) for value in row.values())
        ]
        if len(rows) > MOST_BLOCKS:
            return self._fault(TooManyBlocks, (*path, rows[MOST_BLOCKS][0]), number=len(rows), limit=MOST_BLOCKS)
        if needed and not rows:
            self._fault(BlockMissing, path, question=question.asks())
            return None
        self.rows[question.path] = [number for number, _row in rows]
        return tuple(self._row(question.columns, row, (*path, number)) for number, row in rows)

    def _row(
        self, columns: Sequence[Column], raw: Mapping[str, Any], path: Path, required: bool = True
    ) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for column in columns:
            value = raw.get(column.key)
            here = (*path, column.key)
            optional = column.optional or not required
            if value is None and not optional:
                self._fault(FieldMissing, here, question=column.asks())
            elif value is not None and not (optional and empty(column, value)):
                found = self._value(column, value, here)
                if found is not None:
                    row[column.name] = found
        return row

    def _value(self, column: Column, raw: Any, path: Path) -> Any:
        kind = column.kind
        if kind in ("choices", "partners"):
            if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
                return self._wrong_type(path, N_('a list of texts: ["ONE", "TWO"]'), raw)
            return self._list(column, raw, path)
        if kind in ("whole", "year"):
            if type(raw) is not int or raw < 0:
                return self._wrong_type(path, N_("a whole number, without quotes"), raw)
            if kind == "year" and not 2000 <= raw <= 2999:
                return self._wrong_type(path, N_("a year: 2027"), raw)
            if kind == "whole" and not column.least <= raw <= (column.limit or MOST):
                expected = _("a whole number from {least} to {most}")
                expected = expected.format(least=column.least, most=column.limit or MOST)
                return self._fault(WrongType, path, expected=expected, found=str(raw)[:EXCERPT])
            return raw
        if kind == "day" and isinstance(raw, date) and not isinstance(raw, datetime):
            raw = raw.isoformat()  # written as TOML has days; the calendar of the fund still has to know it
        if not isinstance(raw, str):
            return self._wrong_type(path, type_wanted(kind), raw)
        text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n")).strip()
        if not text:
            return self._fault(FieldEmpty, path, question=column.asks())
        return self._text(column, text, path)

    def _list(self, column: Column, raw: Sequence[str], path: Path) -> Any:
        """Codes or partners, each once."""
        if not raw and not column.optional:
            return self._fault(FieldEmpty, path, question=column.asks())
        if len(raw) > MOST_BLOCKS:
            return self._fault(TooManyBlocks, path, number=len(raw), limit=MOST_BLOCKS)
        items: list[str] = []
        for item in raw:
            text = item.strip()
            text = (self._choice(column, text, path) if column.kind == "choices" else self._partner(text, path)) or text
            if text in items:
                self._fault(NamedTwice, path, text=text[:EXCERPT])
            else:
                items.append(text)
        return tuple(items)

    def _partner(self, text: str, path: Path) -> Any:
        """The id of a partner of the fund, by its id or a name; where nothing is known of the fund, what was typed."""
        try:
            require_printable(text)
        except UnprintableText as problem:
            return self._fault(FieldUnprintable, path, character=problem.details["character"])
        if self.partners is None:
            return text.lower()
        return self._one_of(text, self.partners, {ref: called[0] for ref, called in self.partners.items()}, path)

    def _one_of(self, text: str, names: Names, shown: Mapping[str, str], path: Path) -> str | None:
        """The id or code that ``text`` names; else a fault that says what was probably meant."""
        found = (text,) if text in names else meant(text, names)
        if len(found) == 1:
            return found[0]
        labels = {each: word or each for each, word in shown.items()}
        if found:
            choices = [f"{each} ({labels[each]})" for each in found]  # a name will not do: they share it
            self._fault(UnclearName, path, text=text[:EXCERPT], choices=choices, ids=list(found))
            return None
        near = suggested(text, names, limit=1) or sorted(names, key=lambda each: distance(text[:EXCERPT], each))[:1]
        listed = list(labels.values())
        known = [*listed[:10], "..."] if len(listed) > 10 else listed
        nearest = next((labels[each] for each in near), "-")
        self._fault(UnknownChoice, path, text=text[:EXCERPT], nearest=nearest, known=known)
        return None

    def _text(self, column: Column, text: str, path: Path) -> Any:
        kind = column.kind
        if column.limit and len(text) > column.limit:
            return self._fault(FieldTooLong, path, length=len(text), limit=column.limit)
        if kind == "text" and "\n" in text:
            return self._wrong_type(path, N_("text on one line"), text, N_("text on several lines"))
        if kind in ("text", "long"):
            return self._seen(kind, text, path)
        if kind == "partner":
            return self._partner(text, path)
        if kind == "percent":
            return self._percentage(text, path)
        if kind == "amount":
            try:
                cents = money.parse(text)
            except InvalidAmount as problem:
                return self._fault(UnclearAmount, path, text=text[:EXCERPT], reason=problem.details["reason"])
            except FundError as problem:
                return self._fault(UnclearAmount, path, text=text[:EXCERPT], reason=str(problem))
            if cents < 0 or (column.key == "ask" and cents == 0):
                return self._fault(UnclearAmount, path, text=text, reason=_("it must be above zero"))
            return cents
        if kind == "day":
            try:
                return parse_day(text)
            except InvalidDay as problem:
                return self._fault(UnreadableDay, path, text=text[:EXCERPT], reason=problem.details["reason"])
        if kind == "choice":
            return self._choice(column, text, path)
        if kind == "sha256" and not _HASH.fullmatch(text.lower()):
            return self._wrong_type(path, type_wanted(kind), text)
        return text.lower()

    def _seen(self, kind: str, text: str, path: Path) -> Any:
        """A text in which every character can be seen: letters of any script, signs, emoji; nothing that steers."""
        steering = re.search(r"[\t\r]" if kind == "text" else r"\r", text)
        if steering is not None:
            return self._fault(FieldUnprintable, path, character=f"U+{ord(steering[0]):04X}")
        try:
            require_printable(text)
        except UnprintableText as problem:
            return self._fault(FieldUnprintable, path, character=problem.details["character"])
        return text

    def _percentage(self, text: str, path: Path) -> int | None:
        """Basis points: a percentage has at most two decimals, as euros have."""
        try:
            share_bps = money.parse(text.removesuffix("%").rstrip()) if text[:1].isdigit() else -1
        except FundError:
            share_bps = -1
        if 0 <= share_bps <= 10_000:
            return share_bps
        self._fault(UnclearPercentage, path, text=text[:EXCERPT])
        return None

    def _choice(self, column: Column, text: str, path: Path, among: Sequence[str] = ()) -> str | None:
        names = {code: tuple(words) for code, *words in column.options if not among or code in among}
        return self._one_of(text, names, {code: column.word(code) for code in names}, path)


def answered(
    question: Question, text: str, *, column: Column | None = None, standing: Any = None, partners: Names | None = None
) -> Any:
    """What somebody typed as the answer to a question (or to one of its columns), as it stands in a file.

    A choice is given by its number or its word, a list has commas between, a day and an amount are written as people
    write them.

    Args:
        standing: What stands there already: it can be chosen again, also where nobody else may choose it.
        partners: As :meth:`FormFile.read` has them.

    Raises:
        FormFault: It is no answer; the fault says why.
    """
    one = column or question.field
    reader = FormFile("", {}, {}, form(), partners=partners)
    raw: Any = unicodedata.normalize("NFC", text.strip())
    if one.kind in ("choices", "partners"):
        raw = [_chosen(reader, one, part.strip(), standing) for part in raw.split(",") if part.strip()]
    elif raw and one.kind in ("choice", "partner"):
        raw = _chosen(reader, one, raw, standing)
    elif one.kind in ("whole", "year") and raw.isascii() and raw.isdigit():
        raw = int(raw[:9])
    if not reader.faults and (filled(raw) or not one.optional):
        value = reader._value(one, raw, (one.key,))
        if value is not None:
            raw = _as_written(one, value, raw)
    if reader.faults:
        raise reader.faults[0]
    return raw


def _chosen(reader: FormFile, column: Column, text: str, standing: Any) -> str:
    """The option that was meant; a fault of the reader where there is none."""
    options = column.offered(standing)
    if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= len(options):
        return options[int(text[:4]) - 1]
    if column.kind in ("partner", "partners"):
        return reader._partner(text, (column.key,)) or text
    return reader._choice(column, text, (column.key,), among=options) or text


def _as_written(column: Column, value: Any, raw: Any) -> Any:
    """A value that was read, as it stands in a file; what was typed where that is the same thing."""
    if column.kind == "amount":
        return money.format_plain(value)
    if column.kind == "percent":
        return raw.removesuffix("%").rstrip()
    return value.isoformat() if column.kind == "day" else raw
