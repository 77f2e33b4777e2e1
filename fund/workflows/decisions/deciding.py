"""From votes under seal to a decision: the chair opens them, and the proposal is approved, rejected or deferred once.

An approval sets the award aside: it is held to the ask, to what is left of the round's ceiling and to what is free to
commit, under the fund's lock. A trial opens no vote: it shows what follows if the votes say what was typed.
Source: lifecycle.md 4 (P14, P15, P17, P26), 8 (share of roll-outs), 9 (free to commit), 12.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fund.errors.reviews import (
    AwardAboveAsk,
    AwardAboveCeiling,
    AwardAboveRolloutCap,
    CommitteeQuorumNotMet,
    DecidedByVotesAlone,
    DecidedOtherwise,
    GateIsBinding,
    InsufficientFreeToCommit,
)
from fund.events import Envelope
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionDeferred, DecisionRejected
from fund.events.values import OpenedVote
from fund.language import _
from fund.money import format_plain
from fund.rules.authority import CHAIR, COMMITTEE, FUND_MANAGER, Actor, Guard, Who, require, require_other_hands
from fund.rules.valuation import free_to_commit
from fund.rules.voting import CARRIED, LOST, TIE, Ballot
from fund.schemas.capital import DistributionKey
from fund.schemas.proposals import Proposal, Round
from fund.schemas.resolutions import Resolution
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows import bodies
from fund.workflows.bodies import Body, outcome_of, require_decider
from fund.workflows.decisions.body import body_of, look_at, matter_of, missing_of
from fund.workflows.decisions.preparing import two_thirds
from fund.workflows.decisions.typed import (
    IMPROVE,
    TIED,
    parsed_conditions,
    parsed_reasons,
    require_deferral,
    require_one_decision,
    require_reasons,
)
from fund.workflows.proposals.access import rules_for
from fund.workflows.proposals.lifecycle import State
from fund.workflows.reviews.seal import open_seals, read_sealed

TIE_DAYS = 28
"""A tie comes back within so many days, where the chair names no day."""


def second_of_decide(snapshot: Snapshot, args: Mapping[str, Any]) -> Who | None:
    """Who must confirm a decision: on a mandated track a committee member beside the fund manager; else nobody."""
    decision = snapshot.maybe(Decision, str(args.get("ref", "")))
    mandated = decision is not None and decision.prepared is not None and decision.prepared.mandated
    return COMMITTEE if mandated else None


def require_chair(snapshot: Snapshot, actor: Actor, proposal: Proposal, *, command: str) -> None:
    """Nothing, when the actor is a chair who may act on this proposal, or the deputy while no chair may.

    Raises:
        NotAuthorised, ConflictOfInterest: As they say. DeputyNotNeeded: The chair is not barred.
        NotAVoter: A conflict beyond the parties, or this person reviewed the proposal (G7 d).
    """
    require(actor, CHAIR, Guard(proposal.lead, None, proposal.parties), command=command, ref=proposal.ref)
    look = look_at(snapshot, proposal.ref)
    require_decider(snapshot, actor, matter_of(snapshot, proposal), command=command, ref=proposal.ref, look=look)


def require_free(snapshot: Snapshot, actor: Actor, proposal: Proposal) -> None:
    """Nothing, when the actor has no hard conflict with the proposal and did not review it (G7 b, d).

    Raises:
        NotAVoter: With the ground.
    """
    bodies.require_free(actor, matter_of(snapshot, proposal), ref=proposal.ref, look=look_at(snapshot, proposal.ref))


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
    time rejects. Once the chair has opened the votes nobody votes any more, also when the decision was then refused.
    A distribution key and a resolution are decided by their votes alone.

    Args:
        amount_cents: The award; default the whole ask.
        defer_for: improve, information, money or tie; with ``until``, the day it is back. Of the award, the rejection
            and the deferral at most one is typed.
        conditions: ``PARTY;EVIDENCE;YYYY-MM-DD;TEXT`` each.
        reasons: ``CRITERION=TEXT`` each, or a text on the advice; asked when rejecting, when deferring, and when
            deviating from the advice.
        on: The accounting day of the commitment.

    Raises:
        CommitteeQuorumNotMet: Too few votes, kinds, or seats without a conflict; of the full board: present.
        DecidedOtherwise: The votes say something else than was typed.
        AwardAboveAsk, AwardAboveCeiling, AwardAboveRolloutCap, InsufficientFreeToCommit: Both amounts and the
        difference.
        OneDecisionOnly: Options of an award, a rejection and a deferral together.
        GateIsBinding, ReasonsPerCriterionMissing, DeferredBefore, DecisionIncomplete, UnknownDeferralGround,
        FaultyCondition, FaultyReason, DecidedByVotesAlone: As they say.
        TransitionNotAllowed, NotAuthorised, SameHands, ConflictOfInterest, NotAVoter, DeputyNotNeeded, ClosedPeriod:
        As they say.
    """
    if uow.maybe(Proposal, ref) is None:
        typed = (amount_cents, reject or None, defer_for, until, conditions, reasons, on)
        by_votes = _decide_by_votes(uow, ref, alone=not any(each is not None for each in typed))
        if by_votes is not None:
            return by_votes
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    step = uow.transition("decision decide", proposal)
    assert decision is not None
    assert decision.prepared is not None
    _require_deciders(uow, proposal, decision)
    require_one_decision(
        ref, amount_cents=amount_cents, conditions=conditions or [], reject=reject, defer_for=defer_for, until=until
    )
    review = uow.case(Review, ref)
    given = parsed_reasons(uow, review, reasons or [])
    required = parsed_conditions(uow, proposal, conditions or [])
    mandated, award = decision.prepared.mandated, amount_cents if amount_cents is not None else proposal.ask_cents
    if defer_for is not None:
        require_deferral(decision, defer_for, until, today=uow.today, voted=not mandated)
    votes, voted, base = _opened(uow, proposal, decision, award)
    approves = bool(required) or amount_cents is not None
    asked = _asked(decision, voted, approves=approves, conditions=bool(required), reject=reject, defer_for=defer_for)
    base.update(ref=ref, round=proposal.round, session=decision.session, votes=votes, reasons=given)
    fact: DecisionApproved | DecisionConditional | DecisionRejected | DecisionDeferred
    if asked == State.DEFERRED:
        ground = defer_for or TIED
        if ground != TIED:
            require_reasons(review, given, outcome=asked, ground=ground)
        deviates = not (ground == IMPROVE and decision.prepared.advice == "improve")
        back = until or uow.today + timedelta(days=TIE_DAYS)
        fact = DecisionDeferred(**base, ground=ground, until_on=back, deviates=deviates)
    elif asked == State.REJECTED:
        require_reasons(review, given, outcome=asked)
        weeks = rules_for(uow, proposal).terms.objection_weeks
        fact = DecisionRejected(**base, objection_weeks=weeks, deviates=review.advice != "negative")
    else:
        _require_room(uow, proposal, review, award, binding=decision.prepared.necessity)
        base.update(deviates=review.advice != "positive", award_cents=award)
        if base["deviates"]:
            require_reasons(review, given, outcome=asked)
        fact = DecisionConditional(**base, conditions=required) if required else DecisionApproved(**base)
    decided = step.record(fact, effective_on=on)
    open_seals(uow, stream=decision.stream, kind="vote", turn=decision.session)
    uow.result.update(outcome=str(asked), award_cents=getattr(fact, "award_cents", 0))
    returns_by = f"proposal save {ref} FILE" if getattr(fact, "ground", "") == IMPROVE else f"decision prepare {ref}"
    uow.next_step = {
        State.APPROVED: f"fund agreement draft {ref}",
        State.CONDITIONAL: f"fund decision evidence {ref} 1 FILE",
        State.DEFERRED: f"fund {returns_by}",
    }.get(asked, f"fund proposal show {ref}")
    return decided


