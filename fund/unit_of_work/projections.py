"""Lives: how facts change the cases they touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fund.events import Envelope
from fund.rules.transitions import Transition
from fund.schemas import CaseFile


@dataclass(frozen=True, slots=True)
class Projection:
    """How the facts of one kind of case are folded into its case file.

    ``apply(case, event)`` is pure: the case before (``None`` at the beginning) and the fact give the case after.
    A fact that does not concern it leaves it as it was. ``table`` is its lifecycle; a kind without one moves with
    another (a review with its proposal), or begins and stays as it is.
    """

    model: type[CaseFile]
    apply: Callable[[Any, Envelope], CaseFile | None]
    table: tuple[Transition, ...] = ()


Projections = Mapping[str, Projection]
"""By kind of case."""
