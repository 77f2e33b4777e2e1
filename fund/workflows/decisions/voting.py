"""Votes under seal: who may, on what, and where votes on other matters go.

Source: lifecycle.md 4 (P26), 12.
"""

from __future__ import annotations

from fund.errors import NotAVoter, UnknownMatter, UnknownVote
from fund.events import DecisionVoted, Envelope, canonical_json
from fund.language import N_, _
from fund.rules.authority import COMMITTEE, require
from fund.rules.voting import ABSTAIN, AGAINST, FOR
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision
from fund.unit_of_work import UnitOfWork
from fund.workflows.decisions.body import LOOK, body_of, ground_text
from fund.workflows.lifecycle import carry, check
from fund.workflows.proposals import TRANSITIONS
from fund.workflows.reviews import put_under_seal

__all__ = ["vote"]

CHOICES = (FOR, AGAINST, ABSTAIN)
OBJECTION_CHOICES = ("uphold", "reopen", ABSTAIN)


def vote(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """Whoever acts has voted on a matter of a body; on a proposal under seal until the decision.

    A distribution key is voted on by the full board, a write-off by the committee: their own chapters take those votes.

    Args:
        choice: for, against or abstain; on an objection uphold, reopen or abstain.

    Raises:
        UnknownMatter: Nothing of that name is voted on.
        UnknownVote: Another word.
        NotAVoter: Barred by a conflict, a reviewer of it, or not of the body; with the ground.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal = uow.maybe(Proposal, ref)
    if proposal is None:
        return _vote_elsewhere(uow, ref=ref, choice=choice, reason=reason)
    decision = uow.maybe(Decision, ref)
    look = LOOK.format(ref=ref)
    check(uow, TRANSITIONS, "decision vote", proposal, lead=proposal.lead, parties=proposal.parties, look=look)
    assert decision is not None
    choices = OBJECTION_CHOICES if decision.state == "objected" else CHOICES
    if choice not in choices:
        raise UnknownVote(choice=choice, known=list(choices), ref=ref, first=choices[0])
    _require_vote(uow, proposal, decision)
    content = canonical_json({"choice": choice, "reason": reason})
    committed = put_under_seal(uow, stream=decision.stream, kind="vote", turn=decision.session, content=content)
    fact = DecisionVoted(ref=ref, session=decision.session, commitment=committed)
    voted = carry(
        uow, TRANSITIONS, "decision vote", proposal, fact, lead=proposal.lead, parties=proposal.parties, look=look
    )
    uow.result.update(sealed=committed[:12])
    uow.next_step = f"fund decision show {ref}"
    return voted


def _require_vote(uow: UnitOfWork, proposal: Proposal, decision: Decision) -> None:
    own = uow.maker.user_id
    body = body_of(uow, proposal, decision)
    if decision.prepared is not None and decision.prepared.mandated and decision.state != "objected":
        ground = _(N_("a fund manager and a committee member decide this track, without a vote"))
        raise NotAVoter(actor=uow.maker.name, ref=proposal.ref, ground=ground)
    if own not in body.voters:
        barred = body.barred.get(own)
        ground = ground_text(barred) if barred else _(N_("has no seat in the body that decides"))
        raise NotAVoter(actor=uow.maker.name, ref=proposal.ref, ground=ground)
    if body.is_board:
        others = [each for each in decision.voted if each != own and each in body.voters]
        if any(body.voters[each].organisation == body.voters[own].organisation for each in others):
            ground = _(N_("somebody else voted for {partner}")).format(partner=body.voters[own].organisation)
            raise NotAVoter(actor=uow.maker.name, ref=proposal.ref, ground=ground)


def _vote_elsewhere(uow: UnitOfWork, *, ref: str, choice: str, reason: str) -> Envelope:
    """A vote on what is no proposal, by the chapter that owns it."""
    from fund.schemas.capital import DistributionKey
    from fund.schemas.writeoffs import Writeoff

    if uow.maybe(DistributionKey, ref) is not None:
        from fund.workflows.partners import vote_on_key

        return vote_on_key(uow, ref=ref, choice=choice)
    if uow.maybe(Writeoff, ref) is not None:
        from fund.workflows.writeoffs import vote as vote_on_writeoff

        require(uow.maker, COMMITTEE, command="decision vote", ref=ref)
        if choice not in CHOICES:
            raise UnknownVote(choice=choice, known=list(CHOICES), ref=ref, first=CHOICES[0])
        return vote_on_writeoff(uow, ref=ref, choice=choice, reason=reason)
    raise UnknownMatter(ref=ref)
