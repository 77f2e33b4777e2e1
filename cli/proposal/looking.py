"""What of proposals is read: the list, one of them, its life."""

from __future__ import annotations

import click

from cli.output import Column, raw
from cli.output.views import ListView
from cli.params import export_options, option, read, show_or_export, typed
from cli.params.declared import add_query, declared
from cli.proposal.noun import proposal
from fund.language import N_, NN_, _, language
from fund.words import event_word
from fund.workflows.proposals.commands import HistoryRow, ProposalFile, ProposalHistory, ProposalList, ProposalShow

LIST = ListView(
    title=N_("Proposals, state of {as_of}"),
    rows="proposals",
    columns=(
        Column("ref", N_("Proposal"), "ref"),
        Column("title", N_("Title")),
        Column("lead_name", N_("Lead"), "name"),
        Column("state", N_("State"), "state", kind="proposal"),
        Column("ask_cents", N_("Asked"), "amount"),
        Column("round", N_("Round"), "ref"),
    ),
    count=NN_("{count} proposal", "{count} proposals"),
    sums=("ask_cents",),
    empty=N_("No proposal that you may see."),
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


def _who(event: HistoryRow) -> str:
    if event["actor"] == "system":
        return _("the service")
    if event["made_by_name"]:
        return _("{maker}, confirmed by {second}").format(maker=event["made_by_name"], second=event["actor_name"])
    return event["actor_name"]


HISTORY = ListView(
    title=N_("The history of {ref}: {title}"),
    rows="events",
    columns=(
        Column("seq", N_("Fact"), "count"),
        Column("occurred_at", N_("Day"), "date"),
        Column("what", N_("What happened"), "ref", cell=lambda event: event_word(event["type"])),
        Column("who", N_("Who"), cell=_who),
    ),
)

add_query(proposal, ProposalList, show=LIST)
add_query(proposal, ProposalHistory, show=HISTORY)
