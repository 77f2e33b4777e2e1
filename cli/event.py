"""``fund event``: the log of facts, what follows from them, and what did not arrive."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import datetime

import click

from cli.output import Column, facts, say
from cli.output.views import Counted, ListView
from cli.params import noun, read
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, NN_, _, day, instant
from fund.words import event_word, state_word
from fund.workflows.inbox.commands import (
    DeadLetters,
    EventDead,
    EventDeliveries,
    EventDetail,
    EventList,
    EventRow,
    Events,
    EventShow,
    RetryDelivery,
)

event = noun("event", N_("Show facts and their deliveries"))


@declared(event, EventList)
def list_(ctx: click.Context, stream: str, type: str, since_seq: int, limit: int) -> None:
    args = EventList(stream=stream, type=type, since_seq=since_seq, limit=limit)
    chosen = [*(["--stream", stream] if stream else []), *(["--type", type] if type else [])]
    read(ctx, args, show=lambda data: _list(data, shlex.join(["fund", "event", "list", *chosen])))


EVENTS = ListView(
    title=N_("Facts, the last one is number {head_seq}"),
    rows="events",
    columns=(
        Column("seq", N_("No."), "count"),
        Column("effective_on", N_("Day"), "date"),
        Column("fact", N_("Fact"), cell=lambda row: event_word(row["type"])),
        Column("of", N_("Of")),
        Column("by", N_("By"), "name", cell=lambda row: _by(row)),
    ),
    empty=N_("No facts."),
)


def _list(data: Events, command: str) -> None:
    EVENTS(data)
    if data["more"]:
        say(_("There are more: {command}").format(command=f"{command} --since {data['events'][-1]['seq']}"))


FACTS = (
    Column("type", N_("In code")),
    Column("of", N_("Of")),
    Column("effective_on", N_("Day"), cell=lambda row: day(row["effective_on"])),
    Column("recorded_at", N_("Recorded"), cell=lambda row: instant(datetime.fromisoformat(row["recorded_at"]))),
    Column("by", N_("By"), cell=lambda row: _by(row)),
    Column("made_by", N_("Made by")),
    Column("command_id", N_("Command")),
    Column("causation_id", N_("Because of")),
    Column("entries", N_("Entries")),
    Column("hash", N_("Hash")),
)


def _show(data: EventDetail) -> None:
    line = data["event"]
    rows = [each.fact({**line, "entries": data["entries"]}) for each in FACTS]
    for key, value in line["payload"].items():
        if value not in (None, "", []):
            rows.append((key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    facts(_("Fact {seq}: {type}").format(seq=line["seq"], type=event_word(line["type"])), rows)


def _by(line: EventRow) -> str:
    return _("the service") if line["actor"] == "system" else line["actor_name"]


def _deliveries(data: Mapping[str, int]) -> None:
    states = ("pending", "failed", "dead", "held", "skipped", "delivered")
    facts(_("Deliveries"), [(state_word("delivery", state), str(data[state])) for state in states])


DEAD = ListView(
    title=N_("Dead letters"),
    rows="dead",
    columns=(
        Column("seq", N_("No."), "count"),
        Column("reaction", N_("Reaction"), "ref"),
        Column("stream", N_("Of"), "ref"),
        Column("error", N_("Why")),
        Column("waiting", N_("Behind it"), "count"),
    ),
    empty=N_("Nothing is dead."),
)


def _dead(data: DeadLetters) -> None:
    DEAD(data)
    for row in data["dead"]:
        say(row["command"])


add_query(event, EventShow, show=_show)
add_query(event, EventDeliveries, show=_deliveries)
add_query(event, EventDead, show=_dead)
add_command(
    event,
    RetryDelivery,
    done=Counted("retried", NN_("{count} delivery is tried again.", "{count} deliveries are tried again.")),
)
