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
from fund.rules.authority import CHAIR, FUND_MANAGER, PARTY_SIGNATORY, REVIEWER, SYSTEM, either
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.unit_of_work import Life, View
from fund.workflows.lifecycle import Transition, state_after

__all__ = ["LIVES", "PEERS", "TRANSITIONS", "State", "evaluation_after", "mean", "rules_of"]

PEERS = 2


class State(StrEnum):
    """Where an evaluation stands."""

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
    Transition("evaluation submit", State.DUE, State.SUBMITTED, WRITER, EvaluationSubmitted),
    Transition("evaluation peer-review", State.SUBMITTED, State.PEER_REVIEWED, REVIEWER, EvaluationPeerReviewed),
    Transition("evaluation accept", State.PEER_REVIEWED, State.ACCEPTED, CHAIR, EvaluationAccepted),
    Transition("evaluation return", BEFORE_ACCEPTED, State.DUE, CHAIR, EvaluationReturned),
    Transition("evaluation publish", State.ACCEPTED, State.PUBLISHED, SYSTEM, EvaluationPublished),
    Transition("agreement terminate", WAIVABLE, State.WAIVED, FUND_MANAGER, EvaluationWaived, second=CHAIR, row="A6"),
    Transition("evaluation invite", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonInvited, row="8"),
    Transition("evaluation announce", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonAnnounced, row="8"),
    Transition("evaluation expire", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonExpired, row="8"),
)


def rules_of(view: View, case: Evaluation) -> Regulations:
    """The regulations that the agreement was made under."""
    agreement = view.maybe(Agreement, case.ref)
    return view.regulations_named(agreement.terms.regulations if agreement is not None else "")


def evaluation_after(case: Evaluation | None, happened: Envelope) -> Evaluation | None:
    """The evaluation after a fact. Pure."""
    fact = happened.fact
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
        return case.but(lead=fact.lead, co_applicants=others)
    if isinstance(fact, MilestoneReplanned):
        waits = case.state == State.DUE and not case.fell_due and fact.ends_on is not None
        return case.but(due_on=fact.ends_on) if waits else case
    if happened.stream != case.stream:
        return case
    return _judged(case, happened)


def _judged(case: Evaluation, happened: Envelope) -> Evaluation:
    """What its own facts make of it."""
    fact = happened.fact
    state = state_after(TRANSITIONS, case.state, fact)
    if isinstance(fact, EvaluationFellDue):
        return case.but(state=state, due_on=fact.due_on, fell_due=True)
    if isinstance(fact, EvaluationSubmitted):
        return case.but(
            state=state, hypothesis=fact.hypothesis, verdict=fact.verdict, learned=fact.learned, lessons=fact.lessons,
            hands=(happened.actor,),
        )  # fmt: skip
    if isinstance(fact, EvaluationPeerReviewed):
        peers = {**case.peers, happened.actor: fact.learning}
        if len(peers) < PEERS:
            return case.but(peers=peers)
        return case.but(state=state, peers=peers, learning=str(mean(peers)))
    if isinstance(fact, EvaluationAccepted):
        return case.but(state=state, learning=fact.learning, good_result=fact.good_result)
    if isinstance(fact, EvaluationReturned):
        again = {} if fact.due_on is None else {"due_on": fact.due_on, "fell_due": True}
        judged = tuple(dict.fromkeys((*case.judged_before, *case.peers)))
        return case.but(
            state=state, returned=case.returned + 1, judged_before=judged, peers={}, learning="", **again
        )  # fmt: skip
    if isinstance(fact, EvaluationWaived):
        return case.but(state=state)
    if isinstance(fact, EvaluationPublished):
        return case.but(state=state, published_on=happened.effective_on)
    if isinstance(fact, FollowonInvited):
        return case.but(state=state, followon_until=fact.expires_on)
    if isinstance(fact, FollowonAnnounced):
        return case.but(followon_announced=(*case.followon_announced, fact.days_left))
    if isinstance(fact, FollowonExpired):
        return case.but(followon_expired=True)
    return case


def mean(peers: Mapping[str, int]) -> Fraction:
    """The quality of learning: the exact mean of what the peers gave."""
    return Fraction(sum(peers.values()), len(peers))


LIVES = {"evaluation": Life(Evaluation, evaluation_after, TRANSITIONS)}
