"""Entries as they were written, and account cards: streams that never hold a whole book in memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fund.database import from_micros
from fund.errors.ledger import UnknownAccount, UnknownEntry
from fund.ledger.accounts import main_of
from fund.ledger.journal import CLOSING, REVERSAL, Entry, Posting
from fund.ledger.seal import nfc
from fund.ledger.store.book import Book, fitting

PAGE = 500
LEGS = 10_000
"""Entries come in pages of so many at most, and of so many legs, so that wide ones fill no memory either."""

_ENTRY_COLUMNS = (
    "id, seq, effective_on, kind, memo, actor, idempotency_key, metadata, recorded_at, reverses_seq, reason, version,"
    " previous_hash, hash, legs"
)

_AS_STORED = (
    "id", "seq", "kind", "memo", "actor", "idempotency_key", "reason", "version", "previous_hash", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardLine:
    """One posting on an account's card, and what the account stood at after it, in cents, debit positive.

    ``event_id`` is the event that its entry names.
    """

    seq: int
    entry_id: str
    effective_on: date
    kind: str
    memo: str
    account: str
    amount_cents: int
    balance_cents: int
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg with what its entry was for.

    Attributes:
        kind: What its entry is. counts_as: The kind of what it takes back, where it is a reversal; else its own.
        event_id: The event that its entry names, or that the entry it takes back names; ``times`` is then -1.
    """

    seq: int
    effective_on: date
    kind: str
    counts_as: str
    times: int
    memo: str
    event_id: str | None
    account: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class KindSum:
    """What entries of a kind moved on an account, in cents, debit positive; a reversal counts as what it takes back."""

    kind: str
    account: str
    amount_cents: int


