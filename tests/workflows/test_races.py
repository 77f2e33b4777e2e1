"""Eight processes act on one case at the same moment: each command has its effect once, and the chain has no gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest

from fund.checks import verify
from fund.commands.executing import execute_named
from fund.commands.opening import open_fund
from fund.errors import FundError
from tests.factories import World, a_proposal_file, as_file, founded
from tests.processes import PROCESSES
from tests.workflows.deciding import (
    CLOSED,
    MEMBERS,
    decidable,
    eligible,
    money,
    panel_of,
    peopled,
    round_of,
    score_file,
    submitted,
)

PEOPLE = 8
PATIENCE = 240.0
_together: Barrier | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What one of them asks."""

    user: str
    name: str
    command_id: str
    args: dict[str, Any] = field(default_factory=dict)


def _meet(barrier: Barrier) -> None:
    global _together
    _together = barrier


def _ask(url: str, ask: Ask) -> str:
    """Wait until all eight stand ready, then ask: ``done``, ``again`` for a remembered answer, or the refusal."""
    assert _together is not None
    with open_fund(url) as fund:
        _together.wait(PATIENCE)
        try:
            answer = execute_named(fund, ask.name, ask.args, user=ask.user, command_id=ask.command_id)
        except FundError as refusal:
            return refusal.code()
        return "again" if answer["replayed"] else "done"


@pytest.fixture(scope="module")
def eight() -> Iterator[ProcessPoolExecutor]:
    """Eight processes that act at the same moment."""
    with ProcessPoolExecutor(
        PEOPLE, mp_context=PROCESSES, initializer=_meet, initargs=(PROCESSES.Barrier(PEOPLE),)
    ) as pool:
        yield pool


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        yield made
        sound(made)


def at_once(pool: ProcessPoolExecutor, world: World, asks: list[Ask]) -> list[str]:
    """What each of the eight was told, in the order of ``asks``; what follows is done as well."""
    assert len(asks) == PEOPLE
    told = list(pool.map(_ask, [world.fund.url] * PEOPLE, asks, timeout=PATIENCE))
    world.drain()
    return told


def facts(world: World, ref: str) -> Counter[str]:
    """How often each kind of fact stands in the life of a proposal."""
    return Counter(event["type"] for event in world.ask("proposal history", user="joost", ref=ref)["events"])


def sound(world: World) -> None:
    """No number is missing, every check is clean, and nothing waits."""
    with world.snapshot() as snapshot:
        numbers = [fact.seq for fact in snapshot.store.facts.all()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert snapshot.store.deliveries.counts()["delivered"] == sum(snapshot.store.deliveries.counts().values())
    assert [finding for check in verify(world.fund.engine)["checks"] for finding in check["findings"]] == []


def test_one_of_eight_submits(eight: ProcessPoolExecutor, world: World) -> None:
    peopled(world)
    round_ = round_of(world)
    content = a_proposal_file(round=round_, ask_cents=40_000_00)
    ref = str(world.do("proposal draft", user="fatima", file=as_file(content))["result"]["ref"])

    told = at_once(
        eight, world, [Ask("fatima", "proposal submit", f"try {number}", {"ref": ref}) for number in range(PEOPLE)]
    )

    assert Counter(told) == {"done": 1, "transition_not_allowed": PEOPLE - 1}
    assert facts(world, ref) == {"proposal.drafted": 1, "proposal.submitted": 1, "proposal.screened": 1}


def test_a_command_that_eight_processes_repeat_at_once_is_done_once(eight: ProcessPoolExecutor, world: World) -> None:
    peopled(world)
    ref = submitted(world, round_of(world))

    told = at_once(eight, world, [Ask("anna", "proposal find-eligible", "the one", {"ref": ref})] * PEOPLE)

    assert Counter(told) == {"done": 1, "again": PEOPLE - 1}
    assert facts(world, ref)["proposal.found_eligible"] == 1
    assert facts(world, ref)["review.panel_proposed"] == 1


def test_a_panel_scores_at_once_and_the_review_closes_once(eight: ProcessPoolExecutor, world: World) -> None:
    peopled(world)
    money(world, 500_000_00)
    (ref,) = eligible(world)
    world.do("review open", user="anna", ref=ref)
    panel = panel_of(world, ref)
    assert len(panel) == 5
    asks = [
        Ask(name, "review score", "mine", {"ref": ref, "file": as_file(score_file(3))}) for name in (*panel, *panel[:3])
    ]

    told = at_once(eight, world, asks)

    assert Counter(told) == {"done": 5, "again": 3}
    found = facts(world, ref)
    assert {name: found[name] for name in ("review.scored", "review.closed", "decision.prepared")} == {
        "review.scored": 5, "review.closed": 1, "decision.prepared": 1,
    }  # fmt: skip
    assert world.ask("review show", user="anna", ref=ref)["result"]["total"] == "75"


def test_members_vote_at_once_and_one_decision_is_taken(eight: ProcessPoolExecutor, world: World) -> None:
    (ref,) = decidable(world)
    votes = [Ask(name, "decision vote", "mine", {"ref": ref, "choice": "for"}) for name in MEMBERS]

    told = at_once(eight, world, votes * 2)

    assert Counter(told) == {"done": 4, "again": 4}
    assert facts(world, ref)["decision.voted"] == 4
    told = at_once(
        eight, world, [Ask("carla", "decision decide", f"try {number}", {"ref": ref}) for number in range(PEOPLE)]
    )
    assert Counter(told) == {"done": 1, "transition_not_allowed": PEOPLE - 1}
    assert facts(world, ref)["decision.approved"] == 1
    assert world.balances()["9000"] == 40_000_00


def test_a_withdrawal_and_a_decision_at_the_same_moment_leave_one_story(
    eight: ProcessPoolExecutor, world: World
) -> None:
    (ref,) = decidable(world)
    for name in MEMBERS:
        world.do("decision vote", user=name, ref=ref, choice="for")
    withdrawals = [
        Ask("fatima", "proposal withdraw", f"try {number}", {"ref": ref, "reason": "wacht"}) for number in range(4)
    ]
    decisions = [Ask("carla", "decision decide", f"try {number}", {"ref": ref}) for number in range(4)]

    told = at_once(eight, world, [each for pair in zip(withdrawals, decisions, strict=True) for each in pair])

    assert told[0::2].count("done") == 1, "the lead may withdraw before and after a decision"
    decided = told[1::2].count("done")
    assert decided in (0, 1)
    assert facts(world, ref)["decision.approved"] == decided
    assert facts(world, ref)["proposal.withdrawn"] == 1
    assert world.ask("proposal show", ref=ref)["state"] == "withdrawn"
    assert world.balances().get("9000", 0) == 0, "what was set aside is free again"


def test_of_eight_confirmations_of_one_thing_one_counts(eight: ProcessPoolExecutor, world: World) -> None:
    peopled(world)
    ref = submitted(world, round_of(world))
    world.clock(CLOSED)
    waits = world.do(
        "proposal find-ineligible", user="anna", ref=ref, rule="state_aid", reason="steun"
    )["pending"]  # fmt: skip

    told = at_once(eight, world, [Ask("anna2", "confirm", f"try {number}", {"ref": waits}) for number in range(PEOPLE)])

    assert Counter(told) == {"done": 1, "pending_not_open": PEOPLE - 1}
    assert facts(world, ref)["proposal.found_ineligible"] == 1
