"""A number means the same facts for ever: what a reading command answered until an entry, it answers always.

Every query that takes ``known_at`` is asked, those to come as well; what happens afterwards is chosen to tempt each.
"""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fund.commands.opening import open_fund
from fund.registry import QUERIES
from fund.rules.regulations import standard_text
from tests.factories import World, as_file
from tests.story import Told

TODAY = date(2026, 11, 2)
ASKED: dict[str, dict[str, Any]] = {
    "export xaf": {"since": date(2026, 1, 1), "until": TODAY, "tax_number": "NL001234567B01"},
    "forecast liquidity": {"runs": 20},
    "forecast revolving": {"runs": 20},
    "ledger balance": {"account": "1200"},
    "ledger card": {"account": "1200"},
    "partner exit-quote": {"ref": "gm0312"},
    "statement agreement": {"ref": "A2025-003"},
    "statement annual": {"year": 2026},
    "statement partner": {"partner": "gm0312"},
    "statement site": {"papers": False},
    "statement treasury": {"year": 2026},
}
"""What some of them have to be asked beside the day and the number."""


def asked() -> list[str]:
    """Every query that takes a number."""
    return [name for name, query in QUERIES.items() if "known_at" in inspect.signature(query.function).parameters]


def answers(world: World, known_at: int, folder: Path) -> Mapping[str, Mapping[str, bytes]]:
    """What each of them answers, and the files that it leaves."""
    return {name: answer(world, name, known_at, folder / name) for name in asked()}


def answer(world: World, name: str, known_at: int, folder: Path) -> dict[str, bytes]:
    """What one of them answers, and the files that it leaves."""
    folder.mkdir(parents=True)
    takes = inspect.signature(QUERIES[name].function).parameters
    args = {"known_at": known_at, **ASKED.get(name, {})}
    args |= {key: TODAY for key in ("as_of", "until") if key in takes}
    args |= {key: str(folder / "out") for key in ("path", "folder") if key in takes}
    found = json.dumps(world.ask(name, **args), ensure_ascii=False, sort_keys=True, default=str)
    files = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    shutil.rmtree(folder)
    return {"answer": found.replace(str(folder), "").encode(), **files}


@pytest.fixture
def world(story: Told, tmp_path: Path) -> Iterator[World]:
    """The fund of the story, in which people go on; its head lies before some facts that booked nothing."""
    folder = tmp_path / "verhaal"
    shutil.copytree(Path(story.url.removeprefix("sqlite:///")).parent, folder)
    with open_fund(f"sqlite:///{folder / 'fund.db'}") as fund:
        world = World(fund)
        world.clock(TODAY)
        yield world


def adopted(world: World, version: str) -> None:
    """Other regulations hold from today on: another buffer, another name of the fund."""
    text = standard_text()
    for old, new in {
        'version = "2026-1"': f'version = "{version}"',
        "buffer_cents = 5_000_00": f"buffer_cents = {len(version)}_000_00",
        "# [identity]": "[identity]",
        '# tax_number = "NL': 'tax_number = "NL',
        '# name = "Gemeenschappelijke': f'name = "Regeling {version}',
        '# chamber_number = "123': f'chamber_number = "{len(version)}00',
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    about = {"file": as_file(text.encode(), "reglement.toml"), "on": TODAY}
    world.both("regulations adopt", user="anna", second="voorzitter", **about)


def quietly(world: World) -> None:
    """What happens and books nothing: it is known with the next entry, not with the last one."""
    adopted(world, "2026-9")
    amended = {"ref": "A2026-001", "reason": "vertraging", "milestone": 2, "due_on": date(2027, 10, 31)}
    world.both("agreement amend", user="anna", second="tekent-gm0352", **amended)
    decision = {"name": "besluit.pdf", "content": b"De raad besluit uit te treden."}
    world.do("partner give-notice", user="tekent-gm0312", ref="gm0312", decision=decision)


def later(world: World) -> None:
    """What happens and books, on days before too; and other rules of the same day."""
    adopted(world, "2026-10")
    by_hand = {"memo": "vergeten", "reason": "vergeten", "debits": [["4500", 100]], "credits": [["2000.notaris", 100]]}
    posted = world.both("ledger post", user="anna", second="bram", on=date(2026, 10, 15), **by_hand)
    assert posted["entries"], posted
    world.both("capital call", user="anna", second="bram", amount=1_000_00)
    world.both(
        "agreement refinance",
        user="anna",
        second="tekent-gm0352",
        ref="A2025-003",
        to="A2026-001",
        reason="gaat op in de uitrol",
    )
    world.clock(date(2027, 1, 20))


def test_what_was_known_at_an_entry_stays_as_it_was_whatever_comes(world: World, tmp_path: Path) -> None:
    quietly(world)
    head = world.entries()[-1].seq
    early = [answers(world, number, tmp_path / "before") for number in (120, head)]
    later(world)
    late = [answers(world, number, tmp_path / "after") for number in (120, head)]
    for before, after in zip(early, late, strict=True):
        assert {name for name in before if before[name] != after[name]} == set()
