"""Transcripts in the documentation: a block of commands with what they print, replayed to the letter.

``...`` stands for what a page leaves out: a whole line for any lines, inside a line for the rest of it. ``Terminal`` is
where the commands of a page are typed as a person types them: into bash, in a pseudo-terminal of 80 columns.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
)


@dataclass(slots=True)
class Step:
    """One command as it stands on the page, and the lines it is said to print."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(page: str, block: int = 0) -> list[Step]:
    """The commands of one ``console`` block of a page, in order."""
    found: list[Step] = []
    for line in page.split("```console\n")[block + 1].split("```")[0].splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        else:
            found[-1].shown.append(line)
    return found


def timeless(line: str) -> str:
    """A line without the day on which it was printed, and without the year in a reference."""
    line = re.sub(rf"\d{{1,2}} ({MONTHS}) \d{{4}}", "DAY", line)
    line = re.sub(r"\b\d{2}-\d{2}-\d{4}\b|\b\d{4}-\d{2}-\d{2}\b", "DAY", line)
    return re.sub(r"\bQ\d{4}-", "Q-", line)


def same(printed: str, shown: list[str]) -> bool:
    """Whether a page shows what was printed, day of printing and lines left out aside."""

    def pattern(line: str) -> str:
        return ".*" if line.strip().startswith("...") else re.escape(timeless(line)).replace(re.escape("..."), ".*")

    return (
        re.fullmatch(
            "\n".join(map(pattern, shown)), "\n".join(map(timeless, printed.rstrip("\n").splitlines())), re.DOTALL
        )
        is not None
    )


# ------------------------------------------------------------------------------------------------------------ typing

CTRL_C = "\x03"
"""As an answer: pressed, without the Enter that follows all others."""
_PROMPT = re.compile("\x1e([0-9]+)\x1f\\Z")
_ASKS = re.compile(r"(: |\] |\? )\Z")
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\\\)|[=>])")


@dataclass(slots=True)
class Terminal:
    """A bash that waits for what is typed: ``with terminal(folder) as bash: printed = bash.line("fund inbox")``."""

    screen: int

    def line(self, command: str, answers: Sequence[str] = (), *, patience: float = 120) -> tuple[int, str]:
        """Type a command, and an answer after each question; its exit code, and what then stands on the screen."""
        self._write(command)
        return self._read(command, list(answers), patience)

    def _read(self, command: str, waiting: list[str], patience: float) -> tuple[int, str]:
        shown, pressed = "", False
        text = codecs.getincrementaldecoder("utf-8")("replace")  # what is read may end in the middle of a character
        while not (ends := _PROMPT.search(shown)):
            asks = waiting and _ASKS.search(shown)
            wait = 0.05 if asks else 10 if pressed else patience
            ready, _writable, _broken = select.select([self.screen], [], [], wait)
            if ready:
                shown += text.decode(os.read(self.screen, 65536))
            elif asks:
                pressed = waiting[0] == CTRL_C
                self._write(waiting.pop(0))
                shown += "\0"  # the question was answered: what follows it is no question yet
            elif pressed:  # just before a question is read it goes unheard: pressed again, once
                pressed = False
                self._write(CTRL_C)
            else:
                raise AssertionError(f"{command} says nothing more for {patience:.0f} seconds after:\n{shown}")
        lines = _ESCAPES.sub("", shown[: ends.start()]).replace("\0", "").replace("\r\n", "\n").split("\n")
        return int(ends[1]), "\n".join(line.rpartition("\r")[2] for line in lines[1:])

    def _write(self, line: str) -> None:
        os.write(self.screen, line.encode() if line == CTRL_C else f"{line}\n".encode())


def _sit_down() -> None:
    """The terminal is ours; Ctrl-C is heard, also where the tests run in the background and do not hear it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def terminal(folder: Path, **environment: str) -> Iterator[Terminal]:
    """bash in a folder, at a terminal of 80 columns, with the programs of the Python that runs the tests."""
    screen, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    kept = ("PYTHONPATH", "FUND_TEST_DAY", "FUND_TEST_BEGAN", "TMPDIR")
    given = {name: os.environ[name] for name in kept if name in os.environ}
    given |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "xterm"}
    given |= {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "PS1": "\x1e$?\x1f", **environment}
    bash = subprocess.Popen(
        ["bash", "--noprofile", "--norc", "--noediting", "-i"],
        stdin=inside, stdout=inside, stderr=inside, cwd=folder, env=given, start_new_session=True,
        preexec_fn=_sit_down,
    )  # fmt: skip
    os.close(inside)
    try:
        begun = Terminal(screen)
        begun._read("bash", [], 60)  # whatever it says before its first prompt
        yield begun
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(bash.pid, signal.SIGKILL)
        bash.wait()
        os.close(screen)
