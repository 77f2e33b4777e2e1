"""A later key lies before the full board: proposed from a file, voted on by the partners, adopted or rejected (K12)."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from fractions import Fraction
from math import ceil

from fund.dates import add_months
from fund.declarations import InputFile
from fund.errors.capital import (
    AlreadyVoted,
    FaultyKeyFile,
    KeyExists,
    KeyLeavesNothing,
    KeyReachesBack,
    NoActivePartners,
    NotTakingPart,
    UnknownVote,
)
from fund.errors.reviews import CommitteeQuorumNotMet
from fund.events import Envelope, canonical_json
from fund.events.capital import KeyAdopted, KeyProposed, KeyRejected, KeyVoteSealed
from fund.events.values import OpenedVote
from fund.rules.authority import NO_CASE
from fund.rules.keys import REVIEW_MONTHS, shares, year_of
from fund.rules.voting import ABSTAIN, Ballot, board_missing
from fund.schemas.capital import DistributionKey, Partner, members_of, parse_key
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.partners.founders import texts_of
from fund.workflows.partners.lifecycle import State
from fund.workflows.partners.reviewing import plan_review
from fund.workflows.reviews.seal import open_seals, put_under_seal, read_sealed

CHOICES = ("for", "against", "abstain")
VOTE = "vote"


def adopt_key(uow: UnitOfWork, *, file: InputFile) -> Envelope:
    """A key is put to the full board (K12): each active partner votes, two thirds adopt it.

    A key is reviewed once in five years; before that, it holds only when every active partner agrees.

    Args:
        file: The TOML file: name, family, from_on, and what its family needs.

    Raises:
        FaultyKeyFile: Not TOML, an unknown or missing field, an impossible value; with its place.
        KeyExists: The name is in use. KeyReachesBack: It would hold from a day before today.
        NoActivePartners, InhabitantsMissing: As they say.
    """
    name = file["name"]
    form = parse_key(file["content"], name)
    known = uow.maybe(DistributionKey, form.name)
    if known is not None:
        raise KeyExists(key=form.name, state=known.state)
    if form.from_on < uow.today:
        raise KeyReachesBack(key=form.name, from_on=form.from_on, today=uow.today)
    active = uow.cases(Partner, states=["active"])
    if not active:
        raise NoActivePartners(command="key adopt", count=0)
    try:
        divided = shares(
            form.family,
            members_of(active),
            reference_year=form.reference_year,
            base_bps=form.base_bps,
            fixed_bps=form.fixed_bps,
        )
    except KeyLeavesNothing as problem:
        raise FaultyKeyFile(file=name, place="fixed_bps", problem=str(problem)) from problem
    fact = KeyProposed(
        ref=form.name,
        family=form.family,
        reference_year=year_of(form.family, form.reference_year),
        base_bps=form.base_bps,
        fixed_bps=dict(form.fixed_bps),
        from_on=form.from_on,
        shares=texts_of(divided),
        early=_early(uow, form.from_on),
    )
    uow.next_step = f"fund decision vote {form.name} --for"
    return uow.begin("key adopt", DistributionKey, of=NO_CASE, ref=form.name).record(fact)


def _early(snapshot: Snapshot, from_on: date) -> bool:
    """Whether a key would hold within five years of the one that was adopted last."""
    adopted = [key.from_on for key in snapshot.cases(DistributionKey, states=[State.ADOPTED])]
    return bool(adopted) and from_on < add_months(max(adopted), REVIEW_MONTHS)


def vote_on_key(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """A partner has voted on a key that lies before the full board, under seal until the votes are opened.

    One vote per active partner, cast by a signatory, who may change it; with the last partner's vote the service opens
    them and the key is adopted or rejected.

    Args:
        choice: for, against or abstain.

    Raises:
        AlreadyVoted: Another signatory voted for the partner.
        UnknownVote, UnknownRef, NotTakingPart, TransitionNotAllowed, NotAuthorised: As they say.
    """
    key = uow.case(DistributionKey, ref)
    said = choice.strip().lower()
    if said not in CHOICES:
        raise UnknownVote(choice=choice, known=list(CHOICES), ref=ref, first=CHOICES[0])
    own = uow.maker.partner or ""
    active = _active(uow)
    if own and own not in active:
        gone = uow.case(Partner, own)
        raise NotTakingPart(command="decision vote", partner=own, state=gone.state, allowed="active")
    if key.state == State.PROPOSED and (own in key.votes or key.voted.get(own, uow.maker.user_id) != uow.maker.user_id):
        raise AlreadyVoted(partner=own, ref=ref)
    look = f"fund key show {ref}"
    step = uow.transition("decision vote", key)
    content = canonical_json({"choice": said, "reason": reason})
    committed = put_under_seal(uow, stream=key.stream, kind=VOTE, turn=1, content=content)
    fact = KeyVoteSealed(ref=ref, partner=own, commitment=committed)
    voted = step.record(fact, on_behalf_of=own or None)
    key = uow.case(DistributionKey, ref)
    present = _present(key, active)
    uow.result.update(votes=len(present), needed=_needed(key, active), active=len(active))
    uow.next_step = look
    if set(present) == set(active) and not uow.trial:
        outcome = _outcome(uow, key, active)
        settled = uow.record(outcome, cause=voted, reaction=f"partners.{outcome.wire.replace('.', '_')}")
        plan_review(uow, settled)
        open_seals(uow, stream=key.stream, kind=VOTE, turn=1)
    return voted


def decide_key(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The chair opens the votes on a key before every partner has voted: it is adopted or rejected.

    Adopted by two thirds of all active partners; within five years of the key before, by all of them. A trial opens no
    vote and shows what follows if it is adopted.

    Raises:
        CommitteeQuorumNotMet: Not more than half of the active partners have voted.
        UnknownRef, TransitionNotAllowed, NotAuthorised, SealBroken: As they say.
    """
    key = uow.case(DistributionKey, ref)
    look, active = f"fund key show {ref}", _active(uow)
    step = uow.transition("decision decide", key)
    ballots = [Ballot(partner, partner, "", ABSTAIN) for partner in _present(key, active)]
    missing = board_missing(
        len(active), ballots, conflicted=active
    )  # a key has no parties: all of them are in it alike
    if missing:
        raise CommitteeQuorumNotMet(ref=ref, missing="; ".join(each.describe() for each in missing), command=look)
    fact = _adopted(uow, key, ()) if uow.trial else _outcome(uow, key, active)
    decided = step.record(fact)
    plan_review(uow, decided)
    open_seals(uow, stream=key.stream, kind=VOTE, turn=1)
    uow.next_step = look
    return decided


