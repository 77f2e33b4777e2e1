"""The life of an amendment on which somebody else has the word: its table, and how its facts are folded."""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope
from fund.events.amendments import AmendmentAgreed, AmendmentProposed, AmendmentRefused, AmendmentVoted
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, OWN_SIGNATORY, VOTERS
from fund.rules.transitions import Transition, state_after
from fund.schemas.agreements import Amendment
from fund.unit_of_work import Projection


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


def amendment_after(case: Amendment | None, event: Envelope) -> Amendment | None:
    """The amendment after a fact."""
    fact = event.fact
    if isinstance(fact, AmendmentProposed):
        if case is not None and fact.supersedes == case.ref:
            return case.replace(state=S.SUPERSEDED)
        told = {name: getattr(fact, name) for name in Amendment.model_fields if name in type(fact).model_fields}
        hands = tuple(person for person in (event.made_by, event.actor) if person)
        return Amendment(**told, state=state_after(AMENDMENTS, None, fact), hands=hands)
    if case is None or event.stream != case.stream:
        return case
    if isinstance(fact, AmendmentVoted):
        return case.replace(commitments={**case.commitments, event.actor: fact.commitment})
    if isinstance(fact, (AmendmentAgreed, AmendmentRefused)):
        return case.replace(state=state_after(AMENDMENTS, case.state, fact))
    return case


PROJECTIONS = {"amendment": Projection(Amendment, amendment_after, AMENDMENTS)}
