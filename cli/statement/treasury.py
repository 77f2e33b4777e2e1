"""``fund statement treasury``: what stood outside the treasury on average."""

from __future__ import annotations

import click

from cli.params import known, leave, leaving, option, verb
from cli.statement.noun import statement
from fund.language import N_


@verb(
    statement,
    "treasury",
    N_("Show what stood outside the treasury on average"),
    about=N_(
        "Per quarter the average of the day balances, weekends included, of the bank (1000) and the treasury account "
        "(1005). The threshold is that of the regulations of the quarter: the host's budget and the numbers of the law."
    ),
    examples=("fund statement treasury", "fund statement treasury --year 2026 --output treasury.csv"),
    see=("statement position", "regulations template"),
)
@option("--year", type=click.IntRange(1901, 9998), metavar="YEAR", help=N_("The year; this one when left out"))
@leaving
@known
def treasury(ctx: click.Context, year: int | None, form: str, output: str | None) -> None:
    leave(ctx, "statement treasury", {"year": year}, form=form, path=output)
