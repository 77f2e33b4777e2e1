"""What may follow a decision: conditions are shown to be met, it is reopened, an objection is decided.

Source: lifecycle.md 4 (P16, P18, P19, P24, P25).
"""

from __future__ import annotations

import json
from datetime import date

from fund import files
from fund.errors import (
    ConditionExpired,
    ConditionExtendedBefore,
    ConditionsNotMet,
    DecisionIncomplete,
    NotAVoter,
    ObjectionVotesMissing,
    UnknownCondition,
)
from fund.events import (
    DecisionConditionEvidenced,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionReopened,
    DecisionUpheld,
    EligibilityReopened,
    Envelope,
    OpenedVote,
)
from fund.language import N_, _
from fund.rules.authority import OWN_SIGNATORY, require, require_other_hands
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, DecisionCondition
from fund.unit_of_work import UnitOfWork
from fund.workflows.decisions.body import LOOK, OBJECTION_VOTES, committee_of, ground_text
from fund.workflows.decisions.deciding import require_chair
from fund.workflows.lifecycle import carry, check, require_reason
from fund.workflows.proposals import TRANSITIONS
from fund.workflows.reviews import read_sealed

__all__ = ["decide_objection", "evidence", "meet_conditions", "reopen"]


def evidence(
    uow: UnitOfWork,
    *,
    ref: str,
    number: int,
    content: bytes | None = None,
    name: str = "",
    extend_to: date | None = None,
) -> Envelope:
    """Evidence for a condition lies on file, by its hash (a signatory of its owner); or the chair gave it more time,
    once.

    Raises:
        UnknownCondition, ConditionExpired, ConditionExtendedBefore, DecisionIncomplete: As they say.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    look, lead, parties = LOOK.format(ref=ref), proposal.lead, proposal.parties
    records = DecisionConditionExtended if extend_to is not None else DecisionConditionEvidenced
    check(uow, TRANSITIONS, "decision evidence", proposal, records=records, lead=lead, parties=parties, look=look)
    assert decision is not None
    condition = _condition(decision, number)
    fact: DecisionConditionExtended | DecisionConditionEvidenced
    if extend_to is not None:
        require_chair(uow, uow.maker, proposal, command="decision evidence")
        if condition.extended:
            raise ConditionExtendedBefore(ref=ref, number=number, expires_on=condition.expires_on)
        if extend_to <= max(condition.expires_on, uow.today):
            raise DecisionIncomplete(
                ref=ref, missing=_(N_("a day after {day}")).format(day=max(condition.expires_on, uow.today).isoformat())
            )
        fact = DecisionConditionExtended(ref=ref, number=number, expires_on=extend_to)
    else:
        if content is None:
            raise DecisionIncomplete(ref=ref, missing=_(N_("a file")))
        require(uow.maker, OWN_SIGNATORY, command="decision evidence", ref=ref, own=condition.owner)
        if condition.expires_on < uow.today:
            raise ConditionExpired(ref=ref, number=number, expires_on=condition.expires_on, today=uow.today)
        digest = files.put(uow, content, name=name)
        fact = DecisionConditionEvidenced(ref=ref, number=number, file=name, size=len(content), sha256=digest)
        uow.next_step = f"fund decision meet-conditions {ref}"
    return carry(uow, TRANSITIONS, "decision evidence", proposal, fact, lead=lead, parties=parties, look=look)


def _condition(decision: Decision, number: int) -> DecisionCondition:
    for each in decision.conditions:
        if each.number == number:
            return each
    raise UnknownCondition(
        ref=decision.ref, number=number, known=[each.number for each in decision.conditions] or ["-"]
    )


def meet_conditions(uow: UnitOfWork, *, ref: str) -> Envelope:
    """Every condition is shown to be met: the award stands. The money was set aside before.

    Raises:
        ConditionsNotMet: Some have no evidence.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    look, lead, parties = LOOK.format(ref=ref), proposal.lead, proposal.parties
    hands = decision.hands if decision is not None else ()
    command = "decision meet-conditions"
    check(uow, TRANSITIONS, command, proposal, lead=lead, parties=parties, hands=hands, look=look)
    assert decision is not None
    open_ = [each.number for each in decision.conditions if not each.evidence_sha256]
    if open_:
        raise ConditionsNotMet(ref=ref, open=open_, total=len(decision.conditions))
    fact = DecisionConditionsMet(
        ref=ref, evidence={str(each.number): each.evidence_sha256 for each in decision.conditions}
    )
    uow.next_step = f"fund agreement draft {ref}"
    return carry(uow, TRANSITIONS, command, proposal, fact, lead=lead, parties=parties, hands=hands, look=look)


