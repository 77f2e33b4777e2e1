"""A price index as somebody supplies it: one figure a month, with where it comes from. Pure.

The fund ships none: a statistic belongs to whoever publishes it. The file is CSV: a line ``# origin: …`` that says
which index it is and when it was read, the columns ``month,index``, and a line per month (``2026-01,134.07``).
Source: statements.md (real preservation: CPI supplied as data).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from fund.errors.closing import FaultyPrices
from fund.language import _

MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
INDEX = re.compile(r"[0-9]{1,6}([.,][0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Prices:
    """An index by month, exact; ``sha256`` is that of the file."""

    origin: str
    sha256: str
    months: Mapping[str, Fraction]

    def on(self, day: date) -> tuple[str, Fraction] | None:
        """The month and the index that hold on a day: those of its month; after the last month, the last."""
        month = f"{day:%Y-%m}"
        if month in self.months:
            return month, self.months[month]
        last = max(self.months)
        return (last, self.months[last]) if month > last else None

    def at_prices_of(self, day: date, amounts: Iterable[tuple[date, int]]) -> Fraction | str:
        """Amounts of earlier days together, in cents at the prices of ``day``; or the month that no figure is of."""
        now = self.on(day)
        if now is None:
            return f"{day:%Y-%m}"
        total = Fraction(0)
        for on, cents in amounts:
            then = self.on(on)
            if then is None:
                return f"{on:%Y-%m}"
            total += cents * now[1] / then[1]
        return total


def parse_prices(content: bytes, name: str) -> Prices:
    """The index that a file holds.

    Raises:
        FaultyPrices: Not UTF-8, no origin, other columns, a month or a figure that is none, a month twice; with the
            line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise FaultyPrices(file=name, line=line, problem=_("the text is not UTF-8")) from problem
    lines = text.splitlines()
    notes = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    origin = next((note.partition(":")[2].strip() for note in notes if note.lower().startswith("origin:")), "")
    if not origin:
        raise FaultyPrices(file=name, line=1, problem=_("no line says where it comes from: # origin: …"))
    rows = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
    months: dict[str, Fraction] = {}
    for place, (number, row) in enumerate(rows):
        fields = [field.strip() for field in next(csv.reader(io.StringIO(row)))]
        if place == 0:
            if fields != ["month", "index"]:
                raise FaultyPrices(file=name, line=number, problem=_("the columns are month,index"))
            continue
        if len(fields) != 2 or not MONTH.fullmatch(fields[0]):
            raise FaultyPrices(file=name, line=number, problem=_("a line is a month and a figure: 2026-01,134.07"))
        if not INDEX.fullmatch(fields[1]) or Fraction(fields[1].replace(",", ".")) == 0:
            raise FaultyPrices(file=name, line=number, problem=_("the figure is a number above 0: 134.07"))
        if fields[0] in months:
            raise FaultyPrices(file=name, line=number, problem=_("the month is in it twice"))
        months[fields[0]] = Fraction(fields[1].replace(",", "."))
    if not months:
        raise FaultyPrices(file=name, line=max(len(lines), 1), problem=_("there is no month in it"))
    return Prices(origin, hashlib.sha256(content).hexdigest(), months)
