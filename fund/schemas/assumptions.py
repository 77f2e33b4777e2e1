"""What a forecast assumes: dated sets of chances, delays and costs, as a file of the fund holds them (TOML).

Chances and shares are basis points, delays whole quarters. A set holds from a day on and is never a statistic of
somebody else: the fund sets it, and every forecast names the set it was made with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError

from fund.errors import shape_fault
from fund.errors.amounts import InvalidAmount
from fund.language import _
from fund.money import parse
from fund.schemas.base import Shape

WHOLE_BPS = 10_000
STAGES = ("committed", "not_due", "1-30", "31-90", "91-180", "over-180")
"""Promised and not paid out yet; after that by how late the oldest instalment is, as everywhere in the fund."""


class Delay(Shape):
    """So many quarters later than planned, with this chance."""

    quarters: int = Field(ge=0, le=40)
    bps: int = Field(ge=0, le=WHOLE_BPS)


class Stage(Shape):
    """What becomes of an advance in a stage: it comes back in full, in part, or fails on the way."""

    stage: Literal["committed", "not_due", "1-30", "31-90", "91-180", "over-180"]
    full_bps: int = Field(ge=0, le=WHOLE_BPS)
    partial_bps: int = Field(ge=0, le=WHOLE_BPS)
    failed_bps: int = Field(ge=0, le=WHOLE_BPS)


class AwardProfile(Shape):
    """A new award, for a fund that has made none yet; a fund that has takes the average of its own."""

    amount: str
    """Euros, as text."""
    repayable_bps: int = Field(ge=0, le=WHOLE_BPS)
    payment_quarters: int = Field(ge=1, le=40)
    """Paid in so many equal parts, one a quarter, from the quarter after the award on."""
    grace_quarters: int = Field(ge=0, le=80)
    instalments: int = Field(ge=1, le=80)
    quarters_between: int = Field(ge=1, le=20)

    @property
    def amount_cents(self) -> int:
        return parse(self.amount)


class Assumptions(Shape):
    """One set: what it assumes, from a day on.

    Attributes:
        common_bps: The chance that an advance shares the fate of the run, instead of having one of its own.
        partial_bps: What comes back of every instalment where an advance comes back in part.
        recovered_bps: What still comes in of an instalment that failed, ``recovery_quarters`` later.
        payment_days: Between the day of a milestone, or an approval without a day, and the payment.
        costs_per_year: Euros, as text; the run rate of the last year where it is left out.
    """

    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,30}$")
    from_on: date
    note: str = Field(default="", max_length=500)
    common_bps: int = Field(default=0, ge=0, le=WHOLE_BPS)
    partial_bps: int = Field(ge=0, le=WHOLE_BPS)
    recovered_bps: int = Field(default=0, ge=0, le=WHOLE_BPS)
    recovery_quarters: int = Field(default=0, ge=0, le=40)
    payment_days: int = Field(default=0, ge=0, le=366)
    costs_per_year: str | None = None
    repayment_delays: tuple[Delay, ...] = Field(min_length=1, max_length=40)
    contribution_delays: tuple[Delay, ...] = Field(min_length=1, max_length=40)
    payment_delays: tuple[Delay, ...] = Field(min_length=1, max_length=40)
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=len(STAGES))
    award: AwardProfile

    @property
    def costs_cents(self) -> int | None:
        """What running the fund costs a year, where the set says so."""
        return None if self.costs_per_year is None else parse(self.costs_per_year)

    def stage(self, name: str) -> Stage:
        """What becomes of an advance in this stage."""
        return next(stage for stage in self.stages if stage.stage == name)


class AssumptionsFile(Shape):
    """Dated sets, in the order of their days."""

    assumptions: tuple[Assumptions, ...] = Field(min_length=1, max_length=100)


Fault = tuple[tuple[str | int, ...], str]
"""Where something stands (``("assumptions", 0, "stages", 1)``), and what is wrong with it."""


def checked(document: Mapping[str, Any]) -> tuple[AssumptionsFile | None, list[Fault]]:
    """The sets that a document holds, or everything that is wrong with it, by place."""
    try:
        found = AssumptionsFile.model_validate(document)
    except ValidationError as problems:
        wrong = problems.errors(include_url=False)
        return None, [(tuple(each["loc"]), ": ".join(shape_fault(each))) for each in wrong]
    faults = list(_contradictions(found.assumptions))
    return (None, faults) if faults else (found, [])


def _contradictions(sets: Sequence[Assumptions]) -> Iterator[Fault]:
    """Chances that do not add up (both values are named), stages that are missing, sets out of order."""
    for number, one in enumerate(sets):
        at: tuple[str | int, ...] = ("assumptions", number)
        for field in ("repayment_delays", "contribution_delays", "payment_delays"):
            delays: tuple[Delay, ...] = getattr(one, field)
            total = sum(delay.bps for delay in delays)
            if total != WHOLE_BPS:
                yield (*at, field), _adds_up(field, total)
            if len({delay.quarters for delay in delays}) != len(delays):
                yield (*at, field), _("{field}: the same number of quarters is there twice").format(field=field)
        for place, stage in enumerate(one.stages):
            total = stage.full_bps + stage.partial_bps + stage.failed_bps
            if total != WHOLE_BPS:
                yield (*at, "stages", place), _adds_up(stage.stage, total)
        named = [stage.stage for stage in one.stages]
        missing = [name for name in STAGES if name not in named]
        if missing:
            yield (*at, "stages"), _("these stages are missing: {stages}").format(stages=", ".join(missing))
        if len(set(named)) != len(named):
            yield (*at, "stages"), _("the same stage is in it twice")
        for where, text in (("costs_per_year", one.costs_per_year), ("award", one.award.amount)):
            try:
                parse(text or "0")
            except InvalidAmount as problem:
                yield (*at, where), str(problem)
        if number and one.from_on <= sets[number - 1].from_on:
            yield (
                (*at, "from_on"),
                _("{later} comes after {earlier}: sets are in the order of their days").format(
                    later=one.from_on.isoformat(), earlier=sets[number - 1].from_on.isoformat()
                ),
            )
    if len({one.version for one in sets}) != len(sets):
        yield ("assumptions",), _("two sets have the same version")


def _adds_up(what: str, total: int) -> str:
    return _("the chances of {what} add up to {total}, not to {whole} basis points").format(
        what=what, total=total, whole=WHOLE_BPS
    )
