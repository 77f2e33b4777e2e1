"""From the committee's file to its decision: prepared by the service, voted under seal, decided by the chair.

An approval sets the award aside: it is held to the ask, to what is left of the round's ceiling and to what is
free to commit,
under the fund's lock. Source: lifecycle.md 4 (P13-P15, P17, P26), 9 (free to commit), 12.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from fund.dates import parse_day
from fund.errors import (
    AwardAboveAsk,
    AwardAboveCeiling,
    AwardAboveRolloutCap,
    CommitteeQuorumNotMet,
    ConsensusPending,
    DecidedOtherwise,
    DecisionIncomplete,
    DeferredBefore,
    DeputyNotNeeded,
    FaultyCondition,
    FaultyReason,
    GateIsBinding,
    InsufficientFreeToCommit,
    InvalidDay,
    NotAVoter,
    ReasonsPerCriterionMissing,
    UnknownDeferralGround,
)
from fund.events import (
    AwardCondition,
    DecisionApproved,
    DecisionConditional,
    DecisionDeferred,
    DecisionPrepared,
    DecisionRejected,
    Envelope,
    OpenedVote,
)
from fund.glossary import state_word
from fund.language import N_, _
from fund.money import format_plain
from fund.rules.authority import CHAIR, COMMITTEE, FUND_MANAGER, Actor, Role, Who, require, require_other_hands
from fund.rules.valuation import free_to_commit
from fund.rules.voting import CARRIED, LOST, TIE, Ballot
from fund.schemas.proposals import Proposal, Round
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.decisions.body import (
    LOOK,
    body_of,
    chairs,
    committee_of,
    ground_text,
    missing_of,
    needs_the_board,
    outcome_of,
)
from fund.workflows.lifecycle import carry, check
from fund.workflows.proposals import TRANSITIONS, State, rules_for
from fund.workflows.reviews import read_sealed, rules_of

__all__ = ["decide", "prepare", "prepare_when_scored", "ranking", "require_chair", "second_of_decide"]

GROUNDS = ("improve", "information", "money", "tie")
TIE_DAYS = 28
"""A tie comes back within so many days, where the chair names no day."""


# ------------------------------------------------------------------------------------------------------ P13: the file


def ranking(view: View, round_ref: str) -> list[tuple[str, Fraction]]:
    """The scored proposals of a round with their exact totals, best first; equal totals by date of submission, then
    ref.
    """
    gone = (State.WITHDRAWN, State.LAPSED)
    proposals = {each.ref: each for each in view.briefs(Proposal, parent=round_ref) if each.state not in gone}
    reviews = view.briefs(Review, states=("closed",), refs=tuple(proposals))
    scored = [
        (Fraction(each.brief["total"]), str(proposals[each.ref].brief["submitted_at"]), each.ref) for each in reviews
    ]
    return [(ref, total) for total, _submitted, ref in sorted(scored, key=lambda each: (-each[0], *each[1:]))]


def prepare(uow: UnitOfWork, *, ref: str, remark: str = "") -> Envelope:
    """The committee's file is complete: advice, rank in the round, money, who may vote.

    By the service when the review has closed and no consensus is asked; by a fund manager after a deferral, or to
    add a remark.

    Raises:
        ConsensusPending: The panel must agree first, or its term go by.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal = uow.case(Proposal, ref)
    look = LOOK.format(ref=ref)
    check(uow, TRANSITIONS, "decision prepare", proposal, lead=proposal.lead, parties=proposal.parties, look=look)
    review = uow.case(Review, ref)
    if review.consensus_pending and review.result is not None and review.consensus_until is not None:
        raise ConsensusPending(
            ref=ref,
            criteria=list(review.result.spread_criteria) or [_(N_("the total"))],
            until_at=review.consensus_until,
        )
    before = uow.maybe(Decision, ref)
    round_ = uow.case(Round, proposal.round)
    rules = rules_for(uow, proposal)
    ranked = [each for each, _total in ranking(uow, proposal.round)]
    mandated = rules.tracks[proposal.track].mandated and not review.necessity
    necessity = not mandated and (review.necessity or needs_the_board(uow, proposal))
    body = committee_of(uow, proposal)
    fact = DecisionPrepared(
        ref=ref,
        round=proposal.round,
        session=(before.session if before else 0) + 1,
        advice=review.advice,
        total=review.total,
        rank=ranked.index(ref) + 1,
        of=len(ranked),
        ask_cents=proposal.ask_cents,
        ceiling_left_cents=round_.ceiling_left_cents,
        free_to_commit_cents=free_to_commit(uow.balances(), uow.regulations().buffer_cents),
        voters=() if mandated or necessity else tuple(sorted(body.voters)),
        barred=body.barred,
        mandated=mandated,
        two_thirds=_two_thirds(uow, proposal, proposal.ask_cents),
        necessity=necessity,
        remark=remark,
    )
    prepared = carry(
        uow, TRANSITIONS, "decision prepare", proposal, fact, lead=proposal.lead, parties=proposal.parties, look=look
    )
    uow.next_step = f"fund decision decide {ref}" if mandated else f"fund decision vote {ref} --for"
    return prepared


