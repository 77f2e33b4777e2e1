"""What the checks look at: rows exactly as they are stored, sums made anew, and the guards that are really there."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from fund.database import dialect, sql_object
from fund.errors import BeyondOriginal
from fund.language import N_
from fund.ledger.journal import Posting, SealedLeg, check_part
from fund.ledger.store.periods import Periods

__all__ = ["OBJECTS", "POSTGRESQL_ONLY", "Difference", "Evidence", "RawEntry", "RawLeg", "RawPeriod", "RawSet"]

OBJECTS = (
    ("seal", 1),
    ("ledger_tables", 1),
    ("ledger_limits", 1),
    ("ledger_corrections", 1),
    ("ledger_guards", 3),
    ("ledger_anchors", 1),
    ("ledger_roles", 1),
    ("ledger_chart", 1),
)
"""The SQL objects of the ledger, in the order they are installed."""

POSTGRESQL_ONLY = ("seal", "ledger_roles")

PAGE = 500
MISSING = N_("this guard is missing")
CHANGED = N_("this guard is not as it was installed")
OFF = N_("this guard is switched off")
FOREIGN = N_("this trigger is not ours")
RIGHT = N_("a login has this right, which nobody should have")
TABLES = (
    "account",
    "account_balance",
    "account_change",
    "account_set",
    "anchor",
    "balance_day",
    "book",
    "chain_head",
    "entry",
    "period",
    "posting",
    "verification",
)
_TEXTS = ("id", "kind", "memo", "actor", "idempotency_key", "metadata", "reason")


@dataclass(frozen=True, slots=True)
class RawLeg:
    """A leg as it is stored, with what its account is now."""

    position: int
    legs: int
    book_id: int | None
    sealed: SealedLeg


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as it is stored; texts that are no UTF-8 keep their bytes as surrogates."""

    seq: int
    id: str
    effective_on: str
    kind: str
    memo: str
    actor: str
    idempotency_key: str
    request_hash: bytes
    metadata: str
    reverses: int | None
    reason: str | None
    legs: int
    recorded_at: int
    version: int
    previous_hash: bytes
    hash: bytes
    postings: tuple[RawLeg, ...]


