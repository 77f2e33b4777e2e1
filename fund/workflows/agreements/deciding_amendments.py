"""Who has the word on an amendment gives it: the committee votes and its chair decides, or the new lead signs (A3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fund.errors.agreements import AnotherHasTheWord
from fund.errors.commands import TransitionNotAllowed
from fund.events import Envelope
from fund.events.agreements import AgreementLeadChanged
from fund.events.amendments import AmendmentAgreed, AmendmentRefused, AmendmentVoted
from fund.language import N_, _
from fund.schemas.agreements import Agreement, Amendment
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.agreements.amending import (
    asks_two_thirds,
    carry_out_change,
    checked_change,
    require_new_lead,
    rules_of,
)
from fund.workflows.agreements.lifecycle import BY_COMMITTEE, BY_NEW_LEAD, AgreementState
from fund.workflows.agreements.lifecycle import AmendmentState as S
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
from fund.workflows.bodies import Body, Matter, deciders, require_decider

_LOOK = "fund agreement show {ref}"


def _require_asks(case: Amendment, asks: str) -> None:
    """Nothing, when this is who has the word; else who has, and the way that is open."""
    if case.asks != asks:
        words = {BY_COMMITTEE: N_("the committee"), BY_NEW_LEAD: N_("the new lead")}
        ways = {BY_COMMITTEE: f"fund decision vote {case.ref} --for"}
        way = ways.get(case.asks, f"fund agreement sign {case.ref}")
        raise AnotherHasTheWord(ref=case.ref, asks=_(words[case.asks]), way=way)


def _require_active(agreement: Agreement, command: str) -> None:
    """Nothing, while the agreement may still be amended."""
    if agreement.state != AgreementState.ACTIVE:
        raise TransitionNotAllowed(
            command=command,
            ref=agreement.ref,
            kind="agreement",
            state=agreement.state,
            allowed=[AgreementState.ACTIVE],
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
    step = uow.transition("decision vote", case)
    _require_asks(case, BY_COMMITTEE)
    body = _body(uow, case, uow.case(Agreement, case.agreement))
    look = _LOOK.format(ref=case.agreement)
    commitment = cast_vote(
        uow, body, stream=case.stream, ref=ref, commitments=case.commitments, choice=choice, reason=reason, look=look
    )
    fact = AmendmentVoted(ref=ref, agreement=case.agreement, proposal=case.proposal, commitment=commitment)
    rules = rules_of(uow, uow.case(Agreement, case.agreement)).committee
    uow.next_step = after_vote(uow, rules, body, case.commitments, look=look, decide=f"fund agreement decide {ref}")
    return step.record(fact)


def decide(uow: UnitOfWork, *, ref: str, reason: str = "", on: date | None = None) -> Envelope:
    """The votes are opened: the agreement changes as was proposed, or stays as it is (A3).

    By majority, or by two thirds where an award of that amount, track or kind asks it, and by the full board where
    conflicts leave no committee. A tie refuses. The guards of an amendment hold again, on what the agreement and the
    fund are now. A trial opens no vote and shows what follows if it is carried.

    Args:
        on: The accounting day of the commitment.

    Raises:
        CommitteeQuorumNotMet: Too few votes or kinds of organisation, or not more than half of the free seats.
        NotAVoter: A conflict that bars, or this person reviewed the proposal. DeputyNotNeeded: The chair may.
        InsufficientFreeToCommit, BeyondCommitment, MilestoneNotOpen and what else an amendment is refused for.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    case = uow.case(Amendment, ref)
    step = uow.transition("agreement decide", case)
    _require_asks(case, BY_COMMITTEE)
    agreement, command = uow.case(Agreement, case.agreement), "agreement decide"
    _require_active(agreement, command)
    look = _LOOK.format(ref=case.agreement)
    require_decider(uow, uow.maker, _matter(uow, case), command=command, ref=ref, look=look, prior_approvers=case.hands)
    change = checked_change(uow, agreement, case.change_cents, case.milestone, case.due_on, case.reason, on)
    body = _body(uow, case, agreement)
    require_quorum(rules_of(uow, agreement).committee, body, case.commitments, ref=ref)
    opened = open_votes(
        uow,
        body,
        stream=case.stream,
        commitments=case.commitments,
        two_thirds=asks_two_thirds(uow, agreement, change.award_cents),
    )
    about = {"ref": ref, "agreement": case.agreement, "proposal": case.proposal, **opened.said}
    if opened.carried:
        decided = step.record(AmendmentAgreed(**about))
        carry_out_change(uow, change, amendment=ref, on=on)
    else:
        fact = AmendmentRefused(**about, reason=reason)
        decided = step.record(fact)
        uow.result.update(ref=case.agreement)
        uow.next_step = f"fund agreement show {case.agreement}"
    close_votes(uow, case.stream)
    return decided


def _matter(snapshot: Snapshot, case: Amendment) -> Matter:
    return matter_behind(snapshot, proposal=case.proposal, lead=case.lead, parties=case.parties)


def _body(snapshot: Snapshot, case: Amendment, agreement: Agreement) -> Body:
    return body_behind(
        snapshot,
        rules_of(snapshot, agreement).committee,
        proposal=case.proposal,
        agreement=case.agreement,
        lead=case.lead,
        parties=case.parties,
        prior_approvers=case.hands,
    )


# ------------------------------------------------------------------------------------------------------ another lead


def sign_as_new_lead(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The party that is to lead signed, after the lead of now: it receives, repays and accounts from here on (A3).

    Raises:
        DisbursementsOpen: A payment to the lead of now is under way.
        TransitionNotAllowed, NotAuthorised, SameHands: As they say.
    """
    case = uow.case(Amendment, ref)
    agreement = uow.case(Agreement, case.agreement)
    step = uow.transition("agreement sign", case)
    _require_asks(case, BY_NEW_LEAD)
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
    agreed = step.record(fact, on_behalf_of=case.new_lead)
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
        deciders: User ids of those who may then decide.
    """

    case: Amendment
    not_voted: tuple[str, ...] = ()
    ready: bool = False
    deciders: tuple[str, ...] = ()


def waiting_amendments(snapshot: Snapshot) -> list[WaitingAmendment]:
    """Amendments of agreements that still run, with who must vote, decide or sign."""
    cases = snapshot.cases(Amendment, states=(S.PROPOSED,))
    agreements = {each.ref: each for each in snapshot.cases(Agreement, refs=[case.agreement for case in cases])}
    found = []
    for case in cases:
        agreement = agreements[case.agreement]
        if agreement.state != AgreementState.ACTIVE:
            continue
        if case.asks == BY_NEW_LEAD:
            found.append(WaitingAmendment(case))
            continue
        body = _body(snapshot, case, agreement)
        rules = rules_of(snapshot, agreement).committee
        may = deciders(snapshot, _matter(snapshot, case), prior_approvers=case.hands)
        found.append(WaitingAmendment(case, *waiting_in_body(rules, body, case.commitments), may))
    return found
