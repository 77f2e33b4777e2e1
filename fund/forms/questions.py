"""The questions of each version of the form, as ``data/forms/VERSION.toml`` states them.

A version states all its questions, or with ``adds_to`` what it adds to or changes in an earlier one: a question of a
path that is there already gets the new keys, another one is asked behind the last of its section.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from fund.glossary import Names
from fund.language import N_, _, both, language

FORMS = resources.files("fund") / "data" / "forms"
VERSIONS = tuple(sorted(each.name.removesuffix(".toml") for each in FORMS.iterdir() if each.name[0].isdigit()))
"""Every version, oldest first; each stays readable for ever, only the last can be submitted."""
CURRENT = VERSIONS[-1]
MOST = 1_000_000
"""The highest whole number, where the form names no lower one."""
MOST_BLOCKS = 100
"""Blocks of one kind, and names in one list: far more than any experiment has."""
_FIRST = ("proposal.title", "money.ask")
"""Asked first: what it is, and how much (which decides the track); the rest as the file has it."""
_INVITED = ("rollout",)
"""Choices that nobody makes: the file for them is made from the agreement that invites."""
TRACKS = ("light", "standard", "major")
"""From few questions to many: a track asks what the ones before it ask, and more."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a block or record, or a question that is one field.

    Attributes:
        key: Its key in the file.
        name: Its name in the typed form.
        kind: text, long, choice, choices, partner, partners, amount, percent, whole, year, day, sha256, map.
        nl, en: What it is, beside the field in a file.
        optional: Whether it may be left out or empty.
        limit: The most characters of a text, the highest whole number; none when 0.
        least: The lowest whole number.
        options: What can be chosen: code, then the word in Dutch and in English.
        ask: The question, in Dutch and in English.
        explained: What a question mark is answered with, in Dutch and in English.
        one: What one block of it is called, in Dutch and in English.
        needed: Whether a draft may leave it empty, and submitting may not.
        only: Of a record: the column that decides whether this one is asked, and the choices with which it is.
        above: Of a record: the whole number that decides it too, and what it must be more than.
    """

    key: str
    name: str
    kind: str
    nl: str
    en: str
    optional: bool = False
    limit: int = 0
    least: int = 0
    default: int | None = None
    options: tuple[tuple[str, str, str], ...] = ()
    ask: tuple[str, str] = ("", "")
    explained: tuple[str, str] = ("", "")
    one: tuple[str, str] = ("", "")
    needed: bool = False
    only: tuple[str, tuple[str, ...]] | None = None
    above: tuple[str, int] | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """What can be chosen."""
        return tuple(code for code, _nl, _en in self.options)

    def says(self) -> str:
        """What the field is, in the language in use."""
        return self.nl if language() == "nl" else self.en

    def asks(self) -> str:
        """The question in the language in use."""
        return _in_language(self.ask) or self.says()

    def offered(self, standing: Any = None) -> tuple[str, ...]:
        """What can be chosen when it is asked: a roll-out only where it stands already, for it is invited."""
        return tuple(code for code in self.codes if code not in _INVITED or code == standing)

    def word(self, code: str) -> str:
        """What an option is called in the language in use; the code itself where it is no option."""
        return next((_in_language((nl, en)) for each, nl, en in self.options if each == code), code)

    def applies(self, row: Mapping[str, Any]) -> bool:
        """Whether it is asked beside what stands in the rest of its record."""
        if self.only is not None and row.get(self.only[0]) not in self.only[1]:
            return False
        if self.above is None:
            return True
        number = row.get(self.above[0])
        return not isinstance(number, int) or number > self.above[1]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: a field, a record of fields, or blocks of them.

    Attributes:
        section: The table it stands in; empty for a table of its own.
        track: From which track on it is asked; ``given`` is filled in already, ``optional`` is nobody's duty.
        shown: From which track on the template shows it.
        columns: Of a record or of blocks.
        keys: Of a map: what each key may be.
    """

    section: str
    field: Column
    track: str
    shown: str
    columns: tuple[Column, ...] = ()
    keys: tuple[tuple[str, Column], ...] = ()

    @property
    def path(self) -> str:
        """Its place in the file: ``money.ask``."""
        return f"{self.section}.{self.field.key}" if self.section else self.field.key

    @property
    def keys_in_file(self) -> tuple[str, ...]:
        """The same as keys under each other."""
        return (self.section, self.field.key) if self.section else (self.field.key,)

    @property
    def inside(self) -> tuple[Column, ...]:
        """The fields of a record, a block or a map."""
        return self.columns or tuple(column for _key, column in self.keys)

    @property
    def counted(self) -> bool:
        """Whether it counts among the questions of its track."""
        return self.track in TRACKS

    def asked_on(self, track: str) -> bool:
        """Whether this track must answer it."""
        if self.track == "given":
            return True
        return self.counted and TRACKS.index(self.track) <= TRACKS.index(track)

    def shown_on(self, track: str) -> bool:
        """Whether the template of this track shows it."""
        if self.track == "given":
            return True
        return TRACKS.index(self.shown) <= TRACKS.index(track)

    def asks(self) -> str:
        """The question in the language in use."""
        return self.field.asks()


