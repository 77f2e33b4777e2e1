"""What the ledger says: balances, turnover, trial balance, entries and account cards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from fund.database import from_micros
from fund.errors import UnknownAccount, UnknownEntry
from fund.ledger.accounts import AccountType, Layer, main_of
from fund.ledger.journal import Entry, Posting
from fund.ledger.seal import GENESIS, canonical, seal
from fund.ledger.store.book import Book

__all__ = ["CardLine", "Reading", "TrialBalanceRow", "Turnover"]

PAGE = 200
_ENTRY_COLUMNS = (
    "id, seq, effective_on, kind, memo, actor, idempotency_key, metadata, recorded_at, reverses_seq, reason, version,"
    " previous_hash, hash"
)


@dataclass(frozen=True, slots=True)
class Turnover:
    """What moved on both sides of an account, in cents; both are zero or more."""

    debit_cents: int
    credit_cents: int

    @property
    def balance_cents(self) -> int:
        """Debit less credit."""
        return self.debit_cents - self.credit_cents


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account of the trial balance, with what moved on both its sides, in cents."""

    code: str
    name: str
    type: AccountType
    layer: Layer
    currency: str
    debit_cents: int
    credit_cents: int

    @property
    def balance_cents(self) -> int:
        """Debit less credit."""
        return self.debit_cents - self.credit_cents


@dataclass(frozen=True, slots=True)
class CardLine:
    """One posting on an account's card, and what the account stood at after it, in cents, debit positive."""

    seq: int
    entry_id: str
    effective_on: date
    kind: str
    memo: str
    account: str
    amount_cents: int
    balance_cents: int


