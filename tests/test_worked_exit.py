"""The second worked example: one partner leaves in dispute, then the fund is wound up.

``docs/leaving.md`` tells it with the arithmetic; its figures are read here, and hold to the cent on both databases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from fund.checks import verify
from fund.rules.regulations import standard_text
from fund.rules.valuation import free_to_commit, nav
from tests.factories import World, as_file, founded
from tests.workflows.leaving import (
    agreed_on,
    call_paid,
    exit_of,
    founded_fund,
    notice,
    paid_out,
    payee,
    proposed,
    repays,
    rules,
    settled,
    written_off,
)
from tests.workflows.looking_back import completed
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN

PAGE = Path(__file__).parent.parent / "docs" / "leaving.md"
COLUMNS = ("1000", "1010", "1100", "1200", "1290", "2000", "2200", "2210", "3000", "3100", "9000")
CREDIT_SIDE = ("1290", "2000", "2200", "2210", "3000", "3100")


def told() -> dict[str, tuple[int, ...]]:
    """The rows of the page, by the day and what happened: the figures of the accounts, what is free, NAV."""
    rows: dict[str, tuple[int, ...]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == len(COLUMNS) + 4 and re.fullmatch(r"[0-9]+", cells[0]):
            rows[cells[0]] = tuple(int(cell.replace(",", "") or 0) for cell in cells[2:])
    return rows


class Story:
    """The example while it is told: each step is held against its row of the page."""

    def __init__(self, world: World) -> None:
        self.world, self.rows, self.seen = world, told(), list[str]()

    def stands(self, row: str) -> None:
        with self.world.snapshot() as snapshot:
            now = snapshot.ledger.main_balances()
            buffer_cents = snapshot.regulations().buffer_cents
        found = [-now.get(code, 0) if code in CREDIT_SIDE else now.get(code, 0) for code in COLUMNS]
        figures = (*found, free_to_commit(now, buffer_cents), nav(now))
        names = ("row", *COLUMNS, "free", "NAV")
        self.seen.append(row)
        assert dict(zip(names, (row, *figures), strict=True)) == dict(zip(names, (row, *self.rows[row]), strict=True))


def _disputed(story: Story) -> None:
    world = story.world
    story.stands("1")
    notice(world)
    world.clock(date(2026, 7, 6))
    quote = world.ask("partner exit-quote", user="piet", ref=BUNNIK, as_of=date(2026, 7, 5), costs=25_000)
    assert (quote["share"], quote["promised"], quote["divided"]) == ("3/10", "4499997/10", "103625003/10")
    assert (quote["gross_cents"], quote["net_cents"]) == (3_108_750, 3_083_750)
    assert (quote["now_cents"], quote["later_cents"]) == (1_950_000, 1_133_750)
    assert [(item["ref"], item["amount_cents"], item["share_cents"]) for item in quote["items"]] == [
        ("A2026-001", 1_750_001, 525_000), ("2026-001", 1_049_999, 314_999), (BUNSCHOTEN, 1_000_000, 300_000),
    ]  # fmt: skip
    proposed(world, costs=25_000)
    world.do("partner dispute-settlement", user="piet", ref=BUNNIK, reason="De voorziening is te hoog.")
    story.stands("1")
    settled(world)
    story.stands("2")


def _paid_first(story: Story) -> None:
    world = story.world
    payee(world)
    world.clock(date(2026, 7, 13))
    paid_out(world)
    story.stands("3")
    batch = str(world.do("payment batch", user="anna")["result"]["ref"])
    world.both("payment send", user="bram2", second="anna2", ref=batch)
    story.stands("4")
    world.do("payment settle", user="bram", ref="E2026-0001")
    story.stands("5")


def _agreed_by_advice(story: Story) -> None:
    world = story.world
    advice = {"name": "advies.pdf", "content": b"Een voorziening van 20 procent volstaat."}
    agreed_on(world, amount=3_100_000, advice=advice)
    settled(world)
    story.stands("6")


def _later(story: Story) -> None:
    world = story.world
    call_paid(world, 1_000_000)
    story.stands("7")
    repays(world, 500_001)
    story.stands("8")
    with world.uow("anna") as uow:
        completed(uow)
    world.drain()
    story.stands("9")
    assert [item["collected_cents"] for item in exit_of(world)["items"]] == [1_550_000, 1_000_000]
    written_off(world, 750_000)
    story.stands("10")
    paid_out(world)
    story.stands("11")


def _long_stop(story: Story) -> None:
    world = story.world
    world.clock(date(2031, 7, 7))
    world.both("partner close-out", user="bram", second="anna", ref=BUNNIK)
    story.stands("12")
    paid_out(world)
    story.stands("13")
    assert exit_of(world)["state"] == "exited"


def _wound_up(story: Story) -> None:
    world = story.world
    about = {"everybody": True, "reason": "Het programma is klaar."}
    answer = world.both("partner propose-settlement", user="anna", second="bram", **about)
    ref = str(answer["events"][0]["payload"]["ref"])
    for name in ("fatima", "sara"):
        world.do("decision vote", user=name, ref=ref, choice="for")
    world.do("decision decide", user="carla", ref=ref)
    for partner in (BAARN, BUNSCHOTEN):
        agreed_on(world, partner)
        settled(world, partner)
    story.stands("14")
    repays(world, 500_000, released=437_500, number=9)
    story.stands("15")
    text = standard_text().replace('"2026-1"', '"2031-1"', 1).replace("buffer_cents = 5_000_00", "buffer_cents = 0", 1)
    world.both("regulations adopt", user="anna", second="carla", file=as_file(text.encode()), on=date(2031, 7, 8))
    world.clock(date(2031, 7, 8))
    for partner in (BAARN, BUNSCHOTEN):
        world.both("partner close-out", user="bram", second="anna", ref=partner)
    story.stands("16")
    for partner in (BAARN, BUNSCHOTEN):
        payee(world, partner)
    world.clock(date(2031, 7, 14))
    paid_out(world, BAARN, keep=["A2026-001"])
    paid_out(world, BUNSCHOTEN)
    story.stands("17")
    states = {each["id"]: each["state"] for each in world.ask("partner list")["partners"]}
    assert {states[partner] for partner in (BAARN, BUNNIK, BUNSCHOTEN)} == {"exited"}


CHAPTERS: tuple[Callable[[Story], None], ...] = (
    _disputed, _paid_first, _agreed_by_advice, _later, _long_stop, _wound_up
)  # fmt: skip


def test_the_second_worked_example_holds_to_the_cent(database_url: str) -> None:
    with founded(database_url, rules=rules()) as world:
        founded_fund(world)
        story = Story(world)
        for chapter in CHAPTERS:
            chapter(story)
        assert list(dict.fromkeys(story.seen)) == list(story.rows)
        verified = verify(world.fund.engine)
        assert [finding for check in verified["checks"] for finding in check["findings"]] == []
        known: dict[str, Any] = {"as_of": date(2026, 7, 5), "known_at": exit_of(world)["known_at"]}
        again = world.ask("partner exit-quote", ref=BUNNIK, costs=25_000, **known)
        assert (again["net_cents"], again["now_cents"]) == (3_083_750, 1_950_000)  # five years later, from the ledger