def reopen(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """Before an agreement: the decision is taken back and what was set aside is free again; it is voted on anew.

    Raises:
        ReasonMissing, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, ClosedPeriod: As they say.
    """
    require_reason("decision reopen", reason)
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    look, lead, parties = LOOK.format(ref=ref), proposal.lead, proposal.parties
    check(uow, TRANSITIONS, "decision reopen", proposal, lead=lead, parties=parties, look=look)
    assert decision is not None
    require_chair(uow, uow.maker, proposal, command="decision reopen")
    fact = DecisionReopened(ref=ref, round=proposal.round, reason=reason, award_cents=decision.award_cents)
    uow.next_step = f"fund decision vote {ref} --for"
    return carry(
        uow, TRANSITIONS, "decision reopen", proposal, fact, effective_on=on, lead=lead, parties=parties, look=look
    )


def decide_objection(
    uow: UnitOfWork,
    *,
    ref: str,
    uphold: bool,
    reason: str,
    content: bytes | None = None,
    name: str = "",
    on: date | None = None,
) -> Envelope:
    """An objection is decided by a chair or deputy and two members, none of whom took part before, on external advice.

    The members have voted under seal; the three decide by majority. Upheld: the decision stands. Otherwise a
    rejected proposal
    is voted on anew, and an ineligible one is eligible.

    Args:
        uphold: The own choice of the one who acts; false means reopen.
        content: The external advice; its hash stands in the fact.

    Raises:
        ObjectionVotesMissing: Fewer than two members who took no part have voted.
        SameHands: Who acts took part in the decision objected to.
        ReasonMissing, DecisionIncomplete, TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    look, lead, parties = LOOK.format(ref=ref), proposal.lead, proposal.parties
    command = "decision decide-objection"
    check(uow, TRANSITIONS, command, proposal, lead=lead, parties=parties, look=look)
    assert decision is not None
    require_reason(command, reason)
    if not content:
        raise DecisionIncomplete(ref=ref, missing=_(N_("the external advice, as a file")))
    earlier = _(N_("the decision objected to"))
    require_other_hands(uow.maker, decision.took_part, command=command, ref=ref, earlier=earlier)
    body = committee_of(uow, proposal, objection=decision)
    if uow.maker.user_id in body.barred:
        ground = ground_text(body.barred[uow.maker.user_id])
        raise NotAVoter(actor=uow.maker.name, ref=ref, ground=ground)
    whose = [each for each in decision.voted if each in body.voters and each != uow.maker.user_id]
    if len(whose) < OBJECTION_VOTES:
        raise ObjectionVotesMissing(ref=ref, found=len(whose), needed=OBJECTION_VOTES)
    rows = read_sealed(
        uow,
        stream=decision.stream,
        kind="vote",
        turn=decision.session,
        commitments=decision.commitments,
        whose=whose,
    )
    votes = tuple(
        OpenedVote(
            voter=row.actor,
            organisation=body.voters[row.actor].organisation,
            kind=body.voters[row.actor].kind,
            choice=json.loads(row.content)["choice"],
            reason=json.loads(row.content)["reason"],
            salt=row.salt,
        )
        for row in rows
    )
    stands = [each.choice for each in votes].count("uphold") + uphold
    goes = [each.choice for each in votes].count("reopen") + (not uphold)
    digest = files.put(uow, content, name=name)
    fact: DecisionUpheld | DecisionReopened | EligibilityReopened
    if stands >= goes:
        fact = DecisionUpheld(ref=ref, reason=reason, votes=votes, advice_sha256=digest)
    elif decision.objected_was == "ineligible":
        fact = EligibilityReopened(ref=ref, reason=reason, votes=votes, advice_sha256=digest)
    else:
        fact = DecisionReopened(ref=ref, round=proposal.round, reason=reason, votes=votes, advice_sha256=digest)
    decided = carry(uow, TRANSITIONS, command, proposal, fact, effective_on=on, lead=lead, parties=parties, look=look)
    uow.store.work.open_sealed(stream=decision.stream, kind="vote", round=decision.session)
    uow.next_step = look
    return decided
