"""The annual accounts as people read them: titled tables, in the language in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from fund.language import N_, _, euros
from fund.reports.layout import Column, Page, Table
from fund.reports.statements.annual.words import COLUMNS, account_title, group_title, line_title

__all__ = ["as_page"]

INDENT = "  "
ALWAYS = ("advances", "allowance", "bank", "treasury", "fund_capital", "accumulated_result", "result_of_the_year")
"""Lines that are shown when nothing stands on them."""


def as_page(found: Mapping[str, Any]) -> Page:
    """All tables of the accounts, in the order in which they are read."""
    balance, moved = found["balance"], found["movements"]
    tables = [
        _sheet("assets", _("Assets"), balance, found),
        _sheet("liabilities", _("Equity and liabilities"), balance, found),
        _income(found),
        _movements("capital", _("Fund capital by partner"), moved, "name", N_("Partner")),
        _movements("receivables", _("Contributions receivable by partner"), moved, "name", N_("Partner")),
        _movements("advances", _("Advances by agreement"), moved, "ref", N_("Agreement")),
        _movements("allowances", _("Allowance by agreement"), moved, "ref", N_("Agreement")),
        _movements("commitments", _("Commitments by proposal"), moved, "ref", N_("Proposal")),
        _movements("debts", _("Debts"), moved, "name", N_("Debt")),
        _movements("results", _("Result over the years"), moved, "name", N_("Account")),
    ]
    if moved["deferred"] is not None:
        tables.append(_movements("deferred", _("Received for the purpose, not spent yet"), moved, "name", N_("Money")))
    return Page(
        name="annual",
        title=_title(found),
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=tables,
        command=f"fund statement annual {found['year']}",
    )


def _title(found: Mapping[str, Any]) -> str:
    closing = found["closing"]
    if closing is None:
        return _("Annual accounts {year}, provisional: the year is not closed").format(year=found["year"])
    if closing["number"] > 1:
        return _("Annual accounts {year}, closed for time {number}").format(
            year=found["year"], number=closing["number"]
        )
    return _("Annual accounts {year}, closed").format(year=found["year"])


def _years(found: Mapping[str, Any], title: str) -> list[Column]:
    year = found["year"]
    return [
        Column("title", title, "text"),
        Column("article", N_("BBV"), "text"),
        Column("amount_cents", str(year), "amount"),
        Column("last_year_cents", str(year - 1), "amount"),
    ]


def _sheet(side: str, title: str, balance: Mapping[str, Any], found: Mapping[str, Any]) -> Table:
    rows = []
    for group, lines in groupby(balance[side], key=lambda line: line["group"]):
        shown = [line for line in lines if line["line"] in ALWAYS or line["amount_cents"] or line["last_year_cents"]]
        if not shown:
            continue
        rows.append({"title": group_title(group), **_added(shown)})
        rows += [
            {**line, "title": INDENT + line_title(line["line"], line["mains"]), "article": _short(line["article"])}
            for line in shown
        ]
    total = {
        "title": _("Total"),
        "amount_cents": balance[f"{side}_cents"],
        "last_year_cents": balance[f"{side}_last_year_cents"],
    }
    notes = []
    if side == "liabilities":
        promised = balance["commitments"][0]
        notes = [
            _("Not on the balance sheet: {amount} is awarded and not yet approved to pay (9000).").format(
                amount=euros(promised["amount_cents"])
            )
        ]
    return Table(side, title, _years(found, N_("On 31 December")), rows, total=total, notes=notes)


def _added(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    last = [line["last_year_cents"] for line in lines]
    return {
        "amount_cents": sum(line["amount_cents"] for line in lines),
        "last_year_cents": None if None in last else sum(last),
    }


def _short(article: str) -> str:
    return article.removeprefix("BBV ")


def _income(found: Mapping[str, Any]) -> Table:
    income = found["income"]
    rows: list[dict[str, Any]] = []
    for title, side in ((N_("Income"), "incomes"), (N_("Costs"), "costs")):
        rows.append({"title": _(title), **_added(income[side])})
        rows += [
            {**line, "title": INDENT + account_title(line["mains"][0]), "article": _short(line["article"])}
            for line in income[side]
            if line["amount_cents"] or line["last_year_cents"]
        ]
    if income["released_cents"] is not None:
        rows.append(
            {
                "title": _("Released from what was received for the purpose"),
                "amount_cents": income["released_cents"],
                "last_year_cents": income["released_last_year_cents"],
            }
        )
    total = {
        "title": _("Result of the year"),
        "amount_cents": income["result_cents"],
        "last_year_cents": income["result_last_year_cents"],
    }
    if income["released_cents"] is not None:
        total["amount_cents"] += income["released_cents"]
        if total["last_year_cents"] is not None:
            total["last_year_cents"] += income["released_last_year_cents"]
    notes = []
    if income["booked_cents"] is not None:
        notes.append(
            _("The closing of the year brought {amount} to 3100.").format(amount=euros(income["booked_cents"]))
        )
    return Table("income", _("Income and costs"), _years(found, N_("In the year")), rows, total=total, notes=notes)


def _movements(name: str, title: str, moved: Mapping[str, Any], key: str, header: str) -> Table:
    table = moved[name]
    found = [column.removesuffix("_cents") for column in table["total"]]
    shown = [
        column
        for column in found
        if column in ("opening", "closing") or any(row[f"{column}_cents"] for row in table["rows"])
    ]
    columns = [Column(key, header, "name" if key == "name" else "ref")]
    columns += [Column(f"{column}_cents", COLUMNS[column], "amount") for column in shown]
    if key == "ref":
        columns.append(Column("name", N_("Title"), "text"))
    return Table(
        name,
        title,
        columns,
        list(_named(name, table["rows"])),
        total={key: _("Total"), **table["total"]} if len(table["rows"]) > 1 else None,
        empty=_("Nothing stood on it, and nothing moved."),
    )


def _named(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for row in rows:
        if name in ("debts", "results"):
            yield {**row, "name": account_title(row["ref"])}
        elif name == "deferred":
            yield {**row, "name": account_title("3000")}
        else:
            yield dict(row)
