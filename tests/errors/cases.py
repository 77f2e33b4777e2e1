r"""Bad files, each a patch of a good one beside the message it earns.

A catalogue (``proposals.txt``, ``bank.txt``) holds cases with a blank line between them::

    ## amount_of_nothing
    -ask = "24000.00"
    +ask = "0"
    error[amount_not_positive]: the message
    hint: the next step

The patch reads as a diff without line numbers: ``-`` leaves a line out, ``+`` puts one in, a line that begins with a
space says where. Each part of it (``@`` begins another) is found exactly once in the good file, or the case does not
load. Lines with ``=`` are the whole file instead; ``$`` ends the file there, after the line before it. ``## NAME of
OTHER`` patches another case, or the file of that name. Within a line ``\xe9`` is one byte, ``⟪abc×9⟫`` is ``abc`` nine
times, and ``№`` in it the number of the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")
_TIMES = re.compile("⟪(.*?)×([0-9]+)⟫")


@dataclass(frozen=True, slots=True)
class Case:
    """A bad file and the message it earns."""

    name: str
    content: bytes
    message: str


def _written(line: str) -> bytes:
    def repeat(found: re.Match[str]) -> str:
        return "".join(found[1].replace("№", str(number)) for number in range(int(found[2])))

    return _BYTE.sub(lambda found: bytes([int(found[1], 16)]), _TIMES.sub(repeat, line).encode())


def _patched(good: bytes, patch: list[str], name: str) -> bytes:
    if not patch or patch[0].startswith("="):
        return b"".join(_written(line[1:]) + b"\n" for line in patch)
    for part in "\n".join(patch).split("\n@\n"):
        lines = part.split("\n")
        found = b"".join(line[1:].encode() + b"\n" for line in lines if line[0] in " -")
        put = b"".join(_written(line[1:]) + b"\n" for line in lines if line[0] in " +")
        at = b"\n" + good
        assert at.count(b"\n" + found) == 1, f"{name}: this is not in the good file exactly once: {found!r}"
        before, after = at.split(b"\n" + found)
        good = (before + b"\n" + put)[1:] + after if lines[-1] != "$" else (before + b"\n" + put)[1:-1]
    return good


def read(catalogue: str, good: str) -> list[Case]:
    """The cases of a catalogue, made from the good file."""
    cases: dict[str, Case] = {}
    for text in (FOLDER / catalogue).read_text("utf-8").removeprefix("## ").removesuffix("\n").split("\n\n## "):
        head, *lines = text.split("\n")
        name, _, other = head.partition(" of ")
        at = next(number for number, line in enumerate(lines) if line.startswith("error["))
        base = cases[other].content if other in cases else (FOLDER / (other or good)).read_bytes()
        assert name not in cases
        cases[name] = Case(name, _patched(base, lines[:at], name), "".join(f"{line}\n" for line in lines[at:]))
    return list(cases.values())


PROPOSALS = read("proposals.txt", "proposal.toml")
BANK = read("bank.txt", "statement.xml")