def _decide_by_votes(uow: UnitOfWork, ref: str, *, alone: bool) -> Envelope | None:
    """The votes on a distribution key or a resolution are opened, by the chapter that owns it; nothing for another ref.

    Raises:
        DecidedByVotesAlone: Something was typed that the votes alone decide.
    """
    from fund.workflows.partners.keys import decide_key
    from fund.workflows.resolutions import decide as decide_resolution

    chapters = ((DistributionKey, decide_key), (Resolution, decide_resolution))
    for kind, decide_it in chapters:
        if uow.maybe(kind, ref) is not None:
            if not alone:
                raise DecidedByVotesAlone(ref=ref)
            return decide_it(uow, ref=ref)
    return None


def _require_deciders(uow: UnitOfWork, proposal: Proposal, decision: Decision) -> None:
    """Chair alone; on a mandated track a fund manager who did not find it eligible, confirmed by a committee member."""
    assert decision.prepared is not None
    if not decision.prepared.mandated:
        require_chair(uow, uow.maker, proposal, command="decision decide")
        return
    command, ref, tied = "decision decide", proposal.ref, Guard(proposal.lead, None, proposal.parties)
    require(uow.maker, FUND_MANAGER, tied, command=command, ref=ref)
    require_other_hands(uow.maker, proposal.hands, command=command, ref=ref, earlier=_("found it eligible"))
    require_free(uow, uow.maker, proposal)
    if uow.confirmer is not None:
        require(uow.confirmer, COMMITTEE, tied, command=command, ref=ref)
        require_free(uow, uow.confirmer, proposal)


