"""One line of the inbox: what waits, for whom, until when, and the command that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fund.errors import FundError
from fund.rules.authority import NO_CASE, Actor, Guard, Relation, Who, require


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for somebody.

    Attributes:
        ref: The case it is about.
        command: As it is typed; what only the one who acts can say stands in capitals (``FILE``, ``TEXT``).
        form: The command that prints the form to fill in, where ``command`` takes it as a file.
        who: Those who may, and what ties them to the case: as the row of its lifecycle table says.
        until: The last day, where there is one.
        guard: Whose case it is and who acted in it before: as the case says it for the command.
        made_by: The user id of who took the first step, where it is the second that waits.
        only: User ids of whom it waits, where it waits for these and no others.
    """

    what: str
    command: str
    who: Who
    ref: str = ""
    until: date | None = None
    only: tuple[str, ...] | None = None
    form: str = ""
    guard: Guard = NO_CASE
    made_by: str = ""

    def is_for(self, actor: Actor) -> bool:
        """Whether this person could do it: the same answer that the command would give."""
        if actor.user_id == self.made_by or not actor.roles & self.who.all_roles():
            return False
        if self.only is not None and actor.user_id not in self.only:
            return False
        try:
            require(actor, self.who, self.guard, command=self.command)
        except FundError:
            return False
        return True

    @property
    def partner(self) -> str | None:
        """The partner whose people it waits for, where it is one partner's."""
        relations = {self.who.relation, *(other.relation for other in self.who.others)}
        if relations == {Relation.OWN}:
            return self.guard.own[0] if self.guard.own else None
        return self.guard.lead if relations == {Relation.LEAD} else None
