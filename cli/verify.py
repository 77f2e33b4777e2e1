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
        "The ledger, the chain of facts, that who acted was free to act and what was opened had been sealed, that "
        "facts and entries vouch for each other, that each month still has what it froze, that all cash is explained, "
        "that all facts replayed give the stored cases, deliveries, attachments and guards. Nothing is changed. "
        "Exit code 3 when something is not right."
    ),
    examples=("fund verify", "fund verify --json"),
    see=("ledger verify", "status"),
)
@reading
def verify(ctx: click.Context) -> None:
    from fund import checks

    with opened(ctx, changes=False) as (fund, _carry_out, _look), progress(_("Checking"), len(checks.STEPS)) as bar:
        found = checks.verify(fund.engine, progress=lambda _step: bar.step())
    if typed(ctx, "json"):
        emit_json({"schema_version": 1, **found})
    else:
        render_verification(found)
    if not found["ok"]:
        ctx.exit(Code.DIFFERENCES)
