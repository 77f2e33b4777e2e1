"""``fund export hledger``: the books as a journal that hledger reads and checks."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, journal, one_file, to_file
from cli.params.declared import declared
from fund.reports.exports.commands import ExportHledger


@declared(export, ExportHledger)
@one_file
def hledger(ctx: click.Context, since: date | None, until: date | None, path: str, force: bool) -> None:
    def given(path: str) -> ExportHledger:
        return ExportHledger(path=path, since=since, until=until)

    with to_file(ctx, given, path, force=force) as data:
        journal(ctx, data, "hledger -f {path} check --strict")
