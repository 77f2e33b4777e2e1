"""``fund export 360giving``: the grants for whoever compares funders."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export
from cli.output import emit_json, say, write_output
from cli.params import option, query, typed
from cli.params.declared import declared
from fund.language import N_, _, day, euros
from fund.reports.exports.commands import ExportGiving


@declared(export, ExportGiving)
@option("--output", required=True, metavar="FILE", help=N_("Write it to this file"))
@option("--force", is_flag=True, help=N_("Write over a file of that name"))
def giving(ctx: click.Context, prefix: str | None, output: str, force: bool) -> None:
    from fund.reports.exports.giving import as_package

    data = query(ctx, ExportGiving(prefix=prefix))
    write_output(output, as_package(data), force=force)
    if output == "-":
        return
    grants = data["package"]["grants"]
    answer = {
        "path": output,
        "as_of": data["as_of"],
        "known_at": data["known_at"],
        "head": data["head"],
        "identifier": data["package"]["identifier"],
        "grant_count": len(grants),
        "awarded_cents": sum(grant["amountAwarded"].cents for grant in grants),
        "disbursed_cents": sum(grant["amountDisbursed"].cents for grant in grants),
        "repaid_cents": sum(grant["revolvingFund"]["amountRepaid"].cents for grant in grants),
    }
    if typed(ctx, "json"):
        emit_json(answer)
        return
    say(
        _("{path}: {awarded} awarded, {disbursed} paid, {repaid} repaid until {day} (grants: {grants})").format(
            path=output,
            grants=answer["grant_count"],
            day=day(date.fromisoformat(data["as_of"])),
            awarded=euros(answer["awarded_cents"]),
            disbursed=euros(answer["disbursed_cents"]),
            repaid=euros(answer["repaid_cents"]),
        )
    )
