"""The review as a case: how its facts are folded. While the seal holds, nothing of a score is in it."""

from __future__ import annotations

from fund.dates import day_of
from fund.events import (
    ConsensusAgreed,
    ConsensusProposed,
    Envelope,
    ReviewClosed,
    ReviewConflictDecided,
    ReviewConsensusRecorded,
    ReviewDeclared,
    ReviewerAssigned,
    ReviewerRecused,
    ReviewExtended,
    ReviewOpened,
    ReviewPanelProposed,
    ReviewScored,
    ReviewScoreExcluded,
)
from fund.schemas.reviews import Consensus, Review, ReviewResult
from fund.unit_of_work import Life

__all__ = ["LIVES", "after"]


def after(case: Review | None, happened: Envelope) -> Review | None:
    """The review after a fact. Pure."""
    fact = happened.fact
    if isinstance(fact, ReviewPanelProposed):
        before = case or Review(ref=fact.ref, state="proposed")
        return before.but(state="proposed", proposed=fact.panel, barred=fact.barred, feasible=fact.feasible)
    if isinstance(fact, ReviewOpened):
        return Review(
            ref=fact.ref,
            state="open",
            panel=fact.panel,
            proposed=case.proposed if case else (),
            barred=case.barred if case else {},
            feasible=case.feasible if case else True,
            turn=(case.turn if case else 0) + 1,
            reviewed_before=fact.reviewed_before,
            revision_hash=fact.revision_hash,
            regulations=fact.regulations,
            track=fact.track,
            profile=fact.profile,
            necessity=fact.necessity,
            opened_by=happened.actor,
            closes_at=fact.closes_at,
        )
    if case is None:
        return None
    if isinstance(fact, ReviewerAssigned):
        panel = list(case.panel)
        place = next((at for at, seat in enumerate(panel) if seat.reviewer == fact.replaces), None)
        if place is None:
            panel.append(fact.seat)
        else:
            panel[place] = fact.seat
        return case.but(panel=tuple(panel))
    if isinstance(fact, ReviewDeclared):
        return case.but(declarations={**case.declarations, happened.actor: fact.grounds})
    if isinstance(fact, ReviewScored):
        return case.but(
            scored=tuple(sorted({*case.scored, happened.actor})),
            commitments={**case.commitments, happened.actor: fact.commitment},
        )
    if isinstance(fact, ReviewerRecused):
        return case.but(
            panel=tuple(seat for seat in case.panel if seat.reviewer != happened.actor),
            recused={**case.recused, happened.actor: fact.reason},
        )
    if isinstance(fact, ReviewConflictDecided):
        judged = {**case.judged, fact.reviewer: fact.stays}
        if fact.stays:
            return case.but(judged=judged)
        staying = tuple(seat for seat in case.panel if seat.reviewer != fact.reviewer)
        return case.but(judged=judged, panel=staying, recused={**case.recused, fact.reviewer: fact.reason})
    if isinstance(fact, ReviewScoreExcluded):
        return case.but(
            scored=tuple(each for each in case.scored if each != fact.reviewer),
            excluded={**case.excluded, fact.reviewer: fact.ground},
        )
    if isinstance(fact, ReviewExtended):
        return case.but(closes_at=fact.closes_at, extended=True)
    if isinstance(fact, ReviewClosed):
        result = ReviewResult(
            scores=fact.scores,
            means=fact.means,
            total=fact.total,
            gates_missed=fact.gates_missed,
            advice=fact.advice,
            spread_criteria=fact.spread_criteria,
            spread_total=fact.spread_total,
            consensus_forced=fact.consensus_forced,
            closed_on=day_of(happened.recorded_at),
        )
        return case.but(state="closed", result=result, consensus_until=fact.consensus_by)
    if isinstance(fact, ConsensusProposed):
        return case.but(agreement=fact.scores, agreed_by=(happened.actor,))
    if isinstance(fact, ConsensusAgreed):
        return case.but(agreed_by=(*case.agreed_by, happened.actor))
    if isinstance(fact, ReviewConsensusRecorded):
        consensus = Consensus(
            agreed=fact.agreed, scores=fact.scores, total=fact.total, gates_missed=fact.gates_missed, advice=fact.advice
        )
        return case.but(consensus=consensus)
    return case


LIVES = {"review": Life(Review, after)}
