"""The life of a proposal as a table: every row of lifecycle.md 4, from idea to agreement, in its order.

Rows of reviews and decisions stand here too, because they change the state of the proposal; their use cases are in
``fund.workflows.reviews`` and ``fund.workflows.decisions``.
"""

from __future__ import annotations

from enum import StrEnum

from fund.events.agreements import AgreementActivated
from fund.events.decisions import (
    DecisionApproved,
    DecisionConditional,
    DecisionConditionEvidenced,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionDeferred,
    DecisionObjected,
    DecisionPrepared,
    DecisionRejected,
    DecisionRemarked,
    DecisionReopened,
    DecisionUpheld,
    DecisionVoted,
    EligibilityReopened,
)
from fund.events.proposals import (
    ProposalChangesRequested,
    ProposalDrafted,
    ProposalFoundEligible,
    ProposalFoundIneligible,
    ProposalLapseAnnounced,
    ProposalLapsed,
    ProposalParticipationConfirmed,
    ProposalResubmitted,
    ProposalRevised,
    ProposalScreened,
    ProposalSubmitted,
    ProposalWithdrawn,
)
from fund.events.reviews import (
    ConsensusAgreed,
    ConsensusProposed,
    ReviewClosed,
    ReviewConflictDecided,
    ReviewConflictDeclared,
    ReviewConsensusRecorded,
    ReviewDeclared,
    ReviewerAssigned,
    ReviewerBarred,
    ReviewerRecused,
    ReviewExtended,
    ReviewOpened,
    ReviewPanelProposed,
    ReviewRecomputed,
    ReviewReopened,
    ReviewScored,
    ReviewScoreExcluded,
    ReviewTopUpProposed,
)
from fund.rules.authority import (
    CHAIR,
    COMMITTEE,
    FUND_MANAGER,
    LEAD_SIGNATORY,
    PANEL,
    PARTY_EDITOR,
    PARTY_SIGNATORY,
    REVIEWER,
    SYSTEM,
    TREASURER,
    VOTERS,
    either,
)
from fund.rules.transitions import Transition


