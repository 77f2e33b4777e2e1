"""The panel: proposed by the service, opened by a fund manager, topped up, and left by whoever steps back.

Source: lifecycle.md 4 (P9, P10 recuse, P23), 12 (quorum, conflicts, rule of necessity).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fund.dates import end_of_day
from fund.errors.reviews import (
    AlreadyAssigned,
    NecessityNotNeeded,
    NotAssigned,
    NotEligibleReviewer,
    NothingDeclared,
    PanelTooSmall,
    QuorumNotFeasible,
    RoundNotClosed,
    UnknownGround,
)
from fund.events import Envelope
from fund.events.reviews import (
    ReviewConflictDecided,
    ReviewConflictDeclared,
    ReviewerAssigned,
    ReviewerRecused,
    ReviewOpened,
    ReviewPanelProposed,
    ReviewScoreExcluded,
)
from fund.events.values import PanelSeat
from fund.language import _
from fund.rules.authority import Role, require_other_hands
from fund.rules.conflicts import DECLARABLE
from fund.rules.regulations import Quorum
from fund.rules.scoring import EXPERIMENT, EXTERNAL, NECESSITY_EXTERNALS, ROLLOUT, assigned_missing
from fund.rules.transitions import require_reason
from fund.schemas.proposals import Proposal, Round
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.conflicts import require_no_conflict
from fund.workflows.proposals.access import rules_for
from fund.workflows.proposals.lifecycle import State
from fund.workflows.reviews.barring import REACTION, bar
from fund.workflows.reviews.late import settle
from fund.workflows.reviews.seating import seat_panel
from fund.workflows.reviews.ties import Candidate, candidates, missing_text, seat_of, voters_on

# ---------------------------------------------------------------------------------------------------- who is proposed


def propose_panel(uow: UnitOfWork, event: Envelope) -> Envelope | None:
    """After ``proposal.found_eligible``: conflicts are computed and a panel is proposed, balanced over kinds and load.

    After a deferral the panel of the first time is proposed again, as far as it is still free of conflicts.
    """
    proposal = uow.case(Proposal, event.fact.ref)
    if proposal.state != State.ELIGIBLE:
        return None
    review = uow.maybe(Review, proposal.ref)
    if review is not None and review.state == "open":
        return None
    quorum = rules_for(uow, proposal).tracks[proposal.track].quorum
    free, barred = candidates(uow, proposal)
    kept = _still_free(review, free)
    seated = seat_panel(proposal.ref, quorum, free, kept=kept)
    fact = ReviewPanelProposed(
        ref=proposal.ref,
        panel=seated.panel,
        barred={reviewer: conflict.text for reviewer, conflict in sorted(barred.items())},
        feasible=not assigned_missing(quorum, [seat_of(each.seat) for each in free]),
        chosen=dict(sorted(seated.chosen.items())),
        passed_over=dict(sorted(seated.passed_over.items())),
    )
    if review is not None and (review.proposed, review.state) == (seated.panel, "proposed"):
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
        AlreadyAssigned: One person was named twice.
        ConflictOfInterest, NotEligibleReviewer, UnknownUser, TransitionNotAllowed, NotAuthorised: As they say.

    Source: lifecycle.md 4 (P9).
    """
    proposal = uow.case(Proposal, ref)
    step = uow.transition("review open", proposal)
    _require_closed_round(uow, proposal)
    rules = rules_for(uow, proposal)
    quorum = rules.tracks[proposal.track].quorum
    free, _barred = candidates(uow, proposal)
    _require_feasible(ref, quorum, free, necessity=necessity)
    review = uow.maybe(Review, ref)
    if reviewers:
        panel = tuple(_named_seat(uow, proposal, name, free, command="review open") for name in reviewers)
        for place, seat in enumerate(panel):
            if seat.reviewer in {earlier.reviewer for earlier in panel[:place]}:
                raise AlreadyAssigned(user=uow.name(seat.reviewer), ref=ref)
    else:
        panel = _proposed_panel(ref, review, quorum, free, necessity=necessity)
    missing = assigned_missing(quorum, [seat_of(seat) for seat in panel], necessity=necessity)
    if missing:
        raise PanelTooSmall(ref=ref, missing=missing_text(missing))
    closes_at = end_of_day(uow.today + timedelta(days=rules.terms.review_days))
    opened = step.record(
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
        )
    )
    uow.set_timer(
        "review.close", f"review/{ref}", closes_at, cause=opened, name=str((review.turn if review else 0) + 1)
    )
    uow.result.update(panel=[uow.name(seat.reviewer) for seat in panel], closes_at=closes_at.isoformat())
    uow.next_step = f"fund --as {uow.name(panel[0].reviewer)} review score {ref} FILE"
    return opened


