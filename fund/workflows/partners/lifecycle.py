"""The life of a distribution key as a table, and how the facts of partners and keys are folded."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from fund.events import Envelope
from fund.events.capital import (
    KeyAdopted,
    KeyProposed,
    KeyRejected,
    KeyReviewAnnounced,
    KeyVoted,
    KeyVoteSealed,
    PartnerAdmitted,
    PartnerProposed,
)
from fund.events.exits import (
    ExitClosedOut,
    ExitPaid,
    ExitPartDue,
    ExitSetOff,
    ExitSettled,
    ExitSettlementAgreed,
    ExitSettlementDisputed,
    ExitSettlementProposed,
    PartnerExited,
    PartnerNoticeGiven,
)
from fund.events.payables import PayableCancelled
from fund.events.resolutions import ResolutionProposed
from fund.events.values import OpenedVote
from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY, PAYERS, SYSTEM, TREASURER, Guard, either
from fund.rules.transitions import Transition, state_after
from fund.schemas.capital import DistributionKey, Partner
from fund.schemas.exits import Exit
from fund.unit_of_work import Projection, Snapshot


class State(StrEnum):
    """Where a key is in its life."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    REJECTED = "rejected"


KEY_TRANSITIONS = (
    Transition("partner import", None, State.ADOPTED, FUND_MANAGER, KeyAdopted, row="K12"),
    Transition("key adopt", None, State.PROPOSED, FUND_MANAGER, KeyProposed, row="K12"),
    Transition("decision vote", State.PROPOSED, State.PROPOSED, OWN_SIGNATORY, KeyVoteSealed, row="K12, P26"),
    Transition("decision decide", State.PROPOSED, State.ADOPTED, either(CHAIR, SYSTEM), KeyAdopted, row="K12"),
    Transition("key announce-review", State.ADOPTED, State.ADOPTED, SYSTEM, KeyReviewAnnounced, row="K12"),
    Transition("decision decide", State.PROPOSED, State.REJECTED, either(CHAIR, SYSTEM), KeyRejected, row="K12"),
)
"""The founding key comes with the founders. The service opens the votes with the last partner's; before that the chair
may, once more than half have voted.
"""


