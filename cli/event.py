"""``fund event``: the log of facts, what follows from them, and what did not arrive."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import click

from cli.output import Column, facts, say, table
from cli.params import FACT, Ref, argument, changing, noun, option, read, reading, run, verb
from fund.language import N_, _, day, instant, ngettext

event = noun("event", N_("Show facts and their deliveries"))


@verb(
    event,
    "list",
    N_("List facts in the order in which they became known"),
    about=N_("All facts, or those of one case (a stream such as `proposal/2026-003`) or of one type."),
    examples=("fund event list --stream proposal/2026-003", "fund event list --type decision.approved --json"),
    see=("event show", "proposal history"),
)
@option("--stream", metavar="STREAM", help=N_("Only facts of this case: `kind/ref`"))
@option("--type", "kind", type=FACT, metavar="TYPE", help=N_("Only facts of this type"))
@option("--since", "since_seq", type=click.IntRange(0), metavar="SEQ", help=N_("Only facts after this number"))
@option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    metavar="N",
    help=N_("At most so many"),
)
@reading
def list_(ctx: click.Context, stream: str | None, kind: str | None, since_seq: int | None, limit: int) -> None:
    args = {"stream": stream, "type": kind, "since_seq": since_seq, "limit": limit}
    chosen = [*(["--stream", stream] if stream else []), *(["--type", kind] if kind else [])]
    read(ctx, "event list", args, show=lambda data: _list(data, shlex.join(["fund", "event", "list", *chosen])))


def _list(data: Mapping[str, Any], command: str) -> None:
    from fund.glossary import event_word

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


@verb(
    event,
    "show",
    N_("Show one fact, with its entries"),
    about=N_("By number or by id: who, when, because of what, and the payload that was sealed."),
    examples=("fund event show 12",),
    see=("event list", "ledger entry"),
)
@argument("ref", type=Ref(), help=N_("The number or id of the fact"))
@reading
def show(ctx: click.Context, ref: str) -> None:
    read(ctx, "event show", {"ref": ref}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    from fund.glossary import event_word

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


@verb(
    event,
    "deliveries",
    N_("Count what is open, done and dead"),
    about=N_("Every fact has one delivery for each reaction that hears it."),
    examples=("fund event deliveries --json",),
    see=("event dead", "worker"),
)
@reading
def deliveries(ctx: click.Context) -> None:
    read(ctx, "event deliveries", {}, show=_deliveries)


def _deliveries(data: Mapping[str, Any]) -> None:
    from fund.glossary import state_word

    states = ("pending", "failed", "dead", "held", "skipped", "delivered")
    facts(_("Deliveries"), [(state_word("delivery", state), str(data[state])) for state in states])


@verb(
    event,
    "dead",
    N_("Show what could not be delivered, and why"),
    about=N_("A delivery that is stuck holds up the rest of its case for that reaction, and nothing else."),
    examples=("fund event dead",),
    see=("event retry",),
)
@reading
def dead(ctx: click.Context) -> None:
    read(ctx, "event dead", {}, show=_dead)


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


@verb(
    event,
    "retry",
    N_("Try a dead letter again"),
    about=N_("Do this when its cause was taken away. It is tried five times again."),
    examples=("fund --as petra event retry evt_abc receipts.match",),
    who=N_("an admin; or a fund manager, and a second fund manager confirms"),
    see=("event dead",),
)
@argument("ref", type=Ref(("event dead", "dead", "event_id")), help=N_("The id of the fact"))
@argument("reaction", required=False, type=Ref(("event dead", "dead", "reaction")), help=N_("The reaction; else all"))
@changing
def retry(ctx: click.Context, ref: str, reaction: str | None) -> None:
    run(ctx, "event retry", {"ref": ref, "reaction": reaction}, tell=_retried)


def _retried(answer: Mapping[str, Any]) -> list[str]:
    count = answer["result"]["retried"]
    told = ngettext("{count} delivery is tried again.", "{count} deliveries are tried again.", count)
    return [told.format(count=count)]
