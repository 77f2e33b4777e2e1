"""What is due is done before a rule refuses: nobody hears of a state that is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from fund import checks
from fund.database import Connection, writing
from fund.errors import FundError
from fund.errors.commands import TransitionNotAllowed
from fund.errors.database import DatabaseBusy
from fund.errors.proposals import RoundNotOpen
from fund.errors.reviews import RoundNotClosed
from fund.outbox.relay import drain
from fund.outbox.timers import tick
from fund.registry import COMMANDS
from fund.schemas.proposals import Round
from fund.store import Store
from tests.factories import World, a_proposal_file, as_file, founded
from tests.workflows.deciding import CLOSED, peopled, round_of, submitted


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """An eligible proposal in a round whose last day has passed; nobody has acted on that yet."""
    with founded(database_url) as world:
        peopled(world)
        ref = submitted(world, round_of(world))
        world.do("proposal find-eligible", user="anna", ref=ref)
        stands_at(world, CLOSED)
        yield world


def stands_at(world: World, at: datetime) -> None:
    """The clock moves, and nothing follows yet."""
    with writing(world.fund.engine) as connection:
        Store(connection).work.hold_clock(at)


def types(world: World) -> list[str]:
    with world.snapshot() as snapshot:
        return [fact.type for fact in snapshot.store.facts.all()]


def round_state(world: World) -> str:
    with world.snapshot() as snapshot:
        return snapshot.case(Round, "2026-1").state


def test_after_the_last_day_of_a_round_a_review_opens_at_once(world: World) -> None:
    assert round_state(world) == "open"
    before = len(types(world))
    answer = world.do("review open", user="anna", ref="2026-001")
    assert {event["type"] for event in answer["events"]} == {"review.opened"}
    assert round_state(world) != "open"
    event = types(world)[before:]
    assert event[0] == "round.closed"
    assert event.count("review.opened") == 1
    assert "command.refused" not in event
    assert checks.verify(world.fund.engine)["ok"]


def test_the_facts_are_those_of_a_fund_in_which_the_deadline_was_acted_upon_first(
    world: World, empty_sqlite_url: str
) -> None:
    world.do("review open", user="anna", ref="2026-001")
    with founded(empty_sqlite_url) as other:
        peopled(other)
        ref = submitted(other, round_of(other))
        other.do("proposal find-eligible", user="anna", ref=ref)
        other.clock(CLOSED)
        other.do("review open", user="anna", ref=ref)
        assert types(world) == types(other)


def test_a_dry_run_shows_what_would_happen_and_keeps_nothing(world: World) -> None:
    before = types(world)
    shown = world.do("review open", user="anna", ref="2026-001", dry_run=True)
    assert [event["type"] for event in shown["events"]] == ["review.opened"]
    assert types(world) == before
    assert round_state(world) == "open"


def test_a_command_that_is_refused_all_the_same_is_refused_by_what_is_true_now(world: World) -> None:
    before = types(world)
    with pytest.raises(FundError) as refused:
        world.do("proposal draft", user="fatima", file=as_file(a_proposal_file(round="2026-1"), "laat.toml"))
    assert isinstance(refused.value, RoundNotOpen)
    event = types(world)[len(before) :]
    assert (event[0], event.count("round.closed"), event[-1]) == ("round.closed", 1, "command.refused")
    with pytest.raises(FundError):
        world.do("proposal draft", user="fatima", file=as_file(a_proposal_file(round="2026-1"), "laat.toml"))
    assert types(world).count("round.closed") == 1
    assert checks.verify(world.fund.engine)["ok"]


def test_a_refused_dry_run_keeps_nothing_of_what_is_due(world: World) -> None:
    before = types(world)
    args = {"file": as_file(a_proposal_file(round="2026-1"), "laat.toml")}
    with pytest.raises(RoundNotOpen):
        world.do("proposal draft", user="fatima", dry_run=True, **args)
    assert types(world) == before
    assert round_state(world) == "open"


def test_the_same_command_id_is_answered_once_and_refused_once(world: World) -> None:
    first = world.do("review open", user="anna", ref="2026-001", command_id="open")
    again = world.do("review open", user="anna", ref="2026-001", command_id="open")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["events"] == again["events"]
    for _turn in range(2):
        with pytest.raises(TransitionNotAllowed):
            world.do("proposal find-eligible", user="anna", ref="2026-001", command_id="late")
    assert types(world).count("command.refused") == 1


def test_what_is_read_before_the_lock_is_read_again_for_the_second_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def before(args: Mapping[str, Any]) -> dict[str, Any]:
        read.append(dict(args))
        return dict(args)

    made = replace(COMMANDS["review open"], before=before)
    for where in ("executing", "confirming"):
        monkeypatch.setattr(f"fund.commands.{where}.COMMANDS", {**COMMANDS, made.name: made})
    world.do("review open", user="anna", ref="2026-001")
    assert read == [{"ref": "2026-001"}] * 2


def test_nothing_falls_due_for_a_command_that_was_merely_mistyped(world: World) -> None:
    before = types(world)
    with pytest.raises(FundError):
        world.do("review open", user="anna", ref="2026-999")
    assert [kind for kind in types(world)[len(before) :] if kind != "command.refused"] == []
    assert round_state(world) == "open"


def test_beside_workers_each_deadline_is_acted_upon_once(world: World) -> None:
    problems: list[BaseException] = []

    def at_work() -> None:
        try:
            for _turn in range(5):
                tick(world.fund.engine)
                drain(world.fund.engine)
        except BaseException as problem:  # the main thread tells it
            problems.append(problem)

    workers = [threading.Thread(target=at_work) for _number in range(3)]
    for thread in workers:
        thread.start()
    world.do("review open", user="anna", ref="2026-001")
    for thread in workers:
        thread.join()
    assert problems == []
    assert types(world).count("round.closed") == types(world).count("review.opened") == 1
    drain(world.fund.engine)
    assert checks.verify(world.fund.engine)["ok"]


def test_a_clock_that_is_not_trusted_with_deadlines_lets_none_fall_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fund.outbox import timers

    with writing(world.fund.engine) as connection:
        Store(connection).work.hold_clock(None)
    monkeypatch.setattr(timers, "clock_problem", lambda *_args: "the database's clock differs from this machine's")
    with pytest.raises(RoundNotClosed):
        world.do("review open", user="anna", ref="2026-001")
    assert round_state(world) == "open"


@pytest.mark.parametrize("problem", [RuntimeError("we are wrong"), DatabaseBusy(place="")])
@pytest.mark.parametrize("dry_run", [False, True])
def test_where_what_is_due_goes_wrong_the_refusal_stands_and_the_next_command_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, problem: Exception, dry_run: bool
) -> None:
    def goes_wrong(connection: Connection, **_how: Any) -> int:
        Store(connection).work.set_setting("half", "done")
        raise problem

    with monkeypatch.context() as patched:
        patched.setattr("fund.commands.executing.catch_up", goes_wrong)
        with pytest.raises(RoundNotClosed):
            world.do("review open", user="anna", ref="2026-001", dry_run=dry_run)
    with world.snapshot() as snapshot:
        assert snapshot.store.work.setting("half") is None
    assert world.do("review open", user="anna", ref="2026-001")["event_count"] == 1
