"""When a proposal may be judged on its merits: the eligibility rules, each with a name, a verdict, what it saw.

Pure: the caller reads what the rules judge. A person decides on the outcomes (P7, P8); where a rule judges words, that
person may bring other evidence. Source: lifecycle.md 4 (P7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fund.events.values import RuleOutcome
from fund.language import N_
from fund.money import format_plain

ENOUGH_WORDS = 4
"""Fewer words than this state nothing."""

JUDGED_BY_PEOPLE = ("public_task", "state_aid", "not_already_funded")
"""Rules on which a fund manager may bring other evidence than the form."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules look at.

    Attributes:
        state_aid: none, de_minimis, exempted or unclear.
        already_funded: no, other_costs or same_costs.
        funded_before: Refs of proposals with the same content that were awarded money.
        parties: The state of each party by partner id.
        track_from_cents, track_below_cents: The band of the round's track; no upper bound when ``None``.
        earlier_cents: What the same parties ask, or were awarded, for the same idea; it counts for the band.
    """

    public_task: str
    state_aid: str
    already_funded: str
    hypothesis: str
    measurement: str
    stop_rule: str
    ask_cents: int
    share_bps: int
    budget_cents: int
    milestones_cents: int
    has_repayment_plan: bool
    ceiling_cents: int
    track: str
    track_from_cents: int
    track_below_cents: int | None
    parties: Mapping[str, str] = field(default_factory=dict)
    funded_before: tuple[str, ...] = ()
    earlier_cents: int = 0


Verdict = tuple[bool, str, dict[str, str]]
"""Whether the rule is met, and what it saw: a sentence with places, and what stands in them."""


def _words(text: str) -> int:
    return len(text.split())


def _euros(**cents: int) -> dict[str, str]:
    return {name: format_plain(value) for name, value in cents.items()}


def public_task(case: Judged) -> Verdict:
    """A public task is named."""
    words = _words(case.public_task)
    return words >= ENOUGH_WORDS, N_("{words} words on the public task"), {"words": str(words)}


def state_aid(case: Judged) -> Verdict:
    """State aid is excluded, small enough or exempted."""
    passed = case.state_aid in ("none", "de_minimis", "exempted")
    return passed, N_("state aid: {said}"), {"said": case.state_aid or "-"}


def not_already_funded(case: Judged) -> Verdict:
    """Nobody pays for the same costs, and this fund did not before."""
    if case.funded_before:
        return False, N_("same content was awarded money in {refs}"), {"refs": ", ".join(case.funded_before)}
    passed = case.already_funded in ("no", "other_costs")
    return passed, N_("other public money: {said}"), {"said": case.already_funded or "-"}


def hypothesis(case: Judged) -> Verdict:
    """There is something to test, and a way to measure it."""
    first, second = _words(case.hypothesis), _words(case.measurement)
    passed = first >= ENOUGH_WORDS and second >= ENOUGH_WORDS
    values = {"hypothesis": str(first), "measurement": str(second)}
    return passed, N_("{hypothesis} words of hypothesis, {measurement} of measurement"), values


def stop_rule(case: Judged) -> Verdict:
    """It is known when to stop."""
    words = _words(case.stop_rule)
    return words >= ENOUGH_WORDS, N_("{words} words of stop rule"), {"words": str(words)}


def budget_adds_up(case: Judged) -> Verdict:
    """The budget by year is the ask."""
    values = _euros(budget=case.budget_cents, asked=case.ask_cents)
    return case.budget_cents == case.ask_cents, N_("budget {budget}, asked {asked}"), values


def milestones_add_up(case: Judged) -> Verdict:
    """The milestones together are the ask."""
    values = _euros(milestones=case.milestones_cents, asked=case.ask_cents)
    return case.milestones_cents == case.ask_cents, N_("milestones {milestones}, asked {asked}"), values


def within_track(case: Judged) -> Verdict:
    """The ask, with what the same parties ask for the same idea, lies in the band of the track; the ask alone is at
    most what the round has.
    """
    values = _euros(asked=case.ask_cents, low=case.track_from_cents, ceiling=case.ceiling_cents)
    together = case.ask_cents + case.earlier_cents
    passed = case.track_from_cents <= together and case.ask_cents <= case.ceiling_cents
    if case.track_below_cents is not None:
        values |= _euros(high=case.track_below_cents)
        passed = passed and together < case.track_below_cents
    if case.earlier_cents:
        values |= _euros(earlier=case.earlier_cents)
        if case.track_below_cents is None:
            return passed, N_("asked {asked}, with {earlier} for the same idea, from {low}, ceiling {ceiling}"), values
        finding = N_("asked {asked}, with {earlier} for the same idea, from {low} to below {high}, ceiling {ceiling}")
        return passed, finding, values
    if case.track_below_cents is None:
        return passed, N_("asked {asked}, from {low}, ceiling {ceiling}"), values
    return passed, N_("asked {asked}, from {low} to below {high}, ceiling {ceiling}"), values


def repayment_planned(case: Judged) -> Verdict:
    """Where something comes back, there is a plan for it."""
    passed = case.share_bps == 0 or case.has_repayment_plan
    return passed, N_("{share} per cent comes back"), {"share": format_plain(case.share_bps)}


def parties_active(case: Judged) -> Verdict:
    """Every party is an active partner."""
    others = [f"{partner} ({state})" for partner, state in case.parties.items() if state != "active"]
    if others:
        return False, N_("not active: {parties}"), {"parties": ", ".join(others)}
    return True, N_("active: {parties}"), {"parties": ", ".join(case.parties)}


RULES: dict[str, Callable[[Judged], Verdict]] = {
    "public_task": public_task,
    "state_aid": state_aid,
    "not_already_funded": not_already_funded,
    "hypothesis": hypothesis,
    "stop_rule": stop_rule,
    "budget_adds_up": budget_adds_up,
    "milestones_add_up": milestones_add_up,
    "within_track": within_track,
    "repayment_planned": repayment_planned,
    "parties_active": parties_active,
}
"""Every eligibility rule by name, in the order in which it is shown."""


def screen(case: Judged) -> tuple[RuleOutcome, ...]:
    """What each rule finds."""
    found = []
    for name, rule in RULES.items():
        passed, finding, values = rule(case)
        found.append(RuleOutcome(rule=name, passed=passed, finding=finding, values=values))
    return tuple(found)


def many_parties(parties: int, limit: int) -> str:
    """A note where more than ``limit`` parties take part; about five work best. Never a guard."""
    return f"{parties} parties; above {limit} a cooperation grows slow, about five work best" if parties > limit else ""
