"""What no answer says by itself: answers of one file that cannot be true together. Pure.

Sums are not judged here: a draft may still differ, and submitting asks them (P4). What is judged here can never
become right by waiting: a year that stands there twice, money that comes back before it is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from fund.dates import add_months
from fund.errors.proposals import (
    DayBeforeBudget,
    FieldMissing,
    FormFault,
    NamedTwice,
    OutOfOrder,
    RepaymentEndsTooEarly,
    RepaymentPlanTooLong,
)
from fund.forms.text import Path
from fund.language import _

Fault = tuple[type[FormFault], Path, dict[str, Any]]
"""What is wrong, where, and the numbers of the case."""

_ONCE: tuple[tuple[str, str, str, Callable[[Mapping[str, Any]], Any]], ...] = (
    # blocks               field of the form  the column that points  what stands in it once
    ("money.budget", "budget", "year", lambda row: row.get("year")),
    ("money.categories", "categories", "category", lambda row: _folded(row.get("category"))),
    ("money.cofinancing", "cofinancing", "source", lambda row: _folded(row.get("source"))),
    ("interests", "interests", "party", lambda row: _folded(row.get("party"))),
    ("business_case.benefits", "benefits", "year", lambda row: _both(row.get("partner"), row.get("year"))),
    ("boards", "boards", "partner", lambda row: row.get("partner")),
    ("attachments", "attachments", "sha256", lambda row: row.get("sha256")),
)


def _folded(text: str | None) -> str | None:
    return None if text is None else " ".join(text.casefold().split())


def _both(*parts: object) -> tuple[object, ...] | None:
    return None if None in parts else parts


def contradictions(
    values: Mapping[str, Any], names: Sequence[str], rows: Mapping[str, Sequence[int]]
) -> Iterator[Fault]:
    """Every contradiction among the answers that could be read; an answer that is faulty itself is left out.

    Args:
        values: By field of the typed form, what was read.
        names: The names of the team, in its order.
        rows: By path of blocks, the number in the file of each that was read.
    """
    yield from _twice(values, names, rows)
    if values.get("lead") in (values.get("co_applicants") or ()):
        yield NamedTwice, ("proposal", "co_applicants"), {"text": values["lead"]}
    years = [row.get("year") for row in values.get("budget") or ()]
    for number, (before, year) in enumerate(pairwise(years), start=1):
        if before is not None and year is not None and year < before:
            where = ("money", "budget", rows["money.budget"][number], "year")
            yield OutOfOrder, where, {"text": year, "before": before}
    yield from _milestones(values, rows)
    yield from _repayment(values)


def _twice(values: Mapping[str, Any], names: Sequence[str], rows: Mapping[str, Sequence[int]]) -> Iterator[Fault]:
    for path, name, column, key_of in _ONCE:
        met: set[Any] = set()
        for number, row in zip(rows.get(path, ()), values.get(name) or (), strict=False):
            key = key_of(row)
            if key is not None and key in met:
                yield NamedTwice, (*path.split("."), number, column), {"text": _text(key)}
            met.add(key)
    people: set[Any] = set()
    for number, name, row in zip(rows.get("team", ()), names, values.get("team") or (), strict=False):
        key = _both(_folded(name) or None, row.get("partner"), _folded(row.get("function")))
        if key is not None and key in people:
            yield NamedTwice, ("team", number, "name"), {"text": name}
        people.add(key)


def _text(key: Any) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _first_year(values: Mapping[str, Any]) -> int | None:
    return min((row["year"] for row in values.get("budget") or () if row.get("year") is not None), default=None)


def _milestones(values: Mapping[str, Any], rows: Mapping[str, Sequence[int]]) -> Iterator[Fault]:
    """A milestone shows what the money did: not before the first year for which money is asked."""
    first = _first_year(values)
    if first is None:
        return
    for number, row in zip(rows.get("milestones", ()), values.get("milestones") or (), strict=False):
        due_on = row.get("due_on")
        if due_on is not None and due_on.year < first:
            yield DayBeforeBudget, ("milestones", number, "due_on"), {"text": due_on.isoformat(), "first": first}


def _repayment(values: Mapping[str, Any]) -> Iterator[Fault]:
    """The last repayment follows the last payment, and the instalments fit before it."""
    plan = values.get("repayment")
    if not plan:
        return
    if plan.get("plan") == "savings_linked" and not plan.get("savings_share_bps"):
        yield (
            FieldMissing,
            ("repayment", "savings_share"),
            {"question": _("the share of the savings that comes back")},
        )
    ends_on = plan.get("ends_on")
    if ends_on is None:
        return
    last_result = max((row["due_on"] for row in values.get("milestones") or () if row.get("due_on")), default=None)
    if last_result is not None and ends_on < last_result:
        yield RepaymentEndsTooEarly, ("repayment", "ends_on"), {
            "text": ends_on.isoformat(), "milestone": last_result.isoformat(),
        }  # fmt: skip
        return
    first = _first_year(values)
    if plan.get("plan") != "fixed" or first is None:
        return
    months = plan.get("grace_months", 0) + plan.get("months_between", 3) * (plan.get("instalments", 1) - 1)
    last = add_months(date(first, 1, 1), months)
    if last > ends_on:
        yield RepaymentPlanTooLong, ("repayment", "ends_on"), {"text": ends_on.isoformat(), "last": last.isoformat()}
