"""The power goes: whatever is killed, at whatever moment, leaves a fund that verifies, and a command acts once.

The program runs as a process of its own and is ended with SIGKILL, which it cannot see coming.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fund.commands.founding import found_fund
from fund.ledger import Ledger
from tests.factories import PARTNERS_CSV

NOTHING_YET = {"database_missing", "database_behind", "not_a_database", "no_fund_here"}
"""What ``fund verify`` says when the demo was killed before its fund was founded."""
MOMENTS = ((0, 0.9), (1, 0.3), (3, 0.5), (6, 0.4), (9, 0.6))
"""So many lines of the story were told, and at most so many seconds after: from the first migration to money out."""


def started(*words: object, **environment: str) -> subprocess.Popen[str]:
    """``fund`` as a program of its own, its lines not held back."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", *(str(word) for word in words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )


def ran(*words: object, **environment: str) -> tuple[int, dict[str, Any]]:
    """A command line from beginning to end: its exit code and its JSON, from whichever stream had it."""
    process = started(*words, **environment)
    out, err = process.communicate(timeout=120)
    answer: dict[str, Any] = json.loads(out or err)
    return process.returncode, answer


def killed_after(process: subprocess.Popen[str], *, lines: int, seconds: float) -> int:
    """End the process so long after so many of its lines; how many lines of talk it had told."""
    told = 0
    assert process.stdout
    while told < lines:
        assert process.stdout.readline(), "the story ended before the moment came"
        told += 1
    time.sleep(seconds)
    assert process.poll() is None, "the story ended before the moment came"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    return told


def sound(*place: str) -> dict[str, Any] | None:
    """What ``fund verify`` says of what is left: nothing is wrong; ``None`` where no fund was founded yet."""
    code, found = ran(*place, "verify", "--json")
    if code != 0:
        assert (code in (1, 4), found["error"]["code"] in NOTHING_YET) == (True, True), found
        return None
    assert [finding for check in found["checks"] for finding in check["findings"]] == []
    assert found["ok"]
    return found


@pytest.mark.parametrize(("lines", "most"), MOMENTS)
def test_a_demo_that_is_killed_leaves_a_fund_that_verifies(tmp_path: Path, lines: int, most: float) -> None:
    home = tmp_path / "demo"
    moment = random.Random(f"sqlite {lines}").uniform(0, most)
    killed_after(started("demo", "--home", home), lines=lines, seconds=moment)

    found = sound("--database", f"sqlite:///{home / 'fund.db'}")
    assert found is not None or lines == 0


@pytest.mark.parametrize("lines", [0, 8])
def test_a_demo_that_is_killed_on_postgresql_leaves_a_fund_that_verifies(empty_postgres_url: str, lines: int) -> None:
    moment = random.Random(f"postgresql {lines}").uniform(0.2, 1.5)
    killed_after(started("demo", "--database", empty_postgres_url), lines=lines, seconds=moment)

    found = sound("--database", empty_postgres_url)
    assert found is not None or lines == 0


def test_what_was_killed_can_be_gone_on_with(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    place = ("--database", f"sqlite:///{home / 'fund.db'}")
    killed_after(started("demo", "--home", home), lines=6, seconds=0.2)
    before = sound(*place)
    assert before is not None

    code, answer = ran(*place, "--as", "petra", "user", "revoke", "joost", "--reason", "vertrokken", "--json", "--yes")
    assert (code, answer["events"][0]["type"]) == (0, "user.revoked"), answer

    after = sound(*place)
    assert after is not None
    assert after["events_head"]["seq"] > before["events_head"]["seq"]


# ------------------------------------------------------------------------------------------------- one id, one effect


def a_called_fund(url: str) -> str:
    """A fund with 34 partners whose call of capital waits for its second person; the ref of what waits."""
    found_fund(url, name="Testfonds", admin="petra", fund_manager="anna", treasurer="bram")
    assert ran("--database", url, "--as", "anna", "partner", "import", PARTNERS_CSV, "--json", "--yes")[0] == 0
    code, made = ran("--database", url, "--as", "anna", "capital", "call", "--amount", "10000", "--json", "--yes")
    assert code == 0, made
    return str(made["pending"])


def confirming(url: str, pending: str) -> tuple[object, ...]:
    """The command that books the call, always with the same id."""
    return ("--database", url, "--as", "bram", "confirm", pending, "--command-id", "once", "--json", "--yes")


def entries_in(url: str) -> int:
    """How many entries the ledger has."""
    from fund.database import create_engine, reading
    from fund.unit_of_work import BOOK

    engine = create_engine(url)
    try:
        with reading(engine) as connection:
            return Ledger.open(connection, book=BOOK).head().seq
    finally:
        engine.dispose()


def test_the_same_command_twice_with_one_id_acts_once(database_url: str) -> None:
    pending = a_called_fund(database_url)
    first_code, first = ran(*confirming(database_url, pending))
    again_code, again = ran(*confirming(database_url, pending))

    assert (first_code, again_code) == (0, 0)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert [entry["seq"] for entry in again["entries"]] == [entry["seq"] for entry in first["entries"]]
    assert entries_in(database_url) == 34
    code, other = ran(
        "--database",
        database_url,
        "--as",
        "bram",
        "decline",
        pending,
        "--reason",
        "toch niet",
        "--command-id",
        "once",
        "--json",
        "--yes",
    )
    assert (code, other["error"]["code"]) == (1, "command_conflict")


def test_two_processes_with_one_id_at_once_act_once(database_url: str) -> None:
    pending = a_called_fund(database_url)
    both = [started(*confirming(database_url, pending)) for _number in range(2)]
    answers = [json.loads("".join(process.communicate(timeout=120))) for process in both]

    assert [process.returncode for process in both] == [0, 0], answers
    assert sorted(answer["replayed"] for answer in answers) == [False, True]
    assert entries_in(database_url) == 34
    assert sound("--database", database_url)


def test_a_command_that_was_killed_acts_once_when_it_is_typed_again(database_url: str) -> None:
    pending = a_called_fund(database_url)
    dice = random.Random("once")
    for _attempt in range(4):
        process = started(*confirming(database_url, pending))
        time.sleep(dice.uniform(0.3, 1.0))
        process.kill()
        process.communicate(timeout=60)
        assert entries_in(database_url) in (0, 34)  # all of it, or nothing

    code, answer = ran(*confirming(database_url, pending))
    assert code == 0, answer
    assert len(answer["entries"]) == 34
    assert entries_in(database_url) == 34
    assert sound("--database", database_url)
