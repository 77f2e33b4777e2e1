"""What accounts and entries say of one another: limits, sub-accounts, keys that are shared, what is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fund.ledger.journal import CORRECTION
from fund.ledger.store.book import fitting
from fund.ledger.store.recount import Recount
from fund.ledger.store.stored import PAGE


@dataclass(frozen=True, slots=True)
class OutOfBounds:
    """An account beyond its limit at the end of ``day``, in cents, and the last entry that must not have been."""

    account: str
    day: str
    balance_cents: int
    limit_cents: int
    seq: int


@dataclass(frozen=True, slots=True)
class Correcting:
    """An entry that corrects another.

    Attributes:
        reverses: The number of the entry that it takes back. part_of: of which a part. replaces: in whose place it is.
        legs: Its legs, as (account, cents).
        originals: Those of the entries that it names and that come before it, by number.
    """

    seq: int
    reverses: int | None
    part_of: int | None
    replaces: int | None
    legs: tuple[tuple[str, int], ...]
    originals: Mapping[int, tuple[tuple[str, int], ...]]


class CrossCheck(Recount):
    """The accounts and entries of one book, held against one another."""

    def accounts_out_of_bounds(self) -> list[OutOfBounds]:
        """Accounts that an entry, of a kind that their limit binds, took beyond it on some day: the first such day.

        What moved an account beyond its minimum is an entry that lowers it. If all of these until a day are of a bound
        kind, the last one of them left the day in bounds, and so does whatever raises it later: when the day is out of
        bounds now, that entry broke the limit. With one of another kind among them, sums cannot tell who came first.
        """
        rows = self._rows(
            "SELECT * FROM (SELECT account.id, account.code, account.min_balance_cents AS least,"
            f" account.max_balance_cents AS most, account.limit_kinds, {self._day_text('balance_day.day')} AS day,"
            " sum(debit_cents - credit_cents) OVER (PARTITION BY account.id ORDER BY balance_day.day) AS balance"
            " FROM account JOIN balance_day ON balance_day.account_id = account.id WHERE account.book_id = :book"
            " AND (account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL)) AS kept"
            " WHERE balance < least OR balance > most ORDER BY code, day"
        )
        found: list[OutOfBounds] = []
        for _account, group in groupby(rows, key=lambda row: row.id):
            days = list(group)
            for limit, sign in ((days[0].least, -1), (days[0].most, 1)):
                beyond = [row for row in days if limit is not None and (row.balance - limit) * sign > 0]
                if beyond:
                    found += self._broken(beyond, limit, sign)
        return found

    def _broken(self, days: Sequence[Any], limit: int, sign: int) -> Iterator[OutOfBounds]:
        """The first of ``days``, on which an account is beyond its limit, that bound entries alone can have made."""
        moved = (
            f"(SELECT entry.seq, entry.kind, {self._day_text('entry.effective_on')} AS day FROM posting JOIN entry"
            " ON entry.id = posting.entry_id WHERE posting.account_id = :account"
            " GROUP BY entry.id, entry.seq, entry.kind, entry.effective_on"
            " HAVING sum(posting.amount_cents) * :sign > 0) AS moved"
        )
        given = {"account": days[0].id, "sign": sign}
        firsts = {
            row.kind: str(row.day)
            for row in self._rows(f"SELECT kind, min(day) AS day FROM {moved} GROUP BY kind", **given)
        }
        bound = None if days[0].limit_kinds is None else json.loads(days[0].limit_kinds)
        free = [day for kind, day in firsts.items() if bound is not None and kind not in bound]
        for row in days:
            day = str(row.day)
            if not day.isascii():
                return  # bytes that are no text
            if any(first <= day for first in free):
                return
            if any(first <= day for first in firsts.values()):
                (last,) = self._rows(f"SELECT max(seq) AS seq FROM {moved} WHERE day <= :day", day=row.day, **given)
                yield OutOfBounds(row.code, day, int(row.balance), limit, last.seq)
                return

    def accounts_astray(self) -> list[tuple[str, str]]:
        """Accounts (code, what is wrong) whose layer is not their type's, or that differ from their main account."""
        rows = self._rows(
            "SELECT account.code, account.type, account.layer, account.currency, upper.type AS main_type,"
            " upper.layer AS main_layer, upper.currency AS main_currency FROM account LEFT JOIN account AS upper"
            " ON upper.book_id = account.book_id AND upper.code = account.main AND upper.id <> account.id"
            " WHERE account.book_id = :book ORDER BY account.code"
        )
        found: list[tuple[str, str]] = []
        for row in rows:
            if (row.type == "memo") != (row.layer == "commitment"):
                found.append((row.code, f"{row.type}, {row.layer}"))
            main = (row.main_type, row.main_layer, row.main_currency)
            if row.main_type is not None and main != (row.type, row.layer, row.currency):
                found.append((row.code, f"{row.type}, {row.layer}, {row.currency} / {', '.join(main)}"))
        return found

    def doubles(self) -> list[tuple[int, str]]:
        """Entries (number, what) that share a number or a key with another."""
        found: list[tuple[int, str]] = []
        for column in ("seq", "idempotency_key"):
            rows = self._rows(
                f"SELECT max(seq) AS seq, {column} AS shared FROM entry WHERE book_id = :book"
                f" GROUP BY {column} HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
            )
            found += [(row.seq, f"{column} {row.shared}") for row in rows]
        return found

    def corrections(self, *, stated: bool) -> Iterator[Correcting]:
        """Entries that take back or replace another, in order.

        Args:
            stated: Also those of which only the metadata say so.
        """
        where = "book_id = :book AND reverses_seq IS NOT NULL"
        numbers = {row.seq for row in self._rows(f"SELECT seq FROM entry WHERE {where}")}
        if stated:
            where = "book_id = :book AND metadata LIKE '%\"correction\"%'"
            numbers |= {row.seq for row in self._rows(f"SELECT seq FROM entry WHERE {where}")}
        in_order = sorted(numbers)
        for start in range(0, len(in_order), PAGE):
            page = _numbers(in_order[start : start + PAGE])
            rows = self._rows(
                f"SELECT seq, reverses_seq, metadata FROM entry WHERE book_id = :book AND seq IN ({page}) ORDER BY seq"
            )
            found = [(row.seq, (row.reverses_seq, *_stated(row.metadata))) for row in rows]
            found = [one for one in found if any(number is not None for number in one[1])]
            legs = self._legs_of({number for seq, named in found for number in (seq, *named) if number is not None})
            for seq, named in found:
                originals = {one: tuple(legs.get(one, ())) for one in named if one is not None and 0 < one < seq}
                yield Correcting(seq, *named, tuple(legs.get(seq, ())), originals)

    def _legs_of(self, seqs: Iterable[int]) -> dict[int, list[tuple[str, int]]]:
        """Of each of these entries its legs, as (account, cents)."""
        rows = self._rows(
            "SELECT entry.seq, coalesce(account.code, '#' || posting.account_id) AS code, posting.amount_cents"
            " FROM entry JOIN posting ON posting.entry_id = entry.id LEFT JOIN account ON account.id = account_id"
            f" WHERE entry.book_id = :book AND entry.seq IN ({_numbers(seqs)}) ORDER BY entry.seq, posting.position"
        )
        legs: dict[int, list[tuple[str, int]]] = {}
        for row in rows:
            legs.setdefault(row.seq, []).append((row.code, row.amount_cents))
        return legs


def _numbers(seqs: Iterable[int]) -> str:
    return ", ".join(str(fitting(seq)) for seq in seqs) or "NULL"


def _stated(metadata: Any) -> tuple[int | None, int | None]:
    """Of which entry they say that a part is taken back, and which is replaced.

    0, which no entry has, where they say it of no number; what is no JSON says neither, and its seal tells.
    """
    try:
        stated = json.loads(metadata)[CORRECTION]
        named = [stated.get(name) for name in ("part_of", "replaces")]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None, None
    part_of, replaces = (one if one is None or type(one) is int else 0 for one in named)
    return part_of, replaces
