"""The clock of the tests: still, the same for the fund, the database and what a test starts, and shut to the tests."""

from __future__ import annotations

import datetime as module
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from time import time as function  # noqa: TID251
from typing import Any

import pytest

from fund import dates
from fund.database import create_engine as engine_of
from fund.database import reading
from fund.store import Store
from tests.still import NOON, TODAY, ClockRead

READINGS: dict[str, Callable[[], Any]] = {
    "datetime.now": lambda: datetime.now(),  # noqa: TID251
    "datetime.today": lambda: datetime.today(),  # noqa: TID251
    "date.today": lambda: date.today(),  # noqa: TID251
    "time.time": lambda: time.time(),  # noqa: TID251
    "time.localtime": lambda: time.localtime(),  # noqa: TID251
    "time.asctime": lambda: time.asctime(),  # noqa: TID251
    "time.clock_gettime": lambda: time.clock_gettime(time.CLOCK_REALTIME),  # noqa: TID251
    "the module datetime": lambda: module.datetime.now(),  # noqa: TID251
    "the function time": lambda: function(),
}


@pytest.mark.parametrize("reading_of", READINGS.values(), ids=READINGS)
def test_a_test_that_reads_the_clock_of_the_system_fails(reading_of: Callable[[], Any]) -> None:
    with pytest.raises(ClockRead, match="does not read the system's clock"):
        reading_of()


def test_dates_and_times_are_otherwise_what_they_are() -> None:
    assert isinstance(NOON, datetime)
    assert isinstance(date(2026, 1, 5), date)
    assert datetime.fromisoformat("2026-01-05T09:00:00+00:00") == datetime.combine(
        date(2026, 1, 5), NOON.replace(hour=9).timetz()
    )


def test_the_machine_and_the_database_say_noon_of_the_day(database_url: str) -> None:
    engine = engine_of(database_url)
    with reading(engine) as connection:
        assert Store(connection).work.clock() == dates.now() == NOON
    engine.dispose()


def test_a_program_that_a_test_starts_lives_on_that_day_wherever_it_stands(tmp_path: Path, sqlite_url: str) -> None:
    words = ("init", "--admin", "petra", "--fund-manager", "anna", "--treasurer", "bram")
    program = [sys.executable, "-m", "cli.main", "--database", sqlite_url]
    subprocess.run([*program, *words], cwd=tmp_path, check=True, capture_output=True)
    read = subprocess.run([*program, "statement", "position", "--json"], cwd=tmp_path, check=True, capture_output=True)
    assert json.loads(read.stdout)["as_of"] == TODAY.isoformat()
