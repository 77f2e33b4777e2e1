"""Chance, exactly: dice that throw the same everywhere, what can become of an advance, and what is found of many runs.

**Dice.** SHAKE-128 over the name of the method, the seed and the number of the run gives 64 bits for each throw. So a
seed gives the same runs in every version of Python and on every machine, run 7 is the same whether ten or ten thousand
are made, and no library of random numbers is involved.

**What becomes of an advance.** Two throws: what is lost, and how late the rest comes. Lost: it fails from one of its
quarters on, drawn evenly, or from the first one where it is late already (of what fails a share comes in later), it
comes back in full, or in part. Late: all of it moves by the same number of quarters. A low throw is a bad one, and the
chance of failing lies at the lower end, that of a part at the upper; so with the same dice more loss or more delay
never brings more money in any run.

**Adding up.** What an advance brings by the end of each quarter is known beforehand for each thing that can become of
it. Those amounts stand side by side in one long whole number, 64 bits each, and a run is a sum of such numbers: exact
to the cent, without floating point.

Pure: amounts and chances in, amounts out.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import shake_128

from fund.reports.forecasts.quarters import cumulated
from fund.schemas.assumptions import WHOLE_BPS, Assumptions, Delay, Stage

METHOD = b"revolving-fund forecast 1"
FULL = 1 << 64
"""A throw lies below this."""
ON_TIME = ("committed", "not_due")
"""The stages in which nothing is late: what fails there fails later on."""
LANE = 8
"""Bytes of one amount in a long number."""


class Dice:
    """Throws of 64 bits, by seed and run."""

    def __init__(self, seed: int) -> None:
        self._from = METHOD + b"|" + str(seed).encode() + b"|"

    def throws(self, run: int, count: int) -> tuple[int, ...]:
        """So many throws of one run; more of them begin with the same ones."""
        read = shake_128(self._from + str(run).encode()).digest(8 * count)
        return struct.unpack(f"<{count}Q", read)


def lanes(amounts: Sequence[int]) -> int:
    """Amounts side by side in one number; none below nothing, their sums below 2**63."""
    return int.from_bytes(struct.pack(f"<{len(amounts)}Q", *amounts), "little")


def unpacked(number: int, count: int) -> tuple[int, ...]:
    """The amounts that stand side by side in a number."""
    return struct.unpack(f"<{count}Q", number.to_bytes(LANE * count, "little"))


def delays_of(delays: Sequence[Delay]) -> list[tuple[int, int]]:
    """Delays with the upper bound of their throws, the longest first; those without a chance are left out."""
    reached, found = 0, []
    for delay in sorted(delays, key=lambda delay: -delay.quarters):
        if delay.bps:
            reached += delay.bps
            found.append((delay.quarters, FULL * reached // WHOLE_BPS))
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that can become of an advance, with its chance.

    Attributes:
        weight: Its chance, in parts of the whole of its :class:`Fates`.
        parts: By instalment (in its order), what comes of it: ``WHOLE_BPS`` all of it, less where it is lost.
        fails_from: The first instalment that fails; ``None`` where it does not fail.
        delay: So many quarters later.
    """

    weight: int
    parts: tuple[int, ...]
    fails_from: int | None
    delay: int


@dataclass(frozen=True, slots=True)
class Fates:
    """Everything that can become of one advance: outcomes by what is lost, then by how late; and the throws for it."""

    outcomes: tuple[Outcome, ...]
    whole: int
    lost_below: tuple[int, ...]
    late_below: tuple[int, ...]

    def pick(self, lost: int, late: int) -> int:
        """Which outcome two throws give."""
        return bisect_right(self.lost_below, lost) * len(self.late_below) + bisect_right(self.late_below, late)


def fates(instalments: int, stage: Stage | None, assumed: Assumptions, delays: Sequence[Delay]) -> Fates:
    """What can become of an advance of so many instalments; without a stage nothing is lost.

    Outcomes without a chance are left out.
    """
    full, partial, failed = (stage.full_bps, stage.partial_bps, stage.failed_bps) if stage else (WHOLE_BPS, 0, 0)
    firsts = 1 if stage is None or stage.stage not in ON_TIME else instalments
    lost: list[tuple[int, tuple[int, ...], int | None, int]] = []
    below = FULL * failed // WHOLE_BPS
    if failed:
        for first in range(firsts):
            parts = tuple([WHOLE_BPS] * first + [assumed.recovered_bps] * (instalments - first))
            lost.append((failed, parts, first, -(-below * (first + 1) // firsts)))
    if full:
        bound = FULL - FULL * partial // WHOLE_BPS
        lost.append((full * firsts, tuple([WHOLE_BPS] * instalments), None, bound))
    if partial:
        lost.append((partial * firsts, tuple([assumed.partial_bps] * instalments), None, FULL))
    late = delays_of(delays)
    by_quarters = {delay.quarters: delay.bps for delay in delays}
    outcomes = tuple(
        Outcome(weight * by_quarters[quarters], parts, first, quarters)
        for weight, parts, first, _bound in lost
        for quarters, _upper in late
    )
    bounds = tuple(bound for *_rest, bound in lost), tuple(bound for _quarters, bound in late)
    return Fates(outcomes, WHOLE_BPS * WHOLE_BPS * firsts, *bounds)


def comes_in(planned: Sequence[tuple[int, int]], outcome: Outcome, recovery_quarters: int, count: int) -> list[int]:
    """What has come in at the end of each of so many quarters, in cents; parts of a cent wait for the next one.

    Args:
        planned: Instalments by quarter, in order.
    """
    paid: list[tuple[int, int]] = []
    recovered: list[tuple[int, int]] = []
    for place, (at, cents) in enumerate(planned):
        fails = outcome.fails_from is not None and place >= outcome.fails_from
        (recovered if fails else paid).append(
            (at + outcome.delay + (recovery_quarters if fails else 0), cents * outcome.parts[place])
        )
    found = cumulated(paid, count)
    if recovered:
        return [
            one // WHOLE_BPS + other // WHOLE_BPS for one, other in zip(found, cumulated(recovered, count), strict=True)
        ]
    return [one // WHOLE_BPS for one in found]


def in_the_end(planned: Sequence[tuple[int, int]], outcome: Outcome) -> int:
    """What has come in when all is over, in cents."""
    paid = recovered = 0
    for place, (_at, cents) in enumerate(planned):
        if outcome.fails_from is not None and place >= outcome.fails_from:
            recovered += cents * outcome.parts[place]
        else:
            paid += cents * outcome.parts[place]
    return paid // WHOLE_BPS + recovered // WHOLE_BPS


def quantile(ordered: Sequence[int], percent: int) -> int:
    """Of values in order, the lowest that so many percent do not exceed (nearest rank): one of the values itself."""
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]


def spread(values: Iterable[int], percents: Sequence[int]) -> list[int]:
    """Several quantiles of the same values."""
    ordered = sorted(values)
    return [quantile(ordered, percent) for percent in percents]


Watch = Callable[[int, int], None]
"""Hears how many runs were made, and of how many."""
