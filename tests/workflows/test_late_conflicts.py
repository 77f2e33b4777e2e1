"""A conflict that comes after scoring: the score goes, the result follows from what is left, the record stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fund import checks
from fund.errors.commands import TransitionNotAllowed
from fund.errors.people import ConflictOfInterest
from fund.errors.reviews import NotAVoter, ScoreOpened, UnknownGround
from fund.rules.conflicts import ground_text
from tests.factories import World, as_file, founded
from tests.roads import road
from tests.workflows.deciding import (
    CLOSED,
    CRITERIA,
    LEAD,
    MEMBERS,
    decidable,
    eligible,
    money,
    panel_of,
    peopled,
    score_file,
    voted,
)


@road
def opened(world: World, **more: Any) -> tuple[str, list[str]]:
    """A proposal whose panel may score; its ref and panel, independent reviewers last."""
    peopled(world)
    money(world, 500_000_00)
    ref = eligible(world, **more)[0]
    world.do("review open", user="anna", ref=ref)
    panel = panel_of(world, ref)
    return ref, sorted(panel, key=lambda name: name in ("ed", "els", "emma"))


def joins_the_lead(world: World, name: str) -> None:
    """Somebody is on the payroll of the lead from now on."""
    world.both("user change", user="petra", second="carla", name=name, roles=["reviewer"], partner=LEAD)


LOWER = {**dict.fromkeys(CRITERIA, 3), "learning": 2}
"""Three on everything, a two on learning: one of five who scores this makes 74 of 75."""


def scores(world: World, ref: str, **given: int | dict[str, int]) -> None:
    """Each gives one score on everything, or by criterion."""
    for name, mark in given.items():
        world.do("review score", user=name, ref=ref, file=as_file(score_file(mark)))


def shown(world: World, ref: str, user: str = "anna") -> dict[str, Any]:
    return world.ask("review show", user=user, ref=ref)


def facts(world: World, ref: str, *types: str) -> list[dict[str, Any]]:
    """The facts of these types in the history, as an auditor reads them."""
    found = world.ask("proposal history", user="joost", ref=ref)["events"]
    return [event for event in found if event["type"] in types]


def test_a_reviewer_who_joins_a_party_loses_the_score_by_the_service_and_because_of_it(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        late = panel[0]
        scores(world, ref, **{late: 0})

        joins_the_lead(world, late)

        excluded = facts(world, ref, "review.score_excluded")[0]
        assert (excluded["actor"], excluded["payload"]["ground"]) == ("system", "lead")
        with world.snapshot() as snapshot:
            changed = [each for each in snapshot.store.facts.all() if each.type == "user.changed"][-1]
        assert excluded["causation_id"] == changed.event_id
        assert late not in panel_of(world, ref)
        told = shown(world, ref)
        assert [(each["name"], each["ground"]) for each in told["barred"]] == [(late, "own organisation is the lead")]
        assert [(each["name"], each["scored"]) for each in told["left"]] == [(late, True)]
        scores(world, ref, **dict.fromkeys(panel[1:], 3))
        assert shown(world, ref)["result"]["total"] == "75"
        assert checks.verify(world.fund.engine)["ok"]


def test_who_has_not_scored_yet_leaves_the_panel_and_the_last_score_of_the_others_closes_it(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        scores(world, ref, **dict.fromkeys(panel[1:], 3))
        assert shown(world, ref)["state"] == "open"

        joins_the_lead(world, panel[0])

        assert [each["type"] for each in facts(world, ref, "review.reviewer_barred", "review.score_excluded")] == [
            "review.reviewer_barred"
        ]
        assert shown(world, ref)["state"] == "closed"


def test_after_the_closing_the_result_follows_from_the_scores_that_still_count(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        late, *others = panel
        scores(world, ref, **{late: LOWER, **dict.fromkeys(others, 3)})
        before = shown(world, ref)["result"]
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"
        world.do("decision vote", user="carl", ref=ref, choice="for")

        joins_the_lead(world, late)

        after = shown(world, ref)
        assert (before["total"], after["result"]["total"]) == ("74", "75")
        assert after["result"]["recomputed"] is True
        kept = {each["name"]: (each["scores"]["learning"], each["excluded"]) for each in after["result"]["scores"]}
        assert kept[late] == (2, "own organisation is the lead")
        assert all(kept[name] == (3, None) for name in others)
        closed, recomputed = facts(world, ref, "review.closed", "review.recomputed")
        assert closed["payload"]["total"] == "74"
        assert recomputed["payload"]["without"] == [excluded["reviewer"] for excluded in after["left"]]
        assert recomputed["actor"] == "system"
        decision = world.ask("decision show", user="anna", ref=ref)
        assert (decision["session"], decision["prepared"]["total"]) == (2, "75")
        assert not any(each["voted"] for each in decision["voters"])
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)
        assert world.ask("proposal show", ref=ref)["state"] == "approved"
        assert checks.verify(world.fund.engine)["ok"]


def test_a_review_that_loses_its_quorum_is_reopened_topped_up_and_closed_again(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        external = next(name for name in panel if name in ("ed", "els", "emma"))
        municipal = [name for name in panel if name not in ("ed", "els", "emma")]
        scores(world, ref, **dict.fromkeys((external, *municipal[:2]), 3))
        world.clock(CLOSED + timedelta(days=29))
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"

        joins_the_lead(world, municipal[0])

        told = shown(world, ref)
        assert (told["state"], told["proposal_state"], told["result"]) == ("open", "in_review", None)
        assert told["closes_at"] == "2026-03-17T23:00:00+00:00"
        with pytest.raises(TransitionNotAllowed):
            world.do("decision vote", user="carl", ref=ref, choice="for")
        with pytest.raises(ScoreOpened):
            world.do("review score", user=external, ref=ref, file=as_file(score_file(4)))
        [joins] = told["top_up"]
        assert joins["command"] == f"fund review assign {ref} {joins['name']}"
        world.do("review assign", user="anna", ref=ref, reviewer=joins["name"])
        waiting = [seat["name"] for seat in shown(world, ref)["panel"] if not seat["scored"]]
        for name in waiting:
            assert all(
                each["payload"]["scores"] is None
                for each in world.ask("proposal history", user=name, ref=ref)["events"]
                if each["type"] == "review.closed"
            )
            scores(world, ref, **{name: 3})
        again = shown(world, ref)
        assert (again["state"], again["proposal_state"]) == ("closed", "decidable")
        assert {each["name"] for each in again["result"]["scores"]} == {external, municipal[1], *waiting}
        assert len(facts(world, ref, "review.closed")) == 2
        assert checks.verify(world.fund.engine)["ok"]


def test_ties_of_the_panel_and_who_was_excluded_are_not_for_the_parties(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        external = next(name for name in panel if name in ("ed", "els", "emma"))
        municipal = [name for name in panel if name not in ("ed", "els", "emma")]
        scores(world, ref, **dict.fromkeys((external, *municipal[:2]), 3))
        world.clock(CLOSED + timedelta(days=29))
        joins_the_lead(world, municipal[0])
        [joins] = shown(world, ref)["top_up"]
        world.do("review assign", user="anna", ref=ref, reviewer=joins["name"])

        def read(name: str) -> dict[str, Any]:
            found = world.ask("proposal history", user=name, ref=ref)["events"]
            return {event["type"]: event["payload"] for event in found}

        office, lead, member = read("anna"), read("fatima"), read(municipal[1])
        for of_whom, field in (
            ("opened", "panel"), ("assigned", "seat"), ("top_up_proposed", "seats"), ("reopened", "without")
        ):  # fmt: skip
            told = lead[f"review.{of_whom}"][field]
            whole = office[f"review.{of_whom}"][field]
            if field == "without":
                assert (told, bool(whole)) == (None, True)
                continue
            seats = told if isinstance(told, list) else [told]
            assert seats
            assert all(seat["soft"] is None for seat in seats)
            assert all(seat["soft"] is not None for seat in (whole if isinstance(whole, list) else [whole]))
        with world.snapshot() as snapshot:
            own = snapshot.user(municipal[1]).user_id
        assert {seat["reviewer"] for seat in member["review.opened"]["panel"] if seat["soft"] is not None} == {own}
        assert [each["soft"] for each in office["review.opened"]["panel"] if each["soft"]]


def test_what_a_panel_agrees_on_cannot_be_tried_out_from_the_facts(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref, panel = opened(world)
        for number, name in enumerate(panel):
            marks = {**dict.fromkeys(CRITERIA, 3), "exit": 4 if number == 0 else 2}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))
        chair = next(seat["name"] for seat in shown(world, ref)["panel"] if seat["chair"])
        world.do("review consensus", user=chair, ref=ref, scores=["exit=3"], grounds="besproken")
        for name in panel:
            if name != chair:
                world.do("review consensus", user=name, ref=ref, agree=True)

        found = world.ask("proposal history", user="fatima", ref=ref)["events"]
        [proposed] = [event for event in found if event["type"] == "review.consensus_proposed"]
        agreed = [event["payload"] for event in found if event["type"] == "review.consensus_agreed"]

        assert (proposed["payload"]["scores"], proposed["payload"]["grounds"]) == (None, None)
        with world.snapshot() as snapshot:
            id_of = next(each.event_id for each in snapshot.store.facts.all() if each.seq == proposed["seq"])
        assert agreed == [{"ref": ref, "agrees_with": id_of}] * (len(panel) - 1)


def test_an_agreement_with_somebody_who_had_a_conflict_does_not_stand(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        for number, name in enumerate(panel):
            marks = {**dict.fromkeys(CRITERIA, 3), "exit": 4 if number == 0 else 2}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))
        chair = next(seat["name"] for seat in shown(world, ref)["panel"] if seat["chair"])
        world.do(
            "review consensus", user=chair, ref=ref, scores=["Uitstapregels en risicodeling=4"], grounds="besproken"
        )
        for name in panel:
            if name != chair:
                world.do("review consensus", user=name, ref=ref, agree=True)
        assert shown(world, ref)["result"]["consensus"]["scores"] == {"exit": 4}

        joins_the_lead(world, panel[0])

        result = shown(world, ref)["result"]
        assert (result["consensus"], result["consensus_forced"], result["means"]["exit"]) == (None, False, "2")
        assert world.ask("decision show", user="anna", ref=ref)["session"] == 2


def test_a_panel_that_still_differs_talks_again_without_the_one_who_left(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        for number, name in enumerate(panel):
            marks = {**dict.fromkeys(CRITERIA, 3), "exit": 1 + 2 * (number % 2)}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))

        joins_the_lead(world, panel[0])

        assert world.ask("proposal show", ref=ref)["state"] == "scored"
        with pytest.raises(ConflictOfInterest):
            world.do("review consensus", user=panel[0], ref=ref, agree=True)
        chair = next(seat["name"] for seat in shown(world, ref)["panel"] if seat["chair"])
        world.do("review consensus", user=chair, ref=ref, scores=["exit=2"], grounds="besproken")
        for name in panel[1:]:
            if name != chair:
                world.do("review consensus", user=name, ref=ref, agree=True)
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"
        assert shown(world, ref)["result"]["consensus"]["agreed"] is True


def test_after_ten_days_the_means_of_the_others_stand(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        for number, name in enumerate(panel):
            marks = {**dict.fromkeys(CRITERIA, 3), "exit": 1 + 2 * (number % 2)}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))
        world.clock(CLOSED + timedelta(days=5))
        joins_the_lead(world, panel[0])

        world.clock(CLOSED + timedelta(days=11))
        assert world.ask("proposal show", ref=ref)["state"] == "scored"
        world.clock(CLOSED + timedelta(days=16))

        result = shown(world, ref)["result"]
        assert (result["consensus"]["agreed"], result["means"]["exit"]) == (False, "2")
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"


@pytest.mark.parametrize("ground", ["family", "financial", "manager", "person", "supplier"])
def test_what_only_the_reviewer_knows_bars_from_the_moment_it_is_declared(sqlite_url: str, ground: str) -> None:
    with founded(sqlite_url) as world:
        ref, panel = opened(world)
        scores(world, ref, **{panel[0]: 0})

        world.do("review declare", user=panel[0], ref=ref, hard=ground)

        declared, excluded = facts(world, ref, "review.conflict_declared", "review.score_excluded")
        assert (declared["payload"]["ground"], excluded["payload"]["ground"]) == (ground, ground)
        assert (excluded["actor"], excluded["causation_id"] is not None) == ("system", True)
        assert panel[0] not in panel_of(world, ref)
        with pytest.raises(ConflictOfInterest) as refused:
            world.do("review score", user=panel[0], ref=ref, file=as_file(score_file()))
        assert ground_text(ground) in str(refused.value)
        with pytest.raises(ConflictOfInterest):
            world.do("review assign", user="anna", ref=ref, reviewer=panel[0])
        assert checks.verify(world.fund.engine)["ok"]


def test_a_declared_conflict_after_the_closing_takes_the_score_out_of_the_result(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        scores(world, ref, **{panel[0]: LOWER, **dict.fromkeys(panel[1:], 3)})

        world.do("review declare", user=panel[0], ref=ref, hard="family")

        assert shown(world, ref)["result"]["total"] == "75"
        assert world.ask("decision show", user="anna", ref=ref)["session"] == 2


def test_a_member_of_the_committee_who_declares_a_conflict_has_no_vote_and_the_vote_given_does_not_count(
    database_url: str,
) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        world.do("decision vote", user="carl", ref=ref, choice="against")

        world.do("review declare", user="carl", ref=ref, hard="financial")

        with pytest.raises(NotAVoter):
            world.do("decision vote", user="carl", ref=ref, choice="against")
        voted(world, ref, **dict.fromkeys([name for name in MEMBERS if name != "carl"], "for"))
        world.do("decision decide", user="carla", ref=ref)
        assert "carl" not in [each["name"] for each in world.ask("decision show", user="anna", ref=ref)["votes"]]


def test_the_chair_and_a_member_may_still_judge_a_possible_conflict_after_the_closing(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        world.do(
            "review score", user=panel[0], ref=ref, file=as_file(score_file(LOWER)), grounds=["werkte samen in 2024"]
        )
        scores(world, ref, **dict.fromkeys(panel[1:], 3))
        undecided = {each["name"]: each["grounds"] for each in shown(world, ref)["undecided"]}
        assert undecided[panel[0]][-1] == "werkte samen in 2024"

        judged = {"ref": ref, "about": panel[0], "stays": False, "reason": "te dichtbij"}
        world.both("review declare", user="carla", second="carl", **judged)

        assert shown(world, ref)["result"]["total"] == "75"
        assert panel[0] not in [each["name"] for each in shown(world, ref)["undecided"]]


def test_after_the_decision_nothing_of_it_changes_any_more(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = opened(world)
        scores(world, ref, **{panel[0]: LOWER, **dict.fromkeys(panel[1:], 3)})
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)

        joins_the_lead(world, panel[0])

        assert shown(world, ref)["result"]["total"] == "74"
        with pytest.raises(TransitionNotAllowed):
            world.do("review declare", user=panel[0], ref=ref, hard="family")


def test_another_word_is_no_ground_that_bars(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref, panel = opened(world)

        with pytest.raises(UnknownGround) as refused:
            world.do("review declare", user=panel[0], ref=ref, hard="lead")

        assert "`supplier`, `person`, `family`, `financial`, `manager`" in str(refused.value)
