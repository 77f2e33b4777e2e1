"""Fast verification on all cores: processes of their own, each with its own connection that sees what we see.

A process is the file ``fast_verify.py`` and nothing else, so it is small and starts fast. It ends with us, whatever
ends us; one that ends before its work is done is an error, never an answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any, Self

from fund.errors.ledger import UnfinishedCheck
from fund.ledger.store import fast_verify

PROGRAM = Path(fast_verify.__file__)
BEAT_SECONDS = 1.0
GOODBYE_SECONDS = 5.0


MOST = 6
"""More would read faster than one database gives, and each takes 20 to 30 MB of memory."""


def cores() -> int:
    """How many processes are worth being at work at once; one where no other can be started."""
    if not sys.executable or not PROGRAM.is_file():
        return 1
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(found, MOST)


class Crew:
    """Processes that look at ranges of entries, as they become free.

    Args:
        task: What each is told first: how to open the database, and what :class:`fast_verify.FastVerifier` is told.
        ranges: What :meth:`fast_verify.FastVerifier.walk` is told, one after the other.
        own: Looks at a range in this process, for when no other can open the database.
    """

    def __init__(
        self,
        task: dict[str, Any],
        ranges: Sequence[dict[str, Any]],
        *,
        size: int,
        own: Callable[[dict[str, Any]], list[fast_verify.Found]],
    ) -> None:
        self._task = task | {"path": sys.path}
        self._ranges = ranges
        self._own = own
        self._wanted = size
        self._waiting = iter(enumerate(ranges))
        self._lock = Lock()
        self._said: Queue[tuple[int | None, Any]] = Queue()
        self._processes: list[subprocess.Popen[str]] = []
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        try:
            with suppress(OSError):  # no more can be started: those that were do it, or we alone
                for _number in range(self._wanted):
                    self._start()
        except BaseException:
            self._end()
            raise
        return self

    def _start(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="ascii",
        )
        self._processes.append(process)
        thread = Thread(target=self._attend, args=(process,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def __exit__(self, problem: type[BaseException] | None, *_where: object) -> None:
        if problem is None:  # each says goodbye to the database by itself
            for thread, process in zip(self._threads, self._processes, strict=True):
                thread.join()
                with suppress(OSError, subprocess.TimeoutExpired):
                    process.communicate(timeout=GOODBYE_SECONDS)
        self._end()

    def _end(self) -> None:
        for process in self._processes:
            process.kill()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with suppress(OSError):  # what was not sent is not missed
                        pipe.close()

    def _attend(self, process: subprocess.Popen[str]) -> None:
        """Hand out ranges to one process and pass on its answers, until there are no more; runs in a thread."""
        index: int | None = None
        try:
            if "refused" not in json.loads(_asked(process, self._task)):
                while (following := self._following()) is not None:
                    index, one = following
                    self._said.put((index, _asked(process, one)))
            self._said.put((None, None))
        except Exception as problem:
            self._said.put((None, (index, problem, process)))

    def _following(self) -> tuple[int, dict[str, Any]] | None:
        with self._lock:
            return next(self._waiting, None)

    def answers(self, beat: Callable[[], None]) -> Iterator[list[fast_verify.Found]]:
        """What was found in each range, in the order of the ranges; ``beat`` is called while there is nothing to do.

        Raises:
            UnfinishedCheck: A process ended before its work was done.
        """
        found: dict[int, str] = {}
        at_work = len(self._processes)
        for wanted, one in enumerate(self._ranges):
            while wanted not in found and at_work:
                beat()
                try:
                    index, answer = self._said.get(timeout=BEAT_SECONDS)
                except Empty:
                    continue
                if index is not None:
                    found[index] = answer
                    continue
                at_work -= 1
                if answer is not None:
                    self._fail(*answer)
            yield json.loads(found.pop(wanted)) if wanted in found else self._own(one)

    def _fail(self, index: int | None, problem: Exception, process: subprocess.Popen[str]) -> None:
        process.kill()
        raised = (process.stderr.read() if process.stderr is not None else "").strip().rpartition("\n")[2]
        low, high = (0, 0) if index is None else (self._ranges[index]["low"] + 1, self._ranges[index]["high"])
        raise UnfinishedCheck(first=low, last=high, reason=raised or f"exit {process.wait()}") from problem


def _asked(process: subprocess.Popen[str], question: dict[str, Any]) -> str:
    """The line that answers; it is taken apart when it is wanted, and small until then."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line.endswith("\n"):
        raise EOFError
    return line
