"""One pass over the entries, for all checks that want each: chain, gaps, legs, requests, months, limits of sets.

There are two ways. Fast verification (``store/fast_verify.py``, on all cores where there is much to do) tells which
entries are exactly right. All others are read here, one by one, and what is wrong with them is said.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from fund.language import N_
from fund.ledger.journal import ADJUSTING, CLOSING, Head, PeriodStatus
from fund.ledger.seal import GENESIS, VERSION, entry_bytes, entry_hash, request_bytes, request_hash
from fund.ledger.store.anchoring import Anchoring
from fund.ledger.store.evidence import Evidence
from fund.ledger.store.fast_verify import PRIME, FastVerifier, Found
from fund.ledger.store.parallel import Crew, cores
from fund.ledger.store.stored import Extent, RawEntry
from fund.ledger.verify.findings import Check, Tally, carried_out
from fund.ledger.verify.form import problems_of_form
from fund.ledger.verify.limits import Limits

Progress = Callable[[int, int], None]
"""Told how many entries were looked at, and how many there are."""

MANY = 50_000
"""From so many entries on, other processes are worth their start."""

RANGE = 10_000
SIZE = 1_000
"""So many entries are looked at by one process in a row, and read at once."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where the chain is taken up: the last entry that is not looked at."""

    seq: int = 0
    hash: bytes = GENESIS
    recorded_at: int = 0


@dataclass(slots=True)
class Posted:
    """What the entries of the book came to, as fast verification found them.

    Attributes:
        whole: Every entry that was looked at was right.
        key, debit, credit: The fingerprint of the legs by account and day. legs: how many they are.
        last: The last entry of each day. corrections: whether the metadata of one may say that it corrects another.
        kept: What is kept beside the entries was found to be what they come to.
    """

    whole: bool
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    debit: int = 0
    credit: int = 0
    legs: int = 0
    corrections: bool = False
    last: dict[str, int] = field(default_factory=dict)
    kept: bool = False

    def nothing_since(self, seq: int, until: str) -> bool:
        """Whether what is kept of the days until ``until`` is known to be what it was at entry ``seq``."""
        return self.kept and all(last <= seq for day, last in self.last.items() if day <= until)

    def begin(self, legs: int, debit: int, credit: int) -> None:
        """What the entries came to that are not looked at."""
        self.legs, self.debit, self.credit = legs, debit, credit

    def add(self, found: Found) -> None:
        """What some more of them came to."""
        self.debit = (self.debit + found["debit"]) % PRIME
        self.credit = (self.credit + found["credit"]) % PRIME
        self.legs += found["legs"]
        self.corrections |= found["corrections"]
        self.last.update(found["last"])


