"""Every command from idea to agreement, asked again: the same is answered as the first time and happens once; other
content is refused; somebody else's same id is somebody else's command. Two people see the same before it happens.

One story has every command of the lifecycle in it, and each is asked again at once, at the end, and a day later.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fund.checks import verify
from fund.commands.opening import Fund
from fund.database import reading
from fund.errors.commands import CommandConflict, PendingNotOpen
from fund.errors.people import NotAuthorised, SameHands
from fund.errors.proposals import PartiesNotConfirmed
from fund.registry import COMMANDS
from tests.factories import World, a_proposal_file, as_file, founded
from tests.workflows import agreeing
from tests.workflows.deciding import (
    CLOSED,
    CRITERIA,
    REVIEWERS,
    money,
    panel_of,
    peopled,
    reviewed,
    round_of,
    score_file,
    submitted,
    voted,
)

LIFECYCLE = frozenset(
    name
    for name in COMMANDS
    if name.split()[0] in ("round", "proposal", "review", "decision")
    or name in ("agreement draft", "agreement sign", "agreement activate")
)
"""Every command from a round to an agreement that holds, by the table of commands."""
WATCHED = LIFECYCLE | {"confirm"}
LEAD, OTHER = "gm0351", "gm0344"
CONDITION = "gm0351;raadsbesluit;2026-05-01;De raad stelt de eigen bijdrage beschikbaar"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as somebody asked it, and the answer."""

    name: str
    user: str
    command_id: str
    args: dict[str, Any]
    answer: dict[str, Any]


class Recorder(World):
    """A fund in which every command of the lifecycle is asked twice, and each is remembered."""

    def __init__(self, fund: Fund) -> None:
        super().__init__(fund)
        self.asked: list[Asked] = []
        self._ids = itertools.count(1)

    def do(
        self, name: str, /, *, user: str, command_id: str | None = None, dry_run: bool = False, **args: Any
    ) -> dict[str, Any]:
        if name not in WATCHED or dry_run:
            return super().do(name, user=user, command_id=command_id, dry_run=dry_run, **args)
        chosen = command_id or f"asked-{next(self._ids)}"
        answer = super().do(name, user=user, command_id=chosen, **args)
        asked = Asked(name, user, chosen, args, answer)
        self.again(asked)
        self.asked.append(asked)
        if answer["pending"]:
            self.nobody_else_confirms(asked)
        return answer

    def again(self, asked: Asked) -> None:
        """Asked again: the first answer, and nothing happens."""
        before = everything(self)
        answer = super().do(asked.name, user=asked.user, command_id=asked.command_id, **asked.args)
        assert answer == {**asked.answer, "replayed": True}, asked.name
        assert everything(self) == before, asked.name

    def nobody_else_confirms(self, asked: Asked) -> None:
        """What waits for a second person is confirmed neither by the first nor by whoever has no such role."""
        pending = asked.answer["pending"]
        with pytest.raises(SameHands):
            super().do("confirm", user=asked.user, ref=pending)
        with pytest.raises(NotAuthorised):
            super().do("confirm", user="joost", ref=pending)


ROWS = ("event", "entry", "delivery", "case_file", "command", "timer", "pending", "sealed", "blob")


def everything(world: World) -> dict[str, Any]:
    """How many rows each table has, and what changes where no row comes: versions and states."""
    with reading(world.fund.engine) as connection:
        found: dict[str, Any] = {
            table: connection.execute(sa.text(f"select count(*) from {table}")).scalar_one() for table in ROWS
        }
        found["versions"] = connection.execute(sa.text("select sum(version) from case_file")).scalar_one()
        for table in ("delivery", "timer", "pending"):
            states = connection.execute(sa.text(f"select state, count(*) from {table} group by state order by state"))
            found[f"{table} by state"] = [tuple(row) for row in states]
        return found


def recorded(world: World) -> int:
    """How many facts there are."""
    return int(everything(world)["event"])


# ------------------------------------------------------------------------------------------------------------ the story


def joint(round_: str, **more: Any) -> bytes:
    """The file of a proposal of two parties."""
    boards = [{"partner": each, "how": "brief", "informed_on": date(2026, 1, 5)} for each in (LEAD, OTHER)]
    return a_proposal_file(round=round_, ask_cents=40_000_00, co_applicants=(OTHER,), boards=boards, **more)


def played(world: Recorder) -> Recorder:
    """Six proposals: agreed, upheld, ineligible, withdrawn, reopened, and a light one."""
    peopled(world)
    money(world, 900_000_00)
    world.user("uma", "partner_signatory", partner=OTHER)
    round_ = round_of(world, ceiling_cents=400_000_00)
    light_round = round_of(world, track="light")
    one = handed_in_by_two(world, round_)
    two, three, four, five = (submitted(world, round_, title=f"Plan {number}") for number in range(2, 6))
    light = submitted(world, light_round, ask_cents=20_000_00, title="Klein plan")
    world.both("proposal find-ineligible", user="anna", second="anna2", ref=three, rule="state_aid", reason="steun")
    for ref in (one, two, five, light):
        world.do("proposal find-eligible", user="anna", ref=ref)
    world.do("proposal withdraw", user="fatima", ref=four, reason="de raad wil wachten")
    world.clock(CLOSED)
    carefully_reviewed(world, one)
    for ref in (two, five, light):
        reviewed(world, ref)
    agreed(world, one)
    upheld(world, two)
    reopened(world, five)
    world.both("decision decide", user="anna2", second="carla", ref=light, amount_cents=20_000_00)
    return world


