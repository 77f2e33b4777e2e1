"""The quarters ahead of a day: the rest of its own, then whole ones; amounts that fall in them, exact to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from fund.dates import add_months, last_day


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount that is planned on a day, in cents."""

    on: date
    cents: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of the calendar, or what is left of the one in which the forecast is made."""

    name: str
    starts_on: date
    ends_on: date


class Quarters:
    """So many quarters after a day; what falls on an earlier day falls in the first of them."""

    def __init__(self, as_of: date, count: int) -> None:
        self.as_of = as_of
        self._first = _number(as_of + timedelta(days=1))
        self.all = tuple(self._quarter(number) for number in range(count))

    def __len__(self) -> int:
        return len(self.all)

    def _quarter(self, number: int) -> Quarter:
        year, of_year = divmod(self._first + number, 4)
        starts_on = date(year, 3 * of_year + 1, 1)
        ends_on = last_day(f"{year}-{3 * of_year + 3:02d}")
        return Quarter(f"{year}-Q{of_year + 1}", max(starts_on, self.as_of + timedelta(days=1)), ends_on)

    def place(self, day: date) -> int:
        """How many quarters ahead a day lies; those beyond the last count on."""
        return max(_number(day) - self._first, 0)

    def planned(self, flows: Iterable[Flow]) -> list[tuple[int, int]]:
        """Amounts by quarter, in order, those of one quarter together."""
        sums: dict[int, int] = {}
        for flow in flows:
            at = self.place(flow.on)
            sums[at] = sums.get(at, 0) + flow.cents
        return sorted(sums.items())

    def until(self, day: date) -> int:
        """So many quarters it takes until a day has passed."""
        return _number(day) - self._first + 1

    def after_years(self, years: int) -> int:
        """How many quarters have ended so many years later, the one in which that day lies included."""
        return self.until(add_months(self.as_of, 12 * years))


def _number(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def cumulated(planned: Iterable[tuple[int, int]], count: int) -> list[int]:
    """What of the planned amounts has passed at the end of each of so many quarters."""
    moved = [0] * count
    for at, cents in planned:
        if at < count:
            moved[at] += cents
    return list(accumulate(moved))


def steps(reached: Sequence[int]) -> list[int]:
    """The amount of each quarter, of amounts reached at its end."""
    return [after - before for before, after in zip((0, *reached), reached, strict=False)]
