"""``fund statement agreement``: one agreement from award to lessons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, account_name, facts, say, state_text, table
from cli.params import argument, dated, leave, leaving, verb
from cli.statement.noun import AGREEMENT, statement
from fund.language import N_, _, day, euros


@verb(
    statement,
    "agreement",
    N_("Show one agreement from award to lessons"),
    examples=("fund statement agreement A2026-003",),
    see=("agreement show", "repayment schedule"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@leaving
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
