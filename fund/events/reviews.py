"""Reviews: panel, sealed scores, the closing that opens them, consensus.

A score under seal is a salted commitment; ``review.closed`` opens every one of them. Exact figures are fractions
as text
(``7/3``): they are rounded only where they are shown. Source: lifecycle.md 4 (P9-P12, P23) and 12.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from fund.events.base import Fact
from fund.events.values import OpenedScore, PanelSeat


class _ReviewFact(Fact, kind="review"):
    """A fact of the review of the proposal ``ref``: it stands in the proposal's history too."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/ref",)


class ReviewPanelProposed(_ReviewFact, wire="review.panel_proposed"):
    """The service has proposed a panel, balanced over kinds and load."""

    panel: tuple[PanelSeat, ...]
    barred: dict[str, str] = Field(default_factory=dict)
    """The ground by user id, for reviewers who may not."""
    feasible: bool
    """Whether the quorum can be reached without anybody who has a conflict."""
    chosen: dict[str, str] = Field(default_factory=dict)
    """By user id, why this person was proposed, as a code: ``new_kind:province``."""
    passed_over: dict[str, str] = Field(default_factory=dict)
    """By user id, why this person, though free, was not: ``soft:cooperates:wolf``, ``load:2``."""


class ReviewOpened(_ReviewFact, wire="review.opened"):
    """P9: the panel may read and score; rubric, quorum and revision are fixed from here."""

    revision_hash: str
    regulations: str
    """The version of the regulations whose rubric and quorum count."""
    track: str
    profile: str
    """experiment or rollout: which weights and gates."""
    panel: tuple[PanelSeat, ...]
    necessity: bool = False
    """Nobody without a conflict could make the quorum: externals advise, the full board decides."""
    closes_at: datetime
    reviewed_before: tuple[str, ...] = ()
    """User ids of those whose score was opened in an earlier turn: they have no vote on the proposal."""


class ReviewerAssigned(_ReviewFact, wire="review.assigned"):
    """P23: a reviewer joined the panel, perhaps in another's place."""

    seat: PanelSeat
    replaces: str | None = None
    """The user id of the reviewer who leaves the panel."""


class ReviewDeclared(_ReviewFact, wire="review.declared"):
    """P10: the reviewer who acts has declared for this revision: no conflict, or which possible one."""

    revision_hash: str
    grounds: tuple[str, ...] = ()
    """Possible (soft) conflicts, computed ones included; none means none."""


class ReviewConflictDeclared(_ReviewFact, wire="review.conflict_declared"):
    """The reviewer or member of the committee who acts has declared what only this person knows, and what bars: family,
    a financial interest, a line of command. From here on this person has no part in the case.
    """

    revision_hash: str
    ground: str
    """supplier, person, family, financial or manager."""


class ReviewConflictDecided(_ReviewFact, wire="review.conflict_decided"):
    """The chair and a member judged a possible conflict that a reviewer declared: the reviewer stays, or leaves the
    panel.
    """

    reviewer: str
    grounds: tuple[str, ...]
    """What was declared."""
    stays: bool
    reason: str


class ReviewScored(_ReviewFact, wire="review.scored"):
    """P10: the reviewer who acts has scored, under seal. A later score of the same person replaces it."""

    revision_hash: str
    turn: int
    commitment: str
    """SHA-256 over salt and content, hexadecimal."""


class ReviewerRecused(_ReviewFact, wire="review.recused"):
    """P10: the reviewer who acts stepped back."""

    reason: str


class ReviewScoreExcluded(_ReviewFact, wire="review.score_excluded"):
    """A conflict was found after scoring: the score does not count any more; the record stays."""

    reviewer: str
    ground: str


class ReviewerBarred(_ReviewFact, wire="review.reviewer_barred"):
    """A conflict that bars was found after the panel was made: the service takes this person out of it.

    Somebody's payroll changed, a party joined, or the person declared it. A score given is excluded beside it.
    """

    reviewer: str
    ground: str
    revision_hash: str


class ReviewTopUpProposed(_ReviewFact, wire="review.top_up_proposed"):
    """P23: the service proposes who should join the panel so that the quorum is met, externals last."""

    seats: tuple[PanelSeat, ...]
    chosen: dict[str, str] = Field(default_factory=dict)
    """By user id, why this person."""
    missing: tuple[str, ...] = ()
    """The demands of the quorum that nobody who is free can meet any more."""


class ReviewRecomputed(_ReviewFact, wire="review.recomputed"):
    """A score was excluded after the closing: the same figures without it. The scores of the closing stay readable."""

    turn: int
    without: tuple[str, ...]
    """User ids whose scores do not count."""
    means: dict[str, str]
    total: str
    gates_missed: tuple[str, ...]
    advice: str
    consensus_forced: bool
    """Whether the panel, as it is now, must talk; an agreement with the one who left does not stand."""
    spread_criteria: tuple[str, ...] = ()
    spread_total: str
    consensus_by: datetime | None = None


class ReviewReopened(_ReviewFact, wire="review.reopened"):
    """A score was excluded after the closing and what is left is no quorum: the panel is topped up."""

    turn: int
    without: tuple[str, ...]
    closes_at: datetime
    missing: tuple[str, ...]


class ReviewExtended(_ReviewFact, wire="review.extended"):
    """P11: at the deadline the quorum was not there; once, there is more time."""

    closes_at: datetime
    missing: tuple[str, ...]
    """Which demands of the quorum were not met: complete, organisations, kinds, external, or a criterion's id."""


class ReviewClosed(_ReviewFact, wire="review.closed"):
    """P11: the seal is open; means, total, gates and advice are known."""

    opens: ClassVar[tuple[str, ...]] = (
        "scores", "means", "total", "gates_missed", "advice", "consensus_forced", "spread_criteria", "spread_total",
        "consensus_by",
    )  # fmt: skip

    turn: int
    scores: tuple[OpenedScore, ...]
    means: dict[str, str]
    """The panel's mean by criterion, exact."""
    total: str
    """The panel's total, 0 to 100, exact."""
    gates_missed: tuple[str, ...]
    advice: str
    """positive, improve or negative."""
    consensus_forced: bool
    spread_criteria: tuple[str, ...] = ()
    """Criteria on which two reviewers differ by the gap of the regulations or more."""
    spread_total: str
    """Highest total less lowest, exact."""
    consensus_by: datetime | None = None
    """Until then the panel may agree; after it the means stand."""


class ConsensusProposed(_ReviewFact, wire="review.consensus_proposed"):
    """P12: the panel's chair wrote down the scores on which the panel may agree."""

    scores: dict[str, int]
    grounds: str


class ConsensusAgreed(_ReviewFact, wire="review.consensus_agreed"):
    """P12: the member who acts agrees with the scores proposed."""

    agrees_with: str
    """The id of the fact that proposed these scores: a digest of so few numbers could be tried out."""


class ReviewConsensusRecorded(_ReviewFact, wire="review.consensus_recorded"):
    """P12: the panel agreed, or ten days went by and the means stand. The scores of the closing stay beside it."""

    agreed: bool
    """False: no agreement in time, the means of the closing stand."""
    scores: dict[str, int] = Field(default_factory=dict)
    """By criterion, where agreed."""
    total: str
    gates_missed: tuple[str, ...]
    advice: str
