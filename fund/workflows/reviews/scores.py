"""P10: what a reviewer declares, and scores under seal. The closing opens them, in its own chapter.

Source: lifecycle.md 4 (P10), 12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fund.declarations import InputFile
from fund.errors.reviews import DeclarationMissing, NotAssigned, RevisionChanged, ScoreOpened
from fund.events import Envelope, Fact, canonical_json
from fund.events.reviews import ReviewDeclared, ReviewScored
from fund.rules.authority import COMMITTEE, Who
from fund.rules.scoring import rubric
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import Snapshot, Step, UnitOfWork
from fund.workflows.conflicts import parties_of, require_no_conflict, soft_of
from fund.workflows.reviews.panel import declare_conflict, judge_conflict
from fund.workflows.reviews.seal import put_under_seal
from fund.workflows.reviews.sheets import parse_scores
from fund.workflows.reviews.ties import rules_of

# --------------------------------------------------------------------------------------------------- P10: declaration


def declare(
    uow: UnitOfWork,
    *,
    ref: str,
    none: bool = False,
    grounds: list[str] | None = None,
    about: str | None = None,
    stays: bool | None = None,
    reason: str = "",
    hard: str | None = None,
) -> Envelope:
    """The reviewer who acts says, for this revision, that there is no conflict, or which possible one.

    Ties that the fund computes itself (same round, a cooperation with the lead) are added to what is declared.

    Args:
        hard: Instead: what only this person knows and what bars (family, a financial interest, ...); a member of the
            committee declares it too.
        about: Instead: chair and a member judge what this reviewer declared; ``stays`` and ``reason`` are their
            judgement.

    Raises:
        DeclarationMissing: Neither "none" nor a ground was said.
        NothingDeclared, ReasonMissing: When judging: as they say.
        UnknownGround: No such ground that bars.
        ConflictOfInterest, NotAssigned, RevisionChanged, TransitionNotAllowed, NotAuthorised: As they say.
    """
    if about is not None:
        return judge_conflict(uow, ref=ref, reviewer=about, stays=bool(stays), reason=reason)
    if hard is not None:
        return declare_conflict(uow, ref=ref, ground=hard)
    step, proposal, review = _assigned(uow, ref, "review declare", ReviewDeclared)
    uow.next_step = f"fund review score {ref} FILE"
    return _declare(step, proposal, review, none=none, grounds=grounds or [])


def second_of_declare(_view: Snapshot, args: Mapping[str, Any]) -> Who | None:
    """A judgement on somebody else's declaration takes two people of the committee; the own declaration one."""
    return COMMITTEE if args.get("about") else None


def _declare(step: Step, proposal: Proposal, review: Review, *, none: bool, grounds: Sequence[str]) -> Envelope:
    uow = step.uow
    said = [ground.strip() for ground in grounds if ground.strip()]
    if not none and not said:
        raise DeclarationMissing(actor=uow.maker.name, ref=proposal.ref, revision=proposal.revision_hash[:12])
    computed = [each.text for each in soft_of(uow, uow.maker, proposal, parties_of(uow, proposal))]
    fact = ReviewDeclared(
        ref=proposal.ref, revision_hash=review.revision_hash, grounds=tuple(dict.fromkeys((*computed, *said)))
    )
    return step.record(fact)


def _assigned(uow: UnitOfWork, ref: str, command: str, records: type[Fact]) -> tuple[Step, Proposal, Review]:
    """The step, the case and its review, for a member of the panel without a conflict, on the panel's revision."""
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    step = uow.transition(command, proposal, records=records)
    require_no_conflict(uow, uow.maker, proposal, command=command)
    assert review is not None
    if uow.maker.user_id not in review.reviewers:
        raise NotAssigned(actor=uow.maker.name, ref=ref)
    if review.revision_hash != proposal.revision_hash:
        raise RevisionChanged(ref=ref, found=proposal.revision_hash[:12], opened=review.revision_hash[:12])
    return step, proposal, review


# --------------------------------------------------------------------------------------------------------- P10: score


def score(
    uow: UnitOfWork, *, ref: str, file: InputFile, no_conflict: bool = False, grounds: list[str] | None = None
) -> Envelope:
    """The reviewer who acts has scored every criterion, under seal; a later score before the closing replaces it.

    Args:
        file: TOML: ``[scores]`` with a whole number from 0 to 4 by criterion, ``[abstain]`` with a reason by
            criterion, and perhaps ``declaration`` (``"none"`` or the grounds).
        no_conflict, grounds: The declaration, where the file and an earlier command hold none.

    Raises:
        FaultyScores: Every fault of the file, with its line.
        DeclarationMissing: No declaration for this revision.
        ScoreOpened: The own score was opened before; the review was reopened for others.
        ConflictOfInterest, NotAssigned, RevisionChanged, TransitionNotAllowed, NotAuthorised: As they say.
    """
    step, proposal, review = _assigned(uow, ref, "review score", ReviewScored)
    if uow.maker.user_id in review.opened:
        raise ScoreOpened(actor=uow.maker.name, ref=ref)
    lines = rubric(rules_of(uow, review), review.profile)
    given, declared = parse_scores(file["content"], lines, name=file["name"], ref=ref)
    if uow.maker.user_id not in review.declarations or no_conflict or grounds or declared is not None:
        none, said = no_conflict or declared == [], [*(grounds or []), *(declared or [])]
        declaring = uow.transition("review declare", proposal, records=ReviewDeclared)
        _declare(declaring, proposal, review, none=none, grounds=said)
    committed = put_under_seal(
        uow,
        stream=review.stream,
        kind="score",
        turn=review.turn,
        content=canonical_json({"scores": dict(given.scores), "abstained": dict(given.abstained)}),
    )
    fact = ReviewScored(ref=ref, revision_hash=review.revision_hash, turn=review.turn, commitment=committed)
    scored = step.record(fact)
    uow.result.update(sealed=committed[:12])
    uow.next_step = f"fund review show {ref}"
    return scored
