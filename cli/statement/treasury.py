"""``fund statement treasury``: what stood outside the treasury on average."""

from __future__ import annotations

import click

from cli.params import export_options, show_or_export
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementTreasury


@declared(statement, StatementTreasury)
@export_options
def treasury(ctx: click.Context, year: int | None, form: str, output: str | None) -> None:
    show_or_export(ctx, StatementTreasury(year=year), form=form, path=output)
