"""Resolutions: a body votes on a matter, and what was written in it happens in the transaction that decides it.

A chapter brings its matter before a body with :func:`propose` and says with :func:`carried` what a carried one brings
about: other instalments (R6), a refinancing (8), a new partner (K11), the winding-up of the fund (K5). Votes lie under
seal, as on a proposal. Source: lifecycle.md 4 (P26), 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Any

from fund.declarations import Place, found_at
from fund.events import Envelope
from fund.events.resolutions import ResolutionCarried, ResolutionLost, ResolutionProposed, ResolutionVoted
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, OWN_SIGNATORY, TREASURER, VOTERS, Guard
from fund.rules.regulations import Committee
from fund.rules.transitions import Transition, require_reason, state_after
from fund.rules.voting import FOR
from fund.schemas.proposals import Proposal
from fund.schemas.resolutions import Resolution, ResolutionDetail
from fund.unit_of_work import Projection, Snapshot, UnitOfWork
from fund.workflows.ballots import (
    after_vote,
    body_behind,
    cast_vote,
    close_votes,
    matter_behind,
    open_votes,
    require_quorum,
    waiting_in_body,
)
from fund.workflows.bodies import NOBODY, Body, Matter, board, deciders, require_decider
from fund.workflows.discretion import sees_votes
from fund.workflows.proposals.access import rules_for

IN_COMMITTEE, IN_BOARD = "committee", "board"
MATTERS = ("restructuring", "refinancing", "admission", "winding_up")
LOOK = "fund decision show {ref}"


class State(StrEnum):
    """Where a resolution stands."""

    PROPOSED = "proposed"
    CARRIED = "carried"
    LOST = "lost"
    SUPERSEDED = "superseded"


TRANSITIONS = (
    #          command            from            to              who    records
    Transition(
        "agreement refinance", None, State.PROPOSED, FUND_MANAGER, ResolutionProposed, second=LEAD_SIGNATORY, row="8"
    ),
    Transition(
        "agreement refinance",
        State.PROPOSED,
        State.SUPERSEDED,
        FUND_MANAGER,
        ResolutionProposed,
        second=LEAD_SIGNATORY,
        row="8",
    ),
    Transition("partner admit", None, State.PROPOSED, OWN_SIGNATORY, ResolutionProposed, second=CHAIR, row="K11"),
    Transition(
        "partner admit", State.PROPOSED, State.SUPERSEDED, OWN_SIGNATORY, ResolutionProposed, second=CHAIR, row="K11"
    ),
    Transition("decision vote", State.PROPOSED, State.PROPOSED, VOTERS, ResolutionVoted, row="P26"),
    Transition("decision decide", State.PROPOSED, State.CARRIED, CHAIR, ResolutionCarried, row="P26"),
    Transition("decision decide", State.PROPOSED, State.LOST, CHAIR, ResolutionLost, row="P26"),
    Transition("repayment restructure", None, State.PROPOSED, FUND_MANAGER, ResolutionProposed, row="R6"),
    Transition("repayment restructure", State.PROPOSED, State.SUPERSEDED, FUND_MANAGER, ResolutionProposed, row="R6"),
    Transition(
        "partner propose-settlement", None, State.PROPOSED, FUND_MANAGER, ResolutionProposed, second=TREASURER, row="K5"
    ),
    Transition(
        "partner propose-settlement",
        State.PROPOSED,
        State.SUPERSEDED,
        FUND_MANAGER,
        ResolutionProposed,
        second=TREASURER,
        row="K5",
    ),
)
"""A chapter that brings a matter before a body adds the two rows of its command: from nothing to proposed, and from
proposed to superseded."""


# ---------------------------------------------------------------------------------------------------------- the fold


def apply(case: Resolution | None, event: Envelope) -> Resolution | None:
    fact = event.fact
    if isinstance(fact, ResolutionProposed):
        if case is not None and fact.supersedes == case.ref:
            return case.replace(state=State.SUPERSEDED.value)
        told = {name: getattr(fact, name) for name in Resolution.model_fields if name in type(fact).model_fields}
        hands = tuple(person for person in (event.made_by, event.actor) if person)
        return Resolution(**told, state=State.PROPOSED.value, hands=hands)
    if case is None or event.stream != case.stream:
        return case
    if isinstance(fact, ResolutionVoted):
        return case.replace(commitments={**case.commitments, event.actor: fact.commitment})
    if isinstance(fact, (ResolutionCarried, ResolutionLost)):
        return case.replace(state=state_after(TRANSITIONS, case.state, fact), votes=dict(fact.votes))
    return case


# ------------------------------------------------------------------------------------------- what a matter brings about

CARRIED: Mapping[str, tuple[Place, Place]] = {
    "admission": (
        "fund.workflows.partners.admitting:still_as_voted", "fund.workflows.partners.admitting:admitted",
    ),
    "refinancing": (
        "fund.workflows.agreements.refinancing:still_so", "fund.workflows.agreements.refinancing:moved",
    ),
    "restructuring": (
        "fund.workflows.repayments.restructuring:still_possible",
        "fund.workflows.repayments.restructuring:restructured",
    ),
    "winding_up": ("fund.workflows.exits.winding_up:still_possible", "fund.workflows.exits.winding_up:wind_up"),
}  # fmt: skip
"""By matter, where two functions are. ``(uow, resolution)`` refuses by name what cannot happen any more, before a vote
is opened; ``(uow, resolution, decided)`` records what it brings about, by the fact that carried it."""


def propose(
    uow: UnitOfWork,
    *,
    command: str,
    matter: str,
    subject: str,
    terms: Mapping[str, Any],
    reason: str,
    body: str = IN_COMMITTEE,
    lead: str = "",
    parties: Iterable[str] = (),
    agreement: str = "",
    proposal: str = "",
    own: str | None = None,
    two_thirds: bool = False,
) -> Envelope:
    """A matter lies before a body. One that waits on the same matter and subject has lost its place to this one.

    Args:
        command: The words as typed; their row in :data:`TRANSITIONS` says who may.
        matter: One of :data:`MATTERS`.
        subject: The agreement or partner that it is about, or ``fund``.
        terms: All that would happen, as JSON without floats.
        body: ``committee`` (the full board where conflicts leave none), or ``board``: two thirds of all partners.
        lead, parties: Whose people do not judge it. own: The partner whose own matter it is.
        two_thirds: Whether the committee needs two thirds.

    Raises:
        ReasonMissing: Nobody said why.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    parties = tuple(parties)
    waits = uow.cases(Resolution, lookup=f"{matter}:{subject}", states=[State.PROPOSED])
    fact = ResolutionProposed(
        ref=uow.next_ref("resolution"),
        matter=matter,
        subject=subject,
        agreement=agreement,
        proposal=proposal,
        body=body,
        lead=lead,
        parties=parties,
        terms=dict(terms),
        reason=require_reason(command, reason),
        two_thirds=two_thirds,
        supersedes=waits[-1].ref if waits else "",
    )
    uow.next_step = f"fund decision vote {fact.ref} --for"
    whose = Guard(lead or None, None, parties, own=(own,) if own else ())
    return uow.begin(command, Resolution, of=whose, ref=subject).record(fact)


