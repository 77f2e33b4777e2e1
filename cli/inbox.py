"""``fund inbox``: what waits for whom, until when, and the command to type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, say, table
from cli.params import option, read, reading, verb
from fund import glossary
from fund.language import N_, _, day, ngettext


@verb(
    None,
    "inbox",
    N_("Show what waits for you, and until when"),
    about=N_("Every line ends with the command that does it. What is late is counted below."),
    examples=("fund --as anna inbox", "fund --as anna inbox --all"),
    see=("confirm", "decline", "status"),
)
@option("--all", "everybody", is_flag=True, help=N_("What waits for everybody"))
@reading
def inbox(ctx: click.Context, everybody: bool) -> None:
    read(ctx, "inbox", {"everybody": True} if everybody else {}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    today = date.fromisoformat(data["as_of"])
    everybody = bool(data.get("everybody")) or not data.get("user")
    if everybody:
        title = _("Waiting, for everybody, on {day}").format(day=day(today))
    else:
        roles = ", ".join(glossary.role_word(role) for role in data["roles"])
        title = _("Waiting for you, {user} ({roles}), on {day}").format(user=data["user"], roles=roles, day=day(today))
    columns = [Column("until", N_("At the latest"), "date"), Column("what", N_("What"), "text")]
    if everybody:
        columns.append(Column("whom", N_("For"), "name"))
    columns.append(Column("command", N_("Type"), "command"))
    rows = [{**item, "whom": item.get("partner_name") or item["roles"]} for item in data["items"]]
    table(title, columns, rows, empty=_("Nothing waits."))
    late = sum(1 for item in data["items"] if item.get("until") and item["until"][:10] < data["as_of"])
    said = ngettext("{count} of them is late.", "{count} of them are late.", late) if late else _("Late: nothing.")
    rest = "" if everybody else _("For everybody: {command}").format(command="fund inbox --all")
    say(f"{said.format(count=late)} {rest}".rstrip())