class Reading(Book):
    """The questions one can put to a book."""

    def _moved(
        self,
        parameters: dict[str, Any],
        *,
        since: date | None = None,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds_excluded: Sequence[str] = (),
        kinds: Sequence[str] | None = None,
    ) -> str:
        """SQL for rows (account_id, debit_cents, credit_cents) whose sums are what moved; fills ``parameters``."""
        days = ""
        if since is not None:
            parameters["since"] = self._day(since)
            days += " AND {day} >= :since"
        if as_of is not None:
            parameters["as_of"] = self._day(as_of)
            days += " AND {day} <= :as_of"
        sides = (
            "posting.account_id,"
            " CASE WHEN posting.amount_cents > 0 THEN posting.amount_cents ELSE 0 END AS debit_cents,"
            " CASE WHEN posting.amount_cents < 0 THEN -posting.amount_cents ELSE 0 END AS credit_cents"
        )
        journal = " FROM entry JOIN posting ON posting.entry_id = entry.id WHERE entry.book_id = :book" + days.format(
            day="entry.effective_on"
        )

        def named(prefix: str, values: Sequence[str]) -> str:
            names = [f"{prefix}{number}" for number in range(len(values))]
            parameters.update(zip(names, values, strict=True))
            return ", ".join(f":{name}" for name in names) or "NULL"

        if known_at is not None or kinds is not None:
            if known_at is not None:
                parameters["known_at"] = known_at
                journal += " AND entry.seq <= :known_at"
            if kinds is not None:
                journal += f" AND entry.kind IN ({named('kind', sorted(kinds))})"
            if kinds_excluded:
                journal += f" AND entry.kind NOT IN ({named('excluded', sorted(kinds_excluded))})"
            return f"(SELECT {sides}{journal})"
        kept = "account_balance" if not days else "balance_day"
        if not kinds_excluded:
            return (
                f"(SELECT account_id, debit_cents, credit_cents FROM {kept} WHERE 1 = 1"
                + days.format(day="balance_day.day")
                + ")"
            )
        return (
            f"(SELECT account_id, debit_cents, credit_cents FROM {kept} WHERE 1 = 1"
            + days.format(day="balance_day.day")
            + " UNION ALL SELECT taken.account_id, -taken.debit_cents, -taken.credit_cents FROM"
            + f" (SELECT {sides}{journal} AND entry.kind IN ({named('excluded', sorted(kinds_excluded))})) AS taken)"
        )

    def turnover(
        self,
        code: str,
        *,
        since: date | None = None,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds_excluded: Sequence[str] | set[str] | frozenset[str] = (),
        kinds: Sequence[str] | set[str] | frozenset[str] | None = None,
    ) -> Turnover:
        """What moved on both sides of an account; of a main code, with all its sub-accounts.

        Args:
            since: The first accounting day that counts; from the beginning when absent.
            as_of: The last one; all days when absent.
            known_at: Leave out what was written after this entry number.
            kinds_excluded: Leave out entries of these kinds.
            kinds: Count only entries of these kinds.

        Raises:
            UnknownAccount: Neither the account nor its main account is there.
        """
        parameters: dict[str, Any] = {"book": self.book_id, "code": code}
        moved = self._moved(
            parameters,
            since=since,
            as_of=as_of,
            known_at=known_at,
            kinds_excluded=tuple(kinds_excluded),
            kinds=None if kinds is None else tuple(kinds),
        )
        row = self.connection.execute(
            sa.text(
                "SELECT count(account.id) AS found, CAST(coalesce(sum(moved.debit_cents), 0) AS bigint) AS debit_cents,"
                " CAST(coalesce(sum(moved.credit_cents), 0) AS bigint) AS credit_cents"
                f" FROM account LEFT JOIN {moved} AS moved ON moved.account_id = account.id"
                f" WHERE account.book_id = :book AND {self._main_or_sub(code)}"
            ),
            parameters,
        ).one()
        if row.found == 0 and (main_of(code) == code or self._found(main_of(code)) is None):
            raise UnknownAccount(account=code, book=self.book)
        return Turnover(row.debit_cents, row.credit_cents)

    def balance(
        self,
        code: str,
        *,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds_excluded: Sequence[str] | set[str] | frozenset[str] = (),
    ) -> int:
        """The balance in cents, debit positive; of a main code, the sum with all its sub-accounts.

        Raises:
            UnknownAccount: Neither the account nor its main account is there.
        """
        return self.turnover(code, as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded).balance_cents

    def balances(
        self,
        *,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds_excluded: Sequence[str] | set[str] | frozenset[str] = (),
    ) -> dict[str, int]:
        """The balance in cents of every account, by code in code order; sub-accounts stand apart from their main."""
        rows = self._all(as_of, known_at, tuple(kinds_excluded), everything=True)
        return {row.code: row.debit_cents - row.credit_cents for row in rows}

    def main_balances(
        self,
        *,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds_excluded: Sequence[str] | set[str] | frozenset[str] = (),
    ) -> dict[str, int]:
        """As :meth:`balances`, sub-accounts added up under their main code."""
        sums: dict[str, int] = {}
        for code, cents in self.balances(as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded).items():
            sums[main_of(code)] = sums.get(main_of(code), 0) + cents
        return sums

    def trial_balance(self, *, as_of: date | None = None, known_at: int | None = None) -> list[TrialBalanceRow]:
        """Every account that ever moved, with both its sides, in account order."""
        return [
            TrialBalanceRow(
                row.code,
                row.name,
                AccountType(row.type),
                Layer(row.layer),
                row.currency,
                row.debit_cents,
                row.credit_cents,
            )
            for row in self._all(as_of, known_at, (), everything=False)
        ]

    def trial_balance_hash(self, *, as_of: date | None = None, known_at: int | None = None) -> bytes:
        """The hash of the trial balance, as a closed month keeps it: codes, layers, currencies and sides, not names."""
        rows = self._all(as_of, known_at, (), everything=False)
        fields = ([row.code, row.layer, row.currency, row.debit_cents, row.credit_cents] for row in rows)
        return seal(GENESIS, canonical(fields), "trial-balance")

    def _all(
        self, as_of: date | None, known_at: int | None, kinds_excluded: tuple[str, ...], *, everything: bool
    ) -> Sequence[sa.Row[Any]]:
        parameters: dict[str, Any] = {"book": self.book_id}
        moved = self._moved(parameters, as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded)
        return self.connection.execute(
            sa.text(
                "SELECT account.code, account.name, account.type, account.layer, account.currency,"
                " CAST(coalesce(sums.debit_cents, 0) AS bigint) AS debit_cents,"
                " CAST(coalesce(sums.credit_cents, 0) AS bigint) AS credit_cents"
                f" FROM account {'LEFT ' if everything else ''}JOIN (SELECT moved.account_id,"
                " sum(moved.debit_cents) AS debit_cents,"
                f" sum(moved.credit_cents) AS credit_cents FROM {moved} AS moved GROUP BY moved.account_id) AS sums"
                " ON sums.account_id = account.id WHERE account.book_id = :book ORDER BY account.code"
            ),
            parameters,
        ).all()

    # -------------------------------------------------------------------------------------------------------- entries

    def entry(self, seq: int) -> Entry:
        """The entry with this number.

        Raises:
            UnknownEntry: There is none; names the last.
        """
        found = next(self._pages("entry.seq = :seq", {"seq": seq}), None)
        if found is None:
            raise UnknownEntry(seq=seq, last=self.head().seq)
        return found

    def find(self, idempotency_key: str) -> Entry | None:
        """The entry that was posted under this key, if any."""
        return next(self._pages("entry.idempotency_key = :key", {"key": idempotency_key}), None)

    def reversal_of(self, seq: int, *, known_at: int | None = None) -> Entry | None:
        """The entry that reverses this one in full, if any, as far as it was known at entry ``known_at``."""
        found = next(self._pages("entry.reverses_seq = :reversed", {"reversed": seq}), None)
        return None if found is None or (known_at is not None and found.seq > known_at) else found

    def parts_of(self, seq: int, *, known_at: int | None = None) -> list[Entry]:
        """The entries that each take back a part of this one, as far as they were known at entry ``known_at``."""
        number = seq if self._sqlite else str(seq)
        found = self._pages(f"{self._stated('part_of')} = :original", {"original": number})
        return [entry for entry in found if known_at is None or entry.seq <= known_at]

    def replacement_of(self, seq: int, *, known_at: int | None = None) -> Entry | None:
        """The entry that came in the place of this one, if any, as far as it was known at entry ``known_at``."""
        number = seq if self._sqlite else str(seq)
        found = next(self._pages(f"{self._stated('replaces')} = :original", {"original": number}), None)
        return None if found is None or (known_at is not None and found.seq > known_at) else found

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
        as_of: date | None = None,
        event_id: str | None = None,
        kind: str | None = None,
    ) -> Iterator[Entry]:
        """Entries in the order of their numbers, page by page: the book is never in memory as a whole.

        Args:
            account: Only those with a leg on this account, or a sub-account of it.
            since_seq: Only those after this number.
            until_seq: Only those up to and with this number.
            as_of: Only those whose accounting day is not later.
            event_id: Only those whose metadata name this event.
            kind: Only those of this kind.

        Raises:
            UnknownAccount: There is no such account, nor its main account.
        """
        where, parameters = "1 = 1", dict[str, Any]()
        if account is not None:
            if self._found(account) is None and self._found(main_of(account)) is None:
                raise UnknownAccount(account=account, book=self.book)
            where += (
                " AND EXISTS (SELECT 1 FROM posting JOIN account ON account.id = posting.account_id"
                f" WHERE posting.entry_id = entry.id AND account.book_id = :book AND {self._main_or_sub(account)})"
            )
            parameters["code"] = account
        if until_seq is not None:
            where += " AND entry.seq <= :until"
            parameters["until"] = until_seq
        if as_of is not None:
            where += " AND entry.effective_on <= :as_of"
            parameters["as_of"] = self._day(as_of)
        if event_id is not None:
            where += f" AND {self._event_id()} = :event_id"
            parameters["event_id"] = event_id
        if kind is not None:
            where += " AND entry.kind = :kind"
            parameters["kind"] = kind
        return self._pages(where, parameters, since_seq)

    def _event_id(self) -> str:
        return "json_extract(metadata, '$.event_id')" if self._sqlite else "(CAST(metadata AS jsonb) ->> 'event_id')"

    def _pages(self, where: str, parameters: dict[str, Any], since_seq: int = 0) -> Iterator[Entry]:
        query = sa.text(
            f"SELECT page.*, posting.amount_cents, account.code FROM (SELECT {_ENTRY_COLUMNS} FROM entry"
            f" WHERE entry.book_id = :book AND entry.seq > :since_seq AND {where}"
            f" ORDER BY entry.seq LIMIT {PAGE}) AS page JOIN posting ON posting.entry_id = page.id"
            " JOIN account ON account.id = posting.account_id ORDER BY page.seq, posting.position"
        )
        while True:
            rows = self.connection.execute(query, parameters | {"book": self.book_id, "since_seq": since_seq}).all()
            count = 0
            for _seq, legs in groupby(rows, key=lambda row: row.seq):
                entry = self._entry(list(legs))
                count += 1
                since_seq = entry.seq
                yield entry
            if count < PAGE:
                return

    def _entry(self, rows: Sequence[Any]) -> Entry:
        row = rows[0]
        return Entry(
            id=row.id,
            seq=row.seq,
            effective_on=self._date(row.effective_on),
            kind=row.kind,
            memo=row.memo,
            actor=row.actor,
            idempotency_key=row.idempotency_key,
            metadata=json.loads(row.metadata),
            recorded_at=from_micros(row.recorded_at),
            reverses=row.reverses_seq,
            reason=row.reason,
            version=row.version,
            previous_hash=bytes(row.previous_hash),
            hash=bytes(row.hash),
            postings=tuple(Posting(leg.code, leg.amount_cents) for leg in rows),
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
        if self._found(account) is None and self._found(main_of(account)) is None:
            raise UnknownAccount(account=account, book=self.book)
        return self._card(account, since, as_of, since_seq, known_at)

    def _card(
        self, account: str, since: date | None, as_of: date | None, since_seq: int, known_at: int | None
    ) -> Iterator[CardLine]:
        balance = 0
        after: tuple[Any, int, int] = (self._day(date.min), 0, 0)
        upto = " AND entry.effective_on <= :as_of" if as_of is not None else ""
        upto += " AND entry.seq <= :known_at" if known_at is not None else ""
        query = sa.text(
            "SELECT entry.seq, entry.id, entry.effective_on, entry.kind, entry.memo, posting.position,"
            " posting.amount_cents, account.code FROM account JOIN posting ON posting.account_id = account.id"
            " JOIN entry ON entry.id = posting.entry_id"
            f" WHERE account.book_id = :book AND {self._main_or_sub(account)}{upto}"
            " AND (entry.effective_on, entry.seq, posting.position) > (:day, :seq, :position)"
            f" ORDER BY entry.effective_on, entry.seq, posting.position LIMIT {PAGE}"
        )
        parameters: dict[str, Any] = {"book": self.book_id, "code": account}
        if known_at is not None:
            parameters["known_at"] = known_at
        if as_of is not None:
            parameters["as_of"] = self._day(as_of)
        while True:
            rows = self.connection.execute(
                query, parameters | dict(zip(("day", "seq", "position"), after, strict=True))
            ).all()
            for row in rows:
                balance += row.amount_cents
                day = self._date(row.effective_on)
                after = (row.effective_on, row.seq, row.position)
                if (since is None or day >= since) and row.seq > since_seq:
                    yield CardLine(row.seq, row.id, day, row.kind, row.memo, row.code, row.amount_cents, balance)
            if len(rows) < PAGE:
                return
