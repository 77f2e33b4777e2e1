"""``fund statement treasury``: what stood outside the treasury on average."""

from __future__ import annotations

import click

from cli.params import leave, leaving
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementTreasury


@declared(statement, StatementTreasury)
@leaving
def treasury(ctx: click.Context, year: int | None, form: str, output: str | None) -> None:
    leave(ctx, StatementTreasury(year=year), form=form, path=output)
