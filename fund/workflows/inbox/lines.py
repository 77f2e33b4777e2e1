"""The inbox: the lines of every source that somebody could act on, what is late first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from fund.language import _
from fund.rules.authority import ROLE_NAMES
from fund.store import PendingRow
from fund.unit_of_work import View
from fund.workflows.inbox import (
    agreements,
    deciding,
    looking_back,
    money_in,
    money_out,
    office,
    proposals,
    reviewing,
)
from fund.workflows.inbox.desk import Desk
from fund.workflows.inbox.waiting import Waiting

__all__ = ["SOURCES", "inbox"]

SOURCES: tuple[Callable[[Desk], Iterator[Waiting]], ...] = (
    office.confirmations,
    proposals.waiting,
    reviewing.waiting,
    deciding.waiting,
    agreements.waiting,
    money_out.waiting,
    money_in.waiting,
    looking_back.waiting,
    office.waiting,
)
"""One per chapter: what waits in it, whoever looks."""


def inbox(view: View, *, everybody: bool = False) -> dict[str, Any]:
    """What waits for the one who looks (or, with ``everybody``, for anybody): what is late first, then the soonest.

    A step that one person took and that waits for the second is not asked again: the confirmation stands in its place.
    """
    actor = None if everybody else view.actor
    desk = Desk(view)
    made = [_typed(row) for row in desk.pendings]
    lines = [
        line
        for source in SOURCES
        for line in source(desk)
        if (actor is None or line.is_for(actor)) and not any(_is_made(line.command, words) for words in made)
    ]
    lines.sort(key=lambda line: (line.until or date.max, line.command))
    return {
        "as_of": view.today.isoformat(),
        "user": view.actor.name if view.actor else None,
        "roles": sorted(role.value for role in view.actor.roles) if view.actor else [],
        "everybody": actor is None,
        "late": sum(1 for line in lines if line.until is not None and line.until < view.today),
        "items": [_item(desk, line) for line in lines],
    }


def _item(desk: Desk, line: Waiting) -> dict[str, Any]:
    partner = line.partner
    return {
        "until": line.until.isoformat() if line.until else None,
        "late": line.until is not None and line.until < desk.today,
        "ref": line.ref or None,
        "what": line.what,
        "command": line.command,
        "roles": ", ".join(_(ROLE_NAMES[role]) for role in sorted(line.who.all_roles())),
        "partner": partner,
        "partner_name": desk.short_name(partner) if partner else "",
    }


def _typed(row: PendingRow) -> tuple[list[str], str]:
    """The words of the command that waits for a second person, and what it was about."""
    given = office.arguments_of(row)
    return row.name.split(), str(given.get("ref") or given.get("receipt") or given.get("period") or "")


def _is_made(command: str, made: tuple[list[str], str]) -> bool:
    """Whether a line asks the step that was made and waits for its confirmation."""
    words, about = command.split()[1:], made[1]
    same = any(word == about or word.startswith(f"{about}-") for word in words)  # a year stands for its months
    return words[: len(made[0])] == made[0] and (not about or same)
