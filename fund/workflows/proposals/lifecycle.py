"""The lifecycle of a proposal, from idea to agreement: states, transitions, projection, and whose case it is.

The table has the rows of reviews and decisions too, because they change the state of the proposal; their use cases are
in ``fund.workflows.reviews`` and ``fund.workflows.decisions``. Source: lifecycle.md 4.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from fund.dates import day_of, next_working_day, term_end, weeks
from fund.events import Envelope, Fact
from fund.events.agreements import AgreementActivated, AgreementDrafted
from fund.events.decisions import (
    DecisionApproved,
    DecisionConditional,
    DecisionConditionEvidenced,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionDeferred,
    DecisionObjected,
    DecisionOverdue,
    DecisionPrepared,
    DecisionRejected,
    DecisionRemarked,
    DecisionReopened,
    DecisionTermExtended,
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
    Guard,
    either,
)
from fund.rules.transitions import Transition, state_after
from fund.schemas.proposals import UNDECIDED, Proposal, ProposalForm
from fund.schemas.reviews import Decision
from fund.unit_of_work import Projection, Snapshot


class State(StrEnum):
    """The states of a proposal."""

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

BEFORE_AGREED = (State.DRAFT, *map(State, UNDECIDED), State.CONDITIONAL, State.APPROVED, State.OBJECTED)
"""Where the lead may take it back."""

LAPSING = (State.DRAFT, State.RETURNED, State.DEFERRED, State.CONDITIONAL, State.APPROVED)
"""Where the clock runs against the parties; deferred only for improvement."""

_REVIEWING = State.IN_REVIEW
_JUDGED = (State.IN_REVIEW, State.SCORED, State.DECIDABLE, State.DEFERRED)
SCORE_COUNTS = (State.SUBMITTED, *_JUDGED)
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
    Transition("review exclude", SCORE_COUNTS, None, _MANAGER_OR_CLOCK, ReviewScoreExcluded),
    Transition("review bar", SCORE_COUNTS, None, SYSTEM, ReviewerBarred),
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
        may_repeat=True,
        row="P13",
    ),
    Transition("decision prepare", State.DECIDABLE, None, FUND_MANAGER, DecisionRemarked, may_repeat=True, row="P13"),
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
        "decision reopen", COMMITTED, State.DECIDABLE, CHAIR, DecisionReopened, second=COMMITTEE,
        may_repeat=True, row="P19"
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
    Transition(
        "decision evidence", State.CONDITIONAL, None, CHAIR, DecisionConditionExtended, may_repeat=True, row="P24"
    ),
    Transition(
        "decision decide-objection", State.OBJECTED, State.UPHELD, CHAIR, DecisionUpheld,
        may_repeat=True, row="P25",
    ),
    Transition(
        "decision decide-objection", State.OBJECTED, State.DECIDABLE, CHAIR, DecisionReopened,
        may_repeat=True, row="P25",
    ),
    Transition(
        "decision decide-objection", State.OBJECTED, State.ELIGIBLE, CHAIR, EligibilityReopened,
        may_repeat=True, row="P25",
    ),
    Transition(
        "decision vote", (State.DECIDABLE, State.OBJECTED), None, VOTERS, DecisionVoted, may_repeat=True, row="P26"
    ),
)  # fmt: skip


_MOVING: frozenset[type[Fact]] = frozenset(row.records for row in TRANSITIONS)


def apply(case: Proposal | None, event: Envelope) -> Proposal | None:
    """The proposal after a fact; one that does not concern it leaves it as it was."""
    fact = event.fact
    if isinstance(fact, ProposalDrafted):
        return _drafted(fact, event)
    if case is None:
        return None
    if isinstance(fact, AgreementDrafted) and case.state == State.APPROVED:
        return case.replace(clock_from=event.event_id)  # from here on the term for signing runs
    if isinstance(fact, DecisionTermExtended):
        return case.replace(told_until_on=fact.until_on)
    if isinstance(fact, DecisionOverdue):
        return case.replace(overdue=True)
    if type(fact) not in _MOVING:
        return case
    state = state_after(TRANSITIONS, case.state, fact)
    return case.replace(state=state, **_changes(case, fact, event))


def _drafted(fact: ProposalDrafted, event: Envelope) -> Proposal:
    form = ProposalForm.model_validate(fact.form)
    return Proposal(
        ref=fact.ref,
        state=state_after(TRANSITIONS, None, fact),
        title=form.title,
        round=fact.round,
        track=fact.track,
        lead=fact.lead,
        follows=fact.follows,
        ask_cents=fact.ask_cents,
        form=form,
        revision=fact.revision,
        revision_hash=fact.revision_hash,
        content_hash=fact.content_hash,
        drafted_at=event.recorded_at,
        drafted_by=event.actor,
        clock_from=event.event_id,
    )


def _changes(case: Proposal, fact: Fact, event: Envelope) -> dict[str, Any]:
    match fact:
        case ProposalRevised():
            form = ProposalForm.model_validate(fact.form)
            return {
                "form": form,
                "title": form.title,
                "round": fact.round,
                "track": fact.track or case.track,
                "ask_cents": fact.ask_cents,
                "revision": fact.revision,
                "revision_hash": fact.revision_hash,
                "content_hash": fact.content_hash,
                "confirmed": {},
            }
        case ProposalParticipationConfirmed():
            return _confirmed(case, fact.partner, fact, event.actor)
        case ProposalSubmitted():
            return {
                **_confirmed(case, case.lead, fact, event.actor),
                "submitted_at": event.recorded_at,
                "screened": (),
                "note": "",
                "clock_from": "",
            }
        case ProposalScreened():
            return {"screened": fact.outcomes, "note": fact.note}
        case ProposalChangesRequested():
            return {
                "sections": fact.sections,
                "due_on": fact.due_on,
                "before": case.form,
                "hands": (),
                "clock_from": event.event_id,
                "waits_since_on": day_of(event.recorded_at),
            }
        case ProposalResubmitted():
            return {
                **_confirmed(case, case.lead, fact, event.actor),
                "sections": (),
                "due_on": None,
                "before": None,
                "screened": (),
                "note": "",
                "hands": (),
                "deferred_for": "",
                "clock_from": "",
                **_goes_on(case, event),
            }
        case ProposalFoundEligible():
            return {"hands": (*case.hands, event.actor)}
        case ProposalFoundIneligible():
            until = term_end(day_of(event.recorded_at), weeks(fact.objection_weeks))
            hands = (*case.hands, *(each for each in (event.made_by, event.actor) if each))
            return {"hands": hands, "failing_rule": fact.rule, "objection_until_on": until}
        case DecisionApproved() | DecisionConditional():
            return {
                "award_cents": fact.award_cents,
                "decided_on": event.effective_on,
                "due_on": None,
                "clock_from": event.event_id,
            }
        case DecisionConditionsMet() | DecisionConditionExtended():
            return {"clock_from": event.event_id}
        case DecisionRejected():
            until = term_end(day_of(event.recorded_at), weeks(fact.objection_weeks))
            return {"decided_on": event.effective_on, "objection_until_on": until, "due_on": None}
        case DecisionDeferred():
            return {
                "deferred_for": fact.ground,
                "due_on": fact.until_on,
                "sections": (),
                "before": case.form,
                "clock_from": event.event_id,
                **_stands_still(fact, event),
            }
        case DecisionReopened():
            return {
                "award_cents": 0,
                "decided_on": None,
                "objection_until_on": None,
                "clock_from": "",
                **_term_from(day_of(event.recorded_at)),
            }
        case EligibilityReopened():
            anew = _term_from(day_of(event.recorded_at))
            return {"failing_rule": "", "objection_until_on": None, "hands": (), **anew}
        case DecisionObjected():
            return _term_from(None)
        case ProposalWithdrawn() | ProposalLapsed():
            return {"award_cents": case.award_cents if not fact.released_cents else 0, "due_on": None, "clock_from": ""}
        case _ if event.type == "decision.prepared":
            return {"due_on": None, "before": None, **_goes_on(case, event)}
        case _ if event.type == "agreement.activated":
            return {"clock_from": ""}
    return {}


def _term_from(day: date | None) -> dict[str, Any]:
    """The term for a decision begins on a day, and nobody was told anything about it yet."""
    return {"term_from_on": day, "waits_since_on": None, "waited": (), "told_until_on": None, "overdue": False}


def _stands_still(fact: DecisionDeferred, event: Envelope) -> dict[str, Any]:
    """Improving is up to the parties (4:15); otherwise the deferral says when the matter is back: then it begins."""
    if fact.ground == "improve":
        return {"waits_since_on": day_of(event.recorded_at)}
    return _term_from(fact.until_on)


def _goes_on(case: Proposal, event: Envelope) -> dict[str, Any]:
    """What the parties had to hand in is there: the term goes on, later by the days that it stood still."""
    since, until = case.waits_since_on, day_of(event.recorded_at)
    if since is None:
        return {}
    told = case.told_until_on
    return {
        "waits_since_on": None,
        "waited": (*case.waited, (since, until)),
        "told_until_on": next_working_day(told + (until - since)) if told is not None else None,
    }


def _confirmed(
    case: Proposal,
    partner: str,
    fact: ProposalParticipationConfirmed | ProposalSubmitted | ProposalResubmitted,
    actor: str,
) -> dict[str, Any]:
    informed = {**case.informed}
    if fact.informed_on is not None:
        informed[partner] = fact.informed_on
    return {
        "confirmed": {**case.confirmed, partner: fact.revision_hash},
        "informed": informed,
        "signed_by": tuple(dict.fromkeys((*case.signed_by, actor))),
    }


def guard(snapshot: Snapshot, case: Proposal, row: Transition) -> Guard:
    """Lead and co-applicants act; they and the beneficiaries judge nothing.

    Who signed the proposal or judged its eligibility does not judge it (again); who decided, or voted, does not find
    the conditions met (G7 c). Reviews keep their own people apart.
    """
    noun = row.command.partition(" ")[0]
    decision = snapshot.maybe(Decision, case.ref) if noun == "decision" else None
    prior: tuple[str, ...] = ()
    if row.records is ProposalChangesRequested:
        prior = case.signed_by
    elif noun == "proposal":
        prior = (*case.signed_by, *case.hands)
    elif decision is not None:
        voters = [vote.voter for vote in decision.votes] if row.records is DecisionConditionsMet else ()
        prior = (*decision.hands, *voters)
    shown_by = noun if noun == "review" or decision is not None else "proposal"
    show = f"fund {shown_by} show {case.ref}"
    acting = case.parties if row.records is DecisionConditionEvidenced else case.applicants
    return Guard(case.lead, acting, case.parties, prior_approvers=prior, show=show)


PROJECTIONS = {"proposal": Projection(Proposal, apply, TRANSITIONS, guard)}
