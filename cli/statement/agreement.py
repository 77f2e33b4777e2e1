"""``fund statement agreement``: one agreement from award to lessons."""

from __future__ import annotations

import click

from cli.params import export_options, show_or_export
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementAgreement


@declared(statement, StatementAgreement)
@export_options
def agreement(ctx: click.Context, ref: str, form: str, output: str | None) -> None:
    show_or_export(ctx, StatementAgreement(ref=ref), form=form, path=output)
