"""The same parties, the same idea: what they ask counts together for the track, across rounds and for a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from fund.errors.proposals import BoardNotInformed, SameIdeaAddedUp, UnknownChoice
from fund.events.decisions import DecisionApproved
from tests.factories import World, a_form, as_file
from tests.workflows.deciding import money
from tests.workflows.proposing import a_round, case, drafted, proposing
from tests.workflows.test_cooperations import a_file as a_register
from tests.workflows.test_proposals import decided

HYPOTHESIS = a_form().hypothesis


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with proposing(database_url) as world:
        yield world


def handed_in(world: World, **changes: object) -> str:
    ref = drafted(world, **changes)
    for partner, user in (("gm0327", "lotte"), ("gm0342", "sam")):
        if partner in case(world, ref).co_applicants:
            world.do("proposal confirm", user=user, ref=ref)
    lead = {"gm0351": "fatima", "gm0327": "lotte"}[case(world, ref).lead]
    world.do("proposal submit", user=lead, ref=ref, informed_on=date(2026, 2, 9))
    return ref


def test_an_idea_cut_in_two_is_refused_with_both_amounts(world: World) -> None:
    # Given: one half of an idea, handed in on the light track by two parties
    first = handed_in(
        world, title="Loket, deel 1", hypothesis=HYPOTHESIS, ask_cents=20_000_00, co_applicants=("gm0327",)
    )
    # When: the other half comes, led by the other party, with the same hypothesis in other signs
    ref = drafted(
        world, user="lotte", lead="gm0327", co_applicants=("gm0351",), title="Loket, deel 2",
        hypothesis=HYPOTHESIS.upper().replace(",", " -"), ask_cents=15_000_00,
    )  # fmt: skip
    world.do("proposal confirm", user="fatima", ref=ref)
    # Then: together they are above the band
    with pytest.raises(SameIdeaAddedUp) as refused:
        world.do("proposal submit", user="lotte", ref=ref)
    assert str(refused.value) == (
        f"`proposal submit` is not possible for {ref}: asked is EUR 15,000.00, and {first} of the same parties for the"
        " same idea came to EUR 20,000.00, together EUR 35,000.00; a round on the track light takes EUR 0.00 up to, not"
        " including, EUR 25,000.00"
    )
    assert case(world, ref).state == "draft"
    # And: on the track where they belong together they are welcome
    standard = a_round(world, track="standard")
    text = world.ask("proposal file", user="lotte", ref=ref)["toml"].replace('"2026-1"\nlead', f'"{standard}"\nlead')
    world.do("proposal save", user="lotte", ref=ref, file=as_file(text.encode()))
    assert (case(world, ref).round, case(world, ref).track) == (standard, "standard")
    world.do("proposal confirm", user="fatima", ref=ref, informed_on=date(2026, 2, 9))
    world.do("proposal submit", user="lotte", ref=ref, informed_on=date(2026, 2, 9))
    rules = {outcome.rule: outcome for outcome in case(world, ref).screened}
    assert rules["within_track"].passed
    assert rules["within_track"].describe() == (
        "asked 15000.00, with 20000.00 for the same idea, from 25000.00 to below 125000.00, ceiling 500000.00"
    )


def test_other_parties_or_another_idea_count_for_themselves(world: World) -> None:
    first = handed_in(world, title="Loket", ask_cents=20_000_00)
    joined = handed_in(world, title="Loket", ask_cents=20_000_00, co_applicants=("gm0327",))
    other = handed_in(world, title="Iets anders", ask_cents=20_000_00)
    shown = world.ask("proposal show", user="anna", ref=other)
    assert shown["same_idea"] == []
    assert [(row["ref"], row["amount_cents"]) for row in shown["alike"]] == [
        (first, 20_000_00)
    ]  # for a person to judge
    assert world.ask("proposal show", user="anna", ref=joined)["alike"] == []


def test_an_award_counts_for_a_year_and_what_was_withdrawn_does_not(world: World) -> None:
    first = handed_in(world, title="Loket", ask_cents=20_000_00)
    money(world, 500_000_00)
    decided(world, first, DecisionApproved(ref=first, round="2026-1", award_cents=12_000_00))
    ref = drafted(world, title="Loket", ask_cents=14_000_00, stop_rule="Als het na een jaar niet sneller gaat.")
    with pytest.raises(SameIdeaAddedUp) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    assert refused.value.details["earlier_cents"] == 12_000_00  # what was awarded, not what was asked
    world.do("proposal withdraw", user="fatima", ref=first, reason="geen mensen")
    world.do("proposal submit", user="fatima", ref=ref)
    assert case(world, ref).state == "submitted"


# --------------------------------------------------------------------------------------------------------- P3, advice


def test_the_day_a_council_was_informed_counts_for_the_revision_it_was_given_with(world: World) -> None:
    standard = a_round(world, track="standard")
    ref = drafted(world, round=standard, ask_cents=60_000_00, co_applicants=("gm0327",))
    world.do("proposal confirm", user="lotte", ref=ref, informed_on=date(2026, 2, 8))
    text = world.ask("proposal file", user="fatima", ref=ref)["toml"]
    world.do("proposal save", user="fatima", ref=ref, file=as_file(text.replace("snelheid", "rust").encode()))
    with pytest.raises(BoardNotInformed):
        world.do("proposal confirm", user="lotte", ref=ref)
    world.do("proposal confirm", user="lotte", ref=ref, informed_on=date(2026, 2, 9))
    world.do("proposal submit", user="fatima", ref=ref)  # the lead's own day is part of the form that all confirm
    found = case(world, ref)
    assert found.informed == {"gm0327": date(2026, 2, 9), "gm0351": date(2026, 1, 5)}
    assert set(found.confirmed.values()) == {found.revision_hash}


def test_the_profile_and_what_it_points_to_are_shown_and_a_note_where_many_take_part(world: World) -> None:
    many = ("gm0307", "gm0308", "gm0312", "gm0313", "gm0317", "gm0321", "gm0327")
    answer = world.do(
        "proposal draft",
        user="fatima",
        file=as_file(_file(adopters=many, governance_form="Een gemeenschappelijke regeling, want dat kennen wij.")),
    )
    result = answer["result"]
    assert result["many_parties"] == {"parties": 8, "limit": 7}
    assert [each["id"] for each in result["advice"]["forms"]] == ["dienstverleningsovereenkomst"]
    assert (result["advice"]["chosen"], result["advice"]["deviates"]) == (["gemeenschappelijke_regeling"], True)
    ref = str(result["ref"])
    shown = world.ask("proposal show", user="fatima", ref=ref)
    assert len(shown["advice"]["profile"]) == 8
    assert shown["advice"] == result["advice"]
    world.do("proposal submit", user="fatima", ref=ref)  # advice, never a guard
    assert case(world, ref).state == "submitted"


def _file(**changes: object) -> bytes:
    from tests.factories import a_proposal_file

    return a_proposal_file(**changes)


def test_a_cooperation_that_the_fund_recorded_can_be_built_on(world: World) -> None:
    with pytest.raises(UnknownChoice):
        drafted(world, cooperation="proeftuin")
    world.do("cooperation import", user="anna", file=as_file(a_register(id="proeftuin")))
    ref = drafted(world, cooperation="proeftuin")
    assert case(world, ref).form.cooperation == "proeftuin"
    assert case(world, drafted(world, title="Nog een", cooperation="regio-amersfoort")).state == "draft"
