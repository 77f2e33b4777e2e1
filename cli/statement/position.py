"""``fund statement position``: the fund on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import facts, show_page
from cli.params import export_options, show_or_export
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.declarations import InputFile
from fund.reports.statements.commands import StatementPosition

MOST = 5
"""So many lines are shown at each end of a long list."""


@declared(statement, StatementPosition)
@export_options
def position(
    ctx: click.Context, explain: str | None, listed: bool, prices: InputFile | None, form: str, output: str | None
) -> None:
    args = StatementPosition(explain=explain, listed=listed, prices=prices)
    show = _show_explained if explain else _show_list if listed else None
    show_or_export(ctx, args, form=form, path=output, show=show, streams=True)


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