def handed_in_by_two(world: Recorder, round_: str) -> str:
    ref = str(world.do("proposal draft", user="fatima", file=as_file(joint(round_), "plan.toml"))["result"]["ref"])
    world.do("proposal join", user="uma", ref=ref)
    world.do("proposal save", user="fatima", ref=ref, file=as_file(joint(round_, title="Samen sterker"), "plan.toml"))
    for _twice in range(2):  # a refusal is the answer of its id, also once it would be allowed
        with pytest.raises(PartiesNotConfirmed):
            World.do(world, "proposal submit", user="fatima", command_id="too early", ref=ref)
    world.do("proposal confirm", user="uma", ref=ref)
    with pytest.raises(PartiesNotConfirmed):
        World.do(world, "proposal submit", user="fatima", command_id="too early", ref=ref)
    world.do("proposal submit", user="fatima", ref=ref)
    world.do("proposal request-changes", user="anna", ref=ref, sections=["risks"], reason="Noem er meer")
    risks = ({"risk": "de trekker valt weg", "measure": "een tweede leest mee"},)
    content = joint(round_, title="Samen sterker", risks=risks)
    world.do("proposal save", user="fatima", ref=ref, file=as_file(content, "plan.toml"))
    world.do("proposal confirm", user="uma", ref=ref)
    world.do("proposal resubmit", user="fatima", ref=ref)
    return ref


def carefully_reviewed(world: Recorder, ref: str) -> None:
    """Declared, judged, left, topped up, scored apart under one and the same command id, closed by hand, agreed on."""
    world.do("review open", user="anna", ref=ref)
    chair, tied, *others = panel_of(world, ref)
    world.do("review declare", user=tied, ref=ref, grounds=["werkte samen in 2024"])
    world.both("review declare", user="carla", second="wil", ref=ref, about=tied, stays=True, reason="lang geleden")
    world.do("review recuse", user=others[-1], ref=ref, reason="ziek")
    newcomer = next(name for name in REVIEWERS if name not in (chair, tied, *others))
    world.do("review assign", user="anna", ref=ref, reviewer=newcomer)
    takers = [chair, tied, *others[:-1]]
    for number, name in enumerate(takers):
        content = score_file({**dict.fromkeys(CRITERIA, 3), "exit": 1 + 2 * (number % 2)})
        world.do("review score", user=name, command_id="my score", ref=ref, file=as_file(content))
    world.do("review close", user="anna", ref=ref)
    world.do("review consensus", user=chair, ref=ref, scores=["exit=2"], grounds="besproken")
    for name in takers[1:]:
        world.do("review consensus", user=name, command_id="I agree", ref=ref, agree=True)


def agreed(world: Recorder, ref: str) -> None:
    """Approved on a condition, which is shown to be met; drafted, signed, and active by itself."""
    for name in ("carl", "cees", "wil", "roos"):
        world.do("decision vote", user=name, command_id="my vote", ref=ref, choice="for")
    world.do("decision decide", user="carla", ref=ref, conditions=[CONDITION])
    world.do("decision evidence", user="fatima", ref=ref, number=1, file=as_file(b"besluit", "b.pdf"))
    world.both("decision meet-conditions", user="anna", second="bram", ref=ref)
    agreement = str(world.do("agreement draft", user="anna", ref=ref)["result"]["ref"])
    for name in ("fatima", "uma", "carla"):
        world.do("agreement sign", user=name, ref=agreement)
    assert world.ask("agreement show", ref=agreement)["state"] == "active"


def upheld(world: Recorder, ref: str) -> None:
    """Rejected; the lead objects; people who took no part uphold it."""
    voted(world, ref, carl="against", cees="against", wil="against")
    world.do("decision decide", user="carla", ref=ref, reasons=["exit=onduidelijk"])
    world.user("nina", "committee_member", partner="gm0310")
    world.do("proposal object", user="fatima", ref=ref, grounds="De uitstapregels staan in bijlage 2.")
    for name in ("roos", "nina"):
        world.do("decision vote", user=name, ref=ref, choice="uphold")
    said = {"uphold": True, "reason": "zie advies", "file": as_file(b"advies", "advies.pdf")}
    world.do("decision decide-objection", user="dora", ref=ref, **said)
    assert world.ask("proposal show", ref=ref)["state"] == "upheld"


