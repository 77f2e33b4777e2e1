"""What can be asked of rounds."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import AMOUNT, DAY, TEXT, Choice, Input, Question, argument, command, option, query
from fund.language import N_
from fund.references import ROUND
from fund.rules.authority import CHAIR, FUND_MANAGER


@command(
    "round plan",
    ".use_cases:plan",
    FUND_MANAGER,
    second=CHAIR,
    examples=('fund --as anna round plan --title "Spring" --opens 2027-03-01 --closes 2027-04-15 --ceiling 500000',),
    permitted=N_("a fund manager; a committee chair confirms"),
    see=("round list", "confirm"),
)
class PlanRound(Input):
    """Announce a round.

    It opens at the start of its first day and closes at the end of its last, by itself.
    """

    title: str = option("--title", TEXT, N_("What the round is called"))
    opens: date = option("--opens", DAY, N_("The first day"))
    closes: date = option("--closes", DAY, N_("The last day"))
    ceiling_cents: int = option("--ceiling", AMOUNT, N_("What it may award in all"))
    track: str = option(
        "--track",
        Choice("track", words={"light": N_("light"), "standard": N_("standard"), "major": N_("major")}),
        N_("How much is asked and required; standard when left out"),
        default="standard",
    )
    allocation: str = option(
        "--allocation",
        Choice("allocation", words={"score": N_("score"), "order": N_("order")}),
        N_("How money is divided when it is short; score when left out"),
        default="score",
    )


class RoundRow(TypedDict):
    ref: str
    title: str
    track: str
    state: str
    opens_at: str
    closes_at: str
    decision_before: str
    allocation: str
    ask_from_cents: int
    ask_below_cents: int | None
    ceiling_cents: int
    committed_cents: int
    left_cents: int
    proposals: int
    ask_cents: int


class Rounds(TypedDict):
    rounds: list[RoundRow]


class ProposalOfRound(TypedDict):
    ref: str
    title: str
    lead_partner: str
    lead_name: str
    state: str
    ask_cents: int
    award_cents: int


class RoundDetail(TypedDict):
    round: RoundRow
    proposals: list[ProposalOfRound]


@query(
    "round list",
    ".use_cases:rounds",
    lists={"rounds": "round"},
    examples=("fund round list", "fund round list --state open"),
    see=("round show",),
)
class RoundList(Question[Rounds]):
    """List the rounds."""


@query("round show", ".use_cases:round_shown", examples=("fund round show 2026-1",), see=("proposal list",))
class RoundShow(Question[RoundDetail]):
    """Show a round and the proposals in it."""

    ref: str = argument(ROUND, N_("The round"))