@dataclass(frozen=True, slots=True)
class Step:
    """How answers to the version before become answers to this one.

    A question that stands in both under one path is carried over as it is, one that is only in this version is new, one
    that is only in the version before and not renamed is not asked any more.

    Attributes:
        version: The version before.
        renamed: Old path to new path: ``experiment.success`` to ``experiment.measurement``.
        options: By new path: what an old choice is called now.
    """

    version: str
    renamed: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """One version of the form.

    Attributes:
        step: How answers to the version before become answers to this one; ``None`` for the first.
    """

    version: str
    questions: tuple[Question, ...]
    step: Step | None = None

    def of_track(self, track: str) -> tuple[Question, ...]:
        """The questions that count on this track, in the order in which they are asked."""
        asked = [question for question in self.questions if question.counted and question.asked_on(track)]
        return tuple(sorted(asked, key=lambda question: _FIRST.index(question.path) if question.path in _FIRST else 99))

    def knowing(self, cooperations: Mapping[str, str], partners: Names | None = None) -> Form:
        """The form in which what the fund knows can be chosen too.

        Args:
            cooperations: Id to name: the register may know newer ones than the form.
            partners: By id their names, the short one first.
        """
        named = tuple((ref, names[0], names[0]) for ref, names in (partners or {}).items())

        def widened(column: Column) -> Column:
            if column.kind in ("partner", "partners") and named:
                return replace(column, options=named)
            if column.key != "cooperation":
                return column
            codes = set(column.codes)
            more = tuple((ref, name, name) for ref, name in cooperations.items() if ref not in codes)
            return replace(column, options=column.options + more)

        return replace(
            self,
            questions=tuple(
                replace(each, field=widened(each.field), columns=tuple(map(widened, each.columns)))
                for each in self.questions
            ),
        )

    @property
    def sections(self) -> tuple[str, ...]:
        """The tables of the file: what can be listed for change."""
        return tuple(dict.fromkeys(question.section or question.field.key for question in self.questions))

    def section_of(self, name: str) -> str:
        """The section that holds the field ``name`` of the typed form."""
        for question in self.questions:
            if question.field.name == name:
                return question.section or question.field.key
        return name


SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "proposal": N_("proposal"),
        "experiment": N_("experiment"),
        "money": N_("money"),
        "repayment": N_("repayment"),
        "milestones": N_("milestones"),
        "interests": N_("interests"),
        "business_case": N_("business case"),
        "arrangements": N_("arrangements"),
        "boards": N_("boards"),
        "risks": N_("risks"),
        "team": N_("team"),
        "reflection": N_("reflection"),
        "attachments": N_("attachments"),
    }
)
"""The tables of the file, of every version, as people call them."""


def section_word(section: str) -> str:
    """A table of the file as people read it."""
    return _(SECTIONS[section])


def section_names() -> Names:
    """Every table of the file, by its name there, in Dutch and in English."""
    return {section: both(word) for section, word in SECTIONS.items()}


