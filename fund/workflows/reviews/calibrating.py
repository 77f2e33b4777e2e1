"""How far the reviewers of a round are apart: the first two reviews that close are its samples, the rest follows.

Nobody is asked more for it. The samples count as any other; they come first, so that a fund manager can talk with the
panel before most of the round is scored. Source: lifecycle.md 12 (two sample proposals per round calibrate; spread is
reported).
"""

from __future__ import annotations

from fractions import Fraction

from fund.rules.scoring import fraction_text, gaps_of, leanings_of, rounded, rubric
from fund.schemas.proposals import Proposal, Round
from fund.schemas.reviews import Review
from fund.unit_of_work import Snapshot
from fund.workflows.discretion import sees_scores
from fund.workflows.reviews.commands import Spread, SpreadOfReview
from fund.workflows.reviews.ties import rules_of

SAMPLES = 2
"""So many reviews of a round, the first to close, are its samples."""


def spread(snapshot: Snapshot, *, ref: str) -> Spread:
    """The closed reviews of a round as they closed, the samples first: gaps by criterion, and by reviewer how much
    milder or stricter than the panel. Only those whose scores whoever looks may see; excluded scores are left out.

    Args:
        ref: The round.

    Raises:
        UnknownRef: There is no such round.
    """
    round_ = snapshot.case(Round, ref)
    refs = tuple(each.ref for each in snapshot.briefs(Proposal, parent=round_.ref))
    closed = sorted(
        snapshot.cases(Review, states=("closed",), refs=refs), key=lambda review: _closed_as(snapshot, review)
    )
    reviews: list[SpreadOfReview] = []
    gaps: dict[str, list[int]] = {}
    leanings: dict[str, list[Fraction]] = {}
    for number, review in enumerate(closed):
        proposal = snapshot.case(Proposal, review.ref)
        if review.result is None or not sees_scores(
            snapshot, proposal, [each.reviewer for each in review.result.scores]
        ):
            continue
        lines = rubric(rules_of(snapshot, review), review.profile)
        given = {each.reviewer: each.scores for each in review.result.counting}
        found = gaps_of(lines, given.values())
        for criterion, gap in found.items():
            gaps.setdefault(criterion, []).append(gap)
        for reviewer, points in leanings_of(lines, given).items():
            leanings.setdefault(reviewer, []).append(points)
        reviews.append(
            {
                "ref": review.ref,
                "title": proposal.title,
                "sample": number < SAMPLES,
                "spread_total": review.result.spread_total,
                "spread_total_rounded": rounded(review.result.spread_total),
                "gaps": found,
                "consensus_forced": review.result.consensus_forced,
            }
        )
    return {
        "round": round_.ref,
        "title": round_.title,
        "reviews": reviews,
        "criteria": [
            {"id": criterion, "largest": max(each), "mean": fraction_text(_mean(each)),
             "mean_rounded": rounded(_mean(each))}
            for criterion, each in gaps.items()
        ],
        "reviewers": [
            {"reviewer": reviewer, "name": snapshot.name(reviewer), "reviews": len(points),
             "leaning": fraction_text(_mean(points)), "leaning_rounded": rounded(_mean(points))}
            for reviewer, points in sorted(leanings.items(), key=lambda pair: snapshot.name(pair[0]))
        ],
    }  # fmt: skip


def _mean(values: list[int] | list[Fraction]) -> Fraction:
    return Fraction(sum(values)) / len(values)


def _closed_as(snapshot: Snapshot, review: Review) -> int:
    """The number of the fact by which the review closed first."""
    return next((each.seq for each in snapshot.history(review) if each.type == "review.closed"), 0)
