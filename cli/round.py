"""``fund round``: when partners may apply, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.output import Column, facts, state_text, table, track_text
from cli.params import DAY, MONEY, Ref, argument, changing, listing, noun, one_of, option, read, reading, run, verb
from fund.language import AMSTERDAM, N_, _, day, euros, ngettext

ROUND = Ref(("round list", "rounds", "ref"))
TRACK = one_of("track", {"light": N_("light"), "standard": N_("standard"), "major": N_("major")})

round = noun("round", N_("Plan and follow rounds"))


@verb(
    round,
    "plan",
    N_("Announce a round"),
    about=N_("It opens at the start of its first day and closes at the end of its last, by itself."),
    examples=('fund --as anna round plan --title "Spring" --opens 2027-03-01 --closes 2027-04-15 --ceiling 500000',),
    who=N_("a fund manager; a committee chair confirms"),
    see=("round list", "confirm"),
)
@option("--title", required=True, metavar="TEXT", help=N_("What the round is called"))
@option("--opens", type=DAY, required=True, metavar="DATE", help=N_("The first day"))
@option("--closes", type=DAY, required=True, metavar="DATE", help=N_("The last day"))
@option("--ceiling", "ceiling_cents", type=MONEY, required=True, metavar="EUROS", help=N_("What it may award in all"))
@option("--track", type=TRACK, help=N_("How much is asked and required; standard when left out"))
@option(
    "--allocation",
    type=one_of("allocation", {"score": N_("score"), "order": N_("order")}),
    help=N_("How money is divided when it is short; score when left out"),
)
@changing
def plan(
    ctx: click.Context,
    title: str,
    opens: date,
    closes: date,
    ceiling_cents: int,
    track: str | None,
    allocation: str | None,
) -> None:
    args = {
        "title": title,
        "opens": opens,
        "closes": closes,
        "ceiling_cents": ceiling_cents,
        "track": track,
        "allocation": allocation,
    }
    run(ctx, "round plan", args, tell=_planned)


def _planned(answer: Mapping[str, Any]) -> list[str]:
    return [_("Round {round} is planned; it opens and closes by itself.").format(round=answer["result"]["round"])]


LIST = (
    Column("ref", N_("Round"), "ref"),
    Column("title", N_("Title"), "text"),
    Column("state", N_("State"), "state", kind="round"),
    Column("track", N_("Track"), "ref"),
    Column("last_day", N_("Closes"), "date", by="closes_at"),
    Column("ceiling_cents", N_("Ceiling"), "amount"),
    Column("left_cents", N_("Left"), "amount"),
)


@verb(
    round,
    "list",
    N_("List the rounds"),
    examples=("fund round list", "fund round list --state open"),
    see=("round show",),
)
@listing(*LIST)
@reading
def list_rounds(ctx: click.Context) -> None:
    read(ctx, "round list", show=_show_list)


def _here(at: str) -> datetime:
    """The instant as the clock of the fund shows it."""
    return datetime.fromisoformat(at).astimezone(ZoneInfo(AMSTERDAM))


def _last_day(closes_at: str) -> date:
    """The last day on which something can be handed in: a round closes at the end of it."""
    return (_here(closes_at) - timedelta(microseconds=1)).date()


def _show_list(data: Mapping[str, Any]) -> None:
    rows = [
        {**row, "track": track_text(row["track"]), "last_day": _last_day(row["closes_at"])} for row in data["rounds"]
    ]
    table(
        _("Rounds"),
        LIST,
        rows,
        empty=_("No round yet."),
    )


@verb(
    round,
    "show",
    N_("Show a round and the proposals in it"),
    examples=("fund round show 2026-1",),
    see=("proposal list",),
)
@argument("ref", type=ROUND, help=N_("The round"))
@reading
def show(ctx: click.Context, ref: str) -> None:
    read(ctx, "round show", {"ref": ref}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    found = data["round"]
    proposals = [{**row, "lead": row.get("lead_name", row["lead_partner"])} for row in data["proposals"]]
    facts(
        _("Round {ref}: {title}").format(ref=found["ref"], title=found["title"]),
        (
            (_("State"), state_text("round", found["state"])),
            (_("Track"), track_text(found["track"])),
            (_("Opens"), day(_here(found["opens_at"]).date())),
            (_("Closes"), day(_last_day(found["closes_at"]))),
            (_("Decision before"), day(_here(found["decision_before"]).date())),
            (_("Ceiling"), euros(found["ceiling_cents"])),
            (_("Committed"), euros(found["committed_cents"])),
            (_("Left"), euros(found["left_cents"])),
        ),
    )
    if proposals:
        number = len(proposals)
        table(
            _("Proposals in this round"),
            (
                Column("ref", N_("Proposal"), "ref"),
                Column("title", N_("Title"), "text"),
                Column("lead", N_("Lead"), "name"),
                Column("state", N_("State"), "state", kind="proposal"),
                Column("ask_cents", N_("Asked"), "amount"),
                Column("award_cents", N_("Awarded"), "amount"),
            ),
            proposals,
            total={
                "ref": ngettext("{count} proposal", "{count} proposals", number).format(count=number),
                "ask_cents": sum(row["ask_cents"] for row in proposals),
                "award_cents": sum(row["award_cents"] for row in proposals),
            },
        )