class State(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    IN_REVIEW = "in_review"
    SCORED = "scored"
    DECIDABLE = "decidable"
    APPROVED = "approved"
    CONDITIONAL = "conditional"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    OBJECTED = "objected"
    UPHELD = "upheld"
    AGREED = "agreed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


EDITABLE = (State.DRAFT, State.RETURNED, State.DEFERRED)
"""Where a party may change the form; deferred only for improvement."""

COMMITTED = (State.CONDITIONAL, State.APPROVED)
"""Where money is set aside and no agreement holds yet."""

UNDECIDED = (
    State.SUBMITTED, State.RETURNED, State.ELIGIBLE, State.IN_REVIEW, State.SCORED, State.DECIDABLE, State.DEFERRED,
)  # fmt: skip
"""Submitted, and still without a decision: a round waits for these."""

BEFORE_AGREED = (State.DRAFT, *UNDECIDED, State.CONDITIONAL, State.APPROVED, State.OBJECTED)
"""Where the lead may take it back."""

LAPSING = (State.DRAFT, State.RETURNED, State.DEFERRED, State.CONDITIONAL, State.APPROVED)
"""Where the clock runs against the parties; deferred only for improvement."""

_REVIEWING = State.IN_REVIEW
_JUDGED = (State.IN_REVIEW, State.SCORED, State.DECIDABLE, State.DEFERRED)
_SCORED = (State.SUBMITTED, *_JUDGED)
"""Where a score of this review still counts, or counted until the parties came back with changes."""
_TALKING = (State.SCORED, State.DEFERRED)
"""Where a panel may have to agree: after the closing, and after a conflict found during a deferral."""
_BEFORE_DECISION = (State.ELIGIBLE, *_JUDGED)
_MANAGER_OR_CLOCK = either(FUND_MANAGER, SYSTEM)
_DECIDES = either(CHAIR, FUND_MANAGER)
_SECOND = either(FUND_MANAGER, TREASURER, COMMITTEE)

TRANSITIONS = (
    #          command           from  to           who           records
    Transition("proposal draft", None, State.DRAFT, PARTY_EDITOR, ProposalDrafted, row="P1"),
    Transition("proposal save", EDITABLE, None, PARTY_EDITOR, ProposalRevised, row="P2"),
    Transition("proposal join", EDITABLE, None, PARTY_SIGNATORY, ProposalParticipationConfirmed, row="P3"),
    Transition("proposal confirm", EDITABLE, None, PARTY_SIGNATORY, ProposalParticipationConfirmed, row="P3"),
    Transition("proposal submit", State.DRAFT, State.SUBMITTED, LEAD_SIGNATORY, ProposalSubmitted, row="P4"),
    Transition("proposal screen", State.SUBMITTED, None, SYSTEM, ProposalScreened),
    Transition(
        "proposal request-changes", (State.SUBMITTED, State.ELIGIBLE), State.RETURNED, FUND_MANAGER,
        ProposalChangesRequested, row="P5",
    ),
    Transition(
        "proposal resubmit", (State.RETURNED, State.DEFERRED), State.SUBMITTED, LEAD_SIGNATORY, ProposalResubmitted,
        row="P6",
    ),
    Transition(
        "proposal find-eligible", State.SUBMITTED, State.ELIGIBLE, FUND_MANAGER, ProposalFoundEligible, row="P7"
    ),
    Transition(
        "proposal find-ineligible", State.SUBMITTED, State.INELIGIBLE, FUND_MANAGER, ProposalFoundIneligible,
        second=FUND_MANAGER, row="P8",
    ),
    Transition("review propose", State.ELIGIBLE, None, SYSTEM, ReviewPanelProposed, row="P9"),
    Transition("review open", State.ELIGIBLE, State.IN_REVIEW, FUND_MANAGER, ReviewOpened, row="P9"),
    Transition("review declare", _REVIEWING, None, REVIEWER, ReviewDeclared, row="P10"),
    Transition("review declare", _BEFORE_DECISION, None, either(REVIEWER, COMMITTEE), ReviewConflictDeclared),
    Transition("review declare", _JUDGED, None, CHAIR, ReviewConflictDecided, second=COMMITTEE),
    Transition("review score", _REVIEWING, None, REVIEWER, ReviewScored, row="P10"),
    Transition("review recuse", _REVIEWING, None, PANEL, ReviewerRecused, row="P10"),
    Transition("review exclude", _SCORED, None, _MANAGER_OR_CLOCK, ReviewScoreExcluded),
    Transition("review bar", _SCORED, None, SYSTEM, ReviewerBarred),
    Transition("review top-up", _REVIEWING, None, SYSTEM, ReviewTopUpProposed, row="P23"),
    Transition("review recompute", (State.SCORED, State.DECIDABLE), State.SCORED, SYSTEM, ReviewRecomputed),
    Transition("review recompute", State.DEFERRED, None, SYSTEM, ReviewRecomputed),
    Transition(
        "review reopen", (State.SCORED, State.DECIDABLE, State.DEFERRED), State.IN_REVIEW, SYSTEM, ReviewReopened
    ),
    Transition("review close", _REVIEWING, State.SCORED, _MANAGER_OR_CLOCK, ReviewClosed, row="P11"),
    Transition("review extend", _REVIEWING, None, _MANAGER_OR_CLOCK, ReviewExtended, row="P11"),
    Transition("review consensus", _TALKING, None, REVIEWER, ConsensusProposed, row="P12"),
    Transition("review consensus", _TALKING, None, REVIEWER, ConsensusAgreed, row="P12"),
    Transition("review consensus", _TALKING, None, either(REVIEWER, SYSTEM), ReviewConsensusRecorded, row="P12"),
    Transition(
        "decision prepare", (State.SCORED, State.DEFERRED), State.DECIDABLE, _MANAGER_OR_CLOCK, DecisionPrepared,
        row="P13",
    ),
    Transition("decision prepare", State.DECIDABLE, None, FUND_MANAGER, DecisionRemarked, row="P13"),
    Transition("decision decide", State.DECIDABLE, State.APPROVED, _DECIDES, DecisionApproved, row="P14"),
    Transition("decision decide", State.DECIDABLE, State.CONDITIONAL, _DECIDES, DecisionConditional, row="P15"),
    Transition(
        "decision meet-conditions", State.CONDITIONAL, State.APPROVED, FUND_MANAGER, DecisionConditionsMet,
        second=_SECOND, row="P16",
    ),
    Transition("decision decide", State.DECIDABLE, State.REJECTED, _DECIDES, DecisionRejected, row="P17"),
    Transition("decision decide", State.DECIDABLE, State.DEFERRED, _DECIDES, DecisionDeferred, row="P17"),
    Transition(
        "proposal object", (State.REJECTED, State.INELIGIBLE), State.OBJECTED, PARTY_SIGNATORY, DecisionObjected,
        row="P18",
    ),
    Transition(
        "decision reopen", COMMITTED, State.DECIDABLE, CHAIR, DecisionReopened, second=COMMITTEE, row="P19"
    ),
    Transition(
        "agreement activate", State.APPROVED, State.AGREED, _MANAGER_OR_CLOCK, AgreementActivated, row="P20"
    ),
    Transition("proposal withdraw", BEFORE_AGREED, State.WITHDRAWN, LEAD_SIGNATORY, ProposalWithdrawn, row="P21"),
    Transition("proposal expire", LAPSING, State.LAPSED, SYSTEM, ProposalLapsed, row="P22"),
    Transition("proposal announce", LAPSING, None, SYSTEM, ProposalLapseAnnounced, row="P22"),
    Transition("review assign", _REVIEWING, None, FUND_MANAGER, ReviewerAssigned, row="P23"),
    Transition(
        "decision evidence", State.CONDITIONAL, None, PARTY_SIGNATORY, DecisionConditionEvidenced, row="P24"
    ),
    Transition("decision evidence", State.CONDITIONAL, None, CHAIR, DecisionConditionExtended, row="P24"),
    Transition("decision decide-objection", State.OBJECTED, State.UPHELD, CHAIR, DecisionUpheld, row="P25"),
    Transition("decision decide-objection", State.OBJECTED, State.DECIDABLE, CHAIR, DecisionReopened, row="P25"),
    Transition("decision decide-objection", State.OBJECTED, State.ELIGIBLE, CHAIR, EligibilityReopened, row="P25"),
    Transition("decision vote", (State.DECIDABLE, State.OBJECTED), None, VOTERS, DecisionVoted, row="P26"),
)  # fmt: skip
