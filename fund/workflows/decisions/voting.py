"""Votes under seal: who may, on what, until when, and where votes on other matters go.

A vote may be changed: the later one takes its place, each is a fact with a commitment of its own, and the last is
opened. That ends when the chair opens the votes. A decision that is refused after the opening (a reason is missing,
no money is left) has shown the chair what the votes say; so from there on nobody votes on it any more, while there are
enough votes to decide by. Source: lifecycle.md 4 (P26), 12.
"""

from __future__ import annotations

from fund.errors.capital import UnknownVote
from fund.errors.reviews import NotAVoter, UnknownMatter, VotingOver
from fund.events import Envelope, canonical_json
from fund.events.decisions import DecisionVoted
from fund.events.founding import CommandRefused
from fund.language import _
from fund.rules.voting import ABSTAIN, AGAINST, FOR
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.bodies import require_voter
from fund.workflows.decisions.body import LOOK, body_of, missing_of
from fund.workflows.reviews.seal import put_under_seal

CHOICES = (FOR, AGAINST, ABSTAIN)
OBJECTION_CHOICES = ("uphold", "reopen", ABSTAIN)
BEFORE_OPENING = (
    "transition_not_allowed", "not_authorised", "conflict_of_interest", "not_a_voter", "deputy_not_needed",
    "same_hands", "deferred_before", "committee_quorum_not_met",
)  # fmt: skip
"""Refusals of ``decision decide`` that came before a vote was opened; every other one came after."""
BEGINNINGS = ("decision.prepared", "decision.reopened")
"""With these facts a vote begins anew."""


def vote(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """Whoever acts has voted on a matter of a body; on a proposal under seal until the decision.

    A distribution key is voted on by the full board, a write-off by the committee: their own chapters take those votes.

    Args:
        choice: for, against or abstain; on an objection uphold, reopen or abstain.

    Raises:
        UnknownMatter: Nothing of that name is voted on.
        UnknownVote: Another word.
        NotAVoter: Barred by a conflict, a reviewer of it, not of the body, or somebody else voted for the same seat or
            partner; with the ground.
        VotingOver: The chair opened the votes.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal = uow.maybe(Proposal, ref)
    if proposal is None:
        return _vote_elsewhere(uow, ref=ref, choice=choice, reason=reason)
    decision = uow.maybe(Decision, ref)
    step = uow.transition("decision vote", proposal)
    assert decision is not None
    choices = OBJECTION_CHOICES if decision.state == "objected" else CHOICES
    if choice not in choices:
        raise UnknownVote(choice=choice, known=list(choices), ref=ref, first=choices[0])
    _require_vote(uow, proposal, decision)
    content = canonical_json({"choice": choice, "reason": reason})
    committed = put_under_seal(uow, stream=decision.stream, kind="vote", turn=decision.session, content=content)
    fact = DecisionVoted(ref=ref, session=decision.session, commitment=committed)
    voted = step.record(fact)
    uow.result.update(sealed=committed[:12])
    uow.next_step = f"fund decision show {ref}"
    return voted


def _require_vote(uow: UnitOfWork, proposal: Proposal, decision: Decision) -> None:
    body = body_of(uow, proposal, decision)
    if decision.prepared is not None and decision.prepared.mandated and decision.state != "objected":
        ground = _("a fund manager and a committee member decide this track, without a vote")
        raise NotAVoter(actor=uow.maker.name, ref=proposal.ref, ground=ground, look=LOOK.format(ref=proposal.ref))
    require_voter(uow, body, decision.voted, ref=proposal.ref, look=LOOK.format(ref=proposal.ref))
    if decision.state == "decidable" and not missing_of(uow, proposal, body, body.ballots(decision.voted)):
        opened = _opened_by(uow, proposal)
        if opened is not None:
            raise VotingOver(
                actor=uow.maker.name, ref=proposal.ref, chair=uow.name(opened.actor), at=opened.recorded_at
            )


def _opened_by(snapshot: Snapshot, proposal: Proposal) -> Envelope | None:
    """The refused decision by which the chair saw what the votes say, where there was one since the vote began."""
    began = [event.seq for event in snapshot.history(proposal) if event.type in BEGINNINGS]
    for event in list(snapshot.store.facts.of_types((CommandRefused.wire,), since_seq=max(began, default=0))):
        fact = event.fact
        mine = isinstance(fact, CommandRefused) and (fact.command, fact.subject) == ("decision decide", proposal.ref)
        if mine and getattr(fact, "code", "") not in BEFORE_OPENING:
            return event
    return None


def _vote_elsewhere(uow: UnitOfWork, *, ref: str, choice: str, reason: str) -> Envelope:
    """A vote on what is no proposal, by the chapter that owns it."""
    from fund.schemas.agreements import Amendment
    from fund.schemas.capital import DistributionKey
    from fund.schemas.resolutions import Resolution
    from fund.schemas.writeoffs import Writeoff

    if uow.maybe(DistributionKey, ref) is not None:
        from fund.workflows.partners.keys import vote_on_key

        return vote_on_key(uow, ref=ref, choice=choice, reason=reason)
    if uow.maybe(Writeoff, ref) is not None:
        from fund.workflows.writeoffs.deciding import vote as vote_on_writeoff

        if choice not in CHOICES:
            raise UnknownVote(choice=choice, known=list(CHOICES), ref=ref, first=CHOICES[0])
        return vote_on_writeoff(uow, ref=ref, choice=choice, reason=reason)
    if uow.maybe(Amendment, ref) is not None:
        from fund.workflows.agreements.deciding_amendments import vote as vote_on_amendment

        if choice not in CHOICES:
            raise UnknownVote(choice=choice, known=list(CHOICES), ref=ref, first=CHOICES[0])
        return vote_on_amendment(uow, ref=ref, choice=choice, reason=reason)
    if uow.maybe(Resolution, ref) is not None:
        from fund.workflows.resolutions import vote as vote_on_resolution

        return vote_on_resolution(uow, ref=ref, choice=choice, reason=reason)
    raise UnknownMatter(ref=ref)