class PartnerState(StrEnum):
    """Where a partner stands: those imported before the first call are founders, active at once."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    NOTICE_GIVEN = "notice_given"
    SETTLEMENT_PROPOSED = "settlement_proposed"
    AGREED = "agreed"
    DISPUTED = "disputed"
    SETTLING = "settling"
    EXITED = "exited"


_P = PartnerState
_VALUED = (_P.NOTICE_GIVEN, _P.SETTLEMENT_PROPOSED, _P.AGREED, _P.DISPUTED)
"""A settlement may be proposed again until it stands in the books."""
_PAYABLE = (_P.SETTLING, _P.DISPUTED, _P.AGREED)
"""What is due may be paid: also the undisputed part, while the rest is disputed or about to be settled."""

PARTNER_TRANSITIONS = (
    Transition("partner import", None, _P.ACTIVE, FUND_MANAGER, PartnerAdmitted, row="9"),
    Transition("partner add", None, _P.CANDIDATE, FUND_MANAGER, PartnerProposed, row="K11"),
    Transition(
        "partner admit", _P.CANDIDATE, None, OWN_SIGNATORY, ResolutionProposed, second=CHAIR, row="K11"
    ),
    Transition("partner join", _P.CANDIDATE, _P.ACTIVE, SYSTEM, PartnerAdmitted, row="K11"),
    Transition("partner give-notice", _P.ACTIVE, _P.NOTICE_GIVEN, OWN_SIGNATORY, PartnerNoticeGiven, row="K4"),
    Transition(
        "partner propose-settlement", _VALUED, _P.SETTLEMENT_PROPOSED, FUND_MANAGER, ExitSettlementProposed,
        second=TREASURER, may_repeat=True, row="K5",
    ),
    Transition(
        "partner wind-up", (_P.ACTIVE, *_VALUED), _P.SETTLEMENT_PROPOSED, SYSTEM, ExitSettlementProposed, row="K5"
    ),
    Transition(
        "partner agree-settlement", (_P.SETTLEMENT_PROPOSED, _P.DISPUTED), _P.AGREED, OWN_SIGNATORY,
        ExitSettlementAgreed, second=CHAIR, row="K6",
    ),
    Transition(
        "partner dispute-settlement", _P.SETTLEMENT_PROPOSED, _P.DISPUTED, OWN_SIGNATORY, ExitSettlementDisputed,
        row="K6",
    ),
    Transition("partner settle", _P.AGREED, _P.SETTLING, TREASURER, ExitSettled, row="K7"),
    Transition("partner settle", _P.DISPUTED, _P.DISPUTED, TREASURER, ExitSettled, row="K6, K7"),
    Transition("partner pay-settlement", _PAYABLE, None, TREASURER, ExitPaid, second=PAYERS, may_repeat=True, row="K8"),
    Transition(
        "partner pay-settlement", _PAYABLE, None, TREASURER, ExitSetOff, second=PAYERS, may_repeat=True, row="K8"
    ),
    Transition("partner leave", _P.SETTLING, _P.EXITED, SYSTEM, PartnerExited, row="K8"),
    Transition(
        "payment cancel", (_P.SETTLING, _P.EXITED), _P.SETTLING, FUND_MANAGER, PayableCancelled, second=TREASURER,
        row="D7, K8",
    ),
    Transition("partner fall-due", _PAYABLE, None, SYSTEM, ExitPartDue, row="K9"),
    Transition(
        "partner close-out", _P.SETTLING, None, TREASURER, ExitClosedOut, second=PAYERS, may_repeat=True, row="K10"
    ),
)  # fmt: skip
"""Nobody approves a notice; the approvals from proposal to settlement are by five people (G7 c)."""


def apply_partner(case: Partner | None, event: Envelope) -> Partner | None:
    """The partner after a fact."""
    fact = event.fact
    if isinstance(fact, PartnerProposed):
        state = state_after(PARTNER_TRANSITIONS, None, fact)
        return Partner.of(fact, state=state, joined_on=event.effective_on, founder=False)
    if isinstance(fact, PartnerAdmitted):
        return Partner.of(fact, state=state_after(PARTNER_TRANSITIONS, case.state if case else None, fact))
    if case is None or (event.stream != case.stream and not isinstance(fact, PayableCancelled)):
        return case
    after = case.replace(state=state_after(PARTNER_TRANSITIONS, case.state, fact))
    return after.replace(notice_on=event.effective_on) if isinstance(fact, PartnerNoticeGiven) else after


def apply_key(case: DistributionKey | None, event: Envelope) -> DistributionKey | None:
    """The distribution key after a fact: proposed, its votes, adopted or rejected."""
    fact = event.fact
    if isinstance(fact, KeyProposed):
        return DistributionKey.of(fact, state=state_after(KEY_TRANSITIONS, None, fact))
    if isinstance(fact, KeyAdopted):
        return DistributionKey.of(
            fact,
            state=State.ADOPTED,
            early=case.early if case else False,
            votes={**(case.votes if case else {}), **_opened(fact.votes)},
            voted=case.voted if case else {},
            commitments=case.commitments if case else {},
        )
    if case is None:
        return None
    if isinstance(fact, PartnerAdmitted):
        return case.replace(joined={**case.joined, fact.ref: fact.weight}) if Fraction(fact.weight) else case
    if isinstance(fact, KeyReviewAnnounced):
        return case.replace(announced=(*case.announced, fact.months))
    if isinstance(fact, KeyVoted):
        return case.replace(votes={**case.votes, fact.partner: fact.choice})
    if isinstance(fact, KeyVoteSealed):
        return case.replace(
            voted={**case.voted, fact.partner: event.actor},
            commitments={**case.commitments, event.actor: fact.commitment},
        )
    if isinstance(fact, KeyRejected):
        votes = {**case.votes, **_opened(fact.votes)}
        return case.replace(state=state_after(KEY_TRANSITIONS, case.state, fact), votes=votes)
    return case


def _opened(votes: tuple[OpenedVote, ...]) -> dict[str, str]:
    return {str(vote.organisation): vote.choice for vote in votes}


def guard_partner(snapshot: Snapshot, case: Partner, _row: Transition) -> Guard:
    """Its own people act, and judge nothing of it; the approvals of its exit are by different people (G7 c)."""
    leaves = case.state not in (PartnerState.CANDIDATE, PartnerState.ACTIVE)
    prior, own = snapshot.case(Exit, case.ref).hands if leaves else (), (case.ref,)
    return Guard(parties=own, own=own, prior_approvers=prior, show=f"fund partner show {case.ref}")


def guard_key(snapshot: Snapshot, case: DistributionKey, _row: Transition) -> Guard:
    """Each partner that takes part votes for itself; all of them are in it alike, so nobody is barred."""
    states = (PartnerState.ACTIVE,)
    own = snapshot.cached("take part", lambda: tuple(each.ref for each in snapshot.cases(Partner, states=states)))
    return Guard(own=own, show=f"fund key show {case.ref}")


PROJECTIONS = {
    "partner": Projection(Partner, apply_partner, PARTNER_TRANSITIONS, guard_partner),
    "key": Projection(DistributionKey, apply_key, KEY_TRANSITIONS, guard_key),
}
