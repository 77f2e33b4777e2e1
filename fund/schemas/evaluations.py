"""Evaluations as cases, and the file a party hands in (TOML), refused with file and line."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from fund.errors import shape_fault
from fund.errors.commands import AmbiguousName
from fund.events.values import Lesson
from fund.glossary import chosen, theme_names
from fund.paths import toml_of
from fund.schemas.base import CaseColumns, CaseFile, Shape


class Evaluation(CaseFile, kind="evaluation"):
    """What an agreement (``ref``) taught. ``state``: due, submitted, peer_reviewed, accepted, published or waived.

    Attributes:
        hypothesis: confirmed, refuted or inconclusive; empty until it is handed in.
        learning: The quality of learning, 0 to 4, as an exact fraction (``7/2``); empty until two peers judged.
        hands: User ids of those who wrote it: they do not judge it (G7 a).
        peers: What each peer gave, by user id.
        judged_before: User ids of the peers who judged it before it was returned.
        fell_due: Whether it is time: the agreement ended, or its planned day came.
        returned: How often it went back (once at most).
        followon_until: The last day on which a roll-out may be asked for.
        followon_announced: So many days before it the parties were told that it ends, each once.
    """

    proposal: str
    lead: str
    co_applicants: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    due_on: date
    fell_due: bool = False
    hypothesis: str = ""
    verdict: str = ""
    learned: str = ""
    lessons: tuple[Lesson, ...] = ()
    learning: str = ""
    good_result: bool | None = None
    hands: tuple[str, ...] = ()
    peers: dict[str, int] = Field(default_factory=dict)
    judged_before: tuple[str, ...] = ()
    returned: int = 0
    published_on: date | None = None
    followon_until: date | None = None
    followon_announced: tuple[int, ...] = ()
    followon_expired: bool = False

    @property
    def applicants(self) -> tuple[str, ...]:
        return (self.lead, *self.co_applicants)

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.ref, partner=self.lead, lookup=self.proposal, due_on=self.due_on)


class LessonForm(Shape):
    """One lesson as it is handed in."""

    title: str = Field(min_length=3, max_length=120)
    text: str = Field(min_length=10, max_length=4000)
    themes: tuple[str, ...] = ()

    @field_validator("themes")
    @classmethod
    def _known(cls, themes: tuple[str, ...]) -> tuple[str, ...]:
        from fund.errors.evaluations import UnknownTheme

        try:
            return tuple(chosen(theme, theme_names(), UnknownTheme, coded=True) for theme in themes)
        except (AmbiguousName, UnknownTheme) as problem:
            raise ValueError(f"{problem}; {problem.advice}") from problem


class EvaluationForm(Shape):
    """The evaluation as it is handed in."""

    hypothesis: Literal["confirmed", "refuted", "inconclusive"]
    verdict: Literal["scale", "adopt", "iterate", "stop"]
    learned: str = Field(min_length=20, max_length=20_000)
    lessons: tuple[LessonForm, ...] = Field(min_length=1, max_length=20)

    def cards(self) -> tuple[Lesson, ...]:
        """The lessons as they stand in the fact."""
        return tuple(Lesson(title=each.title, text=each.text, themes=each.themes) for each in self.lessons)


def parse_evaluation(content: bytes, name: str) -> EvaluationForm:
    """The evaluation that a TOML file holds.

    Raises:
        FaultyEvaluation: Not UTF-8, not TOML, a field too many or too few, a wrong word; with the file and the line.
    """
    from fund.errors.evaluations import FaultyEvaluation

    read = toml_of(content, lambda problem, line: FaultyEvaluation(file=name, line=line, field="-", problem=problem))
    try:
        return EvaluationForm.model_validate(read)
    except ValidationError as problems:
        first = problems.errors(include_url=False)[0]
        field, reason = shape_fault(first)
        line = _line_of(content.decode("utf-8-sig"), first["loc"])
        raise FaultyEvaluation(file=name, line=line, field=field, problem=reason) from problems


def _line_of(text: str, place: tuple[int | str, ...]) -> int:
    """The line on which a field stands; of a missing field, the line of what should hold it."""
    lines = text.splitlines()
    start = 0
    names = [part for part in place if isinstance(part, str)]
    numbers = [part for part in place if isinstance(part, int)]
    if names[:1] == ["lessons"] and numbers:
        headers = [number for number, line in enumerate(lines) if re.match(r"\s*\[\[\s*lessons\s*\]\]", line)]
        if numbers[0] < len(headers):
            start = headers[numbers[0]]
        names = names[1:] or ["lessons"]
    key = re.compile(rf'\s*"?{re.escape(str(names[-1]))}"?\s*=') if names else None
    for number in range(start, len(lines)):
        if key is not None and key.match(lines[number]):
            return number + 1
    return start + 1
