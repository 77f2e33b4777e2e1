"""``fund statement position``: the fund on one page."""

from __future__ import annotations

import click

from cli.params import known, leave, leaving, option, verb
from cli.position import show_position
from cli.statement.noun import statement
from fund.language import N_


@verb(
    statement,
    "position",
    N_("Show the fund on one page"),
    about=N_("Everything is read from the ledger; year end changes nothing in it. Each figure has its definition."),
    examples=(
        "fund statement position",
        "fund statement position --as-of 2026-12-31 --explain portfolio_revolving_degree",
        "fund statement position --format csv --output position.csv",
    ),
    see=("ledger trial-balance", "explain"),
)
@option("--explain", metavar="NAME", help=N_("Only this figure, with its definition and inputs"))
@leaving
@known
def position(ctx: click.Context, explain: str | None, form: str, output: str | None) -> None:
    leave(
        ctx,
        "statement position",
        {"explain": explain},
        form=form,
        path=output,
        show=lambda data: show_position(data, explain),
    )
