"""Who opens the votes on what follows from a proposal: the chair, unless a tie of one's own bars; then the deputy."""

from __future__ import annotations

import pytest

from fund.errors.reviews import DeputyNotNeeded, NotAVoter
from fund.schemas.reviews import Review
from tests.factories import World, founded
from tests.workflows import agreeing, looking_back
from tests.workflows.test_amendments import A1, amended, committee
from tests.workflows.test_refinancing import brought, rolled_out
from tests.workflows.test_writeoffs import W1, propose


def declared(world: World, proposal: str) -> None:
    """The chair has family in it, as was declared while it was judged; there is a deputy chair."""
    world.user("dora", "deputy_chair")
    with world.uow("anna") as uow:
        carla = uow.user("carla").user_id
        uow.store.cases.put([(Review(ref=proposal, state="closed", bars={carla: "family"}), 1)])


def waits_for(world: World, command: str, *names: str) -> list[str]:
    """Those of these people for whom the command waits."""
    return [
        name for name in names
        if command in [item["command"] for item in world.ask("inbox", user=name)["items"]]
    ]  # fmt: skip


def decided_by_the_deputy(world: World, command: str, ref: str, *members: str) -> None:
    """Members and deputy vote; the chair may not decide, and the deputy does."""
    for name in (*members, "dora"):
        world.do("decision vote", user=name, ref=ref, choice="for")
    with pytest.raises(NotAVoter):
        world.do("decision vote", user="carla", ref=ref, choice="for")
    assert waits_for(world, f"fund {command} {ref}", "carla", "dora") == ["dora"]
    with pytest.raises(NotAVoter):
        world.do(command, user="carla", ref=ref)
    world.do(command, user="dora", ref=ref)


def left_to_the_chair(world: World, command: str, ref: str, *members: str) -> None:
    """There is a deputy, and no tie bars the chair: it is the chair's."""
    world.user("dora", "deputy_chair")
    for name in (*members, "carla"):
        world.do("decision vote", user=name, ref=ref, choice="for")
    assert waits_for(world, f"fund {command} {ref}", "carla", "dora") == ["carla"]
    with pytest.raises(DeputyNotNeeded):
        world.do(command, user="dora", ref=ref)
    world.do(command, user="carla", ref=ref)


def test_a_chair_whom_a_tie_bars_leaves_a_resolution_to_the_deputy(database_url: str) -> None:
    with founded(database_url) as world:
        rolled_out(world)
        declared(world, "2026-002")
        decided_by_the_deputy(world, "decision decide", brought(world), "mira", "mees")


def test_a_deputy_leaves_a_resolution_to_a_chair_who_is_free(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        left_to_the_chair(world, "decision decide", brought(world), "mira", "mees")


def test_a_chair_whom_a_tie_bars_leaves_an_amendment_to_the_deputy(database_url: str) -> None:
    with founded(database_url) as world:
        agreeing.running(world, cash=20_000_000)
        committee(world)
        declared(world, agreeing.PROPOSAL)
        amended(world, change_cents=8_500_000, milestone=2)
        decided_by_the_deputy(world, "agreement decide", A1, "mees", "max", "mona")


def test_a_deputy_leaves_an_amendment_to_a_chair_who_is_free(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agreeing.running(world, cash=20_000_000)
        committee(world)
        amended(world, change_cents=8_500_000, milestone=2)
        left_to_the_chair(world, "agreement decide", A1, "mees", "max", "mona")


def test_a_chair_whom_a_tie_bars_leaves_a_write_off_to_the_deputy(database_url: str) -> None:
    with founded(database_url) as world:
        looking_back.until_completed(world)
        looking_back.evaluated(world)
        declared(world, looking_back.PROPOSAL)
        looking_back.proposal(world)
        propose(world)
        decided_by_the_deputy(world, "writeoff decide", W1, "mira", "mees")


def test_a_deputy_leaves_a_write_off_to_a_chair_who_is_free(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        looking_back.until_completed(world)
        looking_back.evaluated(world)
        propose(world)
        left_to_the_chair(world, "writeoff decide", W1, "mira", "mees")
