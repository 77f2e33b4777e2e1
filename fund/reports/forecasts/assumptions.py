"""Which assumptions a forecast is made with: our own of ``fund/data``, or a file of the fund; the set of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

from fund.errors.forecasts import FaultyAssumptions, NoAssumptionsYet
from fund.errors.proposals import BrokenForm, FormNotText, FormTooLarge
from fund.forms.text import Path, Place, parse
from fund.schemas.assumptions import Assumptions, AssumptionsFile, checked

OWN = "assumptions.toml"
"""The sets that come with the fund."""
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Chosen:
    """The set in force on a day, and the file that holds it."""

    file: str
    used: Assumptions

    def as_json(self) -> dict[str, Any]:
        """What every forecast says of the assumptions it was made with."""
        return {"file": self.file, "version": self.used.version, "from_on": self.used.from_on.isoformat()}


def template() -> bytes:
    """The sets that come with the fund, as a file to begin from."""
    return (resources.files("fund") / "data" / OWN).read_bytes()


def chosen(given: Mapping[str, Any] | None, on: date) -> Chosen:
    """The set in force on a day: of the file that was given (``name``, ``content``), else of our own.

    Raises:
        FaultyAssumptions: The file, every fault with its line.
        NoAssumptionsYet: Its first set holds from a later day.
    """
    content, name = (bytes(given["content"]), str(given["name"])) if given else (template(), OWN)
    file, sets = read(content, name)
    in_force = [one for one in sets.assumptions if one.from_on <= on]
    if not in_force:
        raise NoAssumptionsYet(file=file, day=on, first_on=sets.assumptions[0].from_on)
    return Chosen(file, in_force[-1])


def read(content: bytes, name: str) -> tuple[str, AssumptionsFile]:
    """The short name of a file of assumptions, and what it holds.

    Raises:
        FaultyAssumptions: Not TOML, a field too many or too few, chances that do not add up; each with its line.
    """
    try:
        text = parse(content, name)
    except (BrokenForm, FormNotText, FormTooLarge) as problem:
        details = problem.details
        reason = str(details.get("reason") or problem)
        line = f"{details['file']}:{details['line']}: {reason}" if "reason" in details else reason
        raise FaultyAssumptions(file=details["file"], lines=line, line_numbers=[details["line"]]) from problem
    found, faults = checked(text.document)
    if found is None:
        placed = sorted((_line(text.places, path), reason) for path, reason in faults)[:MOST_FAULTS]
        raise FaultyAssumptions(
            file=text.file,
            lines="\n".join(f"{text.file}:{line}: {reason}" for line, reason in placed),
            line_numbers=[line for line, _reason in placed],
        )
    return text.file, found


def _line(places: Mapping[Path, Place], path: Path) -> int:
    """The line of a field, or of the block that should hold it."""
    return next((places[path[:length]].line for length in range(len(path), 0, -1) if path[:length] in places), 1)
