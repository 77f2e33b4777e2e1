"""``fund statement``: the fund on one page, one agreement, one partner, what stood where on average."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, account_name, facts, say, state_text, table
from cli.params import Ref, argument, dated, known, leave, noun, option, verb
from cli.position import show_position
from fund.language import N_, _, day, euros

FORMATS = ("table", "json", "csv")
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PARTNER = Ref(("partner list", "partners", "id"))

statement = noun("statement", N_("Show the fund on one page, and more"))


@verb(
    statement,
    "position",
    N_("Show the fund on one page"),
    about=N_("Everything is read from the ledger; year end changes nothing in it. Each figure has its definition."),
    examples=(
        "fund statement position",
        "fund statement position --as-of 2026-12-31 --explain portfolio_revolving_degree",
        "fund statement position --format csv --output position.csv",
    ),
    see=("ledger trial-balance", "explain"),
)
@option("--explain", metavar="NAME", help=N_("Only this figure, with its definition and inputs"))
@option("--format", "form", type=click.Choice(FORMATS), default="table", help=N_("How it is shown"))
@option("--output", metavar="FILE", help=N_("Write it to this file"))
@known
def position(ctx: click.Context, explain: str | None, form: str, output: str | None) -> None:
    leave(
        ctx,
        "statement position",
        {"explain": explain},
        form=form,
        path=output,
        show=lambda data: show_position(data, explain),
    )


@verb(
    statement,
    "agreement",
    N_("Show one agreement from award to lessons"),
    examples=("fund statement agreement A2026-003",),
    see=("agreement show", "repayment schedule"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--format", "form", type=click.Choice(FORMATS), default="table", help=N_("How it is shown"))
@option("--output", metavar="FILE", help=N_("Write it to this file"))
@dated
def agreement(ctx: click.Context, ref: str, form: str, output: str | None) -> None:
    leave(ctx, "statement agreement", {"ref": ref}, form=form, path=output, show=_show_agreement)


def _show_agreement(data: Mapping[str, Any]) -> None:
    evaluation = data["evaluation"] or {}
    told = [row["realised_cents"] for row in data["benefits"] if row["realised_cents"] is not None]
    facts(
        _("{ref} {title} on {day}").format(
            ref=data["ref"], title=data["title"], day=day(date.fromisoformat(data["as_of"]))
        ),
        [
            (_("lead"), data["lead_partner"]),
            (_("state"), state_text("agreement", data["state"])),
            (_("award"), euros(data["award_cents"])),
            (_("to be repaid"), euros(data["repayable_cents"])),
            (account_name("9000"), euros(data["committed_cents"])),
            (account_name("4000"), euros(data["grant_cents"])),
            (account_name("1200"), euros(data["outstanding_cents"])),
            (account_name("1290"), euros(data["allowance_cents"])),
            (account_name("4200"), euros(data["learning_writeoffs_cents"])),
            (account_name("4210"), euros(data["other_writeoffs_cents"])),
            (account_name("4300"), euros(data["recovered_cents"])),
            (_("refinanced"), euros(data["refinanced_cents"]) if data["refinanced_cents"] else None),
            (_("evaluation"), state_text("evaluation", evaluation["state"]) if evaluation else None),
            (_("brought so far"), euros(sum(told)) if told else None),
        ],
    )
    table(
        _("Repayment plan"),
        [
            Column("no", N_("No."), "count"),
            Column("due_on", N_("Due"), "date"),
            Column("amount_cents", N_("Agreed"), "amount"),
            Column("paid_cents", N_("Paid"), "amount"),
            Column("cancelled_cents", N_("Cancelled"), "amount"),
            Column("open_cents", N_("Open"), "amount"),
        ],
        data["instalments"],
    )
    for lesson in evaluation.get("lessons", ()):
        say(f"{lesson['title']}: {lesson['text']}")


@verb(
    statement,
    "partner",
    N_("Show what a partner was asked and what it paid"),
    examples=("fund statement partner gm0344",),
    see=("partner show", "capital list"),
)
@argument("partner", type=PARTNER, metavar="ID", help=N_("The partner"))
@option("--format", "form", type=click.Choice(FORMATS), default="table", help=N_("How it is shown"))
@option("--output", metavar="FILE", help=N_("Write it to this file"))
@dated
def partner(ctx: click.Context, partner: str, form: str, output: str | None) -> None:
    leave(ctx, "statement partner", {"partner": partner}, form=form, path=output, show=_show_partner)


def _show_partner(data: Mapping[str, Any]) -> None:
    facts(
        _("{name} on {day}").format(name=data["name"], day=day(data["as_of"])),
        [
            (_("state"), state_text("partner", data["state"])),
            (_("called"), euros(data["called_cents"])),
            (_("paid in"), euros(data["paid_in_cents"])),
            (_("still to be paid"), euros(data["receivable_cents"])),
            (_("value on leaving"), euros(data["exit_value"]["net_cents"])),
            (_("owed back to the partner"), euros(data["overpaid_cents"])),
        ],
    )
    table(
        _("Calls"),
        [
            Column("ref", N_("Call"), "ref"),
            Column("due_on", N_("Due"), "date"),
            Column("called_cents", N_("Called"), "amount"),
            Column("received_cents", N_("Received"), "amount"),
            Column("state", N_("State"), "state", "call"),
        ],
        data["calls"],
    )
    table(
        _("Agreements in which it takes part"),
        [
            Column("ref", N_("Agreement"), "ref"),
            Column("title", N_("Title"), "text"),
            Column("state", N_("State"), "state", "agreement"),
            Column("outstanding_cents", N_("Outstanding"), "amount"),
        ],
        data["agreements"],
    )


@verb(
    statement,
    "treasury",
    N_("Show what stood outside the treasury on average"),
    about=N_(
        "Per quarter the average of the day balances, weekends included, of the bank (1000) and the treasury account "
        "(1005). The threshold is that of the regulations of the quarter: the host's budget and the numbers of the law."
    ),
    examples=("fund statement treasury", "fund statement treasury --year 2026 --format csv --output treasury.csv"),
    see=("statement position", "regulations template"),
)
@option("--year", type=click.IntRange(1901, 9998), metavar="YEAR", help=N_("The year; this one when left out"))
@option("--format", "form", type=click.Choice(FORMATS), default="table", help=N_("How it is shown"))
@option("--output", metavar="FILE", help=N_("Write it to this file"))
@dated
def treasury(ctx: click.Context, year: int | None, form: str, output: str | None) -> None:
    leave(ctx, "statement treasury", {"year": year}, form=form, path=output, show=_show_treasury)


def _show_treasury(data: Mapping[str, Any]) -> None:
    table(
        _("Average of the day balances of {year}, until {day}").format(
            year=data["year"], day=day(date.fromisoformat(data["as_of"]))
        ),
        [
            Column("quarter", N_("Quarter"), "ref"),
            Column("account", N_("Account"), "ref"),
            Column("days", N_("Days"), "count"),
            Column("average_cents", N_("Average"), "amount"),
            Column("lowest_cents", N_("Lowest"), "amount"),
            Column("highest_cents", N_("Highest"), "amount"),
        ],
        data["accounts"],
        empty=_("The year has not begun."),
    )
    if not data["quarters"]:
        return
    table(
        _("Outside the treasury"),
        [
            Column("quarter", N_("Quarter"), "ref"),
            Column("outside_cents", N_("Average"), "amount"),
            Column("threshold_cents", N_("Threshold"), "amount"),
            Column("room_cents", N_("Room"), "amount"),
            Column("excess_cents", N_("Too much"), "amount"),
        ],
        data["quarters"],
    )
    if any(row["threshold_cents"] is None for row in data["quarters"]):
        say(_("The regulations do not say the budget of the host (treasury.host_budget_cents): no threshold."))