# ------------------------------------------------------------------------------------------------------------ voting


def _rules(snapshot: Snapshot, case: Resolution) -> Committee:
    """The numbers by which it is decided: of the proposal behind it, else of today."""
    behind = snapshot.maybe(Proposal, case.proposal) if case.proposal else None
    return (rules_for(snapshot, behind) if behind is not None else snapshot.regulations()).committee


def _body(snapshot: Snapshot, case: Resolution) -> Body:
    if case.body == IN_BOARD:
        return board(snapshot, Matter(NOBODY, signed=frozenset(case.hands)))
    return body_behind(
        snapshot,
        _rules(snapshot, case),
        proposal=case.proposal,
        agreement=case.agreement,
        lead=case.lead,
        parties=case.parties,
        prior_approvers=case.hands,
    )


def _matter(snapshot: Snapshot, case: Resolution) -> Matter:
    """What bears on who decides it: where the rules name the full board nobody is barred, as all are in it alike."""
    if case.body == IN_BOARD:
        return Matter(NOBODY)
    return matter_behind(snapshot, proposal=case.proposal, lead=case.lead, parties=case.parties)


def vote(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """Somebody of the body votes on a resolution, under seal until the decision; a later vote replaces an earlier one.

    Args:
        choice: ``for``, ``against`` or ``abstain``.

    Raises:
        UnknownVote, NotAVoter, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    case = uow.case(Resolution, ref)
    step = uow.transition("decision vote", case)
    body = _body(uow, case)
    commitment = cast_vote(
        uow,
        body,
        stream=case.stream,
        ref=ref,
        commitments=case.commitments,
        choice=choice,
        reason=reason,
        look=LOOK.format(ref=ref),
    )
    uow.result.update(sealed=commitment[:12])
    uow.next_step = after_vote(
        uow, _rules(uow, case), body, case.commitments, look=LOOK.format(ref=ref), decide=f"fund decision decide {ref}"
    )
    fact = ResolutionVoted(**_about(case), commitment=commitment)
    return step.record(fact)


def decide(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The votes are opened: what the resolution holds happens now, or nothing does.

    In the committee by majority, or by two thirds where the matter asks it; where the rules name the full board, by
    two thirds of all active partners. A tie loses. A trial opens no vote and shows what follows if it is carried.

    Raises:
        CommitteeQuorumNotMet: Too few votes.
        NotAVoter: A conflict that bars, or this person reviewed what is behind it. DeputyNotNeeded: The chair may.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, SealBroken: As they say; and whatever the
            chapter of the matter refuses.
    """
    case = uow.case(Resolution, ref)
    step = uow.transition("decision decide", case)
    matter, look = _matter(uow, case), LOOK.format(ref=ref)
    require_decider(uow, uow.maker, matter, command="decision decide", ref=ref, look=look, prior_approvers=case.hands)
    body = _body(uow, case)
    require_quorum(_rules(uow, case), body, case.commitments, ref=ref)
    guard, carry_out = map(found_at, CARRIED[case.matter])
    guard(uow, case)
    opened = open_votes(uow, body, stream=case.stream, commitments=case.commitments, two_thirds=case.two_thirds)
    said, agreed = dict(opened.said), opened.carried
    if case.body == IN_BOARD:
        said["necessity"] = False
        in_favour = list(said["votes"].values()).count(FOR)
        agreed = uow.trial or in_favour >= ceil(2 * body.board_size / 3)
    uow.next_step = LOOK.format(ref=ref)
    decided = step.record((ResolutionCarried if agreed else ResolutionLost)(**_about(case), **said))
    close_votes(uow, case.stream)
    uow.result.update(ref=ref, matter=case.matter, subject=case.subject, carried=agreed)
    if agreed:
        carry_out(uow, case, decided)
    return decided


def _about(case: Resolution) -> dict[str, Any]:
    return {name: getattr(case, name) for name in ("ref", "matter", "subject", "agreement", "proposal")}


# ----------------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class WaitingResolution:
    """A resolution that waits for votes (user ids of those who have not voted), or for who decides it (user ids)."""

    case: Resolution
    not_voted: tuple[str, ...]
    ready: bool
    deciders: tuple[str, ...]


def waiting_resolutions(snapshot: Snapshot) -> list[WaitingResolution]:
    """The resolutions that lie before a body, with who must vote or decide."""
    return [
        WaitingResolution(
            case,
            *waiting_in_body(_rules(snapshot, case), _body(snapshot, case), case.commitments),
            deciders(snapshot, _matter(snapshot, case), prior_approvers=case.hands),
        )
        for case in snapshot.cases(Resolution, states=[State.PROPOSED])
    ]


def show(snapshot: Snapshot, case: Resolution) -> ResolutionDetail:
    """A resolution: what it would bring about, who votes and has, and what came of it; votes once they are open, for
    those who may know who voted what.
    """
    body = _body(snapshot, case)
    waits, ready = waiting_in_body(_rules(snapshot, case), body, case.commitments)
    return {
        "ref": case.ref,
        "matter": case.matter,
        "subject": case.subject,
        "state": case.state,
        "reason": case.reason,
        "terms": dict(case.terms),
        "body": IN_BOARD if body.is_board else IN_COMMITTEE,
        "two_thirds": case.two_thirds or body.is_board,
        "voted": [snapshot.name(person) for person in sorted(case.commitments)],
        "waiting": [snapshot.name(person) for person in waits] if case.state == State.PROPOSED else [],
        "ready": ready and case.state == State.PROPOSED,
        "votes": [
            {"voter": snapshot.name(person), "choice": choice}
            for person, choice in (sorted(case.votes.items()) if sees_votes(snapshot, case.proposal) else ())
        ],
    }


def guard(_snapshot: Snapshot, case: Resolution, _row: Transition) -> Guard:
    """The parties that it names; who proposed it has no vote on it and does not decide it."""
    return Guard(case.lead or None, None, case.parties, prior_approvers=case.hands, show=LOOK.format(ref=case.ref))


PROJECTIONS = {"resolution": Projection(Resolution, apply, TRANSITIONS, guard)}
