"""The life of a distribution key as a table, and how the facts of partners and keys are folded."""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope, KeyAdopted, KeyProposed, KeyRejected, KeyVoted, PartnerAdmitted
from fund.rules.authority import FUND_MANAGER, OWN_SIGNATORY
from fund.schemas.capital import DistributionKey, Partner
from fund.workflows.lifecycle import Transition, state_after

__all__ = ["KEY_TRANSITIONS", "PARTNER_TRANSITIONS", "PartnerState", "State", "key_after", "partner_after"]


class State(StrEnum):
    """Where a key is in its life."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    REJECTED = "rejected"


KEY_TRANSITIONS = (
    Transition("partner import", None, State.ADOPTED, FUND_MANAGER, KeyAdopted, row="K12"),
    Transition("key adopt", None, State.PROPOSED, FUND_MANAGER, KeyProposed, row="K12"),
    Transition("decision vote", State.PROPOSED, State.PROPOSED, OWN_SIGNATORY, KeyVoted, row="K12"),
    Transition("decision vote", State.PROPOSED, State.ADOPTED, OWN_SIGNATORY, KeyAdopted, row="K12"),
    Transition("decision vote", State.PROPOSED, State.REJECTED, OWN_SIGNATORY, KeyRejected, row="K12"),
)
"""The founding key comes with the founders."""


class PartnerState(StrEnum):
    """Where a partner stands: those imported before the first call are founders, active at once."""

    ACTIVE = "active"


PARTNER_TRANSITIONS = (Transition("partner import", None, PartnerState.ACTIVE, FUND_MANAGER, PartnerAdmitted, row="9"),)


def partner_after(case: Partner | None, happened: Envelope) -> Partner | None:
    """The partner after a fact."""
    fact = happened.fact
    if isinstance(fact, PartnerAdmitted):
        return Partner(
            ref=fact.ref,
            state=state_after(PARTNER_TRANSITIONS, None, fact),
            name=fact.name,
            short_name=fact.short_name,
            sort=fact.sort,
            size_class=fact.size_class,
            region=fact.region,
            inhabitants=fact.inhabitants,
            inhabitants_year=fact.inhabitants_year,
            joined_on=fact.joined_on,
            founder=fact.founder,
        )
    return case


def key_after(case: DistributionKey | None, happened: Envelope) -> DistributionKey | None:
    """The distribution key after a fact: proposed, its votes, adopted or rejected."""
    fact = happened.fact
    if isinstance(fact, KeyProposed):
        return DistributionKey(
            ref=fact.ref,
            state=state_after(KEY_TRANSITIONS, None, fact),
            family=fact.family,
            reference_year=fact.reference_year,
            base_bps=fact.base_bps,
            fixed_bps=fact.fixed_bps,
            from_on=fact.from_on,
            shares=fact.shares,
            early=fact.early,
        )
    if isinstance(fact, KeyAdopted):
        return DistributionKey(
            ref=fact.ref,
            state=State.ADOPTED,
            family=fact.family,
            reference_year=fact.reference_year,
            base_bps=fact.base_bps,
            fixed_bps=fact.fixed_bps,
            from_on=fact.from_on,
            shares=fact.shares,
            founding=fact.founding,
            early=case.early if case else False,
            votes=case.votes if case else {},
        )
    if case is None:
        return None
    if isinstance(fact, KeyVoted):
        return case.but(votes={**case.votes, fact.partner: fact.choice})
    if isinstance(fact, KeyRejected):
        return case.but(state=state_after(KEY_TRANSITIONS, case.state, fact))
    return case
