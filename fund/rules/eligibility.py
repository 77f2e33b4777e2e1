"""When a proposal may be judged on its merits: the eligibility rules, each with a name, a verdict, what it saw.

Pure: the caller reads what the rules judge. A person decides on the outcomes (P7, P8); where a rule judges words, that
person may bring other evidence. Source: lifecycle.md 4 (P7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fund.events import RuleOutcome
from fund.money import format_plain

__all__ = ["JUDGED_BY_PEOPLE", "RULES", "Judged", "many_parties", "screen"]

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


Verdict = tuple[bool, str]


def _words(text: str) -> int:
    return len(text.split())


def public_task(case: Judged) -> Verdict:
    """A public task is named."""
    return _words(case.public_task) >= ENOUGH_WORDS, f"{_words(case.public_task)} words on the public task"


def state_aid(case: Judged) -> Verdict:
    """State aid is excluded, small enough or exempted."""
    return case.state_aid in ("none", "de_minimis", "exempted"), f"state aid: {case.state_aid or 'not stated'}"


def not_already_funded(case: Judged) -> Verdict:
    """Nobody pays for the same costs, and this fund did not before."""
    if case.funded_before:
        return False, "same content was awarded money in " + ", ".join(case.funded_before)
    return case.already_funded in ("no", "other_costs"), f"other public money: {case.already_funded or 'not stated'}"


def hypothesis(case: Judged) -> Verdict:
    """There is something to test, and a way to measure it."""
    passed = _words(case.hypothesis) >= ENOUGH_WORDS and _words(case.measurement) >= ENOUGH_WORDS
    return passed, f"{_words(case.hypothesis)} words of hypothesis, {_words(case.measurement)} of measurement"


def stop_rule(case: Judged) -> Verdict:
    """It is known when to stop."""
    return _words(case.stop_rule) >= ENOUGH_WORDS, f"{_words(case.stop_rule)} words of stop rule"


def budget_adds_up(case: Judged) -> Verdict:
    """The budget by year is the ask."""
    return case.budget_cents == case.ask_cents, _both("budget", case.budget_cents, "asked", case.ask_cents)


def milestones_add_up(case: Judged) -> Verdict:
    """The milestones together are the ask."""
    return case.milestones_cents == case.ask_cents, _both("milestones", case.milestones_cents, "asked", case.ask_cents)


def within_track(case: Judged) -> Verdict:
    """The ask lies in the band of the track and below the ceiling of the round."""
    above = case.track_below_cents is not None and case.ask_cents >= case.track_below_cents
    passed = not above and case.track_from_cents <= case.ask_cents <= case.ceiling_cents
    upper = "" if case.track_below_cents is None else f" below {format_plain(case.track_below_cents)}"
    band = f"{case.track} from {format_plain(case.track_from_cents)}{upper}, ceiling {format_plain(case.ceiling_cents)}"
    return passed, f"asked {format_plain(case.ask_cents)}, {band}"


def repayment_planned(case: Judged) -> Verdict:
    """Where something comes back, there is a plan for it."""
    return case.share_bps == 0 or case.has_repayment_plan, f"repayable share {case.share_bps} basis points"


def parties_active(case: Judged) -> Verdict:
    """Every party is an active partner."""
    others = [f"{partner} is {state}" for partner, state in case.parties.items() if state != "active"]
    return not others, ", ".join(others) or f"{len(case.parties)} active partners"


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
        passed, finding = rule(case)
        found.append(RuleOutcome(rule=name, passed=passed, finding=finding))
    return tuple(found)


def many_parties(parties: int, limit: int) -> str:
    """A note where more than ``limit`` parties take part; about five work best. Never a guard."""
    return f"{parties} parties; above {limit} a cooperation grows slow, about five work best" if parties > limit else ""


def _both(first: str, first_cents: int, second: str, second_cents: int) -> str:
    return f"{first} {format_plain(first_cents)}, {second} {format_plain(second_cents)}"
