"""What a chapter offers: commands that change the fund, and queries that read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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

    ``before`` makes of the arguments as typed what the use case takes, without the fund and before its lock is taken
    (G1): it reads files. A refusal that it finds it hands on, for the use case to raise where it always did.

    ``ahead``: its day (``on``) is the one from which something holds, and may be to come.
    """

    name: str
    use_case: Callable[..., Any]
    who: Who
    second: Who | Callable[[View, Mapping[str, Any]], Who | None] | None = None
    seconds: tuple[Who, ...] = ()
    before: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    ahead: bool = False

    def __post_init__(self) -> None:
        assert self.before is None or self.second is None, f"{self.name} would wait with its files unread"

    def second_for(self, view: View, args: Mapping[str, Any]) -> Who | None:
        """Who must confirm this command with these arguments, or ``None``."""
        if self.second is None or isinstance(self.second, Who):
            return self.second
        chosen = self.second(view, args)
        assert chosen is None or chosen in self.seconds, f"{self.name} names a second person that it never declared"
        return chosen


@dataclass(frozen=True, slots=True)
class Query:
    """One command that reads: ``function(view, **arguments)`` returns the JSON object that ``--json`` prints.

    ``lists`` are the plural keys of a list's answer, each with the kind of case whose states its rows have (or
    nothing): whoever asks may choose their rows by state and words, and their order (:mod:`fund.lists`).
    """

    name: str
    function: Callable[..., dict[str, Any]]
    lists: Mapping[str, str] = field(default_factory=dict)
