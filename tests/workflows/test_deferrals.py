"""What a deferral leaves open: a panel that must agree anew, and a proposal that is improved before it is voted on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fund.checks import verify
from fund.errors.proposals import NotImprovedYet
from fund.errors.reviews import ConsensusPending
from tests.factories import World, a_proposal_file, as_file, founded
from tests.roads import road
from tests.workflows.deciding import CLOSED, CRITERIA, decidable, panel_of, score_file, voted
from tests.workflows.test_late_conflicts import joins_the_lead, opened, shown

DAY = date(2026, 4, 1)


@road
def deferred_for_money(world: World) -> tuple[str, list[str]]:
    """A panel of which one differs by two agreed, and the committee deferred for want of money; ref and panel."""
    ref, panel = opened(world)
    for number, name in enumerate(panel):
        marks = {**dict.fromkeys(CRITERIA, 3), "exit": 1 if number == 1 else 3}
        world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))
    agreed(world, ref, panel)
    voted(world, ref)
    deferred = {"defer_for": "money", "until": DAY, "reasons": ["na de zomer"]}
    assert world.do("decision decide", user="carla", ref=ref, **deferred)["next"] == f"fund decision prepare {ref}"
    return ref, panel


def agreed(world: World, ref: str, panel: list[str]) -> None:
    """The chair of the panel wrote down a score, and the others agreed."""
    chair = next(seat["name"] for seat in shown(world, ref)["panel"] if seat["chair"])
    world.do("review consensus", user=chair, ref=ref, scores=["exit=2"], grounds="besproken")
    for name in panel:
        if name != chair:
            world.do("review consensus", user=name, ref=ref, agree=True)


def commands_of(world: World, name: str) -> list[str]:
    return [str(item["command"]) for item in world.ask("inbox", user=name)["items"]]


def test_a_panel_whose_result_changed_during_a_deferral_agrees_anew(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = deferred_for_money(world)

        joins_the_lead(world, panel[0])

        assert world.ask("proposal show", ref=ref)["state"] == "deferred"
        with pytest.raises(ConsensusPending):
            world.do("decision prepare", user="anna", ref=ref)
        assert f"fund decision prepare {ref}" not in commands_of(world, "anna")
        chair = next(seat["name"] for seat in shown(world, ref)["panel"] if seat["chair"])
        assert any(each.startswith(f"fund review consensus {ref}") for each in commands_of(world, chair))
        agreed(world, ref, panel[1:])
        assert f"fund decision prepare {ref}" in commands_of(world, "anna")
        world.do("decision prepare", user="anna", ref=ref)
        assert shown(world, ref)["result"]["consensus"]["scores"] == {"exit": 2}
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"
        assert verify(world.fund.engine)["ok"]


def test_after_its_term_the_means_stand_during_a_deferral_too(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref, panel = deferred_for_money(world)
        joins_the_lead(world, panel[0])

        world.clock(CLOSED + timedelta(days=11))

        assert shown(world, ref)["result"]["consensus"]["agreed"] is False
        world.do("decision prepare", user="anna", ref=ref)
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"


def test_what_is_to_be_improved_is_voted_on_after_its_panel_scored_it_again(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        said = {"defer_for": "improve", "until": DAY, "reasons": ["exit=uitwerken"]}
        answer = world.do("decision decide", user="carla", ref=ref, **said)
        assert answer["next"] == f"fund proposal save {ref} FILE"
        content = a_proposal_file(round="2026-1", ask_cents=110_000_00, title="Plan 1")
        world.do("proposal save", user="fatima", ref=ref, file=as_file(content))

        with pytest.raises(NotImprovedYet) as refused:
            world.do("decision prepare", user="anna", ref=ref)

        assert refused.value.details["due_on"] == DAY
        assert world.ask("proposal show", ref=ref)["state"] == "deferred"
        assert panel_of(world, ref)
