"""Evaluation, lessons and the invitation that follows a good result (lifecycle.md 7 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact
from fund.events.values import Lesson
from fund.language import N_


class _EvaluationFact(Fact, kind="evaluation"):
    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "agreement/ref")

    proposal: str
    """The proposal whose agreement (``ref``) is evaluated."""


class EvaluationFellDue(_EvaluationFact, wire="evaluation.fell_due"):
    """It is time to look back: the agreement ran to its end, was completed or was terminated."""

    due_on: date
    ground: str
    """``ended``, ``completed`` or ``terminated``."""


class EvaluationSubmitted(_EvaluationFact, wire="evaluation.submitted"):
    """A party told what was tried, what came of it and what others can learn."""

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


class EvaluationPeerReviewed(_EvaluationFact, wire="evaluation.peer_reviewed"):
    """A reviewer who is no party judged how well was learned, 0 to 4; the second one completes the review."""

    learning: int
    remarks: str = ""


class EvaluationAccepted(_EvaluationFact, wire="evaluation.accepted"):
    """The committee's chair accepted it: two independent results, the hypothesis and the quality of learning."""

    hypothesis: str
    learning: str
    """The mean of the peer reviews as an exact fraction (``7/2``)."""
    verdict: str
    good_result: bool
    """Learned enough, whatever the hypothesis did."""


class EvaluationReturned(_EvaluationFact, wire="evaluation.returned"):
    """It went back to the parties, once at most."""

    reason: str
    due_on: date | None = None
    """From this day on the parties have their term again."""


class EvaluationWaived(_EvaluationFact, wire="evaluation.waived"):
    """The chair asks no evaluation: the agreement ended by a breach."""

    reason: str


class EvaluationPublished(_EvaluationFact, wire="evaluation.published"):
    """Every partner, and its council, has the lessons."""

    recipients: tuple[str, ...]
    lessons: tuple[Lesson, ...]


class FollowonInvited(_EvaluationFact, wire="followon.invited"):
    """A roll-out may be asked for until a day: the verdict was to scale or to adopt."""

    verdict: str
    expires_on: date


class FollowonAnnounced(_EvaluationFact, wire="followon.announced"):
    """The invitation to a roll-out expires on a day and nobody asked for one yet: the parties are told."""

    expires_on: date
    days_left: int
    parties: tuple[str, ...]


class FollowonExpired(_EvaluationFact, wire="followon.expired"):
    """The invitation to a roll-out is over."""

    expired_on: date
    """Its last day."""
    used_by: tuple[str, ...] = ()
    """The proposals that followed it."""
