"""Random funds, to be read: what Hypothesis lets people do in ``tests/test_money_lives.py``, kept as it ends.

Played once for a whole run, by whoever of the workers needs them first (fixture ``random_funds``: files of SQLite that
nobody changes). A test on PostgreSQL plays a few of its own (fixture ``random_funds_on_postgresql``). Every other one
ends with a closed year.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis.stateful import invariant

from fund.database.versions import upgrade
from tests.test_lives import copies_on_sqlite, play
from tests.test_money_lives import MoneyLives, started

COUNT, STEPS = 20, 14


class Keeping(MoneyLives):
    """Lives that are looked at when they have ended: on the way nothing is asserted but what the rules foretell."""

    the_books_agree_with_the_dictionaries = None
    played = 0

    @invariant()
    def what_the_service_booked_is_taken_over(self) -> None:
        if hasattr(self, "life"):
            self.life.adopt()
            self.life.look_at_leaver()

    def teardown(self) -> None:
        try:
            if hasattr(self, "life"):
                Keeping.played += 1
                if Keeping.played % 2:
                    self.life.later((self.shadow.today.replace(month=12, day=31) - self.shadow.today).days)
                    self.life.allowance()
                    self.life.later(10)
                    self.life.close_year()
        finally:
            self.stack.close()


def kept(copies: Callable[[], str], beginning: Any, *, count: int, steps: int) -> list[str]:
    """The addresses of so many funds after so many steps each."""
    urls: list[str] = []

    def remembered() -> str:
        urls.append(copies())
        return urls[-1]

    Keeping.played = 0
    play(remembered, beginning, examples=count, steps=steps, machine=Keeping)
    return urls


def once(folder: Path) -> list[Path]:
    """The files of the random funds, played in ``folder`` by whoever comes first."""
    folder.mkdir(exist_ok=True)
    told = folder / "funds.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            empty = folder / "empty.db"
            upgrade(f"sqlite:///{empty}")
            with copies_on_sqlite(f"sqlite:///{empty}", folder, started) as (copies, life):
                urls = kept(copies, life, count=COUNT, steps=STEPS)
            told.write_text(json.dumps([url.removeprefix("sqlite:///") for url in urls]))
    return [Path(path) for path in json.loads(told.read_text())]
