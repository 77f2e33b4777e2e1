"""The story from beginning to end: who plays, in which order, and what it ends with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import Any

from fund.checks import verify
from fund.commands.founding import found_fund
from fund.commands.opening import open_fund
from fund.demo.capital import founding, paying_in, rules_of_the_story
from fund.demo.housekeeping import close_year, lock_months, own_bill, to_the_treasury, what_leaving_means
from fund.demo.invariants import broken
from fund.demo.learning import last_year, light_round, refuted, repaid, rolled_out, second_round
from fund.demo.round_one import first_round
from fund.demo.running import first_payments, first_repayments
from fund.demo.stage import Stage, office_hour
from fund.language import _
from fund.registry import PROJECTIONS
from fund.reports.burden import burdens
from fund.unit_of_work import Snapshot

BEGINS = date(2024, 1, 8)
ENDS = date(2026, 10, 30)
STORY_PROPOSALS = 9


def play(
    url: str,
    *,
    tell: Callable[[str], None],
    seed: int = 2024,
    proposals: int = 9,
    nudge: Callable[[], None] | None = None,
    step: Callable[[], None] | None = None,
    reach: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """A fund lives its life in the empty database at ``url``; what it ends with.

    Args:
        tell: Gets each line of the story.
        seed: What every id follows from.
        proposals: So many in all; those above nine are small ones, in a large round.
        nudge: Rings for workers that run already; without it this process does what follows itself.
        step: Called with each command.
        reach: Told how far the large round is, and of how much.

    Raises:
        FundExists: There is a fund already.
    """
    begins = office_hour(BEGINS)
    found_fund(
        url,
        name="Innovatiefonds Utrecht",
        admin="petra",
        fund_manager="anna",
        treasurer="bram",
        on=date(2024, 1, 1),
        rules=rules_of_the_story(),
        held_clock=begins,
        lock_step=True,
    )
    with open_fund(url, notify=nudge) as fund, ExitStack() as story:
        stage = Stage(fund, seed, tell, nudge=nudge, step=step, reach=reach, now=begins)
        story.callback(stage.let_go)  # also where it is broken off: a fund whose clock stands is no fund
        founding(stage)
        paying_in(stage)
        refs = first_round(stage)
        to_the_treasury(stage)
        first_payments(stage, refs)
        stage.part(_("5. A year is closed"))
        close_year(stage, 2024, on=date(2025, 1, 20))
        own_bill(stage)
        first_repayments(stage, refs)
        refs["loket"] = light_round(stage, others=proposals - STORY_PROPOSALS)
        refs |= second_round(stage)
        refuted(stage, refs)
        repaid(stage, refs)
        stage.part(_("11. A second year is closed"))
        close_year(stage, 2025, on=date(2026, 1, 19))
        refs |= rolled_out(stage, refs)
        last_year(stage, refs)
        what_leaving_means(stage)
        return _ending(stage)


def _ending(stage: Stage) -> dict[str, Any]:
    """The books of the third year are locked up to September; the position, and every check."""
    stage.clock(ENDS)
    lock_months(stage, ENDS.year, range(1, 10))
    stage.say(_("the months of {year} are locked up to September."), year=ENDS.year)
    position = stage.ask("statement position")
    people = len(stage.ask("user list")["users"])
    with Snapshot.open(stage.fund.engine, PROJECTIONS) as snapshot:
        burden = [each.as_json() for each in burdens(snapshot)]
        untrue = broken(snapshot)
    verified = verify(stage.fund.engine)
    return {
        "schema_version": 1,
        "commands": stage.commands,
        "people": people,
        "refusals": stage.refusals,
        "position": position,
        "burden": burden,
        "broken": untrue,
        "verify": verified,
    }
