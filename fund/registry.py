"""Commands, queries and kinds of cases by name: what each of them is, is declared in its own module.

A module is imported when the first of its names is asked for. A use case that its module does not declare cannot be
asked for, by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

from fund.declarations import Command, Input, Query, Question, declared
from fund.rules.transitions import same_command_from
from fund.unit_of_work import Projection

Declared = TypeVar("Declared")

DECLARED_IN: Mapping[str, tuple[str, ...]] = {
    "fund.users.commands": ("regulations", "user"),
    "fund.workflows.rounds.commands": ("round",),
    "fund.workflows.cooperations.commands": ("cooperation",),
    "fund.workflows.proposals.commands": ("proposal",),
    "fund.workflows.reviews.commands": ("review",),
    "fund.workflows.decisions.commands": ("decision",),
    "fund.workflows.agreements.commands": ("agreement", "milestone"),
    "fund.workflows.repayments.commands": ("repayment",),
    "fund.workflows.inbox.commands": ("event", "explain", "inbox", "pending"),
    "fund.workflows.evaluations.commands": ("evaluation",),
    "fund.workflows.writeoffs.commands": ("writeoff",),
    "fund.closing.commands": ("ledger", "period"),
    "fund.reports.statements.commands": ("ledger", "statement"),
    "fund.reports.exports.commands": ("export", "ledger"),
    "fund.reports.forecasts.commands": ("forecast",),
    "fund.reports.site.commands": ("statement",),
    "fund.workflows.payables.commands": ("cost", "repayment"),
    "fund.workflows.payees.commands": ("payee",),
    "fund.workflows.disbursements.commands": ("disbursement",),
    "fund.workflows.partners.commands": ("key", "partner"),
    "fund.workflows.exits.commands": ("partner",),
    "fund.contributions.commands": ("capital",),
    "fund.costs.commands": ("cost",),
    "fund.workflows.receipts.commands": ("bank", "repayment"),
    "fund.workflows.payments.commands": ("payment",),
    "fund.workflows.transfers.commands": ("cost",),
    "fund.workflows.attachments.commands": (
        "agreement",
        "cost",
        "decision",
        "evaluation",
        "milestone",
        "partner",
        "payee",
        "proposal",
        "writeoff",
    ),
}
"""By module: the first words of the commands and queries that it declares."""

KEPT_IN: Mapping[str, tuple[str, ...]] = {
    "fund.users.lifecycle": ("fund", "regulations", "user"),
    "fund.workflows.rounds.use_cases": ("round",),
    "fund.workflows.cooperations.register": ("cooperation",),
    "fund.workflows.proposals.lifecycle": ("proposal",),
    "fund.workflows.reviews.lifecycle": ("review",),
    "fund.workflows.decisions.lifecycle": ("decision",),
    "fund.workflows.agreements.lifecycle": ("agreement", "milestone", "amendment"),
    "fund.workflows.repayments.lifecycle": ("plan", "allowance"),
    "fund.workflows.evaluations.lifecycle": ("evaluation",),
    "fund.workflows.writeoffs.lifecycle": ("writeoff",),
    "fund.workflows.resolutions": ("resolution",),
    "fund.closing.months": ("period",),
    "fund.workflows.payables.lifecycle": ("payable",),
    "fund.workflows.payees.use_cases": ("payee",),
    "fund.workflows.disbursements.lifecycle": ("disbursement",),
    "fund.workflows.partners.lifecycle": ("partner", "key"),
    "fund.workflows.exits.lifecycle": ("exit",),
    "fund.costs.use_cases": ("cost", "debit", "income"),
    "fund.workflows.receipts.lifecycle": (
        "bank_account", "bank_notification", "bank_statement", "call", "receipt",
    ),
    "fund.workflows.payments.lifecycle": ("batch",),
    "fund.workflows.transfers.use_cases": ("transfer",),
}  # fmt: skip
"""By module: the kinds of cases whose life it holds."""


class _ByName(Mapping[str, Declared], Generic[Declared]):
    """What modules declare, by name; all of it in the order of the table."""

    def __init__(self, found_in: Callable[[str], Mapping[str, Declared]], table: Mapping[str, tuple[str, ...]]) -> None:
        """``table``: by module, the first words of the names that it may declare."""
        self._found_in = cache(found_in)
        self._table = table

    def __getitem__(self, name: str) -> Declared:
        word = name.partition(" ")[0]
        for module, words in self._table.items():
            if word in words and name in (found := self._found_in(module)):
                return found[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        for module in self._table:
            yield from self._found_in(module)

    def __len__(self) -> int:
        return sum(1 for _name in self)


def _commands_in(module: str) -> Mapping[str, Command]:
    return {name: each for name, each in declared(module).items() if isinstance(each, Command)}


def _queries_in(module: str) -> Mapping[str, Query]:
    return {name: each for name, each in declared(module).items() if isinstance(each, Query)}


def _lives_in(module: str) -> Mapping[str, Projection]:
    found: Mapping[str, Projection] = import_module(module).PROJECTIONS
    return found


COMMANDS: Mapping[str, Command] = _ByName(_commands_in, DECLARED_IN)
"""What changes the fund, by the words as typed."""

QUERIES: Mapping[str, Query] = _ByName(_queries_in, DECLARED_IN)
"""What is read, by the words as typed."""

PROJECTIONS: Mapping[str, Projection] = _ByName(_lives_in, KEPT_IN)
"""How the facts of each kind of case are folded."""

KINDS = tuple(kind for kinds in KEPT_IN.values() for kind in kinds)
"""The kinds of cases."""


def _given(table: Mapping[str, Command] | Mapping[str, Query], name: str, args: Mapping[str, Any] | None) -> Any:
    if name not in table:
        from fund.errors.commands import UnknownCommand

        raise UnknownCommand(typed=f"fund {name}", suggestion="fund --help")
    return table[name].input(**{key: value for key, value in (args or {}).items() if value is not None})


def command_named(name: str, args: Mapping[str, Any] | None = None) -> Input:
    """The input of a command by its words, from arguments by name; what is ``None`` was not given.

    Raises:
        UnknownCommand: There is none of these words.
    """
    found: Input = _given(COMMANDS, name, args)
    return found


def query_named(name: str, args: Mapping[str, Any] | None = None) -> Question[Mapping[str, Any]]:
    """As :func:`command_named`, of a query."""
    found: Question[Mapping[str, Any]] = _given(QUERIES, name, args)
    return found


def states_for(command: str) -> frozenset[str]:
    """The states in which a command is possible, by the tables of all modules.

    Empty where no table names it, or where it begins a life.
    """
    rows = [row for each in PROJECTIONS.values() for row in each.table]
    if any(row.command == command and row.sources is None for row in rows):
        return frozenset()
    return frozenset(same_command_from(rows, command))
