"""The life of an amendment on which somebody else has the word: its table, and how its facts are folded."""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope
from fund.events.amendments import AmendmentAgreed, AmendmentProposed, AmendmentRefused, AmendmentVoted
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, OWN_SIGNATORY, VOTERS
from fund.schemas.agreements import Amendment
from fund.unit_of_work import Life
from fund.workflows.lifecycle import Transition, state_after

__all__ = ["LIVES", "AMENDMENTS", "COMMITTEE_HAS_IT", "NEW_LEAD_HAS_IT", "AmendmentState", "amendment_after"]


class AmendmentState(StrEnum):
    """Where an amendment stands on which somebody else has the word."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


S = AmendmentState
COMMITTEE_HAS_IT, NEW_LEAD_HAS_IT = "committee", "new_lead"
AMENDMENTS = (
    #          command              from        to          who             records
    Transition("agreement amend", None, S.PROPOSED, FUND_MANAGER, AmendmentProposed, second=LEAD_SIGNATORY, row="A3"),
    Transition(
        "agreement amend", S.PROPOSED, S.SUPERSEDED, FUND_MANAGER, AmendmentProposed, second=LEAD_SIGNATORY, row="A3"
    ),
    Transition("decision vote", S.PROPOSED, S.PROPOSED, VOTERS, AmendmentVoted, row="P26"),
    Transition("agreement decide", S.PROPOSED, S.AGREED, CHAIR, AmendmentAgreed, row="A3"),
    Transition("agreement decide", S.PROPOSED, S.REFUSED, CHAIR, AmendmentRefused, row="A3"),
    Transition("agreement sign", S.PROPOSED, S.AGREED, OWN_SIGNATORY, AmendmentAgreed, row="A3"),
)


def amendment_after(case: Amendment | None, happened: Envelope) -> Amendment | None:
    """The amendment after a fact."""
    fact = happened.fact
    if isinstance(fact, AmendmentProposed):
        if case is not None and fact.supersedes == case.ref:
            return case.but(state=S.SUPERSEDED)
        told = {name: getattr(fact, name) for name in Amendment.model_fields if name in type(fact).model_fields}
        hands = tuple(person for person in (happened.made_by, happened.actor) if person)
        return Amendment(**told, state=state_after(AMENDMENTS, None, fact), hands=hands)
    if case is None or happened.stream != case.stream:
        return case
    if isinstance(fact, AmendmentVoted):
        return case.but(commitments={**case.commitments, happened.actor: fact.commitment})
    if isinstance(fact, (AmendmentAgreed, AmendmentRefused)):
        return case.but(state=state_after(AMENDMENTS, case.state, fact))
    return case


LIVES = {"amendment": Life(Amendment, amendment_after, AMENDMENTS)}
