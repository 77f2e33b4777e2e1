"""Scores: declared and given under seal, opened at the closing, agreed on where reviewers differ much.

Source: lifecycle.md 4 (P10-P12), 12.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

from fund.dates import end_of_day
from fund.errors import (
    ConsensusNotForced,
    DeclarationMissing,
    FaultyScores,
    NotAssigned,
    NothingToAgree,
    NotPanelChair,
    ReviewQuorumNotMet,
    RevisionChanged,
)
from fund.events import (
    ConsensusAgreed,
    ConsensusProposed,
    Envelope,
    OpenedScore,
    ReviewClosed,
    ReviewConsensusRecorded,
    ReviewDeclared,
    ReviewExtended,
    ReviewScored,
    ReviewScoreExcluded,
    canonical_json,
)
from fund.language import _
from fund.rules.authority import COMMITTEE, Role, Who
from fund.rules.conflicts import hard_conflict
from fund.rules.scoring import (
    TOP,
    Line,
    Marks,
    Missing,
    fraction_text,
    judge,
    panel_means,
    quorum_missing,
    rounded,
    rubric,
    spread_of,
    total_of,
)
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.store import SealedRow, TimerRow
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.lifecycle import carry, check, require_reason
from fund.workflows.proposals import TRANSITIONS, State
from fund.workflows.reviews.panel import LOOK, judge_conflict, missing_text, rules_of
from fund.workflows.reviews.seal import put_under_seal, read_sealed
from fund.workflows.reviews.sheets import parse_scores
from fund.workflows.reviews.ties import parties_of, people, require_no_conflict, seat_of, soft_of

__all__ = [
    "close",
    "close_at_deadline",
    "close_when_complete",
    "consensus",
    "declare",
    "means_stand",
    "score",
    "what_is_missing",
]

EXTENSION_DAYS = 14
"""Once, at the deadline, a review without a quorum gets so many days more."""


# --------------------------------------------------------------------------------------------------- P10: declaration


def declare(
    uow: UnitOfWork,
    *,
    ref: str,
    none: bool = False,
    grounds: list[str] | None = None,
    about: str | None = None,
    stays: bool = False,
    reason: str = "",
) -> Envelope:
    """The reviewer who acts says, for this revision, that there is no conflict, or which possible one.

    Ties that the fund computes itself (same round, a cooperation with the lead) are added to what is declared.

    Args:
        about: Instead: chair and a member judge what this reviewer declared; ``stays`` and ``reason`` are their
            judgement.

    Raises:
        DeclarationMissing: Neither "none" nor a ground was said.
        NothingDeclared, ReasonMissing: When judging: as they say.
        ConflictOfInterest, NotAssigned, RevisionChanged, TransitionNotAllowed, NotAuthorised: As they say.
    """
    if about is not None:
        return judge_conflict(uow, ref=ref, reviewer=about, stays=stays, reason=reason)
    proposal, review = _assigned(uow, ref, "review declare")
    uow.next_step = f"fund review score {ref} FILE"
    return _declare(uow, proposal, review, none=none, grounds=grounds or [], command="review declare")


def second_of_declare(_view: View, args: Mapping[str, Any]) -> Who | None:
    """A judgement on somebody else's declaration takes two people of the committee; the own declaration one."""
    return COMMITTEE if args.get("about") else None


def _declare(
    uow: UnitOfWork, proposal: Proposal, review: Review, *, none: bool, grounds: Sequence[str], command: str
) -> Envelope:
    said = [ground.strip() for ground in grounds if ground.strip()]
    if not none and not said:
        raise DeclarationMissing(actor=uow.maker.name, ref=proposal.ref, revision=proposal.revision_hash[:12])
    computed = [each.text for each in soft_of(uow, uow.maker, proposal, parties_of(uow, proposal))]
    fact = ReviewDeclared(
        ref=proposal.ref, revision_hash=review.revision_hash, grounds=tuple(dict.fromkeys((*computed, *said)))
    )
    return carry(
        uow,
        TRANSITIONS,
        "review declare",
        proposal,
        fact,
        lead=proposal.lead,
        parties=proposal.parties,
        look=LOOK.format(ref=proposal.ref),
    )


