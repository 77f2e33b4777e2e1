"""How facts change the cases they touch, and whose case each is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fund.events import Envelope
from fund.rules.authority import Guard
from fund.rules.transitions import Transition
from fund.schemas import CaseFile


def of_nobody(_snapshot: Any, case: CaseFile, _row: Transition) -> Guard:
    """A case of no partner: the fund's own."""
    return Guard(show=f"fund {case.kind} show {case.ref}")


@dataclass(frozen=True, slots=True)
class Projection:
    """How the facts of one kind of case are folded into its case file, and the lifecycle that they follow.

    ``apply(case, event)`` is pure: the case before (``None`` at the beginning) and the fact give the case after.
    A fact that does not concern it leaves it as it was. ``table`` is its lifecycle; a kind without one moves with
    another (a review with its proposal), or begins and stays as it is. ``guard(snapshot, case, row)`` says whose case
    it is when a row of its table is carried out: every command, the inbox and completion ask it, and nobody else does.
    """

    model: type[CaseFile]
    apply: Callable[[Any, Envelope], CaseFile | None]
    table: tuple[Transition, ...] = ()
    guard: Callable[[Any, Any, Transition], Guard] = of_nobody


Projections = Mapping[str, Projection]
"""By kind of case."""
