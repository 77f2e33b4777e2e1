"""The fund on one page, as a screen shows it: money, worth, figures; or one figure with its definition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from cli.output import Column, facts, say, short_hash, table
from fund.language import N_, _, day, number

__all__ = ["show_position"]

MONEY = (
    ("cash_cents", N_("in the bank"), "1000 + 1005", 1),
    ("in_transit_cents", N_("under way"), "1010", 1),
    ("owed_cents", N_("to be paid"), "2000 + 2100 + 2200 + 2300", -1),
    ("buffer_cents", N_("buffer"), N_("regulations"), -1),
    ("committed_cents", N_("committed"), "9000", -1),
    ("free_to_commit_cents", N_("free to commit"), N_("what stands above, added up"), 1),
)
WORTH = (
    ("capital_cents", N_("capital of the partners"), "3000"),
    ("receivable_cents", N_("of which still to be received"), "1100"),
    ("outstanding_cents", N_("advances outstanding"), "1200"),
    ("allowance_cents", N_("allowance"), "1290"),
    ("result_cents", N_("result since the start"), "4xxx"),
    ("net_asset_value_cents", N_("net asset value"), N_("what the fund owns less what it owes")),
    ("learning_writeoffs_cents", N_("invested in learning"), "4200"),
    ("other_writeoffs_cents", N_("other write-offs"), "4210"),
    ("recovered_cents", N_("recovered of that"), "4300"),
    ("returned_cents", N_("came back in all"), "A + R + V"),
)

STAGES = {"not_due": N_("not due"), "over-180": N_("more than 180")}


def show_position(data: Mapping[str, Any], explain: str | None = None) -> None:
    """Print the position, or with ``explain`` one of its figures."""
    from fund.reports.indicators import INDICATORS

    titles = {indicator.name: _(indicator.title) for indicator in INDICATORS}
    on = day(date.fromisoformat(data["as_of"]))
    if explain is not None:
        figure = data["indicators"][explain]
        facts(
            _("{title} on {day}").format(title=titles[explain], day=on),
            [
                (_("value"), _figure(figure)),
                *(((_("why"), _(figure["why"])),) if figure["why"] else ()),
                (_("definition"), _(figure["definition"])),
                *(
                    (name, number(value) if name.endswith("_cents") else value)
                    for name, value in figure["inputs"].items()
                ),
            ],
        )
        return
    columns = [
        Column("what", N_("What"), "text"),
        Column("amount", N_("Amount"), "amount"),
        Column("how", N_("From"), "text"),
    ]
    table(
        _("Money of the fund on {day}").format(day=on),
        columns,
        [{"what": _(word), "amount": sign * data[key], "how": _(how)} for key, word, how, sign in MONEY],
    )
    say()
    table(
        _("What the fund is worth, and what was given up"),
        columns,
        [{"what": _(word), "amount": data[key], "how": _(how)} for key, word, how in WORTH if key in data],
    )
    say()
    table(
        _("Outstanding, by how late it is"),
        [Column("stage", N_("Days late"), "text"), Column("outstanding_cents", N_("Amount"), "amount")],
        [
            {**row, "stage": _(STAGES.get(row["stage"], row["stage"]))}
            for row in data["ageing"]
            if row["outstanding_cents"]
        ],
        empty=_("Nothing is outstanding."),
    )
    say()
    table(
        _("Figures"),
        [
            Column("title", N_("Figure"), "text"),
            Column("value", N_("Value"), "count"),
            Column("name", N_("Name"), "ref"),
        ],
        [
            {"title": titles[name], "value": _figure(figure), "name": name}
            for name, figure in data["indicators"].items()
        ],
    )
    say(
        _("Until entry {seq}, {hash}. A figure explained: {command}").format(
            seq=data["head"]["seq"],
            hash=short_hash(data["head"]["hash"]),
            command="fund statement position --explain turnover",
        )
    )


def _figure(figure: Mapping[str, Any]) -> str:
    value = figure["value"]
    if value is None:
        return _("no value")
    if figure["unit"] == "cents":
        return number(value)
    if figure["unit"] == "days":
        return _("{days} days").format(days=number(_half_up(Fraction(value)) * 100)[:-3])
    if figure["unit"] == "ratio":
        tenths = Fraction(value) * 1000
        rounded = int(abs(tenths) + Fraction(1, 2))  # half up, only where it is printed
        sign = "-" if tenths < 0 and rounded else ""
        return f"{sign}{number(rounded * 10)[:-1]} %"
    return str(value)


def _half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))
