"""A vote of a body on anything but a proposal or a key: who votes, the vote under seal, the opening.

Write-offs, large amendments and resolutions are voted alike (lifecycle.md 4, P26: A3, R6, W3, K11, refinancing); each
chapter says what is decided and records its own facts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fund.errors.capital import UnknownVote
from fund.errors.reviews import CommitteeQuorumNotMet
from fund.events import canonical_json
from fund.rules.conflicts import CaseParties
from fund.rules.regulations import Committee
from fund.rules.voting import ABSTAIN, AGAINST, CARRIED, FOR
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.bodies import (
    SIGNING,
    Body,
    Matter,
    board,
    committee,
    missing_of,
    needs_the_board,
    outcome_of,
    require_voter,
    reviewers_of,
    waiting_in,
)
from fund.workflows.conflicts import parties_of
from fund.workflows.reviews.seal import open_seals, put_under_seal, read_sealed

CHOICES = (FOR, AGAINST, ABSTAIN)
VOTE = "vote"
TURN = 1


def matter_behind(
    snapshot: Snapshot, *, proposal: str, lead: str, parties: Collection[str], judged_by: Collection[str] = ()
) -> Matter:
    """What follows from a proposal, as far as it bears on who may vote or decide: its conflicts, those of everybody
    whom the matter itself names as a party, and whoever reviewed it, in whatever turn.
    """
    behind, review = snapshot.maybe(Proposal, proposal), snapshot.maybe(Review, proposal)
    around = parties_of(snapshot, behind) if behind is not None else CaseParties(lead)
    others = frozenset((*parties, lead)) - {around.lead, ""}
    around = replace(around, beneficiaries=around.beneficiaries | others)
    return Matter(around, frozenset((*reviewers_of(review), *judged_by)))


def body_behind(
    snapshot: Snapshot,
    rules: Committee,
    *,
    proposal: str,
    agreement: str = "",
    lead: str,
    parties: Collection[str],
    prior_approvers: Collection[str] = (),
    judged_by: Collection[str] = (),
) -> Body:
    """Who votes on what follows from a proposal: the committee, or the full board where conflicts leave no committee.

    Barred is whom :func:`matter_behind` names; in the full board also who signed proposal or agreement for a party.

    Args:
        lead, parties: Whose matter it is; of a refinancing also the parties of the agreement that is relieved.
        prior_approvers: Who made the matter (user ids): in the full board they leave the vote to another signatory.
        judged_by: Who judged what the matter rests on (user ids), besides the reviewers: G7 d.
    """
    matter = matter_behind(snapshot, proposal=proposal, lead=lead, parties=parties, judged_by=judged_by)
    if not needs_the_board(snapshot, rules, matter):
        return committee(snapshot, matter)
    streams = (f"proposal/{proposal}", *((f"agreement/{agreement}",) if agreement else ()))
    facts = [each for stream in streams for each in snapshot.store.facts.of_stream(stream)]
    signed = frozenset((*prior_approvers, *(each.actor for each in facts if each.type in SIGNING)))
    return board(snapshot, replace(matter, signed=signed))


def cast_vote(
    uow: UnitOfWork,
    body: Body,
    *,
    stream: str,
    ref: str,
    commitments: Mapping[str, str],
    choice: str,
    reason: str,
    look: str,
) -> str:
    """The vote of the one who acts lies under seal; the commitment to it. A later vote of the same person replaces it.

    Args:
        look: The command that shows the matter, for who has no vote on it.

    Raises:
        UnknownVote: Another word than for, against, abstain.
        NotAVoter: Barred, not of the body, or somebody else voted for the same seat or partner.
    """
    if choice not in CHOICES:
        raise UnknownVote(choice=choice, known=list(CHOICES), ref=ref, first=CHOICES[0])
    require_voter(uow, body, commitments, ref=ref, look=look)
    content = canonical_json({"choice": choice, "reason": reason})
    return put_under_seal(uow, stream=stream, kind=VOTE, turn=TURN, content=content)


def after_vote(
    uow: UnitOfWork, rules: Committee, body: Body, commitments: Mapping[str, str], *, look: str, decide: str
) -> str:
    """The next step after a vote of the one who acts: to decide once enough have voted, to look how far it is before.

    Args:
        commitments: Of the votes before this one.
    """
    missing = missing_of(rules, body, body.ballots({**commitments, uow.maker.user_id: ""}))
    return look if missing else decide


def require_quorum(rules: Committee, body: Body, commitments: Mapping[str, str], *, ref: str) -> None:
    """Nothing, when enough have voted to decide.

    Raises:
        CommitteeQuorumNotMet: Too few votes or kinds of organisation, or not more than half of the free seats.
    """
    missing = missing_of(rules, body, body.ballots(commitments))
    if missing:
        lacks = "; ".join(each.describe() for each in missing)
        raise CommitteeQuorumNotMet(ref=ref, missing=lacks, command=f"fund decision vote {ref} --choice for")


@dataclass(frozen=True, slots=True)
class Opened:
    """Votes that were opened: whether the matter is carried, and what the fact that opens them says."""

    carried: bool
    said: dict[str, Any]
    """``votes``, ``salts``, ``reasons`` (by user id), ``two_thirds``, ``necessity``, ``disclosed``."""


def open_votes(uow: UnitOfWork, body: Body, *, stream: str, commitments: Mapping[str, str], two_thirds: bool) -> Opened:
    """The votes that count, held against their seals. A trial opens none and shows what follows if it is carried.

    Raises:
        SealBroken: What is kept is not what was committed to.
    """
    counting = () if uow.trial else body.counting(commitments)
    rows = read_sealed(uow, stream=stream, kind=VOTE, turn=TURN, commitments=commitments, whose=counting)
    read = {row.actor: json.loads(row.content) for row in rows}
    ballots = [replace(body.voters[person], choice=said["choice"]) for person, said in read.items()]
    asked = body.is_board or two_thirds
    said = {
        "votes": {person: each["choice"] for person, each in read.items()},
        "salts": {row.actor: row.salt for row in rows},
        "reasons": {person: each["reason"] for person, each in read.items()},
        "two_thirds": asked,
        "necessity": body.is_board,
        "disclosed": dict(body.disclosed),
    }
    return Opened(uow.trial or outcome_of(body, ballots, two_thirds=asked) == CARRIED, said)


def close_votes(uow: UnitOfWork, stream: str) -> None:
    """The votes stand in a fact now: what is kept of them apart is marked as opened."""
    open_seals(uow, stream=stream, kind=VOTE, turn=TURN)


def waiting_in_body(rules: Committee, body: Body, commitments: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """Who has not voted yet (user ids), and whether enough have."""
    return waiting_in(body, commitments), not missing_of(rules, body, body.ballots(commitments))
