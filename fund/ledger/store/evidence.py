"""What the checks look at: rows exactly as they are stored, sums made anew, and the guards that are really there.

The rows are read in ``stored.py``, by the thousand in ``fast_verify.py``; ``recount.py`` makes the sums,
``crosscheck.py`` compares rows with each other, ``catalog.py`` asks PostgreSQL for its guards.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from fund.database import settings_of_postgresql
from fund.database.objects import sql_object, squeezed
from fund.language import N_
from fund.ledger.store.catalog import (
    CATALOG,
    CHANGED,
    FOREIGN,
    MISSING,
    OFF,
    SETTINGS,
    held_against,
    problems_of_sqlite,
)
from fund.ledger.store.crosscheck import CrossCheck

OBJECTS = (
    "seal", "ledger_tables", "ledger_guards", "ledger_posting", "ledger_anchors", "ledger_chart", "ledger_roles",
)  # fmt: skip
"""The SQL objects of the ledger, in the order in which they are installed."""
POSTGRESQL_ONLY = ("seal", "ledger_roles")


def objects(*, on_sqlite: bool) -> list[str]:
    """The SQL objects of the ledger on this database, in the order in which they are installed."""
    return [name for name in OBJECTS if not on_sqlite or name not in POSTGRESQL_ONLY]


RIGHT = N_("a login has this right, which nobody should have")
TABLES = (
    "account", "account_balance", "account_change", "account_set", "anchor", "balance_day", "book", "chain_head",
    "entry", "period", "posting", "verification",
)  # fmt: skip
_IN_TABLES = f"relnamespace = CAST('public' AS regnamespace) AND relname IN ({', '.join(map(repr, TABLES))})"
ROWS = {"account", "entry", "posting", "pk_account", "pk_entry", "pk_posting"}
"""The guards that fast verification relies on: what type a column is, and that a key names one row."""


class Evidence(CrossCheck):
    """The stored truth of one book, its guards, and the log of the runs that looked at it."""

    # ------------------------------------------------------------------------------------------------------- the guards

    def guards(self) -> tuple[int, list[tuple[str, str]]]:
        """How many guards there should be, and which (name, problem) are missing, switched off, changed, or foreign."""
        if not self._sqlite:
            return self._guards_postgresql()
        wanted = _schema_sqlite()
        return len(wanted), problems_of_sqlite(self._connection, wanted, TABLES)

    def _guards_postgresql(self) -> tuple[int, list[tuple[str, str]]]:
        with settings_of_postgresql(self._connection, SETTINGS):
            number, problems = self._held_against_the_text()
            more, others = held_against(self.catalog(), "ledger_catalog")
            rights = self._rights()
        return number + more + len(TABLES), list(dict.fromkeys(problems + others + rights))

    def catalog(self) -> list[tuple[str, str, str]]:
        """What PostgreSQL says now of the tables and functions, as (kind, name, what it is)."""
        names = {"tables": TABLES, "functions": re.findall(r"CREATE FUNCTION (\w+)", _text_postgresql())}
        within = {kind: ", ".join(repr(name) for name in sorted(set(some))) for kind, some in names.items()}
        rows: Iterator[Any] = (
            row for query in CATALOG for row in self._rows(f"{query.format(**within)} AND :book = :book")
        )
        return [(kind, name, squeezed(said)) for kind, name, said in rows]

    def _held_against_the_text(self) -> tuple[int, list[tuple[str, str]]]:
        text = _text_postgresql()
        functions = dict(re.findall(r"CREATE FUNCTION (\w+).*?AS \$body\$(.*?)\$body\$", text, re.DOTALL))
        triggers = {re.split(r"\s+", line)[2]: squeezed(line) for line in re.findall(r"(?m)^CREATE TRIGGER .*?;", text)}
        problems: list[tuple[str, str]] = []
        bodies = {
            row.proname: row.prosrc
            for row in self._rows(
                "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace)"
                " AND :book = :book"
            )
        }
        for name, body in functions.items():
            if bodies.get(name) != body:
                problems.append((name, CHANGED if name in bodies else MISSING))

        rows = self._rows(
            "SELECT tgname, relname, tgenabled, tgisinternal, pg_get_triggerdef(pg_trigger.oid) AS definition"
            " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            f" WHERE {_IN_TABLES} AND :book = :book"
        )
        for name, definition in triggers.items():  # the name is free on every table: there may be more of them
            found = [squeezed(row.definition).replace("public.", "") for row in rows if row.tgname == name]
            if found != [definition]:
                problems.append((name, CHANGED if found else MISSING))
        role = self._connection.execute(sa.text("SHOW session_replication_role")).scalar_one()
        if role != "origin":  # a database or a login can be given it for good
            problems.append(("session_replication_role", OFF))
        for row in rows:
            if row.tgenabled not in ("O", "A"):
                problems.append((row.tgname, OFF))
            if not row.tgisinternal and row.tgname not in triggers:
                problems.append((row.tgname, FOREIGN))

        rows = self._rows(
            "SELECT conname, convalidated AND conenforced AS held FROM pg_constraint"
            " JOIN pg_class ON pg_class.oid = conrelid"
            f" WHERE {_IN_TABLES} AND :book = :book"
        )
        problems += [(row.conname, OFF) for row in rows if not row.held]
        return len(functions) + len(triggers), problems

    def _rights(self) -> list[tuple[str, str]]:
        """Rights to change what is written, or to write what the triggers keep, that anybody but the owner has."""
        login = "CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END"
        kept = "relname IN ('account_balance', 'account_change', 'balance_day', 'chain_head')"
        rows = self._rows(
            f"SELECT relname, privilege_type, CAST(NULL AS text) AS attname, {login} AS login"
            f" FROM pg_class CROSS JOIN LATERAL aclexplode(relacl) WHERE {_IN_TABLES} AND grantee <> relowner"
            " AND (privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')"
            f" OR (privilege_type = 'INSERT' AND {kept})) UNION ALL SELECT relname, privilege_type, attname, {login}"
            " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid CROSS JOIN LATERAL aclexplode(attacl)"
            f" WHERE {_IN_TABLES} AND grantee <> relowner"
            f" AND (privilege_type = 'UPDATE' OR (privilege_type = 'INSERT' AND {kept}))"
            " AND NOT (relname = 'account' AND attname IN ('name', 'status')) AND :book = :book"
        )
        return [
            (" ".join(filter(None, (row.relname, row.attname, row.privilege_type, row.login))), RIGHT) for row in rows
        ]

    # ------------------------------------------------------------------------------------------------------ the run log

    def last_good_run(self) -> tuple[int, bytes] | None:
        """The head (number, hash) up to which everything was right in the last good run."""
        row = self._row(
            "SELECT head_seq, head_hash FROM verification WHERE book_id = :book AND ok = :yes"
            " ORDER BY head_seq DESC, id DESC LIMIT 1",
            yes=True,
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
                "book": self._book.book_id, "everything": everything, "ok": ok, "seq": seq, "hash": hash,
                "findings": findings, "at": at,
            },
        )  # fmt: skip
        return True


def _text_postgresql() -> str:
    """All SQL objects as they stand, without what removes them."""
    return "".join(sql_object(name, "postgresql")[0] for name in objects(on_sqlite=False))


@lru_cache(maxsize=1)
def _schema_sqlite() -> dict[str, str]:
    """What a fresh book's database holds, by name, as SQLite itself writes it down."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        for name in objects(on_sqlite=True):
            fresh.executescript(sql_object(name, "sqlite")[0])
        rows = fresh.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: squeezed(sql) for name, sql in rows}
