"""Closing the books of the story: months locked and closed in order, the allowance run, the year closed."""

from __future__ import annotations

from datetime import date

from fund.demo.cast import MANAGER, TREASURER
from fund.demo.stage import Stage
from fund.language import _


def lock_months(stage: Stage, year: int, months: range) -> None:
    """Months are locked in order, each by two people."""
    for month in months:
        stage.both(MANAGER, TREASURER, "period lock", period=f"{year}-{month:02d}")


def close_year(stage: Stage, year: int, *, on: date) -> None:
    """The allowance is run, the months are locked, the result goes to 3100, the months are closed."""
    stage.clock(on)
    stage.both(MANAGER, TREASURER, "repayment allowance", on=date(year, 12, 31))
    lock_months(stage, year, range(1, 13))
    stage.both(MANAGER, TREASURER, "period close", period=str(year))
    stage.say(
        _(
            "anna runs the allowance and closes {year}, bram checks: twelve months locked, "
            "the result to 3100, every month closed."
        ),
        year=year,
    )
