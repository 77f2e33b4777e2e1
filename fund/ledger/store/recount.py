"""Sums made anew from the postings, held against those that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from fund.ledger.seal import GENESIS, canonical, seal
from fund.ledger.store.entries import side
from fund.ledger.store.fast_verify import PRIME, coefficient
from fund.ledger.store.stored import Stored


@dataclass(frozen=True, slots=True)
class Difference:
    """A cached sum that is not what the postings say, in cents; ``day`` is empty for the balance over all days."""

    account: str
    day: str
    debit_cents: int
    credit_cents: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands beside the entries of a book, where each balance is the sum of its days.

    Attributes:
        legs: How many legs there are on its accounts, or on none, whether an entry seals them or not.
        debit, credit: The fingerprint of the day balances.
        balances, days: How many are kept.
    """

    legs: int
    debit: int
    credit: int
    balances: int
    days: int


class _Weights(dict[Any, int]):
    """What accounts (numbers) and days (all else) count with in a fingerprint."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, one: Any) -> int:
        name = f"account {one}" if isinstance(one, int) else f"day {one}"
        self[one] = coefficient(self._key, name.encode("utf-8", "surrogateescape"))
        return self[one]


class Recount(Stored):
    """The sums of one book."""

    def stray_postings(self) -> list[tuple[str, int]]:
        """Legs (entry id, position) that no entry seals; on an account of this book, none of this book."""
        rows = self._rows(
            "SELECT posting.entry_id, posting.position FROM posting LEFT JOIN entry ON entry.id = posting.entry_id"
            " LEFT JOIN account ON account.id = posting.account_id"
            " WHERE (entry.id IS NULL AND account.book_id IS NULL)"
            " OR (account.book_id = :book AND (entry.book_id IS NULL OR entry.book_id <> :book))"
            " ORDER BY posting.entry_id, posting.position LIMIT 100"
        )
        return [(row.entry_id, row.position) for row in rows]

    def differences(self, *, by_day: bool) -> list[Difference]:
        """Cached sums less the sums of the postings, where they differ."""
        day = self._day_text("entry.effective_on") if by_day else "NULL"
        kept = "balance_day" if by_day else "account_balance"
        kept_day = self._day_text("balance_day.day") if by_day else "NULL"
        group = "sums.account_id, sums.day" if by_day else "sums.account_id"
        rows = self._rows(
            f"SELECT sums.account_id, max(account.code) AS code, {'sums.day' if by_day else 'NULL'} AS day,"
            " sum(sums.debit_cents) AS debit_cents, sum(sums.credit_cents) AS credit_cents FROM ("
            f"SELECT {kept}.account_id, {kept_day} AS day, {kept}.debit_cents, {kept}.credit_cents FROM {kept}"
            " UNION ALL"
            f" SELECT posting.account_id, {day}, -({side(1)}), -({side(-1)})"
            " FROM posting JOIN entry ON entry.id = posting.entry_id WHERE entry.book_id = :book) AS sums"
            " LEFT JOIN account ON account.id = sums.account_id"
            " WHERE account.book_id = :book OR account.book_id IS NULL"
            f" GROUP BY {group} HAVING sum(sums.debit_cents) <> 0 OR sum(sums.credit_cents) <> 0"
            f" ORDER BY {group} LIMIT 100"
        )
        return [
            Difference(row.code or f"#{row[0]}", str(row.day or ""), int(row.debit_cents), int(row.credit_cents))
            for row in rows
        ]

    def kept(self, key: bytes) -> Kept | None:
        """What is kept beside the entries, in one pass; ``None`` when the balances are not those of their days.

        Args:
            key: Of the fingerprint, see :class:`quick.FastVerifier`.
        """
        mine = f"account.book_id = {self._book.book_id} OR account.book_id IS NULL"
        ((legs,),) = self._stream(
            f"SELECT count(*) FROM posting LEFT JOIN account ON account.id = posting.account_id WHERE {mine}"
        )
        weights = _Weights(key)
        debit = credit = debit_in_all = credit_in_all = number = balances = 0
        for account, day, debits, credits in self._stream(
            f"SELECT balance_day.account_id, {self._day_text('day')} AS day, debit_cents, credit_cents FROM balance_day"
            f" LEFT JOIN account ON account.id = balance_day.account_id WHERE {mine}"
        ):
            weight = weights[account]
            debits, credits, weight = weight * debits, weight * credits, weights[day]
            debit += debits * weight
            credit += credits * weight
            debit_in_all += debits
            credit_in_all += credits
            number += 1
        for account, debits, credits in self._stream(
            "SELECT account_balance.account_id, debit_cents, credit_cents FROM account_balance"
            f" LEFT JOIN account ON account.id = account_balance.account_id WHERE {mine}"
        ):
            debit_in_all -= weights[account] * debits
            credit_in_all -= weights[account] * credits
            balances += 1
        if debit_in_all % PRIME or credit_in_all % PRIME:
            return None
        return Kept(legs, debit % PRIME, credit % PRIME, balances, number)

    def posted_until(self, seq: int, key: bytes) -> tuple[int, int, int]:
        """Of the entries up to ``seq``, unread: how many legs they have, and the fingerprint of these, by side."""
        weights = _Weights(key)
        debit = credit = legs = 0
        for account, day, cents in self._stream(
            f"SELECT posting.account_id, {self._day_text('effective_on')}, posting.amount_cents FROM entry"
            " JOIN posting ON posting.entry_id = entry.id JOIN account ON account.id = posting.account_id"
            f" WHERE entry.book_id = {self._book.book_id} AND account.book_id = {self._book.book_id}"
            f" AND entry.seq <= {seq:d}"
        ):
            if cents > 0:
                debit += weights[account] * weights[day] * cents
            else:
                credit -= weights[account] * weights[day] * cents
            legs += 1
        return legs, debit % PRIME, credit % PRIME

    def count(self, table: str) -> int:
        """How many rows of this book a cache holds."""
        (row,) = self._rows(
            f"SELECT count(*) AS number FROM {table} JOIN account ON account.id = {table}.account_id"
            " WHERE account.book_id = :book"
        )
        return int(row.number)

    def last_moved(self, code: str, day: str = "") -> int | None:
        """The number of the last entry on an account; of one day, unless ``day`` is empty."""
        try:
            f"{code}{day}".encode()
        except UnicodeEncodeError:  # bytes that are no text: such an account or day is asked for by nobody
            return None
        (row,) = self._rows(
            "SELECT max(entry.seq) AS seq FROM account JOIN posting ON posting.account_id = account.id"
            " JOIN entry ON entry.id = posting.entry_id WHERE account.book_id = :book AND account.code = :code"
            " AND (:day = '' OR CAST(entry.effective_on AS text) = :day)",
            code=code,
            day=day,
        )
        return None if row.seq is None else int(row.seq)

    def kept_trial_balances(self) -> dict[str, bytes]:
        """The hash of the trial balance at the end of each month in which something moved, as the days are kept now."""
        month = "substr(day, 1, 7)" if self._sqlite else "to_char(day, 'YYYY-MM')"
        sums: dict[str, list[Any]] = {}
        found: dict[str, bytes] = {}
        rows = self._stream(
            "SELECT moved.month, account.code, account.layer, account.currency, debit_cents, credit_cents"
            f" FROM (SELECT account_id, {month} AS month, CAST(sum(debit_cents) AS bigint) AS debit_cents,"
            f" CAST(sum(credit_cents) AS bigint) AS credit_cents FROM balance_day GROUP BY account_id, {month})"
            f" AS moved JOIN account ON account.id = moved.account_id WHERE account.book_id = {self._book.book_id}"
            " ORDER BY moved.month"
        )
        for month_of, group in groupby(rows, key=lambda row: str(row[0])):
            for _month, code, layer, currency, debit, credit in group:
                row = sums.setdefault(code, [code, layer, currency, 0, 0])
                row[3] += debit
                row[4] += credit
            found[month_of] = _trial_balance_hash(sums[code] for code in sorted(sums))
        return found

    def posted_trial_balance(self, known_at: int, until: str = "9999-99-99") -> bytes:
        """The hash of the trial balance at entry ``known_at``, of days until ``until``, from the entries alone."""
        days = f" AND {'effective_on' if self._sqlite else 'CAST(effective_on AS text)'} <= :until"
        return next(self._trial_balances((known_at,), days, until=until))

    def posted_trial_balances(self, known_at: Iterable[int]) -> Iterator[bytes]:
        """As :meth:`posted_trial_balance`, at each of these entries, which rise; each entry is read once."""
        return self._trial_balances(known_at, "")

    def _trial_balances(self, known_at: Iterable[int], days: str, **values: Any) -> Iterator[bytes]:
        sums: dict[int, list[Any]] = {}
        for id, *account in self._stream(
            f"SELECT id, code, layer, currency FROM account WHERE book_id = {self._book.book_id} ORDER BY code"
        ):
            sums[id] = [*account, 0, 0]
        before = -(2**63)
        for seq in known_at:
            rows = self._rows(
                f"SELECT posting.account_id, CAST(sum({side(1)}) AS bigint) AS debit_cents,"
                f" CAST(sum({side(-1)}) AS bigint) AS credit_cents"
                " FROM entry JOIN posting ON posting.entry_id = entry.id"
                f" WHERE entry.book_id = :book AND entry.seq > :before AND entry.seq <= :seq{days}"
                " GROUP BY posting.account_id",
                before=before,
                seq=seq,
                **values,
            )
            for row in rows:
                if row.account_id in sums:
                    sums[row.account_id][3] += row.debit_cents
                    sums[row.account_id][4] += row.credit_cents
            before = seq
            yield _trial_balance_hash(sums.values())

    def rebuild(self) -> None:
        """Write both caches anew, from the postings; only the owner of the tables may."""
        self._book._lock_head()
        sides = (
            f"sum({side(1)}), sum({side(-1)})"
            " FROM posting JOIN entry ON entry.id = posting.entry_id WHERE entry.book_id = :book"
            " GROUP BY posting.account_id"
        )
        for kept, columns, found, group in (
            ("account_balance", "account_id", "posting.account_id", ""),
            ("balance_day", "account_id, day", "posting.account_id, entry.effective_on", ", entry.effective_on"),
        ):
            for statement in (
                f"DELETE FROM {kept} WHERE account_id IN (SELECT id FROM account WHERE book_id = :book)"
                " OR account_id NOT IN (SELECT id FROM account)",
                f"INSERT INTO {kept} ({columns}, debit_cents, credit_cents) SELECT {found}, {sides}{group}",
            ):
                self._connection.execute(sa.text(statement), {"book": self._book.book_id})


def _trial_balance_hash(rows: Iterable[list[Any]]) -> bytes:
    """As ``Reading.trial_balance_hash``: of rows (code, layer, currency, debit, credit) in code order, what moved."""
    return seal(GENESIS, canonical((row for row in rows if row[3] or row[4]), exact=True), "trial-balance")
