"""Gathering: what a long command recorded and has not written yet, some hundred facts at a time.

Whoever asks the rows or the books finds everything written; cases, what stands on an account and whether a day takes
entries are answered from here, without writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from fund.ledger import EntryDraft, Posted
from fund.schemas import CaseFile
from fund.store import Store
from fund.store.work import WorkStore

if TYPE_CHECKING:
    from fund.ledger import Ledger

MOST_GATHERED = 500
"""So many facts at most wait to be written together."""
UNWRITTEN = Posted(0, b"", False, "")
"""Stands where an entry will be, until it is written."""


@dataclass(slots=True)
class WriteBatch:
    """What was recorded and is not written yet, and what is known of the books beside it."""

    facts: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    cases: dict[str, tuple[CaseFile, int]] = field(default_factory=dict)
    drafts: list[tuple[int, EntryDraft]] = field(default_factory=list)
    """Each with its place in ``entries``."""
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    """By account, what the drafts move."""
    open_months: dict[tuple[int, int], bool] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self.facts) >= MOST_GATHERED

    def add_fact(self, row: dict[str, Any], links: Iterable[dict[str, Any]]) -> None:
        """A fact waits, with the cases it touches."""
        self.facts.append(row)
        self.links += links

    def add_cases(self, changed: Iterable[tuple[CaseFile, int]]) -> None:
        """Cases wait as they are now, each with the number of the fact that changed it last."""
        self.cases.update((case.stream, (case, version)) for case, version in changed)

    def add_entry(self, place: int, draft: EntryDraft) -> None:
        """An entry waits, and its accounts stand as they will."""
        self.drafts.append((place, draft))
        for posting in draft.postings:
            self.moved[posting.account] = self.moved.get(posting.account, 0) + posting.amount_cents

    def changes(self, kind: str) -> bool:
        """Whether a case of this kind waits."""
        return any(stream.startswith(f"{kind}/") for stream in self.cases)

    def next_number(self, kind: str, year: int, work: WorkStore) -> int:
        """The number after the last of a kind in a year."""
        last = self.numbers.get((kind, year))
        self.numbers[(kind, year)] = (work.last_number(kind, year) if last is None else last) + 1
        return self.numbers[(kind, year)]

    def balance(self, account: str, ledger: Ledger) -> int:
        """What stands on an account, with what waits.

        What is written is asked each time: a reversal is written at once, past what waits.
        """
        return ledger.balance(account) + self.moved.get(account, 0)

    def takes_entries(self, day: date, ask: Callable[[date], bool]) -> bool:
        """Whether the month of a day is open; each month is asked once."""
        month = (day.year, day.month)
        if month not in self.open_months:
            self.open_months[month] = ask(day)
        return self.open_months[month]

    def write(self, store: Store, ledger: Ledger) -> list[tuple[int, EntryDraft, Posted]]:
        """Write what waits, in the order in which one by one would have written it: the entries, with their places."""
        if self.facts:
            store.facts.write(self.facts, self.links)
            store.cases.put(self.cases.values())
            self.facts, self.links, self.cases = [], [], {}
        for (kind, year), last in self.numbers.items():
            store.work.set_number(kind, year, last)
        self.numbers.clear()
        if not self.drafts:
            return []
        drafts, self.drafts = self.drafts, []
        written = []
        for (place, draft), posted in zip(drafts, ledger.post_many([draft for _place, draft in drafts]), strict=True):
            assert isinstance(posted, Posted)
            written.append((place, draft, posted))
        self.moved.clear()
        return written
