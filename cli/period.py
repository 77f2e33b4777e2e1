"""``fund period``: lock and close months, close the year, reopen the latest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, table
from cli.params import PERIOD, argument, changing, noun, option, read, reading, run, verb
from fund.language import N_, _, day

period = noun("period", N_("Lock and close months and years"))


@verb(
    period,
    "lock",
    N_("Lock a month, or every open month of a year"),
    about=N_(
        "A locked month takes adjusting and closing entries only. Months are locked in order, once they are over."
    ),
    examples=("fund --as anna period lock 2027-03", "fund --as anna period lock 2027"),
    who=N_("a fund manager; a treasurer confirms"),
    see=("period close", "period list"),
)
@argument("period", type=PERIOD, metavar="PERIOD", help=N_("A month (2027-03) or a year (2027)"))
@changing
def lock(ctx: click.Context, period: str) -> None:
    run(ctx, "period lock", {"period": period}, ask=True)


@verb(
    period,
    "close",
    N_("Close a locked month, or a year"),
    about=N_(
        "A closed month takes nothing any more. Closing a year brings every account of income and costs to the "
        "accumulated result and closes its months."
    ),
    examples=("fund --as anna period close 2027-03", "fund --as anna period close 2027"),
    who=N_("a fund manager; a treasurer confirms"),
    see=("period reopen", "ledger trial-balance"),
)
@argument("period", type=PERIOD, metavar="PERIOD", help=N_("A month (2027-03) or a year (2027)"))
@option("--explanation", metavar="TEXT", help=N_("For a year: why money still stands on 2300"))
@changing
def close(ctx: click.Context, period: str, explanation: str | None) -> None:
    run(ctx, "period close", {"period": period, "explanation": explanation}, ask=True)


@verb(
    period,
    "reopen",
    N_("Reopen the latest month or year"),
    about=N_("A closed year opens with its last month, and its closing entry is reversed."),
    examples=('fund --as anna period reopen 2027-03 --reason "an invoice was forgotten"',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("period list",),
)
@argument("period", type=PERIOD, metavar="PERIOD", help=N_("A month (2027-03) or a year (2027)"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@changing
def reopen(ctx: click.Context, period: str, reason: str) -> None:
    run(ctx, "period reopen", {"period": period, "reason": reason}, ask=True)


@verb(
    period,
    "list",
    N_("List the months and years that were locked or closed"),
    examples=("fund period list",),
    see=("period lock",),
)
@reading
def list_periods(ctx: click.Context) -> None:
    read(ctx, "period list", show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    table(
        _("Periods on {day}").format(day=day(date.fromisoformat(data["as_of"]))),
        [
            Column("period", N_("Period"), "ref"),
            Column("starts_on", N_("From"), "date"),
            Column("ends_on", N_("Until"), "date"),
            Column("state", N_("State"), "state", "period"),
            Column("result_cents", N_("Result"), "amount"),
        ],
        data["periods"],
        empty=_("Every month is open."),
    )
