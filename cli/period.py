"""``fund period``: lock and close months, close the year, reopen the latest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, account_name, day_text, facts, say, short_hash, state_text, table
from cli.params import PERIOD, argument, changing, listing, noun, option, read, reading, run, verb
from fund.language import N_, _, day, euros

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
    see=("period show", "period reopen"),
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
    see=("period show", "period list"),
)
@argument("period", type=PERIOD, metavar="PERIOD", help=N_("A month (2027-03) or a year (2027)"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@changing
def reopen(ctx: click.Context, period: str, reason: str) -> None:
    run(ctx, "period reopen", {"period": period, "reason": reason}, ask=True)


LIST = (
    Column("period", N_("Period"), "ref"),
    Column("starts_on", N_("From"), "date"),
    Column("ends_on", N_("Until"), "date"),
    Column("state", N_("State"), "state", "period"),
    Column("result_cents", N_("Result"), "amount"),
)


@verb(
    period,
    "list",
    N_("List the months and years that were locked or closed"),
    examples=("fund period list",),
    see=("period show", "period lock"),
)
@listing(*LIST)
@reading
def list_periods(ctx: click.Context) -> None:
    read(ctx, "period list", show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    table(
        _("Periods on {day}").format(day=day(date.fromisoformat(data["as_of"]))),
        LIST,
        data["periods"],
        empty=_("Every month is open."),
    )


@verb(
    period,
    "show",
    N_("Show what each closing of a month or year froze"),
    about=N_(
        "A closing that was reopened stays readable: its trial balance, the reason, and what the correction changed. "
        "Of a closed year also what the next one opens with."
    ),
    examples=("fund period show 2026", "fund period show 2026-12 --json"),
    see=("ledger trial-balance", "period reopen"),
)
@argument("period", type=PERIOD, metavar="PERIOD", help=N_("A month (2027-03) or a year (2027)"))
@reading
def show(ctx: click.Context, period: str) -> None:
    read(ctx, "period show", {"period": period}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    facts(
        _("Period {period}").format(period=data["period"]),
        [
            (_("state"), state_text("period", data["state"])),
            (_("from"), day_text(data["starts_on"])),
            (_("until"), day_text(data["ends_on"])),
            (_("result"), euros(data["result_cents"]) if data["result_cents"] is not None else None),
        ],
    )
    for closing in data["closings"]:
        _show_closing(closing)
    if not data["closings"]:
        say(_("It was never closed."))
    if data["opening"]:
        _show_opening(data["opening"])


def _show_closing(closing: Mapping[str, Any]) -> None:
    again = closing["reopened"]
    facts(
        _("Closing {number}").format(number=closing["number"]),
        [
            (_("closed on"), day_text(closing["recorded_at"][:10])),
            (_("by"), _people(closing)),
            (_("result"), euros(closing["result_cents"]) if closing["result_cents"] is not None else None),
            (_("money on 2300"), closing["explanation"] or None),
            (_("until entry"), str(closing["known_at"])),
            (_("frozen"), short_hash(closing["trial_balance_sha256"])),
            (_("still the same"), _("yes") if closing["unchanged"] else _("NO")),
            (_("reopened on"), day_text(again["recorded_at"][:10]) if again else None),
            (_("by"), _people(again) if again else None),
            (_("reason"), again["reason"] if again else None),
        ],
    )
    say(closing["read"])
    if closing["annual"] is not None:
        say(closing["annual"])
    if closing["differences"]:
        table(
            _("Changed since closing {number}").format(number=closing["number"] - 1),
            [
                Column("account", N_("Account"), "ref"),
                Column("before_cents", N_("Before"), "amount"),
                Column("after_cents", N_("After"), "amount"),
                Column("change_cents", N_("Change"), "amount"),
            ],
            closing["differences"],
        )


def _people(step: Mapping[str, Any]) -> str:
    return ", ".join(each for each in (step["made_by"], step["confirmed_by"]) if each)


def _show_opening(opening: Mapping[str, Any]) -> None:
    rows = [
        {
            "account": row["account"],
            "name": account_name(row["account"]),
            "debit": row["debit_cents"] or None,
            "credit": row["credit_cents"] or None,
        }
        for row in opening["balances"]
    ]
    table(
        _("Opening on {day}").format(day=day(date.fromisoformat(opening["on"]))),
        [
            Column("account", N_("Account"), "ref"),
            Column("name", N_("Name"), "text"),
            Column("debit", N_("Debit"), "amount"),
            Column("credit", N_("Credit"), "amount"),
        ],
        rows,
        total={"name": _("Total"), "debit": opening["total_debit_cents"], "credit": opening["total_credit_cents"]},
    )
