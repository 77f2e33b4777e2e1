"""Who leaves a panel and who comes back: what counts, what is judged, and who may still vote."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fund.checks import verify
from fund.errors.reviews import AlreadyAssigned, NotAVoter, NotEligibleReviewer
from tests.factories import World, as_file, founded
from tests.workflows.deciding import CLOSED, eligible, money, panel_of, peopled, score_file, voted
from tests.workflows.test_late_conflicts import joins_the_lead, opened, scores, shown


def reopened(world: World) -> tuple[str, str, str]:
    """A review that lost its quorum to a possible conflict that chair and member judged; its ref, who left, who stays.

    Who left sits in the committee as well.
    """
    ref, panel = opened(world)
    left, *others = [name for name in panel if name not in ("ed", "els", "emma")]
    external = next(name for name in panel if name in ("ed", "els", "emma"))
    with world.snapshot() as snapshot:
        own = snapshot.user(left).partner
    roles = ["reviewer", "committee_member"]
    world.both("user change", user="petra", second="carla", name=left, roles=roles, partner=own)
    world.do("review score", user=left, ref=ref, file=as_file(score_file(3)), grounds=["werkte samen in 2024"])
    scores(world, ref, **dict.fromkeys((external, others[0]), 3))
    world.clock(CLOSED + timedelta(days=29))
    assert shown(world, ref)["state"] == "closed"
    judged = {"ref": ref, "about": left, "stays": False, "reason": "te dichtbij"}
    made = world.do("review declare", user="carla", **judged)
    world.do("confirm", user="carl", ref=made["pending"])
    assert shown(world, ref)["state"] == "open"
    return ref, left, external


def closed_again(world: World, ref: str) -> None:
    """Whoever is proposed joins, and everybody who still may scores."""
    for joins in shown(world, ref)["top_up"]:
        world.do("review assign", user="anna", ref=ref, reviewer=joins["name"])
    for seat in shown(world, ref)["panel"]:
        if not seat["scored"] and shown(world, ref)["state"] == "open":
            scores(world, ref, **{seat["name"]: 3})
    assert shown(world, ref)["state"] == "closed"


def test_whose_score_was_opened_has_no_vote_also_after_the_panel_was_topped_up(database_url: str) -> None:
    with founded(database_url) as world:
        ref, left, _external = reopened(world)
        with pytest.raises(NotEligibleReviewer, match="judged"):  # not undone by a fund manager alone
            world.do("review assign", user="anna", ref=ref, reviewer=left)
        closed_again(world, ref)

        with pytest.raises(NotAVoter):
            world.do("decision vote", user=left, ref=ref, choice="for")

        assert not [item for item in world.ask("inbox", user=left)["items"] if "vote" in item["command"]]
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)
        assert verify(world.fund.engine)["ok"]


def test_a_person_sits_in_a_panel_once(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        ref = eligible(world, track="light", ask_cents=20_000_00)[0]

        with pytest.raises(AlreadyAssigned):
            world.do("review open", user="anna", ref=ref, reviewers=["els", "els", "willem"])

        world.do("review open", user="anna", ref=ref, reviewers=["els", "willem", "ria"])
        assert panel_of(world, ref) == ["els", "willem", "ria"]


def left_of(world: World, ref: str) -> list[str]:
    return [str(each["name"]) for each in shown(world, ref)["left"]]


def test_whoever_is_assigned_again_and_scores_counts(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        away, other = panel[0], next(name for name in ("ed", "els", "emma") if name not in panel)
        scores(world, ref, **{away: 0})
        world.do("review assign", user="anna", ref=ref, reviewer=other, replaces=away)
        assert left_of(world, ref) == [away]

        world.do("review assign", user="anna", ref=ref, reviewer=away)

        assert left_of(world, ref) == []
        scores(world, ref, **{away: 2, other: 3}, **dict.fromkeys(panel[1:], 3))
        given: dict[str, Any] = {each["name"]: each for each in shown(world, ref)["result"]["scores"]}
        assert (given[away]["scores"]["exit"], given[away]["excluded"]) == (2, None)
        joins_the_lead(world, panel[1])
        assert len([each for each in shown(world, ref)["result"]["scores"] if each["excluded"]]) == 1
        assert shown(world, ref)["result"]["means"]["exit"] == "14/5"


def test_a_new_declaration_is_judged_anew(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        about, judge = panel[0], f"fund review declare {ref} --about"
        world.do("review declare", user=about, ref=ref, grounds=["werkte samen in 2024"])
        stays = {"ref": ref, "about": about, "stays": True, "reason": "lang geleden"}
        world.both("review declare", user="carla", second="carl", **stays)
        world.do("review declare", user=about, ref=ref, grounds=["werkte samen in 2024"])
        assert shown(world, ref)["undecided"] == []

        world.do("review declare", user=about, ref=ref, grounds=["mijn bureau werkt voor de penvoerder"])

        [undecided] = shown(world, ref)["undecided"]
        assert undecided["name"] == about
        assert any(item["command"].startswith(judge) for item in world.ask("inbox", user="carla")["items"])
