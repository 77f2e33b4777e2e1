"""A row of a lifecycle, and what follows from a table of rows: the state after a fact, and what may be asked when.

Pure, so that every chapter has its table, those below the workflows too. Carrying a row out is the trade of
``fund.workflows.lifecycle``. Source: lifecycle.md 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fund.events import Fact
from fund.rules.authority import Who


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of a lifecycle table.

    Attributes:
        command: The words as typed (``proposal submit``).
        sources: The states it is possible in; ``None`` stands for the beginning.
        target: The state after it; ``None`` leaves the state as it is.
        who: Who may, and what ties them to the case.
        records: The fact that it records.
        second: Who must confirm, where the table asks two people.
        may_repeat: Whoever acted for the fund in this chain before may act again; without it nobody may (G7 a, c).
        row: The row of lifecycle.md.
    """

    command: str
    sources: StrEnum | tuple[StrEnum, ...] | None
    target: StrEnum | None
    who: Who
    records: type[Fact]
    second: Who | None = None
    may_repeat: bool = False
    row: str = ""

    def starts_in(self, state: str | None) -> bool:
        """Whether the row is possible in this state."""
        if self.sources is None:
            return state is None
        return state in sources_of(self)


Table = Sequence[Transition]


def sources_of(row: Transition) -> tuple[StrEnum, ...]:
    """The states in which a row is possible; none where it begins a life."""
    if row.sources is None:
        return ()
    return row.sources if isinstance(row.sources, tuple) else (row.sources,)


def state_after(table: Table, state: str | None, fact: Fact) -> str:
    """The state after a fact: what the table says, or the same state where the table leaves it."""
    for row in table:
        if row.records is type(fact) and row.starts_in(state):
            return str(row.target) if row.target is not None else str(state)
    return str(state)


def commands_from(table: Table, state: str | None) -> list[str]:
    """The commands that are possible in a state: what completion and the inbox offer."""
    return sorted({row.command for row in table if row.starts_in(state)})


def same_command_from(table: Table, command: str) -> list[str]:
    """The states in which a command is possible."""
    return sorted({str(source) for row in table if row.command == command for source in sources_of(row)})
