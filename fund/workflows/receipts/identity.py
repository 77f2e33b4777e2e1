"""Which lines of a document of the bank are known from another one: nothing is booked twice, and nothing is lost.

A bank tells of one movement in several documents: a notification (camt.054) and the statement (camt.053) of that day, a
month file over the files of its days, an end-of-day statement over an earlier one. Inside one document every entry is
a movement of its own, however alike two may be. Between two documents a line is known when

1. it is on the same account and day, of the same amount, counterparty and end-to-end reference, and
2. the documents may tell of the same movements: a notification and a statement always; two statements whose days
   overlap; anything else (two notifications, two statements of different days) only by an equal reference of the bank
   (``AcctSvcrRef``). Statements that follow each other, by their balances or numbers, never do; and
3. no other document of the new one's series has it already: each movement stands in a series once.

The line with the same reference of the bank is taken first, then one with the same words, then any. So of payments
that are alike as many are booked as one series of documents names, in whatever order they come. A batch that one
document gives as a whole and the other in parts is known by its day and sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from fund.bank import BankLine

_NO_REFERENCE = ("", "NONREF", "NOTPROVIDED")
ANY, BY_REFERENCE, NO = 2, 1, 0
"""How two documents may tell of one movement."""


@dataclass(frozen=True, slots=True)
class _Line:
    """How a line is known again, and which movements of other documents it was known as."""

    alike: str
    reference: str
    words: str
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """How an entry is known again as a whole."""

    alike: str
    reference: str
    batch: str
    lines: tuple[_Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDocument:
    """One document of the bank, as far as its lines are looked for in others.

    Args:
        statement: Whether it is a statement; else a notification, which has no balances.
        traces: See :func:`traces_of`.
    """

    ref: str
    statement: bool
    opened_on: date
    closed_on: date
    opening_cents: int = 0
    closing_cents: int = 0
    sequence_number: int | None = None
    traces: Sequence[str] = field(repr=False, default=())

    def entries(self) -> Iterator[_Entry]:
        """What stands in it, in its order."""
        for trace in self.traces:
            alike, reference, batch, *lines = trace.split("|")
            yield _Entry(alike, reference, batch, tuple(_line_of(text) for text in lines))


def _line_of(text: str) -> _Line:
    what, _mark, same = text.partition("=")
    alike, reference, words = what.split(":")
    return _Line(alike, reference, words, tuple(same.split(" ")) if same else ())


def _digest(*parts: object, size: int) -> str:
    text = json.dumps([str(part) for part in parts], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:size]


def _reference(text: str) -> str:
    return "" if text.strip().upper() in _NO_REFERENCE else _digest(text.strip(), size=8)


def traces_of(lines: Sequence[BankLine], same: Sequence[tuple[str, ...]] | None = None) -> tuple[str, ...]:
    """By entry, how its lines are known again; with ``same``, which movements each was known as."""
    found = []
    at = 0
    for _reference_of, group in groupby(lines, key=lambda line: (line.entry_reference, line.batch_size)):
        parts = list(group)
        total_cents = sum(line.booked_cents for line in parts)
        first = parts[0]
        texts = [
            _digest(first.booked_on, total_cents, size=12),
            _reference(first.entry_bank_reference),
            _reference(first.payment_information_id),
        ]
        for line in parts:
            alike = _digest(
                line.booked_on, line.booked_cents, line.counterparty_iban, line.end_to_end_id.upper(), size=12
            )
            words = _digest(line.creditor_reference, line.text, size=6)
            known = " ".join(same[at]) if same and same[at] else ""
            texts.append(f"{alike}:{_reference(line.bank_reference)}:{words}" + (f"={known}" if known else ""))
            at += 1
        found.append("|".join(texts))
    return tuple(found)


def _relation(new: KnownDocument, other: KnownDocument) -> int:
    """Whether two documents may tell of the same movements."""
    if new.statement != other.statement:
        return ANY
    if not new.statement:
        return BY_REFERENCE
    first, later = sorted((new, other), key=lambda one: (one.closed_on, one.sequence_number or 0))
    follows = first.closing_cents == later.opening_cents
    before, after = first.sequence_number, later.sequence_number
    numbered = before is not None and after is not None and before < after
    start, end = max(first.opened_on, later.opened_on), min(first.closed_on, later.closed_on)
    of_one_day = [one.opened_on == one.closed_on for one in (first, later)]
    if start == end and all(of_one_day):
        if not numbered and first.opening_cents != later.opening_cents:  # only the balances say which came first
            follows = follows or later.closing_cents == first.opening_cents
        if follows:
            return NO
        if first.opening_cents == later.opening_cents:
            return ANY
        return NO if numbered else BY_REFERENCE
    if start < end or (start == end and any(of_one_day)):
        # days that overlap are those of two statements in a row only where balances and numbers both say so, neither
        # of them by chance: a day on which as much came in as went out begins where the month over it ends
        by_chance = first.opening_cents == later.opening_cents or first.closing_cents == later.closing_cents
        over_it = later.opened_on < first.opened_on
        return NO if follows and numbered and not by_chance and not over_it else ANY
    return NO if follows or numbered else BY_REFERENCE


def _chain(new: KnownDocument, others: Sequence[KnownDocument]) -> set[str]:
    """Statements that go before or after a new one without a gap, by numbers and balances both.

    On a day on which the balance comes back to where it was, nothing else tells the next one from one over the same.
    """
    found: set[str] = set()
    if not new.statement or new.opening_cents == new.closing_cents:
        return found  # one that moves nothing in all may be one over the others
    numbered = {one.sequence_number: one for one in others if one.statement and one.sequence_number is not None}
    for step in (-1, 1):
        at = new
        while at.sequence_number is not None and (then := numbered.get(at.sequence_number + step)) is not None:
            first, later = (then, at) if step < 0 else (at, then)
            if first.closing_cents != later.opening_cents or first.closed_on > later.closed_on:
                break
            found.add(then.ref)
            at = then
    return found


class _Pool:
    """The movements of other documents that a new one may tell of again."""

    def __init__(self, new: KnownDocument, others: Sequence[KnownDocument]) -> None:
        self._new = new
        self.gone: set[str] = set()
        self.lines: dict[str, list[tuple[_Line, tuple[str, ...], int, bool]]] = {}
        self.entries: dict[str, list[tuple[_Entry, tuple[str, ...], int, bool]]] = {}
        chain = _chain(new, others)
        for other in others:
            relation = NO if other.ref in chain else _relation(new, other)
            self._take(other, relation, other.statement != new.statement)

    def _take(self, other: KnownDocument, relation: int, across: bool) -> None:
        number = 0
        for entry in other.entries():
            whole: list[str] = []
            for line in entry.lines:
                movements = line.same or (f"{other.ref}#{number}",)
                number += 1
                whole += movements
                if relation == NO:
                    self.gone.update(movements)
                else:
                    self.lines.setdefault(line.alike, []).append((line, movements, relation, across))
            if relation != NO:
                self.entries.setdefault(entry.alike, []).append((entry, tuple(whole), relation, across))

    def free(self, movements: Sequence[str]) -> bool:
        return not any(movement in self.gone for movement in movements)

    def find(self, line: _Line, *, rank: int) -> tuple[str, ...]:
        """The movements of an alike line: 0 by the same reference, 1 and with the same words, 2 whatever is said."""
        for other, movements, relation, across in self.lines.get(line.alike, ()):
            if not self.free(movements):
                continue
            equal = bool(line.reference) and line.reference == other.reference
            differs = bool(line.reference and other.reference) and not equal
            fits = equal if rank == 0 else relation == ANY and (across or not differs)
            if fits and (rank != 1 or line.words == other.words):
                self.gone.update(movements)
                return movements
        return ()

    def find_whole(self, entry: _Entry) -> tuple[str, ...]:
        """The movements of an entry of the same day and sum that is split otherwise."""
        for other, movements, relation, across in self.entries.get(entry.alike, ()):
            if not self.free(movements) or 1 not in (len(entry.lines), len(other.lines)):
                continue
            if len(entry.lines) == len(other.lines):
                continue
            equal = bool(entry.reference) and entry.reference == other.reference
            differs = bool(entry.reference and other.reference) and not equal
            other_batch = bool(entry.batch and other.batch) and entry.batch != other.batch
            if not other_batch and (equal if relation == BY_REFERENCE else across or not differs):
                self.gone.update(movements)
                return movements
        return ()


def known_lines(new: KnownDocument, others: Sequence[KnownDocument]) -> list[tuple[str, ...]]:
    """For each line of ``new`` the movements it is known as; empty where it is a movement of its own."""
    entries = list(new.entries())
    found: list[tuple[str, ...]] = [() for entry in entries for _line in entry.lines]
    if not others:
        return found
    pool = _Pool(new, others)
    lines = [line for entry in entries for line in entry.lines]
    for rank in (0, 1, 2):
        for number, line in enumerate(lines):
            if not found[number]:
                found[number] = pool.find(line, rank=rank)
    number = 0
    for entry in entries:
        place = slice(number, number + len(entry.lines))
        number += len(entry.lines)
        if not any(found[place]):
            whole = pool.find_whole(entry)
            if whole:
                found[place] = [whole if not at else whole[:1] for at in range(len(entry.lines))]
    return found
