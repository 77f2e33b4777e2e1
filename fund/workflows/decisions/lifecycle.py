"""The decision as a case: how its facts are folded. While the seal holds, no vote is in it."""

from __future__ import annotations

from collections.abc import Iterable

from fund.events import Envelope
from fund.events.decisions import (
    DecisionApproved,
    DecisionConditional,
    DecisionConditionEvidenced,
    DecisionConditionExtended,
    DecisionConditionsMet,
    DecisionDeferralOver,
    DecisionDeferred,
    DecisionObjected,
    DecisionPrepared,
    DecisionRejected,
    DecisionRemarked,
    DecisionReopened,
    DecisionUpheld,
    DecisionVoted,
    EligibilityReopened,
)
from fund.schemas.reviews import Decision, DecisionCondition, Preparation
from fund.unit_of_work import Projection

_Outcome = DecisionApproved | DecisionConditional | DecisionRejected | DecisionDeferred


def apply(case: Decision | None, event: Envelope) -> Decision | None:
    """The decision after a fact. Pure."""
    fact = event.fact
    if isinstance(fact, DecisionPrepared):
        before = case or Decision(ref=fact.ref, state="decidable")
        return _prepared(before, fact, event)
    if isinstance(fact, DecisionObjected):
        before = case or Decision(ref=fact.ref, state="objected")
        return before.replace(
            state="objected",
            objected_was=fact.was,
            objection=fact.grounds,
            session=before.session + 1,
            voted=(),
            commitments={},
            hands=(),
        )
    if case is None:
        return None
    if isinstance(fact, DecisionRemarked) and case.prepared is not None:
        remarks = "\n".join(each for each in (case.prepared.remark, fact.remark) if each)
        return case.replace(prepared=case.prepared.model_copy(update={"remark": remarks}))
    if isinstance(fact, DecisionVoted):
        return case.replace(
            voted=tuple(sorted({*case.voted, event.actor})),
            commitments={**case.commitments, event.actor: fact.commitment},
        )
    if isinstance(fact, (DecisionApproved, DecisionConditional, DecisionRejected, DecisionDeferred)):
        return _decided(case, fact, event)
    if isinstance(fact, DecisionConditionEvidenced):
        return case.replace(
            conditions=_changed(case, fact.number, {"evidence_file": fact.file, "evidence_sha256": fact.sha256})
        )
    if isinstance(fact, DecisionConditionExtended):
        return case.replace(conditions=_changed(case, fact.number, {"expires_on": fact.expires_on, "extended": True}))
    if isinstance(fact, DecisionDeferralOver):
        return case.replace(deferral_over=True)
    if isinstance(fact, DecisionConditionsMet):
        return case.replace(state="approved", hands=_hands(case.hands, event))
    if isinstance(fact, DecisionReopened):
        return _reopened(case, event, _voters(fact.votes))
    if isinstance(fact, EligibilityReopened):
        return case.replace(state="reopened", outcome="", took_part=_people(case.took_part, event, _voters(fact.votes)))
    if isinstance(fact, DecisionUpheld):
        return case.replace(
            state="upheld", votes=fact.votes, took_part=_people(case.took_part, event, _voters(fact.votes))
        )
    return case


def _prepared(case: Decision, fact: DecisionPrepared, event: Envelope) -> Decision:
    file = Preparation(
        advice=fact.advice,
        total=fact.total,
        rank=fact.rank,
        of=fact.of,
        ask_cents=fact.ask_cents,
        ceiling_left_cents=fact.ceiling_left_cents,
        free_to_commit_cents=fact.free_to_commit_cents,
        two_thirds=fact.two_thirds,
        mandated=fact.mandated,
        necessity=fact.necessity,
        remark=fact.remark,
        prepared_on=event.effective_on,
    )
    return case.replace(
        state="decidable",
        round=fact.round,
        session=fact.session,
        prepared=file,
        voters=fact.voters,
        barred=fact.barred,
        voted=(),
        commitments={},
        outcome="",
        until_on=None,
        deferral_over=False,
        hands=(),
    )


def _decided(case: Decision, fact: _Outcome, event: Envelope) -> Decision:
    state = fact.wire.rpartition(".")[2]
    award = fact.award_cents if isinstance(fact, (DecisionApproved, DecisionConditional)) else 0
    conditions: tuple[DecisionCondition, ...] = ()
    if isinstance(fact, DecisionConditional):
        conditions = tuple(DecisionCondition(**each.model_dump()) for each in fact.conditions)
    deferred = fact if isinstance(fact, DecisionDeferred) else None
    return case.replace(
        state=state,
        outcome=state,
        votes=fact.votes,
        award_cents=award,
        reasons=fact.reasons,
        deviates=fact.deviates,
        conditions=conditions,
        deferred_for=deferred.ground if deferred else case.deferred_for,
        deferrals=case.deferrals + (1 if deferred else 0),
        until_on=deferred.until_on if deferred else None,
        decided_on=None if deferred else event.effective_on,
        took_part=_people(case.took_part, event, (*case.voted, *_voters(fact.votes))),
        hands=_hands(case.hands, event),
    )


def _reopened(case: Decision, event: Envelope, voters: Iterable[str]) -> Decision:
    """Decided again, by a fresh vote."""
    return case.replace(
        state="decidable",
        session=case.session + 1,
        outcome="",
        voted=(),
        commitments={},
        award_cents=0,
        reasons={},
        deviates=False,
        conditions=(),
        decided_on=None,
        took_part=_people(case.took_part, event, voters),
        hands=(),
    )


def _voters(votes: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(getattr(vote, "voter", "")) for vote in votes)


def _people(before: Iterable[str], event: Envelope, voters: Iterable[str]) -> tuple[str, ...]:
    acting = [person for person in (event.actor, event.made_by) if person and person != "system"]
    return tuple(sorted({*before, *acting, *voters}))


def _hands(before: Iterable[str], event: Envelope) -> tuple[str, ...]:
    acting = [person for person in (event.actor, event.made_by) if person and person != "system"]
    return tuple(dict.fromkeys((*before, *acting)))


def _changed(case: Decision, number: int, changes: dict[str, object]) -> tuple[DecisionCondition, ...]:
    return tuple(each.model_copy(update=changes) if each.number == number else each for each in case.conditions)


PROJECTIONS = {"decision": Projection(Decision, apply)}
