"""What a chapter offers: commands that change the fund, and queries that read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from fund.rules.authority import Who
from fund.unit_of_work.view import View

__all__ = ["Command", "Place", "Query", "found_at"]


Place = Callable[..., Any] | str
"""A function, or where it is: ``module:function``, which is imported when it is asked for and not before."""


@cache
def _imported(place: str) -> Callable[..., Any]:
    module, _colon, name = place.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def found_at(place: Place) -> Callable[..., Any]:
    """The function that is declared, by itself or by its place."""
    return _imported(place) if isinstance(place, str) else place


@dataclass(frozen=True, slots=True)
class Command:
    """One command that changes the fund: the words as typed, its use case, who may, and who must confirm.

    ``who`` is checked without a case; use cases with a lifecycle check the row of their table as well. With ``second``
    the first person's command leaves a confirmation, and the use case runs when the second confirms. Where it depends
    on the case whether a second person is needed, ``second`` is a function of a view and the arguments, and
    ``seconds`` names everybody it may answer with.

    ``before`` makes of the arguments as typed what the use case takes, without the fund and before its lock is taken
    (G1): it reads files. A refusal that it finds it hands on, for the use case to raise where it always did.

    ``ahead``: its day (``on``) is the one from which something holds, and may be to come.
    """

    name: str
    place: Place
    who: Who
    second: Who | Place | None = None
    seconds: tuple[Who, ...] = ()
    before: Place | None = None
    ahead: bool = False

    def __post_init__(self) -> None:
        assert self.before is None or self.second is None, f"{self.name} would wait with its files unread"

    @property
    def use_case(self) -> Callable[..., Any]:
        """What carries it out."""
        return found_at(self.place)

    def ready(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments as the use case takes them."""
        return found_at(self.before)(args) if self.before is not None else args

    def second_for(self, view: View, args: Mapping[str, Any]) -> Who | None:
        """Who must confirm this command with these arguments, or ``None``."""
        if self.second is None or isinstance(self.second, Who):
            return self.second
        chosen: Who | None = found_at(self.second)(view, args)
        assert chosen is None or chosen in self.seconds, f"{self.name} names a second person that it never declared"
        return chosen


@dataclass(frozen=True, slots=True)
class Query:
    """One command that reads: ``function(view, **arguments)`` returns the JSON object that ``--json`` prints.

    ``lists`` are the plural keys of a list's answer, each with the kind of case whose states its rows have (or
    nothing): whoever asks may choose their rows by state and words, and their order (:mod:`fund.lists`).
    """

    name: str
    place: Place
    lists: Mapping[str, str] = field(default_factory=dict)

    @property
    def function(self) -> Callable[..., dict[str, Any]]:
        """What answers it."""
        return found_at(self.place)
