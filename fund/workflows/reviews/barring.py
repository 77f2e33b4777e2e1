"""A conflict that bars takes a person out of a panel, and a score given out of the count; the record of both stays.

Source: lifecycle.md 12 (conflict found after scoring).
"""

from __future__ import annotations

from fund.events import Envelope, Fact
from fund.events.reviews import ReviewerBarred, ReviewScoreExcluded
from fund.rules.conflicts import hard_conflict
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.conflicts import parties_of, person

REACTION = "reviews.exclude"
"""The name under which the service takes people out, also within a person's command."""


def barred_now(snapshot: Snapshot, proposal: Proposal, review: Review) -> dict[str, str]:
    """The ground of each who sits in the panel, or whose score counts, and has a conflict that bars today.

    Empty once everything that follows from a change was done: whoever decides may ask it to be sure.
    """
    parties = parties_of(snapshot, proposal)
    found = {}
    for reviewer in sorted({*review.reviewers, *review.scored}):
        conflict = hard_conflict(person(snapshot, reviewer), parties)
        if conflict is not None:
            found[reviewer] = conflict.text
    return found


def bar(
    uow: UnitOfWork, proposal: Proposal, review: Review, reviewer: str, ground: str, *, cause: Envelope | None = None
) -> None:
    """The reviewer sits in the panel no more, and what was scored does not count."""
    if reviewer in review.reviewers:
        barred = ReviewerBarred(
            ref=proposal.ref, reviewer=reviewer, ground=ground, revision_hash=proposal.revision_hash
        )
        _record(uow, barred, cause)
    if reviewer in review.scored:
        _record(uow, ReviewScoreExcluded(ref=proposal.ref, reviewer=reviewer, ground=ground), cause)


def bar_conflicted(uow: UnitOfWork, proposal: Proposal, review: Review) -> bool:
    """Everybody whom a conflict bars today is out of the panel; whether there was anybody."""
    found = barred_now(uow, proposal, review)
    for reviewer, ground in found.items():
        bar(uow, proposal, review, reviewer, ground)
    return bool(found)


def _record(uow: UnitOfWork, fact: Fact, cause: Envelope | None) -> None:
    if cause is None:
        uow.record(fact)
    else:
        uow.record(fact, cause=cause, reaction=REACTION)
