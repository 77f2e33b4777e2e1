"""P12: where reviewers differ much the panel talks, and agrees on scores beside those of the closing.

Both are kept. Without agreement in ten days the means stand. Source: lifecycle.md 4 (P12), 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from fund.errors.reviews import ConsensusNotForced, FaultyScores, NotAssigned, NothingToAgree, NotPanelChair
from fund.events import Envelope
from fund.events.reviews import ConsensusAgreed, ConsensusProposed, ReviewConsensusRecorded
from fund.glossary import meant
from fund.language import _
from fund.rules.regulations import TOP, Regulations
from fund.rules.scoring import fraction_text, judge, rounded, rubric
from fund.rules.transitions import require_reason
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.store import TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.conflicts import require_no_conflict
from fund.workflows.proposals.lifecycle import State
from fund.workflows.reviews.ties import rules_of


def consensus(
    uow: UnitOfWork, *, ref: str, scores: list[str] | None = None, grounds: str = "", agree: bool = False
) -> Envelope:
    """The panel's chair writes down scores on which the panel may agree; the others who scored agree with exactly
    these.

    With the last of them it is recorded. The scores of the closing stay beside it; where the panel agreed on
    nothing for a
    criterion, its mean stands.

    Args:
        scores: ``CRITERION=SCORE`` each (chair).
        grounds: What the panel found (chair).
        agree: The member who acts agrees with what the chair wrote down.

    Raises:
        ConsensusNotForced: Reviewers do not differ enough, or it was recorded before.
        NotPanelChair, NotAssigned, NothingToAgree, FaultyScores, ReasonMissing: As they say.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    own = uow.maker.user_id
    command = "review consensus"
    step = uow.transition(command, proposal, records=ConsensusProposed)
    assert review is not None
    assert review.result is not None
    rules = rules_of(uow, review)
    if not review.consensus_pending:
        raise ConsensusNotForced(ref=ref, spread=rounded(review.result.spread_total), needed=rules.consensus_total_gap)
    require_no_conflict(uow, uow.maker, proposal, command=command)
    takers = [each.reviewer for each in review.result.counting]
    if own not in takers:
        raise NotAssigned(actor=uow.maker.name, ref=ref)
    chair = review.chair if review.chair in takers else takers[0]
    if agree:
        if not review.agreement or own in review.agreed_by:
            raise NothingToAgree(ref=ref, chair=uow.name(chair))
        fact: ConsensusAgreed | ConsensusProposed = ConsensusAgreed(ref=ref, agrees_with=review.agreement_by)
    else:
        if own != chair:
            raise NotPanelChair(actor=uow.maker.name, ref=ref, chair=uow.name(chair))
        agreed = _agreed_scores(scores or [], rules, review, ref)
        grounds = require_reason(command, grounds)
        fact = ConsensusProposed(ref=ref, scores=agreed, grounds=grounds)
    event = step.record(fact)
    review = uow.case(Review, ref)
    if set(takers) <= set(review.agreed_by):
        uow.record(_recorded(uow, review, agreed=True), cause=event, reaction="reviews.consensus")
        uow.clear_timer("review.consensus", review.stream, name=str(review.turn))
        uow.next_step = f"fund decision show {ref}"
    else:
        waiting = next(each for each in takers if each not in review.agreed_by)
        uow.next_step = f"fund --as {uow.name(waiting)} review consensus {ref} --agree"
    return event


def _agreed_scores(typed: Sequence[str], rules: Regulations, review: Review, ref: str) -> dict[str, int]:
    assert review.result is not None
    names = {each.id: (each.name_nl, each.name_en) for each in rules.rubric}
    known = {line.id for line in rubric(rules, review.profile)}
    agreed: dict[str, int] = {}
    for each in typed:
        criterion, _sign, value = each.partition("=")
        named = [found for found in meant(criterion, names) if found in known]
        if len(named) != 1 or value.strip() not in {str(number) for number in range(TOP + 1)}:
            sentence = _('"{typed}" is not CRITERION=SCORE with a criterion from {known} and a score from 0 to {top}')
            raise FaultyScores(faults=sentence.format(typed=each, known=", ".join(sorted(known)), top=TOP), ref=ref)
        agreed[named[0]] = int(value)
    lacking = [criterion for criterion in review.result.spread_criteria if criterion not in agreed]
    if lacking or not agreed:
        sentence = _("the panel differs on {criteria}: agree on a score for each")
        raise FaultyScores(faults=sentence.format(criteria=", ".join(lacking or sorted(known))), ref=ref)
    return agreed


def _recorded(snapshot: Snapshot, review: Review, *, agreed: bool) -> ReviewConsensusRecorded:
    assert review.result is not None
    rules = rules_of(snapshot, review)
    standing: dict[str, int | Fraction] = {key: Fraction(mean) for key, mean in review.result.means.items()}
    if agreed:
        standing.update(review.agreement)
    verdict = judge(rules, rubric(rules, review.profile), standing)
    return ReviewConsensusRecorded(
        ref=review.ref,
        agreed=agreed,
        scores=dict(review.agreement) if agreed else {},
        total=fraction_text(verdict.total),
        gates_missed=verdict.gates_missed,
        advice=verdict.advice,
    )


def means_stand(uow: UnitOfWork, timer: TimerRow) -> Envelope | None:
    """After the term without agreement the means of the scores that count stand."""
    review = uow.maybe(Review, timer.stream.partition("/")[2])
    if review is None or not review.consensus_pending:
        return None
    if uow.case(Proposal, review.ref).state not in (State.SCORED, State.DEFERRED):
        return None
    return uow.record(_recorded(uow, review, agreed=False))