@lru_cache(maxsize=4)
def form(version: str = CURRENT) -> Form:
    """A version of the form.

    Raises:
        KeyError: There is no such version.
    """
    if version not in VERSIONS:
        raise KeyError(version)
    stated = _stated(version)
    before, step = stated.get("adds_to", ""), stated.get("step", {})
    before = before or step.get("from", "")
    return Form(
        version,
        tuple(_question(row) for row in _rows(version)),
        Step(before, step.get("renamed", {}), step.get("options", {})) if before else None,
    )


def _stated(version: str) -> dict[str, Any]:
    return tomllib.loads((FORMS / f"{version}.toml").read_text(encoding="utf-8"))


def _rows(version: str) -> list[dict[str, Any]]:
    """What a version states of its questions, with those of the version that it adds to."""
    stated = _stated(version)
    asked: list[dict[str, Any]] = stated["question"]
    if "adds_to" not in stated:
        return asked
    rows = _rows(stated["adds_to"])
    for row in asked:
        places = {(each["section"], each["key"]): place for place, each in enumerate(rows)}
        place = places.get((row["section"], row["key"]))
        if place is not None:
            rows[place] |= row
        else:
            last = max((place for (section, _key), place in places.items() if section == row["section"]), default=-1)
            rows.insert(last + 1 or len(rows), row)
    return rows


def _question(row: Mapping[str, Any]) -> Question:
    track = row["track"]
    return Question(
        section=row["section"],
        field=_column(row),
        track=track,
        shown=row.get("shown", track if track in TRACKS else "light"),
        columns=tuple(_column(column) for column in row.get("column", ())),
        keys=_map_keys(row["from"]) if row["kind"] == "map" else (),
    )


def _column(row: Mapping[str, Any]) -> Column:
    key, kind = row["key"], row["kind"]
    name = row.get("name", f"{key}_cents" if kind == "amount" else key)
    codes = row.get("options", ())
    options = tuple(zip(codes, row.get("options_nl", codes), row.get("options_en", codes), strict=True))
    if kind in ("choice", "choices") and "from" in row:
        options = _listed(row["from"])
    return Column(
        key=key,
        name=name,
        kind=kind,
        nl=row["nl"],
        en=row["en"],
        optional=row.get("optional", False) or row.get("empty", False),
        limit=row.get("max", 0),
        least=row.get("min", 0),
        default=row.get("default"),
        options=options,
        ask=_both(row, "ask"),
        explained=_both(row, "help"),
        one=_both(row, "one"),
        needed=row.get("needed", False),
        only=next(((key, tuple(codes)) for key, codes in row.get("only", {}).items()), None),
        above=next(iter(row.get("above", {}).items()), None),
    )


def _both(row: Mapping[str, Any], name: str) -> tuple[str, str]:
    return row.get(f"{name}_nl", ""), row.get(f"{name}_en", "")


def _in_language(both: tuple[str, str]) -> str:
    return both[0] if language() == "nl" else both[1]


def _data(name: str) -> str:
    return (resources.files("fund") / "data" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=4)
def _listed(source: str) -> tuple[tuple[str, str, str], ...]:
    if source == "themes":
        return tuple(
            (row["id"], row["naam"], row["name_en"]) for row in csv.DictReader(_data("themes.csv").splitlines())
        )
    rows = json.loads(_data("cooperations.json"))["samenwerkingsverbanden"]
    none = ("none", "geen", "none")
    return (none, *((row["id"], row["naam"], row["naam"]) for row in rows))


@lru_cache(maxsize=4)
def _map_keys(source: str) -> tuple[tuple[str, Column], ...]:
    """What stands in a map: the eight characteristics with two values each, or the reflection questions."""
    if source == "characteristics":
        columns = [
            Column(
                key=row["id"],
                name=row["id"],
                kind="choice",
                nl=row["naam"],
                en=row["name_en"],
                options=tuple(
                    (pole["value_en"], pole["waarde"].lower().replace("eén", "één"), pole["value_en"])
                    for pole in row["polen"]
                ),
            )
            for row in json.loads(_data("characteristics.json"))["kenmerken"]
        ]
    else:
        columns = [
            Column(
                key=row["id"],
                name=row["id"],
                kind="long",
                nl=row["vraag"],
                en=row["label_en"],
                limit=2000,
                optional=True,
            )
            for row in json.loads(_data("reflection_questions.json"))["reflectievragen"]
        ]
    return tuple((column.key, column) for column in columns)
