"""What must stand in the books, by plain dictionaries.

The shadow knows no code of the fund: balances are a dictionary of account and cents, cases are dictionaries, and the
rules of lifecycle.md are written down again in the simplest words.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from tests.factories import START

BUFFER = 500_000
Legs = tuple[tuple[str, int], ...]


def half_up(value: Fraction) -> int:
    """Whole cents; half a cent goes up."""
    return floor(value + Fraction(1, 2))


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


class Shadow:
    """The dictionaries."""

    def __init__(self) -> None:
        self.today = START.date()
        self.books: dict[str, int] = defaultdict(int)
        self.entries: list[tuple[date, str, Legs]] = []
        self.calls: dict[str, dict[str, Any]] = {}
        self.receipts: dict[str, dict[str, Any]] = {}
        self.agreements: dict[str, dict[str, Any]] = {}
        self.disbursements: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.writeoffs: dict[str, dict[str, Any]] = {}
        self.debits: list[tuple[str, int]] = []
        self.months: dict[str, str] = {}
        self.years: list[str] = []
        self.closings: dict[str, Legs] = {}
        self.by_hand: dict[int, Legs] = {}
        self.allowance_runs: list[date] = []

    # -------------------------------------------------------------------------------------------------------- the books

    def book(self, *legs: tuple[str, int], on: date | None = None, kind: str = "") -> Legs:
        """One entry; debits are above zero, legs of nothing are left out."""
        kept = tuple(leg for leg in legs if leg[1])
        assert sum(cents for _account, cents in kept) == 0
        if kept:
            self.entries.append((on or self.today, kind, kept))
            for account, cents in kept:
                self.books[account] += cents
        return kept

    def sum(self, *mains: str) -> int:
        """What stands on main accounts together, debit positive, closings included."""
        return sum(cents for account, cents in self.books.items() if account.split(".")[0] in mains)

    def as_of(self, day: date) -> dict[str, int]:
        """Balances at the end of a day."""
        found: dict[str, int] = defaultdict(int)
        for on, _kind, legs in self.entries:
            if on <= day:
                for account, cents in legs:
                    found[account] += cents
        return found

    def booking_day(self, day: date) -> date:
        """The day of the bank; today, once that month takes no entries any more."""
        return self.today if day.strftime("%Y-%m") in self.months else day

    def free(self) -> int:
        """What may still be promised."""
        return self.sum("1000", "1005", "1010", "2000", "2100", "2200", "2300") - self.sum("9000") - BUFFER

    def nav(self) -> int:
        """Net asset value."""
        return self.sum("1000", "1005", "1010", "1100", "1200", "1290", "2000", "2100", "2200", "2210", "2300")

    def cash_available(self) -> int:
        """What can still be paid from the bank."""
        return self.sum("1000", "1010", "2000")

    def lent(self, ref: str) -> int:
        """The advance of an agreement."""
        return self.books[f"1200.{ref}"]

    def above(self, ref: str) -> Legs:
        """The allowance above what is left of the advance is released."""
        released = max(-self.books[f"1290.{ref}"] - max(self.lent(ref), 0), 0)
        return ((f"1290.{ref}", released), (f"4100.{ref}", -released))

    def set_aside_on(self, ref: str) -> date:
        """The last day for which something was set aside for an advance."""
        account = f"1290.{ref}"
        days = [on for on, _kind, legs in self.entries for code, cents in legs if code == account and cents < 0]
        return max(days, default=START.date())

    def lost(self, ref: str) -> int:
        """What was written off of an agreement and did not come back; year ends left out."""
        codes = (f"4200.{ref}", f"4210.{ref}", f"4300.{ref}")
        return sum(
            cents for _on, kind, legs in self.entries if kind != "closing" for code, cents in legs if code in codes
        )

    # ------------------------------------------------------------------------------------------------------ instalments

    def open_of(self, part: dict[str, Any]) -> int:
        """What is open of an instalment."""
        return int(part["amount"] - part["paid"] - part["gone"])

    def in_order(self, ref: str) -> list[dict[str, Any]]:
        """The instalments by due day."""
        return sorted(self.agreements[ref]["plan"], key=lambda part: (part["due"], part["no"]))

    def pay_plan(self, ref: str, cents: int, named: int | None = None) -> dict[int, int]:
        """Cents over the instalments: the one that was named, then the oldest; what each got."""
        given: dict[int, int] = defaultdict(int)
        parts = self.in_order(ref)
        for part in [part for part in parts if part["no"] == named] + parts:
            here = max(min(self.open_of(part), cents), 0)
            part["paid"] += here
            cents -= here
            given[part["no"]] += here
        return {no: paid for no, paid in given.items() if paid}

    def cut_plan(self, ref: str, cents: int) -> dict[int, int]:
        """Cents off the plan, from its last instalment back; what each lost."""
        gone: dict[int, int] = {}
        for part in reversed(self.in_order(ref)):
            here = min(max(self.open_of(part), 0), cents)
            part["gone"] += here
            cents -= here
            if here:
                gone[part["no"]] = here
        return gone

    def days_late(self, ref: str) -> int:
        """How late the oldest instalment is that was paid out."""
        left, oldest = max(self.lent(ref), 0), 0
        for part in self.in_order(ref):
            claimed = min(max(self.open_of(part), 0), left)
            left -= claimed
            if claimed:
                oldest = max(oldest, (self.today - part["due"]).days)
        return oldest