def prepare_when_scored(uow: UnitOfWork, happened: Envelope) -> Envelope | None:
    """After ``review.closed`` and ``review.consensus_recorded``: the file is made, unless the panel still has to
    agree.
    """
    proposal, review = uow.case(Proposal, happened.fact.ref), uow.maybe(Review, happened.fact.ref)
    if proposal.state != State.SCORED or review is None or review.state != "closed" or review.consensus_pending:
        return None
    return prepare(uow, ref=proposal.ref)


def _two_thirds(view: View, proposal: Proposal, cents: int) -> bool:
    rules = rules_for(view, proposal)
    return (
        rules.tracks[proposal.track].two_thirds
        or proposal.sort == "rollout"
        or cents >= rules.committee.two_thirds_from_cents
    )


# ------------------------------------------------------------------------------------------ P14, P15, P17: decide


def second_of_decide(view: View, args: Mapping[str, Any]) -> Who | None:
    """Who must confirm a decision: on a mandated track a committee member beside the fund manager; else nobody."""
    decision = view.maybe(Decision, str(args.get("ref", "")))
    mandated = decision is not None and decision.prepared is not None and decision.prepared.mandated
    return COMMITTEE if mandated else None


def require_chair(view: View, actor: Actor, proposal: Proposal, *, command: str) -> None:
    """Nothing, when the actor is a chair who may act on this proposal, or the deputy while no chair may.

    Raises:
        NotAuthorised, ConflictOfInterest: As they say. DeputyNotNeeded: The chair is not barred.
        NotAVoter: A conflict beyond the parties, or this person reviewed the proposal (G7 d).
    """
    require(actor, CHAIR, command=command, ref=proposal.ref, lead=proposal.lead, parties=proposal.parties)
    barred = committee_of(view, proposal).barred.get(actor.user_id)
    if barred:
        raise NotAVoter(actor=actor.name, ref=proposal.ref, ground=ground_text(barred))
    free, _deputies = chairs(view, proposal)
    if not actor.has(Role.COMMITTEE_CHAIR) and free:
        raise DeputyNotNeeded(actor=actor.name, ref=proposal.ref, chair=free[0].name, command=command)


