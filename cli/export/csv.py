"""``fund export csv``: the books as tables for a spreadsheet."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, looked_up
from cli.output import emit_json, say
from cli.params import typed
from cli.params.declared import declared
from fund.language import ngettext
from fund.reports.exports.commands import ExportCsv


@declared(export, ExportCsv)
def csv(ctx: click.Context, folder: str, since: date | None, until: date | None) -> None:
    data = looked_up(ctx, ExportCsv(folder=folder, since=since, until=until))
    if typed(ctx, "json"):
        emit_json(data)
        return
    manifest = data["manifest"]
    counted = ngettext("{path}: {count} entry", "{path}: {count} entries", manifest["entries"])
    say(counted.format(path=data["folder"], count=manifest["entries"]))
