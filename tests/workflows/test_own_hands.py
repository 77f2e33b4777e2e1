"""Who has two roles, or changes them, judges neither the own declaration nor the own finding, and a score of a party's
people counts for nothing.
"""

from __future__ import annotations

import pytest

from fund.errors.people import SameHands
from fund.errors.reviews import NotAVoter
from fund.rules.conflicts import hard_conflict
from fund.schemas.proposals import Proposal
from fund.workflows.conflicts import parties_of
from fund.workflows.reviews.ties import candidates
from tests.factories import World, as_file, founded
from tests.roads import road
from tests.workflows.deciding import CLOSED, LEAD, eligible, panel_of, peopled, round_of, score_file, submitted

PANEL = ("rosa", "willem", "ria", "ed", "mara")


@road
def office(world: World) -> None:
    """Everybody, with mara who reviews and sits in the committee, and fenna who is a fund manager and sits in it."""
    peopled(world)
    for name, roles in (("mara", ["reviewer", "committee_member"]), ("fenna", ["fund_manager", "committee_member"])):
        world.both("user add", user="petra", second="carla", name=name, roles=roles)


def test_a_reviewer_who_sits_in_the_committee_does_not_judge_the_own_declaration(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        [ref] = eligible(world)
        world.do("review open", user="anna", ref=ref, reviewers=list(PANEL))
        world.do("review declare", user="mara", ref=ref, grounds=["een oud-collega"])
        judged = {"ref": ref, "about": "mara", "stays": True, "reason": "lang geleden"}
        pending = world.do("review declare", user="carla", **judged)["pending"]
        with pytest.raises(SameHands):
            world.do("confirm", user="mara", ref=pending)
        world.do("confirm", user="fenna", ref=pending)
        assert world.ask("review show", ref=ref, user="anna")["panel"][4]["judged"] is True


def test_a_score_does_not_count_of_somebody_who_went_to_work_for_the_lead_and_reviews_no_more(
    database_url: str,
) -> None:
    with founded(database_url) as world:
        office(world)
        [ref] = eligible(world)
        world.do("review open", user="anna", ref=ref, reviewers=list(PANEL))
        for name in PANEL[:4]:
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))
        moved = {"name": "rosa", "roles": ["partner_editor"], "partner": LEAD}
        world.both("user change", user="petra", second="carla", **moved)
        world.do("review score", user="mara", ref=ref, file=as_file(score_file(3)))
        result = world.ask("review show", ref=ref, user="anna")["result"]
        assert sorted(each["name"] for each in result["scores"]) == ["ed", "mara", "ria", "willem"]
        assert "rosa" not in panel_of(world, ref)


def test_who_found_it_ineligible_has_no_part_in_the_decision_on_the_objection(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        ref = submitted(world, round_of(world))
        world.both("proposal find-ineligible", user="anna", second="fenna", ref=ref, rule="stop_rule", reason="vaag")
        world.do("proposal object", user="fatima", ref=ref, grounds="De regel staat er wel.")
        with pytest.raises(NotAVoter):
            world.do("decision vote", user="fenna", ref=ref, choice="uphold")
        world.do("decision vote", user="carl", ref=ref, choice="reopen")
        barred = {each["name"]: each["ground"] for each in world.ask("decision show", ref=ref, user="anna")["barred"]}
        assert barred["fenna"] == "took part in the decision objected to"


def test_who_handed_it_in_judges_nothing_of_it_wherever_this_person_works_later(database_url: str) -> None:
    """Maker and checker are two people (G7 a), also after a change of role and payroll."""
    with founded(database_url) as world:
        peopled(world)
        ref = submitted(world, round_of(world))
        for role in ("fund_manager", "reviewer", "committee_member"):
            world.both("user change", user="petra", second="carla", name="fatima", roles=[role])
            if role == "fund_manager":
                for command, more in (
                    ("proposal find-eligible", {}),
                    ("proposal find-ineligible", {"rule": "state_aid", "reason": "x"}),
                    ("proposal request-changes", {"sections": ["money"], "reason": "x"}),
                ):
                    with pytest.raises(SameHands):
                        world.do(command, user="fatima", ref=ref, **more)
        world.both("user change", user="petra", second="carla", name="fatima", roles=["reviewer", "committee_member"])
        world.do("proposal find-eligible", user="anna", ref=ref)
        world.clock(CLOSED)
        with world.snapshot() as snapshot:
            proposal = snapshot.case(Proposal, ref)
            fatima = snapshot.user("fatima")
            conflict = hard_conflict(fatima, parties_of(snapshot, proposal))
            assert conflict is not None
            assert conflict.text == "signed"
            _free, barred = candidates(snapshot, proposal)
            assert fatima.user_id in barred
