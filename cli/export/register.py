"""``fund export register``: the grants register of the Woo."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export
from cli.output import emit_json, say, write_output
from cli.params import formatted, option, query, typed
from cli.params.declared import declared
from fund.language import N_, _, day, euros
from fund.reports.exports.commands import ExportRegister


@declared(export, ExportRegister)
@formatted("csv", "json")
@option("--output", required=True, metavar="FILE", help=N_("Write it to this file"))
@option("--force", is_flag=True, help=N_("Write over a file of that name"))
def register(ctx: click.Context, form: str, output: str, force: bool) -> None:
    from fund.reports.exports.register import REGISTER_FORMATS

    data = query(ctx, ExportRegister())
    write_output(output, REGISTER_FORMATS[form](data), force=force)
    rows = data["rows"]
    answer = {
        "path": output,
        "format": form,
        "as_of": data["as_of"],
        "known_at": data["known_at"],
        "head": data["head"],
        "row_count": len(rows),
        "grant_count": len({row["grant"] for row in rows}),
        "granted_cents": sum(row["change_cents"] for row in rows),
        "paid_cents": sum(row["paid_cents"] or 0 for row in rows),
    }
    if output == "-":
        return
    if typed(ctx, "json"):
        emit_json(answer)
        return
    say(
        _("{path}: {granted} granted and {paid} paid until {day} (grants: {grants}, rows: {rows})").format(
            path=output,
            rows=answer["row_count"],
            grants=answer["grant_count"],
            day=day(date.fromisoformat(data["as_of"])),
            granted=euros(answer["granted_cents"]),
            paid=euros(answer["paid_cents"]),
        )
    )