class Chain:
    """The entries after ``start``, as far as ``extent`` goes.

    Args:
        fast: Verify the fast way; the guards it relies on were found in place.
        progress: Is told how far it is.
    """

    def __init__(
        self,
        store: Anchoring,
        evidence: Evidence,
        *,
        start: Start,
        extent: Extent,
        fast: bool,
        progress: Progress | None = None,
    ) -> None:
        self.book = store.book
        self.book_id = store.book_id
        self.evidence = evidence
        self.start = start
        self.extent = extent
        self.chain = Tally("chain")
        self.gaps = Tally("gap_free")
        self.balanced = Tally("balanced")
        self.idempotency = Tally("idempotency")
        self.form = Tally("form")
        self.months = Tally("period_rules")
        self.history = carried_out(evidence, lambda: PeriodHistory(evidence.steps("period")), self._without_months)
        self.limits = Limits(store, evidence, start.seq)
        self.progress = progress or (lambda _done, _total: None)
        without_gap = (extent.lowest, extent.highest) == (start.seq + 1, start.seq + extent.number)
        self.ranges = list(self._ranges()) if fast and extent.number and without_gap else []
        self.posted = Posted(whole=bool(self.ranges) or not extent.number, corrections=start.seq > 0)
        self._crew: Crew | None = None

    def _without_months(self, problem: Exception) -> PeriodHistory:
        self.months.fail(problem)
        return PeriodHistory(())

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The checks, in the order in which they are told."""
        return (
            self.chain, self.gaps, self.balanced, self.idempotency, self.form, self.months, self.limits.tally,
        )  # fmt: skip

    def _ranges(self) -> Iterator[dict[str, Any]]:
        """The entries in parts, none of which any month changes in."""
        first, last = self.start.seq, self.extent.highest
        cuts = {first, last, *range(first, last, RANGE), *(seq for seq in self.history.cuts if first < seq < last)}
        ends = sorted(cuts)
        for low, high in pairwise(ends):
            link = (self.start.hash, self.start.recorded_at) if low == first else self.evidence.hash_of(low)
            yield {
                "low": low,
                "high": high,
                "before": None if link is None else link[0].hex(),
                "at": 0 if link is None else link[1],
                "periods": self.history.seen_from(low + 1),
            }

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Meanwhile other processes look at the entries, where these are many and the database can be shared."""
        much = bool(self.ranges) and self.extent.number >= MANY and cores() > 1
        database = self.evidence.second_reader() if much else None
        if database is None:
            yield
            return
        task = {"database": database, "book": self._options() | {"key": self.posted.key.hex()}}
        with Crew(task, self.ranges, size=min(cores(), len(self.ranges)), own=self._walk_alone) as self._crew:
            yield

    def _options(self) -> dict[str, Any]:
        return {
            "book_id": self.book_id,
            "book": self.book,
            "sets": [dict(bound.members) for bound in self.limits.sets],
            "late": [ADJUSTING, CLOSING],
            "size": SIZE,
        }

    def _walk_alone(self, one: dict[str, Any]) -> list[Found]:
        with self.evidence.quick_rows() as rows:
            return list(FastVerifier(rows, key=self.posted.key, **self._options()).walk(**one))

    def _found(self) -> Iterator[Found]:
        """Entries in order, a few at a time: right, or to be read."""
        if self._crew is not None:
            for answer in self._crew.answers(self.evidence.keep_alive):
                yield from answer
        elif self.ranges:
            with self.evidence.quick_rows() as rows:
                fast = FastVerifier(rows, key=self.posted.key, **self._options())
                for one in self.ranges:
                    yield from fast.walk(**one)
        elif self.extent.number:
            yield {"low": self.extent.since, "high": self.extent.highest, "right": False}

    def run(self, head: Head, head_recorded_at: int | None) -> tuple[Check, ...]:
        """The checks of the entries, and whether the head of the chain names the last one."""
        carried_out(self.evidence, lambda: self._look(head, head_recorded_at), self._failed)
        return tuple(tally.done() for tally in self.tallies)

    def _failed(self, problem: Exception) -> None:
        self.posted.whole = False
        for tally in self.tallies:
            tally.fail(problem)

    def _look(self, head: Head, head_recorded_at: int | None) -> None:
        doubles = self.evidence.doubles()
        beyond = self.evidence.accounts_out_of_bounds()
        at, done = self.start, 0
        for found in self._found():
            if found["right"] and (found["before"], found["since"]) == (at.hash.hex(), at.recorded_at):
                at = Start(found["high"], bytes.fromhex(found["hash"]), found["at"])
                number = found["high"] - found["low"]
                for tally in self.tallies:
                    tally.checked += number
                for seq, on, kind, sums in found["moves"]:
                    self.limits.move(seq, on, kind, sums)
                self.posted.add(found)
                done += number
                self.progress(done, self.extent.number)
                continue
            self.posted.whole = False
            for entry in self.evidence.entries(found["low"], found["high"]):
                self._place(entry, at.seq)
                self._legs(entry)
                self._seal(entry, at.hash, at.recorded_at)
                self._form(entry)
                self._month(entry)
                self.limits.look_at(entry)
                at = Start(entry.seq, entry.hash, entry.recorded_at)
                done += 1
                if done % SIZE == 0:
                    self.progress(done, self.extent.number)
        self.gaps.checked += 1
        if head_recorded_at is None:
            self.gaps.find(at.seq, "chain_head", N_("the head of the chain is missing"))
        elif (at.seq, at.hash) != (head.seq, head.hash):
            self.gaps.find(
                max(at.seq, head.seq),
                "chain_head",
                N_("the head of the chain names entry {named}; the last one is {last}"),
                named=head.seq,
                last=at.seq,
            )
        elif head_recorded_at != at.recorded_at:
            self.gaps.find(at.seq, "chain_head", N_("the head of the chain has another instant than the last entry"))
        for double, what in doubles:
            self.idempotency.find_in(double, N_("it shares {what} with another entry"), what=what)
        self.limits.hold_accounts(beyond)

    def _place(self, entry: RawEntry, last: int) -> None:
        self.gaps.checked += 1
        if entry.seq != last + 1:
            self.gaps.find_in(last + 1, N_("after entry {last} comes {next}"), last=last, next=entry.seq)

    def _legs(self, entry: RawEntry) -> None:
        self.balanced.checked += 1
        sums: dict[tuple[str, str], int] = {}
        for leg in entry.postings:
            key = (leg.sealed.layer, leg.sealed.currency)
            sums[key] = sums.get(key, 0) + leg.sealed.amount_cents
        for (layer, currency), cents in sums.items():
            if cents:
                self.balanced.find_in(
                    entry.seq,
                    N_("its postings in layer {layer} ({currency}) do not cancel out: {sum_cents} is left"),
                    layer=layer,
                    currency=currency,
                    sum_cents=cents,
                )
        positions = [leg.position for leg in entry.postings]
        in_order = positions == list(range(1, len(positions) + 1))
        if not in_order or len(positions) != entry.legs or any(leg.legs != entry.legs for leg in entry.postings):
            self.balanced.find_in(
                entry.seq,
                N_("it says it has {said} postings; found are {found}"),
                said=entry.legs,
                found=positions[:20],
            )
        if len(entry.postings) < 2:
            self.balanced.find_in(entry.seq, N_("it has fewer than two postings"))
        empty = [leg.position for leg in entry.postings if leg.sealed.amount_cents == 0]
        if empty:
            self.balanced.find_in(entry.seq, N_("these postings have no amount: {positions}"), positions=empty[:20])
        if any(leg.book_id != self.book_id for leg in entry.postings):
            self.balanced.find_in(entry.seq, N_("a posting is on an account of another book"))

    def _seal(self, entry: RawEntry, previous: bytes, recorded_at: int) -> None:
        self.chain.checked += 1
        self.idempotency.checked += 1
        request = request_bytes(
            book=self.book,
            idempotency_key=entry.idempotency_key,
            effective_on=entry.effective_on,
            kind=entry.kind,
            memo=entry.memo,
            actor=entry.actor,
            metadata=entry.metadata,
            reverses=entry.reverses,
            reason=entry.reason,
            legs=(leg.sealed for leg in entry.postings),
        )
        if entry.version != VERSION:
            self.chain.find_in(
                entry.seq, N_("version {version} of the canonical form is not known"), version=entry.version
            )
        if entry.previous_hash != previous:
            self.chain.find_in(entry.seq, N_("it does not follow the entry before it: the previous hash is another"))
        body = entry_bytes(entry.seq, entry.recorded_at, entry.id, request)
        if entry_hash(entry.previous_hash, body, entry.version) != entry.hash:
            self.chain.find_in(entry.seq, N_("its hash is not the hash of what it says"))
        if entry.recorded_at < recorded_at:
            self.chain.find_in(entry.seq, N_("it was written before the entry before it"))
        if request_hash(request, entry.version) != entry.request_hash:
            self.idempotency.find_in(entry.seq, N_("the hash of its request is not the hash of what it says"))

    def _form(self, entry: RawEntry) -> None:
        self.form.checked += 1
        for template, details in problems_of_form(entry):
            self.form.find_in(entry.seq, template, **details)

    def _month(self, entry: RawEntry) -> None:
        self.months.checked += 1
        status = self.history.at(entry.effective_on[:7], entry.seq)
        if status == PeriodStatus.CLOSED or (status == PeriodStatus.LOCKED and entry.kind not in (ADJUSTING, CLOSING)):
            self.months.find_in(
                entry.seq,
                N_("it is of kind {kind} on {day}, while the month was {status}"),
                kind=entry.kind,
                day=entry.effective_on,
                status=str(status),
            )


