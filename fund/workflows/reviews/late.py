"""A conflict that comes after scoring: the score goes, the figures are made anew, the record stays.

Somebody joins a party's payroll, a party joins by a revision, or a person declares what nobody else knows. Until the
decision the result follows: means, gates and advice without the score, and the committee's file is prepared anew, so
that votes on the old file do not count. Where what is left is no quorum the review is reopened and topped up (P23); the
scores that were opened stand. Source: lifecycle.md 12.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fund.dates import end_of_day
from fund.events import Envelope, Fact
from fund.events.proposals import ProposalResubmitted
from fund.events.reviews import ReviewRecomputed, ReviewReopened
from fund.rules.scoring import figures_of, quorum_missing, rubric
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import UnitOfWork
from fund.workflows.proposals.lifecycle import SCORE_COUNTS, State
from fund.workflows.reviews.barring import bar_conflicted
from fund.workflows.reviews.closing import EXTENSION_DAYS, marks_of, propose_top_up
from fund.workflows.reviews.ties import rules_of

LATE_FACTS = ("user.changed", "proposal.resubmitted")
"""After these somebody may have a conflict who had none."""

_RESULT_COUNTS = (State.SCORED, State.DECIDABLE, State.DEFERRED)
_IMPROVE = "improve"
"""Deferred on this ground a proposal is scored anew: the old result decides nothing any more."""


def exclude_late(uow: UnitOfWork, event: Envelope) -> None:
    """After a change of somebody's payroll or of the parties: whoever has a conflict now is out, with the score.

    Source: lifecycle.md 12: a conflict found after scoring.
    """
    for proposal, review in _concerned(uow, event):
        if bar_conflicted(uow, proposal, review):
            settle(uow, proposal.ref)


def _concerned(uow: UnitOfWork, event: Envelope) -> Iterator[tuple[Proposal, Review]]:
    if isinstance(event.fact, ProposalResubmitted):
        review = uow.maybe(Review, event.fact.ref)
        found = [review] if review is not None else []
    else:
        whose = event.fact.ref
        found = [
            review
            for review in uow.cases(Review, states=("open", "closed"))
            if whose in review.reviewers or whose in review.scored
        ]
    for review in found:
        proposal = uow.case(Proposal, review.ref)
        if proposal.state in SCORE_COUNTS:
            yield proposal, review


def settle(uow: UnitOfWork, ref: str, *, cause: Envelope | None = None) -> Envelope | None:
    """Make the result of a closed review follow from the scores that still count.

    Nothing where the review is open, where no opened score was excluded since, or where the result decides nothing any
    more.

    Args:
        cause: The fact it follows from, within a person's command.
    """
    proposal, review = uow.case(Proposal, ref), uow.case(Review, ref)
    result = review.result
    improving = proposal.state == State.DEFERRED and proposal.deferred_for == _IMPROVE
    if review.state != "closed" or result is None or proposal.state not in _RESULT_COUNTS or improving:
        return None
    without = tuple(sorted(each.reviewer for each in result.scores if each.reviewer in review.excluded))
    if without == result.without:
        return None

    def record(fact: Fact) -> Envelope:
        return uow.record(fact) if cause is None else uow.record(fact, cause=cause, reaction="reviews.settle")

    rules = rules_of(uow, review)
    lines, quorum = rubric(rules, review.profile), rules.tracks[review.track].quorum
    given = {each.reviewer: each.scores for each in result.scores if each.reviewer not in without}
    missing = quorum_missing(quorum, lines, marks_of(review, given), necessity=review.necessity)
    if missing:
        until = end_of_day(uow.today + timedelta(days=EXTENSION_DAYS))
        demands = tuple(each.demand for each in missing)
        fact = ReviewReopened(ref=ref, turn=review.turn, without=without, closes_at=until, missing=demands)
        reopened = record(fact)
        uow.clear_timer("review.consensus", review.stream, name=str(review.turn))
        uow.set_timer("review.close", review.stream, until, cause=reopened, name=f"{review.turn}-reopened")
        short = max((each.needed - each.found for each in missing), default=0)
        seats = [seat for seat in review.panel if seat.reviewer in given]
        propose_top_up(uow, uow.case(Review, ref), counted=seats, more=short, cause=cause)
        return reopened
    figures = figures_of(rules, lines, list(given.values()))
    until_talk = end_of_day(uow.today + timedelta(days=rules.terms.consensus_days)) if figures.forced else None
    recomputed = record(
        ReviewRecomputed(ref=ref, turn=review.turn, without=without, consensus_by=until_talk, **figures.as_texts())
    )
    uow.clear_timer("review.consensus", review.stream, name=str(review.turn))
    if until_talk is not None:
        uow.set_timer("review.consensus", review.stream, until_talk, cause=recomputed, name=str(review.turn))
    return recomputed
