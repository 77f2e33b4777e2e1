"""``fund event``: the log of facts, what follows from them, and what did not arrive."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import click

from cli.output import Column, facts, say, table
from cli.params import noun, read
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, _, day, instant, ngettext
from fund.workflows.inbox.commands import EventDead, EventDeliveries, EventList, EventShow, RetryDelivery

event = noun("event", N_("Show facts and their deliveries"))


@declared(event, EventList)
def list_(ctx: click.Context, stream: str, type: str, since_seq: int, limit: int) -> None:
    args = EventList(stream=stream, type=type, since_seq=since_seq, limit=limit)
    chosen = [*(["--stream", stream] if stream else []), *(["--type", type] if type else [])]
    read(ctx, args, show=lambda data: _list(data, shlex.join(["fund", "event", "list", *chosen])))


def _list(data: Mapping[str, Any], command: str) -> None:
    from fund.words import event_word

    columns = [
        Column("seq", N_("No."), "count"),
        Column("effective_on", N_("Day"), "date"),
        Column("fact", N_("Fact")),
        Column("of", N_("Of"), "text"),
        Column("by", N_("By"), "name"),
    ]
    title = _("Facts, the last one is number {seq}").format(seq=data["head_seq"])
    rows = [{**row, "fact": event_word(row["type"]), "by": _by(row)} for row in data["events"]]
    table(title, columns, rows, empty=_("No facts."))
    if data["more"]:
        say(_("There are more: {command}").format(command=f"{command} --since {data['events'][-1]['seq']}"))


def _show(data: Mapping[str, Any]) -> None:
    from fund.words import event_word

    line = data["event"]
    rows = [
        (_("In code"), line["type"]),
        (_("Of"), line["of"]),
        (_("Day"), day(date.fromisoformat(line["effective_on"]))),
        (_("Recorded"), instant(datetime.fromisoformat(line["recorded_at"]))),
        (_("By"), _by(line)),
        (_("Made by"), line["made_by"]),
        (_("Command"), line["command_id"]),
        (_("Because of"), line["causation_id"]),
        (_("Entries"), ", ".join(str(seq) for seq in data["entries"])),
        (_("Hash"), line["hash"]),
    ]
    for key, value in line["payload"].items():
        if value not in (None, "", []):
            rows.append((key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    facts(_("Fact {seq}: {type}").format(seq=line["seq"], type=event_word(line["type"])), rows)


def _by(line: Mapping[str, Any]) -> str:
    return _("the service") if line["actor"] == "system" else str(line["actor_name"])


def _deliveries(data: Mapping[str, Any]) -> None:
    from fund.words import state_word

    states = ("pending", "failed", "dead", "held", "skipped", "delivered")
    facts(_("Deliveries"), [(state_word("delivery", state), str(data[state])) for state in states])


def _dead(data: Mapping[str, Any]) -> None:
    columns = [
        Column("seq", N_("No."), "count"),
        Column("reaction", N_("Reaction"), "ref"),
        Column("stream", N_("Of"), "ref"),
        Column("error", N_("Why"), "text"),
        Column("waiting", N_("Behind it"), "count"),
    ]
    table(_("Dead letters"), columns, data["dead"], empty=_("Nothing is dead."))
    for row in data["dead"]:
        say(row["command"])


def _retried(answer: Mapping[str, Any]) -> list[str]:
    count = answer["result"]["retried"]
    told = ngettext("{count} delivery is tried again.", "{count} deliveries are tried again.", count)
    return [told.format(count=count)]


add_query(event, EventShow, show=_show)
add_query(event, EventDeliveries, show=_deliveries)
add_query(event, EventDead, show=_dead)
add_command(event, RetryDelivery, done=_retried)
