"""A fund in which people of three partners draft and hand in: what the tests about proposals share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from fund.schemas.proposals import Proposal
from tests.factories import World, a_proposal_file, as_file, founded
from tests.roads import road

IN_ROUND = datetime(2026, 2, 10, 13, 2, tzinfo=UTC)
PEOPLE = (
    ("fatima", "partner_signatory", "gm0351"),
    ("frank", "partner_editor", "gm0351"),
    ("lotte", "partner_signatory", "gm0327"),
    ("sam", "partner_signatory", "gm0342"),
)


@contextmanager
def proposing(url: str, *, track: str = "light") -> Iterator[World]:
    """A fund with people of Woudenberg, Leusden and Soest, in an open round 2026-1."""
    with founded(url) as world:
        in_a_round(world, track=track)
        yield world


@road
def in_a_round(world: World, *, track: str) -> None:
    """The office, the partners, people of three of them, and the round is open."""
    world.people()
    world.partners()
    for name, role, partner in PEOPLE:
        world.user(name, role, partner=partner)
    a_round(world, track=track, opens=date(2026, 2, 1))
    world.clock(IN_ROUND)


@road
def a_round(world: World, **changes: Any) -> str:
    """A round that opens today; its ref."""
    args: dict[str, Any] = {
        "title": "Een ronde",
        "opens": IN_ROUND.date(),
        "closes": date(2026, 2, 28),
        "ceiling_cents": 500_000_00,
        "track": "light",
    }
    return str(world.both("round plan", user="anna", second="carla", **{**args, **changes})["result"]["round"])


@road
def drafted(world: World, *, user: str = "fatima", **changes: Any) -> str:
    """A draft; its ref."""
    answer = world.do("proposal draft", user=user, file=as_file(a_proposal_file(**changes), "loket.toml"))
    return str(answer["result"]["ref"])


def file_of(world: World, ref: str, user: str, **args: Any) -> str:
    """The file that somebody gets to change and save."""
    return str(world.ask("proposal file", user=user, ref=ref, **args)["toml"])


def case(world: World, ref: str) -> Proposal:
    """The proposal as it is."""
    with world.snapshot() as snapshot:
        return snapshot.case(Proposal, ref)
