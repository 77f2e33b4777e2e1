"""P5, P7, P8: the rules run by themselves, people decide what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from fund import forms
from fund.dates import end_of_day
from fund.errors.proposals import DeadlinePassed, RuleNotMet, UnknownRule, UnknownSection
from fund.events import Envelope
from fund.events.proposals import (
    ProposalChangesRequested,
    ProposalFoundEligible,
    ProposalFoundIneligible,
    ProposalScreened,
)
from fund.glossary import code_names, meant
from fund.language import _
from fund.rules import eligibility as rules
from fund.rules.transitions import require_reason
from fund.schemas.capital import Partner
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.proposals.access import find, regulations_of, rules_for
from fund.workflows.proposals.drafting import start_clock
from fund.workflows.proposals.ideas import same_idea
from fund.workflows.proposals.lifecycle import State

_AWARDED = (State.CONDITIONAL, State.APPROVED, State.AGREED)


def judged(snapshot: Snapshot, case: Proposal) -> rules.Judged:
    """What the eligibility rules look at, for this proposal now."""
    form, round_ = case.form, snapshot.case(Round, case.round)
    track = regulations_of(snapshot, round_).tracks[case.track]
    states = {ref: partner.state if (partner := snapshot.maybe(Partner, ref)) else "unknown" for ref in case.applicants}
    before = [
        other.ref
        for other in snapshot.cases(Proposal, lookup=case.content_hash, states=_AWARDED)
        if other.ref != case.ref
    ]
    return rules.Judged(
        public_task=form.public_task,
        state_aid=form.state_aid,
        already_funded=form.already_funded,
        hypothesis=form.hypothesis,
        measurement=form.measurement,
        stop_rule=form.stop_rule,
        ask_cents=form.ask_cents,
        share_bps=form.share_bps,
        budget_cents=form.budget_cents,
        milestones_cents=form.milestones_cents,
        has_repayment_plan=form.repayment is not None,
        ceiling_cents=round_.ceiling_cents,
        track=case.track,
        track_from_cents=0 if case.sort == "rollout" else track.from_cents,
        track_below_cents=track.below_cents,
        parties=states,
        funded_before=tuple(before),
        earlier_cents=sum(each.cents for each in same_idea(snapshot, case)),
    )


def screen(uow: UnitOfWork, event: Envelope) -> None:
    """After submitting: the outcome of every rule is kept, and a note where many parties take part (never a guard)."""
    case = uow.maybe(Proposal, event.fact.ref)
    if case is None or case.state != State.SUBMITTED or case.screened:
        return
    outcomes = rules.screen(judged(uow, case))
    fact = ProposalScreened(
        ref=case.ref,
        revision_hash=case.revision_hash,
        outcomes=outcomes,
        passed=all(outcome.passed for outcome in outcomes),
        note=rules.many_parties(len(case.parties), rules_for(uow, case).many_parties),
    )
    uow.transition("proposal screen", case).record(fact)


def request_changes(
    uow: UnitOfWork, *, ref: str, sections: Sequence[str], reason: str, due_on: date | None = None
) -> Envelope:
    """P5: the parties may change some sections, and have until a day.

    Args:
        sections: Names of tables of the form (``money``, ``milestones``); nothing else may change.
        due_on: The last day; default the term of the regulations.

    Raises:
        UnknownSection, ReasonMissing, DeadlinePassed: As they say.
    """
    command = "proposal request-changes"
    case = find(uow, ref)
    step = uow.transition(command, case)
    known = forms.form(case.form.version).sections
    wrong = [section for section in sections if section not in known]
    if wrong or not sections:
        raise UnknownSection(section=wrong[0] if wrong else "", known=list(known))
    reason = require_reason(command, reason)
    last = due_on or uow.today + timedelta(days=rules_for(uow, case).terms.cure_days)
    if last <= uow.today:
        raise DeadlinePassed(command=command, ref=ref, due_on=last, today=uow.today)
    fact = ProposalChangesRequested(ref=ref, sections=tuple(dict.fromkeys(sections)), reason=reason, due_on=last)
    returned = step.record(fact)
    start_clock(uow, returned, end_of_day(last))
    uow.result.update(ref=ref, due_on=last.isoformat(), sections=list(fact.sections))
    uow.next_step = f"fund proposal save {ref} FILE"
    return returned


def find_eligible(uow: UnitOfWork, *, ref: str, evidence: Mapping[str, str] | None = None) -> Envelope:
    """P7: every rule is met, each with its evidence.

    Args:
        evidence: By rule, what else shows that it is met. Enough for the rules that judge words (public task, state
            aid, other funding); what the numbers say, nobody can talk away.

    Raises:
        RuleNotMet: A rule failed; the message names it and what it found.
        UnknownRule, SameHands, ConflictOfInterest: As they say.
    """
    command = "proposal find-eligible"
    case = find(uow, ref)
    step = uow.transition(command, case)
    given = {_meant(rule, ref): text for rule, text in (evidence or {}).items()}
    shown: dict[str, str] = {}
    outcomes = rules.screen(judged(uow, case))
    for outcome in outcomes:
        other = given.get(outcome.rule, "").strip()
        if not outcome.passed and not (other and outcome.rule in rules.JUDGED_BY_PEOPLE):
            raise RuleNotMet(ref=ref, rule=outcome.rule, finding=outcome.describe(_))
        shown[outcome.rule] = other or outcome.describe()
    fact = ProposalFoundEligible(ref=ref, revision_hash=case.revision_hash, evidence=shown)
    uow.result.update(
        ref=ref, rules=[{**each.model_dump(mode="json"), "evidence": given.get(each.rule)} for each in outcomes]
    )
    round_ = uow.case(Round, case.round)
    waits = round_.allocation == "score" and round_.state in ("planned", "open")  # read beside the others of its round
    uow.next_step = f"fund round show {case.round}" if waits else f"fund review open {ref}"
    return step.record(fact)


def find_ineligible(uow: UnitOfWork, *, ref: str, rule: str, reason: str) -> Envelope:
    """P8: a rule is not met, and a second fund manager says so too.

    Raises:
        UnknownRule, ReasonMissing, SameHands, ConflictOfInterest: As they say.
    """
    command = "proposal find-ineligible"
    case = find(uow, ref)
    step = uow.transition(command, case)
    rule = _meant(rule, ref)
    reason = require_reason(command, reason)
    fact = ProposalFoundIneligible(
        ref=ref,
        revision_hash=case.revision_hash,
        rule=rule,
        reason=reason,
        objection_weeks=rules_for(uow, case).terms.objection_weeks,
    )
    uow.next_step = f"fund proposal show {ref}"
    return step.record(fact)


def _meant(rule: str, ref: str) -> str:
    """The rule that was typed, by its name in the program or as people read it."""
    found = meant(rule, code_names(rules.RULES))
    if len(found) != 1:
        raise UnknownRule(rule=rule, known=list(rules.RULES), ref=ref)
    return found[0]
