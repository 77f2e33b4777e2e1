"""Evaluation, lessons and the invitation that follows a good result (lifecycle.md 7 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact
from fund.events.values import Lesson
from fund.language import N_


class _EvaluationFact(Fact):
    kind: ClassVar[str] = "evaluation"
    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "agreement/ref")

    proposal: str
    """The proposal whose agreement (``ref``) is evaluated."""


class EvaluationFellDue(_EvaluationFact):
    """It is time to look back: the agreement ran to its end, was completed or was terminated."""

    wire: ClassVar[str] = "evaluation.fell_due"

    due_on: date
    ground: str
    """``ended``, ``completed`` or ``terminated``."""


class EvaluationSubmitted(_EvaluationFact):
    """A party told what was tried, what came of it and what others can learn."""

    wire: ClassVar[str] = "evaluation.submitted"
    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("evaluation")}

    hypothesis: str
    """``confirmed``, ``refuted`` or ``inconclusive``."""
    verdict: str
    """``scale``, ``adopt``, ``iterate`` or ``stop``."""
    learned: str
    lessons: tuple[Lesson, ...]
    file_sha256: str
    by_fund_manager: bool = False
    """Written by the fund manager, because the parties were too late."""


class EvaluationPeerReviewed(_EvaluationFact):
    """A reviewer who is no party judged how well was learned, 0 to 4; the second one completes the review."""

    wire: ClassVar[str] = "evaluation.peer_reviewed"

    learning: int
    remarks: str = ""


class EvaluationAccepted(_EvaluationFact):
    """The committee's chair accepted it: two independent results, the hypothesis and the quality of learning."""

    wire: ClassVar[str] = "evaluation.accepted"

    hypothesis: str
    learning: str
    """The mean of the peer reviews as an exact fraction (``7/2``)."""
    verdict: str
    good_result: bool
    """Learned enough, whatever the hypothesis did."""


class EvaluationReturned(_EvaluationFact):
    """It went back to the parties, once at most."""

    wire: ClassVar[str] = "evaluation.returned"

    reason: str
    due_on: date | None = None
    """From this day on the parties have their term again."""


class EvaluationWaived(_EvaluationFact):
    """The chair asks no evaluation: the agreement ended by a breach."""

    wire: ClassVar[str] = "evaluation.waived"

    reason: str


class EvaluationPublished(_EvaluationFact):
    """Every partner, and its council, has the lessons."""

    wire: ClassVar[str] = "evaluation.published"

    recipients: tuple[str, ...]
    lessons: tuple[Lesson, ...]


class FollowonInvited(_EvaluationFact):
    """A roll-out may be asked for until a day: the verdict was to scale or to adopt."""

    wire: ClassVar[str] = "followon.invited"

    verdict: str
    expires_on: date


class FollowonAnnounced(_EvaluationFact):
    """The invitation to a roll-out expires on a day and nobody asked for one yet: the parties are told."""

    wire: ClassVar[str] = "followon.announced"

    expires_on: date
    days_left: int
    parties: tuple[str, ...]


class FollowonExpired(_EvaluationFact):
    """The invitation to a roll-out is over."""

    wire: ClassVar[str] = "followon.expired"

    expired_on: date
    """Its last day."""
    used_by: tuple[str, ...] = ()
    """The proposals that followed it."""
