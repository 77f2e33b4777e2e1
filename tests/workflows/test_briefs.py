"""What is asked of a whole round is read from the columns of its cases: they say what their documents say."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from fund.checks import verify
from fund.database import reading
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Review
from fund.workflows.decisions.preparing import ranking
from tests.factories import World, as_file, founded
from tests.workflows.deciding import decidable, eligible, money, panel_of, peopled, reviewed, score_file, voted


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        yield made


def briefs(world: World) -> dict[str, str]:
    """The column of every case that says something, by stream."""
    with reading(world.fund.engine) as connection:
        query = "select stream, brief from case_file where brief is not null order by stream"
        return dict(connection.execute(sa.text(query)).all())


def test_a_case_says_in_its_columns_what_its_document_says(world: World) -> None:
    peopled(world)
    money(world, 500_000_00)
    first, second, third = eligible(world, count=3)
    reviewed(world, first)
    world.do("review open", user="anna", ref=second)
    early, *later = panel_of(world, second)
    world.do("review score", user=early, ref=second, file=as_file(score_file(2)))

    with world.snapshot() as snapshot:
        shown = {each.ref: each for each in snapshot.briefs(Proposal, parent="2026-1")}
        assert list(shown) == [first, second, third]
        assert [each.brief["parties"] for each in shown.values()] == [["gm0351"]] * 3
        submitted_at = snapshot.case(Proposal, third).submitted_at
        assert submitted_at is not None
        assert shown[third].brief["submitted_at"] == submitted_at.isoformat()
        waiting = snapshot.briefs(Review, states=["open"])
        assert [(each.ref, sorted(each.brief["waiting"])) for each in waiting] == [
            (second, sorted(snapshot.user(name).user_id for name in later))
        ]
        assert [each.brief for each in snapshot.briefs(Review, states=["closed"])] == [{"total": "75"}]
        assert snapshot.any(Proposal, parent="2026-1", states=("scored", "decidable"))
        assert not snapshot.any(Proposal, parent="2026-2")


def test_the_ranking_of_a_round_is_best_first_then_by_day_and_ref(world: World) -> None:
    peopled(world)
    money(world, 500_000_00)
    first, second, third, unscored = eligible(world, count=4)
    for ref, scores in ((first, 2), (second, 3), (third, 3)):
        reviewed(world, ref, scores=scores)
    world.do("proposal withdraw", user="fatima", ref=unscored, reason="later")

    with world.snapshot() as snapshot:
        assert [(ref, str(total)) for ref, total in ranking(snapshot, "2026-1")] == [
            (second, "75"), (third, "75"), (first, "50"),
        ]  # fmt: skip
    world.do("proposal withdraw", user="fatima", ref=second, reason="later")
    with world.snapshot() as snapshot:
        assert [ref for ref, _total in ranking(snapshot, "2026-1")] == [third, first]


def test_an_agreement_says_its_parties_and_its_days(world: World) -> None:
    first, second = decidable(world, count=2)
    voted(world, first)
    world.do("decision decide", user="carla", ref=first)
    agreement = world.do("agreement draft", user="anna", ref=first)["result"]["ref"]
    for person in ("fatima", "carla"):
        world.do("agreement sign", user=person, ref=agreement)
    found = briefs(world)
    assert list(found) == [
        f"agreement/{agreement}",
        *(f"{kind}/{ref}" for kind in ("proposal", "review") for ref in (first, second)),
    ]
    assert json.loads(found[f"agreement/{agreement}"]) == {
        "ended_on": None, "parties": ["gm0351"], "started_on": "2026-02-02",
    }  # fmt: skip


def test_a_changed_brief_is_told_from_the_facts(world: World) -> None:
    (ref,) = decidable(world)
    with world.fund.engine.begin() as connection:
        connection.execute(sa.text("update case_file set brief = '{}' where kind = 'proposal'"))
    found = [each for check in verify(world.fund.engine)["checks"] for each in check["findings"]]
    assert [each["place"] for each in found] == [f"proposal/{ref}"]
    assert "(brief)" in found[0]["message"]
