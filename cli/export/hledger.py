"""``fund export hledger``: the books as a journal that hledger reads and checks."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, journal, one_file, some_days, to_file
from cli.params import reading, verb
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
@one_file
@some_days
@reading
def hledger(
    ctx: click.Context, since: date | None, until: date | None, output: str, force: bool, known_at: int | None
) -> None:
    args = {"since": since, "until": until, "known_at": known_at}
    with to_file(ctx, "export hledger", args, output, force=force) as data:
        journal(ctx, data, "hledger -f {path} check --strict")
