"""The rubric as arithmetic, beside a calculation of its own; quorums as tables."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.rules.regulations import Quorum, standard
from fund.rules.scoring import (
    EXPERIMENT,
    ROLLOUT,
    Marks,
    Seat,
    advice_of,
    assigned_missing,
    figures_of,
    gaps_of,
    judge,
    leanings_of,
    panel_means,
    quorum_missing,
    rounded,
    rubric,
    spread_of,
    total_of,
)

RULES = standard()
_COMMON = {"ambition": 15, "interests": 10, "people": 10, "organisation": 10, "process": 10, "exit": 10}
WEIGHTS = {
    EXPERIMENT: {**_COMMON, "learning": 20, "business_case": 15},
    ROLLOUT: {**_COMMON, "learning": 10, "business_case": 25},
}
GATES = {
    EXPERIMENT: {"ambition": 2, "interests": 2, "learning": 2, "business_case": 1, "exit": 2},
    ROLLOUT: {"ambition": 2, "interests": 2, "learning": 3, "business_case": 3, "exit": 2},
}
CRITERIA = ["ambition", "interests", "people", "organisation", "process", "learning", "business_case", "exit"]
profiles = st.sampled_from([EXPERIMENT, ROLLOUT])
sheets = st.dictionaries(st.sampled_from(CRITERIA), st.integers(0, 4), min_size=1)
panels = st.lists(sheets, min_size=1, max_size=7)


@given(profiles, sheets)
@settings(max_examples=50, deadline=None)
def test_a_reviewers_total_leaves_out_what_was_abstained_from(profile: str, scores: dict[str, int]) -> None:
    weights = WEIGHTS[profile]
    top = sum(4 * weights[each] for each in scores)
    reached = sum(weights[each] * score for each, score in scores.items())

    assert total_of(rubric(RULES, profile), scores) == Fraction(100 * reached, top)


@given(profiles, panels)
@settings(max_examples=50, deadline=None)
def test_the_panels_figures_equal_an_independent_calculation(profile: str, panel: list[dict[str, int]]) -> None:
    lines, weights = rubric(RULES, profile), WEIGHTS[profile]
    sums: dict[str, list[int]] = {}
    for scores in panel:
        for criterion, score in scores.items():
            sums.setdefault(criterion, []).append(score)
    means = {criterion: Fraction(sum(marks), len(marks)) for criterion, marks in sums.items()}
    total = Fraction(0)
    for criterion, mean in means.items():
        total += Fraction(weights[criterion]) * mean
    total = total * 100 / (4 * sum(weights[criterion] for criterion in means))
    missed = {criterion for criterion, gate in GATES[profile].items() if means.get(criterion, Fraction(0)) < gate}

    verdict = judge(RULES, lines, panel_means(lines, panel))

    assert panel_means(lines, panel) == means
    assert verdict.total == total
    assert set(verdict.gates_missed) == missed
    assert 0 <= verdict.total <= 100


@given(profiles, panels)
@settings(max_examples=30, deadline=None)
def test_the_order_of_reviewers_changes_nothing(profile: str, panel: list[dict[str, int]]) -> None:
    lines = rubric(RULES, profile)

    assert panel_means(lines, panel) == panel_means(lines, panel[::-1])
    assert spread_of(RULES, lines, panel) == spread_of(RULES, lines, panel[::-1])


@pytest.mark.parametrize(
    ("total", "missed", "advice"),
    [
        (Fraction(60), 0, "positive"),
        (Fraction(100), 1, "improve"),
        (Fraction(599, 10), 0, "improve"),
        (Fraction(50), 0, "improve"),
        (Fraction(50), 1, "improve"),
        (Fraction(499, 10), 0, "negative"),
        (Fraction(70), 2, "negative"),
        (Fraction(40), 1, "negative"),
    ],
)
def test_advice_follows_from_total_and_gates(total: Fraction, missed: int, advice: str) -> None:
    assert advice_of(RULES, total, missed) == advice


@pytest.mark.parametrize(
    ("one", "other", "criteria", "forced"),
    [
        ({"exit": 2, "ambition": 2}, {"exit": 3, "ambition": 2}, (), False),
        ({"exit": 1, "ambition": 2}, {"exit": 3, "ambition": 2}, ("exit",), True),
        (dict.fromkeys(CRITERIA, 2), dict.fromkeys(CRITERIA, 3), (), True),  # 50 and 75: 25 points apart
        (
            dict.fromkeys(CRITERIA, 2),
            {**dict.fromkeys(CRITERIA, 2), "ambition": 3, "learning": 3, "people": 3},
            (),
            False,
        ),
    ],
)
def test_reviewers_far_apart_must_talk(
    one: dict[str, int], other: dict[str, int], criteria: tuple[str, ...], forced: bool
) -> None:
    found, _spread, must = spread_of(RULES, rubric(RULES, EXPERIMENT), [one, other])

    assert (found, must) == (criteria, forced)


# ------------------------------------------------------------------------------------------------------------ quorums

A, B, C = Seat("a", "gm1", "municipality"), Seat("b", "gm2", "municipality"), Seat("c", "ws1", "water_board")
D, X, Y, Z = (
    Seat("d", "gm1", "municipality"),
    Seat("x", None, "external"),
    Seat("y", None, "external"),
    Seat("z", None, "external"),
)
STANDARD, LIGHT = RULES.tracks["standard"].quorum, RULES.tracks["light"].quorum


def lacks(quorum: Quorum, seats: list[Seat], *, necessity: bool = False) -> list[str]:
    lines = rubric(RULES, EXPERIMENT)
    marks = [Marks(seat, frozenset(CRITERIA)) for seat in seats]
    return [each.demand for each in quorum_missing(quorum, lines, marks, necessity=necessity)]


@pytest.mark.parametrize(
    ("seats", "missing"),
    [
        ([A, C, X], []),
        ([A, B, X], []),
        ([A, D, X], ["organisations"]),
        ([A, B, C], ["external"]),
        ([X, Y, Z], ["kinds"]),
        ([A, X], ["complete", "organisations", *CRITERIA]),
        ([], ["complete", "organisations", "kinds", "external", *CRITERIA]),
    ],
)
def test_the_quorum_of_a_standard_review(seats: list[Seat], missing: list[str]) -> None:
    assert lacks(STANDARD, seats) == missing


@pytest.mark.parametrize(
    ("seats", "missing"),
    [([A, B], []), ([X, Y], []), ([A, D], ["organisations"]), ([A], ["complete", "organisations", *CRITERIA])],
)
def test_the_quorum_of_a_light_review(seats: list[Seat], missing: list[str]) -> None:
    assert lacks(LIGHT, seats) == missing


def test_under_necessity_three_externals_of_one_kind_suffice() -> None:
    assert lacks(STANDARD, [X, Y, Z], necessity=True) == []
    assert lacks(STANDARD, [A, X, Y], necessity=True) == ["external"]


def test_a_criterion_needs_its_scores_even_when_reviews_are_complete() -> None:
    lines = rubric(RULES, EXPERIMENT)
    whole = frozenset(CRITERIA)
    marks = [Marks(A, whole), Marks(C, whole), Marks(X, whole - {"exit"})]

    missing = quorum_missing(STANDARD, lines, marks)

    assert [(each.demand, each.found, each.needed) for each in missing] == [("exit", 2, 3)]


def test_a_panel_is_large_and_mixed_enough_before_it_opens() -> None:
    assert [each.demand for each in assigned_missing(STANDARD, [A, B, C, X])] == ["assigned"]
    assert [each.demand for each in assigned_missing(STANDARD, [A, B, C, D, Seat("e", "gm3", "municipality")])] == [
        "external"
    ]
    assert assigned_missing(STANDARD, [A, B, C, D, X]) == ()
    assert [each.demand for each in assigned_missing(STANDARD, [A, B, C, X, X])] == ["assigned"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Fraction(125, 2), "62.5"), (Fraction(2, 3), "0.7"), (Fraction(1, 20), "0.1"), (Fraction(100), "100.0")],
)
def test_a_figure_is_rounded_only_where_it_is_shown(value: Fraction, shown: str) -> None:
    assert rounded(value) == shown


@given(profiles, panels)
@settings(max_examples=50, deadline=None)
def test_milder_and_stricter_cancel_out_and_gaps_lie_between_nothing_and_four(
    profile: str, panel: list[dict[str, int]]
) -> None:
    lines = rubric(RULES, profile)
    by_name = {f"r{number}": scores for number, scores in enumerate(panel)}

    leanings = leanings_of(lines, by_name)

    assert sum(leanings.values()) == 0
    assert max(leanings.values()) - min(leanings.values()) == spread_of(RULES, lines, panel)[1]
    gaps = gaps_of(lines, panel)
    assert all(0 <= gap <= 4 for gap in gaps.values())
    assert {criterion for criterion, gap in gaps.items() if gap >= 2} == set(spread_of(RULES, lines, panel)[0])


@given(profiles, panels)
@settings(max_examples=50, deadline=None)
def test_without_a_score_the_figures_are_those_of_the_others_alone(profile: str, panel: list[dict[str, int]]) -> None:
    lines = rubric(RULES, profile)

    figures = figures_of(RULES, lines, panel[1:])

    assert figures.means == panel_means(lines, panel[1:])
    assert figures.verdict == judge(RULES, lines, figures.means)
    assert (figures.apart, figures.spread, figures.forced) == spread_of(RULES, lines, panel[1:])
    assert figures.as_texts()["total"] == str(figures.verdict.total)
