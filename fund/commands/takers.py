"""Whose turn it is: who may type a command that the fund advises, so that the advice can be followed as it is."""

from __future__ import annotations

import shlex

from fund.commands.opening import Fund
from fund.errors import FundError
from fund.registry import COMMANDS, PROJECTIONS
from fund.rules.authority import Actor, Guard, Who, require
from fund.schemas.people import User
from fund.unit_of_work import Snapshot
from fund.workflows.inbox.lines import SOURCES
from fund.workflows.inbox.reader import InboxReader, case_of_command
from fund.workflows.inbox.task import Task


def takers(fund: Fund, command: str, *, user: str | None) -> list[str] | None:
    """The names of those who may give a command today, in order; ``None`` where ``user`` may too.

    What waits in the inbox says it to the person: who is of a party, or acted before, is left out. A command that waits
    in no inbox is for everybody in its roles who has the tie to the case that its row asks, one that reads for every
    user.

    Args:
        command: As typed: ``fund disbursement check D2026-0001``.
    """
    words = _words(command)
    name = next((each for each in (" ".join(words[:2]), *words[:1]) if each in COMMANDS or each == "confirm"), None)
    if name is None and user is None:
        return None
    with Snapshot.open(fund.engine, PROJECTIONS, actor=None) as snapshot:
        names = snapshot.store.work.names()
        people = [
            each.as_actor(names.get(each.ref, each.ref)) for each in snapshot.cases(User) if each.state == "active"
        ]
        lines = _lines(snapshot, words) if name is not None else []
        if lines or name == "confirm":
            able = [each for each in people if any(line.is_for(each) for line in lines)]
        elif name is not None:
            able = _of_the_role(snapshot, people, name, words[2:])
        else:
            able = people
    if any(user in (each.name, each.user_id) for each in able):
        return None
    return sorted(each.name for each in able)


def _lines(snapshot: Snapshot, words: list[str]) -> list[Task]:
    """The lines of the inbox that ask this command. One source asks it: what comes after that is not read."""
    reader = InboxReader(snapshot)
    for source in SOURCES:
        lines = [line for line in source(reader) if _words(line.command) == words]
        if lines:
            return lines
    return []


def _of_the_role(snapshot: Snapshot, people: list[Actor], name: str, about: list[str]) -> list[Actor]:
    """Those in a role of the command and, where it is about a case, with the tie that a row of its table asks."""
    able = [each for each in people if each.roles & COMMANDS[name].who.all_roles()]
    found = case_of_command(snapshot, name, about[0]) if about else None
    if found is None:
        return able
    case, rows = found
    asked = [(row.who, snapshot.guard(case, row)) for row in rows]
    return [each for each in able if any(_may(each, who, guard, name) for who, guard in asked)]


def _may(actor: Actor, who: Who, guard: Guard, command: str) -> bool:
    try:
        require(actor, who, guard, command=command)
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
