"""What the chair types with a decision: reasons, conditions, a deferral. Faults come before any vote is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from fund.dates import parse_day
from fund.errors.amounts import InvalidDay
from fund.errors.commands import AmbiguousName
from fund.errors.people import UnknownPartner
from fund.errors.reviews import (
    DecisionIncomplete,
    DeferredBefore,
    FaultyCondition,
    FaultyReason,
    OneDecisionOnly,
    ReasonsPerCriterionMissing,
    UnknownDeferralGround,
)
from fund.events.values import AwardCondition
from fund.glossary import Name, meant
from fund.language import N_, _, both
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot
from fund.workflows.proposals.lifecycle import State
from fund.workflows.reviews.ties import rules_of

IMPROVE, TIED = "improve", "tie"
GROUNDS = (IMPROVE, "information", "money", TIED)


def parsed_reasons(snapshot: Snapshot, review: Review, typed: Sequence[str]) -> dict[str, str]:
    """The reasons by criterion, named by its id or as it is printed; a text without a criterion is on the advice.

    Raises:
        FaultyReason: No criterion of the rubric, or no text.
    """
    names = {each.id: (each.name_nl, each.name_en) for each in rules_of(snapshot, review).rubric}
    names["advice"] = both(N_("advice"))
    given: dict[str, str] = {}
    for each in typed:
        subject, sign, text = each.partition("=")
        if not sign:
            subject, text = "advice", each
        named = meant(subject, names)
        if len(named) != 1 or not text.strip():
            raise FaultyReason(typed=each, subjects=list(names), ref=review.ref)
        given[named[0]] = text.strip()
    return given


def require_reasons(review: Review, given: Mapping[str, str], *, outcome: str, ground: str = "") -> None:
    """A rejection gives reasons per criterion, each missed gate among them; a deferral for improvement says of at least
    one criterion what must become better; another deferral, and a deviation from the advice, gives at least one reason.

    Args:
        given: By criterion or ``advice``.
        ground: Of a deferral.

    Raises:
        ReasonsPerCriterionMissing: With the subjects on which a reason is asked.
    """
    criteria = [subject for subject in given if subject != "advice"]
    lacking: Collection[str] = ()
    if outcome == State.REJECTED:
        lacking = [gate for gate in review.gates_missed if gate not in given] or ([] if criteria else ["ambition"])
    elif outcome == State.DEFERRED and ground == IMPROVE:
        lacking = () if criteria else list(review.gates_missed) or ["ambition"]
    elif not given:
        lacking = ["advice"]
    if lacking:
        raise ReasonsPerCriterionMissing(
            ref=review.ref,
            outcome=outcome,
            advice=review.advice,
            subjects=list(lacking),
            reasons=" ".join(f"--reason {subject}=TEXT" for subject in lacking),
        )


def require_one_decision(
    ref: str, *, amount_cents: int | None, conditions: Sequence[str], reject: bool, defer_for: str | None,
    until: date | None,
) -> None:  # fmt: skip
    """What was typed belongs to one decision: an award (``amount_cents``, ``conditions``), a rejection, or a deferral.

    Raises:
        OneDecisionOnly: With the options that exclude each other.
        DecisionIncomplete: A day without the deferral that it belongs to.
    """
    award = {"--amount": amount_cents is not None, "--condition": bool(conditions)}
    kinds = ([option for option, typed in award.items() if typed], ["--reject"] * reject, ["--defer"] * bool(defer_for))
    if sum(map(bool, kinds)) > 1:
        raise OneDecisionOnly(ref=ref, options=[option for kind in kinds for option in kind])
    if until is not None and not defer_for:
        raise DecisionIncomplete(ref=ref, missing=_("the ground of the deferral (--defer GROUND)"))


def require_deferral(decision: Decision, ground: str, until: date | None, *, today: date, voted: bool) -> None:
    """A deferral that was typed has a ground of the rules and a day to come, and is the first one.

    Args:
        voted: Whether there are votes that can be tied; on a mandated track there are none.

    Raises:
        UnknownDeferralGround, DecisionIncomplete, DeferredBefore: As they say.
    """
    known = GROUNDS if voted else [each for each in GROUNDS if each != TIED]
    if ground not in known:
        raise UnknownDeferralGround(ground=ground, known=list(known), ref=decision.ref)
    if (until is None and ground != TIED) or (until is not None and until <= today):
        raise DecisionIncomplete(ref=decision.ref, missing=_("the day it is back, after today (--until DATE)"))
    if decision.deferrals:
        raise DeferredBefore(ref=decision.ref, ground=decision.deferred_for)


def parsed_conditions(snapshot: Snapshot, proposal: Proposal, typed: Sequence[str]) -> tuple[AwardCondition, ...]:
    """The conditions, numbered in the order in which they were typed.

    Raises:
        FaultyCondition: Not four parts, an owner that is no party, no day, or a day that is not to come.
    """
    parsed = []
    for number, each in enumerate(typed, start=1):
        parts = [part.strip() for part in each.split(";", 3)]
        if len(parts) < 4 or not all(parts):
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=_("four parts are needed"))
        named, evidence, day, text = parts
        try:
            owner = snapshot.meant(Name(named, "partner"))
        except (AmbiguousName, UnknownPartner) as problem:
            said = f"{problem}; {problem.advice}"
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=said) from problem
        if owner not in proposal.parties:
            known = _("the owner is a party: {parties}").format(parties=", ".join(proposal.parties))
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=known)
        try:
            expires_on = parse_day(day)
        except InvalidDay as problem:
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=str(problem)) from problem
        if expires_on <= snapshot.today:
            late = _("the day lies after today, {today}").format(today=snapshot.today.isoformat())
            raise FaultyCondition(typed=each, ref=proposal.ref, problem=late)
        parsed.append(AwardCondition(number=number, text=text, owner=owner, evidence=evidence, expires_on=expires_on))
    return tuple(parsed)
