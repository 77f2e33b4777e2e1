"""A process of its own that waits for the start, carries out one command, and says what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from fund.errors import FundError
from fund.workflows.delivery import carry_out, open_fund

__all__ = ["raced"]


def raced(url: str, commands: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[str]:
    """What became of each command (who, name, arguments), each in a process of its own, all let go at one moment.

    ``done``, or the code of the refusal.
    """
    words = [sys.executable, "-m", "tests.workflows.racing", url]
    running = [
        subprocess.Popen(
            [*words, who, name, json.dumps(dict(args)), f"race-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, (who, name, args) in enumerate(commands)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return [each.communicate()[0].strip() for each in running]


def _run(url: str, who: str, name: str, args: str, command_id: str) -> str:
    with open_fund(url) as fund:
        _say("ready")
        sys.stdin.readline()
        try:
            carry_out(fund, name, json.loads(args), user=who, command_id=command_id)
        except FundError as problem:
            return problem.code()
    return "done"


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _say(_run(*sys.argv[1:]))
