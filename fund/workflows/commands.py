"""One table: command name -> use case and who may ask it; one for what is read; and how each kind of case is folded.

A use case that is not in this table cannot be asked for, by nobody.
"""

from __future__ import annotations

from fund import closing, contributions, costs, users
from fund.reports import exports, forecasts, site, statements
from fund.unit_of_work import Command, Life, Query
from fund.workflows import (
    agreements,
    attachments,
    cooperations,
    decisions,
    disbursements,
    evaluations,
    exits,
    inbox,
    partners,
    payables,
    payees,
    payments,
    proposals,
    receipts,
    repayments,
    resolutions,
    reviews,
    rounds,
    transfers,
    writeoffs,
)
from fund.workflows.lifecycle import same_command_from

__all__ = ["COMMANDS", "LIVES", "QUERIES", "states_for"]

_chapters = (
    users,
    rounds,
    cooperations,
    proposals,
    reviews,
    decisions,
    agreements,
    repayments,
    inbox,
    evaluations,
    writeoffs,
    resolutions,
    closing,
    statements,
    exports,
    forecasts,
    site,
    payables,
    payees,
    disbursements,
    partners,
    exits,
    contributions,
    costs,
    receipts,
    payments,
    transfers,
    attachments,
)

COMMANDS: dict[str, Command] = {command.name: command for chapter in _chapters for command in chapter.COMMANDS}
"""What changes the fund, by the words as typed."""

QUERIES: dict[str, Query] = {query.name: query for chapter in _chapters for query in chapter.QUERIES}
"""What is read, by the words as typed."""

LIVES: dict[str, Life] = {kind: life for chapter in _chapters for kind, life in chapter.LIVES.items()}
"""How the facts of each kind of case are folded."""


def states_for(command: str) -> frozenset[str]:
    """The states in which a command is possible, by the tables of all chapters.

    Empty where no table names it, or where it begins a life.
    """
    rows = [row for life in LIVES.values() for row in life.table]
    if any(row.command == command and row.sources is None for row in rows):
        return frozenset()
    return frozenset(same_command_from(rows, command))
