"""P11: the seal is opened when the quorum is met; else the review is extended once, and then the panel is topped up.

Source: lifecycle.md 4 (P11, P23), 12 (quorum).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from fund.dates import end_of_day
from fund.errors.reviews import ReviewQuorumNotMet
from fund.events import Envelope
from fund.events.reviews import ReviewClosed, ReviewExtended, ReviewTopUpProposed
from fund.events.values import OpenedScore, PanelSeat
from fund.rules.scoring import Marks, Missing, figures_of, fraction_text, quorum_missing, rubric, total_of
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.store import SealedRow, TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.proposals.lifecycle import State
from fund.workflows.reviews.barring import bar_conflicted
from fund.workflows.reviews.seal import open_seals, read_sealed
from fund.workflows.reviews.seating import top_up
from fund.workflows.reviews.ties import LOOK, candidates, missing_text, rules_of, seat_of

EXTENSION_DAYS = 14
"""So many days more a review without a quorum gets at the deadline, once; and one that lost its quorum."""


def marks_of(review: Review, given: Mapping[str, Iterable[str]]) -> list[Marks]:
    """Seats with the criteria that each scored (``given``, by user id), for those who sit in the panel."""
    seats = {seat.reviewer: seat_of(seat) for seat in review.panel}
    return [Marks(seats[reviewer], frozenset(scored)) for reviewer, scored in given.items() if reviewer in seats]


def what_is_missing(snapshot: Snapshot, review: Review, *, panel: Sequence[PanelSeat] = ()) -> tuple[Missing, ...]:
    """What the quorum still lacks, by who has scored; criteria are looked at when the seal opens, not before.

    Args:
        panel: Instead of those who scored: what would be missing if all of these did.
    """
    quorum = rules_of(snapshot, review).tracks[review.track].quorum
    whose = [seat.reviewer for seat in panel] or review.scored
    given = marks_of(review, dict.fromkeys(whose, ()))
    return quorum_missing(quorum, (), given, necessity=review.necessity)


def close(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The seal is open: every score stands in a fact, with exact means, the total, the gates and the advice.

    A score whose reviewer meanwhile has a conflict is excluded first.

    Raises:
        ReviewQuorumNotMet: Too few complete reviews, organisations, kinds, externals, or scores on a criterion.
        SealBroken: What is kept under seal is not what was committed to.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    step = uow.transition("review close", proposal)
    assert review is not None
    bar_conflicted(uow, proposal, review)
    review = uow.case(Review, ref)
    rules = rules_of(uow, review)
    lines = rubric(rules, review.profile)
    given = _read(uow, review)
    quorum = rules.tracks[review.track].quorum
    marks = marks_of(review, {row.actor: content["scores"] for row, content in given})
    missing = quorum_missing(quorum, lines, marks, necessity=review.necessity)
    if missing:
        raise ReviewQuorumNotMet(ref=ref, missing=missing_text(missing))
    figures = figures_of(rules, lines, [content["scores"] for _row, content in given])
    until = end_of_day(uow.today + timedelta(days=rules.terms.consensus_days)) if figures.forced else None
    fact = ReviewClosed(
        ref=ref,
        turn=review.turn,
        scores=tuple(
            OpenedScore(
                reviewer=row.actor,
                salt=row.salt,
                scores=content["scores"],
                abstained=content["abstained"],
                total=fraction_text(total_of(lines, content["scores"])),
            )
            for row, content in given
        ),
        consensus_by=until,
        **figures.as_texts(),
    )
    closed = step.record(fact)
    open_seals(uow, stream=review.stream, kind="score", turn=review.turn)
    for name in (str(review.turn), f"{review.turn}-extended", f"{review.turn}-reopened"):
        uow.clear_timer("review.close", review.stream, name=name)
    if until is not None:
        uow.set_timer("review.consensus", review.stream, until, cause=closed, name=str(review.turn))
        uow.next_step = f"fund --as {uow.name(review.chair)} review consensus {ref} --score CRITERION=SCORE"
    else:
        uow.next_step = f"fund decision show {ref}"
    if uow.trial:  # what comes next follows from the scores
        uow.next_step = LOOK.format(ref=ref)
    return closed


def _read(uow: UnitOfWork, review: Review) -> list[tuple[SealedRow, dict[str, Any]]]:
    """What those who scored and still sit in the panel gave, each compared with its commitment."""
    whose = [reviewer for reviewer in review.scored if reviewer in review.reviewers]
    rows = read_sealed(
        uow, stream=review.stream, kind="score", turn=review.turn, commitments=review.commitments, whose=whose
    )
    return [(row, json.loads(row.content)) for row in rows]


def _running(snapshot: Snapshot, review: Review) -> bool:
    """Whether the panel is at work: the review is open, and nobody took the proposal back meanwhile."""
    return review.state == "open" and snapshot.case(Proposal, review.ref).state == State.IN_REVIEW


def _is_late(snapshot: Snapshot, review: Review) -> bool:
    """Whether the last deadline has passed: from then on whoever has not scored is not waited for."""
    return review.extended and review.closes_at is not None and review.closes_at <= snapshot.now


def close_when_complete(uow: UnitOfWork, event: Envelope) -> Envelope | None:
    """After a score, or after somebody left the panel: the last of it has scored, so the review closes.

    After the last deadline it closes as soon as the quorum is met. On a mandated track (light) the last that is waited
    for is the last the quorum asks: two reviews are enough, the third reviewer stands by. For a panel that cannot meet
    its quorum any more, whoever of it still scores, the service proposes whom to add.
    """
    review = uow.maybe(Review, event.fact.ref)
    if review is None or not _running(uow, review):
        return None
    if what_is_missing(uow, review, panel=review.panel):
        return propose_top_up(uow, review, counted=review.panel)
    stands_by = rules_of(uow, review).tracks[review.track].mandated and not review.necessity
    if set(review.reviewers) - set(review.scored) and not stands_by and not _is_late(uow, review):
        return None
    if what_is_missing(uow, review):
        return None
    try:
        return close(uow, ref=review.ref)
    except ReviewQuorumNotMet:
        return None  # a criterion lacks scores: the panel is topped up, or the deadline decides


def close_at_deadline(uow: UnitOfWork, timer: TimerRow) -> Envelope | None:
    """At the deadline the review closes; without a quorum it is extended once, and the service proposes whom to add."""
    review = uow.maybe(Review, timer.stream.partition("/")[2])
    if review is None or not _running(uow, review) or review.closes_at is None or review.closes_at > uow.now:
        return None
    try:
        return close(uow, ref=review.ref)
    except ReviewQuorumNotMet:
        review = uow.case(Review, review.ref)
    extended: Envelope | None = None
    if not review.extended:
        missing = what_is_missing(uow, review)
        until = end_of_day(uow.today + timedelta(days=EXTENSION_DAYS))
        fact = ReviewExtended(ref=review.ref, closes_at=until, missing=tuple(each.demand for each in missing))
        extended = uow.record(fact)
        uow.set_timer("review.close", review.stream, until, cause=extended, name=f"{review.turn}-extended")
    scored = [seat for seat in review.panel if seat.reviewer in review.scored]
    proposed = propose_top_up(uow, review, counted=scored, more=0 if what_is_missing(uow, review) else 1)
    return extended or proposed


# ----------------------------------------------------------------------------------------------------- P23: top up


def propose_top_up(
    uow: UnitOfWork, review: Review, *, counted: Sequence[PanelSeat], more: int = 0, cause: Envelope | None = None
) -> Envelope | None:
    """Who should join the panel, externals last; nothing is recorded when that was proposed already.

    Args:
        counted: The seats whose scores are there, or are still expected.
        more: At least so many people: a criterion lacks scores.
        cause: The fact it follows from, within a person's command.
    """
    proposal = uow.case(Proposal, review.ref)
    quorum = rules_of(uow, review).tracks[review.track].quorum
    gone = [reviewer for reviewer, stays in review.judged.items() if not stays]
    without = [*review.reviewers, *review.recused, *review.excluded, *review.opened, *gone]
    free, _barred = candidates(uow, proposal, without=without)
    seated, missing = top_up(review.ref, quorum, free, counted=counted, more=more, necessity=review.necessity)
    lacking = tuple(each.demand for each in missing)
    if (seated.panel, lacking) == (review.top_up, review.top_up_missing):
        return None
    fact = ReviewTopUpProposed(ref=review.ref, seats=seated.panel, chosen=dict(seated.chosen), missing=lacking)
    return uow.record(fact) if cause is None else uow.record(fact, cause=cause, reaction="reviews.top_up")
