"""Conflicts of interest by organisation: which bar, which are declared, each with its ground."""

from __future__ import annotations

import pytest

from fund.rules.authority import (
    Actor,
    CaseParties,
    Cooperation,
    Role,
    hard_conflict,
    soft_conflicts,
)

PARTIES = CaseParties(
    lead="gm0308",
    co_applicants=frozenset({"gm0312"}),
    beneficiaries=frozenset({"ws0636"}),
    team=frozenset({"gm0355"}),
    regions={
        "rg-most": frozenset({"gm0308", "gm0312", "gm0999"}),
        "rg-half": frozenset({"gm0308", "gm0998"}),
        "rg-none": frozenset(),
    },
)


def of(partner: str | None, *, seconded: bool = False) -> Actor:
    return Actor("usr_x", "x", frozenset({Role.REVIEWER}), partner, seconded)


@pytest.mark.parametrize(
    ("partner", "ground"),
    [
        ("gm0308", "lead"),
        ("gm0312", "co_applicant"),
        ("ws0636", "beneficiary"),
        ("gm0355", "team"),
        ("rg-most", "region"),
        ("rg-half", None),
        ("rg-none", None),
        ("gm0344", None),
        (None, None),
    ],
)
def test_the_party_list_bars_an_organisation(partner: str | None, ground: str | None) -> None:
    found = hard_conflict(of(partner), PARTIES)

    assert (found.ground if found else None) == ground


def test_whoever_is_named_in_the_team_is_barred_whatever_the_organisation() -> None:
    parties = CaseParties(lead="gm0308", persons=frozenset({"x"}))

    found = hard_conflict(of(None), parties)

    assert found is not None
    assert found.text == "person"


def test_somebody_seconded_to_the_fund_counts_as_nobodys() -> None:
    assert hard_conflict(of("gm0308", seconded=True), PARTIES) is None


def test_ties_that_are_declared_name_the_proposal_or_the_cooperation() -> None:
    cooperations = [
        Cooperation("wolf", frozenset({"T03"}), frozenset({"gm0308", "gm0344"})),
        Cooperation("edc", frozenset({"T04"}), frozenset({"gm0308", "gm0344"})),
        Cooperation("uplg", frozenset({"T03"}), frozenset({"gm0344"})),
    ]

    found = soft_conflicts(
        of("gm0344"),
        PARTIES,
        themes=["T03"],
        competing={"2026-002": ("gm0344", "gm0321"), "2026-003": ("gm0321",)},
        cooperations=cooperations,
    )

    assert [each.text for each in found] == ["competes:2026-002", "cooperates:wolf"]


def test_an_independent_reviewer_has_nothing_to_declare() -> None:
    assert soft_conflicts(of(None), PARTIES, themes=["T03"], competing={"2026-002": ("gm0344",)}, cooperations=[]) == ()
