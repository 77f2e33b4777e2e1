"""``fund statement annual``: the accounts of a year."""

from __future__ import annotations

import click

from cli.params import export_options, show_or_export
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementAnnual


@declared(statement, StatementAnnual)
@export_options
def annual(ctx: click.Context, year: int, form: str, output: str | None) -> None:
    show_or_export(ctx, StatementAnnual(year=year), form=form, path=output)
