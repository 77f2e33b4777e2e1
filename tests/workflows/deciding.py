"""A fund with reviewers, a committee and a closed round: where a review begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from fund.events.capital import ContributionCalled, ContributionReceived
from fund.events.receipts import ReceiptRecorded
from tests.factories import World, a_proposal_file, as_file
from tests.roads import road

REVIEWERS: Mapping[str, str | None] = {
    "rosa": "gm0321",  # Houten
    "willem": "ws0636",  # HDSR
    "ria": "rg-u10",
    "paula": "pv26",
    "ed": None,
    "els": None,
    "emma": None,
}
MEMBERS: Mapping[str, str] = {"carl": "gm0632", "cees": "gm0355", "wil": "ws0621", "roos": "rg-regio-foodvalley"}
CRITERIA = ("ambition", "interests", "people", "organisation", "process", "learning", "business_case", "exit")
LEAD = "gm0351"
CLOSED = datetime(2026, 2, 2, 10, tzinfo=UTC)


@road
def peopled(world: World) -> World:
    """The 34 partners, the office, seven reviewers, a committee of four with chair and deputy, and the lead's
    signatory.
    """
    world.partners()
    world.people()
    world.user("dora", "deputy_chair")
    for name, partner in REVIEWERS.items():
        world.user(name, "reviewer", **({"partner": partner} if partner else {}))
    for name, partner in MEMBERS.items():
        world.user(name, "committee_member", partner=partner)
    world.user("fatima", "partner_signatory", partner=LEAD)
    return world


@road
def money(world: World, cents: int) -> None:
    """So much was called and paid in by Utrecht."""
    with world.uow("anna") as uow:
        called = {"partner": "gm0344", "amount_cents": cents}
        uow.record(ContributionCalled(ref="B2026-9001", due_on=uow.today, total_cents=cents, **called))
        uow.record(
            ReceiptRecorded(
                ref="O2026-9001", line_id="lin_1", statement="S", account="1000", amount_cents=cents,
                booked_on=uow.today, valued_on=uow.today,
            )
        )  # fmt: skip
        uow.record(
            ContributionReceived(ref="B2026-9001", receipt="O2026-9001", receipt_cents=cents, rule="rf", **called)
        )


@road
def round_of(world: World, *, track: str = "standard", ceiling_cents: int = 200_000_00) -> str:
    """A round of January; its ref."""
    answer = world.both(
        "round plan",
        user="anna",
        second="carla",
        title="Winter",
        opens=date(2026, 1, 5),
        closes=date(2026, 1, 31),
        ceiling_cents=ceiling_cents,
        track=track,
    )
    world.drain()
    return str(answer["result"]["round"])


def submitted(world: World, round_: str, *, ask_cents: int = 40_000_00, **more: Any) -> str:
    """A proposal of Woudenberg in the round, submitted; its ref."""
    content = a_proposal_file(round=round_, ask_cents=ask_cents, **more)
    ref = str(world.do("proposal draft", user="fatima", file=as_file(content))["result"]["ref"])
    world.do("proposal submit", user="fatima", ref=ref)
    return ref


@road
def eligible(
    world: World, *, count: int = 1, track: str = "standard", ask_cents: int = 40_000_00, **more: Any
) -> list[str]:
    """Proposals that were found eligible, their round closed; their refs."""
    ceiling_cents = more.pop("ceiling_cents", 200_000_00)
    round_ = round_of(world, track=track, ceiling_cents=ceiling_cents)
    refs = [
        submitted(world, round_, ask_cents=ask_cents, title=f"Plan {number}", **more) for number in range(1, count + 1)
    ]
    for ref in refs:
        world.do("proposal find-eligible", user="anna", ref=ref)
    world.clock(CLOSED)
    return refs


def score_file(scores: Mapping[str, int] | int = 3, *, abstain: Mapping[str, str] | None = None) -> bytes:
    """A score file: one score for all, or by criterion; ``abstain`` takes criteria out."""
    given = dict.fromkeys(CRITERIA, scores) if isinstance(scores, int) else dict(scores)
    out = abstain or {}
    lines = ['declaration = "none"', "[scores]"]
    lines += [f"{criterion} = {score}" for criterion, score in given.items() if criterion not in out]
    lines += ["[abstain]", *(f'{criterion} = "{reason}"' for criterion, reason in out.items())]
    return "\n".join(lines).encode()


def panel_of(world: World, ref: str) -> list[str]:
    """The names of the panel, its chair first."""
    return [str(seat["name"]) for seat in world.ask("review show", ref=ref)["panel"]]


@road
def reviewed(world: World, ref: str, *, scores: Mapping[str, int] | int = 3) -> None:
    """The panel was opened, everybody who was waited for scored the same, and the service closed the review."""
    world.do("review open", user="anna", ref=ref)
    for name in panel_of(world, ref):
        if world.ask("review show", ref=ref)["state"] == "closed":
            break  # on the light track two reviews are enough
        world.do("review score", user=name, ref=ref, file=as_file(score_file(scores)))


@road
def voted(world: World, ref: str, **choices: str) -> None:
    """Members voted; default: everybody for."""
    for name, choice in (choices or dict.fromkeys(MEMBERS, "for")).items():
        world.do("decision vote", user=name, ref=ref, choice=choice)


@road
def decidable(world: World, *, cents: int = 500_000_00, **more: Any) -> list[str]:
    """A fund with money, and proposals that wait for the committee; their refs."""
    peopled(world)
    money(world, cents)
    scores = more.pop("scores", 3)
    refs = eligible(world, **more)
    for ref in refs:
        reviewed(world, ref, scores=scores)
    return refs


@road
def objected(world: World) -> str:
    """A rejection that the lead objects to."""
    ref = decidable(world)[0]
    voted(world, ref, carl="against", cees="against", wil="against")
    world.do("decision decide", user="carla", ref=ref, reasons=["exit=onduidelijk"])
    world.do("proposal object", user="fatima", ref=ref, grounds="De uitstapregels staan in bijlage 2.")
    return ref
