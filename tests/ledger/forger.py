"""What the owner of a database can do with our own library: rewrite the books so that every chain is perfect again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fund.database import Connection, Engine, is_sqlite, writing
from fund.ledger import Ledger, Period, PeriodStatus, Posting
from fund.ledger.anchors import Tree, public_key_of, root_of, sign
from fund.ledger.journal import SealedLeg
from fund.ledger.seal import GENESIS, entry_bytes, entry_hash, request_bytes, request_hash, step_hash
from tests.ledger.conftest import draft

THEIRS = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
"""The key of whoever owns the database; the one that signed the anchors was never there."""


@contextmanager
def master(engine: Engine) -> Iterator[Connection]:
    """Whoever owns the database and puts every guard back where it was: what is done in here stays."""
    if not is_sqlite(engine):
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
        return
    plain = sa.create_engine(engine.url, connect_args={"isolation_level": None})
    with plain.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        guards = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _sql in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection
        for _name, sql in guards:
            connection.exec_driver_sql(sql)
        connection.exec_driver_sql("COMMIT")
    plain.dispose()


SEALS = (("period", "period"), ("account_set", "account-set"), ("anchor", "anchor"))


def make_all_fit(connection: Connection, book: str) -> None:
    """Balances, and every hash of every chain, made anew from what stands there now; the anchors signed anew."""
    ledger = Ledger.open(connection, book=book)
    heal_the_balances(connection, ledger)
    states: dict[int, dict[str, Any]] = {0: {"head_hash": GENESIS, "root": root_of([]), "legs": 0, "recorded_at": 0}}
    previous, tree, legs = GENESIS, Tree(), 0
    for told in list(ledger.export_entries()):
        sealed = [SealedLeg(*leg) for leg in told["legs"]]
        names = ("idempotency_key", "effective_on", "kind", "memo", "actor", "metadata", "reverses", "reason")
        request = request_bytes(book=book, legs=sealed, **{name: told[name] for name in names})
        hash = entry_hash(previous, entry_bytes(told["seq"], told["recorded_at"], told["id"], request))
        write(
            connection,
            "entry",
            {"book_id": ledger.book_id, "seq": told["seq"]},
            {"previous_hash": previous, "hash": hash, "request_hash": request_hash(request)},
        )
        tree.add(hash)
        previous, legs = hash, legs + len(sealed)
        states[told["seq"]] = {"head_hash": hash, "root": tree.root, "legs": legs, "recorded_at": told["recorded_at"]}
    last = max(states)
    head = {"seq": last, "hash": previous, "recorded_at": states[last]["recorded_at"]}
    heads: dict[str, dict[int, bytes]] = {}
    for table, tag in (("account_change", "account-change"), *SEALS):
        before, hashes = GENESIS, heads.setdefault(table, {0: GENESIS})
        for row in rows(connection, ledger, table):
            row |= {"previous_hash": before, "head_hash": states[row["head_seq"]]["head_hash"]}
            if table == "period" and row["trial_balance_hash"]:
                day = Period(row["month"], PeriodStatus.CLOSED).ends_on
                row["trial_balance_hash"] = ledger.trial_balance_hash(as_of=day, known_at=last)
            if table == "anchor":
                row |= {name: states[row["head_seq"]][name] for name in ("root", "legs")}
                row["trial_balance_hash"] = ledger.trial_balance_hash(known_at=row["head_seq"])
                row |= {"period_hash": heads["period"][row["periods"]], "set_hash": heads["account_set"][row["sets"]]}
                row["public_key"] = public_key_of(THEIRS)
            row["hash"] = before = step_hash(tag, book, row)
            if table == "anchor":
                row["signature"] = sign(THEIRS, row["hash"])
            write(connection, table, {"book_id": row.pop("book_id"), "number": row["number"]}, row)
            hashes[row["number"]] = before
        name = {"account_change": "chart", "account_set": "set"}.get(table, table)
        head |= {f"{name}_number": max(hashes), f"{name}_hash": hashes[max(hashes)]}
    write(connection, "chain_head", {"book_id": ledger.book_id}, head)


def seal_anchors(connection: Connection, book: str) -> None:
    """Every anchor hashed and signed anew, whatever it says."""
    ledger = Ledger.open(connection, book=book)
    before = GENESIS
    for row in rows(connection, ledger, "anchor"):
        row |= {"previous_hash": before, "public_key": public_key_of(THEIRS)}
        row["hash"] = before = step_hash("anchor", book, row)
        row["signature"] = sign(THEIRS, before)
        write(connection, "anchor", {"book_id": row.pop("book_id"), "number": row["number"]}, row)
    write(connection, "chain_head", {"book_id": ledger.book_id}, {"anchor_hash": before})


def heal_the_balances(connection: Connection, ledger: Ledger) -> None:
    """What is kept of the balances, made anew from the legs."""
    own = "account_id IN (SELECT id FROM account WHERE book_id = :book)"
    sides = (
        "sum(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END),"
        " sum(CASE WHEN amount_cents < 0 THEN -amount_cents ELSE 0 END)"
        f" FROM posting JOIN entry ON entry.id = entry_id WHERE {own}"
    )
    for table, day, by in (("account_balance", "", ""), ("balance_day", "effective_on, ", ", effective_on")):
        columns = "account_id, day, debit_cents, credit_cents" if day else "account_id, debit_cents, credit_cents"
        for change in (
            f"DELETE FROM {table} WHERE {own}",
            f"INSERT INTO {table} ({columns}) SELECT account_id, {day}{sides} GROUP BY account_id{by}",
        ):
            connection.execute(sa.text(change), {"book": ledger.book_id})


def rows(connection: Connection, ledger: Ledger, table: str) -> list[dict[str, Any]]:
    found = connection.execute(
        sa.text(f"SELECT * FROM {table} WHERE book_id = :book ORDER BY number"), {"book": ledger.book_id}
    )
    return [
        {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row._mapping.items()}
        for row in found
    ]


def write(connection: Connection, table: str, where: dict[str, Any], values: dict[str, Any]) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in values)
    place = " AND ".join(f"{name} = :at_{name}" for name in where)
    done = connection.execute(
        sa.text(f"UPDATE {table} SET {changes} WHERE {place}"),
        values | {f"at_{name}": value for name, value in where.items()},
    )
    assert done.rowcount == 1


def rehash_everything(engine: Engine, book: str) -> None:
    """Another day and amount for the first entry; then everything is made to fit it."""
    with master(engine) as connection:
        own = "SELECT id FROM entry WHERE seq = 1 AND book_id = (SELECT id FROM book WHERE name = :book)"
        for change in (
            f"UPDATE entry SET memo = 'Taart' WHERE id = ({own})",
            f"UPDATE posting SET amount_cents = amount_cents * 1000 WHERE entry_id = ({own})",
        ):
            connection.execute(sa.text(change), {"book": book})
        make_all_fit(connection, book)


def cut_the_tail(engine: Engine, book: str, *, left: int = 4) -> None:
    """Nothing is left of the later entries: not in months, sets, anchors and balances, nor in the log of checks."""
    with master(engine) as connection:
        own = "book_id = (SELECT id FROM book WHERE name = :book)"
        for table, where in (
            ("posting", f"entry_id IN (SELECT id FROM entry WHERE seq > :left AND {own})"),
            ("entry", f"seq > :left AND {own}"),
            ("period", f"head_seq > :left AND {own}"),
            ("account_change", f"head_seq > :left AND {own}"),
            ("account", f"code NOT IN (SELECT code FROM account_change) AND {own}"),
            ("account_set", f"head_seq > :left AND {own}"),
            ("anchor", f"head_seq > :left AND {own}"),
            ("verification", own),
        ):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE {where}"), {"book": book, "left": left})
        make_all_fit(connection, book)


def cut_the_tail_and_write_on(engine: Engine, book: str) -> None:
    """In the place of the entries that went come others, by the door that everybody takes."""
    cut_the_tail(engine, book)
    with writing(engine) as connection:
        ledger = Ledger.open(connection, book=book)
        for number in range(5):
            ledger.post(draft(f"new {number}", Posting("1000", number + 1), Posting("3000", -number - 1)))
