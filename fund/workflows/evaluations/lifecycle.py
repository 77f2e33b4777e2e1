"""The lifecycle table of evaluations and what follows them, and how their facts are folded."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

from fund.events import Envelope
from fund.events.agreements import AgreementActivated, AgreementLeadChanged, MilestoneReplanned
from fund.events.evaluations import (
    EvaluationAccepted,
    EvaluationFellDue,
    EvaluationPeerReviewed,
    EvaluationPublished,
    EvaluationReturned,
    EvaluationSubmitted,
    EvaluationWaived,
    FollowonAnnounced,
    FollowonExpired,
    FollowonInvited,
)
from fund.rules.authority import CHAIR, FUND_MANAGER, PARTY_SIGNATORY, REVIEWER, SYSTEM, Guard, either
from fund.rules.regulations import Regulations
from fund.rules.transitions import Transition, state_after
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.unit_of_work import Projection, Snapshot

PEERS = 2


class State(StrEnum):
    """The states of an evaluation."""

    DUE = "due"
    SUBMITTED = "submitted"
    PEER_REVIEWED = "peer_reviewed"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    WAIVED = "waived"


WRITER = either(PARTY_SIGNATORY, FUND_MANAGER)
BEFORE_ACCEPTED = (State.SUBMITTED, State.PEER_REVIEWED)
WAIVABLE = (State.DUE, *BEFORE_ACCEPTED)

TRANSITIONS = (
    Transition("evaluation plan", None, State.DUE, SYSTEM, AgreementActivated, row="P20"),
    Transition("evaluation fall-due", State.DUE, State.DUE, SYSTEM, EvaluationFellDue),
    Transition("evaluation submit", State.DUE, State.SUBMITTED, WRITER, EvaluationSubmitted, may_repeat=True),
    Transition("evaluation peer-review", State.SUBMITTED, State.PEER_REVIEWED, REVIEWER, EvaluationPeerReviewed),
    Transition("evaluation accept", State.PEER_REVIEWED, State.ACCEPTED, CHAIR, EvaluationAccepted),
    Transition("evaluation return", BEFORE_ACCEPTED, State.DUE, CHAIR, EvaluationReturned, may_repeat=True),
    Transition("evaluation publish", State.ACCEPTED, State.PUBLISHED, SYSTEM, EvaluationPublished),
    Transition(
        "agreement terminate",
        WAIVABLE,
        State.WAIVED,
        FUND_MANAGER,
        EvaluationWaived,
        second=CHAIR,
        may_repeat=True,
        row="A6",
    ),
    Transition("evaluation invite", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonInvited, row="8"),
    Transition("evaluation announce", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonAnnounced, row="8"),
    Transition("evaluation expire", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonExpired, row="8"),
)


def rules_of(snapshot: Snapshot, case: Evaluation) -> Regulations:
    """The regulations that the agreement was made under."""
    agreement = snapshot.maybe(Agreement, case.ref)
    return snapshot.regulations_named(agreement.terms.regulations if agreement is not None else "")


def apply(case: Evaluation | None, event: Envelope) -> Evaluation | None:
    """The evaluation after a fact. Pure."""
    fact = event.fact
    if isinstance(fact, AgreementActivated):
        if case is not None:
            return case
        parties = tuple(dict.fromkeys((fact.lead, *fact.co_applicants, *fact.beneficiaries)))
        return Evaluation(
            ref=fact.ref,
            state=State.DUE,
            proposal=fact.proposal,
            lead=fact.lead,
            co_applicants=fact.co_applicants,
            parties=parties,
            due_on=fact.evaluation_due_on,
        )
    if case is None:
        return None
    if isinstance(fact, AgreementLeadChanged):
        others = tuple(party for party in dict.fromkeys((case.lead, *case.co_applicants)) if party != fact.lead)
        return case.replace(lead=fact.lead, co_applicants=others)
    if isinstance(fact, MilestoneReplanned):
        waits = case.state == State.DUE and not case.fell_due and fact.ends_on is not None
        return case.replace(due_on=fact.ends_on) if waits else case
    if event.stream != case.stream:
        return case
    return _judged(case, event)


def _judged(case: Evaluation, event: Envelope) -> Evaluation:
    """What its own facts make of it."""
    fact = event.fact
    state = state_after(TRANSITIONS, case.state, fact)
    if isinstance(fact, EvaluationFellDue):
        return case.replace(state=state, due_on=fact.due_on, fell_due=True)
    if isinstance(fact, EvaluationSubmitted):
        return case.replace(
            state=state, hypothesis=fact.hypothesis, verdict=fact.verdict, learned=fact.learned, lessons=fact.lessons,
            hands=(event.actor,),
        )  # fmt: skip
    if isinstance(fact, EvaluationPeerReviewed):
        peers = {**case.peers, event.actor: fact.learning}
        if len(peers) < PEERS:
            return case.replace(peers=peers)
        return case.replace(state=state, peers=peers, learning=str(mean(peers)))
    if isinstance(fact, EvaluationAccepted):
        return case.replace(state=state, learning=fact.learning, good_result=fact.good_result)
    if isinstance(fact, EvaluationReturned):
        again = {} if fact.due_on is None else {"due_on": fact.due_on, "fell_due": True}
        judged = tuple(dict.fromkeys((*case.judged_before, *case.peers)))
        return case.replace(
            state=state, returned=case.returned + 1, judged_before=judged, peers={}, learning="", **again
        )  # fmt: skip
    if isinstance(fact, EvaluationWaived):
        return case.replace(state=state)
    if isinstance(fact, EvaluationPublished):
        return case.replace(state=state, published_on=event.effective_on)
    if isinstance(fact, FollowonInvited):
        return case.replace(state=state, followon_until=fact.expires_on)
    if isinstance(fact, FollowonAnnounced):
        return case.replace(followon_announced=(*case.followon_announced, fact.days_left))
    if isinstance(fact, FollowonExpired):
        return case.replace(followon_expired=True)
    return case


def mean(peers: Mapping[str, int]) -> Fraction:
    """The quality of learning: the exact mean of what the peers gave."""
    return Fraction(sum(peers.values()), len(peers))


def guard(_snapshot: Snapshot, case: Evaluation, row: Transition) -> Guard:
    """The parties of the agreement; who wrote it does not judge it, nor does a peer accept it (G7 a).

    A peer who judges twice is refused by the use case, which says what they gave before.
    """
    peers = () if row.records is EvaluationPeerReviewed else case.peers
    prior, show = (*case.hands, *peers), f"fund evaluation show {case.ref}"
    return Guard(case.lead, case.applicants, case.parties, prior_approvers=prior, show=show)


PROJECTIONS = {"evaluation": Projection(Evaluation, apply, TRANSITIONS, guard)}
