"""The panel: proposed by the service, opened by a fund manager, topped up, and left by whoever steps back.

Source: lifecycle.md 4 (P9, P10 recuse, P23), 12 (quorum, conflicts, rule of necessity).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from fund.dates import end_of_day
from fund.errors import (
    AlreadyAssigned,
    NecessityNotNeeded,
    NotAssigned,
    NotEligibleReviewer,
    NothingDeclared,
    PanelTooSmall,
    QuorumNotFeasible,
    RoundNotClosed,
)
from fund.events import (
    Envelope,
    PanelSeat,
    ReviewConflictDecided,
    ReviewerAssigned,
    ReviewerRecused,
    ReviewOpened,
    ReviewPanelProposed,
    ReviewScoreExcluded,
)
from fund.glossary import state_word
from fund.language import N_, _
from fund.rules.authority import Role, require_other_hands
from fund.rules.regulations import Quorum, Regulations
from fund.rules.scoring import EXPERIMENT, EXTERNAL, NECESSITY_EXTERNALS, ROLLOUT, Missing, assigned_missing
from fund.schemas.proposals import Proposal, Round
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.lifecycle import carry, check, require_reason
from fund.workflows.proposals import TRANSITIONS, State, rules_for
from fund.workflows.reviews.ties import Candidate, candidates, require_no_conflict, seat_of, voters_on

__all__ = [
    "assign",
    "judge_conflict",
    "missing_text",
    "open_review",
    "propose_panel",
    "recuse",
    "rules_of",
    "seat_panel",
]

LOOK = "fund review show {ref}"


def missing_text(missing: Sequence[Missing]) -> str:
    """What is missing, in the language in use."""
    return "; ".join(each.describe() for each in missing)


# ---------------------------------------------------------------------------------------------------- who is proposed


def seat_panel(
    ref: str, quorum: Quorum, free: Sequence[Candidate], *, kept: Sequence[PanelSeat] = (), necessity: bool = False
) -> tuple[PanelSeat, ...]:
    """A panel out of those who are free: the externals that the quorum asks first, then the kind that sits least.

    Within a kind: whose organisation does not sit yet, who would lose no vote, who has nothing to declare, who has the
    fewest open reviews; what is left is settled by the ids of proposal and person. Nothing is drawn by lot. Pure.

    Args:
        kept: Seats that stand already (the panel of an earlier turn).
    """
    panel = list(kept)
    size = max(quorum.assigned, NECESSITY_EXTERNALS) if necessity else quorum.assigned
    waiting = [each for each in free if each.seat.reviewer not in {seat.reviewer for seat in panel}]
    if necessity:
        waiting = [each for each in waiting if each.seat.kind == EXTERNAL]

    def rank(each: Candidate) -> tuple[object, ...]:
        external = sum(1 for seat in panel if seat.kind == EXTERNAL)
        needed = external < quorum.external and each.seat.kind == EXTERNAL
        return (
            not needed,
            sum(1 for seat in panel if seat.kind == each.seat.kind),
            sum(1 for seat in panel if seat.organisation is not None and seat.organisation == each.seat.organisation),
            each.committee,
            len(each.seat.soft) > 0,
            each.seat.load,
            hashlib.sha256(f"{ref}/{each.seat.reviewer}".encode()).hexdigest(),
        )

    while waiting and len(panel) < size:
        best = min(waiting, key=rank)
        waiting.remove(best)
        panel.append(best.seat)
    return tuple(panel)


def propose_panel(uow: UnitOfWork, happened: Envelope) -> Envelope | None:
    """After ``proposal.found_eligible``: conflicts are computed and a panel is proposed, balanced over kinds and load.

    After a deferral the panel of the first time is proposed again, as far as it is still free of conflicts.
    """
    proposal = uow.case(Proposal, happened.fact.ref)
    if proposal.state != State.ELIGIBLE:
        return None
    review = uow.maybe(Review, proposal.ref)
    if review is not None and review.state == "open":
        return None
    quorum = rules_for(uow, proposal).tracks[proposal.track].quorum
    free, barred = candidates(uow, proposal)
    kept = _still_free(review, free)
    panel = seat_panel(proposal.ref, quorum, free, kept=kept)
    fact = ReviewPanelProposed(
        ref=proposal.ref,
        panel=panel,
        barred={reviewer: conflict.text for reviewer, conflict in sorted(barred.items())},
        feasible=not assigned_missing(quorum, [seat_of(each.seat) for each in free]),
    )
    if review is not None and (review.proposed, review.state) == (panel, "proposed"):
        return None
    return uow.record(fact)


def _still_free(review: Review | None, free: Sequence[Candidate]) -> tuple[PanelSeat, ...]:
    if review is None or not review.turn:
        return ()
    now = {each.seat.reviewer: each.seat for each in free}
    return tuple(now[seat.reviewer] for seat in review.panel if seat.reviewer in now)


# ---------------------------------------------------------------------------------------------------------- P9: open


def open_review(uow: UnitOfWork, *, ref: str, reviewers: list[str] | None = None, necessity: bool = False) -> Envelope:
    """The panel may read and score; rubric, quorum and revision are fixed from here.

    Args:
        reviewers: Names of the panel, its chair first; default: the proposed panel.
        necessity: Nobody free of conflicts can make the quorum: at least three external reviewers advise, bindingly on
            gates, and the full board decides (section 12).

    Raises:
        RoundNotClosed: The round still takes proposals.
        QuorumNotFeasible: Without conflicts there is no quorum; the hint is the rule of necessity.
        NecessityNotNeeded: There is a quorum without conflicts.
        PanelTooSmall: The named reviewers are not enough.
        ConflictOfInterest, NotEligibleReviewer, UnknownUser, TransitionNotAllowed, NotAuthorised: As they say.

    Source: lifecycle.md 4 (P9).
    """
    proposal = uow.case(Proposal, ref)
    look = LOOK.format(ref=ref)
    check(uow, TRANSITIONS, "review open", proposal, lead=proposal.lead, parties=proposal.parties, look=look)
    _require_closed_round(uow, proposal)
    rules = rules_for(uow, proposal)
    quorum = rules.tracks[proposal.track].quorum
    free, _barred = candidates(uow, proposal)
    _require_feasible(ref, quorum, free, necessity=necessity)
    review = uow.maybe(Review, ref)
    if reviewers:
        panel = tuple(_named_seat(uow, proposal, name, free, command="review open") for name in reviewers)
    else:
        now = {each.seat.reviewer for each in free}
        proposed = review.proposed if review is not None else ()
        if necessity or not proposed or any(seat.reviewer not in now for seat in proposed):
            proposed = seat_panel(ref, quorum, free, kept=_still_free(review, free), necessity=necessity)
        if assigned_missing(quorum, [seat_of(seat) for seat in proposed]) and not necessity:
            proposed = seat_panel(ref, quorum, free)
        panel = proposed
    missing = assigned_missing(quorum, [seat_of(seat) for seat in panel], necessity=necessity)
    if missing:
        raise PanelTooSmall(ref=ref, missing=missing_text(missing))
    closes_at = end_of_day(uow.today + timedelta(days=rules.terms.review_days))
    opened = carry(
        uow,
        TRANSITIONS,
        "review open",
        proposal,
        ReviewOpened(
            ref=ref,
            revision_hash=proposal.revision_hash,
            regulations=rules.version,
            track=proposal.track,
            profile=ROLLOUT if proposal.sort == "rollout" else EXPERIMENT,
            panel=panel,
            necessity=necessity,
            closes_at=closes_at,
            reviewed_before=_reviewed(review),
        ),
        lead=proposal.lead,
        parties=proposal.parties,
        look=look,
    )
    uow.set_timer(
        "review.close", f"review/{ref}", closes_at, cause=opened, name=str((review.turn if review else 0) + 1)
    )
    uow.result.update(panel=[uow.name(seat.reviewer) for seat in panel], closes_at=closes_at.isoformat())
    uow.next_step = f"fund --as {uow.name(panel[0].reviewer)} review score {ref} FILE"
    return opened


def _reviewed(review: Review | None) -> tuple[str, ...]:
    """Everybody whose score counted so far, in whatever turn."""
    if review is None:
        return ()
    last = () if review.result is None else tuple(each.reviewer for each in review.result.scores)
    return tuple(sorted({*review.reviewed_before, *last}))


def _require_closed_round(view: View, proposal: Proposal) -> None:
    """By score, proposals of a round are read beside each other; in order of arrival each is read when it comes."""
    round_ = view.case(Round, proposal.round)
    again = view.maybe(Decision, proposal.ref)
    if round_.allocation == "score" and round_.state in ("planned", "open") and again is None:
        raise RoundNotClosed(
            ref=proposal.ref, round=round_.ref, state=state_word("round", round_.state), closes_at=round_.closes_at
        )


def _require_feasible(ref: str, quorum: Quorum, free: Sequence[Candidate], *, necessity: bool) -> None:
    seats = [seat_of(each.seat) for each in free]
    missing = assigned_missing(quorum, seats)
    external = sum(1 for seat in seats if seat.kind == EXTERNAL)
    if missing and not (necessity and external >= NECESSITY_EXTERNALS):
        raise QuorumNotFeasible(ref=ref, missing=missing_text(missing), free=len(seats), external=external)
    if necessity and not missing:
        raise NecessityNotNeeded(ref=ref, free=len(seats), needed=quorum.assigned)


def _named_seat(
    uow: UnitOfWork, proposal: Proposal, name: str, free: Sequence[Candidate], *, command: str
) -> PanelSeat:
    """The seat of a named reviewer, who is one and has no hard conflict."""
    actor = uow.user(name)
    if not actor.has(Role.REVIEWER):
        raise NotEligibleReviewer(user=actor.name, ref=proposal.ref, ground=_(N_("not a reviewer")))
    require_no_conflict(uow, actor, proposal, command=command)
    earlier = _(N_("voted on this proposal"))
    require_other_hands(actor, voters_on(uow, proposal), command=command, ref=proposal.ref, earlier=earlier)
    return next(each.seat for each in free if each.seat.reviewer == actor.user_id)


# ----------------------------------------------------------------------------------------------------- P23: top up


def assign(uow: UnitOfWork, *, ref: str, reviewer: str, replaces: str | None = None) -> Envelope:
    """A reviewer joins the panel; with ``replaces`` in the place of another, whose score no longer counts.

    Raises:
        AlreadyAssigned, NotAssigned: The one who joins sits already, or the one who leaves does not.
        ConflictOfInterest, NotEligibleReviewer, UnknownUser, TransitionNotAllowed, NotAuthorised: As they say.

    Source: lifecycle.md 4 (P23).
    """
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    look = LOOK.format(ref=ref)
    check(uow, TRANSITIONS, "review assign", proposal, lead=proposal.lead, parties=proposal.parties, look=look)
    assert review is not None
    free, _barred = candidates(uow, proposal)
    seat = _named_seat(uow, proposal, reviewer, free, command="review assign")
    if seat.reviewer in review.reviewers:
        raise AlreadyAssigned(user=uow.name(seat.reviewer), ref=ref)
    leaves = uow.user(replaces).user_id if replaces else None
    if leaves is not None and leaves not in review.reviewers:
        raise NotAssigned(actor=uow.name(leaves), ref=ref)
    fact = ReviewerAssigned(ref=ref, seat=seat, replaces=leaves)
    assigned = carry(
        uow, TRANSITIONS, "review assign", proposal, fact, lead=proposal.lead, parties=proposal.parties, look=look
    )
    if leaves is not None and leaves in review.scored:
        uow.record(
            ReviewScoreExcluded(ref=ref, reviewer=leaves, ground="replaced"), cause=assigned, reaction="reviews.exclude"
        )
    uow.next_step = f"fund --as {uow.name(seat.reviewer)} review score {ref} FILE"
    return assigned


# --------------------------------------------------------------------------------------------------- P10: step back


def recuse(uow: UnitOfWork, *, ref: str, reason: str) -> Envelope:
    """The reviewer who acts steps back; what was scored no longer counts, the record stays.

    Raises:
        NotAssigned, ReasonMissing, TransitionNotAllowed, NotAuthorised: As they say.

    Source: lifecycle.md 4 (P10), 12.
    """
    require_reason("review recuse", reason)
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    look = LOOK.format(ref=ref)
    check(uow, TRANSITIONS, "review recuse", proposal, lead=proposal.lead, parties=proposal.parties, look=look)
    assert review is not None
    own = uow.maker.user_id
    if own not in review.reviewers:
        raise NotAssigned(actor=uow.maker.name, ref=ref)
    fact = ReviewerRecused(ref=ref, reason=reason)
    recused = carry(
        uow, TRANSITIONS, "review recuse", proposal, fact, lead=proposal.lead, parties=proposal.parties, look=look
    )
    if own in review.scored:
        uow.record(
            ReviewScoreExcluded(ref=ref, reviewer=own, ground="recused"), cause=recused, reaction="reviews.exclude"
        )
    uow.next_step = f"fund review show {ref}"
    return recused


def judge_conflict(uow: UnitOfWork, *, ref: str, reviewer: str, stays: bool, reason: str) -> Envelope:
    """A possible conflict that a reviewer declared is judged by the chair and a member: the reviewer stays, or leaves.

    What a reviewer who leaves has scored no longer counts. Nobody judges the own declaration (G7 a).

    Raises:
        NotAssigned, NothingDeclared, ReasonMissing: As they say.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.

    Source: lifecycle.md 12 (conflict, soft).
    """
    require_reason("review declare", reason)
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    look, lead, parties = LOOK.format(ref=ref), proposal.lead, proposal.parties
    command = "review declare"
    check(uow, TRANSITIONS, command, proposal, records=ReviewConflictDecided, lead=lead, parties=parties, look=look)
    assert review is not None
    about = uow.user(reviewer)
    if about.user_id not in review.reviewers:
        raise NotAssigned(actor=about.name, ref=ref)
    grounds = review.declarations.get(about.user_id, ())
    if not grounds:
        raise NothingDeclared(reviewer=about.name, ref=ref)
    for person in (uow.maker, uow.confirmer or uow.maker):
        require_other_hands(person, (about.user_id,), command=command, ref=ref, earlier=_(N_("the own declaration")))
    fact = ReviewConflictDecided(ref=ref, reviewer=about.user_id, grounds=grounds, stays=stays, reason=reason)
    decided = carry(uow, TRANSITIONS, command, proposal, fact, lead=lead, parties=parties, look=look)
    if not stays and about.user_id in review.scored:
        excluded = ReviewScoreExcluded(ref=ref, reviewer=about.user_id, ground="conflict")
        uow.record(excluded, cause=decided, reaction="reviews.exclude")
    uow.next_step = f"fund review show {ref}"
    return decided


def rules_of(view: View, review: Review) -> Regulations:
    """The regulations whose rubric and quorum were fixed when the review opened.

    Raises:
        UnknownRegulations: They are not among those adopted.
    """
    from fund.errors import UnknownRegulations
    from fund.schemas.people import RegulationsFile

    adopted = view.maybe(RegulationsFile, review.regulations)
    if adopted is None:
        raise UnknownRegulations(ref=review.ref, version=review.regulations)
    return adopted.regulations