def _assigned(uow: UnitOfWork, ref: str, command: str) -> tuple[Proposal, Review]:
    """The case and its review, for a member of the panel without a conflict, on the revision the panel was given."""
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    check(uow, TRANSITIONS, command, proposal, lead=proposal.lead, parties=proposal.parties, look=LOOK.format(ref=ref))
    require_no_conflict(uow, uow.maker, proposal, command=command)
    assert review is not None
    if uow.maker.user_id not in review.reviewers:
        raise NotAssigned(actor=uow.maker.name, ref=ref)
    if review.revision_hash != proposal.revision_hash:
        raise RevisionChanged(ref=ref, found=proposal.revision_hash[:12], opened=review.revision_hash[:12])
    return proposal, review


# --------------------------------------------------------------------------------------------------------- P10: score


def score(
    uow: UnitOfWork,
    *,
    ref: str,
    content: bytes,
    name: str = "scores.toml",
    no_conflict: bool = False,
    grounds: list[str] | None = None,
) -> Envelope:
    """The reviewer who acts has scored every criterion, under seal; a later score before the closing replaces it.

    Args:
        content: TOML: ``[scores]`` with a whole number from 0 to 4 by criterion, ``[abstain]`` with a reason by
            criterion, and perhaps ``declaration`` (``"none"`` or the grounds).
        no_conflict, grounds: The declaration, where the file and an earlier command hold none.

    Raises:
        FaultyScores: Every fault of the file, with its line.
        DeclarationMissing: No declaration for this revision.
        ConflictOfInterest, NotAssigned, RevisionChanged, TransitionNotAllowed, NotAuthorised: As they say.
    """
    proposal, review = _assigned(uow, ref, "review score")
    lines = rubric(rules_of(uow, review), review.profile)
    given, declared = parse_scores(content, lines, name=name, ref=ref)
    if uow.maker.user_id not in review.declarations or no_conflict or grounds or declared is not None:
        none, said = no_conflict or declared == [], [*(grounds or []), *(declared or [])]
        _declare(uow, proposal, review, none=none, grounds=said, command="review score")
    committed = put_under_seal(
        uow,
        stream=review.stream,
        kind="score",
        turn=review.turn,
        content=canonical_json({"scores": dict(given.scores), "abstained": dict(given.abstained)}),
    )
    fact = ReviewScored(ref=ref, revision_hash=review.revision_hash, turn=review.turn, commitment=committed)
    scored = carry(
        uow,
        TRANSITIONS,
        "review score",
        proposal,
        fact,
        lead=proposal.lead,
        parties=proposal.parties,
        look=LOOK.format(ref=ref),
    )
    uow.result.update(sealed=committed[:12])
    uow.next_step = f"fund review show {ref}"
    return scored


# --------------------------------------------------------------------------------------------------------- P11: close


def _marks(review: Review, whose: Iterable[SealedRow]) -> list[Marks]:
    seats = {seat.reviewer: seat_of(seat) for seat in review.panel}
    return [
        Marks(seats[row.actor], frozenset(json.loads(row.content)["scores"])) for row in whose if row.actor in seats
    ]


