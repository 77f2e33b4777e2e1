"""``fund statement partner``: what one partner was asked, paid, received and would get."""

from __future__ import annotations

from datetime import date

import click

from cli.params import DAY, PARTNER, argument, known, leave, leaving, option, verb
from cli.statement.noun import statement
from fund.language import N_


@verb(
    statement,
    "partner",
    N_("Show what a partner was asked and what it paid"),
    about=N_(
        "For the partner's own controller: calls and receipts, what it received as lead and as co-applicant, what "
        "leaving would mean, and every movement with its document, to lay beside its own books."
    ),
    examples=(
        "fund statement partner Woudenberg",
        "fund statement partner gm0344 --since 2026-01-01 --as-of 2026-12-31 --output gm0344.xlsx",
    ),
    see=("partner show", "capital list", "partner exit-quote"),
)
@argument("partner", type=PARTNER, metavar="PARTNER", help=N_("The partner"))
@option("--since", type=DAY, metavar="DATE", help=N_("From this day on"))
@leaving
@known
def partner(ctx: click.Context, partner: str, since: date | None, form: str, output: str | None) -> None:
    leave(ctx, "statement partner", {"partner": partner, "since": since}, form=form, path=output)
