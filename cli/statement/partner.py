"""``fund statement partner``: what one partner was asked and paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, facts, state_text, table
from cli.params import argument, dated, leave, leaving, verb
from cli.statement.noun import PARTNER, statement
from fund.language import N_, _, day, euros


@verb(
    statement,
    "partner",
    N_("Show what a partner was asked and what it paid"),
    examples=("fund statement partner gm0344",),
    see=("partner show", "capital list"),
)
@argument("partner", type=PARTNER, metavar="ID", help=N_("The partner"))
@leaving
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
