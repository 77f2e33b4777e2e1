"""What the ledger says: balances, turnover and the trial balance, now, as of a day, and as known at an entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from fund.errors import UnknownAccount
from fund.ledger.accounts import AccountType, Layer, main_of
from fund.ledger.seal import GENESIS, canonical, seal
from fund.ledger.store.entries import CardLine, Entries

__all__ = ["CardLine", "Reading", "TrialBalanceRow", "Turnover"]

FEW = 2_000
"""So many entries since a number are read one by one on SQLite, whatever account is asked for."""

_SIDES = {
    "more": (
        "posting.account_id, CASE WHEN posting.amount_cents > 0 THEN posting.amount_cents ELSE 0 END AS debit_cents,"
        " CASE WHEN posting.amount_cents < 0 THEN -posting.amount_cents ELSE 0 END AS credit_cents"
    ),
    "less": (
        "posting.account_id, CASE WHEN posting.amount_cents > 0 THEN -posting.amount_cents ELSE 0 END AS debit_cents,"
        " CASE WHEN posting.amount_cents < 0 THEN posting.amount_cents ELSE 0 END AS credit_cents"
    ),
}
_SUMS = "CAST(sum(debit_cents) AS bigint), CAST(sum(credit_cents) AS bigint)"
Kinds = Iterable[str]


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


class Reading(Entries):
    """The questions one can put to a book."""

    def _moved(
        self,
        of: tuple[str, list[Any]],
        *,
        since: date | None = None,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds: Kinds | None = None,
        kinds_excluded: Kinds = (),
    ) -> tuple[str, list[Any]]:
        """SQL for rows (account_id, debit_cents, credit_cents) whose sums are what moved, and the values in it.

        What is kept by day answers whatever it can. What was known at an entry number is then what is kept less what
        was written since, or what was written until then: whichever is less to read. So a late number costs the entries
        since, an early one those before it.

        Args:
            of: SQL for the accounts that are asked for, and its values.
        """
        accounts, named = of
        days, on = "", list[Any]()
        if since is not None:
            days += " AND {day} >= ?"
            on.append(self._day(since))
        if as_of is not None:
            days += " AND {day} <= ?"
            on.append(self._day(as_of))

        def journal(sides: str, numbers: str, *, only: Kinds | None = None, never: Kinds = (), few: bool = False) -> Any:
            """Postings of entries of these numbers and kinds; ``few`` when the numbers leave few of them."""
            conditions, values = "", list[Any]()
            for word, kinds in (("IN", only), ("NOT IN", never or None)):
                if kinds is not None:
                    values += sorted(kinds)
                    conditions += f" AND entry.kind {word} ({', '.join('?' for _kind in kinds) or 'NULL'})"
            # SQLite reads in the order in which the tables stand here; "+" keeps it from the index on accounts.
            order = "posting CROSS JOIN entry" if only is None and not few else "entry CROSS JOIN posting"
            account = "+posting.account_id" if self._sqlite and order.startswith("entry") else "posting.account_id"
            query = (
                f"SELECT {_SIDES[sides]} FROM {order} WHERE posting.entry_id = entry.id AND entry.book_id = ?"
                f"{numbers}{days.format(day='entry.effective_on')}{conditions} AND {account} IN ({accounts})"
            )
            return query, [self.book_id, *on, *values, *named]

        until = "" if known_at is None else f" AND entry.seq <= {known_at:d}"  # a plan depends on how late it is
        if kinds is not None:
            return journal("more", until, only=set(kinds), never=set(kinds_excluded))  # type: ignore[no-any-return]
        parts = [("", on)] if False else []
        head = 0 if known_at is None else self.head().seq
        if known_at is not None and head - known_at > known_at:
            return journal("more", until, never=set(kinds_excluded), few=known_at <= FEW)  # type: ignore[no-any-return]
        kept = "balance_day" if days else "account_balance"
        query = f"SELECT account_id, debit_cents, credit_cents FROM {kept} WHERE account_id IN ({accounts})"
        parts = [(query + days.format(day="day"), [*named, *on])]
        if known_at is not None:
            parts.append(journal("less", f" AND entry.seq > {known_at:d}", few=head - known_at <= FEW))
        if kinds_excluded:
            parts.append(journal("less", until, only=set(kinds_excluded)))
        return " UNION ALL ".join(part for part, _values in parts), [v for _part, values in parts for v in values]

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

