"""The statement of a partner as its controller reads it; its last table holds every movement, for the own books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from fund.language import N_, _, day
from fund.reports.layout import EMPHASIS, Column, Page, Table, fact_table
from fund.words import account_word

CONTRIBUTIONS = {
    "a_fonds_perdu": N_(
        "By the regulations contributions are not repaid (à fonds perdu): an expense in the books of the partner."
    ),
    "repayable": N_(
        "By the regulations contributions are repayable: a claim or capital in the books of the partner (BBV 36)."
    ),
}


def partner_page(found: Mapping[str, Any]) -> Page:
    """All tables of the statement, in the order in which they are read."""
    since = f" --since {found['since']}" if found["since"] else ""
    return Page(
        name="partner",
        title=_("{name} on {day}").format(name=found["name"], day=day(found["as_of"])),
        as_of=date.fromisoformat(found["as_of"]),
        head=found["head"],
        tables=[
            _summary(found),
            standings_table(found["standings"], found["since"]),
            _calls(found["calls"]),
            _agreements(found["agreements"]),
            _benefits(found["benefits"]),
            _exit_value(found["exit_value"]),
            moved_table(found["movements"]),
        ],
        notes=[_(CONTRIBUTIONS[found["contributions"]])],
        command=f"fund statement partner {found['id']}{since} --as-of {found['as_of']} --known-at {found['known_at']}",
    )


def _summary(found: Mapping[str, Any]) -> Table:
    key, balance = found["key"], found["balance"]
    return fact_table(
        "summary",
        _("In short"),
        [
            (_("state"), found["state"], "state", "partner"),
            (_("called"), found["called_cents"], "amount"),
            (_("paid in"), found["paid_in_cents"], "amount"),
            (_("received, less what was paid back"), found["received_cents"], "amount"),
            (_("still to be paid"), found["receivable_cents"], "amount"),
            (_("owed back to the partner"), found["overpaid_cents"], "amount"),
            (_("owed to the partner for leaving"), found["settlement_cents"] or None, "amount"),
            (_("share of the capital"), found["share"], "percent"),
            (_("distribution key"), key["ref"] if key else None),
            (_("share by that key"), key["share"] if key else None, "percent"),
            (_("paid to it out of awards"), balance["received_as_recipient_cents"], "amount"),
            (_("of what it contributed"), balance["recipient_against_contribution"], "percent"),
            (_("paid on agreements that it leads"), balance["received_as_lead_cents"], "amount"),
            (_("of what it contributed"), balance["lead_against_contribution"], "percent"),
            (_("benefits planned"), balance["planned_benefit_cents"], "amount"),
            (_("benefits so far"), balance["realised_benefit_cents"], "amount"),
            (_("value on leaving"), found["exit_value"]["net_cents"], "amount"),
        ],
        sheet=_("In short"),
    )


def standings_table(rows: Sequence[Mapping[str, Any]], since: str | None) -> Table:
    """What stood on each account, what moved, and what stands there."""
    shown = [
        {**row, "name": account_word(row["account"])} for row in rows if row["opening_cents"] or row["closing_cents"]
    ]
    columns = [Column("account", N_("Account"), "ref"), Column("name", N_("Name"), "text")]
    if since:
        columns += [Column("opening_cents", N_("Before"), "amount"), Column("moved_cents", N_("Moved"), "amount")]
    return Table(
        name="balances",
        title=_("Balances, debit positive, movements from {day} on").format(day=day(since))
        if since
        else _("Balances, debit positive"),
        columns=[*columns, Column("closing_cents", N_("Balance"), "amount")],
        rows=shown,
        empty=_("There is nothing on its accounts."),
        sheet=_("Balances"),
    )


def _calls(rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        name="calls",
        title=_("Calls"),
        columns=[
            Column("ref", N_("Call"), "ref"),
            Column("called_on", N_("Called on"), "date"),
            Column("due_on", N_("Due"), "date"),
            Column("called_cents", N_("Called"), "amount"),
            Column("received_cents", N_("Received"), "amount"),
            Column("open_cents", N_("Open"), "amount"),
            Column("state", N_("State"), "state", "call"),
            Column("reference", N_("Reference"), "ref"),
        ],
        rows=rows,
        total=_sums(rows, "ref", "called_cents", "received_cents", "open_cents"),
        empty=_("Nothing was called."),
        sheet=_("Calls"),
    )


def _sums(rows: Sequence[Mapping[str, Any]], label: str, *keys: str) -> dict[str, Any]:
    return {label: _("Total"), **{key: sum(row[key] or 0 for row in rows) for key in keys}}


def _agreements(rows: Sequence[Mapping[str, Any]]) -> Table:
    shown = [
        {
            **row,
            "role": None,
            "part": _("lead") if row["as_lead"] else _("takes part"),
            "paid_cents": row["paid_repayable_cents"] + row["paid_grant_cents"],
        }
        for row in rows
    ]
    return Table(
        name="agreements",
        title=_("Agreements in which it takes part"),
        columns=[
            Column("ref", N_("Agreement"), "ref"),
            Column("title", N_("Title"), "text"),
            Column("part", N_("As"), "ref"),
            Column("state", N_("State"), "state", "agreement"),
            Column("award_cents", N_("Award"), "amount"),
            Column("paid_cents", N_("Paid"), "amount"),
            Column("paid_to_partner_cents", N_("Paid to it"), "amount"),
            Column("repaid_cents", N_("Repaid"), "amount"),
            Column("outstanding_cents", N_("Outstanding"), "amount"),
        ],
        rows=shown,
        empty=_("It takes part in none."),
        sheet=_("Agreements"),
    )


def _benefits(rows: Sequence[Mapping[str, Any]]) -> Table:
    keys = ("planned_cost_cents", "realised_cost_cents", "planned_benefit_cents", "expected_benefit_cents")
    return Table(
        name="benefits",
        title=_("What the agreements cost it and brought it"),
        columns=[
            Column("agreement", N_("Agreement"), "ref"),
            Column("year", N_("Year"), "count"),
            Column("planned_cost_cents", N_("Cost planned"), "amount"),
            Column("realised_cost_cents", N_("Cost made"), "amount"),
            Column("planned_benefit_cents", N_("Benefit planned"), "amount"),
            Column("expected_benefit_cents", N_("Benefit expected"), "amount"),
            Column("realised_benefit_cents", N_("Benefit so far"), "amount"),
        ],
        rows=rows,
        total=_sums(rows, "agreement", *keys, "realised_benefit_cents"),
        empty=_("Nothing was planned or told."),
        sheet=_("Benefits"),
    )


def _exit_value(steps: Mapping[str, Any]) -> Table:
    divided = floor(Fraction(steps["divided"]))
    rows = [
        (_("Worth of the fund"), "amount", steps["net_asset_value_cents"], False),
        (_("Promised, not coming back"), "amount", steps["net_asset_value_cents"] - divided, False),
        (_("Divided"), "amount", divided, False),
        (_("Share of the capital"), "percent", steps["share"], False),
        (_("Its share, rounded down"), "amount", steps["gross_cents"], False),
        (_("Its own unpaid calls"), "amount", -steps["unpaid_cents"], False),
        (_("Costs of leaving"), "amount", -steps["costs_cents"], False),
        (_("Above what it paid in"), "amount", -steps["cut_cents"], False),
        (_("Net"), "amount", steps["net_cents"], True),
        (_("Now"), "amount", steps["now_cents"], False),
        (_("Later"), "amount", steps["later_cents"], False),
    ]
    return Table(
        name="exit-value",
        title=_("What leaving would mean"),
        columns=[
            Column("what", N_("What"), "text"),
            Column("share", N_("Share"), "percent", digits=4),
            Column("amount_cents", N_("Amount"), "amount"),
        ],
        rows=[
            {
                "what": what,
                "share": value if role == "percent" else None,
                "amount_cents": value if role == "amount" else None,
                EMPHASIS: strong,
            }
            for what, role, value, strong in rows
        ],
        sheet=_("On leaving"),
    )


def moved_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Every movement with its document, receipt and reference at the bank."""
    return Table(
        name="movements",
        title=_("Every movement, debit positive in the books of the fund"),
        columns=[
            Column("seq", N_("Entry"), "count"),
            Column("effective_on", N_("Day"), "date"),
            Column("account", N_("Account"), "ref"),
            Column("memo", N_("What"), "text"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("balance_cents", N_("Balance"), "amount"),
            Column("document", N_("Document"), "ref"),
            Column("receipt", N_("Receipt"), "ref"),
            Column("bank_reference", N_("Bank reference"), "text"),
        ],
        rows=rows,
        empty=_("Nothing moved."),
        sheet=_("Movements"),
    )
