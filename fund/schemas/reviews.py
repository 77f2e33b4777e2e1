"""Reviews and decisions as cases, and the score file. While the seal holds, no score and no vote stands in any of
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import Field

from fund.events.values import AwardCondition, OpenedScore, OpenedVote, PanelSeat
from fund.schemas.base import CaseColumns, CaseFile, Shape


class Score(Shape):
    """What a reviewer gives: each criterion scored, or abstained from with a reason."""

    scores: Mapping[str, int] = Field(default_factory=dict)
    abstained: Mapping[str, str] = Field(default_factory=dict)


class ReviewResult(Shape):
    """What a closed review came to; fractions as text."""

    scores: tuple[OpenedScore, ...]
    means: Mapping[str, str]
    total: str
    gates_missed: tuple[str, ...]
    advice: str
    spread_criteria: tuple[str, ...] = ()
    spread_total: str = "0"
    consensus_forced: bool = False
    closed_on: date
    without: tuple[str, ...] = ()
    """User ids whose scores were excluded since; the figures are without them, ``scores`` keeps what they gave."""

    @property
    def counting(self) -> tuple[OpenedScore, ...]:
        return tuple(each for each in self.scores if each.reviewer not in self.without)


class Consensus(Shape):
    """What the panel agreed on, or that the means stand."""

    agreed: bool
    scores: Mapping[str, int] = Field(default_factory=dict)
    total: str
    gates_missed: tuple[str, ...]
    advice: str


class Review(CaseFile, kind="review"):
    """The review of a proposal, under the proposal's ref. ``state``: proposed, open, closed; withdrawn or lapsed where
    the proposal was before the closing.

    ``scored`` says who scored, never what; scores stand in ``result`` once the seal is open.
    """

    panel: tuple[PanelSeat, ...] = ()
    """Those in the panel now; the first is its chair."""
    proposed: tuple[PanelSeat, ...] = ()
    barred: Mapping[str, str] = Field(default_factory=dict)
    feasible: bool = True
    chosen: Mapping[str, str] = Field(default_factory=dict)
    """By user id, why this person was proposed, as a code."""
    passed_over: Mapping[str, str] = Field(default_factory=dict)
    """By user id, why this person, though free, was not."""
    top_up: tuple[PanelSeat, ...] = ()
    """Who the service proposes to add, while the quorum is not met."""
    top_up_missing: tuple[str, ...] = ()
    """The demands that nobody who is free can meet."""
    turn: int = 0
    """Which time the proposal is reviewed: 2 after a deferral."""
    reviewed_before: tuple[str, ...] = ()
    """User ids of those whose score was opened in an earlier turn."""
    revision_hash: str = ""
    regulations: str = ""
    track: str = ""
    profile: str = ""
    necessity: bool = False
    opened_by: str = ""
    closes_at: datetime | None = None
    extended: bool = False
    declarations: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """By reviewer: the possible conflicts declared for this revision (none: an empty list)."""
    bars: Mapping[str, str] = Field(default_factory=dict)
    """By user id, the hard ground that this person declared: it bars whatever the fund computes."""
    judged: Mapping[str, bool] = Field(default_factory=dict)
    """By reviewer with a declared conflict: whether chair and member let this person stay."""
    scored: tuple[str, ...] = ()
    commitments: Mapping[str, str] = Field(default_factory=dict)
    recused: Mapping[str, str] = Field(default_factory=dict)
    excluded: Mapping[str, str] = Field(default_factory=dict)
    opened: tuple[str, ...] = ()
    """Whose scores of this turn were opened: they are kept, also when the review is reopened; none of them votes."""
    result: ReviewResult | None = None
    consensus_until: datetime | None = None
    agreement: Mapping[str, int] = Field(default_factory=dict)
    """The scores that the chair of the panel proposes to agree on."""
    agreement_by: str = ""
    agreed_by: tuple[str, ...] = ()
    consensus: Consensus | None = None

    @property
    def reviewers(self) -> tuple[str, ...]:
        return tuple(seat.reviewer for seat in self.panel)

    @property
    def chair(self) -> str:
        """The user id of the panel's chair: its first seat."""
        return self.panel[0].reviewer if self.panel else ""

    @property
    def consensus_pending(self) -> bool:
        """Whether the panel must still agree, or let the term go by."""
        return self.result is not None and self.result.consensus_forced and self.consensus is None

    @property
    def total(self) -> str:
        """The total that counts, exact: of the consensus where there is one."""
        if self.consensus is not None:
            return self.consensus.total
        return self.result.total if self.result is not None else ""

    @property
    def advice(self) -> str:
        if self.consensus is not None:
            return self.consensus.advice
        return self.result.advice if self.result is not None else ""

    @property
    def gates_missed(self) -> tuple[str, ...]:
        if self.consensus is not None:
            return self.consensus.gates_missed
        return self.result.gates_missed if self.result is not None else ()

    def columns(self) -> CaseColumns:
        due = self.closes_at if self.state == "open" else self.consensus_until if self.consensus_pending else None
        if self.state == "open":
            brief: dict[str, Any] = {"waiting": [each for each in self.reviewers if each not in self.scored]}
        else:
            brief = {"total": self.total} if self.state == "closed" else {}
        return CaseColumns(due_on=due.date() if due else None, brief=brief)


class Preparation(Shape):
    """The committee's file, as it was made."""

    advice: str
    total: str
    rank: int
    of: int
    ask_cents: int
    ceiling_left_cents: int
    free_to_commit_cents: int
    two_thirds: bool
    mandated: bool
    necessity: bool
    remark: str
    prepared_on: date


class DecisionCondition(AwardCondition):
    """A condition with what was handed in for it."""

    evidence_file: str = ""
    evidence_sha256: str = ""
    extended: bool = False


class Decision(CaseFile, kind="decision"):
    """The decision on a proposal, under the proposal's ref.

    ``state``: decidable, approved, conditional, rejected, deferred, objected, upheld. ``voted`` says who voted,
    never what.
    """

    round: str = ""
    session: int = 0
    """Which time it is voted on; a later vote counts for its own session only."""
    prepared: Preparation | None = None
    voters: tuple[str, ...] = ()
    barred: Mapping[str, str] = Field(default_factory=dict)
    voted: tuple[str, ...] = ()
    commitments: Mapping[str, str] = Field(default_factory=dict)
    outcome: str = ""
    votes: tuple[OpenedVote, ...] = ()
    award_cents: int = 0
    reasons: Mapping[str, str] = Field(default_factory=dict)
    deviates: bool = False
    conditions: tuple[DecisionCondition, ...] = ()
    deferred_for: str = ""
    deferrals: int = 0
    until_on: date | None = None
    deferral_over: bool = False
    """Whether the day of the deferral has passed, and a fund manager was told."""
    decided_on: date | None = None
    took_part: tuple[str, ...] = ()
    """Everybody who voted or decided, in any session: none of them decides an objection."""
    hands: tuple[str, ...] = ()
    """Who approved in this chain (P13-P17): one person once."""
    objected_was: str = ""
    objection: str = ""

    def columns(self) -> CaseColumns:
        expiries = [condition.expires_on for condition in self.conditions if not condition.evidence_sha256]
        due = min(expiries) if self.state == "conditional" and expiries else self.until_on
        return CaseColumns(parent=self.round or None, amount_cents=self.award_cents or None, due_on=due)
