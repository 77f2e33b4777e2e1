"""``fund statement treasury``: what stood outside the treasury on average."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, say, table
from cli.params import dated, leave, leaving, option, verb
from cli.statement.noun import statement
from fund.language import N_, _, day


@verb(
    statement,
    "treasury",
    N_("Show what stood outside the treasury on average"),
    about=N_(
        "Per quarter the average of the day balances, weekends included, of the bank (1000) and the treasury account "
        "(1005). The threshold is that of the regulations of the quarter: the host's budget and the numbers of the law."
    ),
    examples=("fund statement treasury", "fund statement treasury --year 2026 --format csv --output treasury.csv"),
    see=("statement position", "regulations template"),
)
@option("--year", type=click.IntRange(1901, 9998), metavar="YEAR", help=N_("The year; this one when left out"))
@leaving
@dated
def treasury(ctx: click.Context, year: int | None, form: str, output: str | None) -> None:
    leave(ctx, "statement treasury", {"year": year}, form=form, path=output, show=_show_treasury)


def _show_treasury(data: Mapping[str, Any]) -> None:
    table(
        _("Average of the day balances of {year}, until {day}").format(
            year=data["year"], day=day(date.fromisoformat(data["as_of"]))
        ),
        [
            Column("quarter", N_("Quarter"), "ref"),
            Column("account", N_("Account"), "ref"),
            Column("days", N_("Days"), "count"),
            Column("average_cents", N_("Average"), "amount"),
            Column("lowest_cents", N_("Lowest"), "amount"),
            Column("highest_cents", N_("Highest"), "amount"),
        ],
        data["accounts"],
        empty=_("The year has not begun."),
    )
    if not data["quarters"]:
        return
    table(
        _("Outside the treasury"),
        [
            Column("quarter", N_("Quarter"), "ref"),
            Column("outside_cents", N_("Average"), "amount"),
            Column("threshold_cents", N_("Threshold"), "amount"),
            Column("room_cents", N_("Room"), "amount"),
            Column("excess_cents", N_("Too much"), "amount"),
        ],
        data["quarters"],
    )
    if any(row["threshold_cents"] is None for row in data["quarters"]):
        say(_("The regulations do not say the budget of the host (treasury.host_budget_cents): no threshold."))
