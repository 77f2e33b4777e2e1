"""Each eligibility rule, met and not met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fund.rules import eligibility
from fund.rules.eligibility import Judged

GOOD = Judged(
    public_task="Het verlenen van vergunningen",
    state_aid="none",
    already_funded="no",
    hypothesis="Wij denken dat het sneller gaat",
    measurement="Doorlooptijd van honderd dossiers",
    stop_rule="Na zes maanden zonder winst",
    ask_cents=24_000_00,
    share_bps=7000,
    budget_cents=24_000_00,
    milestones_cents=24_000_00,
    has_repayment_plan=True,
    ceiling_cents=500_000_00,
    track="light",
    track_from_cents=0,
    track_below_cents=25_000_00,
    parties={"gm0351": "active"},
)


def failing(case: Judged) -> list[str]:
    return [outcome.rule for outcome in eligibility.screen(case) if not outcome.passed]


def test_a_good_proposal_meets_every_rule_and_each_says_what_it_looked_at() -> None:
    outcomes = eligibility.screen(GOOD)
    assert failing(GOOD) == []
    assert [outcome.rule for outcome in outcomes] == list(eligibility.RULES)
    assert all(outcome.finding for outcome in outcomes)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"public_task": "geen"}, "public_task"),
        ({"state_aid": "unclear"}, "state_aid"),
        ({"state_aid": ""}, "state_aid"),
        ({"already_funded": "same_costs"}, "not_already_funded"),
        ({"funded_before": ("2025-003",)}, "not_already_funded"),
        ({"hypothesis": "het werkt"}, "hypothesis"),
        ({"measurement": "meten"}, "hypothesis"),
        ({"stop_rule": "nooit"}, "stop_rule"),
        ({"budget_cents": 23_000_00}, "budget_adds_up"),
        ({"milestones_cents": 23_999_99}, "milestones_add_up"),
        ({"track_from_cents": 24_000_01}, "within_track"),
        ({"track_below_cents": 24_000_00}, "within_track"),
        ({"ceiling_cents": 23_999_99}, "within_track"),
        ({"has_repayment_plan": False}, "repayment_planned"),
        ({"parties": {"gm0351": "active", "gm0308": "notice_given"}}, "parties_active"),
    ],
)
def test_what_is_missing_fails_its_own_rule_alone(changes: dict[str, object], rule: str) -> None:
    assert failing(replace(GOOD, **changes)) == [rule]  # type: ignore[arg-type]


def test_a_grant_that_does_not_come_back_needs_no_repayment_plan() -> None:
    assert failing(replace(GOOD, share_bps=0, has_repayment_plan=False)) == []


def test_both_numbers_stand_in_the_finding() -> None:
    outcome = next(each for each in eligibility.screen(replace(GOOD, budget_cents=1)) if each.rule == "budget_adds_up")
    assert outcome.describe() == "budget 0.01, asked 24000.00"


def test_many_parties_are_noted_and_nothing_more() -> None:
    assert eligibility.many_parties(7, 7) == ""
    assert eligibility.many_parties(8, 7).startswith("8 parties")