class Entries(Book):
    """A book whose entries can be read."""

    def entry(self, seq: int) -> Entry:
        """The entry with this number.

        Raises:
            UnknownEntry: There is none; names the last.
        """
        found = next(self._pages("seq = ?", [fitting(seq)]), None)
        if found is None:
            raise UnknownEntry(seq=seq, last=self.head().seq)
        return found

    def find(self, idempotency_key: str) -> Entry | None:
        """The entry that was posted under this key, if any."""
        return next(self._pages("idempotency_key = ?", [nfc(idempotency_key)]), None)

    def last_entry(self, *, as_of: date | None = None, known_at: int | None = None) -> Entry | None:
        """The entry with the highest number among those of a day not later, as known at a number; ``None``: none.

        What a statement of that day rests on was complete when it was written.
        """
        known = "" if known_at is None else f" AND seq <= {fitting(known_at):d}"
        rows = self._ask(
            f"SELECT seq FROM entry WHERE book_id = ?{within(None, as_of)}{known} ORDER BY seq DESC LIMIT 1",
            self.book_id,
        )
        return self.entry(rows[0].seq) if rows else None

    def reversal_of(self, seq: int, *, known_at: int | None = None) -> Entry | None:
        """The entry that reverses this one in full, if any, as far as it was known at entry ``known_at``."""
        found = next(self._pages("reverses_seq = ?", [fitting(seq)], seq_last=True), None)
        return None if found is None or (known_at is not None and found.seq > known_at) else found

    def parts_of(self, seq: int, *, known_at: int | None = None) -> list[Entry]:
        """The entries that each take back a part of this one, as far as they were known at entry ``known_at``."""
        found = self._stating("part_of", seq)
        return [entry for entry in found if known_at is None or entry.seq <= known_at]

    def replacement_of(self, seq: int, *, known_at: int | None = None) -> Entry | None:
        """The entry that came in the place of this one, if any, as far as it was known at entry ``known_at``."""
        found = next(self._stating("replaces", seq), None)
        return None if found is None or (known_at is not None and found.seq > known_at) else found

    def _stating(self, name: str, seq: int) -> Iterator[Entry]:
        stated = self._stated(name)
        value = fitting(seq) if self._sqlite else str(seq)
        return self._pages(f"{stated} = ? AND {stated} IS NOT NULL", [value], seq_last=True)

    def _stated(self, name: str) -> str:
        """SQL for what an entry says it corrects: a number on SQLite, text on PostgreSQL."""
        if self._sqlite:
            return f"json_extract(metadata, '$.correction.{name}')"
        return f"(CAST(metadata AS jsonb) #>> '{{correction,{name}}}')"

    def entries(
        self,
        *,
        account: str | None = None,
        since_seq: int = 0,
        until_seq: int | None = None,
        since: date | None = None,
        as_of: date | None = None,
        event_id: str | None = None,
        kind: str | None = None,
    ) -> Iterator[Entry]:
        """Entries in the order of their numbers, page by page: the book is never in memory as a whole.

        A stretch of days is one walk over the numbers, whatever was written out of its turn: a page goes on where the
        one before it ended.

        Args:
            account: Only those with a leg on this account, or a sub-account of it.
            since_seq: Only those after this number.
            until_seq: Only those up to and with this number.
            since: Only those whose accounting day is not earlier.
            as_of: Only those whose accounting day is not later.
            event_id: Only those whose metadata name this event.
            kind: Only those of this kind.

        Raises:
            UnknownAccount: There is no such account, nor its main account.
        """
        where, values = "1 = 1", list[Any]()
        if until_seq is not None:
            where += " AND seq <= ?"
            values.append(fitting(until_seq))
        where += within(since, as_of)
        if event_id is not None:
            where += f" AND {self._event_id()} = ? AND {self._event_id()} IS NOT NULL"
            values.append(nfc(event_id))
        if kind is not None:
            where += " AND kind = ?"
            values.append(nfc(kind))
        since_seq = fitting(since_seq)
        if account is None:
            return self._pages(where, values, since_seq, seq_last=event_id is not None)
        self._require(account)
        return self._pages_on(account, where, values, since_seq)

    def _event_id(self, of: str = "") -> str:
        """SQL for the event that an entry names; ``of``: its table, with the point."""
        if self._sqlite:
            return f"json_extract({of}metadata, '$.event_id')"
        return f"(CAST({of}metadata AS jsonb) ->> 'event_id')"

    def _require(self, account: str) -> None:
        if self._found(account) is not None or self._found(main_of(account)) is not None:
            return
        which, values = self._accounts_of(account)  # a main code may have sub-accounts alone
        if not self._ask(f"{which} LIMIT 1", *values):
            raise UnknownAccount(account=account, book=self.book)

    def _pages(
        self, where: str, values: Sequence[Any], since_seq: int = 0, *, seq_last: bool = False
    ) -> Iterator[Entry]:
        """Entries by their numbers, a page at a time; ``seq_last`` where the other condition leaves only a few."""
        seq = "+seq" if seq_last else "seq"  # "+" keeps a database from walking through the numbers
        where = f"book_id = ? AND {seq} > ? AND {where}"
        query = f"SELECT {_ENTRY_COLUMNS} FROM entry WHERE {where} ORDER BY {seq} LIMIT {PAGE}"
        while True:
            rows = self._ask(query, self.book_id, since_seq, *values)
            yield from self._with_legs(rows)
            if len(rows) < PAGE:
                return
            since_seq = rows[-1].seq

    def _pages_on(self, account: str, where: str, values: Sequence[Any], since_seq: int) -> Iterator[Entry]:
        """Their numbers first: asked by the page, each page would read all postings on the account.

        The book comes with a sum, which no index has: else PostgreSQL may go along all entries of the book.
        """
        which, codes = self._accounts_of(account)
        rows = self._stream(
            f"SELECT DISTINCT entry.seq FROM posting CROSS JOIN entry WHERE posting.account_id IN ({which})"
            " AND entry.id = posting.entry_id AND entry.book_id + 0 = ? AND entry.seq > ? ORDER BY entry.seq",
            *codes,
            self.book_id,
            since_seq,
        )
        numbers = array("q", (row[0] for row in rows))
        query = (
            f"SELECT {_ENTRY_COLUMNS} FROM entry WHERE book_id = ? AND {self._among('seq')} AND {where} ORDER BY seq"
        )
        for start in range(0, len(numbers), PAGE):
            page = self._listed(list(numbers[start : start + PAGE]))
            yield from self._with_legs(self._ask(query, self.book_id, page, *values))

    # -------------------------------------------------------------------------------------------------- legs by purpose

    def moved_by_kind(
        self, kinds: Sequence[str], *, since: date | None = None, as_of: date | None = None, known_at: int | None = None
    ) -> list[KindSum]:
        """What entries of these kinds moved, per kind and account; a reversal counts as the kind that it takes back.

        So what was for the same purpose is added up by the database, and what was undone is gone.

        Args:
            since, as_of: The first and the last accounting day that count.
            known_at: Leave out what was written after this entry number.
        """
        of_kinds, values = self._of_kinds(kinds, since, as_of, known_at)
        sums = (
            "SELECT counts_as, account.code, sum(posting.amount_cents) FROM"
            f" ({of_kinds}) AS meant CROSS JOIN posting CROSS JOIN account"
            " WHERE posting.entry_id = meant.id AND account.id = posting.account_id GROUP BY counts_as, account.code"
        )
        rows = self._exact(sums, f"{sums}, seq", *values)
        return [KindSum(kind, code, int(cents)) for kind, code, cents in rows]

    def legs(
        self,
        mains: Sequence[str],
        *,
        kinds: Sequence[str] | None = None,
        since: date | None = None,
        as_of: date | None = None,
        known_at: int | None = None,
    ) -> Iterator[Leg]:
        """The legs on these main accounts and their sub-accounts, in the order of entries, as a stream.

        Args:
            kinds: Only those of entries of these kinds, and of reversals of such; without it all but those of year-end
                closings.
        """
        of_kinds, values = self._of_kinds(kinds, since, as_of, known_at)
        event = self._event_id("own.")
        for seq, on, kind, counts_as, times, undone, memo, event_id, code, cents in self._stream(
            f"SELECT meant.seq, own.effective_on, own.kind, counts_as, times, undone, own.memo, {event}, account.code,"
            f" posting.amount_cents FROM ({of_kinds}) AS meant CROSS JOIN entry AS own CROSS JOIN posting"
            " CROSS JOIN account WHERE own.id = meant.id AND posting.entry_id = meant.id"
            f" AND account.id = posting.account_id AND {self._among('account.main')}"
            " ORDER BY meant.seq, posting.position",
            *values,
            self._listed(list(mains)),
        ):
            yield Leg(
                seq, self._date(on), kind, counts_as, times, memo, undone if times < 0 else event_id, code, int(cents)
            )

    def _of_kinds(
        self, kinds: Sequence[str] | None, since: date | None, as_of: date | None, known_at: int | None
    ) -> tuple[str, list[Any]]:
        """SQL for the entries of these kinds and their reversals: id, number, what they count as, and the event of what
        they take back; and the values in it."""
        where, values = "", list[Any]()
        for column, day in ((">=", since), ("<=", as_of)):
            if day is not None:
                where += f" AND entry.effective_on {column} ?"
                values.append(self._day(day))
        if known_at is not None:
            where += f" AND entry.seq <= {fitting(known_at):d}"
        event = self._event_id("origin.")
        if kinds is None:
            own, undone, named = "entry.kind <> ? AND entry.reverses_seq IS NULL", "origin.kind <> ?", [[CLOSING]] * 2
        else:
            listed = self._listed([nfc(kind) for kind in kinds])
            own, undone, named = self._among("entry.kind"), self._among("origin.kind"), [[listed], [listed]]
        return (
            "SELECT entry.id, entry.seq, entry.kind AS counts_as, 1 AS times, NULL AS undone FROM entry"
            f" WHERE entry.book_id = ? AND {own}{where} UNION ALL"
            f" SELECT entry.id, entry.seq, origin.kind, -1, {event} FROM entry CROSS JOIN entry AS origin"
            " WHERE entry.book_id = ? AND entry.kind = ? AND origin.book_id = entry.book_id"
            f" AND origin.seq = entry.reverses_seq AND {undone}{where}",
            [self.book_id, *named[0], *values, self.book_id, REVERSAL, *named[1], *values],
        )

    def _with_legs(self, rows: Sequence[Any]) -> Iterator[Entry]:
        query = (
            "SELECT posting.entry_id, account.code, posting.amount_cents FROM posting"
            " JOIN account ON account.id = posting.account_id"
            f" WHERE {self._among('posting.entry_id')} ORDER BY posting.entry_id, posting.position"
        )
        for page in narrow(rows):
            postings: dict[str, list[Posting]] = {}
            for id, code, cents in self._ask(query, self._listed([row.id for row in page])):
                postings.setdefault(id, []).append(Posting(code, cents))
            for row in page:
                fields = {name: getattr(row, name) for name in _AS_STORED}
                yield Entry(
                    **fields,
                    effective_on=self._date(row.effective_on),
                    metadata=json.loads(row.metadata),
                    recorded_at=from_micros(row.recorded_at),
                    reverses=row.reverses_seq,
                    postings=tuple(postings.get(row.id, ())),
                )

    def card(
        self,
        account: str,
        *,
        since: date | None = None,
        as_of: date | None = None,
        since_seq: int = 0,
        known_at: int | None = None,
    ) -> Iterator[CardLine]:
        """The postings on an account by accounting day, with the running balance; sub-accounts belong to their main.

        Args:
            since: The first day shown; what went before is in the balance of the first line.
            as_of: The last day shown.
            since_seq: Show only what was written after this entry; the balance counts everything.
            known_at: Leave out what was written after this entry number, from the balance too.

        Raises:
            UnknownAccount: There is no such account, nor its main account.
        """
        self._require(account)  # now, not when the first line is asked for
        return self._card(account, since, as_of, since_seq, known_at)

    def _card(
        self, account: str, since: date | None, as_of: date | None, since_seq: int, known_at: int | None
    ) -> Iterator[CardLine]:
        which, values = self._accounts_of(account)
        values.append(self.book_id)
        upto = ""
        if as_of is not None:
            upto += " AND entry.effective_on <= ?"
            values.append(self._day(as_of))
        if known_at is not None:
            upto += " AND entry.seq <= ?"
            values.append(fitting(known_at))
        balance = 0
        event = self._event_id("entry.")
        for seq, id, on, kind, memo, cents, code, event_id in self._stream(
            "SELECT entry.seq, entry.id, entry.effective_on, entry.kind, entry.memo, posting.amount_cents,"
            f" account.code, {event} FROM posting CROSS JOIN entry CROSS JOIN account"
            f" WHERE posting.account_id IN ({which}) AND entry.id = posting.entry_id AND entry.book_id = ?"
            f" AND account.id = posting.account_id{upto} ORDER BY entry.effective_on, entry.seq, posting.position",
            *values,
        ):
            balance += cents
            day = self._date(on)
            if (since is None or day >= since) and seq > since_seq:
                yield CardLine(seq, id, day, kind, memo, code, cents, balance, event_id)


def side(sign: int) -> str:
    """SQL for what a leg moved on the debit side (1) or the credit side (-1)."""
    amount = "posting.amount_cents" if sign > 0 else "-posting.amount_cents"
    return f"CASE WHEN {amount} > 0 THEN {amount} ELSE 0 END"


def within(since: date | None, until: date | None) -> str:
    """SQL that leaves entries of other days out; the days stand in it as they are, because the plan depends on them.

    With days that it does not know, PostgreSQL takes few entries for probable and reads the whole table for each page.
    """
    first = "" if since is None else f" AND effective_on >= '{since.isoformat()}'"
    return first if until is None else f"{first} AND effective_on <= '{until.isoformat()}'"


def narrow(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The same rows in parts of at most ``LEGS`` legs, or of one entry that has more."""
    start = legs = 0
    for place, row in enumerate(rows):
        if legs and legs + row.legs > LEGS:
            yield rows[start:place]
            start, legs = place, 0
        legs += row.legs
    if rows:
        yield rows[start:]
