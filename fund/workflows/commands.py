"""Commands, queries and kinds of cases by name: what each of them is, is declared in its own module.

A module is imported when the first of its names is asked for. A use case that its module does not declare cannot be
asked for, by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

from fund.unit_of_work import Command, Life, Query
from fund.workflows.lifecycle import same_command_from

__all__ = ["COMMANDS", "DECLARED_IN", "KINDS", "LIVES", "QUERIES", "states_for"]

Declared = TypeVar("Declared")

DECLARED_IN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fund.users": (("regulations", "user"), ("fund", "regulations", "user")),
    "fund.workflows.rounds": (("round",), ("round",)),
    "fund.workflows.cooperations": (("cooperation",), ("cooperation",)),
    "fund.workflows.proposals": (("proposal",), ("proposal",)),
    "fund.workflows.reviews": (("review",), ("review",)),
    "fund.workflows.decisions": (("decision",), ("decision",)),
    "fund.workflows.agreements": (("agreement", "milestone"), ("agreement", "amendment", "milestone")),
    "fund.workflows.repayments": (("repayment",), ("allowance", "plan")),
    "fund.workflows.inbox": (("event", "explain", "inbox", "pending"), ()),
    "fund.workflows.evaluations": (("evaluation",), ("evaluation",)),
    "fund.workflows.writeoffs": (("writeoff",), ("writeoff",)),
    "fund.workflows.resolutions": ((), ("resolution",)),
    "fund.closing": (("ledger", "period"), ("period",)),
    "fund.reports.statements": (("ledger", "statement"), ()),
    "fund.reports.exports": (("export", "ledger"), ()),
    "fund.reports.forecasts": (("forecast",), ()),
    "fund.reports.site": (("statement",), ()),
    "fund.workflows.payables": (("cost", "repayment"), ("payable",)),
    "fund.workflows.payees": (("payee",), ("payee",)),
    "fund.workflows.disbursements": (("disbursement",), ("disbursement",)),
    "fund.workflows.partners": (("key", "partner"), ("key", "partner")),
    "fund.workflows.exits": (("partner",), ("exit",)),
    "fund.contributions": (("capital",), ()),
    "fund.costs": (("cost",), ("cost", "debit", "income")),
    "fund.workflows.receipts": (
        ("bank", "repayment"),
        ("bank_account", "bank_notification", "bank_statement", "call", "receipt"),
    ),
    "fund.workflows.payments": (("payment",), ("batch",)),
    "fund.workflows.transfers": (("cost",), ("transfer",)),
    "fund.workflows.attachments": (
        (
            "agreement", "cost", "decision", "evaluation", "milestone", "partner", "payee", "proposal", "writeoff",
        ),
        (),
    ),
}  # fmt: skip
"""By module: the first words of its commands and queries, and the kinds of its cases."""


class _ByName(Mapping[str, Declared], Generic[Declared]):
    """What modules declare in ``COMMANDS``, ``QUERIES`` or ``LIVES``, by name; all of it in the order of the table."""

    def __init__(self, declared_as: str, modules: Mapping[str, tuple[str, ...]]) -> None:
        """``modules``: by the first word of a name, where it may be declared."""
        self._declared_as = declared_as
        self._modules = modules
        self._known: dict[str, Mapping[str, Declared]] = {}

    def __getitem__(self, name: str) -> Declared:
        for module in self._modules.get(name.partition(" ")[0], ()):
            found = self._declared_in(module)
            if name in found:
                return found[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        for module in DECLARED_IN:
            yield from self._declared_in(module)

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def _declared_in(self, module: str) -> Mapping[str, Declared]:
        if module not in self._known:
            found: Any = getattr(import_module(module), self._declared_as)
            self._known[module] = found if isinstance(found, Mapping) else {each.name: each for each in found}
        return self._known[module]


def _modules(place: int) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for module, named in DECLARED_IN.items():
        for word in named[place]:
            found[word] = (*found.get(word, ()), module)
    return found


COMMANDS: Mapping[str, Command] = _ByName("COMMANDS", _modules(0))
"""What changes the fund, by the words as typed."""

QUERIES: Mapping[str, Query] = _ByName("QUERIES", _modules(0))
"""What is read, by the words as typed."""

LIVES: Mapping[str, Life] = _ByName("LIVES", _modules(1))
"""How the facts of each kind of case are folded."""

KINDS = tuple(_modules(1))
"""The kinds of cases."""


def states_for(command: str) -> frozenset[str]:
    """The states in which a command is possible, by the tables of all modules.

    Empty where no table names it, or where it begins a life.
    """
    rows = [row for life in LIVES.values() for row in life.table]
    if any(row.command == command and row.sources is None for row in rows):
        return frozenset()
    return frozenset(same_command_from(rows, command))
