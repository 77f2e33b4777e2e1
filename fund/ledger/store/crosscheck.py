"""What accounts and entries say of one another: limits, sub-accounts, keys that are shared, what is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from fund.errors import BeyondOriginal
from fund.ledger.journal import Posting, check_part
from fund.ledger.store.recount import Recount

__all__ = ["CrossCheck", "OutOfBounds"]


@dataclass(frozen=True, slots=True)
class OutOfBounds:
    """An account beyond its limit at the end of ``day``, in cents, and the last entry that must not have been."""

    account: str
    day: str
    balance_cents: int
    limit_cents: int
    seq: int


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
        """Entries (number, what) that share a number, a key or an original with another."""
        found: list[tuple[int, str]] = []
        for column in ("seq", "idempotency_key", "reverses_seq"):
            rows = self._rows(
                f"SELECT max(seq) AS seq, {column} AS shared FROM entry WHERE book_id = :book AND {column} IS NOT NULL"
                f" GROUP BY {column} HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
            )
            found += [(row.seq, f"{column} {row.shared}") for row in rows]
        return found

    def false_mirrors(self) -> tuple[int, list[tuple[int, int]]]:
        """How many reversals there are, and which (number, original) do not undo their original leg by leg."""
        (total,) = self._rows("SELECT count(*) AS number FROM entry WHERE book_id = :book AND reverses_seq IS NOT NULL")
        rows = self._rows(
            "SELECT entry.seq, entry.reverses_seq FROM entry LEFT JOIN entry AS original"
            " ON original.book_id = entry.book_id AND original.seq = entry.reverses_seq AND original.seq < entry.seq"
            " WHERE entry.book_id = :book AND entry.reverses_seq IS NOT NULL AND (original.id IS NULL"
            " OR original.legs <> entry.legs OR EXISTS (SELECT 1 FROM posting AS was LEFT JOIN posting AS now"
            " ON now.entry_id = entry.id AND now.position = was.position WHERE was.entry_id = original.id"
            " AND (now.entry_id IS NULL OR now.account_id <> was.account_id OR now.amount_cents <> -was.amount_cents)))"
            " ORDER BY entry.seq LIMIT 100"
        )
        return int(total.number), [(row.seq, row.reverses_seq) for row in rows]

    def false_parts(self) -> tuple[int, list[tuple[int, int]]]:
        """How many partial reversals there are, and which (number, original) take back more than the original moved."""
        if self._sqlite:
            # What is no JSON any more names no original; its seal tells.
            name = "CASE WHEN json_valid(part.metadata) THEN json_extract(part.metadata, '$.correction.part_of') END"
        else:
            name = "(CAST(part.metadata AS jsonb) #>> '{correction,part_of}')"
        try:
            with self._connection.begin_nested():
                rows = self._rows(
                    f"SELECT part.seq, {name} AS original FROM entry AS part WHERE part.book_id = :book"
                    f" AND part.metadata LIKE '%part_of%' AND {name} IS NOT NULL ORDER BY part.seq"
                )
        except sa.exc.DBAPIError:
            rows = []
        taken: dict[int, dict[str, int]] = {}
        false: list[tuple[int, int]] = []
        for row in rows:
            original = int(row.original) if str(row.original).isdecimal() else 0
            try:
                taken[original] = check_part(
                    original,
                    [(leg.account, leg.amount_cents) for leg in self._legs_of(original)],
                    taken.get(original, {}),
                    self._legs_of(row.seq),
                )
            except BeyondOriginal:
                false.append((row.seq, original))
        return len(rows), false

    def _legs_of(self, seq: int) -> list[Posting]:
        rows = self._rows(
            "SELECT account.code, posting.amount_cents FROM entry JOIN posting ON posting.entry_id = entry.id"
            " JOIN account ON account.id = posting.account_id WHERE entry.book_id = :book AND entry.seq = :seq",
            seq=seq,
        )
        return [Posting(row.code, row.amount_cents) for row in rows]
