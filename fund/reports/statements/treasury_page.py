"""The page of treasury banking: averages by account and quarter, and the test against the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.language import N_, _
from fund.language import day as day_in_words
from fund.reports.layout import Column, Page, Table


def treasury_page(found: Mapping[str, Any]) -> Page:
    """The averages of the accounts, and the test against the threshold."""
    on = day_in_words(found["as_of"])
    accounts = Table(
        name="averages",
        title=_("Average of the day balances of {year}, until {day}").format(year=found["year"], day=on),
        columns=[
            Column("quarter", N_("Quarter"), "ref"),
            Column("account", N_("Account"), "ref"),
            Column("days", N_("Days"), "count"),
            Column("average_cents", N_("Average"), "amount"),
            Column("lowest_cents", N_("Lowest"), "amount"),
            Column("highest_cents", N_("Highest"), "amount"),
        ],
        rows=found["accounts"],
        empty=_("The year has not begun."),
        sheet=_("Averages"),
    )
    unknown = any(row["threshold_cents"] is None for row in found["quarters"])
    outside = Table(
        name="outside",
        title=_("Outside the treasury"),
        columns=[
            Column("quarter", N_("Quarter"), "ref"),
            Column("outside_cents", N_("Average"), "amount"),
            Column("threshold_cents", N_("Threshold"), "amount"),
            Column("room_cents", N_("Room"), "amount"),
            Column("excess_cents", N_("Too much"), "amount"),
        ],
        rows=found["quarters"],
        notes=[_("The regulations do not say the budget of the host (treasury.host_budget_cents): no threshold.")]
        if unknown
        else [],
        sheet=_("Outside the treasury"),
    )
    return Page(
        name="treasury",
        title=_("Treasury banking {year}").format(year=found["year"]),
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[accounts, *([outside] if found["quarters"] else [])],
        command=f"fund statement treasury --year {found['year']} --as-of {found['as_of']}"
        f" --known-at {found['known_at']}",
    )
