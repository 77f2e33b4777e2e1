"""The review as a case: how its facts are folded. While the seal holds, nothing of a score is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fund.dates import day_of
from fund.events import Envelope
from fund.events.proposals import ProposalLapsed, ProposalWithdrawn
from fund.events.reviews import (
    ConsensusAgreed,
    ConsensusProposed,
    ReviewClosed,
    ReviewConflictDecided,
    ReviewConflictDeclared,
    ReviewConsensusRecorded,
    ReviewDeclared,
    ReviewerAssigned,
    ReviewerBarred,
    ReviewerRecused,
    ReviewExtended,
    ReviewOpened,
    ReviewPanelProposed,
    ReviewRecomputed,
    ReviewReopened,
    ReviewScored,
    ReviewScoreExcluded,
    ReviewTopUpProposed,
)
from fund.events.values import PanelSeat
from fund.schemas.reviews import Consensus, Review, ReviewResult
from fund.unit_of_work import Projection


def apply(case: Review | None, event: Envelope) -> Review | None:
    """The review after a fact. Pure."""
    fact = event.fact
    if isinstance(fact, ReviewPanelProposed):
        before = case or Review(ref=fact.ref, state="proposed")
        return before.replace(
            state="proposed",
            proposed=fact.panel,
            barred=fact.barred,
            feasible=fact.feasible,
            chosen=fact.chosen,
            passed_over=fact.passed_over,
        )
    if isinstance(fact, ReviewOpened):
        return Review(
            ref=fact.ref,
            state="open",
            panel=fact.panel,
            proposed=case.proposed if case else (),
            barred=case.barred if case else {},
            feasible=case.feasible if case else True,
            chosen=case.chosen if case else {},
            passed_over=case.passed_over if case else {},
            bars=case.bars if case else {},
            turn=(case.turn if case else 0) + 1,
            reviewed_before=fact.reviewed_before,
            revision_hash=fact.revision_hash,
            regulations=fact.regulations,
            track=fact.track,
            profile=fact.profile,
            necessity=fact.necessity,
            opened_by=event.actor,
            closes_at=fact.closes_at,
        )
    if case is None:
        return None
    if isinstance(fact, (ProposalWithdrawn, ProposalLapsed)):  # nobody of the panel is waited for
        return case.replace(state=fact.wire.rpartition(".")[2]) if case.state in ("proposed", "open") else case
    if isinstance(fact, ReviewerAssigned):
        panel = list(case.panel)
        place = next((at for at, seat in enumerate(panel) if seat.reviewer == fact.replaces), None)
        if place is None:
            panel.append(fact.seat)
        else:
            panel[place] = fact.seat
        joins = fact.seat.reviewer
        return case.replace(
            panel=tuple(panel), top_up=_without(case.top_up, joins), barred=_but(case.barred, joins),
            recused=_but(case.recused, joins), excluded=_but(case.excluded, joins),
        )  # fmt: skip
    if isinstance(fact, ReviewDeclared):
        person, declared = event.actor, {**case.declarations, event.actor: fact.grounds}
        if set(fact.grounds) == set(case.declarations.get(person, ())):
            return case.replace(declarations=declared)
        return case.replace(declarations=declared, judged=_but(case.judged, person))  # what was judged is another thing
    if isinstance(fact, ReviewScored):
        return case.replace(
            scored=tuple(sorted({*case.scored, event.actor})),
            commitments={**case.commitments, event.actor: fact.commitment},
        )
    if isinstance(fact, ReviewerRecused):
        return case.replace(
            panel=tuple(seat for seat in case.panel if seat.reviewer != event.actor),
            recused={**case.recused, event.actor: fact.reason},
        )
    if isinstance(fact, ReviewConflictDecided):
        judged = {**case.judged, fact.reviewer: fact.stays}
        if fact.stays:
            return case.replace(judged=judged)
        staying = tuple(seat for seat in case.panel if seat.reviewer != fact.reviewer)
        return case.replace(judged=judged, panel=staying, recused={**case.recused, fact.reviewer: fact.reason})
    if isinstance(fact, ReviewConflictDeclared):
        return case.replace(bars={**case.bars, event.actor: fact.ground})
    if isinstance(fact, ReviewerBarred):
        return case.replace(
            panel=_without(case.panel, fact.reviewer),
            top_up=_without(case.top_up, fact.reviewer),
            barred={**case.barred, fact.reviewer: fact.ground},
        )
    if isinstance(fact, ReviewTopUpProposed):
        return case.replace(top_up=fact.seats, top_up_missing=fact.missing, chosen={**case.chosen, **fact.chosen})
    if isinstance(fact, ReviewScoreExcluded):
        return case.replace(
            scored=tuple(each for each in case.scored if each != fact.reviewer),
            excluded={**case.excluded, fact.reviewer: fact.ground},
        )
    if isinstance(fact, ReviewExtended):
        return case.replace(closes_at=fact.closes_at, extended=True)
    if isinstance(fact, ReviewClosed):
        result = ReviewResult(scores=fact.scores, closed_on=day_of(event.recorded_at), **_figures(fact))
        opened = tuple(sorted({*case.opened, *(each.reviewer for each in fact.scores)}))
        return case.replace(
            state="closed", result=result, consensus_until=fact.consensus_by, opened=opened, top_up=(),
            top_up_missing=(),
        )  # fmt: skip
    if isinstance(fact, ReviewRecomputed) and case.result is not None:
        result = ReviewResult(
            scores=case.result.scores, closed_on=case.result.closed_on, without=fact.without, **_figures(fact)
        )
        return case.replace(result=result, consensus_until=fact.consensus_by, **_NOT_AGREED)
    if isinstance(fact, ReviewReopened):
        return case.replace(
            state="open", closes_at=fact.closes_at, extended=True, result=None, consensus_until=None, **_NOT_AGREED,
        )  # fmt: skip
    if isinstance(fact, ConsensusProposed):
        return case.replace(agreement=fact.scores, agreement_by=event.event_id, agreed_by=(event.actor,))
    if isinstance(fact, ConsensusAgreed):
        return case.replace(agreed_by=(*case.agreed_by, event.actor))
    if isinstance(fact, ReviewConsensusRecorded):
        consensus = Consensus(
            agreed=fact.agreed, scores=fact.scores, total=fact.total, gates_missed=fact.gates_missed, advice=fact.advice
        )
        return case.replace(consensus=consensus)
    return case


_NOT_AGREED: Mapping[str, Any] = {"agreement": {}, "agreement_by": "", "agreed_by": (), "consensus": None}
"""What a panel agreed on with somebody whose score does not count any more does not stand."""


def _figures(fact: ReviewClosed | ReviewRecomputed) -> dict[str, Any]:
    """What scores came to."""
    return {
        "means": fact.means,
        "total": fact.total,
        "gates_missed": fact.gates_missed,
        "advice": fact.advice,
        "spread_criteria": fact.spread_criteria,
        "spread_total": fact.spread_total,
        "consensus_forced": fact.consensus_forced,
    }


def _but(grounds: Mapping[str, Any], person: str) -> dict[str, Any]:
    """What is kept by person, without this one."""
    return {other: kept for other, kept in grounds.items() if other != person}


def _without(seats: tuple[PanelSeat, ...], reviewer: str) -> tuple[PanelSeat, ...]:
    return tuple(seat for seat in seats if seat.reviewer != reviewer)


PROJECTIONS = {"review": Projection(Review, apply)}
