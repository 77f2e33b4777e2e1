"""What may be seen of a review, by whom, and when: nothing of a score before the closing.

Source: lifecycle.md 10 (score, consensus) and 12 (hard conflict: no access).
"""

from __future__ import annotations

from typing import Any

from fund.rules.authority import Actor, Role
from fund.rules.conflicts import hard_conflict
from fund.rules.permissions import readers
from fund.rules.scoring import rounded, rubric
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import View
from fund.workflows.proposals import rules_for
from fund.workflows.reviews.panel import rules_of
from fund.workflows.reviews.scores import what_is_missing
from fund.workflows.reviews.ties import candidates, parties_of

__all__ = ["show"]

_READERS = readers("scores")


def _sees_scores(view: View, proposal: Proposal, review: Review) -> bool:
    """Whether the one who looks may see who scored what, now that the seal is open."""
    actor: Actor | None = view.actor
    if actor is None:
        return True
    if hard_conflict(actor, parties_of(view, proposal)) is not None and not actor.has(Role.AUDITOR):
        return False
    taker = review.result is not None and actor.user_id in {each.reviewer for each in review.result.scores}
    return taker or actor.has(*_READERS)


def show(view: View, *, ref: str) -> dict[str, Any]:
    """The review of a proposal: panel, who has scored, what the quorum lacks; scores, means and advice once closed.

    Raises:
        UnknownRef: There is no such proposal, or it has no review yet.
    """
    proposal = view.case(Proposal, ref)
    review = view.case(Review, ref)
    office = view.actor is None or view.actor.has(*_READERS)
    opened = bool(review.turn) and review.state != "proposed"
    rules = rules_of(view, review) if opened else rules_for(view, proposal)
    profile = review.profile or ("rollout" if proposal.sort == "rollout" else "experiment")
    answer: dict[str, Any] = {
        "ref": ref,
        "title": proposal.title,
        "state": review.state,
        "proposal_state": proposal.state,
        "turn": review.turn,
        "track": review.track or proposal.track,
        "profile": profile,
        "regulations": review.regulations or rules.version,
        "necessity": review.necessity,
        "closes_at": review.closes_at.isoformat() if review.closes_at else None,
        "panel": [
            {
                "reviewer": seat.reviewer,
                "name": view.name(seat.reviewer),
                "organisation": seat.organisation,
                "kind": seat.kind,
                "chair": seat.reviewer == review.chair,
                "declared": list(review.declarations[seat.reviewer]) if seat.reviewer in review.declarations else None,
                "judged": review.judged.get(seat.reviewer),
                "scored": seat.reviewer in review.scored,
            }
            for seat in (review.panel if opened else review.proposed)
        ],
        "missing": [
            {"demand": each.demand, "found": each.found, "needed": each.needed, "text": each.describe()}
            for each in (what_is_missing(view, review) if review.state == "open" else ())
        ],
        "rubric": [
            {
                "id": criterion.id,
                "name_nl": criterion.name_nl,
                "name_en": criterion.name_en,
                "weight": line.weight,
                "gate": line.gate,
                "anchors_nl": list(criterion.anchors_nl),
                "anchors_en": list(criterion.anchors_en),
            }
            for criterion, line in zip(rules.rubric, rubric(rules, profile), strict=True)
        ],
        "candidates": [],
        "result": None,
    }
    if office and review.state in ("open", "proposed"):
        free, barred = candidates(view, proposal, without=review.reviewers)
        answer["candidates"] = [
            {"reviewer": each.seat.reviewer, "name": each.actor.name, "kind": each.seat.kind, "load": each.seat.load,
             "soft": list(each.seat.soft)}
            for each in free
        ]  # fmt: skip
        answer["barred"] = [
            {"reviewer": reviewer, "name": view.name(reviewer), "ground": conflict.describe()}
            for reviewer, conflict in sorted(barred.items())
        ]
    if review.result is not None and review.state == "closed":
        answer["result"] = _result(view, proposal, review)
    return answer


def _result(view: View, proposal: Proposal, review: Review) -> dict[str, Any] | None:
    """Means and advice; who scored what for those who may; to the parties only once it was decided."""
    assert review.result is not None
    whole = _sees_scores(view, proposal, review)
    decision = view.maybe(Decision, proposal.ref)
    if not whole and (decision is None or decision.decided_on is None):
        return None
    result = review.result
    return {
        "total": review.total,
        "total_rounded": rounded(review.total),
        "advice": review.advice,
        "gates_missed": list(review.gates_missed),
        "means": dict(result.means),
        "spread_criteria": list(result.spread_criteria),
        "spread_total": result.spread_total,
        "consensus_forced": result.consensus_forced,
        "consensus_until": review.consensus_until.isoformat() if review.consensus_until else None,
        "consensus": review.consensus.model_dump(mode="json") if review.consensus else None,
        "agreed_by": [view.name(each) for each in review.agreed_by],
        "scores": [
            {**each.model_dump(mode="json"), "name": view.name(each.reviewer)} for each in result.scores if whole
        ],
    }
