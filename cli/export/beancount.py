"""``fund export beancount``: the books as a journal that beancount reads and checks."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, journal, one_file, to_file
from cli.params.declared import declared
from fund.reports.exports.commands import ExportBeancount


@declared(export, ExportBeancount)
@one_file
def beancount(ctx: click.Context, since: date | None, until: date | None, path: str, force: bool) -> None:
    def given(path: str) -> ExportBeancount:
        return ExportBeancount(path=path, since=since, until=until)

    with to_file(ctx, given, path, force=force) as data:
        journal(ctx, data, "bean-check {path}")
