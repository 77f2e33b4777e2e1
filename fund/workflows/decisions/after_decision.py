"""What may follow a decision: conditions are shown to be met, it is reopened, an objection is decided.

Source: lifecycle.md 4 (P16, P18, P19, P24, P25).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fund import files
from fund.declarations import InputFile
from fund.errors.reviews import (
    ConditionExpired,
    ConditionExtendedBefore,
    ConditionsNotMet,
    DecisionIncomplete,
    ObjectionVotesMissing,
    UnknownCondition,
)
from fund.events import Envelope
from fund.events.decisions import (
    DecisionConditionEvidenced,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionReopened,
    DecisionUpheld,
    EligibilityReopened,
)
from fund.events.values import OpenedVote
from fund.language import _
from fund.rules.authority import OWN_SIGNATORY, Guard, require, require_other_hands
from fund.rules.transitions import require_reason
from fund.rules.voting import ABSTAIN, AGAINST, CARRIED, FOR, Ballot
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, DecisionCondition
from fund.unit_of_work import UnitOfWork
from fund.workflows.bodies import Body, outcome_of
from fund.workflows.decisions.body import body_of, look_at, objection_missing, took_part_in
from fund.workflows.decisions.deciding import opened_votes, require_chair, require_free
from fund.workflows.reviews.seal import open_seals


def evidence(
    uow: UnitOfWork, *, ref: str, number: int, file: InputFile | None = None, extend_to: date | None = None
) -> Envelope:
    """Evidence for a condition lies on file, by its hash (a signatory of its owner); or the chair gave it more time,
    once.

    Raises:
        UnknownCondition, ConditionExpired, ConditionExtendedBefore, DecisionIncomplete: As they say.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    records = DecisionConditionExtended if extend_to is not None else DecisionConditionEvidenced
    step = uow.transition("decision evidence", proposal, records=records)
    assert decision is not None
    condition = _condition(decision, number)
    fact: DecisionConditionExtended | DecisionConditionEvidenced
    if extend_to is not None:
        require_chair(uow, uow.maker, proposal, command="decision evidence")
        if condition.extended:
            raise ConditionExtendedBefore(ref=ref, number=number, expires_on=condition.expires_on)
        if extend_to <= max(condition.expires_on, uow.today):
            raise DecisionIncomplete(
                ref=ref, missing=_("a day after {day}").format(day=max(condition.expires_on, uow.today).isoformat())
            )
        fact = DecisionConditionExtended(ref=ref, number=number, expires_on=extend_to)
    else:
        if file is None:
            raise DecisionIncomplete(ref=ref, missing=_("a file"))
        require(uow.maker, OWN_SIGNATORY, Guard(own=(condition.owner,)), command="decision evidence", ref=ref)
        if condition.expires_on < uow.today:
            raise ConditionExpired(ref=ref, number=number, expires_on=condition.expires_on, today=uow.today)
        digest = files.put(uow, file["content"], name=file["name"])
        fact = DecisionConditionEvidenced(
            ref=ref, number=number, file=file["name"], size=len(file["content"]), sha256=digest
        )
        uow.next_step = f"fund decision meet-conditions {ref}"
    return step.record(fact)


def _condition(decision: Decision, number: int) -> DecisionCondition:
    for each in decision.conditions:
        if each.number == number:
            return each
    raise UnknownCondition(
        ref=decision.ref, number=number, known=[each.number for each in decision.conditions] or ["-"]
    )


