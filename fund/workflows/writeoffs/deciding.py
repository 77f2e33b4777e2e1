"""W3: the committee, or the full board where conflicts leave none, votes; the learning budget of the year."""

from __future__ import annotations

from fund.errors.evaluations import BeyondOutstanding
from fund.events import Envelope
from fund.events.writeoffs import WriteoffDecided, WriteoffRefused, WriteoffVoted
from fund.schemas.evaluations import Evaluation
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.ballots import (
    after_vote,
    body_behind,
    cast_vote,
    close_votes,
    matter_behind,
    open_votes,
    require_quorum,
    waiting_in_body,
)
from fund.workflows.bodies import Body, Matter, deciders, require_decider
from fund.workflows.writeoffs.balances import balance_or_zero
from fund.workflows.writeoffs.lifecycle import LOOK, Ground, State


def vote(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """A member of the body votes, under seal until the decision; a later vote of the same person replaces it.

    Args:
        choice: ``for``, ``against`` or ``abstain``.

    Raises:
        UnknownVote: Another word.
        NotAVoter: Barred, not of the body, or somebody else voted for the same seat or partner.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Writeoff, ref)
    step = uow.transition("writeoff vote", case)
    body = _body(uow, case)
    commitment = cast_vote(
        uow, body, stream=case.stream, ref=ref, commitments=case.commitments, choice=choice, reason=reason, look=LOOK
    )
    fact = WriteoffVoted(ref=ref, agreement=case.agreement, proposal=case.proposal, commitment=commitment)
    rules = uow.regulations().committee
    uow.next_step = after_vote(uow, rules, body, case.commitments, look=LOOK, decide=f"fund writeoff decide {ref}")
    return step.record(fact)


def decide(uow: UnitOfWork, *, ref: str, reason: str = "") -> Envelope:
    """The votes are opened: the write-off is decided or refused.

    A learning write-off within what is left of the year's learning budget needs a majority; beyond it, and from the
    threshold amount on, two thirds. Where conflicts leave no committee the full board decides, by two thirds. A trial
    opens no vote and shows what follows if it is carried.

    Raises:
        BeyondOutstanding: Less is outstanding now than was proposed.
        CommitteeQuorumNotMet: Too few votes or kinds of organisation, or not more than half of the free seats.
        NotAVoter: A conflict that bars, or this person judged what it rests on. DeputyNotNeeded: The chair may.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Writeoff, ref)
    step = uow.transition("writeoff decide", case)
    command, matter = "writeoff decide", _matter(uow, case)
    require_decider(uow, uow.maker, matter, command=command, ref=ref, look=LOOK, prior_approvers=case.hands)
    rules = uow.regulations()
    outstanding = balance_or_zero(uow, f"1200.{case.agreement}")
    if case.amount_cents > outstanding:
        raise BeyondOutstanding(
            ref=case.agreement, amount_cents=case.amount_cents, outstanding_cents=outstanding, day=uow.today
        )
    body = _body(uow, case)
    require_quorum(rules.committee, body, case.commitments, ref=ref)
    left = rules.learning_budget_cents - _used(uow, uow.today.year)
    beyond = case.ground == Ground.LEARNING and case.amount_cents > left
    opened = open_votes(
        uow,
        body,
        stream=case.stream,
        commitments=case.commitments,
        two_thirds=beyond or case.amount_cents >= rules.committee.two_thirds_from_cents,
    )
    about = {"ref": ref, "agreement": case.agreement, "proposal": case.proposal, **opened.said}
    fact: WriteoffDecided | WriteoffRefused
    if opened.carried:
        fact = WriteoffDecided(**about, amount_cents=case.amount_cents, learning_budget_left_cents=left)
        uow.next_step = f"fund writeoff post {ref}"
    else:
        fact = WriteoffRefused(**about, reason=reason)
        uow.next_step = "fund writeoff list"
    envelope = step.record(fact)
    close_votes(uow, case.stream)
    return envelope


def _judged_by(snapshot: Snapshot, case: Writeoff) -> tuple[str, ...]:
    """What went into learning rests on the evaluation: no peer votes who judged it, before it was returned or after."""
    evaluation = snapshot.maybe(Evaluation, case.agreement) if case.ground == Ground.LEARNING else None
    return () if evaluation is None else (*evaluation.judged_before, *evaluation.peers)


def _matter(snapshot: Snapshot, case: Writeoff) -> Matter:
    judged = _judged_by(snapshot, case)
    return matter_behind(snapshot, proposal=case.proposal, lead=case.lead, parties=case.parties, judged_by=judged)


def _body(snapshot: Snapshot, case: Writeoff) -> Body:
    return body_behind(
        snapshot,
        snapshot.regulations().committee,
        proposal=case.proposal,
        agreement=case.agreement,
        lead=case.lead,
        parties=case.parties,
        judged_by=_judged_by(snapshot, case),
    )


def waiting_votes(snapshot: Snapshot, case: Writeoff) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """Who has not voted yet, whether enough have, and who may then decide; user ids."""
    waits, ready = waiting_in_body(snapshot.regulations().committee, _body(snapshot, case), case.commitments)
    return waits, ready, deciders(snapshot, _matter(snapshot, case), prior_approvers=case.hands)


def _used(snapshot: Snapshot, year: int) -> int:
    """What of the learning budget of a year is taken by decisions of that year; those that can be booked or are."""
    cases = snapshot.cases(Writeoff, states=[State.DECIDED, State.POSTED])
    return sum(
        case.amount_cents
        for case in cases
        if case.ground == Ground.LEARNING
        and case.decided_year == year
        and (case.state == State.POSTED or case.amount_cents <= balance_or_zero(snapshot, f"1200.{case.agreement}"))
    )
