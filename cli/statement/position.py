"""``fund statement position``: the fund on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import facts, show_page
from cli.params import FILE, known, leave, leaving, option, verb
from cli.statement.noun import statement
from fund.language import N_

MOST = 5
"""So many lines are shown at each end of a long list."""


@verb(
    statement,
    "position",
    N_("Show the fund on one page"),
    about=N_(
        "Everything is read from the ledger and the facts, as of any day; year end changes "
        "nothing in it. Each line has a name: --explain shows its definition, its inputs and "
        "every entry behind them. A price index is a file with a line '# origin: ...' and the "
        "columns `month,index`."
    ),
    examples=(
        "fund statement position",
        "fund statement position --as-of 2026-12-31 --explain portfolio_revolving_degree",
        "fund statement position --explain turnover --output turnover.csv",
    ),
    see=("ledger trial-balance", "explain"),
)
@option("--explain", metavar="NAME", help=N_("Only this figure, with its inputs and every entry behind them"))
@option("--list", "listed", is_flag=True, help=N_("Every figure with its definition, in the place of the page"))
@option("--cpi", "prices", type=FILE, metavar="FILE", help=N_("A price index (CSV), for real preservation"))
@leaving
@known
def position(
    ctx: click.Context,
    explain: str | None,
    listed: bool,
    prices: dict[str, Any] | None,
    form: str,
    output: str | None,
) -> None:
    args = {"explain": explain, "listed": listed, "prices": prices}
    show = _show_explained if explain else _show_list if listed else None
    leave(ctx, "statement position", args, form=form, path=output, show=show, streams=True)


def _show_explained(data: Mapping[str, Any]) -> None:
    """One figure on a screen: of what is behind each input the first and the last lines."""
    from fund.reports.statements.position_page import as_page

    show_page(as_page(data, most=MOST))


def _show_list(data: Mapping[str, Any]) -> None:
    """Every figure on a screen, with its whole definition."""
    from fund.reports.statements.position_page import as_page

    page = as_page(data)
    facts(
        page.title,
        [(row["name"], f"{row['value']}. {row['title']}: {row['definition']}") for row in page.tables[0].rows],
    )
