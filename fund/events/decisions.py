"""Decisions of the committee: the file, votes under seal, the outcome that opens them, conditions, objection.

``decision.voted`` carries a salted commitment; the fact of the decision opens every vote. An approval books the
full award
as a commitment. Source: lifecycle.md 4 (P13-P19, P24-P26).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from pydantic import Field

from fund.events.base import Fact
from fund.events.values import AwardCondition, OpenedVote
from fund.language import N_


class _DecisionFact(Fact, kind="decision"):
    """A fact of the decision on the proposal ``ref``: it stands in the proposal's history too."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/ref",)


class _Decided(_DecisionFact):
    """A decision of the committee, with the votes it opens and what it was based on."""

    opens: ClassVar[tuple[str, ...]] = ("votes",)
    affects: ClassVar[tuple[str, ...]] = ("proposal/ref", "round/round")

    round: str
    """The round whose ceiling it is held to."""
    session: int = 1
    """Which time the matter is decided (a deferred one comes back)."""
    votes: tuple[OpenedVote, ...] = ()
    """In the order of user ids; none where the decision is mandated."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """By criterion or subject, where rules ask for them."""
    deviates: bool = False
    """Whether the decision differs from the panel's advice."""
    necessity: bool = False
    """Whether the full board decided, because conflicts leave no committee (rule of necessity)."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """Where the full board decided: the ground of each active partner that has a conflict."""


class DecisionPrepared(_DecisionFact, wire="decision.prepared"):
    """P13: the file for the committee is complete: advice, rank, money, who may vote and who may not."""

    round: str
    session: int
    advice: str
    total: str
    rank: int
    of: int
    """Rank among so many scored proposals of the round."""
    ask_cents: int
    ceiling_left_cents: int
    free_to_commit_cents: int
    """The liquidity statement: free to commit when the file was made."""
    voters: tuple[str, ...]
    """User ids of those who may vote."""
    barred: dict[str, str] = Field(default_factory=dict)
    """The ground by user id of those who may not."""
    mandated: bool = False
    """Fund manager and one committee member decide (light)."""
    two_thirds: bool = False
    necessity: bool = False
    disclosed: dict[str, str] = Field(default_factory=dict)
    """Where the full board decides: the ground of each active partner that has a conflict."""
    remark: str = ""


class DecisionRemarked(_DecisionFact, wire="decision.remarked"):
    """P13: a fund manager adds to the committee's file what it must know, while it is voted on."""

    remark: str = Field(min_length=1)


class DecisionVoted(_DecisionFact, wire="decision.voted"):
    """P26: the member who acts has voted, under seal. A later vote of the same person replaces it, until the votes are
    opened.
    """

    session: int
    commitment: str
    """SHA-256 over salt, choice and reason, hexadecimal."""


class DecisionApproved(_Decided, wire="decision.approved"):
    """P14: the fund promises the award: it stands as a commitment from this day."""

    award_cents: int = Field(gt=0)


class DecisionConditional(_Decided, wire="decision.conditional"):
    """P15: the fund promises the award once every condition is shown to be met; the money is set aside now."""

    award_cents: int = Field(gt=0)
    conditions: tuple[AwardCondition, ...]


class DecisionConditionEvidenced(_DecisionFact, wire="decision.condition_evidenced"):
    """P24: a party handed in evidence for a condition."""

    keeps: ClassVar[Mapping[str, str]] = {"sha256": N_("evidence of a condition")}

    number: int
    file: str
    size: int
    sha256: str


class DecisionConditionExtended(_DecisionFact, wire="decision.condition_extended"):
    """P24: the chair gave a condition more time, once."""

    number: int
    expires_on: date


class DecisionConditionsMet(_DecisionFact, wire="decision.conditions_met"):
    """P16: every condition was shown to be met; the award stands."""

    evidence: dict[str, str]
    """The hash of the evidence by number of the condition."""


class DecisionRejected(_Decided, wire="decision.rejected"):
    """P17: the committee says no, with reasons per criterion."""

    objection_weeks: int = Field(default=6, gt=0)
    """So many weeks the lead has to object, counted from the day it was recorded."""


class DecisionDeferred(_Decided, wire="decision.deferred"):
    """P17: the matter comes back once, on or before a day."""

    ground: str
    """improve, information, money or tie."""
    until_on: date


class DecisionObjected(_DecisionFact, wire="decision.objected"):
    """P18: the lead objects to a rejection or to ineligibility, within the term."""

    was: str
    """The state objected to: rejected or ineligible."""
    grounds: str


class DecisionReopened(_DecisionFact, wire="decision.reopened"):
    """The matter can be decided again; what was set aside is free again."""

    opens: ClassVar[tuple[str, ...]] = ("votes",)
    keeps: ClassVar[Mapping[str, str]] = {"advice_sha256": N_("external advice")}
    affects: ClassVar[tuple[str, ...]] = ("proposal/ref", "round/round")

    round: str
    reason: str
    award_cents: int = Field(default=0, ge=0)
    """The commitment taken back; nothing after a rejection."""
    votes: tuple[OpenedVote, ...] = ()
    """On an objection: the votes it opens."""
    advice_sha256: str = ""
    """On an objection: the hash of the external advice."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """On an objection that the full board decided: the ground of each active partner that has a conflict."""


class EligibilityReopened(_DecisionFact, wire="decision.eligibility_reopened"):
    """P25: an objection against ineligibility was right: the proposal is eligible."""

    opens: ClassVar[tuple[str, ...]] = ("votes",)
    keeps: ClassVar[Mapping[str, str]] = {"advice_sha256": N_("external advice")}

    reason: str
    votes: tuple[OpenedVote, ...] = ()
    advice_sha256: str = ""
    """On an objection: the hash of the external advice."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """On an objection that the full board decided: the ground of each active partner that has a conflict."""


class DecisionUpheld(_DecisionFact, wire="decision.upheld"):
    """P25: after the objection the decision stands."""

    opens: ClassVar[tuple[str, ...]] = ("votes",)
    keeps: ClassVar[Mapping[str, str]] = {"advice_sha256": N_("external advice")}

    reason: str
    votes: tuple[OpenedVote, ...] = ()
    advice_sha256: str = ""
    """On an objection: the hash of the external advice."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """On an objection that the full board decided: the ground of each active partner that has a conflict."""


class DecisionTermExtended(_DecisionFact, wire="decision.term_extended"):
    """4:14, 7:10: on the last day of the term there was no decision; the applicant was told a new last day."""

    round: str
    was_on: date
    """The last day of the term that was not met."""
    until_on: date
    """The last day that the applicant was told."""
    objection: bool = False
    """Whether it is the decision on an objection."""


class DecisionOverdue(_DecisionFact, wire="decision.overdue"):
    """4:17: the day that the applicant was told has passed too; the applicant may give notice of default."""

    round: str
    due_on: date


class DecisionDeferralOver(_DecisionFact, wire="decision.deferral_over"):
    """P22: a deferral for information, money or a tie ended and nobody let it come back: a fund manager must."""

    round: str
    ground: str
    until_on: date
