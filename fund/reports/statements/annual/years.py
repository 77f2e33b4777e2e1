"""Which year the annual accounts are about, and what was known then.

A closed year is told as its last closing left it: entries until the one that was the last at that closing, facts until
the closing itself. So nothing that comes later changes a byte. Before the closing, and after a year was reopened, the
accounts are provisional and hold all that is known. Source: lifecycle.md 9 (C6, C8), statements.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fund.closing.frozen import Closing, closings
from fund.errors.closing import YearBeforeTheFund, YearToCome
from fund.reports.history import head_of
from fund.unit_of_work import HistoricalSnapshot, Snapshot


@dataclass(frozen=True, slots=True)
class ReportingYear:
    """A year, and what counts of all that is known.

    Attributes:
        snapshot: The fund as it was known; facts that came later are not in it.
        known_at: The last entry that counts.
        last: The last fact that counts; ``None`` where all do that are known.
        closing: The closing that was in force then; ``None`` while the accounts are provisional.
    """

    snapshot: Snapshot
    year: int
    known_at: int
    last: int | None
    closing: Closing | None

    @property
    def first_on(self) -> date:
        """The first day of the year."""
        return date(self.year, 1, 1)

    @property
    def last_on(self) -> date:
        """The balance date."""
        return date(self.year, 12, 31)

    @property
    def before_on(self) -> date:
        """The balance date of the year before."""
        return self.first_on - timedelta(days=1)

    @property
    def before(self) -> ReportingYear | None:
        """The year before, by the same knowledge; ``None`` in the fund's first."""
        if self.year <= _first_year(self.snapshot, self.known_at):
            return None
        return ReportingYear(self.snapshot, self.year - 1, self.known_at, self.last, None)

    def as_json(self) -> dict[str, Any]:
        """The year, what it was made from, and whether it is closed."""
        ledger, facts = self.snapshot.ledger, self.snapshot.store.facts
        fact = facts.head()
        return {
            "year": self.year,
            "starts_on": self.first_on.isoformat(),
            "as_of": self.last_on.isoformat(),
            "state": "provisional" if self.closing is None else "closed",
            "closing": None
            if self.closing is None
            else {
                "number": self.closing.number,
                "recorded_at": self.closing.closed.recorded_at.isoformat(),
                "frozen_sha256": self.closing.frozen_sha256,
                "explanation": getattr(self.closing.closed.fact, "explanation", ""),
            },
            **head_of(self.snapshot, self.known_at),
            "fact": {"seq": fact.seq, "hash": fact.hash.hex()},
            "trial_balance_sha256": ledger.trial_balance_hash(as_of=self.last_on, known_at=self.known_at).hex(),
        }


def reporting_year(snapshot: Snapshot, year: int, known_at: int | None) -> ReportingYear:
    """What counts for the accounts of a year.

    Args:
        known_at: The last entry that counts; default that of the closing in force, else the newest. Where a closing
            of the year had this number as its last, its accounts are told as they were frozen then.

    Raises:
        YearBeforeTheFund: The fund was not there yet. YearToCome: The year is still to come.
    """
    if year > snapshot.today.year:
        raise YearToCome(year=year, today=snapshot.today, this_year=snapshot.today.year)
    head, last = snapshot.ledger.head().seq, None
    found = [each for each in closings(snapshot, f"{year:04d}") if each.known_at is not None]
    if known_at is None:
        in_force = found[-1] if found and found[-1].reopened is None else None
    else:
        in_force = next((each for each in reversed(found) if each.known_at == known_at), None)
    seen = snapshot
    if in_force is not None and in_force.known_at is not None:
        seq, last = in_force.known_at, in_force.closed.seq
        seen = HistoricalSnapshot(snapshot, last)
    elif known_at is None:
        seq = head
    else:
        seq = min(known_at, head)
        last = _fact_of(snapshot, seq)
        seen, in_force = HistoricalSnapshot(snapshot, last), _in_force(found, last)
    first = _first_year(snapshot, seq)
    if year < first:
        raise YearBeforeTheFund(year=year, first_year=first)
    if last is not None:
        seen.prime_cache(("last fact", seq), last)  # the closing of a year in which nothing was earned made no entry
    return ReportingYear(seen, year, seq, last, in_force)


def _in_force(found: list[Closing], last: int) -> Closing | None:
    """The closing that held when the fact with number ``last`` was the last."""
    known = [each for each in found if each.closed.seq <= last]
    if not known or (known[-1].reopened is not None and known[-1].reopened.seq <= last):
        return None
    return known[-1]


def _fact_of(snapshot: Snapshot, seq: int) -> int:
    """The number of the fact behind an entry (as ``fund.reports.history``); of the first regulations for no entry."""
    event_id = snapshot.ledger.entry(seq).metadata.get("event_id") if seq else None
    envelope = snapshot.store.facts.get(str(event_id)) if event_id else None
    return envelope.seq if envelope is not None else _founded(snapshot)


def _founded(snapshot: Snapshot) -> int:
    """The number of the fact without which there is no fund: its first regulations."""
    return next((each.seq for each in list(snapshot.store.facts.of_types(("regulations.adopted",)))), 0)


def _first_year(snapshot: Snapshot, known_at: int) -> int:
    """The year in which the fund began: that of its first regulations, or of an entry before them."""
    began = snapshot.first_day.year

    def year() -> int:
        eve = date(began - 1, 12, 31)
        if not snapshot.ledger.trial_balance(as_of=eve, known_at=known_at):
            return began
        return min(entry.effective_on for entry in snapshot.ledger.entries(as_of=eve, until_seq=known_at)).year

    found: int = snapshot.cached(("first year", known_at), year)
    return found
