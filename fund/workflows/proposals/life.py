"""How the facts of a proposal, of its review and of its decision change its case. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.dates import day_of, next_working_day, term_end, weeks
from fund.events import Envelope, Fact
from fund.events.agreements import AgreementDrafted
from fund.events.decisions import (
    DecisionApproved,
    DecisionConditional,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionDeferred,
    DecisionObjected,
    DecisionOverdue,
    DecisionRejected,
    DecisionReopened,
    DecisionTermExtended,
    EligibilityReopened,
)
from fund.events.proposals import (
    ProposalChangesRequested,
    ProposalDrafted,
    ProposalFoundEligible,
    ProposalFoundIneligible,
    ProposalLapsed,
    ProposalParticipationConfirmed,
    ProposalResubmitted,
    ProposalRevised,
    ProposalScreened,
    ProposalSubmitted,
    ProposalWithdrawn,
)
from fund.rules.transitions import state_after
from fund.schemas.proposals import Proposal, ProposalForm
from fund.unit_of_work import Projection
from fund.workflows.proposals.table import TRANSITIONS, State

_MOVING: frozenset[type[Fact]] = frozenset(row.records for row in TRANSITIONS)


def after(case: Proposal | None, event: Envelope) -> Proposal | None:
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


PROJECTIONS = {"proposal": Projection(Proposal, after, TRANSITIONS)}