def decide(
    uow: UnitOfWork,
    *,
    ref: str,
    amount_cents: int | None = None,
    reject: bool = False,
    defer_for: str | None = None,
    until: date | None = None,
    conditions: list[str] | None = None,
    reasons: list[str] | None = None,
    on: date | None = None,
) -> Envelope:
    """The votes are opened and the proposal is approved, approved on conditions, rejected, or deferred once.

    What is not said follows from the votes: carried approves the ask, lost rejects, a tie defers and the second
    time rejects.

    Args:
        amount_cents: The award; default the whole ask.
        defer_for: improve, information, money or tie; with ``until``, the day it is back.
        conditions: ``PARTY;EVIDENCE;YYYY-MM-DD;TEXT`` each.
        reasons: ``CRITERION=TEXT`` each, or a text on the advice; asked when rejecting and when deviating from
            the advice.
        on: The accounting day of the commitment.

    Raises:
        CommitteeQuorumNotMet: Too few votes, kinds, or seats without a conflict.
        DecidedOtherwise: The votes say something else than was typed.
        AwardAboveAsk, AwardAboveCeiling, AwardAboveRolloutCap, InsufficientFreeToCommit: Both amounts and the
        difference.
        GateIsBinding, ReasonsPerCriterionMissing, DeferredBefore, DecisionIncomplete: As they say.
        TransitionNotAllowed, NotAuthorised, SameHands, ConflictOfInterest, DeputyNotNeeded, ClosedPeriod: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    look = LOOK.format(ref=ref)
    hands = decision.hands if decision is not None else ()
    check(
        uow,
        TRANSITIONS,
        "decision decide",
        proposal,
        lead=proposal.lead,
        parties=proposal.parties,
        hands=hands,
        look=look,
    )
    assert decision is not None
    assert decision.prepared is not None
    _require_deciders(uow, proposal, decision)
    review = uow.case(Review, ref)
    given = _parsed_reasons(uow, review, reasons or [])
    award = amount_cents if amount_cents is not None else proposal.ask_cents
    votes, voted = _opened(uow, proposal, decision, two_thirds=_two_thirds(uow, proposal, award))
    approves = bool(conditions) or amount_cents is not None
    asked = _asked(decision, voted, approves=approves, conditions=bool(conditions), reject=reject, defer_for=defer_for)
    base: dict[str, Any] = {"ref": ref, "round": proposal.round, "session": decision.session, "votes": votes}
    fact: DecisionApproved | DecisionConditional | DecisionRejected | DecisionDeferred
    if asked == State.DEFERRED:
        fact = _deferral(uow, decision, base, voted=voted, ground=defer_for, until=until, reasons=given)
    elif asked == State.REJECTED:
        base.update(reasons=given, deviates=review.advice != "negative")
        _require_reasons(review, base, outcome=asked, ref=ref)
        fact = DecisionRejected(**base, objection_weeks=rules_for(uow, proposal).terms.objection_weeks)
    else:
        _require_room(uow, proposal, review, award)
        base.update(reasons=given, deviates=review.advice != "positive", award_cents=award)
        if base["deviates"]:
            _require_reasons(review, base, outcome=asked, ref=ref)
        if asked == State.CONDITIONAL:
            fact = DecisionConditional(**base, conditions=_parsed_conditions(proposal, conditions or [], uow.today))
        else:
            fact = DecisionApproved(**base)
    decided = carry(
        uow,
        TRANSITIONS,
        "decision decide",
        proposal,
        fact,
        effective_on=on,
        lead=proposal.lead,
        parties=proposal.parties,
        hands=hands,
        look=look,
    )
    uow.store.work.open_sealed(stream=decision.stream, kind="vote", round=decision.session)
    uow.result.update(outcome=str(asked), award_cents=getattr(fact, "award_cents", 0))
    uow.next_step = {
        State.APPROVED: f"fund agreement draft {ref}",
        State.CONDITIONAL: f"fund decision evidence {ref} 1 FILE",
        State.DEFERRED: f"fund decision prepare {ref}",
    }.get(asked, f"fund proposal show {ref}")
    return decided


def _require_deciders(uow: UnitOfWork, proposal: Proposal, decision: Decision) -> None:
    """Chair alone; on a mandated track a fund manager who did not find it eligible, confirmed by a committee member."""
    assert decision.prepared is not None
    if not decision.prepared.mandated:
        require_chair(uow, uow.maker, proposal, command="decision decide")
        return
    command, ref, lead, parties = "decision decide", proposal.ref, proposal.lead, proposal.parties
    require(uow.maker, FUND_MANAGER, command=command, ref=ref, lead=lead, parties=parties)
    require_other_hands(uow.maker, proposal.hands, command=command, ref=ref, earlier=_(N_("found it eligible")))
    if uow.confirmer is not None:
        require(uow.confirmer, COMMITTEE, command=command, ref=ref, lead=lead, parties=parties)
        barred = committee_of(uow, proposal).barred
        if uow.confirmer.user_id in barred:
            ground = ground_text(barred[uow.confirmer.user_id])
            raise NotAVoter(actor=uow.confirmer.name, ref=proposal.ref, ground=ground)


def _opened(
    uow: UnitOfWork, proposal: Proposal, decision: Decision, *, two_thirds: bool
) -> tuple[tuple[OpenedVote, ...], str]:
    """The votes of those who still may vote, and what they say; nothing and ``carried`` on a mandated track."""
    assert decision.prepared is not None
    if decision.prepared.mandated:
        return (), ""
    body = body_of(uow, proposal, decision)
    rows = read_sealed(
        uow,
        stream=decision.stream,
        kind="vote",
        turn=decision.session,
        commitments=decision.commitments,
        whose=[voter for voter in decision.voted if voter in body.voters],
    )
    votes = []
    for row in rows:
        said, seat = json.loads(row.content), body.voters[row.actor]
        votes.append(
            OpenedVote(
                voter=row.actor,
                organisation=seat.organisation,
                kind=seat.kind,
                choice=said["choice"],
                reason=said["reason"],
                salt=row.salt,
            )
        )
    ballots = [Ballot(each.voter, each.organisation, each.kind, each.choice) for each in votes]
    missing = missing_of(uow, proposal, body, ballots)
    if missing:
        raise CommitteeQuorumNotMet(
            ref=proposal.ref,
            missing="; ".join(each.describe() for each in missing),
            command=f"fund decision show {proposal.ref}",
        )
    return tuple(votes), outcome_of(body, ballots, two_thirds=two_thirds)


def _asked(
    decision: Decision, voted: str, *, approves: bool, conditions: bool, reject: bool, defer_for: str | None
) -> State:
    """The decision that was typed, or that follows from the votes; refused when the votes say something else."""
    if defer_for is not None:
        asked = State.DEFERRED
    elif reject:
        asked = State.REJECTED
    elif approves:
        asked = State.CONDITIONAL if conditions else State.APPROVED
    elif voted == TIE:
        asked = State.REJECTED if decision.deferrals else State.DEFERRED
    elif voted == LOST:
        asked = State.REJECTED
    else:
        asked = State.APPROVED
    said = {CARRIED: State.APPROVED, LOST: State.REJECTED, TIE: State.DEFERRED}.get(voted)
    fits = {
        State.DEFERRED: True,
        State.REJECTED: voted in ("", LOST) or (voted == TIE and decision.deferrals > 0),
        State.APPROVED: voted in ("", CARRIED),
        State.CONDITIONAL: voted in ("", CARRIED),
    }[asked]
    if not fits and said is not None:
        raise DecidedOtherwise(
            ref=decision.ref, asked=state_word("proposal", asked), voted=state_word("proposal", said)
        )
    if asked == State.DEFERRED and decision.deferrals:
        raise DeferredBefore(ref=decision.ref, ground=decision.deferred_for)
    return asked


def _deferral(
    uow: UnitOfWork,
    decision: Decision,
    base: Mapping[str, Any],
    *,
    voted: str,
    ground: str | None,
    until: date | None,
    reasons: Mapping[str, str],
) -> DecisionDeferred:
    chosen = ground or "tie"
    if chosen not in GROUNDS:
        raise UnknownDeferralGround(ground=chosen, known=list(GROUNDS), ref=decision.ref)
    back = until or (uow.today + timedelta(days=TIE_DAYS) if chosen == "tie" else None)
    if back is None or back <= uow.today:
        raise DecisionIncomplete(ref=decision.ref, missing=_(N_("the day it is back, after today (--until DATE)")))
    assert decision.prepared is not None
    deviates = not (chosen == "improve" and decision.prepared.advice == "improve")
    return DecisionDeferred(**base, ground=chosen, until_on=back, reasons=dict(reasons), deviates=deviates)


def _require_room(uow: UnitOfWork, proposal: Proposal, review: Review, award: int) -> None:
    """The award is at most the ask, fits in the round, and in what is free to commit now, under the lock."""
    ref = proposal.ref
    if not 0 < award <= proposal.ask_cents:
        raise AwardAboveAsk(
            ref=ref,
            award_cents=award,
            ask_cents=proposal.ask_cents,
            difference_cents=award - proposal.ask_cents,
            amount=format_plain(proposal.ask_cents),
        )
    if review.necessity and review.gates_missed:
        raise GateIsBinding(ref=ref, gates=list(review.gates_missed))
    round_ = uow.case(Round, proposal.round)
    left = round_.ceiling_left_cents
    if award > left:
        raise AwardAboveCeiling(
            ref=ref, award_cents=award, left_cents=left, round=round_.ref, difference_cents=award - left
        )
    free = free_to_commit(uow.balances(), uow.regulations().buffer_cents)
    if award > free:
        raise InsufficientFreeToCommit(
            ref=ref, amount_cents=award, free_cents=free, difference_cents=award - free, on=uow.today
        )
    if proposal.sort == "rollout":
        cap = free * rules_for(uow, proposal).rollout_cap_bps // 10_000
        if award > cap:
            raise AwardAboveRolloutCap(
                ref=ref, award_cents=award, cap_cents=cap, free_cents=free, difference_cents=award - cap
            )


def _parsed_reasons(view: View, review: Review, typed: Sequence[str]) -> dict[str, str]:
    subjects = [criterion.id for criterion in rules_of(view, review).rubric] + ["advice"]
    given: dict[str, str] = {}
    for each in typed:
        subject, sign, text = each.partition("=")
        if not sign:
            subject, text = "advice", each
        if subject.strip() not in subjects or not text.strip():
            raise FaultyReason(typed=each, subjects=subjects, ref=review.ref)
        given[subject.strip()] = text.strip()
    return given


def _require_reasons(review: Review, base: Mapping[str, Any], *, outcome: str, ref: str) -> None:
    """A rejection gives reasons per criterion, each missed gate among them; a deviation gives at least one."""
    given = dict(base["reasons"])
    rejecting = outcome == State.REJECTED
    lacking = [gate for gate in review.gates_missed if gate not in given] if rejecting else []
    if rejecting and not lacking and not any(subject != "advice" for subject in given):
        lacking = ["ambition"]
    if not rejecting and not given:
        lacking = ["advice"]
    if lacking:
        raise ReasonsPerCriterionMissing(
            ref=ref,
            outcome=state_word("proposal", outcome),
            advice=review.advice,
            subjects=lacking,
            first=lacking[0],
        )


def _parsed_conditions(proposal: Proposal, typed: Sequence[str], today: date) -> tuple[AwardCondition, ...]:
    parsed = []
    for number, each in enumerate(typed, start=1):
        parts = [part.strip() for part in each.split(";", 3)]
        if len(parts) < 4 or not all(parts):
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=_("four parts are needed"))
        owner, evidence, day, text = parts
        if owner not in proposal.parties:
            known = _("the owner is a party: {parties}").format(parties=", ".join(proposal.parties))
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=known)
        try:
            expires_on = parse_day(day)
        except InvalidDay as problem:
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=str(problem)) from problem
        if expires_on <= today:
            late = _("the day lies after today, {today}").format(today=today.isoformat())
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=late)
        parsed.append(AwardCondition(number=number, text=text, owner=owner, evidence=evidence, expires_on=expires_on))
    return tuple(parsed)
