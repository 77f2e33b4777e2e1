"""The annual accounts as people read them: titled tables, in the language in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from fund.language import N_, _, day, euros
from fund.reports.indicators import INDICATORS
from fund.reports.layout import Column, Page, Table
from fund.reports.statements.annual.words import (
    BUDGETS,
    COLUMNS,
    FLOWS,
    SHEETS,
    account_title,
    change_words,
    decision_sentence,
    group_title,
    line_title,
    policies,
    quarter_sentence,
    result_text,
    whole,
    why,
)

INDENT = "  "
ALWAYS = ("advances", "allowance", "bank", "treasury", "fund_capital", "accumulated_result", "result_of_the_year")
"""Lines that are shown when nothing stands on them."""
Row = dict[str, Any]


def as_page(found: Mapping[str, Any]) -> Page:
    """All tables of the accounts, in the order in which they are read."""
    moved = found["movements"]
    tables = [
        _balance(found),
        _income(found),
        _cash(found),
        _capital(moved),
        _movements("advances", _("Advances by agreement"), moved, N_("Agreement")),
        _movements("allowances", _("Allowance by agreement"), moved, N_("Agreement")),
        _commitments(found),
        _debts(moved),
        *([] if moved["deferred"] is None else [_deferred(moved)]),
        _figures(found),
        _experiments(found),
    ]
    return Page(
        name="annual",
        title=title_of(found),
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[replace(table, sheet=_(SHEETS[table.name])) for table in tables],
        notes=_later(found),
        command=_command(found),
        ties=found["balance"]["ties"],
    )


def _command(found: Mapping[str, Any]) -> str:
    """What to type for the same figures: of a closed year as it is, else with the entry until which they were known."""
    return f"fund statement annual {found['year']} --known-at {found['known_at']}"


def title_of(found: Mapping[str, Any]) -> str:
    """What these accounts are: of which year, and whether it is closed."""
    closing = found["closing"]
    if closing is None:
        return _("Annual accounts {year}, provisional: the year is not closed").format(year=found["year"])
    if closing["number"] > 1:
        return _("Annual accounts {year}, closed for time {number}").format(
            year=found["year"], number=closing["number"]
        )
    return _("Annual accounts {year}, closed").format(year=found["year"])


def _years(found: Mapping[str, Any], title: str, *, article: bool = True) -> list[Column]:
    """A column for the year and one for the year before, which the fund's first year has not."""
    year = found["year"]
    first = found["balance"]["assets_last_year_cents"] is None
    return [
        Column("title", title, "text"),
        *([Column("article", N_("BBV"), "ref")] if article else []),
        Column("amount_cents", str(year), "amount"),
        *([] if first else [Column("last_year_cents", str(year - 1), "amount")]),
    ]


# ------------------------------------------------------------------------------------- balance sheet, income and costs


def _balance(found: Mapping[str, Any]) -> Table:
    balance = found["balance"]
    rows = _side(balance["assets"])
    rows.append(_set_apart(_("Total assets"), balance["assets_cents"], balance["assets_last_year_cents"]))
    rows += _side(balance["liabilities"])
    total = {
        "title": _("Total equity and liabilities"),
        "amount_cents": balance["liabilities_cents"],
        "last_year_cents": balance["liabilities_last_year_cents"],
    }
    promised = balance["commitments"][0]["amount_cents"]
    note = _("Not on the balance sheet: {amount} is awarded and not yet approved to pay (9000).")
    return Table(
        "balance",
        _("Balance sheet"),
        _years(found, N_("On 31 December")),
        rows,
        total=total,
        notes=[note.format(amount=euros(promised))],
    )


