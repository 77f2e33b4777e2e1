"""Whether limits were kept: those of sets of accounts by every entry, those of accounts at the end of every day."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from datetime import date

from fund.errors.ledger import SetLimitExceeded
from fund.language import N_
from fund.ledger.accounts import AccountSet, main_of
from fund.ledger.journal import check_set
from fund.ledger.store.anchoring import Anchoring
from fund.ledger.store.crosscheck import OutOfBounds
from fund.ledger.store.evidence import Evidence
from fund.ledger.store.stored import RawEntry
from fund.ledger.verify.findings import Tally, carried_out


class _Moved:
    """What moved on a set by day, as far as the entries were looked at."""

    def __init__(self, by_day: Mapping[date, int]) -> None:
        self.by_day = dict(by_day)
        self.days = sorted(by_day)
        self.total = sum(by_day.values())

    def add(self, on: date, cents: int) -> None:
        """``cents`` more on a day."""
        if on not in self.by_day:
            insort(self.days, on)
            self.by_day[on] = 0
        self.by_day[on] += cents
        self.total += cents

    def extremes(self, on: date, cents: int) -> tuple[int, int]:
        """The lowest and the highest sum at the end of ``on`` and of every later day, with ``cents`` more."""
        balance = lowest = highest = self.total + cents
        for day in reversed(self.days[bisect_right(self.days, on) :]):
            balance -= self.by_day[day]
            lowest, highest = min(lowest, balance), max(highest, balance)
        return lowest, highest


class Limits:
    """The check ``limits`` while the entries pass, in order."""

    def __init__(self, store: Anchoring, evidence: Evidence, seq: int) -> None:
        """Args: seq: The last entry that is not looked at."""
        self.tally = Tally("limits")
        self.sets: list[AccountSet] = []
        self._moved: list[_Moved] = []
        self._days: dict[str, date | None] = {}
        carried_out(evidence, lambda: self._begin(store, seq), self.tally.fail)

    def _begin(self, store: Anchoring, seq: int) -> None:
        try:
            sets = store.account_sets()[::-1]
            moved = [_Moved(store._set_moved_by_day(bound, seq) if seq else {}) for bound in sets]
            if all(sign in (1, -1) for bound in sets for sign in bound.members.values()):
                self.sets, self._moved = sets, moved
        except (ValueError, TypeError, AttributeError):
            pass  # what a set says cannot be read; its seal is not right either

    def look_at(self, entry: RawEntry) -> None:
        """Count an entry, and hold it against the sets that were in force."""
        self.tally.checked += 1
        if not self.sets:
            return
        sums = (
            sum(leg.sealed.amount_cents * bound.members.get(main_of(leg.sealed.code), 0) for leg in entry.postings)
            for bound in self.sets
        )
        self.move(entry.seq, entry.effective_on, entry.kind, [one for one in enumerate(sums) if one[1]])

    def move(self, seq: int, effective_on: str, kind: str, sums: Iterable[tuple[int, int]]) -> None:
        """Hold an entry against the sets that it moves, given as (place in ``sets``, cents), and count it with them."""
        if effective_on not in self._days:
            try:
                self._days[effective_on] = date.fromisoformat(effective_on)
            except ValueError:
                self._days[effective_on] = None
        on = self._days[effective_on]
        if on is None:
            return  # the seal tells
        for place, cents in sums:
            bound, moved = self.sets[place], self._moved[place]
            if bound.head_seq < seq and bound.binds(on, kind) and not self._followed(place, seq, on):
                self._check(bound, moved, seq, on, cents)
            moved.add(on, cents)

    def _followed(self, place: int, seq: int, on: date) -> bool:
        """Whether another set of its name, also one that the entry does not move, was in force in place of this one."""
        name = self.sets[place].name
        return any(one.name == name and one.head_seq < seq and one.covers(on) for one in self.sets[:place])

    def _check(self, bound: AccountSet, moved: _Moved, seq: int, on: date, cents: int) -> None:
        least, most = bound.min_balance_cents, bound.max_balance_cents
        lowest, highest = moved.extremes(on, cents)
        if (cents > 0 or least is None or lowest >= least) and (cents < 0 or most is None or highest <= most):
            return
        try:
            check_set(bound, moved.by_day, on, cents)
        except SetLimitExceeded as problem:
            self.tally.find(seq, f"entry:{seq}", problem.message, **problem.details)

    def hold_accounts(self, beyond: Iterable[OutOfBounds]) -> None:
        """Say which accounts are beyond the limit that they have now, at the end of some day.

        An account is out of bounds where an entry that its limit binds took it there: one that moved it that way. Where
        an entry that is not bound did so, on that day or before, nothing is said: it may, and who came first is not
        told by sums.
        """
        for one in beyond:
            self.tally.find(
                one.seq,
                f"account:{one.account}/{one.day}",
                N_("it stood at {balance_cents} on {day}, beyond its limit of {limit_cents}"),
                balance_cents=one.balance_cents,
                day=one.day,
                limit_cents=one.limit_cents,
            )
