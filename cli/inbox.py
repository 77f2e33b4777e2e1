"""``fund inbox``: what waits for whom, until when, and the command to type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, by_another, say, table
from cli.params import read
from cli.params.declared import declared
from fund.language import N_, _, day, ngettext
from fund.words import role_word
from fund.workflows.inbox.commands import Inbox, InboxItems

SOON_DAYS = 7


@declared(None, Inbox)
def inbox(ctx: click.Context, everybody: bool) -> None:
    read(ctx, Inbox(everybody=everybody), show=_show)


def _show(data: InboxItems) -> None:
    today = date.fromisoformat(data["as_of"])
    everybody = data["everybody"] or not data["user"]
    if everybody:
        title = _("Waiting, for everybody, on {day}").format(day=day(today))
    else:
        roles = ", ".join(role_word(role) for role in data["roles"])
        title = _("Waiting for you, {user} ({roles}), on {day}").format(user=data["user"], roles=roles, day=day(today))
    columns = [Column("until", N_("At the latest"), "date", style=_soon), Column("what", N_("What"), "text")]
    if everybody:
        columns.append(Column("whom", N_("For"), "name"))
    columns.append(Column("command", N_("Type"), "command"))
    rows: list[dict[str, object]] = []
    for item in data["items"]:
        rows.append(
            {
                **item,
                "until": _("today") if item["until"] == data["as_of"] else item["until"],
                "days": (date.fromisoformat(item["until"]) - today).days if item["until"] else None,
                "whom": item["partner_name"] or item["roles"],
            }
        )
        for command in filter(None, (item["command"], item["form"])) if everybody else ():
            by_another(command, "")  # whoever reads everybody's inbox need not be the one it waits for
        if item["form"]:
            rows.append({"what": _("the form to fill in for it"), "days": None, "command": item["form"]})
    table(title, columns, rows, empty=_("Nothing waits."))
    late = data["late"]
    said = ngettext("{count} of them is late.", "{count} of them are late.", late) if late else _("Late: nothing.")
    rest = "" if everybody else _("For everybody: {command}").format(command="fund inbox --all")
    say(f"{said.format(count=late)} {rest}".rstrip())


def _soon(row: Mapping[str, Any]) -> str:
    """Yellow within seven days, and where the day has gone by."""
    return "yellow" if row["days"] is not None and row["days"] <= SOON_DAYS else ""