def _side(lines: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for group, of_group in groupby(lines, key=lambda line: str(line["group"])):
        shown = [line for line in of_group if line["line"] in ALWAYS or line["amount_cents"] or line["last_year_cents"]]
        if shown:
            rows.append(_set_apart(group_title(group), *_added(shown)))
            rows += [_line(line, line_title(line["line"], line["mains"])) for line in shown]
    return rows


def _line(line: Mapping[str, Any], title: str) -> Row:
    return {**line, "title": INDENT + title, "article": str(line["article"]).removeprefix("BBV ")}


def _set_apart(title: str, cents: int | None, last_year: int | None) -> Row:
    return {"title": title, "amount_cents": cents, "last_year_cents": last_year, "emphasis": True}


def _added(lines: Sequence[Mapping[str, Any]]) -> tuple[int, int | None]:
    last = [line["last_year_cents"] for line in lines]
    return sum(line["amount_cents"] for line in lines), None if None in last else sum(last)


def _income(found: Mapping[str, Any]) -> Table:
    income = found["income"]
    rows: list[Row] = []
    for title, side, name in ((N_("Total income"), "incomes", "income"), (N_("Total costs"), "costs", "costs")):
        rows.append(_set_apart(_(title), income[f"{name}_cents"], income[f"{name}_last_year_cents"]))
        rows += [
            _line(line, account_title(line["mains"][0]))
            for line in income[side]
            if line["amount_cents"] or line["last_year_cents"]
        ]
    result, last = income["result_cents"], income["result_last_year_cents"]
    if income["released_cents"] is not None:
        released = income["released_cents"], income["released_last_year_cents"]
        rows.append(_set_apart(_("Released from what was received for the purpose"), *released))
        result, last = result + released[0], None if last is None else last + released[1]
    notes = []
    if income["booked_cents"] is not None:
        sentence = _("The closing of the year brought {amount} to the accumulated result (3100).")
        notes.append(sentence.format(amount=euros(income["booked_cents"])))
    return Table(
        "income",
        _("Income and costs"),
        _years(found, N_("In the year")),
        rows,
        total={"title": _("Result of the year"), "amount_cents": result, "last_year_cents": last},
        notes=notes,
    )


def _cash(found: Mapping[str, Any]) -> Table:
    flows = found["cash"]["flows"]
    rows = [
        {**flow, "title": _(FLOWS[flow["line"]])}
        for flow in flows[:-1]
        if flow["line"] == "opening" or flow["amount_cents"] or flow["last_year_cents"]
    ]
    return Table(
        "cash",
        _("Cash: where it came from and what it went to"),
        _years(found, N_("Bank and treasury account"), article=False),
        rows,
        total={**flows[-1], "title": _(FLOWS["closing"])},
    )


# --------------------------------------------------------------------------------------------------- movement tables


def _moving(table: Mapping[str, Any]) -> list[Column]:
    """A column for each that moved, between the two ends."""
    found = [key.removesuffix("_cents") for key in table["total"] if key.endswith("_cents")]
    return [
        Column(f"{name}_cents", COLUMNS[name], "amount")
        for name in found
        if name in ("opening", "closing") or any(row[f"{name}_cents"] for row in table["rows"])
    ]


def _total(key: str, table: Mapping[str, Any]) -> Row | None:
    return {**table["total"], key: _("Total")} if len(table["rows"]) > 1 else None


def _capital(moved: Mapping[str, Any]) -> Table:
    """Per partner its capital, and what of it is still to be paid."""
    table = moved["capital"]
    open_cents = {row["ref"]: row["closing_cents"] for row in moved["receivables"]["rows"]}
    rows = [{**row, "receivable_cents": open_cents.get(row["ref"], 0)} for row in table["rows"]]
    total = _total("name", table)
    columns = [Column("name", N_("Partner"), "name"), *_moving(table)]
    if any(open_cents.values()):
        columns.append(Column("receivable_cents", N_("To be paid"), "amount"))
        if total is not None:
            total["receivable_cents"] = moved["receivables"]["total"]["closing_cents"]
    return Table("capital", _("Fund capital by partner"), columns, rows, total=total, empty=_nothing())


def _movements(name: str, title: str, moved: Mapping[str, Any], header: str) -> Table:
    table = moved[name]
    columns = [Column("ref", header, "ref"), *_moving(table), Column("name", N_("Title"), "text")]
    return Table(name, title, columns, table["rows"], total=_total("ref", table), empty=_nothing())


def _commitments(found: Mapping[str, Any]) -> Table:
    table = _movements("commitments", _("Commitments by proposal"), found["movements"], N_("Proposal"))
    repayable = sum(each["open_cents"] * each["share_bps"] // 10_000 for each in found["commitments"])
    if not found["commitments"]:
        return table
    note = _("Of what is open about {amount} is repayable once it is paid.").format(amount=euros(repayable))
    return Table(table.name, table.title, table.columns, table.rows, total=table.total, notes=[note])


def _debts(moved: Mapping[str, Any]) -> Table:
    """Receivables, debts and the result over the years: what was added to each and what was taken off."""
    receivable, result = moved["receivables"]["total"], moved["results"]["total"]
    rows = [
        {
            "ref": "1100",
            "opening_cents": receivable["opening_cents"],
            "added_cents": receivable["called_cents"],
            "taken_off_cents": receivable["closing_cents"] - receivable["opening_cents"] - receivable["called_cents"],
            "closing_cents": receivable["closing_cents"],
        },
        *moved["debts"]["rows"],
        {
            "ref": "3100",
            "opening_cents": result["opening_cents"],
            "added_cents": result["result_cents"],
            "taken_off_cents": result["exits_cents"] + result["other_cents"],
            "closing_cents": result["closing_cents"],
        },
    ]
    kept = ("opening", "added", "taken_off", "closing")
    return Table(
        "debts",
        _("Contributions receivable, debts and result"),
        [Column("name", N_("Account"), "text"), *(Column(f"{name}_cents", COLUMNS[name], "amount") for name in kept)],
        [{**row, "name": account_title(row["ref"])} for row in rows],
        notes=[_("What the year brought is added to the accumulated result.")],
    )


def _deferred(moved: Mapping[str, Any]) -> Table:
    table = moved["deferred"]
    title = _("Received for the purpose, not spent yet")
    columns = [Column("name", N_("Money"), "text"), *_moving(table)]
    rows = [{**row, "name": account_title("3000")} for row in table["rows"]]
    return Table("deferred", title, columns, rows, notes=[_("Movement table of BBV 52a.")])


def _nothing() -> str:
    return _("It was empty, and nothing moved.")


# ------------------------------------------------------------------------------------------------ figures, experiments


def _figures(found: Mapping[str, Any]) -> Table:
    """Budgets, the treasury's quarters and the indicators, each in the column of its unit."""
    rows: list[Row] = []
    for budget in found["budgets"]:
        title = _(BUDGETS[budget["budget"]]).format(amount=euros(budget["budget_cents"]))
        rows.append({"title": title, "amount_cents": budget["amount_cents"]})
    for quarter in found["treasury"]["quarters"]:
        title = _("Outside the treasury on average, {quarter}").format(quarter=quarter["quarter"])
        rows.append({"title": title, "amount_cents": quarter["outside_cents"]})
    titles = {indicator.name: indicator.title for indicator in INDICATORS}
    keys = {"cents": "amount_cents", "ratio": "ratio"}
    for name, figure in found["indicators"].items():
        value = figure["value"]
        if figure["unit"] not in keys and isinstance(value, str):
            value = whole(value)
        title = _(titles.get(name, name))
        if figure["unit"] == "days":
            title = _("{figure}, in days").format(figure=title)
        if value is not None:
            rows.append({"title": title, keys.get(figure["unit"], "count"): value})
    columns = [
        Column("title", N_("Figure"), "text"),
        Column("amount_cents", N_("Amount"), "amount"),
        Column("ratio", N_("Share"), "percent"),
        Column("count", N_("How many"), "count"),
    ]
    tested = [quarter for quarter in found["treasury"]["quarters"] if quarter["threshold_cents"] is not None]
    notes = [quarter_sentence(quarter) for quarter in tested]
    return Table("figures", _("Figures on 31 December"), columns, rows, notes=notes)


def _experiments(found: Mapping[str, Any]) -> Table:
    columns = [
        Column("ref", N_("Agreement"), "ref"),
        Column("state", N_("State"), "state", "agreement"),
        Column("award_cents", N_("Award"), "amount"),
        Column("outstanding_cents", N_("Outstanding"), "amount"),
        Column("written_off_cents", N_("Written off"), "amount"),
        Column("steps", N_("Steps"), "count"),
        Column("title", N_("Title"), "text"),
        Column("lead_name", N_("Lead"), "name"),
        Column("result", N_("Result"), "text"),
    ]
    rows = [
        {
            **each,
            "written_off_cents": each["learning_writeoffs_cents"] + each["other_writeoffs_cents"],
            "steps": each["burden"]["total"] if each["burden"] else None,
            "result": result_text(each["evaluation"]),
        }
        for each in found["experiments"]
    ]
    over = [row for row in found["burden"]["tracks"] if row["within"] < row["proposals"]]
    note: Callable[[Mapping[str, Any]], str] = why
    return Table(
        "experiments",
        _("Experiments that ran in the year"),
        columns,
        rows,
        empty=_("No experiment ran in the year."),
        notes=[note(row) for row in over],
    )


def _later(found: Mapping[str, Any]) -> list[str]:
    """After the balance date, next year, and the accounting policies."""
    sentences: list[str] = [decision_sentence(each) for each in found["after_balance_date"]["decisions"]]
    sentences += list(next_year_sentences(found["next_year"]))
    return [*sentences, *policies(found)]


def next_year_sentences(found: Mapping[str, Any], *, most: int | None = None) -> Iterable[str]:
    """What changes in the next year: regulations, at most so many numbers of each, and the review of the key."""
    for each in found["regulations"]:
        changes = "; ".join(
            _("{name}: {before} becomes {after}").format(**change_words(change)) for change in each["changes"][:most]
        )
        if most is not None and len(each["changes"]) > most:
            changes += "; ..."
        sentence = _("Regulations {version} hold from {day}.").format(version=each["version"], day=day(each["from_on"]))
        yield f"{sentence} {changes}" if changes else sentence
    review = found["key_review"]
    if review is not None and review["next_year"]:
        yield _("The distribution key {key} is to be reviewed by {day}.").format(
            key=review["key"], day=day(review["until_on"])
        )
