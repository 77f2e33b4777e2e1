"""``fund round``: when partners may apply, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.output import Column, facts, state_text, table, track_text
from cli.params import noun
from cli.params.declared import add_command, add_query
from fund.language import AMSTERDAM, N_, _, day, euros, ngettext
from fund.workflows.rounds.commands import PlanRound, RoundList, RoundShow

round = noun("round", N_("Plan and follow rounds"))


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
    table(_("Rounds"), LIST, rows, empty=_("No round yet."))


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


add_command(round, PlanRound, done=_planned)
add_query(round, RoundList, show=_show_list, columns=LIST)
add_query(round, RoundShow, show=_show)
