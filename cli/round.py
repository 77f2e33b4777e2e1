"""``fund round``: when partners may apply, and for how much."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.output import Column, track_text
from cli.output.views import DetailView, ListView
from cli.params import noun
from cli.params.declared import add_command, add_query
from fund.language import AMSTERDAM, N_, NN_, day
from fund.workflows.rounds.commands import PlanRound, RoundDetail, RoundList, RoundShow

round = noun("round", N_("Plan and follow rounds"))


def _here(at: str) -> datetime:
    """The instant as the clock of the fund shows it."""
    return datetime.fromisoformat(at).astimezone(ZoneInfo(AMSTERDAM))


def _last_day(closes_at: str) -> date:
    """The last day on which something can be handed in: a round closes at the end of it."""
    return (_here(closes_at) - timedelta(microseconds=1)).date()


LIST = ListView(
    title=N_("Rounds"),
    rows="rounds",
    columns=(
        Column("ref", N_("Round"), "ref"),
        Column("title", N_("Title")),
        Column("state", N_("State"), "state", kind="round"),
        Column("track", N_("Track"), "ref", cell=lambda row: track_text(row["track"])),
        Column("last_day", N_("Closes"), "date", by="closes_at", cell=lambda row: _last_day(row["closes_at"])),
        Column("ceiling_cents", N_("Ceiling"), "amount"),
        Column("left_cents", N_("Left"), "amount"),
    ),
    empty=N_("No round yet."),
)
ROUND = (
    Column("state", N_("State"), "state", kind="round"),
    Column("track", N_("Track"), cell=lambda row: track_text(row["track"])),
    Column("opens_at", N_("Opens"), cell=lambda row: day(_here(row["opens_at"]).date())),
    Column("closes_at", N_("Closes"), cell=lambda row: day(_last_day(row["closes_at"]))),
    Column("decision_before", N_("Decision before"), cell=lambda row: day(_here(row["decision_before"]).date())),
    Column("ceiling_cents", N_("Ceiling"), "amount"),
    Column("committed_cents", N_("Committed"), "amount"),
    Column("left_cents", N_("Left"), "amount"),
)
PROPOSALS = ListView(
    title=N_("Proposals in this round"),
    rows="proposals",
    columns=(
        Column("ref", N_("Proposal"), "ref"),
        Column("title", N_("Title")),
        Column("lead_name", N_("Lead"), "name"),
        Column("state", N_("State"), "state", kind="proposal"),
        Column("ask_cents", N_("Asked"), "amount"),
        Column("award_cents", N_("Awarded"), "amount"),
    ),
    count=NN_("{count} proposal", "{count} proposals"),
    sums=("ask_cents", "award_cents"),
    optional=True,
)


def _show(data: RoundDetail) -> None:
    DetailView(title=N_("Round {ref}: {title}"), facts=ROUND)(data["round"])
    PROPOSALS(data)


add_command(round, PlanRound, done=N_("Round {round} is planned; it opens and closes by itself."))
add_query(round, RoundList, show=LIST)
add_query(round, RoundShow, show=_show)
