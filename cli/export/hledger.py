"""``fund export hledger``: the books as a journal that hledger reads and checks."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, journal, to_file
from cli.params import DAY, option, reading, verb
from fund.language import N_


@verb(
    export,
    "hledger",
    N_("Write a journal for hledger"),
    about=N_(
        "Accounts, entries and, at the end, what stands on each account, which hledger compares with its own sums; "
        "commitments are balanced virtual postings. A period begins with what stood on the day before."
    ),
    examples=(
        "fund export hledger --output fund.journal",
        "fund export hledger --from 2026-01-01 --to 2026-12-31 --output 2026.journal",
    ),
    see=("export beancount", "ledger trial-balance"),
)
@option("--from", "since", type=DAY, metavar="DATE", help=N_("The first accounting day; all when left out"))
@option("--to", "until", type=DAY, metavar="DATE", help=N_("The last accounting day; all when left out"))
@option("--output", required=True, metavar="FILE", help=N_("Write it to this file"))
@option("--known-at", type=click.IntRange(min=0), metavar="SEQ", help=N_("As known when this entry was the last"))
@reading
def hledger(ctx: click.Context, since: date | None, until: date | None, output: str, known_at: int | None) -> None:
    args = {"since": since, "until": until, "known_at": known_at}
    with to_file(ctx, "export hledger", args, output) as data:
        journal(ctx, data, "hledger -f {path} check --strict")
