"""A proposal that is reviewed a second time: whoever reviewed it the first time has no vote on it (G7 d)."""

from __future__ import annotations

from datetime import date

import pytest

from fund.checks import verify
from fund.errors.reviews import NotAVoter
from tests.factories import a_proposal_file, as_file, founded
from tests.workflows.deciding import MEMBERS, eligible, money, peopled, score_file

PANEL = ("rosa", "willem", "ria", "ed")


def test_who_scored_in_an_earlier_turn_has_no_vote_in_a_later_one(database_url: str) -> None:
    """Given milo, reviewer and member, who scored before the proposal was deferred to be improved; when others review
    what changed, he is refused a vote and the file bars him.
    """
    with founded(database_url) as world:
        peopled(world)
        world.both("user add", user="petra", second="carla", name="milo", roles=["reviewer", "committee_member"])
        money(world, 500_000_00)
        [ref] = eligible(world)
        world.do("review open", user="anna", ref=ref, reviewers=["milo", *PANEL])
        for name in ("milo", *PANEL):
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))
        for name in MEMBERS:
            world.do("decision vote", user=name, ref=ref, choice="for")
        until, reasons = date(2026, 3, 10), ["ambition=scherper", "advice=eerst verbeteren"]
        world.do("decision decide", user="carla", ref=ref, defer_for="improve", until=until, reasons=reasons)
        better = a_proposal_file(round="2026-1", ask_cents=40_000_00, title="Plan 1", summary="Anders en beter gezegd.")
        world.do("proposal save", user="fatima", ref=ref, file=as_file(better))
        world.do("proposal resubmit", user="fatima", ref=ref)
        world.do("proposal find-eligible", user="anna", ref=ref)
        world.do("review open", user="anna", ref=ref, reviewers=["paula", *PANEL])
        for name in ("paula", *PANEL):
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))
        with pytest.raises(NotAVoter):
            world.do("decision vote", user="milo", ref=ref, choice="for")
        barred = {each["name"]: each["ground"] for each in world.ask("decision show", ref=ref, user="anna")["barred"]}
        assert barred["milo"] == "reviewed this proposal"
        assert verify(world.fund.engine)["ok"]
