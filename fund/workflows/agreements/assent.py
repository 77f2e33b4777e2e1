"""Who has the word on an amendment gives it: the committee votes and its chair decides, or the new lead signs (A3)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fund.errors import AnotherHasTheWord, CommitteeQuorumNotMet, TransitionNotAllowed
from fund.events import (
    AgreementLeadChanged,
    AmendmentAgreed,
    AmendmentRefused,
    AmendmentVoted,
    Envelope,
    canonical_json,
)
from fund.glossary import state_word
from fund.language import N_, _
from fund.rules.conflicts import CaseParties
from fund.rules.voting import CARRIED
from fund.schemas.agreements import Agreement, Amendment
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.agreements.amending import (
    asks_two_thirds,
    carry_out_change,
    checked_change,
    require_new_lead,
    rules_of,
)
from fund.workflows.agreements.amendments import AMENDMENTS, COMMITTEE_HAS_IT, NEW_LEAD_HAS_IT
from fund.workflows.agreements.amendments import AmendmentState as S
from fund.workflows.agreements.states import AgreementState
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
    waiting_in,
)
from fund.workflows.conflicts import parties_of
from fund.workflows.lifecycle import carry, check
from fund.workflows.reviews import put_under_seal, read_sealed

__all__ = ["WaitingAmendment", "decide", "sign_as_new_lead", "vote", "waiting_amendments"]

VOTE = "vote"
_LOOK = "fund agreement show {ref}"


def _around(case: Amendment) -> dict[str, Any]:
    return {
        "lead": case.lead, "parties": case.parties, "hands": case.hands, "look": _LOOK.format(ref=case.agreement),
    }  # fmt: skip


def _require_asks(case: Amendment, asks: str) -> None:
    """Nothing, when this is who has the word; else who has, and the way that is open."""
    if case.asks != asks:
        words = {COMMITTEE_HAS_IT: N_("the committee"), NEW_LEAD_HAS_IT: N_("the new lead")}
        ways = {COMMITTEE_HAS_IT: f"fund decision vote {case.ref} --for"}
        way = ways.get(case.asks, f"fund agreement sign {case.ref}")
        raise AnotherHasTheWord(ref=case.ref, asks=_(words[case.asks]), way=way)


def _require_active(agreement: Agreement, command: str) -> None:
    """Nothing, while the agreement may still be amended."""
    if agreement.state != AgreementState.ACTIVE:
        raise TransitionNotAllowed(
            command=command,
            ref=agreement.ref,
            state=state_word("agreement", agreement.state),
            allowed=[state_word("agreement", AgreementState.ACTIVE)],
            look=_LOOK.format(ref=agreement.ref),
        )


def vote(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """A member of the body votes on an amendment, under seal until the decision; a later vote of the same person
    replaces it.

    Args:
        choice: ``for``, ``against`` or ``abstain``.

    Raises:
        NotAVoter: Barred, not of the body, or somebody else voted for the same seat or partner.
        AnotherHasTheWord: The new lead signs it.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    case = uow.case(Amendment, ref)
    check(uow, AMENDMENTS, "decision vote", case, **_around(case))
    _require_asks(case, COMMITTEE_HAS_IT)
    require_voter(uow, _body(uow, case, uow.case(Agreement, case.agreement)), case.commitments, ref=ref)
    content = canonical_json({"choice": choice, "reason": reason})
    commitment = put_under_seal(uow, stream=case.stream, kind=VOTE, turn=1, content=content)
    fact = AmendmentVoted(ref=ref, agreement=case.agreement, proposal=case.proposal, commitment=commitment)
    uow.next_step = f"fund --as CHAIR agreement decide {ref}"
    return carry(uow, AMENDMENTS, "decision vote", case, fact, **_around(case))


