"""What a chapter offers: commands that change the fund, and queries that read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fund.rules.authority import Who
from fund.unit_of_work.view import View

__all__ = ["Command", "Query"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command that changes the fund: the words as typed, the use case, who may, and who must confirm.

    ``who`` is checked without a case; use cases with a lifecycle check the row of their table as well. With ``second``
    the first person's command leaves a confirmation, and the use case runs when the second confirms. Where it depends
    on the case whether a second person is needed, ``second`` is a function of a view and the arguments, and
    ``seconds`` names everybody it may answer with.
    """

    name: str
    use_case: Callable[..., Any]
    who: Who
    second: Who | Callable[[View, Mapping[str, Any]], Who | None] | None = None
    seconds: tuple[Who, ...] = ()

    def second_for(self, view: View, args: Mapping[str, Any]) -> Who | None:
        """Who must confirm this command with these arguments, or ``None``."""
        if self.second is None or isinstance(self.second, Who):
            return self.second
        chosen = self.second(view, args)
        assert chosen is None or chosen in self.seconds, f"{self.name} names a second person that it never declared"
        return chosen


@dataclass(frozen=True, slots=True)
class Query:
    """One command that reads: ``function(view, **arguments)`` returns the JSON object that ``--json`` prints."""

    name: str
    function: Callable[..., dict[str, Any]]
