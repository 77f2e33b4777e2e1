"""``fund statement``: the fund on one page, one agreement, one partner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import click

from cli.output import Column, account_name, day_text, facts, say, short_hash, state_text, table
from cli.params import Ref, argument, dated, known, leave, noun, option, verb
from fund.language import N_, _, day, euros, number

FORMATS = ("table", "json", "csv")
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PARTNER = Ref(("partner list", "partners", "id"))

statement = noun("statement", N_("Show the fund on one page, and more"))

MONEY = (
    ("cash_cents", N_("in the bank"), "1000 + 1005", 1),
    ("in_transit_cents", N_("under way"), "1010", 1),
    ("owed_cents", N_("to be paid"), "2000 + 2100 + 2200 + 2300", -1),
    ("buffer_cents", N_("buffer"), N_("regulations"), -1),
    ("committed_cents", N_("committed"), "9000", -1),
    ("free_to_commit_cents", N_("free to commit"), N_("what stands above, added up"), 1),
)
WORTH = (
    ("capital_cents", N_("capital of the partners"), "3000"),
    ("receivable_cents", N_("of which still to be received"), "1100"),
    ("outstanding_cents", N_("advances outstanding"), "1200"),
    ("allowance_cents", N_("allowance"), "1290"),
    ("result_cents", N_("result since the start"), "4xxx"),
    ("net_asset_value_cents", N_("net asset value"), N_("what the fund owns less what it owes")),
    ("learning_writeoffs_cents", N_("invested in learning"), "4200"),
    ("other_writeoffs_cents", N_("other write-offs"), "4210"),
    ("recovered_cents", N_("recovered of that"), "4300"),
    ("returned_cents", N_("came back in all"), "A + R + V"),
)


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
        show=lambda data: _show_position(data, explain),
    )


def _show_position(data: Mapping[str, Any], explain: str | None) -> None:
    from fund.reports.indicators import INDICATORS

    titles = {indicator.name: _(indicator.title) for indicator in INDICATORS}
    on = day(date.fromisoformat(data["as_of"]))
    if explain is not None:
        figure = data["indicators"][explain]
        facts(
            _("{title} on {day}").format(title=titles[explain], day=on),
            [
                (_("value"), _figure(figure)),
                (_("definition"), _(figure["definition"])),
                *(
                    (name, number(value) if name.endswith("_cents") else value)
                    for name, value in figure["inputs"].items()
                ),
            ],
        )
        return
    columns = [
        Column("what", N_("What"), "text"),
        Column("amount", N_("Amount"), "amount"),
        Column("how", N_("From"), "name"),
    ]
    table(
        _("Money of the fund on {day}").format(day=on),
        columns,
        [{"what": _(word), "amount": sign * data[key], "how": _(how)} for key, word, how, sign in MONEY],
    )
    table(
        _("What the fund is worth, and what was given up"),
        columns,
        [{"what": _(word), "amount": data[key], "how": _(how)} for key, word, how in WORTH if key in data],
    )
    table(
        _("Figures"),
        [
            Column("title", N_("Figure"), "text"),
            Column("value", N_("Value"), "count"),
            Column("name", N_("Name"), "ref"),
        ],
        [
            {"title": titles[name], "value": _figure(figure), "name": name}
            for name, figure in data["indicators"].items()
        ],
    )
    say(
        _("Until entry {seq}, {hash}. A figure explained: {command}").format(
            seq=data["head"]["seq"],
            hash=short_hash(data["head"]["hash"]),
            command="fund statement position --explain turnover",
        )
    )


def _figure(figure: Mapping[str, Any]) -> str:
    value = figure["value"]
    if value is None:
        return _("no value")
    if figure["unit"] == "cents":
        return number(value)
    if figure["unit"] == "ratio":
        tenths = Fraction(value) * 1000
        rounded = int(abs(tenths) + Fraction(1, 2))  # half up, only where it is printed
        sign = "-" if tenths < 0 and rounded else ""
        return f"{sign}{number(rounded * 10)[:-1]} %"
    return str(value)


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
            (_("evaluation"), state_text("evaluation", evaluation["state"]) if evaluation else None),
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
        _("{name} on {day}").format(name=data["name"], day=day_text(data["as_of"])),
        [
            (_("state"), state_text("partner", data["state"])),
            (_("called"), euros(data["called_cents"])),
            (_("paid in"), euros(data["paid_in_cents"])),
            (_("still to be paid"), euros(data["receivable_cents"])),
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