def _reviewed(review: Review | None) -> tuple[str, ...]:
    """Everybody whose score was opened so far, in whatever turn."""
    return () if review is None else tuple(sorted({*review.reviewed_before, *review.opened}))


def _proposed_panel(
    ref: str, review: Review | None, quorum: Quorum, free: Sequence[Candidate], *, necessity: bool
) -> tuple[PanelSeat, ...]:
    """The panel that the service proposed, with load and ties of today; another where somebody of it is not free any
    more, or nobody was proposed.
    """
    now = {each.seat.reviewer: each.seat for each in free}
    proposed = review.proposed if review is not None else ()
    if necessity:
        return seat_panel(ref, quorum, free, kept=_still_free(review, free), necessity=True).panel
    if not proposed or any(seat.reviewer not in now for seat in proposed):
        proposed = seat_panel(ref, quorum, free, kept=_still_free(review, free)).panel
    if assigned_missing(quorum, [seat_of(seat) for seat in proposed]):
        return seat_panel(ref, quorum, free).panel
    return tuple(now[seat.reviewer] for seat in proposed)


def _require_closed_round(snapshot: Snapshot, proposal: Proposal) -> None:
    """By score, proposals of a round are read beside each other; in order of arrival each is read when it comes."""
    round_ = snapshot.case(Round, proposal.round)
    again = snapshot.maybe(Decision, proposal.ref)
    if round_.allocation == "score" and round_.state in ("planned", "open") and again is None:
        raise RoundNotClosed(ref=proposal.ref, round=round_.ref, state=round_.state, closes_at=round_.closes_at)


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
        raise NotEligibleReviewer(user=actor.name, ref=proposal.ref, ground=_("not a reviewer"))
    require_no_conflict(uow, actor, proposal, command=command)
    earlier = _("voted on this proposal")
    require_other_hands(actor, voters_on(uow, proposal), command=command, ref=proposal.ref, earlier=earlier)
    return next(each.seat for each in free if each.seat.reviewer == actor.user_id)


# ----------------------------------------------------------------------------------------------------- P23: top up


def assign(uow: UnitOfWork, *, ref: str, reviewer: str, replaces: str | None = None) -> Envelope:
    """A reviewer joins the panel; with ``replaces`` in the place of another, whose score no longer counts.

    Raises:
        AlreadyAssigned, NotAssigned: The one who joins sits already, or the one who leaves does not.
        NotEligibleReviewer: No reviewer; or chair and member judged that this person leaves, or the score was opened
            before, and cannot be given again.
        ConflictOfInterest, UnknownUser, TransitionNotAllowed, NotAuthorised: As they say.

    Source: lifecycle.md 4 (P23).
    """
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    step = uow.transition("review assign", proposal)
    assert review is not None
    free, _barred = candidates(uow, proposal)
    seat = _named_seat(uow, proposal, reviewer, free, command="review assign")
    if seat.reviewer in review.reviewers:
        raise AlreadyAssigned(user=uow.name(seat.reviewer), ref=ref)
    _require_not_gone(uow, review, seat.reviewer)
    leaves = uow.user(replaces).user_id if replaces else None
    if leaves is not None and leaves not in review.reviewers:
        raise NotAssigned(actor=uow.name(leaves), ref=ref)
    fact = ReviewerAssigned(ref=ref, seat=seat, replaces=leaves)
    assigned = step.record(fact)
    if leaves is not None and leaves in review.scored:
        uow.record(ReviewScoreExcluded(ref=ref, reviewer=leaves, ground="replaced"), cause=assigned, reaction=REACTION)
    uow.next_step = f"fund --as {uow.name(seat.reviewer)} review score {ref} FILE"
    return assigned