def reopened(world: Recorder, ref: str) -> None:
    """Deferred, prepared again, approved, and taken back by two."""
    voted(world, ref)
    until = CLOSED.date() + timedelta(days=30)
    said = {"defer_for": "information", "until": until, "reasons": ["De offertes ontbreken nog"]}
    world.do("decision decide", user="carla", ref=ref, **said)
    world.do("decision prepare", user="anna", ref=ref, remark="De offertes zijn er")
    voted(world, ref)
    world.do("decision decide", user="carla", ref=ref)
    world.both("decision reopen", user="carla", second="carl", ref=ref, reason="cofinanciering viel weg")


def major(world: Recorder) -> Recorder:
    """A major agreement, which somebody lets hold once the boards were heard."""
    agreeing.office(world)
    ref = agreeing.signed(world, track="major", informed=False)
    world.do("agreement activate", user="anna", ref=ref, boards_heard=True)
    return world


@pytest.fixture(scope="module")
def story(module_database_url: str) -> Iterator[Recorder]:
    """The story, told once for all tests of this module on each database."""
    with founded(module_database_url) as made:
        yield played(Recorder(made.fund))


# -------------------------------------------------------------------------------------------------------- asked again


def test_every_command_of_the_lifecycle_has_been_asked_again_at_once(
    story: Recorder, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("sqlite_url" if "sqlite" in story.fund.url else "postgres_url")
    with founded(url) as made:
        told = major(Recorder(made.fund))
        names = {asked.name for asked in (*story.asked, *told.asked)}
        assert names == WATCHED
        for asked in told.asked:
            told.again(asked)


def test_a_command_repeated_after_all_that_followed_is_answered_as_the_first_time(story: Recorder) -> None:
    for asked in story.asked:
        story.again(asked)


def test_a_command_repeated_a_day_later_is_answered_as_the_first_time(story: Recorder) -> None:
    with story.snapshot() as snapshot:
        tomorrow = snapshot.now + timedelta(days=1)
    story.clock(tomorrow)
    for asked in story.asked:
        story.again(asked)


def altered(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case datetime() | date():
            return value + timedelta(days=1)
        case bytes():
            return value + b"\n"
        case str():
            return f"{value}."
        case list():
            return [*value, "anders"]
        case {"content": content}:
            return {**value, "content": content + b"\n"}
    raise AssertionError(f"no other {value!r}")


def optional(asked: Asked) -> list[str]:
    """What a command was given and could do without."""
    if asked.name in ("confirm", "decline"):
        return []
    fields = dataclasses.fields(COMMANDS[asked.name].input)
    mine = [each for each in fields if each.name in asked.args and each.default is not dataclasses.MISSING]
    return [each.name for each in mine if asked.args[each.name] != each.default]


def test_the_same_id_with_other_content_is_refused_whatever_differs(story: Recorder) -> None:
    before = everything(story)
    for asked in story.asked:
        others = [{**asked.args, name: altered(value)} for name, value in asked.args.items()]
        others += [{name: value for name, value in asked.args.items() if name != gone} for gone in optional(asked)]
        for args in others:
            with pytest.raises(CommandConflict) as refused:
                World.do(story, asked.name, user=asked.user, command_id=asked.command_id, **args)
            assert refused.value.details == {"command_id": asked.command_id, "name": asked.name}
        with pytest.raises(CommandConflict):
            World.do(story, "period lock", user=asked.user, command_id=asked.command_id, period="2026-01")
    assert everything(story) == before


def test_an_id_that_others_used_as_well_is_each_ones_own(story: Recorder) -> None:
    shared = [command_id for command_id, times in Counter(each.command_id for each in story.asked).items() if times > 1]
    assert sorted(shared) == ["I agree", "my score", "my vote"]
    for command_id in shared:
        asked = [each for each in story.asked if each.command_id == command_id]
        assert len({each.user for each in asked}) == len(asked)
        events = [each.answer["events"][-1]["event_id"] for each in asked]
        assert len(set(events)) == len(events)
        assert not any(each.answer["replayed"] for each in asked)


def test_somebody_elses_same_id_is_judged_as_that_persons_own_command(story: Recorder) -> None:
    judged = [each for each in story.asked if each.command_id not in ("I agree", "my score", "my vote")]
    before = everything(story)
    for asked in judged:
        expected = PendingNotOpen if asked.name == "confirm" else NotAuthorised
        with pytest.raises(expected) as refused:
            World.do(story, asked.name, user="joost", command_id=asked.command_id, **asked.args)
        assert "joost" in str(refused.value) or asked.name == "confirm"
        story.again(asked)
    after = everything(story)
    grown = {table for table in ROWS if after[table] != before[table]}
    assert grown == {"event", "command", "case_file"} - (
        {"case_file"} if before["case_file"] == after["case_file"] else set()
    )
    assert after["event"] - before["event"] == len(judged), "each is a refusal of its own, and nothing else"


def test_after_all_of_this_the_fund_is_sound(story: Recorder) -> None:
    found = verify(story.fund.engine)
    assert [finding for check in found["checks"] for finding in check["findings"]] == []
