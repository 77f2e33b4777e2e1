"""A row of a lifecycle, and what follows from a table: what is possible in a state, for whom, and the state after.

The table says in which state a command is possible and who may; the guard of the case says whose case it is and who
acted in it before. ``UnitOfWork.transition`` asks both and records the fact. Source: lifecycle.md 1, G7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fund.errors.commands import ReasonMissing
from fund.events import Fact
from fund.rules.authority import Actor, Guard, Who, require, require_other_hands


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


def rows_from(table: Table, command: str, state: str | None, records: type[Fact] | None = None) -> list[Transition]:
    """The rows of a command that are possible in a state (``None``: the beginning), one for each outcome.

    Args:
        records: Only the row of this fact.
    """
    return [
        row
        for row in table
        if row.command == command and row.starts_in(state) and (records is None or row.records is records)
    ]


def judge(row: Transition, guard: Guard, maker: Actor, confirmer: Actor | None, *, ref: str) -> None:
    """Nothing, when these people may carry out the row: the maker is held to ``who``, the confirmer (once there is one)
    to ``second``, and they are two people.

    Raises:
        NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    require(maker, row.who, guard, command=row.command, ref=ref)
    if row.second is not None and confirmer is not None:
        require(confirmer, row.second, guard, command=row.command, ref=ref)
        require_other_hands(confirmer, (maker.user_id,), command=row.command, ref=ref)


def require_reason(command: str, reason: str) -> str:
    """What somebody gives as a reason, without the space around it.

    Raises:
        ReasonMissing: Nothing but space was given; the command names itself.
    """
    if not reason.strip():
        raise ReasonMissing(command=command)
    return reason.strip()
