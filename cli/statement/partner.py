"""``fund statement partner``: what one partner was asked, paid, received and would get."""

from __future__ import annotations

from datetime import date

import click

from cli.params import export_options, show_or_export
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementPartner


@declared(statement, StatementPartner)
@export_options
def partner(ctx: click.Context, partner: str, since: date | None, form: str, output: str | None) -> None:
    show_or_export(ctx, StatementPartner(partner=partner, since=since), form=form, path=output)
