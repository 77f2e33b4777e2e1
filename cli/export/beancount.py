"""``fund export beancount``: the books as a journal that beancount reads and checks."""

from __future__ import annotations

from datetime import date

import click

from cli.export.noun import export, journal, one_file, some_days, to_file
from cli.params import reading, verb
from fund.language import N_


@verb(
    export,
    "beancount",
    N_("Write a ledger for beancount"),
    about=N_(
        "Accounts, entries and, at the end, what stands on each account, which beancount compares with its own sums; "
        "the commitments of an entry are a transaction of their own. A period begins with what stood on the day before."
    ),
    examples=(
        "fund export beancount --output fund.beancount",
        "fund export beancount --from 2026-01-01 --to 2026-12-31 --output 2026.beancount",
    ),
    see=("export hledger", "ledger trial-balance"),
)
@one_file
@some_days
@reading
def beancount(
    ctx: click.Context, since: date | None, until: date | None, output: str, force: bool, known_at: int | None
) -> None:
    args = {"since": since, "until": until, "known_at": known_at}
    with to_file(ctx, "export beancount", args, output, force=force) as data:
        journal(ctx, data, "bean-check {path}")
