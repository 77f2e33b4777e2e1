"""What people do with an evaluation: hand it in, judge it as peers, accept it or send it back.

The hypothesis and the quality of learning are two independent results: refuted and well learned is a good result.
Source: lifecycle.md 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from fund import files
from fund.dates import Term, term_end
from fund.errors.evaluations import EvaluationNotLate, PeerNotExternal, ReturnedBefore, ReviewedBefore, ScoreOutOfRange
from fund.events import Envelope
from fund.events.evaluations import EvaluationAccepted, EvaluationPeerReviewed, EvaluationReturned, EvaluationSubmitted
from fund.rules.authority import Role
from fund.rules.transitions import require_reason
from fund.schemas.evaluations import Evaluation, parse_evaluation
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import UnitOfWork
from fund.workflows.conflicts import require_no_conflict
from fund.workflows.evaluations.lifecycle import State, mean, rules_of

RETURNS = 1
SCALE = range(5)
_LOOK = "fund evaluation show {ref}"


def submit(uow: UnitOfWork, *, ref: str, file: Mapping[str, Any]) -> Envelope:
    """The parties told what was tried, what came of it, and what others can learn.

    Args:
        ref: The agreement.
        file: Name and content of the evaluation, a TOML file.

    Raises:
        FaultyEvaluation: The file cannot be read as an evaluation; with file and line.
        EvaluationNotLate: The fund manager writes it only when the parties are too late (60 days).
        TransitionNotAllowed, NotAuthorised: As they say.
    """
    case = uow.case(Evaluation, ref)
    by_fund_manager = not uow.maker.has(Role.PARTNER_SIGNATORY)
    step = uow.transition("evaluation submit", case)
    form = parse_evaluation(bytes(file["content"]), str(file["name"]))
    if by_fund_manager and case.state == State.DUE and uow.maker.has(Role.FUND_MANAGER):
        late_on = term_end(case.due_on, Term(rules_of(uow, case).terms.evaluation_days))
        if uow.today <= late_on:
            raise EvaluationNotLate(ref=ref, due_on=case.due_on, late_on=late_on)
    uow.next_step = f"fund evaluation peer-review {ref} --learning SCORE"
    fact = EvaluationSubmitted(
        ref=ref,
        proposal=case.proposal,
        hypothesis=form.hypothesis,
        verdict=form.verdict,
        learned=form.learned,
        lessons=form.cards(),
        file_sha256=files.put(uow, bytes(file["content"]), name=str(file["name"])),
        by_fund_manager=by_fund_manager,
    )
    return step.record(fact)


def peer_review(uow: UnitOfWork, *, ref: str, learning: int, remarks: str = "") -> Envelope:
    """A peer judged how well was learned; with the second one the judgement is complete.

    Args:
        learning: 0 (nothing) to 4 (much, and useful to others), whatever became of the hypothesis.

    Raises:
        ScoreOutOfRange: Not 0 to 4.
        ReviewedBefore: The same peer twice.
        ConflictOfInterest: Of a party, in the team, or of a region most of whose municipalities are parties.
        PeerNotExternal: The rule of necessity held for the proposal: then peers are of no partner.
        SameHands: Who wrote it.
        TransitionNotAllowed, NotAuthorised: As they say.
    """
    command = "evaluation peer-review"
    case = uow.case(Evaluation, ref)
    if learning not in SCALE:
        raise ScoreOutOfRange(given=learning, ref=ref)
    step = uow.transition(command, case)
    _require_peer(uow, case, command)
    if uow.maker.user_id in case.peers:
        raise ReviewedBefore(actor=uow.maker.name, ref=ref, given=case.peers[uow.maker.user_id])
    fact = EvaluationPeerReviewed(ref=ref, proposal=case.proposal, learning=learning, remarks=remarks)
    envelope = step.record(fact)
    complete = uow.case(Evaluation, ref).state == State.PEER_REVIEWED
    uow.next_step = (
        f"fund evaluation accept {ref}" if complete else f"fund evaluation peer-review {ref} --learning SCORE"
    )
    return envelope


def _require_peer(uow: UnitOfWork, case: Evaluation, command: str) -> None:
    """Nothing, when whoever acts has no tie with the case that bars a reviewer (lifecycle.md 12)."""
    proposal, review = uow.maybe(Proposal, case.proposal), uow.maybe(Review, case.proposal)
    if proposal is not None:
        require_no_conflict(uow, uow.maker, proposal, command=command)
    if review is not None and review.necessity and uow.maker.organisation is not None:
        raise PeerNotExternal(actor=uow.maker.name, ref=case.ref, organisation=uow.maker.organisation)


def accept(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The evaluation stands: hypothesis and quality of learning, two independent results. Publication follows.

    Raises:
        TransitionNotAllowed: Two peers must have judged first.
        SameHands: Who wrote it or judged it as a peer.
        NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Evaluation, ref)
    learning = mean(case.peers) if case.peers else Fraction(0)
    fact = EvaluationAccepted(
        ref=ref,
        proposal=case.proposal,
        hypothesis=case.hypothesis,
        learning=str(learning),
        verdict=case.verdict,
        good_result=learning >= rules_of(uow, case).learning_threshold,
    )
    uow.next_step = f"fund evaluation show {ref}"
    return uow.transition("evaluation accept", case).record(fact)


def send_back(uow: UnitOfWork, *, ref: str, reason: str) -> Envelope:
    """The parties are asked to write it again, and have their term again; once at most.

    Raises:
        ReasonMissing, ReturnedBefore, TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Evaluation, ref)
    reason = require_reason("evaluation return", reason)
    if case.returned >= RETURNS:
        raise ReturnedBefore(ref=ref, returned=case.returned)
    uow.next_step = f"fund evaluation submit {ref} FILE"
    fact = EvaluationReturned(ref=ref, proposal=case.proposal, reason=reason, due_on=uow.today)
    return uow.transition("evaluation return", case).record(fact)
