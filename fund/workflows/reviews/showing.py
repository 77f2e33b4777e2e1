"""What may be seen of a review, by whom, and when: nothing of a score before the closing.

Who sits, and why, is for everybody; ties and what was declared are for the fund office, the committee, the auditor and
the person. Source: lifecycle.md 10 (assign, score, consensus) and 12 (hard conflict: no access).
"""

from __future__ import annotations

import shlex

from fund.events.values import PanelSeat
from fund.rules.conflicts import ground_text
from fund.rules.scoring import rounded, rubric
from fund.schemas.base import as_row
from fund.schemas.proposals import UNDECIDED, Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot
from fund.workflows.discretion import sees_conflicts, sees_scores
from fund.workflows.proposals.access import rules_for
from fund.workflows.reviews.closing import what_is_missing
from fund.workflows.reviews.commands import (
    AroundThePanel,
    CandidateRow,
    MissingRow,
    ReviewDetail,
    ReviewResult,
    RubricRow,
    SeatRow,
)
from fund.workflows.reviews.seating import why_text
from fund.workflows.reviews.ties import candidates, rules_of


def show(snapshot: Snapshot, *, ref: str) -> ReviewDetail:
    """The review of a proposal: panel and why, who has scored, what the quorum lacks; scores, means and advice once
    closed.

    Raises:
        UnknownRef: There is no such proposal, or it has no review yet.
    """
    proposal = snapshot.case(Proposal, ref)
    review = snapshot.case(Review, ref)
    office = sees_conflicts(snapshot, proposal)
    opened = bool(review.turn) and review.state != "proposed"
    rules = rules_of(snapshot, review) if opened else rules_for(snapshot, proposal)
    profile = review.profile or ("rollout" if proposal.sort == "rollout" else "experiment")
    answer: ReviewDetail = {
        "ref": ref,
        "title": proposal.title,
        "state": review.state,
        "proposal_state": proposal.state,
        "turn": review.turn,
        "track": review.track or proposal.track,
        "profile": profile,
        "regulations": review.regulations or rules.version,
        "necessity": review.necessity,
        "extended": review.extended,
        "closes_at": review.closes_at.isoformat() if review.closes_at else None,
        "panel": [
            _seat(snapshot, review, seat, office=office) for seat in (review.panel if opened else review.proposed)
        ],
        "missing": [
            as_row(MissingRow, each, text=each.describe())
            for each in (what_is_missing(snapshot, review) if review.state == "open" else ())
        ],
        "rubric": [
            as_row(RubricRow, criterion, weight=line.weight, gate=line.gate)
            for criterion, line in zip(rules.rubric, rubric(rules, profile), strict=True)
        ],
        "candidates": [],
        "barred": [],
        "passed_over": [],
        "left": [],
        "top_up": [],
        "top_up_missing": list(review.top_up_missing) if review.state == "open" else [],
        "undecided": [],
        "result": None,
    }
    if office:
        answer = {**answer, **_around_the_panel(snapshot, proposal, review, opened=opened)}
    if review.result is not None and review.state == "closed":
        answer["result"] = _result(snapshot, proposal, review)
    return answer


def _seat(snapshot: Snapshot, review: Review, seat: PanelSeat, *, office: bool) -> SeatRow:
    """A place in the panel and why this person has it; what was declared only for those who may know."""
    known = office or (snapshot.actor is not None and snapshot.actor.user_id == seat.reviewer)
    declared = review.declarations.get(seat.reviewer)
    why = review.chosen.get(seat.reviewer, "named")
    return as_row(
        SeatRow,
        seat,
        name=snapshot.name(seat.reviewer),
        chair=seat.reviewer == review.chair,
        soft=list(seat.soft) if known else None,
        declared=list(declared) if known and declared is not None else None,
        judged=review.judged.get(seat.reviewer) if known else None,
        scored=seat.reviewer in review.scored,
        why=why,
        why_text=why_text(why),
    )


def _around_the_panel(snapshot: Snapshot, proposal: Proposal, review: Review, *, opened: bool) -> AroundThePanel:
    """Everybody else who was looked at: barred, passed over, gone, and who should join; each with the reason."""
    sits = {seat.reviewer for seat in (review.panel if opened else review.proposed)}
    working = review.state in ("open", "proposed")
    free, barred = candidates(snapshot, proposal, without=tuple(sits)) if working else ([], {})
    grounds = {**review.barred, **{reviewer: conflict.text for reviewer, conflict in barred.items()}}
    gone = {**review.recused, **review.excluded}
    over = {**dict.fromkeys((each.seat.reviewer for each in free), "later"), **review.passed_over}
    return {
        "candidates": [
            as_row(CandidateRow, each.seat, name=each.actor.name)
            for each in free
        ],
        "barred": [
            {"reviewer": reviewer, "name": snapshot.name(reviewer), "why": ground, "ground": ground_text(ground)}
            for reviewer, ground in sorted(grounds.items(), key=lambda pair: snapshot.name(pair[0]))
        ],
        "passed_over": [
            {"reviewer": reviewer, "name": snapshot.name(reviewer), "why": why, "why_text": why_text(why)}
            for reviewer, why in sorted(over.items(), key=lambda pair: snapshot.name(pair[0]))
            if reviewer not in sits and reviewer not in grounds and reviewer not in gone
        ],
        "left": [
            {"reviewer": reviewer, "name": snapshot.name(reviewer), "ground": ground_text(ground),
             "scored": reviewer in review.excluded}
            for reviewer, ground in sorted(gone.items(), key=lambda pair: snapshot.name(pair[0]))
        ],
        "top_up": [
            {"reviewer": seat.reviewer, "name": snapshot.name(seat.reviewer), "kind": seat.kind,
             "why": review.chosen.get(seat.reviewer, ""), "why_text": why_text(review.chosen.get(seat.reviewer, "")),
             "command": f"fund review assign {review.ref} {shlex.quote(snapshot.name(seat.reviewer))}"}
            for seat in (review.top_up if review.state == "open" else ())
        ],
        "undecided": [
            {"reviewer": reviewer, "name": snapshot.name(reviewer), "grounds": [ground_text(each) for each in declared]}
            for reviewer, declared in sorted(review.declarations.items())
            if declared and reviewer in sits and reviewer not in review.judged and proposal.state in UNDECIDED
        ],
    }  # fmt: skip


def _result(snapshot: Snapshot, proposal: Proposal, review: Review) -> ReviewResult | None:
    """Means and advice; who scored what for those who may; to the parties only once it was decided.

    A score that was excluded since stays readable, with its ground: it counts no more.
    """
    assert review.result is not None
    whole = sees_scores(snapshot, proposal, [each.reviewer for each in review.result.scores])
    decision = snapshot.maybe(Decision, proposal.ref)
    if not whole and (decision is None or decision.decided_on is None):
        return None
    result, out = review.result, review.excluded
    return as_row(
        ReviewResult,
        result,
        total=review.total,
        total_rounded=rounded(review.total),
        advice=review.advice,
        gates_missed=review.gates_missed,
        means=dict(result.means),
        consensus_until=review.consensus_until,
        consensus=review.consensus.model_dump(mode="json") if review.consensus and whole else None,
        agreed_by=[snapshot.name(each) for each in review.agreed_by],
        recomputed=bool(result.without),
        scores=[
            {
                **each.model_dump(mode="json"),
                "name": snapshot.name(each.reviewer),
                "excluded": ground_text(out[each.reviewer]) if each.reviewer in out else None,
            }
            for each in result.scores
            if whole
        ],
    )