def meet_conditions(uow: UnitOfWork, *, ref: str) -> Envelope:
    """Every condition is shown to be met: the award stands. The money was set aside before.

    Neither of the two voted on it or decided it (G7 c).

    Raises:
        ConditionsNotMet: Some have no evidence.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    command = "decision meet-conditions"
    step = uow.transition(command, proposal)
    assert decision is not None
    open_ = [each.number for each in decision.conditions if not each.evidence_sha256]
    if open_:
        raise ConditionsNotMet(ref=ref, open=open_, total=len(decision.conditions))
    fact = DecisionConditionsMet(
        ref=ref, evidence={str(each.number): each.evidence_sha256 for each in decision.conditions}
    )
    uow.next_step = f"fund agreement draft {ref}"
    return step.record(fact)


def reopen(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """Before an agreement: the decision is taken back and what was set aside is free again; it is voted on anew.

    Raises:
        ReasonMissing, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, NotAVoter, DeputyNotNeeded, SameHands,
        ClosedPeriod: As they say.
    """
    reason = require_reason("decision reopen", reason)
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    step = uow.transition("decision reopen", proposal)
    assert decision is not None
    require_chair(uow, uow.maker, proposal, command="decision reopen")
    if uow.confirmer is not None:
        require_free(uow, uow.confirmer, proposal)
    fact = DecisionReopened(ref=ref, round=proposal.round, reason=reason, award_cents=decision.award_cents)
    mandated = decision.prepared is not None and decision.prepared.mandated
    uow.next_step = f"fund decision decide {ref}" if mandated else f"fund decision vote {ref} --for"
    return step.record(fact, effective_on=on)


def decide_objection(
    uow: UnitOfWork, *, ref: str, uphold: bool, reason: str, file: InputFile | None = None, on: date | None = None
) -> Envelope:
    """An objection is decided by a chair or deputy and two members, none of whom took part before, on external advice.

    The members have voted under seal; the three decide by majority. Upheld: the decision stands. Otherwise a rejected
    proposal is voted on anew, and an ineligible one is eligible. Where necessity leaves the decision to the full board,
    the objection is the board's too: it stands unless two thirds, and a majority of the unconflicted, would reopen it.

    Args:
        uphold: The own choice of the one who acts, false means reopen; where the full board decides it counts for
            nothing.
        file: The external advice; its hash stands in the fact.

    Raises:
        ObjectionVotesMissing: Fewer than two members who took no part have voted; or too few partners are present.
        SameHands: Who acts took part in the decision objected to.
        ReasonMissing, DecisionIncomplete, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, NotAVoter,
        SealBroken: As they say.
    """
    proposal, decision = uow.case(Proposal, ref), uow.maybe(Decision, ref)
    command = "decision decide-objection"
    step = uow.transition(command, proposal)
    assert decision is not None
    reason = require_reason(command, reason)
    if file is None or not file["content"]:
        raise DecisionIncomplete(ref=ref, missing=_("the external advice, as a file"))
    earlier = _("the decision objected to")
    require_other_hands(uow.maker, took_part_in(proposal, decision), command=command, ref=ref, earlier=earlier)
    require_free(uow, uow.maker, proposal)
    body = body_of(uow, proposal, decision)
    missing = objection_missing(uow, proposal, body, decision, replace=uow.maker.user_id)
    if missing:
        raise ObjectionVotesMissing(ref=ref, found=missing[0].found, needed=missing[0].needed)
    votes, stands = _objection(uow, decision, body, uphold=uphold)
    digest = files.put(uow, file["content"], name=file["name"])
    fact: DecisionUpheld | DecisionReopened | EligibilityReopened
    told: dict[str, Any] = {"reason": reason, "votes": votes, "advice_sha256": digest, "disclosed": body.disclosed}
    if stands:
        fact = DecisionUpheld(ref=ref, **told)
    elif decision.objected_was == "ineligible":
        fact = EligibilityReopened(ref=ref, **told)
    else:
        fact = DecisionReopened(ref=ref, round=proposal.round, **told)
    decided = step.record(fact, effective_on=on)
    open_seals(uow, stream=decision.stream, kind="vote", turn=decision.session)
    uow.next_step = look_at(uow, ref)
    return decided


def _objection(uow: UnitOfWork, decision: Decision, body: Body, *, uphold: bool) -> tuple[tuple[OpenedVote, ...], bool]:
    """The votes on an objection, and whether the decision stands; a trial opens none and takes the own choice."""
    if uow.trial:
        return (), uphold
    whose = tuple(each for each in body.counting(decision.voted) if each != uow.maker.user_id)
    votes = opened_votes(uow, decision, body, whose)
    if body.is_board:
        said = {"uphold": AGAINST, "reopen": FOR}
        ballots = [Ballot(each.voter, each.organisation, each.kind, said.get(each.choice, ABSTAIN)) for each in votes]
        return votes, outcome_of(body, ballots, two_thirds=True) != CARRIED
    choices = [each.choice for each in votes]
    return votes, choices.count("uphold") + uphold >= choices.count("reopen") + (not uphold)
