"""``fund verify``: everything that can be checked, checked."""

from __future__ import annotations

import click

from cli.output import emit_json, progress, render_verification
from cli.params import Code, opened, reading, typed, verb
from fund.language import N_, _


@verb(
    None,
    "verify",
    N_("Check everything that can be checked"),
    about=N_(
        "Checks the ledger and the chain of facts: whether whoever acted was allowed to, whether "
        "what was opened had been sealed, whether facts and entries belong to each other, "
        "whether each month is still what its closing froze, and whether all cash is explained. "
        "It also replays all facts and compares the stored cases, deliveries, attachments and "
        "guards. Nothing is changed. Exit code 3 when something is not right."
    ),
    examples=("fund verify", "fund verify --json"),
    see=("ledger verify", "status"),
)
@reading
def verify(ctx: click.Context) -> None:
    from fund import checks

    with opened(ctx, changes=False) as fund, progress(_("Checking"), len(checks.STEPS)) as bar:
        found = checks.verify(fund.engine, progress=lambda _step: bar.step())
    if typed(ctx, "json"):
        emit_json({"schema_version": 1, **found})
    else:
        render_verification(found)
    if not found["ok"]:
        ctx.exit(Code.DIFFERENCES)
