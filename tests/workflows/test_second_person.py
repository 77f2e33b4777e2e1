"""What one person made waits for a second: confirmed once, as it was shown, within fourteen days, or declined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from fund.errors.commands import PendingChanged, PendingNotOpen
from fund.errors.people import NotAuthorised, SameHands
from fund.registry import COMMANDS
from tests.conftest import Fund
from tests.factories import World, as_file, founded
from tests.workflows.deciding import decidable, eligible, money, panel_of, peopled, reviewed, round_of, submitted, voted

CONDITION = "gm0351;raadsbesluit;2026-05-01;De raad stelt de eigen bijdrage beschikbaar"
Made = tuple[str, str, str, dict[str, Any]]
"""The command, who makes it, who confirms it, and its arguments."""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        yield made


def a_round(world: World) -> Made:
    peopled(world)
    days = {"opens": date(2026, 6, 1), "closes": date(2026, 6, 30)}
    return "round plan", "anna", "carla", {"title": "Zomer", "ceiling_cents": 100_000_00, **days}


def an_ineligible_one(world: World) -> Made:
    peopled(world)
    ref = submitted(world, round_of(world))
    return "proposal find-ineligible", "anna", "anna2", {"ref": ref, "rule": "state_aid", "reason": "steun"}


def a_light_decision(world: World) -> Made:
    peopled(world)
    money(world, 500_000_00)
    (ref,) = eligible(world, track="light", ask_cents=20_000_00)
    reviewed(world, ref)
    return "decision decide", "anna2", "carla", {"ref": ref}


def conditions_met(world: World) -> Made:
    (ref,) = decidable(world)
    voted(world, ref)
    world.do("decision decide", user="carla", ref=ref, conditions=[CONDITION])
    world.do("decision evidence", user="fatima", ref=ref, number=1, file=as_file(b"besluit", "b.pdf"))
    return "decision meet-conditions", "anna", "bram", {"ref": ref}


def a_reopening(world: World) -> Made:
    (ref,) = decidable(world)
    voted(world, ref)
    world.do("decision decide", user="carla", ref=ref)
    return "decision reopen", "carla", "carl", {"ref": ref, "reason": "cofinanciering viel weg"}


def a_judged_conflict(world: World) -> Made:
    peopled(world)
    money(world, 500_000_00)
    (ref,) = eligible(world)
    world.do("review open", user="anna", ref=ref)
    tied = panel_of(world, ref)[1]
    world.do("review declare", user=tied, ref=ref, grounds=["werkte samen in 2024"])
    return "review declare", "carla", "wil", {"ref": ref, "about": tied, "stays": True, "reason": "lang geleden"}


WAITING = [a_round, an_ineligible_one, a_light_decision, conditions_met, a_reopening, a_judged_conflict]
Task = Callable[[World], Made]


def count(world: World) -> int:
    """So many facts, those of refusals left out."""
    with world.snapshot() as snapshot:
        return sum(1 for fact in snapshot.store.facts.all() if fact.type != "command.refused")


def test_these_are_all_the_commands_of_two_from_a_round_to_a_decision(sqlite_url: str) -> None:
    asks_two = {
        name
        for name, command in COMMANDS.items()
        if command.second is not None and name.split()[0] in ("round", "proposal", "review", "decision")
    }
    names = {
        "round plan", "proposal find-ineligible", "decision decide", "decision meet-conditions", "decision reopen",
        "review declare",
    }  # fmt: skip
    assert asks_two == names
    with founded(sqlite_url) as world:
        assert a_round(world)[0] in names


@pytest.mark.parametrize("waiting", WAITING)
def test_a_confirmation_counts_once_and_only_for_another_who_may(world: World, waiting: Task) -> None:
    name, maker, second, args = waiting(world)
    made = world.do(name, user=maker, command_id="made", **args)
    before = count(world)
    with pytest.raises(SameHands):
        world.do("confirm", user=maker, ref=made["pending"])
    with pytest.raises(NotAuthorised):
        world.do("confirm", user="joost", ref=made["pending"])
    assert count(world) == before

    first = world.do("confirm", user=second, command_id="seen", ref=made["pending"])

    after = count(world)
    assert after > before
    assert world.do("confirm", user=second, command_id="seen", ref=made["pending"]) == {**first, "replayed": True}
    with pytest.raises(PendingNotOpen):
        world.do("confirm", user=second, command_id="seen again", ref=made["pending"])
    assert world.do(name, user=maker, command_id="made", **args) == {**made, "replayed": True}
    assert count(world) == after


@pytest.mark.parametrize("waiting", WAITING)
def test_what_was_declined_does_not_happen(world: World, waiting: Task) -> None:
    name, maker, second, args = waiting(world)
    made = world.do(name, user=maker, **args)
    before = count(world)

    said = {"ref": made["pending"], "reason": "nog niet"}
    declined = world.do("decline", user=second, command_id="no", **said)

    assert world.do("decline", user=second, command_id="no", **said) == {**declined, "replayed": True}
    with pytest.raises(PendingNotOpen):
        world.do("confirm", user=second, ref=made["pending"])
    with pytest.raises(PendingNotOpen):
        world.do("decline", user=maker, **said)
    assert count(world) == before
    again = world.do(name, user=maker, command_id="once more", **args)
    assert again["pending"] not in (None, made["pending"]), "it can be asked anew"


@pytest.mark.parametrize("waiting", [a_round, an_ineligible_one, a_light_decision])
def test_what_waited_fourteen_days_has_lapsed(world: World, waiting: Task) -> None:
    name, maker, second, args = waiting(world)
    made = world.do(name, user=maker, command_id="made", **args)
    with world.snapshot() as snapshot:
        over = snapshot.now + timedelta(days=14, seconds=1)
    world.clock(over)
    before = count(world)

    with pytest.raises(PendingNotOpen, match="lapsed"):
        world.do("confirm", user=second, ref=made["pending"])

    assert count(world) == before
    assert world.do(name, user=maker, command_id="made", **args) == {**made, "replayed": True}


def test_other_evidence_than_was_shown_is_not_confirmed(world: World) -> None:
    name, maker, second, args = conditions_met(world)
    made = world.do(name, user=maker, **args)
    world.do("decision evidence", user="fatima", ref=args["ref"], number=1, file=as_file(b"ander besluit", "b.pdf"))
    before = count(world)

    with pytest.raises(PendingChanged):
        world.do("confirm", user=second, ref=made["pending"])

    assert count(world) == before
    world.both(name, user=maker, second=second, **args)


def test_another_declaration_than_was_judged_is_not_confirmed(world: World) -> None:
    name, maker, second, args = a_judged_conflict(world)
    made = world.do(name, user=maker, **args)
    world.do("review declare", user=args["about"], ref=args["ref"], grounds=["en ook in 2025"])
    before = count(world)

    with pytest.raises(PendingChanged):
        world.do("confirm", user=second, ref=made["pending"])

    assert count(world) == before
    world.both(name, user=maker, second=second, **args)


# ---------------------------------------------------------------------------------------------------- at the terminal


def test_a_command_typed_again_under_its_id_is_answered_again(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = an_ineligible_one(world)[3]["ref"]
        refused = ("proposal", "withdraw", ref, "--reason", "later", "--yes", "--json", "--command-id", "w-1")
        facts = count(world)

        first = fund(*refused, database=sqlite_url, user="fatima")
        again = fund(*refused, database=sqlite_url, user="fatima")
        other = fund(*(("nooit" if word == "later" else word) for word in refused), database=sqlite_url, user="fatima")
        stranger = fund(*refused, database=sqlite_url, user="anna")

        assert (first.code, again.code) == (0, 0)
        assert again.json == {**first.json, "replayed": True}
        assert (other.code, other.json["error"]["code"]) == (1, "command_conflict")
        assert (stranger.code, stranger.json["error"]["code"]) == (1, "not_authorised")
        assert count(world) == facts + 1


def test_two_people_at_the_terminal_make_one_round(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
    plan = (
        "round", "plan", "--title", "Zomer", "--opens", "2026-06-01", "--closes", "2026-06-30", "--ceiling", "100000",
        "--json", "--command-id", "plan-1",
    )  # fmt: skip
    made = [fund(*plan, database=sqlite_url, user="anna").json for _twice in range(2)]
    assert made[1] == {**made[0], "replayed": True}
    pending = made[0]["pending"]
    confirm = ("confirm", pending, "--yes", "--json", "--command-id", "seen-1")
    own = fund(*confirm, database=sqlite_url, user="anna")
    done = [fund(*confirm, database=sqlite_url, user="carla").json for _twice in range(2)]
    late = fund(*(word.replace("seen-1", "seen-2") for word in confirm), database=sqlite_url, user="carla")

    assert own.json["error"]["code"] == "same_hands"
    assert done[1] == {**done[0], "replayed": True}
    assert (late.code, late.json["error"]["code"]) == (1, "pending_not_open")
    rounds = fund("round", "list", "--json", database=sqlite_url, user="anna").json["rounds"]
    assert [each["title"] for each in rounds] == ["Zomer"]
