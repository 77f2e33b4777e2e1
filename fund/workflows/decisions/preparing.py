"""P13: the committee's file, made by the service when a review has closed: advice, rank in the round, money, who votes.

Source: lifecycle.md 4 (P13), 12.
"""

from __future__ import annotations

from fractions import Fraction

from fund.errors.proposals import NotImprovedYet
from fund.errors.reviews import ConsensusPending, DecisionIncomplete
from fund.events import Envelope
from fund.events.decisions import DecisionPrepared, DecisionRemarked
from fund.language import _
from fund.rules.valuation import free_to_commit
from fund.schemas.proposals import Proposal, Round
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.bodies import board
from fund.workflows.decisions.body import committee_of, look_at, matter_of, needs_the_board
from fund.workflows.decisions.typed import IMPROVE
from fund.workflows.proposals.access import rules_for
from fund.workflows.proposals.lifecycle import State


def ranking(snapshot: Snapshot, round_ref: str) -> list[tuple[str, Fraction]]:
    """The scored proposals of a round with their exact totals, best first; equal totals by date of submission, then
    ref.
    """
    gone = (State.WITHDRAWN, State.LAPSED)
    proposals = {each.ref: each for each in snapshot.briefs(Proposal, parent=round_ref) if each.state not in gone}
    reviews = snapshot.briefs(Review, states=("closed",), refs=tuple(proposals))
    scored = [
        (Fraction(each.brief["total"]), str(proposals[each.ref].brief["submitted_at"]), each.ref) for each in reviews
    ]
    return [(ref, total) for total, _submitted, ref in sorted(scored, key=lambda each: (-each[0], *each[1:]))]


def prepare(uow: UnitOfWork, *, ref: str, remark: str = "") -> Envelope:
    """The committee's file is complete: advice, rank in the round, money, who may vote.

    By the service when the review has closed and no consensus is asked; by a fund manager after a deferral, but for
    one to be improved: that comes back by the parties, and is scored first. While it is voted on a fund manager may
    add a remark; votes that were cast stay.

    Raises:
        NotImprovedYet: It was deferred to be improved.
        DecisionIncomplete: The file is there and nothing is added to it.
        ConsensusPending: The panel must agree first, or its term go by.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal = uow.case(Proposal, ref)
    step = uow.transition("decision prepare", proposal)
    if proposal.state == State.DECIDABLE:
        if not remark.strip():
            raise DecisionIncomplete(ref=ref, missing=_("a remark (--remark TEXT)"))
        uow.next_step = look_at(uow, ref)
        return step.record(DecisionRemarked(ref=ref, remark=remark.strip()))
    if proposal.state == State.DEFERRED and proposal.deferred_for == IMPROVE:
        raise NotImprovedYet(command="decision prepare", ref=ref, due_on=proposal.due_on)
    review = uow.case(Review, ref)
    assert review.revision_hash == proposal.revision_hash  # what is voted on is what the panel scored
    if review.consensus_pending and review.result is not None and review.consensus_until is not None:
        raise ConsensusPending(
            ref=ref, criteria=list(review.result.spread_criteria) or [_("the total")], until_at=review.consensus_until
        )
    before = uow.maybe(Decision, ref)
    rules, round_ = rules_for(uow, proposal), uow.case(Round, proposal.round)
    ranked = [each for each, _total in ranking(uow, proposal.round)]
    mandated = rules.tracks[proposal.track].mandated and not review.necessity
    necessity = not mandated and (review.necessity or needs_the_board(uow, proposal))
    body = committee_of(uow, proposal)
    fact = DecisionPrepared(
        ref=ref,
        round=proposal.round,
        session=(before.session if before else 0) + 1,
        advice=review.advice,
        total=review.total,
        rank=ranked.index(ref) + 1,
        of=len(ranked),
        ask_cents=proposal.ask_cents,
        ceiling_left_cents=round_.ceiling_left_cents,
        free_to_commit_cents=free_to_commit(uow.balances(), uow.regulations().buffer_cents),
        voters=() if mandated or necessity else tuple(sorted(body.voters)),
        barred=body.barred,
        mandated=mandated,
        two_thirds=two_thirds(uow, proposal, proposal.ask_cents),
        necessity=necessity,
        disclosed=dict(board(uow, matter_of(uow, proposal)).disclosed) if necessity else {},
        remark=remark,
    )
    prepared = step.record(fact)
    uow.next_step = f"fund decision decide {ref}" if mandated else f"fund decision vote {ref} --for"
    return prepared


def prepare_when_scored(uow: UnitOfWork, event: Envelope) -> Envelope | None:
    """After ``review.closed`` and ``review.consensus_recorded``: the file is made, unless the panel still has to
    agree.
    """
    proposal, review = uow.case(Proposal, event.fact.ref), uow.maybe(Review, event.fact.ref)
    if proposal.state != State.SCORED or review is None or review.state != "closed" or review.consensus_pending:
        return None
    return prepare(uow, ref=proposal.ref)


def two_thirds(snapshot: Snapshot, proposal: Proposal, cents: int) -> bool:
    """Whether an award of so much takes two thirds of the votes: by track, for a roll-out, from the threshold on."""
    rules = rules_for(snapshot, proposal)
    return (
        rules.tracks[proposal.track].two_thirds
        or proposal.sort == "rollout"
        or cents >= rules.committee.two_thirds_from_cents
    )
