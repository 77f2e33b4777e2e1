"""One transition of a case: state and people are judged, then its fact is recorded.

The table says in which state a command is possible and who may; the guard of the case says whose case it is and who
acted in it before. A use case hands over neither: it names the command and the case. Source: lifecycle.md 1, G7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fund.errors.commands import TransitionNotAllowed
from fund.events import Envelope, Fact
from fund.rules.authority import Guard, require, require_other_hands
from fund.rules.transitions import Transition, sources_of
from fund.schemas import CaseFile

if TYPE_CHECKING:
    from fund.unit_of_work.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class Step:
    """A transition that is possible now, for those who act; :meth:`record` carries it out.

    Attributes:
        rows: The rows of the command in this state, one for each outcome.
        row: The one that was judged.
        of: Whose case it is: the case itself or, before it begins, the one it will belong to or a guard.
    """

    uow: UnitOfWork
    rows: Sequence[Transition]
    row: Transition
    of: CaseFile | Guard
    ref: str

    def record(self, fact: Fact, *, effective_on: date | None = None, on_behalf_of: str | None = None) -> Envelope:
        """Record the fact; where the command has several outcomes, the row of this one is judged too.

        Raises:
            NotAuthorised, ConflictOfInterest, SameHands: This outcome asks other people.
            ClosedPeriod: The fact books something in a period that is locked or closed.
        """
        row = next(row for row in self.rows if row.records is type(fact))
        if row is not self.row:
            judge(self.uow, row, self.of, ref=self.ref)
        return self.uow.record(fact, effective_on=effective_on, on_behalf_of=on_behalf_of)


def step(
    uow: UnitOfWork,
    command: str,
    model: type[CaseFile],
    state: str | None,
    *,
    of: CaseFile | Guard,
    ref: str,
    records: type[Fact] | None,
) -> Step:
    """The step that ``command`` takes in the life of a kind of case, from a state (``None``: it begins)."""
    rows = [row for row in uow.projections[model.kind].table if row.command == command]
    if records is not None:
        rows = [row for row in rows if row.records is records]
    possible = [row for row in rows if row.starts_in(state)]
    if not possible:
        show = uow.guard(of, rows[0]).show
        raise TransitionNotAllowed(
            command=command,
            ref=ref,
            kind="" if state is None else model.kind,
            state=state or "-",
            allowed=sorted({str(source) for row in rows for source in sources_of(row)}),
            look=show or "fund inbox",
        )
    judge(uow, possible[0], of, ref=ref)
    return Step(uow, possible, possible[0], of, ref)


def judge(uow: UnitOfWork, row: Transition, of: CaseFile | Guard, *, ref: str) -> None:
    """Nothing, when those who act may carry out the row: the maker is held to ``who``, the confirmer (once there is
    one) to ``second``, and they are two people.

    Raises:
        NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    guard, command = uow.guard(of, row), row.command
    require(uow.maker, row.who, guard, command=command, ref=ref)
    if row.second is not None and uow.confirmer is not None:
        require(uow.confirmer, row.second, guard, command=command, ref=ref)
        require_other_hands(uow.confirmer, (uow.maker.user_id,), command=command, ref=ref)
