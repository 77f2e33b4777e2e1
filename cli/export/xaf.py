"""``fund export xaf``: the books of a year as an audit file."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, known_number, one_file, to_file
from cli.output import emit_json, say
from cli.params import DAY, option, reading, typed, verb
from fund.language import N_, _

RGS = ("extended", "plain")


@verb(
    export,
    "xaf",
    N_("Write the audit file of a year (XAF 4.0)"),
    about=N_(
        "For the tax authority and for accountants. Before the file stands at its place it is read again: the schema "
        "accepts it, debit equals credit, and opening balance and lines end where the ledger does. The same books give "
        "the same file, whenever it is made."
    ),
    examples=(
        "fund export xaf --from 2026-01-01 --to 2026-12-31 --output 2026.xaf",
        "fund export xaf --from 2026-01-01 --to 2026-03-31 --rgs plain --output q1.xaf",
    ),
    see=("export jsonl", "ledger trial-balance", "regulations template"),
)
@option("--from", "since", type=DAY, required=True, metavar="DATE", help=N_("The first accounting day"))
@option("--to", "until", type=DAY, required=True, metavar="DATE", help=N_("The last, in the same year"))
@one_file
@option(
    "--rgs",
    type=click.Choice(RGS),
    default="extended",
    help=N_("Where accounts share an RGS code: extended by a number, or the first alone bears it"),
)
@option("--tax-number", metavar="NUMBER", help=N_("RSIN or VAT number, where the regulations do not say it"))
@known_number
@reading
def xaf(
    ctx: click.Context,
    since: date,
    until: date,
    output: str,
    force: bool,
    rgs: str,
    tax_number: str | None,
    known_at: int | None,
) -> None:
    args = {"since": since, "until": until, "rgs": rgs, "tax_number": tax_number, "known_at": known_at}
    with to_file(ctx, "export xaf", args, output, force=force) as data:
        if data is None:
            return
        if typed(ctx, "json"):
            emit_json(data)
        else:
            say(_("{path}: XAF 4.0, accepted by the schema, debit equals credit").format(path=data["path"]))
