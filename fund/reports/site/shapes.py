"""What is told of an experiment, a lesson, a partner, a day and the steps asked of people: no language, no persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from fund.rules.regulations import Track


@dataclass(frozen=True, slots=True)
class Lesson:
    """A published lesson and where it comes from; ``used_by`` are the partners that took it over."""

    experiment: str
    title: str
    text: str
    themes: tuple[str, ...]
    group: str
    lead: str
    used_by: tuple[str, ...]
    published_on: date


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that takes proposals: its days, what it may award in all, and what its track asks."""

    title: str
    track: str
    opens_on: date
    closes_on: date
    ceiling_cents: int
    rules: Track


@dataclass(frozen=True, slots=True)
class Planned:
    """A milestone: what, when, how much, and whether it was reached."""

    title: str
    due_on: date
    amount_cents: int
    state: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment; amounts in cents from the ledger. ``ref`` is that of the agreement, or of the proposal."""

    ref: str
    proposal: str
    title: str
    group: str
    lead: str
    parties: tuple[str, ...]
    themes: tuple[str, ...]
    track: str
    decided_on: date | None
    award_cents: int
    repayable_cents: int
    ambition: str
    question: str
    measurement: str
    stop_rule: str
    started_on: date | None = None
    ended_on: date | None = None
    paid_cents: int = 0
    returned_cents: int = 0
    outstanding_cents: int = 0
    learning_writeoff_cents: int = 0
    other_writeoff_cents: int = 0
    milestones: tuple[Planned, ...] = ()
    learned: str = ""
    verdict: str = ""
    learning: str = ""
    published_on: date | None = None
    lessons: tuple[Lesson, ...] = ()
    follows: str = ""
    followed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A partner: what it was asked and paid, its share of the capital, what it received and takes part in."""

    id: str
    name: str
    short_name: str
    sort: str
    state: str
    called_cents: int
    paid_in_cents: int
    share: Fraction | None
    received_cents: int
    leads: tuple[str, ...]
    takes_part: tuple[str, ...]
    calls: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened on a day: ``awarded``, ``started``, ``ended`` or ``published``."""

    on: date
    what: str
    experiment: str


@dataclass(frozen=True, slots=True)
class Steps:
    """What a proposal of a track asked of people in a year, on average, against the target of the track."""

    track: str
    year: int
    proposals: int
    steps: Fraction
    people: Fraction
    days: Fraction
    over: int
