"""``fund period``: lock and close months, close the year, reopen the latest."""

from __future__ import annotations

from datetime import date

from cli.output import Column, account_name, day_text, say, short_hash, table
from cli.output.views import DetailView, ListView
from cli.params import noun
from cli.params.declared import add_command, add_query
from fund.closing.commands import (
    ClosePeriod,
    ClosingRow,
    LockPeriod,
    Opening,
    PeriodDetail,
    PeriodList,
    PeriodShow,
    Reopening,
    ReopenPeriod,
)
from fund.language import N_, _, day

period = noun("period", N_("Lock and close months and years"))


LIST = ListView(
    title=N_("Periods on {as_of}"),
    rows="periods",
    columns=(
        Column("period", N_("Period"), "ref"),
        Column("starts_on", N_("From"), "date"),
        Column("ends_on", N_("Until"), "date"),
        Column("state", N_("State"), "state", "period"),
        Column("result_cents", N_("Result"), "amount"),
    ),
    empty=N_("Every month is open."),
)
DETAIL = DetailView(
    title=N_("Period {period}"),
    facts=(
        Column("state", N_("state"), "state", "period"),
        Column("starts_on", N_("from"), "date"),
        Column("ends_on", N_("until"), "date"),
        Column("result_cents", N_("result"), "amount"),
    ),
)
CLOSING = DetailView(
    title=N_("Closing {number}"),
    facts=(
        Column("recorded_at", N_("closed on"), "date"),
        Column("by", N_("by"), cell=lambda closing: _people(closing)),
        Column("result_cents", N_("result"), "amount"),
        Column("explanation", N_("money on 2300")),
        Column("known_at", N_("until entry")),
        Column("frozen", N_("frozen"), cell=lambda closing: short_hash(closing["trial_balance_sha256"])),
        Column("unchanged", N_("still the same"), cell=lambda closing: _("yes") if closing["unchanged"] else _("NO")),
        Column(
            "reopened",
            N_("reopened on"),
            cell=lambda closing: day_text(closing["reopened"]["recorded_at"]),
            when="reopened",
        ),
        Column("by", N_("by"), cell=lambda closing: _people(closing["reopened"]), when="reopened"),
        Column("reason", N_("reason"), cell=lambda closing: closing["reopened"]["reason"], when="reopened"),
    ),
)


def _show(data: PeriodDetail) -> None:
    DETAIL(data)
    for closing in data["closings"]:
        _show_closing(closing)
    if not data["closings"]:
        say(_("It was never closed."))
    if data["opening"]:
        _show_opening(data["opening"])


def _show_closing(closing: ClosingRow) -> None:
    CLOSING(closing)
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


def _people(step: ClosingRow | Reopening) -> str:
    return ", ".join(each for each in (step["made_by"], step["confirmed_by"]) if each)


def _show_opening(opening: Opening) -> None:
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


add_command(period, LockPeriod, ask=True)
add_command(period, ClosePeriod, ask=True)
add_command(period, ReopenPeriod, ask=True)
add_query(period, PeriodList, show=LIST)
add_query(period, PeriodShow, show=_show)
