"""``fund statement annual``: the accounts of a year."""

from __future__ import annotations

import click

from cli.params import leave, leaving
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementAnnual


@declared(statement, StatementAnnual)
@leaving
def annual(ctx: click.Context, year: int, form: str, output: str | None) -> None:
    leave(ctx, StatementAnnual(year=year), form=form, path=output)