def _opened(
    uow: UnitOfWork, proposal: Proposal, decision: Decision, award: int
) -> tuple[tuple[OpenedVote, ...], str, dict[str, Any]]:
    """The votes of those who still may vote, what they say, and what the fact discloses of the body.

    Nothing on a mandated track. In a trial the quorum is looked at and no vote: whatever was typed is taken to be
    carried.

    Raises:
        CommitteeQuorumNotMet, SealBroken: As they say.
    """
    assert decision.prepared is not None
    if decision.prepared.mandated:
        return (), "", {}
    body = body_of(uow, proposal, decision)
    about = {"necessity": body.is_board, "disclosed": dict(body.disclosed)}
    missing = missing_of(uow, proposal, body, body.ballots(decision.voted))
    if missing:
        raise CommitteeQuorumNotMet(
            ref=proposal.ref,
            missing="; ".join(each.describe() for each in missing),
            command=f"fund decision show {proposal.ref}",
        )
    if uow.trial:
        return (), "", about
    votes = opened_votes(uow, decision, body, body.counting(decision.voted))
    ballots = [Ballot(each.voter, each.organisation, each.kind, each.choice) for each in votes]
    return votes, outcome_of(body, ballots, two_thirds=two_thirds(uow, proposal, award)), about


def opened_votes(uow: UnitOfWork, decision: Decision, body: Body, whose: tuple[str, ...]) -> tuple[OpenedVote, ...]:
    """What these people voted, in the order of their ids, each compared with what it was committed to.

    Raises:
        SealBroken: What is kept is not what was committed to.
    """
    rows = read_sealed(
        uow, stream=decision.stream, kind="vote", turn=decision.session, commitments=decision.commitments, whose=whose
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
    return tuple(votes)


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
        State.DEFERRED: defer_for != TIED or voted in ("", TIE),
        State.REJECTED: voted in ("", LOST) or (voted == TIE and decision.deferrals > 0),
        State.APPROVED: voted in ("", CARRIED),
        State.CONDITIONAL: voted in ("", CARRIED),
    }[asked]
    if not fits and said is not None:
        raise DecidedOtherwise(ref=decision.ref, asked=asked, voted=said)
    return asked


def _require_room(uow: UnitOfWork, proposal: Proposal, review: Review, award: int, *, binding: bool) -> None:
    """The award is at most the ask, fits in the round, and in what is free to commit now, under the lock.

    Args:
        binding: The full board decides by necessity: a gate that the review missed binds it.
    """
    ref = proposal.ref
    if not 0 < award <= proposal.ask_cents:
        raise AwardAboveAsk(
            ref=ref,
            award_cents=award,
            ask_cents=proposal.ask_cents,
            difference_cents=award - proposal.ask_cents,
            amount=format_plain(proposal.ask_cents),
        )
    if binding and review.gates_missed:
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
        taken = sum(cents for other, cents in round_.awards.items() if uow.case(Proposal, other).sort == "rollout")
        cap = (free + taken) * rules_for(uow, proposal).rollout_cap_bps // 10_000 - taken
        if award > cap:
            raise AwardAboveRolloutCap(
                ref=ref, award_cents=award, cap_cents=max(cap, 0), free_cents=free, difference_cents=award - max(cap, 0)
            )
