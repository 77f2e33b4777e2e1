"""``fund export register``: the grants register of the Woo."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export
from cli.output import emit_json, say, write_output
from cli.params import formatted, known, look, option, typed, verb
from fund.language import N_, _, day, euros


@verb(
    export,
    "register",
    N_("Write the grants register (Woo 3.3a)"),
    about=N_(
        "A row for each grant, change, revocation and determination: recipients, title and question, amounts, days, "
        "grounds. Organisations only, no names of people. What is not decided, or was rejected, is not in it."
    ),
    examples=(
        "fund export register --output register.csv",
        "fund export register --as-of 2026-12-31 --output register.json",
    ),
    see=("export 360giving", "statement agreement"),
)
@formatted("csv", "json")
@option("--output", required=True, metavar="FILE", help=N_("Write it to this file"))
@option("--force", is_flag=True, help=N_("Write over a file of that name"))
@known
def register(ctx: click.Context, form: str, output: str, force: bool) -> None:
    from fund.reports.exports.register import REGISTER_FORMATS

    data = look(ctx, "export register", {})
    write_output(output, REGISTER_FORMATS[form](data), force=force)
    rows = data["rows"]
    told = {
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
        emit_json(told)
        return
    say(
        _("{path}: {granted} granted and {paid} paid until {day} (grants: {grants}, rows: {rows})").format(
            path=output,
            rows=told["row_count"],
            grants=told["grant_count"],
            day=day(date.fromisoformat(data["as_of"])),
            granted=euros(told["granted_cents"]),
            paid=euros(told["paid_cents"]),
        )
    )
