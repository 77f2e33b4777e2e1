"""A process of its own that waits for the start, carries out one command, and says what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection as Pipe
from typing import Any

from fund.commands.executing import execute_named
from fund.commands.opening import open_fund
from fund.errors import FundError
from tests.processes import PROCESSES

__all__ = ["raced"]


def raced(url: str, commands: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[str]:
    """What became of each command (who, name, arguments), each in a process of its own, all let go at one moment.

    ``done``, or the code of the refusal.
    """
    running = []
    for number, (who, name, args) in enumerate(commands):
        ours, theirs = PROCESSES.Pipe()
        process = PROCESSES.Process(target=_run, args=(theirs, url, who, name, dict(args), f"race-{number}"))
        process.start()
        theirs.close()
        running.append((process, ours))
    for _process, pipe in running:
        assert pipe.recv() == "ready"
    for _process, pipe in running:
        pipe.send("go")
    told = [str(pipe.recv()) for _process, pipe in running]
    for process, pipe in running:
        process.join()
        pipe.close()
        process.close()
    return told


def _run(pipe: Pipe, url: str, who: str, name: str, args: Mapping[str, Any], command_id: str) -> None:
    with open_fund(url) as fund:
        pipe.send("ready")
        pipe.recv()
        try:
            execute_named(fund, name, args, user=who, command_id=command_id)
        except FundError as problem:
            pipe.send(problem.code())
        else:
            pipe.send("done")
