"""Whose turn it is: who may type a command that the fund advises, so that the advice can be followed as it stands."""

from __future__ import annotations

import shlex

from fund.errors import FundError
from fund.rules.authority import Actor, require
from fund.schemas.people import User
from fund.schemas.proposals import Proposal
from fund.unit_of_work import View
from fund.workflows.commands import COMMANDS, LIVES
from fund.workflows.delivery.opening import Fund
from fund.workflows.inbox import waiting_for
from fund.workflows.proposals.table import TRANSITIONS

__all__ = ["takers"]


def takers(fund: Fund, command: str, *, user: str | None) -> list[str] | None:
    """The names of those who may give a command as it stands today, in order; ``None`` where ``user`` may too.

    What waits in the inbox says it to the person: who is of a party, or acted before, is left out. A command that waits
    in no inbox is for everybody in its roles, one that reads for every user.

    Args:
        command: As typed: ``fund disbursement check D2026-0001``.
    """
    words = _words(command)
    name = next((each for each in (" ".join(words[:2]), *words[:1]) if each in COMMANDS or each == "confirm"), None)
    if name is None and user is None:
        return None
    with View.open(fund.engine, LIVES, actor=None) as view:
        names = view.store.work.names()
        people = [each.as_actor(names.get(each.ref, each.ref)) for each in view.cases(User) if each.state == "active"]
        lines = [line for line in waiting_for(view) if _words(line.command) == words] if name is not None else []
        if lines or name == "confirm":
            able = [each for each in people if any(line.is_for(each) for line in lines)]
        else:
            case = view.maybe(Proposal, words[-1]) if words else None
            able = [each for each in people if name is None or _may(each, name, case)]
    if any(user in (each.name, each.user_id) for each in able):
        return None
    return sorted(each.name for each in able)


def _may(actor: Actor, name: str, case: Proposal | None) -> bool:
    """Whether somebody has a role of the command and, where it is about a proposal, the tie that its row asks."""
    if not actor.roles & COMMANDS[name].who.all_roles():
        return False
    row = next((each for each in TRANSITIONS if each.command == name), None)
    if case is None or row is None:
        return True
    try:
        require(actor, row.who, command=name, lead=case.lead, parties=case.applicants)
    except FundError:
        return False
    return True


def _words(command: str) -> list[str]:
    """Noun, verb and what it is about: the words between ``fund`` (with a person) and the first option."""
    try:
        words = shlex.split(command)[1:]
    except ValueError:  # somebody's own words are in it, with one quote
        words = command.split()[1:]
    if words[:1] == ["--as"]:
        words = words[2:]
    ends = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return words[: min(ends, 3)]