def what_is_missing(view: View, review: Review) -> tuple[Missing, ...]:
    """What the quorum still lacks, by who has scored; criteria are looked at when the seal opens, not before."""
    seats = {seat.reviewer: seat_of(seat) for seat in review.panel}
    quorum = rules_of(view, review).tracks[review.track].quorum
    given = [Marks(seats[reviewer], frozenset()) for reviewer in review.scored if reviewer in seats]
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
    check(
        uow,
        TRANSITIONS,
        "review close",
        proposal,
        lead=proposal.lead,
        parties=proposal.parties,
        look=LOOK.format(ref=ref),
    )
    assert review is not None
    _exclude_conflicted(uow, proposal, review)
    review = uow.case(Review, ref)
    rules = rules_of(uow, review)
    lines = rubric(rules, review.profile)
    quorum = rules.tracks[review.track].quorum
    whose = [reviewer for reviewer in review.scored if reviewer in review.reviewers]
    rows = read_sealed(
        uow, stream=review.stream, kind="score", turn=review.turn, commitments=review.commitments, whose=whose
    )
    missing = quorum_missing(quorum, lines, _marks(review, rows), necessity=review.necessity)
    if missing:
        raise ReviewQuorumNotMet(ref=ref, missing=missing_text(missing))
    given = [json.loads(row.content) for row in rows]
    scores = [each["scores"] for each in given]
    means = panel_means(lines, scores)
    verdict = judge(rules, lines, means)
    apart, spread, forced = spread_of(rules, lines, scores)
    until = end_of_day(uow.today + timedelta(days=rules.terms.consensus_days)) if forced else None
    fact = ReviewClosed(
        ref=ref,
        turn=review.turn,
        scores=tuple(
            OpenedScore(
                reviewer=row.actor,
                salt=row.salt,
                scores=each["scores"],
                abstained=each["abstained"],
                total=fraction_text(total_of(lines, each["scores"])),
            )
            for row, each in zip(rows, given, strict=True)
        ),
        means={criterion: fraction_text(mean) for criterion, mean in means.items()},
        total=fraction_text(verdict.total),
        gates_missed=verdict.gates_missed,
        advice=verdict.advice,
        consensus_forced=forced,
        spread_criteria=apart,
        spread_total=fraction_text(spread),
        consensus_by=until,
    )
    closed = carry(
        uow,
        TRANSITIONS,
        "review close",
        proposal,
        fact,
        lead=proposal.lead,
        parties=proposal.parties,
        look=LOOK.format(ref=ref),
    )
    uow.store.work.open_sealed(stream=review.stream, kind="score", round=review.turn)
    for name in (str(review.turn), f"{review.turn}-extended"):
        uow.clear_timer("review.close", review.stream, name=name)
    if until is not None:
        uow.set_timer("review.consensus", review.stream, until, cause=closed, name=str(review.turn))
        uow.next_step = f"fund --as {uow.name(review.chair)} review consensus {ref} --score CRITERION=SCORE"
    else:
        uow.next_step = f"fund decision show {ref}"
    return closed


def _exclude_conflicted(uow: UnitOfWork, proposal: Proposal, review: Review) -> None:
    parties = parties_of(uow, proposal)
    for actor in people(uow, *Role):  # also who is no reviewer any more, and went to work for a party
        if actor.user_id not in review.scored:
            continue
        conflict = hard_conflict(actor, parties)
        if conflict is not None:
            uow.record(ReviewScoreExcluded(ref=proposal.ref, reviewer=actor.user_id, ground=conflict.text))


def _running(view: View, review: Review) -> bool:
    """Whether the panel is at work: the review is open, and nobody took the proposal back meanwhile."""
    return review.state == "open" and view.case(Proposal, review.ref).state == State.IN_REVIEW


def close_when_complete(uow: UnitOfWork, happened: Envelope) -> Envelope | None:
    """After ``review.scored`` and ``review.recused``: the last of the panel has scored, so the review closes.

    On a mandated track (light) the last that is waited for is the last the quorum asks: two reviews are enough, the
    third reviewer stands by.
    """
    review = uow.maybe(Review, happened.fact.ref)
    if review is None or not _running(uow, review):
        return None
    stands_by = rules_of(uow, review).tracks[review.track].mandated and not review.necessity
    if not stands_by and set(review.reviewers) - set(review.scored):
        return None
    if what_is_missing(uow, review):
        return None
    try:
        return close(uow, ref=review.ref)
    except ReviewQuorumNotMet:
        return None  # a criterion lacks scores: the panel is topped up, or the deadline decides


