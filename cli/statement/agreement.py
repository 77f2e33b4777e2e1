"""``fund statement agreement``: one agreement from award to lessons."""

from __future__ import annotations

import click

from cli.params import leave, leaving
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.reports.statements.commands import StatementAgreement


@declared(statement, StatementAgreement)
@leaving
def agreement(ctx: click.Context, ref: str, form: str, output: str | None) -> None:
    leave(ctx, StatementAgreement(ref=ref), form=form, path=output)