def _active(snapshot: Snapshot) -> list[str]:
    return [partner.ref for partner in snapshot.cases(Partner, states=["active"])]


def _present(key: DistributionKey, active: Collection[str]) -> tuple[str, ...]:
    """The active partners that voted, openly or under seal."""
    return tuple(sorted({*key.votes, *key.voted} & set(active)))


def _needed(key: DistributionKey, active: Collection[str]) -> int:
    return len(active) if key.early else ceil(Fraction(2 * len(active), 3))


def _outcome(uow: UnitOfWork, key: DistributionKey, active: Collection[str]) -> KeyAdopted | KeyRejected:
    """What the votes say, opened."""
    partners = {person: partner for partner, person in key.voted.items() if partner in active}
    rows = read_sealed(uow, stream=key.stream, kind=VOTE, turn=1, commitments=key.commitments, whose=tuple(partners))
    votes = []
    for row in rows:
        said, partner = json.loads(row.content), uow.case(Partner, partners[row.actor])
        votes.append(OpenedVote(voter=row.actor, organisation=partner.ref, kind=partner.sort, salt=row.salt, **said))
    openly = [choice for partner, choice in key.votes.items() if partner in active]
    in_favour, needed = [*openly, *(vote.choice for vote in votes)].count("for"), _needed(key, active)
    uow.result.update(votes_for=in_favour)
    if in_favour >= needed:
        return _adopted(uow, key, tuple(votes))
    return KeyRejected(ref=key.ref, votes_for=in_favour, needed=needed, votes=tuple(votes))


def _adopted(snapshot: Snapshot, key: DistributionKey, votes: tuple[OpenedVote, ...]) -> KeyAdopted:
    return KeyAdopted(
        ref=key.ref,
        family=key.family,
        reference_year=key.reference_year,
        base_bps=key.base_bps,
        fixed_bps=dict(key.fixed_bps),
        from_on=max(key.from_on, snapshot.today),
        shares=dict(key.shares),
        votes=votes,
    )
