"""Conflicts of interest: which bar, which are declared, each with its ground, on a day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.glossary import folded
from fund.rules.authority import Actor, Role
from fund.rules.conflicts import (
    DECLARABLE,
    CaseParties,
    Cooperation,
    Ground,
    ground_text,
    hard_conflict,
    soft_conflicts,
)
from fund.words import choices

TODAY = date(2026, 2, 2)
PARTIES = CaseParties(
    lead="gm0308",
    co_applicants=frozenset({"gm0312"}),
    beneficiaries=frozenset({"ws0636"}),
    suppliers=frozenset({"ws0662"}),
    team=frozenset({"gm0355"}),
    regions={
        "rg-most": frozenset({"gm0308", "gm0312", "gm0999"}),
        "rg-half": frozenset({"gm0308", "gm0998"}),
        "rg-none": frozenset(),
    },
    declared={"usr_y": "family"},
)


def of(partner: str | None, *, name: str = "x", seconded: bool = False) -> Actor:
    return Actor(f"usr_{name}", name, frozenset({Role.REVIEWER}), partner, seconded)


def soft(own: str | None, **more: object) -> list[str]:
    """The soft ties of an organisation, on theme T03 unless told otherwise."""
    asked = {"themes": ["T03"], "competing": {}, "cooperations": [], "on": TODAY, **more}
    return [each.text for each in soft_conflicts(of(own), PARTIES, **asked)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("partner", "ground"),
    [
        ("gm0308", "lead"),
        ("gm0312", "co_applicant"),
        ("ws0636", "beneficiary"),
        ("ws0662", "supplier"),
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


@pytest.mark.parametrize("name", ["Zoë van Dam", "zoe van dam", "ZOË  VAN DAM"])
def test_whoever_is_named_in_the_team_is_barred_whatever_the_organisation_and_the_spelling(name: str) -> None:
    parties = CaseParties(lead="gm0308", persons=frozenset({folded("Zoë van Dam"), folded("Jan-Willem Bos")}))
    assert hard_conflict(Actor("u9", "jan willem BOS", frozenset({Role.REVIEWER})), parties) is not None

    found = hard_conflict(of(None, name=name), parties)

    assert found is not None
    assert found.text == "person"


def test_what_only_the_person_knows_bars_once_it_was_declared_and_nobody_else() -> None:
    found = hard_conflict(of("gm0344", name="y"), PARTIES)

    assert found is not None
    assert found.text == "family"
    assert hard_conflict(of("gm0344", name="z"), PARTIES) is None


def test_somebody_seconded_to_the_fund_counts_as_nobodys() -> None:
    assert hard_conflict(of("gm0308", seconded=True), PARTIES) is None


def test_every_ground_reads_as_a_sentence_and_what_a_person_wrote_stays_as_it_was_written() -> None:
    assert set(Ground) <= set(choices())
    assert set(DECLARABLE) < set(Ground)
    assert ground_text("cooperates:wolf") == "own organisation works with the lead on the same theme (wolf)"
    assert ground_text("my neighbour: the alderman") == "my neighbour: the alderman"


def test_ties_that_are_declared_name_the_proposal_or_the_cooperation() -> None:
    cooperations = [
        Cooperation("wolf", frozenset({"T03"}), frozenset({"gm0308", "gm0344"})),
        Cooperation("edc", frozenset({"T04"}), frozenset({"gm0308", "gm0344"})),
        Cooperation("uplg", frozenset({"T03"}), frozenset({"gm0344"})),
    ]
    competing = {"2026-002": ("gm0344", "gm0321"), "2026-003": ("gm0321",)}

    found = soft("gm0344", cooperations=cooperations, competing=competing)

    assert found == ["competes:2026-002", "cooperates:wolf"]


@pytest.mark.parametrize(
    ("until_on", "counts"),
    [
        (None, True),
        (date(2026, 2, 1), True),
        (date(2023, 2, 2), True),
        (date(2023, 2, 1), False),
        (date(2030, 1, 1), True),
    ],
)
def test_a_cooperation_that_ended_counts_for_three_years(until_on: date | None, counts: bool) -> None:
    ended = Cooperation("wolf", frozenset({"T03"}), frozenset({"gm0308", "gm0344"}), until_on=until_on)

    assert soft("gm0344", cooperations=[ended]) == (["cooperates:wolf"] if counts else [])


def test_a_cooperation_that_begins_later_is_no_tie_yet() -> None:
    later = Cooperation("wolf", frozenset({"T03"}), frozenset({"gm0308", "gm0344"}), since_on=date(2026, 2, 3))

    assert soft("gm0344", cooperations=[later]) == []


def test_three_years_before_the_29th_of_february_are_counted_from_the_28th() -> None:
    ended = Cooperation("wolf", frozenset({"T03"}), frozenset({"gm0308", "gm0344"}), until_on=date(2021, 2, 28))

    assert soft("gm0344", cooperations=[ended], on=date(2024, 2, 29)) == ["cooperates:wolf"]


def test_a_service_organisation_shared_with_the_lead_is_a_tie_whatever_its_theme_while_both_share_it() -> None:
    def service(until_on: date | None) -> list[Cooperation]:
        members = frozenset({"gm0308", "gm0344"})
        return [Cooperation("bsr", frozenset(), members, service=True, until_on=until_on)]

    assert soft("gm0344", cooperations=service(None)) == ["service:bsr"]
    assert soft("gm0344", cooperations=service(date(2026, 2, 1))) == []
    assert soft("gm0355", cooperations=service(None)) == []


def test_who_takes_part_in_the_cooperation_a_proposal_builds_on_declares_it_whatever_its_themes() -> None:
    named = [Cooperation("bsr", frozenset(), frozenset({"gm0344"}))]

    assert soft("gm0344", cooperations=named, builds_on="bsr") == ["builds_on:bsr"]
    assert soft("gm0355", cooperations=named, builds_on="bsr") == []
    assert soft("gm0344", cooperations=named, builds_on="none") == []


def test_an_experiment_done_with_the_lead_on_the_subject_counts_for_three_years_after_its_end() -> None:
    def done(until_on: date | None, theme: str = "T03") -> list[Cooperation]:
        parties = frozenset({"gm0308", "gm0344"})
        return [Cooperation("A2024-001", frozenset({theme}), parties, since_on=date(2022, 1, 1), until_on=until_on)]

    assert soft("gm0344", experiments=done(None)) == ["experiment:A2024-001"]
    assert soft("gm0344", experiments=done(date(2023, 2, 2))) == ["experiment:A2024-001"]
    assert soft("gm0344", experiments=done(date(2023, 2, 1))) == []
    assert soft("gm0344", experiments=done(None, "T09")) == []
    assert soft("gm0312", experiments=done(None)) == []


def test_an_independent_reviewer_has_nothing_to_declare() -> None:
    assert soft(None, competing={"2026-002": ("gm0344",)}) == []


PARTNERS = ("gm0308", "gm0312", "gm0344", "gm0355", "ws0636")
_days = st.none() | st.dates(date(2015, 1, 1), date(2030, 1, 1))
_cooperations = st.lists(
    st.builds(
        Cooperation,
        ref=st.sampled_from("abcdef"),
        themes=st.frozensets(st.sampled_from(["T01", "T03"])),
        members=st.frozensets(st.sampled_from(PARTNERS)),
        service=st.booleans(),
        since_on=_days,
        until_on=_days,
    ),
    unique_by=lambda each: each.ref,
)


@given(_cooperations, st.sampled_from(PARTNERS), st.sampled_from(["a", "b", "none"]))
def test_every_tie_of_the_register_is_one_of_a_cooperation_in_which_the_organisation_takes_part(
    register: list[Cooperation], own: str, builds_on: str
) -> None:
    found = soft(own, cooperations=register, builds_on=builds_on)

    by_ref = {each.ref: each for each in register}
    assert len({each.partition(":")[2] for each in found}) == len(found)
    for each in found:
        ground, _mark, ref = each.partition(":")
        assert own in by_ref[ref].members
        assert ground == "builds_on" or "gm0308" in by_ref[ref].members
        assert by_ref[ref].within_window(TODAY) or by_ref[ref].runs_on(TODAY)
