"""Queries: answered from one consistent snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fund import lists
from fund.commands.arguments import require_small, with_ids
from fund.commands.opening import Fund, naming
from fund.database import explain
from fund.declarations import Answered, Query, Question
from fund.errors import FundError
from fund.ledger import flushed
from fund.registry import PROJECTIONS, QUERIES, query_named
from fund.unit_of_work import Snapshot

CONTEXT = ("into", "progress", "watch")
"""What some queries take besides their input: it cannot be typed."""


SELECTION = ("state", "search", "sort")
"""How the rows of a list are chosen and ordered (:mod:`fund.lists`), for every query that gives one."""


def ask(
    fund: Fund,
    given: Question[Answered],
    *,
    user: str | None = None,
    selection: Mapping[str, str] | None = None,
    **context: Any,
) -> Answered:
    """The answer to a query, as ``--json`` prints it.

    Args:
        selection: Of a list: ``state``, ``search`` and ``sort``.
        context: What a query takes besides its input: where a long answer goes piece by piece, who hears how far
            it is.

    Raises:
        UnknownUser, NoFundHere: As they say; and what the query refuses by itself.
    """
    query, args = given.declaration, given.given()
    assert isinstance(query, Query), f"{query.name} changes the fund"
    require_small(args)
    try:
        with Snapshot.open(fund.engine, PROJECTIONS, actor=user) as snapshot:
            flushed(snapshot.connection)
            found = query.function(snapshot, **with_ids(snapshot, args), **context)
        if query.lists:
            found = lists.chosen(found, query.lists, name=query.name, **(selection or {}))
    except FundError as problem:
        raise naming(fund, explain(problem, fund.engine)) from problem.__cause__
    return cast(Answered, {"schema_version": 1, **found})


def ask_named(
    fund: Fund, name: str, args: Mapping[str, Any] | None = None, *, user: str | None = None
) -> Mapping[str, Any]:
    """As :func:`ask`, for who has the words of a query and its arguments by name; ``None`` was not given.

    Raises:
        UnknownCommand: There is no such query.
        FundError: As :func:`ask`.
    """
    query = QUERIES.get(name)
    given = {key: value for key, value in (args or {}).items() if value is not None}
    selection = {key: given.pop(key) for key in SELECTION if query and query.lists and key in given}
    context = {key: given.pop(key) for key in CONTEXT if key in given}
    return ask(fund, query_named(name, given), user=user, selection=selection, **context)
