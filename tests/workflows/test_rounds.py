"""Rounds: planned by two, opened and closed by their instants in Amsterdam, decided with the last proposal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fund.database import writing
from fund.errors import FundError
from fund.errors.commands import ReasonMissing
from fund.errors.people import NotAuthorised
from fund.errors.proposals import RoundClosesTooEarly, RoundOpensTooEarly, UnknownTrack, WrongCeiling
from fund.events.decisions import DecisionApproved, DecisionReopened
from fund.schemas.proposals import Proposal, Round
from fund.store import Store
from tests.factories import World, a_proposal_file, as_file, founded
from tests.workflows.deciding import money

PLAN: dict[str, Any] = {
    "title": "Eerste ronde",
    "opens": date(2026, 3, 1),
    "closes": date(2026, 3, 31),
    "ceiling_cents": 500_000_00,
    "track": "light",
}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as world:
        world.people()
        yield world


def planned(world: World, **changes: Any) -> str:
    return str(world.both("round plan", user="anna", second="carla", **{**PLAN, **changes})["result"]["round"])


def shown(world: World, ref: str = "2026-1") -> dict[str, Any]:
    found: dict[str, Any] = world.ask("round show", ref=ref)["round"]
    return found


def test_a_round_is_planned_by_a_fund_manager_and_a_chair(world: World) -> None:
    made = world.do("round plan", user="anna", **PLAN)
    assert world.ask("round list")["rounds"] == []
    with pytest.raises(NotAuthorised):
        world.do("confirm", user="bram", ref=made["pending"])
    answer = world.do("confirm", user="carla", ref=made["pending"])
    assert (answer["result"]["round"], answer["next"]) == ("2026-1", "fund round show 2026-1")
    assert shown(world)["state"] == "planned"
    with pytest.raises(NotAuthorised):
        world.do("round plan", user="bram", **PLAN)


def test_a_round_opens_and_closes_at_midnight_in_amsterdam_also_when_the_clocks_change(world: World) -> None:
    planned(world)
    instants = [
        (datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC), "planned"),
        (datetime(2026, 2, 28, 23, 0, tzinfo=UTC), "open"),
        (datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), "open"),  # summer time began on 29 March
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), "decided"),  # nobody had applied
    ]
    for at, expected in instants:
        world.clock(at)
        with world.snapshot() as snapshot:
            assert (snapshot.case(Round, "2026-1").state, shown(world)["state"]) == (expected, expected)


def test_what_the_service_does_names_its_cause_and_happens_once(world: World) -> None:
    planned(world)
    world.clock(date(2026, 4, 1))
    assert world.drain() == 0
    with world.snapshot() as snapshot:
        events = snapshot.history(snapshot.case(Round, "2026-1"))
    assert [event.type for event in events] == ["round.planned", "round.opened", "round.closed", "round.decided"]
    first, opened, closed, decided = events
    assert (first.actor, first.made_by) != ("system", None)
    assert [event.actor for event in (opened, closed, decided)] == ["system"] * 3
    assert [opened.causation_id, closed.causation_id, decided.causation_id] == [
        first.event_id,
        first.event_id,
        closed.event_id,
    ]


def test_rounds_count_per_year_of_their_opening(world: World) -> None:
    assert planned(world) == "2026-1"
    assert planned(world, opens=date(2027, 1, 4), closes=date(2027, 2, 1)) == "2027-1"
    assert planned(world, title="Tweede") == "2026-2"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"opens": date(2026, 1, 4)}, RoundOpensTooEarly),
        ({"closes": date(2026, 2, 28)}, RoundClosesTooEarly),
        ({"ceiling_cents": 0}, WrongCeiling),
        ({"track": "klein"}, UnknownTrack),
        ({"title": "  "}, ReasonMissing),
    ],
)
def test_a_round_that_cannot_be_is_refused(world: World, changes: dict[str, Any], refusal: type[FundError]) -> None:
    with pytest.raises(refusal) as refused:
        world.do("round plan", user="anna", **{**PLAN, **changes})
    assert str(refused.value)
    assert refused.value.advice
    assert world.ask("round list")["rounds"] == []


def test_a_round_is_decided_with_its_last_proposal_and_counts_its_awards(world: World) -> None:
    world.partners()
    world.user("fatima", "partner_signatory", partner="gm0351")
    planned(world)
    world.clock(date(2026, 3, 10))
    for title in ("Een", "Twee", "Drie"):
        content = a_proposal_file(
            title=title, boards=({"partner": "gm0351", "how": "brief", "informed_on": date(2026, 3, 1)},)
        )
        ref = world.do("proposal draft", user="fatima", file=as_file(content))["result"]["ref"]
        if title != "Drie":
            world.do("proposal submit", user="fatima", ref=ref)
    world.clock(date(2026, 4, 1))
    assert shown(world)["state"] == "closed"
    world.do("proposal withdraw", user="fatima", ref="2026-001", reason="geen tijd")
    assert shown(world)["state"] == "closed"
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        row = store.cases.get("proposal/2026-002")
        assert row is not None
        store.cases.put([(Proposal.model_validate_json(row.document).replace(state="decidable"), row.version)])
    money(world, 100_000_00)
    with world.uow("carla") as uow:
        uow.record(DecisionApproved(ref="2026-002", round="2026-1", award_cents=1_000_00))
    world.drain()
    assert (shown(world)["state"], shown(world)["committed_cents"], shown(world)["left_cents"]) == (
        "decided",
        100_000,
        49_900_000,
    )
    with world.uow("carla") as uow:
        uow.record(DecisionReopened(ref="2026-002", round="2026-1", reason="r", award_cents=1_000_00))
    assert shown(world)["committed_cents"] == 0
    assert [row["ref"] for row in world.ask("round show", ref="2026-1")["proposals"]] == ["2026-001", "2026-002"]
