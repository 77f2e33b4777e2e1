"""``fund statement annual``: the accounts of a year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, say, short_hash, table
from cli.params import argument, leave, leaving, numbered, verb
from cli.statement.noun import statement
from fund.language import N_, _, day


@verb(
    statement,
    "annual",
    N_("Show the annual accounts of a year"),
    about=N_(
        "Balance sheet, income and costs, and what moved, with the year before. Of a closed year as its closing froze "
        "it; until then the accounts are provisional."
    ),
    examples=(
        "fund statement annual 2025",
        "fund statement annual 2025 --format csv --output annual-2025.csv",
    ),
    see=("period close", "ledger trial-balance"),
)
@argument("year", type=click.IntRange(1901, 9998), metavar="YEAR", help=N_("The year"))
@leaving
@numbered
def annual(ctx: click.Context, year: int, form: str, output: str | None) -> None:
    leave(ctx, "statement annual", {"year": year}, form=form, path=output, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    from fund.reports.statements.annual import as_page

    page = as_page(data)
    say(page.title)
    for each in page.tables:
        say()
        columns = [Column(column.key, column.header, column.role, column.kind) for column in each.columns]
        table(each.title, columns, each.rows, total=each.total, empty=each.empty)
        for note in each.notes:
            say(note)
    say()
    say(
        _("Until entry {seq}, {hash}, on {day}.").format(
            seq=page.head["seq"], hash=short_hash(page.head["hash"]), day=day(page.as_of)
        )
    )
