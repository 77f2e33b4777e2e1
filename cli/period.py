"""``fund period``: lock and close months, close the year, reopen the latest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cli.output import Column, account_name, day_text, facts, say, short_hash, state_text, table
from cli.params import noun
from cli.params.declared import add_command, add_query
from fund.closing.commands import ClosePeriod, LockPeriod, PeriodList, PeriodShow, ReopenPeriod
from fund.language import N_, _, day, euros

period = noun("period", N_("Lock and close months and years"))


LIST = (
    Column("period", N_("Period"), "ref"),
    Column("starts_on", N_("From"), "date"),
    Column("ends_on", N_("Until"), "date"),
    Column("state", N_("State"), "state", "period"),
    Column("result_cents", N_("Result"), "amount"),
)


def _show_list(data: Mapping[str, Any]) -> None:
    table(
        _("Periods on {day}").format(day=day(date.fromisoformat(data["as_of"]))),
        LIST,
        data["periods"],
        empty=_("Every month is open."),
    )


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


add_command(period, LockPeriod, ask=True)
add_command(period, ClosePeriod, ask=True)
add_command(period, ReopenPeriod, ask=True)
add_query(period, PeriodList, show=_show_list, columns=LIST)
add_query(period, PeriodShow, show=_show)
