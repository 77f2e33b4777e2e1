"""What of proposals is read: the list, one of them, its life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, raw, table
from cli.params import export_options, option, read, show_or_export, typed
from cli.params.declared import add_query, declared
from cli.proposal.noun import proposal
from fund.language import N_, _, day, language, ngettext
from fund.workflows.proposals.commands import ProposalFile, ProposalHistory, ProposalList, ProposalShow

LIST = (
    Column("ref", N_("Proposal"), "ref"),
    Column("title", N_("Title"), "text"),
    Column("lead_name", N_("Lead"), "name"),
    Column("state", N_("State"), "state", kind="proposal"),
    Column("ask_cents", N_("Asked"), "amount"),
    Column("round", N_("Round"), "ref"),
)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["proposals"]
    count = len(rows)
    table(
        _("Proposals, state of {day}").format(day=day(data["as_of"])),
        LIST,
        rows,
        total={
            "ref": ngettext("{count} proposal", "{count} proposals", count).format(count=count),
            "ask_cents": sum(row["ask_cents"] for row in rows),
        },
        empty=_("No proposal that you may see."),
    )


@declared(proposal, ProposalShow)
@option("--file", "as_file", is_flag=True, help=N_("Print the form as a file"))
@export_options
def show(ctx: click.Context, ref: str, as_file: bool, form: str, output: str | None) -> None:
    if not as_file:
        show_or_export(ctx, ProposalShow(ref=ref), form=form, path=output, private=True)
        return
    if typed(ctx, "as_of") is not None:
        raise click.UsageError(_("--file prints the form as it is now; leave --as-of out"), ctx)
    if form != "table" or output is not None:
        raise click.UsageError(_("--file prints the form itself; leave --format and --output out"), ctx)
    read(ctx, ProposalFile(ref=ref, comments=language()), show=lambda data: raw(data["toml"].encode()))


def _show_history(data: Mapping[str, Any]) -> None:
    from fund.words import event_word

    rows = [{**event, "what": event_word(event["type"]), "who": _who(event)} for event in data["events"]]
    table(
        _("The history of {ref}: {title}").format(ref=data["ref"], title=data["title"]),
        (
            Column("seq", N_("Fact"), "count"),
            Column("occurred_at", N_("Day"), "date"),
            Column("what", N_("What happened"), "ref"),
            Column("who", N_("Who"), "text"),
        ),
        rows,
    )


def _who(event: Mapping[str, Any]) -> str:
    if event["actor"] == "system":
        return _("the service")
    if event["made_by_name"]:
        return _("{maker}, confirmed by {second}").format(maker=event["made_by_name"], second=event["actor_name"])
    return str(event["actor_name"])


add_query(proposal, ProposalList, show=_show_list, columns=LIST)
add_query(proposal, ProposalHistory, show=_show_history)
