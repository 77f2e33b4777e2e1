"""``fund export 360giving``: the grants for whoever compares funders."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export
from cli.output import emit_json, say, write_output
from cli.params import known, look, option, typed, verb
from fund.language import N_, _, day, euros


@verb(
    export,
    "360giving",
    N_("Write the grants as 360Giving 1.4 (JSON)"),
    about=N_(
        "Valid against the schemas of 360Giving. Revocations, determination and repayments are "
        "under the key `revolvingFund`, which docs/open-data.md explains. Organisations only, no "
        "names of people."
    ),
    examples=(
        "fund export 360giving --output grants.json",
        "fund export 360giving --prefix 360G-myfund --as-of 2026-12-31 --output grants.json",
    ),
    see=("export register",),
)
@option("--prefix", metavar="PREFIX", help=N_("The prefix that 360Giving gave the fund; else made of its name"))
@option("--output", required=True, metavar="FILE", help=N_("Write it to this file"))
@option("--force", is_flag=True, help=N_("Write over a file of that name"))
@known
def giving(ctx: click.Context, prefix: str | None, output: str, force: bool) -> None:
    from fund.reports.exports.giving import as_package

    data = look(ctx, "export 360giving", {"prefix": prefix})
    write_output(output, as_package(data), force=force)
    if output == "-":
        return
    grants = data["package"]["grants"]
    told = {
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
        emit_json(told)
        return
    say(
        _("{path}: {awarded} awarded, {disbursed} paid, {repaid} repaid until {day} (grants: {grants})").format(
            path=output,
            grants=told["grant_count"],
            day=day(date.fromisoformat(data["as_of"])),
            awarded=euros(told["awarded_cents"]),
            disbursed=euros(told["disbursed_cents"]),
            repaid=euros(told["repaid_cents"]),
        )
    )