def decide(uow: UnitOfWork, *, ref: str, reason: str = "", on: date | None = None) -> Envelope:
    """The votes are opened: the agreement changes as was proposed, or stays as it is (A3).

    By majority, or by two thirds where an award of that amount, track or kind asks it, and by the full board where
    conflicts leave no committee. A tie refuses. The guards of an amendment hold again, on what the agreement and the
    fund are now. A trial opens no vote and shows what follows if it is carried.

    Args:
        on: The accounting day of the commitment.

    Raises:
        CommitteeQuorumNotMet: Too few votes or kinds of organisation, or not more than half of the free seats.
        InsufficientFreeToCommit, BeyondCommitment, MilestoneNotOpen and what else an amendment is refused for.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    case = uow.case(Amendment, ref)
    check(uow, AMENDMENTS, "agreement decide", case, **_around(case))
    _require_asks(case, COMMITTEE_HAS_IT)
    agreement = uow.case(Agreement, case.agreement)
    _require_active(agreement, "agreement decide")
    change = checked_change(uow, agreement, case.change_cents, case.milestone, case.due_on, case.reason, on)
    body = _body(uow, case, agreement)
    missing = missing_of(rules_of(uow, agreement).committee, body, body.ballots(case.commitments))
    if missing:
        raise CommitteeQuorumNotMet(
            ref=ref,
            missing="; ".join(each.describe() for each in missing),
            command=f"fund decision vote {ref} --choice for",
        )
    counting = () if uow.trial else body.counting(case.commitments)
    sealed = read_sealed(uow, stream=case.stream, kind=VOTE, turn=1, commitments=case.commitments, whose=counting)
    ballots = [replace(body.voters[row.actor], choice=json.loads(row.content)["choice"]) for row in sealed]
    two_thirds = body.is_board or asks_two_thirds(uow, agreement, change.award_cents)
    opened: dict[str, Any] = {
        "ref": ref,
        "agreement": case.agreement,
        "proposal": case.proposal,
        "votes": {ballot.voter: ballot.choice for ballot in ballots},
        "salts": {row.actor: row.salt for row in sealed},
        "two_thirds": two_thirds,
        "necessity": body.is_board,
        "disclosed": dict(body.disclosed),
    }
    if uow.trial or outcome_of(body, ballots, two_thirds=two_thirds) == CARRIED:
        decided = carry(uow, AMENDMENTS, "agreement decide", case, AmendmentAgreed(**opened), **_around(case))
        carry_out_change(uow, change, amendment=ref, on=on)
    else:
        fact = AmendmentRefused(**opened, reason=reason)
        decided = carry(uow, AMENDMENTS, "agreement decide", case, fact, **_around(case))
        uow.result.update(ref=case.agreement)
        uow.next_step = f"fund agreement show {case.agreement}"
    uow.store.work.open_sealed(stream=case.stream, kind=VOTE, round=1)
    return decided


def _matter(view: View, case: Amendment) -> Matter:
    """The parties of the proposal behind it, and who reviewed that."""
    proposal, review = view.maybe(Proposal, case.proposal), view.maybe(Review, case.proposal)
    reviewers = frozenset(review.reviewers if review is not None else ())
    if proposal is None:
        return Matter(CaseParties(case.lead, frozenset(case.parties)), reviewers)
    return Matter(parties_of(view, proposal), reviewers)


def _signed(view: View, case: Amendment) -> frozenset[str]:
    """Who signed proposal or agreement for a party, or made the amendment: they do not vote in the full board."""
    streams = (f"proposal/{case.proposal}", f"agreement/{case.agreement}")
    facts = [each for stream in streams for each in view.store.facts.of_stream(stream)]
    return frozenset((*case.hands, *(each.actor for each in facts if each.type in SIGNING)))


def _body(view: View, case: Amendment, agreement: Agreement) -> Body:
    """Who votes on it: the committee, or the full board where conflicts leave no committee (rule of necessity)."""
    matter = _matter(view, case)
    if needs_the_board(view, rules_of(view, agreement).committee, matter):
        return board(view, replace(matter, signed=_signed(view, case)))
    return committee(view, matter)


# ------------------------------------------------------------------------------------------------------ another lead


def sign_as_new_lead(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The party that is to lead signed, after the lead of now: it receives, repays and accounts from here on (A3).

    Raises:
        DisbursementsOpen: A payment to the lead of now is under way.
        TransitionNotAllowed, NotAuthorised, SameHands: As they say.
    """
    case = uow.case(Amendment, ref)
    agreement = uow.case(Agreement, case.agreement)
    around = {**_around(case), "own": case.new_lead or None}
    check(uow, AMENDMENTS, "agreement sign", case, **around)
    _require_asks(case, NEW_LEAD_HAS_IT)
    _require_active(agreement, "agreement sign")
    require_new_lead(agreement, case.new_lead)
    fact = AmendmentAgreed(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        votes={},
        salts={},
        two_thirds=False,
        signed_for=case.new_lead,
    )
    agreed = carry(uow, AMENDMENTS, "agreement sign", case, fact, on_behalf_of=case.new_lead, **around)
    uow.record(
        AgreementLeadChanged(
            ref=agreement.ref,
            proposal=agreement.proposal,
            before=agreement.lead,
            lead=case.new_lead,
            reason=case.reason,
            amendment=ref,
        ),
        on_behalf_of=case.new_lead,
    )
    uow.result.update(ref=agreement.ref, party=case.new_lead, amendment=ref, unsigned=[])
    uow.next_step = f"fund agreement show {agreement.ref}"
    return agreed


# ----------------------------------------------------------------------------------------------------------- waiting


@dataclass(frozen=True, slots=True)
class WaitingAmendment:
    """An amendment on which somebody has the word.

    Attributes:
        not_voted: User ids of those for whose vote it waits.
        ready: Whether enough have voted for the chair to decide.
    """

    case: Amendment
    not_voted: tuple[str, ...] = ()
    ready: bool = False


def waiting_amendments(view: View) -> list[WaitingAmendment]:
    """Amendments of agreements that still run, with who must vote, decide or sign."""
    cases = view.cases(Amendment, states=(S.PROPOSED,))
    agreements = {each.ref: each for each in view.cases(Agreement, refs=[case.agreement for case in cases])}
    found = []
    for case in cases:
        agreement = agreements[case.agreement]
        if agreement.state != AgreementState.ACTIVE:
            continue
        if case.asks == NEW_LEAD_HAS_IT:
            found.append(WaitingAmendment(case))
            continue
        body = _body(view, case, agreement)
        missing = missing_of(rules_of(view, agreement).committee, body, body.ballots(case.commitments))
        found.append(WaitingAmendment(case, waiting_in(body, case.commitments), not missing))
    return found
