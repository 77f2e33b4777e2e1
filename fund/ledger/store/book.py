"""A book and its chart: opening it, adding and finding accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fund import dates
from fund.database import is_sqlite, to_micros
from fund.errors.ledger import (
    AccountExists,
    BookExists,
    ClosedAccount,
    InvalidAccount,
    UnfitAccount,
    UnknownAccount,
    UnknownBook,
)
from fund.language import _
from fund.ledger.accounts import (
    Account,
    AccountStatus,
    AccountType,
    Layer,
    Side,
    check_code,
    check_currency,
    layer_of,
    main_of,
    side_of,
)
from fund.ledger.journal import Head
from fund.ledger.seal import canonical_json, nfc
from fund.ledger.store.chart import ACCOUNT_FIELDS, write_changes
from fund.ledger.store.refusals import refusals
from fund.money import LARGEST_CENTS, require_cents

_ACCOUNT_COLUMNS = ", ".join(ACCOUNT_FIELDS)

# Written once: a text is taken apart whenever one is made of it, and these are asked with every command.
_OPEN = sa.text(
    "SELECT id, name, currency, coalesce(set_number, 0) AS sets FROM book"
    " LEFT JOIN chain_head ON book_id = id WHERE name = :name"
)
_CHART = sa.text(f"SELECT {_ACCOUNT_COLUMNS} FROM account WHERE book_id = :book ORDER BY code")
_FAMILY = sa.text(f"SELECT {_ACCOUNT_COLUMNS} FROM account WHERE book_id = :book AND main = :main ORDER BY code")
_HEAD_SQLITE = sa.text("SELECT * FROM chain_head WHERE book_id = :book")
_HEAD_POSTGRESQL = sa.text("SELECT * FROM ledger_hold_head(:book)")  # a login that may not write the head may hold it

# One statement, for the database seals them together. The head before the rows: two that open the same account wait
# for each other there.
_ACCOUNTS_POSTGRESQL = sa.text(f"""
INSERT INTO account (book_id, {_ACCOUNT_COLUMNS})
SELECT :book, {_ACCOUNT_COLUMNS}
  FROM (SELECT count(*) FROM ledger_hold_head(:book)) AS held,
       unnest(CAST(:code AS text[]), CAST(:name AS text[]), CAST(:type AS text[]), CAST(:layer AS text[]),
              CAST(:currency AS text[]), CAST(:normal_side AS text[]), CAST(:min_balance_cents AS bigint[]),
              CAST(:max_balance_cents AS bigint[]), CAST(:status AS text[]), CAST(:limit_kinds AS text[]),
              CAST(:valid_from AS date[]), CAST(:valid_until AS date[]))
       WITH ORDINALITY AS one ({_ACCOUNT_COLUMNS}, place)
 ORDER BY place