def _require_not_gone(snapshot: Snapshot, review: Review, reviewer: str) -> None:
    """Nothing, when this person may sit in the panel again; stepping back or being replaced is undone by it.

    Raises:
        NotEligibleReviewer: Chair and member judged otherwise, or nothing more can be scored.
    """
    ground = ""
    if review.judged.get(reviewer) is False:
        ground = _("the chair and a member judged that this conflict bars")
    elif reviewer in review.opened:
        ground = _("the own score was opened before")
    if ground:
        raise NotEligibleReviewer(user=snapshot.name(reviewer), ref=review.ref, ground=ground)


# --------------------------------------------------------------------------------------------------- P10: step back


def recuse(uow: UnitOfWork, *, ref: str, reason: str) -> Envelope:
    """The reviewer who acts steps back; what was scored no longer counts, the record stays.

    Raises:
        NotAssigned, ReasonMissing, TransitionNotAllowed, NotAuthorised: As they say.

    Source: lifecycle.md 4 (P10), 12.
    """
    reason = require_reason("review recuse", reason)
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    step = uow.transition("review recuse", proposal)
    assert review is not None
    own = uow.maker.user_id
    if own not in review.reviewers:
        raise NotAssigned(actor=uow.maker.name, ref=ref)
    fact = ReviewerRecused(ref=ref, reason=reason)
    recused = step.record(fact)
    if own in review.scored:
        uow.record(ReviewScoreExcluded(ref=ref, reviewer=own, ground="recused"), cause=recused, reaction=REACTION)
    uow.next_step = f"fund review show {ref}"
    return recused


def judge_conflict(uow: UnitOfWork, *, ref: str, reviewer: str, stays: bool, reason: str) -> Envelope:
    """A possible conflict that a reviewer declared is judged by the chair and a member: the reviewer stays, or leaves.

    What a reviewer who leaves has scored no longer counts, also when the scores were opened: until the decision the
    figures are made anew. Whom nobody judged stays. Nobody judges the own declaration (G7 a).

    Raises:
        NotAssigned, NothingDeclared, ReasonMissing: As they say.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.

    Source: lifecycle.md 12 (conflict, soft).
    """
    reason = require_reason("review declare", reason)
    proposal, review = uow.case(Proposal, ref), uow.maybe(Review, ref)
    command = "review declare"
    step = uow.transition(command, proposal, records=ReviewConflictDecided)
    assert review is not None
    about = uow.user(reviewer)
    if about.user_id not in review.reviewers:
        raise NotAssigned(actor=about.name, ref=ref)
    grounds = review.declarations.get(about.user_id, ())
    if not grounds:
        raise NothingDeclared(reviewer=about.name, ref=ref)
    for person in (uow.maker, uow.confirmer or uow.maker):
        require_other_hands(person, (about.user_id,), command=command, ref=ref, earlier=_("the own declaration"))
    fact = ReviewConflictDecided(ref=ref, reviewer=about.user_id, grounds=grounds, stays=stays, reason=reason)
    decided = step.record(fact)
    if not stays and about.user_id in review.scored:
        excluded = ReviewScoreExcluded(ref=ref, reviewer=about.user_id, ground="conflict")
        uow.record(excluded, cause=decided, reaction=REACTION)
        settle(uow, ref, cause=decided)
    uow.next_step = f"fund review show {ref}"
    return decided


def declare_conflict(uow: UnitOfWork, *, ref: str, ground: str) -> Envelope:
    """The person who acts declares what only this person knows, and has no part in the case from here on.

    It bars: nobody decides otherwise, and a score or vote given before does not count. The ground is kept as a code,
    never a story about people.

    Args:
        ground: supplier, person, family, financial or manager.

    Raises:
        UnknownGround: Another word.
        UnknownRef: Nothing was proposed for this case yet.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.

    Source: lifecycle.md 12 (conflict, hard; declared per proposal and revision).
    """
    if ground not in DECLARABLE:
        raise UnknownGround(ground=ground, known=[str(each) for each in DECLARABLE], ref=ref)
    proposal, review = uow.case(Proposal, ref), uow.case(Review, ref)
    fact = ReviewConflictDeclared(ref=ref, revision_hash=proposal.revision_hash, ground=ground)
    declared = uow.transition("review declare", proposal).record(fact)
    bar(uow, proposal, review, uow.maker.user_id, ground, cause=declared)
    settle(uow, ref, cause=declared)
    uow.next_step = "fund inbox"
    return declared