class PeriodHistory:
    """What each month was when an entry was written."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.steps: dict[str, list[tuple[int, str]]] = {}
        self.first: list[tuple[int, str]] = []
        for row in rows:
            month, seq, status = str(row["month"]), int(row["head_seq"]), str(row["status"])
            self.steps.setdefault(month, []).append((seq, status))
            if not self.first or month < self.first[-1][1]:
                self.first.append((seq, month))

    @property
    def cuts(self) -> set[int]:
        """The entries after which some month may be something else."""
        return {seq for steps in self.steps.values() for seq, _status in steps}

    def seen_from(self, seq: int) -> dict[str, Any]:
        """What :meth:`at` goes by for entry ``seq`` and those after it, until a step is taken."""
        months = {month: self._last(steps, seq) for month, steps in self.steps.items()}
        return {
            "months": {month: status for month, status in months.items() if status is not None},
            "closed_before": self._last(self.first, seq),
        }

    def at(self, month: str, seq: int) -> str:
        """The status of ``month`` for entry ``seq``: the last step taken at an earlier head."""
        before = self._last(self.steps.get(month, []), seq)
        if before is not None:
            return before
        first = self._last(self.first, seq)
        return PeriodStatus.CLOSED if first is not None and month < first else PeriodStatus.OPEN

    @staticmethod
    def _last(steps: list[tuple[int, str]], seq: int) -> str | None:
        place = bisect_left(steps, seq, key=lambda step: step[0])
        return steps[place - 1][1] if place else None
