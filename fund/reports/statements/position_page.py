"""The position as people read it: the fund on one page; every figure in a list; or one figure with what is behind it.

Each line has its definition, or the accounts it stands on, and the name that ``--explain`` takes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

from fund.language import N_, _, day, ngettext, number
from fund.money import half_up
from fund.reports.indicators import INDICATORS
from fund.reports.layout import Column, Page, Table, fact_table, percent_text
from fund.reports.statements.amounts import AMOUNTS, GIVEN_UP, MONEY, WORTH, Amount
from fund.rules.valuation import nothing_free
from fund.words import HYPOTHESES

ON_THE_PAGE = {
    "nominal_preservation": "E / I",
    "realised_revolving_degree": N_("A / U of closed financings"),
    "portfolio_revolving_degree": "(A + O - P) / U",
    "fund_revolving_degree": "(A + R + V - K) / (U + S + V)",
    "revolving_target": N_("regulations"),
    "turnover": "(U + S) / I",
    "arrears": N_("more than 90 days late / O"),
    "loss_ratio": "W / U",
    "cost_ratio": "K / (U + S)",
}
"""The figures of the page with how they are reckoned, in short; all others are in the list."""

STAGES = {
    "not_due": N_("not due yet"),
    "1-30": N_("1 to 30 days late"),
    "31-90": N_("31 to 90 days late"),
    "91-180": N_("91 to 180 days late"),
    "over-180": N_("more than 180 days late"),
}
LATE = {"instalment": N_("instalment"), "call": N_("call"), "payment": N_("payment"), "evaluation": N_("evaluation")}
SOURCES = {"entry": N_("entry"), "fact": N_("fact"), "instalment": N_("instalment"), "month": N_("month")}
MOST_LATE = 8
"""So many late items are on the page."""
TITLES = {each.name: each.title for each in INDICATORS} | {each.name: each.title for each in AMOUNTS.values()}


def as_page(found: Mapping[str, Any], *, most: int | None = None) -> Page:
    """The page of a position.

    Args:
        most: Of the lines behind a figure, the first and the last so many of each input; all when absent.
    """
    if "inputs" in found:
        return _explained(found, most)
    return _listed(found) if "lines" in found else _position(found)


# ---------------------------------------------------------------------------------------------------------- the page


def _position(found: Mapping[str, Any]) -> Page:
    on = day(date.fromisoformat(found["as_of"]))
    return Page(
        name="position",
        title=_("Position of the fund on {day}").format(day=on),
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[_money(found), _worth(found), _figures(found), _experiments(found), _late(found)],
        notes=[
            _("A line explained: {command}").format(command="fund statement position --explain free_to_commit"),
            _("Every figure: {command}").format(command="fund statement position --list"),
        ],
        command="fund statement position",
    )


def _amounts(rows: Iterable[Amount], found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for each in rows:
        amount = each.sign * found[each.key]
        yield {"what": _(each.title), "amount_cents": amount, "accounts": _(each.accounts), "name": each.name}


_AMOUNTS = (
    Column("what", N_("What"), "ref"),
    Column("amount_cents", N_("Amount"), "amount"),
    Column("accounts", N_("From"), "ref"),
    Column("name", N_("Name"), "ref"),
)


def _money(found: Mapping[str, Any]) -> Table:
    """Where nothing is free the last line says what is short: it still is the sum of those above."""
    cents = found["free_to_commit_cents"]
    what = _("free to commit") if cents >= 0 else _("short")
    free = {"what": what, "amount_cents": cents, "name": "free_to_commit"}
    why = nothing_free(cents, found["capital_cents"])
    return Table(
        name="money",
        title=_("Money of the fund"),
        columns=_AMOUNTS,
        rows=list(_amounts(MONEY, found)),
        total={**free, "accounts": _("added up")},
        notes=[why] if why else [],
        sheet=_("Money"),
    )


def _worth(found: Mapping[str, Any]) -> Table:
    """What it is worth; what is outstanding by age below its line; losses apart from what went into learning."""
    rows: list[dict[str, Any]] = []
    for row in _amounts(WORTH, found):
        rows.append(row)
        if row["name"] == "outstanding":
            rows += [
                {"what": f"  {_(STAGES[band['stage']])}", "amount_cents": band["outstanding_cents"], "name": ""}
                for band in found["ageing"]
                if band["outstanding_cents"]
            ]
    rows += _amounts(GIVEN_UP, found)
    return Table(
        name="worth",
        title=_("What the fund is worth, what is outstanding, and what was given up"),
        columns=_AMOUNTS,
        rows=rows,
        sheet=_("Worth"),
    )


def _figures(found: Mapping[str, Any]) -> Table:
    rows = []
    for name, formula in ON_THE_PAGE.items():
        value = found["indicators"][name]["value"]
        text = _(formula) if value is not None else f"{_(formula)} ({_('no value')})"
        rows.append({"title": _(TITLES[name]), "value": value, "formula": text, "name": name})
    return Table(
        name="figures",
        title=_("Figures"),
        columns=(
            Column("title", N_("Figure"), "ref"),
            Column("value", N_("Value"), "percent"),
            Column("formula", N_("From"), "ref"),
            Column("name", N_("Name"), "ref"),
        ),
        rows=rows,
        sheet=_("Figures"),
    )


def _experiments(found: Mapping[str, Any]) -> Table:
    return Table(
        name="experiments",
        title=_("Experiments"),
        columns=(
            Column("state", N_("State"), "state", "agreement"),
            Column("count", N_("Experiments"), "count"),
            Column("award_cents", N_("Awarded"), "amount"),
            Column("outstanding_cents", N_("Outstanding"), "amount"),
        ),
        rows=found["experiments"],
        empty=_("There is no experiment yet."),
        notes=_learned(found),
        sheet=_("Experiments"),
    )


def _learned(found: Mapping[str, Any]) -> list[str]:
    """What the evaluations said, in one sentence; nothing before the first."""
    evaluations = found["evaluations"]
    count = sum(row["count"] for row in evaluations)
    if not count:
        return []
    by = {name: [row for row in evaluations if row["hypothesis"] == name] for name in HYPOTHESES}
    counts = {name: sum(row["count"] for row in rows) for name, rows in by.items()}
    well = sum(row["well_learned"] for row in by["refuted"])
    sentence = ngettext(
        "{count} evaluation: {confirmed} confirmed, {refuted} refuted ({well} with much learned), {open} left open.",
        "{count} evaluations: {confirmed} confirmed, {refuted} refuted ({well} with much learned), {open} left open.",
        count,
    )
    return [
        sentence.format(
            count=count,
            confirmed=counts["confirmed"],
            refuted=counts["refuted"],
            well=well,
            open=counts["inconclusive"],
        )
    ]


def _late(found: Mapping[str, Any]) -> Table:
    items = found["late_items"]
    more = len(items) - MOST_LATE
    notes = []
    if more > 0:
        sentence = ngettext("and {count} more, less late: {command}", "and {count} more, less late: {command}", more)
        notes.append(sentence.format(count=number(more * 100)[:-3], command="fund statement position --json"))
    return Table(
        name="late",
        title=_("What is late"),
        columns=(
            Column("what", N_("What"), "ref"),
            Column("ref", N_("Of"), "ref"),
            Column("partner_name", N_("Partner"), "name"),
            Column("due_on", N_("Due"), "date"),
            Column("days_late", N_("Days late"), "count"),
            Column("amount_cents", N_("Amount"), "amount"),
        ),
        rows=[{**row, "what": _(LATE[row["what"]])} for row in items[:MOST_LATE]],
        empty=_("Nothing is late."),
        notes=notes,
        sheet=_("Late"),
    )


# ---------------------------------------------------------------------------------------------------------- the list


def _listed(found: Mapping[str, Any]) -> Page:
    rows = [
        {
            "title": _(TITLES[row["name"]]),
            "value": value_text(row),
            "name": row["name"],
            "definition": _(row["definition"])
            + ("" if row["why"] is None else f" ({_('no value: {why}').format(why=_(row['why']))})"),
        }
        for row in found["lines"]
    ]
    table = Table(
        name="figures",
        title=_("Figures of the fund on {day}").format(day=day(date.fromisoformat(found["as_of"]))),
        columns=(
            Column("title", N_("Figure"), "ref"),
            Column("value", N_("Value"), "count"),
            Column("name", N_("Name"), "ref"),
            Column("definition", N_("Definition"), "text"),
        ),
        rows=rows,
        sheet=_("Figures"),
    )
    return Page(
        name="figures",
        title=table.title,
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[table],
        command="fund statement position --list",
    )


def value_text(figure: Mapping[str, Any]) -> str:
    """The value of a figure as people read it; rounded half up here and nowhere before."""
    value = figure["value"]
    if value is None:
        return _("no value")
    if figure["unit"] == "cents":
        return number(value)
    if figure["unit"] == "days":
        return ngettext("{count} day", "{count} days", half_up(Fraction(value))).format(count=half_up(Fraction(value)))
    return percent_text(value) if figure["unit"] == "ratio" else str(value)


# ------------------------------------------------------------------------------------------------------- explained


def _explained(found: Mapping[str, Any], most: int | None) -> Page:
    ((name, figure),) = found["indicators"].items()
    on = day(date.fromisoformat(found["as_of"]))
    title = _("{title} on {day}").format(title=_(TITLES[name]), day=on)
    about = fact_table(
        "figure",
        _("Figure"),
        [
            (_("value"), value_text(figure)),
            (_("why"), _(figure["why"]) if figure["why"] else None),
            (_("definition"), _(figure["definition"])),
            (_("price index"), found["prices"]["origin"] if "prices" in found else None),
        ],
        sheet=_("Figure"),
    )
    inputs = Table(
        name="inputs",
        title=_("Its inputs"),
        columns=(
            Column("name", N_("Input"), "ref"),
            Column("value", N_("Value"), "count"),
            Column("line_count", N_("Lines"), "count"),
            Column("definition", N_("Definition"), "text"),
        ),
        rows=[
            {**row, "name": _short(row["name"]), "value": _input_text(row), "definition": _(row["definition"])}
            for row in found["inputs"]
        ],
        sheet=_("Inputs"),
    )
    if most is None:
        tables = [about, inputs, _all_lines(found["lines"])]
    else:
        tables = [about, inputs, *_some_lines(found, name, most)]
    return Page(
        name=f"position-{name}",
        title=title,
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=tables,
        command=f"fund statement position --explain {name}",
    )


def _short(name: str) -> str:
    return name.removesuffix("_cents")


def _input_text(row: Mapping[str, Any]) -> str:
    value = row["value"]
    if value is None:
        return _("no value")
    if isinstance(value, str):
        return number(half_up(Fraction(value)))
    return number(value) if row["name"].endswith(("_cents", "_days")) else str(value)


_LINES = (
    Column("seq", N_("No."), "ref"),
    Column("effective_on", N_("Day"), "date"),
    Column("account", N_("Account"), "ref"),
    Column("amount_cents", N_("Counts"), "amount"),
    Column("memo", N_("What"), "text"),
)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    counted = row["amount_cents"]
    if counted is None and row["amount"] is not None:
        counted = row["amount"] if row["posting_cents"] is None else number(half_up(Fraction(row["amount"])))
    memo = row["memo"] if row["source"] != "fact" else f"{row['kind']} {row['memo']}"
    return {**row, "memo": memo, "amount_cents": counted, "source": _(SOURCES[row["source"]])}


def _all_lines(lines: Iterable[Mapping[str, Any]]) -> Table:
    return Table(
        name="lines",
        title=_("Everything behind them"),
        columns=(
            Column("input", N_("Input"), "ref"),
            Column("source", N_("Source"), "ref"),
            *_LINES[:3],
            Column("posting_cents", N_("Booked"), "amount"),
            *_LINES[3:],
        ),
        rows=({**_line(row), "input": _short(row["input"])} for row in lines),
        empty=_("Nothing is behind them yet."),
        sheet=_("Lines"),
    )


def _some_lines(found: Mapping[str, Any], name: str, most: int) -> Iterator[Table]:
    """Per input the first and the last lines, with how to get all."""
    inputs = {row["name"]: row for row in found["inputs"]}
    for key, group in groupby(found["lines"], key=lambda row: row["input"]):
        first, last, left = _ends(group, most)
        yield Table(
            name=f"lines-{key}".replace("_", "-"),
            title=_("{input}: {definition}").format(input=_short(key), definition=_(inputs[key]["definition"])),
            columns=_LINES if first[0]["seq"] is not None else _LINES[1:],
            rows=[*map(_line, first), *([{"memo": "…"}] if left else []), *map(_line, last)],
            total={"memo": _("added up"), "amount_cents": _total(inputs[key])},
            notes=_way_to_all(found, name, left) if left else (),
        )


def _ends(group: Iterable[Mapping[str, Any]], most: int) -> tuple[list[Any], list[Any], int]:
    first: list[Any] = []
    last: deque[Any] = deque(maxlen=most)
    left = 0
    for row in group:
        if len(first) < most:
            first.append(row)
        else:
            left += len(last) == most
            last.append(row)
    return first, list(last), left


def _total(row: Mapping[str, Any]) -> Any:
    if row["sum_cents"] is not None:
        return row["sum_cents"]
    return _input_text({**row, "value": row["sum"]})


def _way_to_all(found: Mapping[str, Any], name: str, left: int) -> Sequence[str]:
    command = f"fund statement position --explain {name} --as-of {found['as_of']} --format csv"
    sentence = ngettext(
        "{count} line left out; all of them: {command}", "{count} lines left out; all of them: {command}", left
    )
    return [sentence.format(count=left, command=command)]