@dataclass(frozen=True, slots=True)
class RawPeriod:
    """A period row as it is stored, as the mapping that its seal takes."""

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RawSet:
    """A set of accounts as it is stored, as the mapping that its seal takes."""

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A cached sum that is not what the postings say, in cents; ``day`` is empty for the balance over all days."""

    account: str
    day: str
    debit_cents: int
    credit_cents: int


class Evidence:
    """The stored truth of one book, read without trusting any of it."""

    def __init__(self, book: Periods) -> None:
        self._book = book
        self._connection = book.connection
        self._sqlite = dialect(book.connection) == "sqlite"

    def _rows(self, query: str, **parameters: Any) -> Sequence[sa.Row[Any]]:
        return self._connection.execute(sa.text(query), {"book": self._book.book_id} | parameters).all()

    @contextmanager
    def as_stored(self) -> Iterator[None]:
        """Text is read even where it is no UTF-8 any more: such bytes come as surrogates, and hash as what they are."""
        connection: object = self._connection.connection.dbapi_connection
        if not isinstance(connection, sqlite3.Connection):
            yield  # PostgreSQL keeps no such text
            return
        before = connection.text_factory
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            connection.text_factory = before

    def _day_text(self, column: str) -> str:
        return column if self._sqlite else f"to_char({column}, 'YYYY-MM-DD') AS {column}"

    def head(self) -> sa.Row[Any] | None:
        """The row of the chain head; ``None`` when somebody removed it."""
        return next(iter(self._rows("SELECT * FROM chain_head WHERE book_id = :book")), None)

    def entries(self, since_seq: int = 0) -> Iterator[RawEntry]:
        """Every entry after ``since_seq`` in order, with its legs, page by page."""
        query = (
            f"SELECT page.*, posting.position, posting.legs AS leg_legs, posting.amount_cents,"
            " account.book_id AS leg_book, account.code, account.type, account.layer, account.currency"
            f" FROM (SELECT seq, {self._day_text('effective_on')}, {', '.join(_TEXTS)}, request_hash, reverses_seq,"
            " legs, recorded_at, version, previous_hash, hash, id AS page_id FROM entry"
            f" WHERE book_id = :book AND seq > :since_seq ORDER BY seq LIMIT {PAGE}) AS page"
            " LEFT JOIN posting ON posting.entry_id = page.page_id LEFT JOIN account ON account.id = posting.account_id"
            " ORDER BY page.seq, page.page_id, posting.position"
        )
        while True:
            rows = self._rows(query, since_seq=since_seq)
            last = since_seq
            count = 0
            for _key, group in groupby(rows, key=lambda row: (row.seq, row.page_id)):
                entry = _raw_entry(list(group))
                count += 1
                last = entry.seq
                yield entry
            if count < PAGE or last == since_seq:
                return
            since_seq = last

    def hash_of(self, seq: int) -> tuple[bytes, int] | None:
        """Hash and instant of one entry, as stored."""
        row = next(
            iter(self._rows("SELECT hash, recorded_at FROM entry WHERE book_id = :book AND seq = :seq", seq=seq)), None
        )
        return None if row is None else (bytes(row.hash), row.recorded_at)

    def periods(self) -> list[RawPeriod]:
        """Every period row, in order."""
        rows = self._rows("SELECT * FROM period WHERE book_id = :book ORDER BY number")
        return [RawPeriod(dict(row._mapping)) for row in rows]

    def anchors(self) -> list[dict[str, Any]]:
        """Every anchor as it is stored, in order."""
        rows = self._rows("SELECT * FROM anchor WHERE book_id = :book ORDER BY number")
        return [
            {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row._mapping.items()}
            for row in rows
        ]

    def sets(self) -> list[RawSet]:
        """Every row of sets, in order; days as text."""
        rows = self._rows("SELECT * FROM account_set WHERE book_id = :book ORDER BY number")
        days = ("valid_from", "valid_until")
        return [
            RawSet(
                dict(row._mapping)
                | {day: None if row._mapping[day] is None else str(row._mapping[day]) for day in days}
            )
            for row in rows
        ]

    def stray_postings(self) -> list[tuple[str, int]]:
        """Legs (entry id, position) that no entry seals."""
        rows = self._rows(
            "SELECT posting.entry_id, posting.position FROM posting LEFT JOIN entry ON entry.id = posting.entry_id"
            " LEFT JOIN account ON account.id = posting.account_id"
            " WHERE entry.id IS NULL AND (account.book_id IS NULL OR account.book_id = :book)"
            " ORDER BY posting.entry_id, posting.position LIMIT 100"
        )
        return [(row.entry_id, row.position) for row in rows]

    def differences(self, *, by_day: bool) -> list[Difference]:
        """Cached sums less the sums of the postings, where they differ."""
        day = "entry.effective_on" if by_day else "NULL"
        kept = "balance_day" if by_day else "account_balance"
        kept_day = "balance_day.day" if by_day else "NULL"
        group = "sums.account_id, sums.day" if by_day else "sums.account_id"
        rows = self._rows(
            f"SELECT sums.account_id, max(account.code) AS code, {'sums.day' if by_day else 'NULL'} AS day,"
            " sum(sums.debit_cents) AS debit_cents, sum(sums.credit_cents) AS credit_cents FROM ("
            f"SELECT {kept}.account_id, {kept_day} AS day, {kept}.debit_cents, {kept}.credit_cents FROM {kept}"
            " UNION ALL"
            f" SELECT posting.account_id, {day},"
            " CASE WHEN posting.amount_cents > 0 THEN -posting.amount_cents ELSE 0 END,"
            " CASE WHEN posting.amount_cents < 0 THEN posting.amount_cents ELSE 0 END"
            " FROM posting JOIN entry ON entry.id = posting.entry_id) AS sums"
            " LEFT JOIN account ON account.id = sums.account_id"
            " WHERE account.book_id = :book OR account.book_id IS NULL"
            f" GROUP BY {group} HAVING sum(sums.debit_cents) <> 0 OR sum(sums.credit_cents) <> 0"
            f" ORDER BY {group} LIMIT 100"
        )
        return [
            Difference(
                row.code or f"#{row.account_id}", str(row.day or ""), int(row.debit_cents), int(row.credit_cents)
            )
            for row in rows
        ]

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

    def rebuild(self) -> None:
        """Write both caches anew, from the postings; only the owner of the tables may."""
        self._book._lock_head()
        sides = (
            "sum(CASE WHEN posting.amount_cents > 0 THEN posting.amount_cents ELSE 0 END),"
            " sum(CASE WHEN posting.amount_cents < 0 THEN -posting.amount_cents ELSE 0 END)"
            " FROM posting JOIN entry ON entry.id = posting.entry_id WHERE entry.book_id = :book"
            " GROUP BY posting.account_id"
        )
        for kept, columns, found, group in (
            ("account_balance", "account_id", "posting.account_id", ""),
            ("balance_day", "account_id, day", "posting.account_id, entry.effective_on", ", entry.effective_on"),
        ):
            self._connection.execute(
                sa.text(
                    f"DELETE FROM {kept} WHERE account_id IN (SELECT id FROM account WHERE book_id = :book)"
                    " OR account_id NOT IN (SELECT id FROM account)"
                ),
                {"book": self._book.book_id},
            )
            self._connection.execute(
                sa.text(f"INSERT INTO {kept} ({columns}, debit_cents, credit_cents) SELECT {found}, {sides}{group}"),
                {"book": self._book.book_id},
            )

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

    # ------------------------------------------------------------------------------------------------------- the guards

    def guards(self) -> tuple[int, list[tuple[str, str]]]:
        """How many guards there should be, and which (name, problem) are missing, switched off, changed, or foreign."""
        return self._guards_sqlite() if self._sqlite else self._guards_postgresql()

    def _guards_sqlite(self) -> tuple[int, list[tuple[str, str]]]:
        wanted = _schema_sqlite()
        rows = self._connection.execute(sa.text("SELECT name, type, tbl_name, sql FROM sqlite_master")).all()
        present = {row.name: _squeezed(row.sql or "") for row in rows}
        problems = [(name, MISSING) for name in wanted if name not in present]
        problems += [(name, CHANGED) for name in wanted if name in present and present[name] != wanted[name]]
        problems += [
            (row.name, FOREIGN)
            for row in rows
            if row.type == "trigger" and row.tbl_name in TABLES and row.name not in wanted
        ]
        return len(wanted), problems

    def _guards_postgresql(self) -> tuple[int, list[tuple[str, str]]]:
        text = "".join(sql_object(name, version, "postgresql")[0] for name, version in OBJECTS)
        functions = {
            name: (body, "SECURITY DEFINER" in head)
            for name, head, body in re.findall(r"CREATE FUNCTION (\w+)(.*?)AS \$body\$(.*?)\$body\$", text, re.DOTALL)
        }
        triggers = {
            re.split(r"\s+", line)[2]: _squeezed(line) for line in re.findall(r"(?m)^CREATE TRIGGER .*?;", text)
        }
        constraints = set(re.findall(r"\bCONSTRAINT (\w+)", text))
        problems: list[tuple[str, str]] = []

        found_functions = {
            row.proname: row
            for row in self._rows(
                "SELECT proname, prosrc, prosecdef, CAST(proconfig AS text) AS settings FROM pg_proc"
                " WHERE pronamespace = CAST('public' AS regnamespace) AND :book = :book"
                f" AND proname IN ({', '.join(repr(name) for name in functions)})"
            )
        }
        for name, (body, definer) in functions.items():
            row = found_functions.get(name)
            if row is None:
                problems.append((name, MISSING))
            elif (
                row.prosrc != body
                or row.prosecdef != definer
                or (definer and "search_path" not in (row.settings or ""))
            ):
                problems.append((name, CHANGED))

        tables = ", ".join(repr(name) for name in TABLES)
        rows = self._rows(
            "SELECT tgname, relname, tgenabled, tgisinternal, pg_get_triggerdef(pg_trigger.oid) AS definition"
            " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            f" WHERE relnamespace = CAST('public' AS regnamespace) AND relname IN ({tables}) AND :book = :book"
        )
        found = {row.tgname: row for row in rows}
        for name, definition in triggers.items():
            trigger = found.get(name)
            if trigger is None:
                problems.append((name, MISSING))
            elif _squeezed(trigger.definition).replace("public.", "") != definition:
                problems.append((name, CHANGED))
        for row in rows:
            if row.tgenabled not in ("O", "A"):
                problems.append((row.tgname, OFF))
            if not row.tgisinternal and row.tgname not in triggers:
                problems.append((row.tgname, FOREIGN))

        standing = {
            row.conname: row
            for row in self._rows(
                "SELECT conname, convalidated, conenforced FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
                f" WHERE relnamespace = CAST('public' AS regnamespace) AND relname IN ({tables}) AND :book = :book"
            )
        }
        for name in sorted(constraints):
            row = standing.get(name)
            if row is None:
                problems.append((name, MISSING))
            elif not (row.convalidated and row.conenforced):
                problems.append((name, OFF))
        problems += self._rights()
        return len(functions) + len(triggers) + len(constraints) + len(TABLES), problems

    def _rights(self) -> list[tuple[str, str]]:
        """Rights to change what is written, or to write what the triggers keep, that anybody but the owner has."""
        tables = ", ".join(repr(name) for name in TABLES)
        rows = self._rows(
            "SELECT relname, privilege_type, CAST(NULL AS text) AS attname,"
            " CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END AS login"
            " FROM pg_class CROSS JOIN LATERAL aclexplode(relacl)"
            f" WHERE relnamespace = CAST('public' AS regnamespace) AND relname IN ({tables}) AND grantee <> relowner"
            " AND (privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') OR (privilege_type = 'INSERT'"
            " AND relname IN ('account_balance', 'account_change', 'balance_day', 'chain_head')))"
            " UNION ALL SELECT relname, privilege_type, attname, CASE grantee WHEN 0 THEN 'public'"
            " ELSE pg_get_userbyid(grantee) END FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " CROSS JOIN LATERAL aclexplode(attacl)"
            f" WHERE relnamespace = CAST('public' AS regnamespace) AND relname IN ({tables}) AND grantee <> relowner"
            " AND (privilege_type = 'UPDATE' OR (privilege_type = 'INSERT'"
            " AND relname IN ('account_balance', 'account_change', 'balance_day', 'chain_head')))"
            " AND NOT (relname = 'account' AND attname IN ('name', 'status')) AND :book = :book"
        )
        return [
            (" ".join(filter(None, (row.relname, row.attname, row.privilege_type, row.login))), RIGHT) for row in rows
        ]

    # ------------------------------------------------------------------------------------------------------ the run log

    def last_good_run(self) -> tuple[int, bytes] | None:
        """The head (number, hash) up to which everything was right in the last good run."""
        row = next(
            iter(
                self._rows(
                    "SELECT head_seq, head_hash FROM verification WHERE book_id = :book AND ok = :yes"
                    " ORDER BY head_seq DESC, id DESC LIMIT 1",
                    yes=1 if self._sqlite else True,
                )
            ),
            None,
        )
        return None if row is None else (row.head_seq, bytes(row.head_hash))

    def log_run(self, *, everything: bool, ok: bool, seq: int, hash: bytes, findings: str, at: int) -> bool:
        """Remember the run; ``False`` in a transaction that only reads."""
        if self._sqlite:
            if self._connection.get_execution_options().get("fund_reading"):
                return False
        elif self._connection.execute(sa.text("SHOW transaction_read_only")).scalar_one() == "on":
            return False
        self._connection.execute(
            sa.text(
                "INSERT INTO verification (book_id, everything, ok, head_seq, head_hash, findings, recorded_at)"
                " VALUES (:book, :everything, :ok, :seq, :hash, :findings, :at)"
            ),
            {
                "book": self._book.book_id,
                "everything": int(everything) if self._sqlite else everything,
                "ok": int(ok) if self._sqlite else ok,
                "seq": seq,
                "hash": hash,
                "findings": findings,
                "at": at,
            },
        )
        return True


@lru_cache(maxsize=1)
def _schema_sqlite() -> dict[str, str]:
    """What a fresh book's database holds, by name, as SQLite itself writes it down."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        for name, version in OBJECTS:
            if name not in POSTGRESQL_ONLY:
                fresh.executescript(sql_object(name, version, "sqlite")[0])
        rows = fresh.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: _squeezed(sql) for name, sql in rows}


def _raw_entry(rows: Sequence[Any]) -> RawEntry:
    row = rows[0]
    return RawEntry(
        seq=row.seq,
        id=row.id,
        effective_on=row.effective_on,
        kind=row.kind,
        memo=row.memo,
        actor=row.actor,
        idempotency_key=row.idempotency_key,
        request_hash=bytes(row.request_hash),
        metadata=row.metadata,
        reverses=row.reverses_seq,
        reason=row.reason,
        legs=row.legs,
        recorded_at=row.recorded_at,
        version=row.version,
        previous_hash=bytes(row.previous_hash),
        hash=bytes(row.hash),
        postings=tuple(
            RawLeg(
                leg.position,
                leg.leg_legs,
                leg.leg_book,
                SealedLeg(str(leg.code), str(leg.type), str(leg.layer), str(leg.currency), leg.amount_cents),
            )
            for leg in rows
            if leg.position is not None
        ),
    )


def _squeezed(statement: str) -> str:
    """A statement without comment lines, in one line, without its closing semicolon."""
    lines = [line for line in statement.splitlines() if not line.lstrip().startswith("--")]
    return re.sub(r"\s+", " ", " ".join(lines)).strip().removesuffix(";").strip()
