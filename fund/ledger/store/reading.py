"""What the ledger says: balances, turnover and the trial balance, now, as of a day, and as known at an entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from fund.ledger.accounts import AccountType, Layer, main_of
from fund.ledger.seal import GENESIS, canonical, nfc, seal
from fund.ledger.store.book import fitting, overflows
from fund.ledger.store.entries import Entries, side

_MORE = f"posting.account_id, {side(1)} AS debit_cents, {side(-1)} AS credit_cents"
_LESS = f"posting.account_id, -({side(1)}) AS debit_cents, -({side(-1)}) AS credit_cents"
_SUMS = "CAST(sum(debit_cents) AS bigint) AS debit_cents, CAST(sum(credit_cents) AS bigint) AS credit_cents"

_BALANCES = {
    (main, by_day): (
        "SELECT sum(debit_cents - credit_cents) FROM account CROSS JOIN"
        f" {'balance_day' if by_day else 'account_balance'} WHERE book_id = ? AND {'main' if main else 'code'} = ?"
        f" AND account_id = id{' AND day <= ?' if by_day else ''}"
    )
    for main in (True, False)
    for by_day in (True, False)
}
Kinds = Iterable[str]
_Sql = tuple[str, list[Any]]
"""A piece of SQL with a ``?`` for each value, and these values in order."""


class _Sides:
    __slots__ = ()
    debit_cents: int
    credit_cents: int

    @property
    def balance_cents(self) -> int:
        """Debit less credit."""
        return self.debit_cents - self.credit_cents


@dataclass(frozen=True, slots=True)
class Turnover(_Sides):
    """What moved on both sides of an account, in cents; both are zero or more."""

    debit_cents: int
    credit_cents: int


@dataclass(frozen=True, slots=True)
class Movement(_Sides):
    """What entries of one kind moved on one account, in cents. A side is below zero where more was taken back on it."""

    code: str
    kind: str
    debit_cents: int
    credit_cents: int


@dataclass(frozen=True, slots=True)
class TrialBalanceRow(_Sides):
    """One account of the trial balance, with what moved on both its sides, in cents."""

    code: str
    name: str
    type: AccountType
    layer: Layer
    currency: str
    debit_cents: int
    credit_cents: int


@dataclass(frozen=True, slots=True)
class _Days:
    """Accounting days from the first until the last, as SQL with its values."""

    since: Any = None
    until: Any = None

    def where(self, column: str) -> str:
        return (f" AND {column} >= ?" if self.since is not None else "") + (
            f" AND {column} <= ?" if self.until is not None else ""
        )

    @property
    def values(self) -> list[Any]:
        return [day for day in (self.since, self.until) if day is not None]


class Reading(Entries):
    """The questions one can put to a book."""

    def _moved(
        self,
        accounts: _Sql | None,
        *,
        since: date | None = None,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds: Kinds | None = None,
        kinds_excluded: Kinds = (),
    ) -> _Sql:
        """SQL for rows (account_id, debit_cents, credit_cents) of these accounts, or all, whose sums are what moved.

        What is kept by day answers whatever it can. What was known at an entry number is then what is kept less what
        was written since, or what was written until then, whichever is less to read: a late number costs the entries
        since, an early one those before it.
        """
        known_at = None if known_at is None else fitting(known_at)
        days = _Days(*(None if day is None else self._day(day) for day in (since, as_of)))
        until = "" if known_at is None else f" AND entry.seq <= {known_at:d}"  # no value: a plan depends on it
        excluded = sorted({nfc(kind) for kind in kinds_excluded})
        if kinds is not None:
            return self._written(accounts, days, until, only=sorted({nfc(kind) for kind in kinds}), never=excluded)
        later = 0 if known_at is None else self.head().seq - known_at
        if known_at is not None and known_at < later:
            return self._written(accounts, days, until, never=excluded, few=self._fewer(known_at, accounts))
        parts = [self._kept(accounts, days)]
        if known_at is not None:
            since_then = f" AND entry.seq > {known_at:d}"
            parts.append(self._written(accounts, days, since_then, less=True, few=self._fewer(later, accounts)))
        if excluded:
            parts.append(self._written(accounts, days, until, only=excluded, less=True))
        return " UNION ALL ".join(query for query, _values in parts), [one for _query, found in parts for one in found]

    def _kept(self, accounts: _Sql | None, days: _Days) -> _Sql:
        """As :meth:`_moved`, from what the database keeps."""
        if accounts is None and self._sqlite:  # which goes from account to account, and sees no other book's days
            accounts = "SELECT id FROM account WHERE book_id = ?", [self.book_id]
        within, values = (f" AND account_id IN ({accounts[0]})", accounts[1]) if accounts else ("", [])
        table = "balance_day" if days.values else "account_balance"
        query = f"SELECT account_id, debit_cents, credit_cents FROM {table} WHERE 1 = 1{within}{days.where('day')}"
        return query, [*values, *days.values]

    def _fewer(self, count: int, accounts: _Sql | None) -> bool:
        """Whether so many entries are less to read than the postings on these accounts; PostgreSQL knows by itself."""
        if accounts is None or not self._sqlite:
            return True
        some = f"SELECT 1 FROM posting WHERE account_id IN ({accounts[0]}) LIMIT {max(count, 0):d}"
        return bool(self._value(f"SELECT count(*) FROM ({some}) AS some", *accounts[1]) >= count)

    def _written(
        self,
        accounts: _Sql | None,
        days: _Days,
        numbers: str,
        *,
        only: Sequence[str] | None = None,
        never: Sequence[str] = (),
        less: bool = False,
        few: bool = False,
    ) -> _Sql:
        """As :meth:`_moved`, from the entries themselves.

        Args:
            numbers: SQL that says which entries, by their numbers; ``few`` when those are few.
            less: With the signs turned, to be taken off.
        """
        kinds, named = "", list[str]()
        for word, given in (("IN", only), ("NOT IN", never or None)):
            if given is not None:
                places, values = (", ".join("?" * len(given)) or "NULL", given) if self._sqlite else _literals(given)
                kinds += f" AND entry.kind {word} ({places})"
                named += values
        # SQLite reads tables in the order in which they stand here, and "+" keeps it from the index on accounts.
        entries_first = few or only is not None
        tables = "entry CROSS JOIN posting" if entries_first else "posting CROSS JOIN entry"
        within, ids = "", list[Any]()
        if accounts is not None:
            within = f" AND {'+' if self._sqlite and entries_first else ''}posting.account_id IN ({accounts[0]})"
            ids = accounts[1]
        query = (
            f"SELECT {_LESS if less else _MORE} FROM {tables} WHERE posting.entry_id = entry.id AND entry.book_id = ?"
            f"{numbers}{days.where('entry.effective_on')}{kinds}{within}"
        )
        return query, [self.book_id, *days.values, *named, *ids]

    def turnover(
        self,
        code: str,
        *,
        since: date | None = None,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds_excluded: Kinds = (),
        kinds: Kinds | None = None,
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
        accounts = self._accounts_of(code)
        if known_at is not None:  # by their numbers, so that the plan depends on how much is booked on them
            found = self._ask(accounts[0], *accounts[1])
            accounts = ", ".join(str(id) for (id,) in found) or "NULL", []
        moved, values = self._moved(
            accounts, since=since, as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded, kinds=kinds
        )
        both = f"SELECT sum(debit_cents), sum(credit_cents) FROM ({moved}) AS moved"
        rows = self._exact(both, f"{both} GROUP BY account_id", *values)
        if rows[0][0] is None:
            self._require(code)
        return Turnover(*(int(sum(cents or 0 for cents in side)) for side in zip(*rows, strict=True)))

    def balance(
        self, code: str, *, as_of: date | None = None, known_at: int | None = None, kinds_excluded: Kinds = ()
    ) -> int:
        """The balance in cents, debit positive; of a main code, the sum with all its sub-accounts.

        Raises:
            UnknownAccount: Neither the account nor its main account is there.
        """
        if known_at is not None or kinds_excluded:
            moved = self.turnover(code, as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded)
            return moved.balance_cents
        values = (self.book_id, code) if as_of is None else (self.book_id, code, self._day(as_of))
        try:
            cents = self._value(_BALANCES["." not in code, as_of is not None], *values)
        except sa.exc.DBAPIError as problem:
            if not overflows(problem):
                raise
            return self.turnover(code, as_of=as_of).balance_cents
        if cents is None:
            self._require(code)
        return int(cents or 0)

    def balances(
        self, *, as_of: date | None = None, known_at: int | None = None, kinds_excluded: Kinds = ()
    ) -> dict[str, int]:
        """The balance in cents of every account, by code in code order; sub-accounts stand apart from their main."""
        rows = self._all(as_of, known_at, kinds_excluded, everything=True)
        return {code: debit - credit for code, _name, _type, _layer, _currency, debit, credit in rows}

    def main_balances(
        self, *, as_of: date | None = None, known_at: int | None = None, kinds_excluded: Kinds = ()
    ) -> dict[str, int]:
        """As :meth:`balances`, sub-accounts added up under their main code."""
        sums: dict[str, int] = {}
        for code, cents in self.balances(as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded).items():
            sums[main_of(code)] = sums.get(main_of(code), 0) + cents
        return sums

    def trial_balance(self, *, as_of: date | None = None, known_at: int | None = None) -> list[TrialBalanceRow]:
        """Every account that ever moved, with both its sides, in account order."""
        return [
            TrialBalanceRow(code, name, AccountType(type), Layer(layer), currency, debit, credit)
            for code, name, type, layer, currency, debit, credit in self._all(as_of, known_at, (), everything=False)
        ]

    def trial_balance_hash(self, *, as_of: date | None = None, known_at: int | None = None) -> bytes:
        """The hash of the trial balance, as a closed month keeps it: codes, layers, currencies and sides, not names."""
        rows = self._all(as_of, known_at, (), everything=False)
        fields = ([code, layer, currency, *sides] for code, _name, _type, layer, currency, *sides in rows)
        return seal(GENESIS, canonical(fields), "trial-balance")

    def movements(
        self, *, since: date | None = None, as_of: date | None = None, known_at: int | None = None
    ) -> list[Movement]:
        """What moved on every account by kind of entry, in the order of codes and kinds.

        An entry that takes another back in full counts under the kind of that one, on the side it takes it from: so a
        payment that was made and undone is no turnover of its kind. Debit less credit of all kinds together is what
        the balance of the account changed by.

        Args:
            since: The first accounting day that counts; ``as_of`` the last.
            known_at: Leave out what was written after this entry number.
        """
        days = _Days(*(None if day is None else self._day(day) for day in (since, as_of)))
        until = "" if known_at is None else f" AND entry.seq <= {fitting(known_at):d}"
        sides = {
            name: f"CASE WHEN undone.kind IS NULL THEN {side(sign)} ELSE -({side(-sign)}) END"
            for name, sign in (("debit_cents", 1), ("credit_cents", -1))
        }
        found = self._ask(
            f"SELECT code, moved.kind, {_SUMS} FROM (SELECT posting.account_id AS account_id,"
            f" coalesce(undone.kind, entry.kind) AS kind, {sides['debit_cents']} AS debit_cents,"
            f" {sides['credit_cents']} AS credit_cents FROM entry JOIN posting ON posting.entry_id = entry.id"
            " LEFT JOIN entry AS undone ON undone.book_id = entry.book_id AND undone.seq = entry.reverses_seq"
            f" WHERE entry.book_id = ?{until}{days.where('entry.effective_on')}) AS moved"
            " JOIN account ON account.id = moved.account_id GROUP BY code, moved.kind ORDER BY code, moved.kind",
            self.book_id,
            *days.values,
        )
        return [Movement(*row) for row in found]

    def _all(
        self, as_of: date | None, known_at: int | None, kinds_excluded: Kinds, *, everything: bool
    ) -> Sequence[Any]:
        """Code, name, type, layer, currency, debit and credit side of all that moved, or of every account."""
        moved, values = self._moved(None, as_of=as_of, known_at=known_at, kinds_excluded=kinds_excluded)
        # HAVING: what moved only after the number that is asked for comes to nothing.
        return self._ask(
            "SELECT code, name, type, layer, currency, coalesce(debit_cents, 0), coalesce(credit_cents, 0)"
            f" FROM account {'LEFT ' if everything else ''}JOIN (SELECT account_id, {_SUMS}"
            f" FROM ({moved}) AS moved GROUP BY account_id HAVING sum(debit_cents) <> 0 OR sum(credit_cents) <> 0)"
            " AS sums ON account_id = id WHERE book_id = ? ORDER BY code",
            *values,
            self.book_id,
        )


def _literals(values: Sequence[str]) -> tuple[str, list[str]]:
    """Plain words as they stand, so that PostgreSQL's plan depends on how many there are of each; others as values."""
    plain = [value if re.fullmatch(r"[A-Za-z0-9._-]+", value) else None for value in values]
    places = ", ".join("?" if value is None else f"'{value}'" for value in plain) or "NULL"
    return places, [value for value, word in zip(values, plain, strict=True) if word is None]
