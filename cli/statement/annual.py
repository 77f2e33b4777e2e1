"""``fund statement annual``: the accounts of a year."""

from __future__ import annotations

import click

from cli.params import argument, leave, leaving, numbered, verb
from cli.statement.noun import statement
from fund.language import N_


@verb(
    statement,
    "annual",
    N_("Show the annual accounts of a year"),
    about=N_(
        "Balance sheet, income and costs, and what moved, with the year before. Of a closed year as its closing froze "
        "it; until then the accounts are provisional."
    ),
    examples=(
        "fund statement annual 2025",
        "fund statement annual 2025 --output annual-2025.xlsx",
        "fund statement annual 2025 --output annual-2025.pdf",
    ),
    see=("period close", "ledger trial-balance"),
)
@argument("year", type=click.IntRange(1901, 9998), metavar="YEAR", help=N_("The year"))
@leaving
@numbered
def annual(ctx: click.Context, year: int, form: str, output: str | None) -> None:
    leave(ctx, "statement annual", {"year": year}, form=form, path=output)
