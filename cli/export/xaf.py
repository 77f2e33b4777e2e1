"""``fund export xaf``: the books of a year as an audit file."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, one_file, to_file
from cli.output import emit_json, say
from cli.params import typed
from cli.params.declared import declared
from fund.language import _
from fund.reports.exports.commands import ExportXaf


@declared(export, ExportXaf)
@one_file
def xaf(ctx: click.Context, since: date, until: date, path: str, force: bool, rgs: str, tax_number: str | None) -> None:
    def given(path: str) -> ExportXaf:
        return ExportXaf(path=path, since=since, until=until, rgs=rgs, tax_number=tax_number)

    with to_file(ctx, given, path, force=force) as data:
        if data is None:
            return
        if typed(ctx, "json"):
            emit_json(data)
        else:
            say(_("{path}: XAF 4.0, accepted by the schema, debit equals credit").format(path=data["path"]))