def close_at_deadline(uow: UnitOfWork, timer: TimerRow) -> Envelope | None:
    """At the deadline the review closes; without a quorum it is extended once, and the panel topped up (P23)."""
    review = uow.maybe(Review, timer.stream.partition("/")[2])
    if review is None or not _running(uow, review) or review.closes_at is None or review.closes_at > uow.now:
        return None
    try:
        return close(uow, ref=review.ref)
    except ReviewQuorumNotMet:
        if review.extended:
            return None  # a fund manager tops the panel up: it stands in the inbox
    missing = what_is_missing(uow, review)
    until = end_of_day(uow.today + timedelta(days=EXTENSION_DAYS))
    fact = ReviewExtended(ref=review.ref, closes_at=until, missing=tuple(each.demand for each in missing))
    extended = uow.record(fact)
    uow.set_timer("review.close", review.stream, until, cause=extended, name=f"{review.turn}-extended")
    return extended


# ----------------------------------------------------------------------------------------------------- P12: consensus


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
    look, own = LOOK.format(ref=ref), uow.maker.user_id
    lead, parties = proposal.lead, proposal.parties
    command = "review consensus"
    check(uow, TRANSITIONS, command, proposal, records=ConsensusProposed, lead=lead, parties=parties, look=look)
    assert review is not None
    assert review.result is not None
    rules = rules_of(uow, review)
    if not review.consensus_pending:
        raise ConsensusNotForced(ref=ref, spread=rounded(review.result.spread_total), needed=rules.consensus_total_gap)
    takers = [each.reviewer for each in review.result.scores]
    if own not in takers:
        raise NotAssigned(actor=uow.maker.name, ref=ref)
    chair = review.chair if review.chair in takers else takers[0]
    if agree:
        if not review.agreement or own in review.agreed_by:
            raise NothingToAgree(ref=ref, chair=uow.name(chair))
        digest = hashlib.sha256(canonical_json(dict(review.agreement)).encode()).hexdigest()
        fact: ConsensusAgreed | ConsensusProposed = ConsensusAgreed(ref=ref, scores_sha256=digest)
    else:
        if own != chair:
            raise NotPanelChair(actor=uow.maker.name, ref=ref, chair=uow.name(chair))
        agreed = _agreed_scores(scores or [], rubric(rules, review.profile), review.result.spread_criteria, ref)
        require_reason(command, grounds)
        fact = ConsensusProposed(ref=ref, scores=agreed, grounds=grounds)
    happened = carry(uow, TRANSITIONS, command, proposal, fact, lead=lead, parties=parties, look=look)
    review = uow.case(Review, ref)
    if set(takers) <= set(review.agreed_by):
        uow.record(_recorded(uow, review, agreed=True), cause=happened, reaction="reviews.consensus")
        uow.clear_timer("review.consensus", review.stream, name=str(review.turn))
        uow.next_step = f"fund decision show {ref}"
    else:
        waiting = next(each for each in takers if each not in review.agreed_by)
        uow.next_step = f"fund --as {uow.name(waiting)} review consensus {ref} --agree"
    return happened


def _agreed_scores(typed: Sequence[str], lines: Sequence[Line], apart: Sequence[str], ref: str) -> dict[str, int]:
    known = {line.id for line in lines}
    agreed: dict[str, int] = {}
    for each in typed:
        criterion, _sign, value = each.partition("=")
        if criterion.strip() not in known or value.strip() not in {str(number) for number in range(TOP + 1)}:
            sentence = _('"{typed}" is not CRITERION=SCORE with a criterion from {known} and a score from 0 to {top}')
            raise FaultyScores(faults=sentence.format(typed=each, known=", ".join(sorted(known)), top=TOP), ref=ref)
        agreed[criterion.strip()] = int(value)
    lacking = [criterion for criterion in apart if criterion not in agreed]
    if lacking or not agreed:
        sentence = _("the panel differs on {criteria}: agree on a score for each")
        raise FaultyScores(faults=sentence.format(criteria=", ".join(lacking or sorted(known))), ref=ref)
    return agreed


def _recorded(view: View, review: Review, *, agreed: bool) -> ReviewConsensusRecorded:
    assert review.result is not None
    rules = rules_of(view, review)
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
    """After the term without agreement the means of the closing stand."""
    review = uow.maybe(Review, timer.stream.partition("/")[2])
    if review is None or not review.consensus_pending or uow.case(Proposal, review.ref).state != State.SCORED:
        return None
    return uow.record(_recorded(uow, review, agreed=False))
