"""``fund statement agreement``: one agreement from award to lessons."""

from __future__ import annotations

import click

from cli.params import argument, known, leave, leaving, verb
from cli.statement.noun import AGREEMENT, statement
from fund.language import N_


@verb(
    statement,
    "agreement",
    N_("Show one agreement from award to lessons"),
    about=N_(
        "What was awarded, changed, paid, repaid, set aside, given up, brought and learned, with every movement behind "
        "it: as it was at the end of a day, as known at an entry."
    ),
    examples=(
        "fund statement agreement A2026-003",
        "fund statement agreement A2026-003 --as-of 2026-12-31 --output A2026-003.pdf",
    ),
    see=("agreement show", "repayment schedule"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@leaving
@known
def agreement(ctx: click.Context, ref: str, form: str, output: str | None) -> None:
    leave(ctx, "statement agreement", {"ref": ref}, form=form, path=output)
