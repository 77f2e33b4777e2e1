"""The fund on one page: money, capital, what is outstanding, promised, came back, and the figures about it.

Everything is as of a day, known at an entry (``data``); what came in and went out by purpose as
``fund.reports.quantities`` tells it. Entries of kind ``closing`` are left out, so year end changes nothing here.
Source: cli.md, statements.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from fund.errors.closing import UnknownFigure
from fund.glossary import meant, suggested
from fund.language import both
from fund.reports.history import head_of
from fund.reports.indicators import INDICATORS, IndicatorInputs, figures
from fund.reports.statements.amounts import AMOUNTS
from fund.reports.statements.explained import inputs_of, lines_of
from fund.reports.statements.position_data import PositionData
from fund.reports.statements.results import (
    benefit_balances,
    collections,
    evaluations,
    experiments,
    late_items,
    lead_times,
    term,
)
from fund.rules import valuation
from fund.rules.prices import parse_prices
from fund.unit_of_work import Snapshot


def position(
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    known_at: int | None = None,
    explain: str | None = None,
    listed: bool = False,
    prices: Mapping[str, Any] | None = None,
    into: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """The position of the fund at the end of a day, as it was known at an entry.

    Args:
        as_of: The last accounting day that counts; default today.
        known_at: The last entry that counts; default the newest. With it, facts that made no entry count until the
            fact of that entry, so the same number gives the same statement for ever.
        explain: Only this figure, and everything behind it: ``inputs`` with what each is and adds up to, ``lines`` with
            every entry, instalment and fact.
        listed: Every figure by itself, as a list (``lines``), in the place of the page.
        prices: A file with a price index (``name``, ``content``), for real preservation.
        into: Gets what was found, with ``lines`` as a stream, while the fund is open.

    Raises:
        UnknownFigure: No figure has that name.
        FaultyPrices: The file holds no price index.
    """
    index = None if prices is None else parse_prices(prices["content"], prices["name"])
    day = as_of or snapshot.today
    if explain is not None:
        explain = _meant(explain)
    data = PositionData(snapshot, day, known_at, prices=index)
    if listed:
        lines_of_figures = [{"name": name, **figure} for name, figure in figures(data.basis).items()]
        whole = {"as_of": day.isoformat(), **head_of(snapshot, known_at), **_prices(data), "lines": lines_of_figures}
        if into is not None:
            into(whole)
        return whole
    found = as_json(data) | _prices(data)
    if explain is None:
        found["indicators"] = figures(data.basis)
        if into is not None:
            into(found)
        return found
    figure = _figure(data, explain)
    found["indicators"] = {explain: figure}
    found["inputs"] = inputs_of(data, figure["inputs"])
    lines = lines_of(data, figure["inputs"])
    if into is not None:
        into({**found, "lines": lines})
        return found
    return {**found, "lines": list(lines)}


def as_json(found: PositionData) -> dict[str, Any]:
    """The amounts and lists of the position; the figures come beside them."""
    balances, basis = found.quantities.main_balances, found.basis
    return {
        "as_of": found.day.isoformat(),
        **head_of(found.snapshot, found.known_at),
        "capital_cents": valuation.capital(balances),
        "receivable_cents": balances.get("1100", 0),
        "cash_cents": valuation.cash(balances),
        "in_transit_cents": valuation.in_transit(balances),
        "outstanding_cents": valuation.outstanding(balances),
        "allowance_cents": valuation.allowance(balances),
        "committed_cents": valuation.committed(balances),
        "free_to_commit_cents": basis.free,
        "owed_cents": valuation.owed(balances),
        "buffer_cents": basis.buffer,
        "learning_writeoffs_cents": balances.get("4200", 0),
        "other_writeoffs_cents": balances.get("4210", 0),
        "recovered_cents": -balances.get("4300", 0),
        "returned_cents": basis.a + basis.r + basis.v,
        "result_cents": valuation.result(balances),
        "net_asset_value_cents": valuation.nav(balances),
        "ageing": [{"stage": stage, "outstanding_cents": cents} for stage, cents in found.ageing.items()],
        "term": term(found),
        "experiments": experiments(found),
        "evaluations": evaluations(found),
        "lead_times": lead_times(found),
        "collections": collections(found),
        "benefit_balances": benefit_balances(found),
        "late_items": late_items(found),
    }


def _prices(found: PositionData) -> dict[str, Any]:
    """The price index that was used: where it comes from, its file, and the month that stands for the day."""
    prices = found.prices
    if prices is None:
        return {}
    now = prices.on(found.day)
    return {"prices": {"origin": prices.origin, "sha256": prices.sha256, "month": now[0] if now else None}}


def _figure(found: PositionData, name: str) -> dict[str, Any]:
    """A figure, or an amount of the page, as a figure is told."""
    if name not in AMOUNTS:
        return figures(found.basis)[name]
    amount = AMOUNTS[name]
    cents = found.quantities.value(amount.quantity) if amount.quantity else found.basis.buffer
    inputs = {amount.quantity or "buffer_cents": cents}
    return {"value": cents, "unit": "cents", "definition": amount.definition, "inputs": inputs, "why": None}


def _meant(name: str) -> str:
    """The figure of that name, or that people call so in either language."""
    names = {each.name: both(each.title) for each in INDICATORS}
    names |= {each.name: both(each.title) for each in AMOUNTS.values()}
    found = meant(name, names)
    if len(found) != 1:
        near = found or suggested(name, names)
        look = f"fund statement position --explain {near[0]}" if near else "fund explain figures"
        raise UnknownFigure(name=name, known=list(names), suggestion=look)
    return found[0]


def indicator_inputs_of(snapshot: Snapshot, day: date, known_at: int | None = None) -> IndicatorInputs:
    """The quantities behind the indicators at the end of a day, as known at an entry."""
    return PositionData(snapshot, day, known_at).basis
