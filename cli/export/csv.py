"""``fund export csv``: the books as tables for a spreadsheet."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, looked_up, some_days
from cli.output import emit_json, say
from cli.params import option, reading, typed, verb
from fund.language import N_, ngettext


@verb(
    export,
    "csv",
    N_("Write the books as tables for a spreadsheet"),
    about=N_(
        "A new folder with entries, postings, accounts, balances before and after, holders, and who did what when; "
        "manifest.json says which entries they are and the hash of each file. Amounts are whole cents."
    ),
    examples=("fund export csv --from 2026-01-01 --to 2026-12-31 --output tables-2026",),
    see=("export jsonl", "export xaf", "ledger trial-balance"),
)
@option("--output", "folder", required=True, metavar="FOLDER", help=N_("A new folder"))
@some_days
@reading
def csv(ctx: click.Context, since: date | None, until: date | None, folder: str, known_at: int | None) -> None:
    args = {"since": since, "until": until, "folder": folder, "known_at": known_at}
    data = looked_up(ctx, "export csv", args)
    if typed(ctx, "json"):
        emit_json(data)
        return
    manifest = data["manifest"]
    counted = ngettext("{path}: {count} entry", "{path}: {count} entries", manifest["entries"])
    say(counted.format(path=data["folder"], count=manifest["entries"]))
