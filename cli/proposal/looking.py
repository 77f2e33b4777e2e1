"""What of proposals is read: the list, one of them, its life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, raw, table
from cli.params import PARTNER, argument, dated, leave, leaving, listing, option, read, reading, typed, verb
from cli.proposal.noun import PROPOSAL, ROUND, proposal
from fund.language import N_, _, day, language, ngettext

LIST = (
    Column("ref", N_("Proposal"), "ref"),
    Column("title", N_("Title"), "text"),
    Column("lead_name", N_("Lead"), "name"),
    Column("state", N_("State"), "state", kind="proposal"),
    Column("ask_cents", N_("Asked"), "amount"),
    Column("round", N_("Round"), "ref"),
)


@verb(
    proposal,
    "list",
    N_("List the proposals"),
    about=N_("Drafts of others are left out."),
    examples=(
        "fund proposal list",
        "fund proposal list --round 2026-1 --state eligible",
        "fund proposal list --search water --sort -asked",
    ),
    see=("proposal show",),
)
@option("--round", type=ROUND, metavar="REF", help=N_("Only of this round"))
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("Only where this partner is a party"))
@listing(*LIST)
@dated
def list_proposals(ctx: click.Context, round: str | None, partner: str | None) -> None:
    read(ctx, "proposal list", {"round": round, "partner": partner}, show=_show_list)


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


@verb(
    proposal,
    "show",
    N_("Show a proposal whole"),
    about=N_(
        "Where it stands, the plan, budget, repayment, milestones, interests, risks, and what the rules found. With "
        "--file it prints the form again, to change and save."
    ),
    examples=(
        "fund proposal show 2026-003",
        "fund proposal show 2026-003 --output 2026-003.pdf",
        "fund --as fatima proposal show 2026-003 --file > loket.toml",
    ),
    see=("proposal history", "proposal save", "proposal file list"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--file", "as_file", is_flag=True, help=N_("Print the form as a file"))
@leaving
@dated
def show(ctx: click.Context, ref: str, as_file: bool, form: str, output: str | None) -> None:
    if not as_file:
        leave(ctx, "proposal show", {"ref": ref}, form=form, path=output, private=True)
        return
    if typed(ctx, "as_of") is not None:
        raise click.UsageError(_("--file prints the form as it is now; leave --as-of out"), ctx)
    if form != "table" or output is not None:
        raise click.UsageError(_("--file prints the form itself; leave --format and --output out"), ctx)
    args = {"ref": ref, "comments": language()}
    read(ctx, "proposal file", args, show=lambda data: raw(data["toml"].encode()))


@verb(
    proposal,
    "history",
    N_("Show the whole history of a proposal"),
    about=N_("Every fact about it: review, decision, agreement, money, repayment, lessons."),
    examples=("fund proposal history 2026-003", "fund proposal history 2026-003 --json"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@reading
def history(ctx: click.Context, ref: str) -> None:
    read(ctx, "proposal history", {"ref": ref}, show=_show_history)


def _show_history(data: Mapping[str, Any]) -> None:
    from fund.glossary import event_word

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