""")


def account_of(row: Any) -> Account:
    """The account of a row that has its columns."""
    return Account(
        code=row.code,
        name=row.name,
        type=AccountType(row.type),
        layer=Layer(row.layer),
        currency=row.currency,
        normal_side=Side(row.normal_side),
        min_balance_cents=row.min_balance_cents,
        max_balance_cents=row.max_balance_cents,
        status=AccountStatus(row.status),
        limit_kinds=None if row.limit_kinds is None else tuple(json.loads(row.limit_kinds)),
        valid_from=day_of(row.valid_from),
        valid_until=day_of(row.valid_until),
    )


def _kind(account: Account) -> str:
    return ", ".join((account.type, account.layer, account.currency))


def day_of(value: Any) -> date | None:
    """A day as it comes from either database."""
    return value if value is None or isinstance(value, date) else date.fromisoformat(value)


def fitting(number: int) -> int:
    """The number, or the nearest one that a database can be asked for; no entry has that one either."""
    return max(min(number, LARGEST_CENTS), -LARGEST_CENTS)


def overflows(problem: sa.exc.DBAPIError) -> bool:
    """Whether SQLite could not add up, since the sum is beyond 64 bits."""
    return str(problem.orig) == "integer overflow"


class Book:
    """One fund's ledger in one database transaction that the caller owns."""

    def __init__(self, connection: Connection, *, id: int, book: str, currency: str, sets: int = 0) -> None:
        self.connection = connection
        self.book_id = id
        self.book = book
        self.currency = currency
        self._sets = sets
        self._sqlite = is_sqlite(connection)

    @classmethod
    def create(cls, connection: Connection, *, book: str, currency: str = "EUR") -> Self:
        """A new, empty book.

        Raises:
            BookExists: There is one of this name.
            InvalidAccount: The currency is not three capitals.
        """
        check_currency(currency)
        found = connection.execute(sa.text("SELECT 1 FROM book WHERE name = :name"), {"name": book}).first()
        if found is not None:
            raise BookExists(book=book)
        with refusals({"book": book}):
            id = connection.execute(
                sa.text("INSERT INTO book (name, currency) VALUES (:name, :currency) RETURNING id"),
                {"name": nfc(book), "currency": currency},
            ).scalar_one()
        return cls(connection, id=id, book=nfc(book), currency=currency)

    @classmethod
    def open(cls, connection: Connection, *, book: str) -> Self:
        """The book of this name.

        Raises:
            UnknownBook: There is none; names those there are.
        """
        row = connection.execute(_OPEN, {"name": nfc(book)}).first()
        if row is None:
            raise UnknownBook(book=book, books=cls.books(connection) or "-")
        return cls(connection, id=row.id, book=row.name, currency=row.currency, sets=row.sets)

    @classmethod
    def books(cls, connection: Connection) -> list[str]:
        """The names of all books in the database, sorted."""
        return sorted(connection.execute(sa.text("SELECT name FROM book")).scalars())

    # ------------------------------------------------------------------------------------------------------ accounts

    def add_account(
        self,
        code: str,
        *,
        name: str,
        type: AccountType,
        layer: Layer | None = None,
        normal_side: Side | None = None,
        currency: str | None = None,
        min_balance_cents: int | None = None,
        max_balance_cents: int | None = None,
        limit_kinds: Iterable[str] | None = None,
        valid_from: date | None = None,
        valid_until: date | None = None,
    ) -> Account:
        """Open an account.

        Args:
            layer: Given or derived: ``commitment`` for memo accounts, ``actual`` for all others.
            normal_side: Where it stands by nature of its type when absent; a contra account says the other side.
            min_balance_cents: The account's own balance, debit positive, never goes below it on any day.
            max_balance_cents: Nor above this.
            limit_kinds: The kinds of entries that these bind; all when absent.
            valid_from: The first accounting day on which it takes entries.
            valid_until: The last.

        Raises:
            AccountExists: The code is in use.
            InvalidAccount: The code, name, layer, currency or limits cannot be.
            UnfitAccount: A main account and its sub-accounts would not be of one type and currency.
            ClosedAccount: Its main account is closed.
        """
        check_code(code)
        type = AccountType(type)
        layer = layer_of(type) if layer is None else Layer(layer)
        if layer is not layer_of(type):
            raise InvalidAccount(account=code, reason=_("memo accounts, and they alone, are of layer commitment"))
        if not name.strip():
            raise InvalidAccount(account=code, reason=_("it has no name"))
        limits = [require_cents(limit) for limit in (min_balance_cents, max_balance_cents) if limit is not None]
        if limits != sorted(limits):
            raise InvalidAccount(account=code, reason=_("its minimum is above its maximum"))
        account = Account(
            code=code,
            name=nfc(name),
            type=type,
            layer=layer,
            currency=check_currency(currency or self.currency),
            normal_side=side_of(type) if normal_side is None else Side(normal_side),
            min_balance_cents=min_balance_cents,
            max_balance_cents=max_balance_cents,
            limit_kinds=None if limit_kinds is None else tuple(sorted(nfc(kind) for kind in set(limit_kinds))),
            valid_from=valid_from,
            valid_until=valid_until,
        )
        if valid_from is not None and valid_until is not None and valid_until < valid_from:
            raise InvalidAccount(account=code, reason=_("its last day lies before its first"))
        if self._found(code) is not None:
            raise AccountExists(account=code, book=self.book)
        self._check_kin(account)
        self._insert_accounts([account])
        return account

    def _check_kin(self, account: Account) -> None:
        """A main account is the sum of its sub-accounts: of one type and currency; nothing opens under a closed one."""
        main = self._found(account.main)
        if main is not None and not main.is_open:
            raise ClosedAccount(account=main.code)
        for other in self.accounts(account.main)[:1] if main is None else [main]:
            if (other.type, other.layer, other.currency) != (account.type, account.layer, account.currency):
                raise UnfitAccount(account=account.code, what=_kind(account), other=other.code, other_what=_kind(other))

    def _insert_accounts(self, accounts: Iterable[Account]) -> None:
        rows = [
            {
                "code": account.code,
                "name": account.name,
                "type": account.type.value,
                "layer": account.layer.value,
                "currency": account.currency,
                "normal_side": account.normal_side.value,
                "min_balance_cents": account.min_balance_cents,
                "max_balance_cents": account.max_balance_cents,
                "status": account.status.value,
                "limit_kinds": None if account.limit_kinds is None else canonical_json(account.limit_kinds),
                "valid_from": None if account.valid_from is None else self._day(account.valid_from),
                "valid_until": None if account.valid_until is None else self._day(account.valid_until),
            }
            for account in accounts
        ]
        with refusals({"book": self.book, "account": rows[0]["code"]}):
            if self._sqlite:
                write_changes(self.connection, book=self.book, head=self._lock_head(), accounts=rows)
            else:
                columns = {name: [row[name] for row in rows] for name in ACCOUNT_FIELDS}
                self.connection.execute(_ACCOUNTS_POSTGRESQL, columns | {"book": self.book_id})

    def close_account(self, code: str) -> None:
        """Let the account take no more entries.

        Raises:
            UnknownAccount: There is none.
        """
        self._update_account(code, "status", AccountStatus.CLOSED.value)

    def reopen_account(self, code: str) -> None:
        """Let a closed account take entries again.

        Raises:
            UnknownAccount: There is none.
        """
        self._update_account(code, "status", AccountStatus.OPEN.value)

    def rename_account(self, code: str, name: str) -> None:
        """Give an account another name; its code is for ever.

        Raises:
            UnknownAccount: There is none.
            InvalidAccount: It is no name.
        """
        if not name.strip():
            raise InvalidAccount(account=code, reason=_("it has no name"))
        self._update_account(code, "name", nfc(name))

    def _update_account(self, code: str, column: str, value: str) -> None:
        head = self._lock_head()
        named = {"book": self.book_id, "code": code}
        if self._sqlite:
            query = f"SELECT {_ACCOUNT_COLUMNS} FROM account WHERE book_id = :book AND code = :code"
            row = self.connection.execute(sa.text(query), named).first()
            found = row is not None
            if row is not None and row._mapping[column] != value:
                changed = dict(row._mapping) | {column: value}
                write_changes(self.connection, book=self.book, head=head, accounts=[changed])
        else:
            query = f"UPDATE account SET {column} = :value WHERE book_id = :book AND code = :code"
            found = self.connection.execute(sa.text(query), named | {"value": value}).rowcount > 0
        if not found:
            raise UnknownAccount(account=code, book=self.book)

    def account(self, code: str) -> Account:
        """The account with this code.

        Raises:
            UnknownAccount: There is none; a sub-account is there from its first entry on.
        """
        found = self._found(code)
        if found is None:
            raise UnknownAccount(account=code, book=self.book)
        return found

    def _found(self, code: str) -> Account | None:
        rows = self._ask(f"SELECT {_ACCOUNT_COLUMNS} FROM account WHERE book_id = ? AND code = ?", self.book_id, code)
        return account_of(rows[0]) if rows else None

    def accounts(self, main: str | None = None) -> list[Account]:
        """All accounts in code order; with ``main``, that account and its sub-accounts."""
        named = {"book": self.book_id} | ({"main": main} if main is not None else {})
        rows = self.connection.execute(_CHART if main is None else _FAMILY, named)
        return [account_of(row) for row in rows]

    def accounts_known(self, seq: int) -> dict[str, Account]:
        """The chart as it was sealed when entry ``seq`` was written, by code: later names are not there."""
        rows = self._ask(
            f"SELECT {_ACCOUNT_COLUMNS} FROM account_change WHERE book_id = ? AND head_seq < ? ORDER BY number",
            self.book_id,
            max(fitting(seq), 1),
        )
        return {row.code: account_of(row) for row in rows}

    # ---------------------------------------------------------------------------------------------------------- chain

    def head(self) -> Head:
        """The last link of the chain: number 0 and 32 zero bytes in an empty book."""
        (row,) = self._ask("SELECT seq, hash FROM chain_head WHERE book_id = ?", self.book_id)
        return Head(row.seq, bytes(row.hash))

    def _lock_head(self) -> Any:
        return self.connection.execute(_HEAD_SQLITE if self._sqlite else _HEAD_POSTGRESQL, {"book": self.book_id}).one()

    def _instant(self, recorded_at: datetime | None, head: Any) -> int:
        """When a step is taken: never before the last entry."""
        return max(to_micros(recorded_at or dates.now()), int(head.recorded_at))

    def _steps(self, kind: str) -> Sequence[Any]:
        """The rows of one of the chains beside that of the entries, in order."""
        return self._ask(f"SELECT * FROM {kind} WHERE book_id = ? ORDER BY number", self.book_id)

    def _take_step(self, kind: str, row: Mapping[str, Any]) -> None:
        query = f"INSERT INTO {kind} (book_id, {', '.join(row)}) VALUES (?{', ?' * len(row)})"
        self.connection.exec_driver_sql(query if self._sqlite else _numbered(query), (self.book_id, *row.values()))

    # ------------------------------------------------------------------------------------------------------ questions

    def _ask(self, query: str, *values: Any) -> Sequence[Any]:
        """All rows of an answer; each ``?`` is a value.

        The question goes to the driver as it stands, so one that is asked often costs little more than its answer.
        """
        return self.connection.exec_driver_sql(query if self._sqlite else _numbered(query), values).all()

    def _value(self, query: str, *values: Any) -> Any:
        """The one value of an answer, by the driver alone: what SQLAlchemy does around it would cost half as much again
        as the shortest answers do. Its errors are the same."""
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(query if self._sqlite else _numbered(query), values)
            row: Any = cursor.fetchone()
            return row[0]
        except self.connection.dialect.loaded_dbapi.Error as problem:
            raise sa.exc.DBAPIError.instance(
                query, values, problem, self.connection.dialect.loaded_dbapi.Error, dialect=self.connection.dialect
            ) from problem
        finally:
            cursor.close()

    def _stream(self, query: str, *values: Any) -> Iterator[Any]:
        """As :meth:`_ask`, row by row: the answer is never in memory as a whole."""
        options = {"stream_results": True, "max_row_buffer": 1000}
        with self.connection.exec_driver_sql(
            query if self._sqlite else _numbered(query), values, execution_options=options
        ) as rows:
            yield from rows

    def _exact(self, query: str, wider: str, *values: Any) -> Sequence[Any]:
        """As :meth:`_ask`, for sums that may not fit in 64 bits.

        PostgreSQL adds up without bounds. SQLite refuses, and then ``wider`` asks for more rows with smaller sums.
        """
        try:
            return self._ask(query, *values)
        except sa.exc.DBAPIError as problem:
            if not overflows(problem):
                raise
            return self._ask(wider, *values)

    def _among(self, column: str) -> str:
        """SQL that holds where the column has one of the values that :meth:`_listed` gave."""
        return f"{column} IN (SELECT value FROM json_each(?))" if self._sqlite else f"{column} = ANY(?)"

    def _listed(self, values: list[Any]) -> Any:
        return json.dumps(values) if self._sqlite else values

    def _accounts_of(self, code: str) -> tuple[str, list[Any]]:
        """SQL for the rows of an account, of a main code with all its sub-accounts; and the values in it."""
        column = "main" if main_of(code) == code else "code"
        return f"SELECT id FROM account WHERE book_id = ? AND {column} = ?", [self.book_id, code]

    # ----------------------------------------------------------------------------------------------------------- days

    def _day(self, value: date) -> Any:
        return value.isoformat() if self._sqlite else value

    @staticmethod
    def _date(value: Any) -> date:
        return value if isinstance(value, date) else date.fromisoformat(value)


@lru_cache(maxsize=200)
def _numbered(query: str) -> str:
    """The question as PostgreSQL's driver wants it."""
    return query.replace("%", "%%").replace("?", "%s")
