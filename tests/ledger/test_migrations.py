"""From one version to the next and back: what was written before is there afterwards, and verifies."""

from __future__ import annotations

import sqlalchemy as sa

from fund.database import create_engine, downgrade, is_sqlite, upgrade, writing
from fund.ledger import Ledger, credit, debit
from fund.ledger.journal import SealedLeg
from fund.ledger.seal import GENESIS, entry_bytes, entry_hash, request_bytes, request_hash
from tests.ledger.conftest import BOOK, draft

LEGS = [SealedLeg("1000", "asset", "actual", "EUR", 500), SealedLeg("3000", "equity", "actual", "EUR", -500)]


def fill_as_the_first_version_did(connection: sa.Connection, sqlite: bool) -> None:
    """One entry, by raw SQL: the program of today does not speak to the tables of then."""
    run = connection.exec_driver_sql
    run(f"INSERT INTO book (name, currency) VALUES ('{BOOK}', 'EUR')")
    for leg, side in zip(LEGS, ("debit", "credit"), strict=True):
        run(
            "INSERT INTO account (book_id, code, name, type, layer, currency, normal_side)"
            f" VALUES (1, '{leg.code}', 'x', '{leg.type}', '{leg.layer}', 'EUR', '{side}')"
        )
    for position, leg in enumerate(LEGS, start=1):
        run(
            "INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)"
            f" SELECT 'ent_1', {position}, 2, id, {leg.amount_cents} FROM account WHERE code = '{leg.code}'"
        )
    request = request_bytes(
        book=BOOK, idempotency_key="k1", effective_on="2027-03-10", kind="receipt", memo="m", actor="a", metadata="{}",
        reverses=None, reason=None, legs=LEGS,
    )  # fmt: skip
    row = {
        "book_id": 1, "seq": 1, "id": "ent_1", "effective_on": "2027-03-10", "kind": "receipt", "memo": "m",
        "actor": "a", "idempotency_key": "k1", "request_hash": request_hash(request), "metadata": "{}", "legs": 2,
        "recorded_at": 5, "version": 1, "previous_hash": GENESIS,
        "hash": entry_hash(GENESIS, entry_bytes(1, 5, "ent_1", request)),
    }  # fmt: skip
    values = [f"CAST(:{name} AS date)" if name == "effective_on" and not sqlite else f":{name}" for name in row]
    connection.execute(sa.text(f"INSERT INTO entry ({', '.join(row)}) VALUES ({', '.join(values)})"), row)


def test_what_an_earlier_version_wrote_verifies_after_the_upgrade_and_after_going_back_and_forth(
    empty_database_url: str,
) -> None:
    upgrade(empty_database_url, target="0002_fund")
    engine = create_engine(empty_database_url)
    with writing(engine) as connection:
        fill_as_the_first_version_did(connection, is_sqlite(engine))
    upgrade(empty_database_url)
    for turn in range(2):
        with writing(engine) as connection:
            ledger = Ledger.open(connection, book=BOOK)
            found = ledger.verify(full=True)
            assert [finding.message for finding in found.findings] == []
            assert ledger.post(draft(f"turn{turn}", debit("1000", 5), credit("3000", 5))).seq == 2 + turn
        downgrade(empty_database_url, target="0002_fund")
        upgrade(empty_database_url)
    engine.dispose()


def test_an_empty_database_goes_all_the_way_down_and_up(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    downgrade(empty_database_url, target="base")
    engine = create_engine(empty_database_url)
    left = set(sa.inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    assert left == set()
    upgrade(empty_database_url)


def fill_as_version_six_did(connection: sa.Connection, sqlite: bool) -> None:
    """Two books with accounts that were renamed, closed and given limits and days, by raw SQL."""
    run = connection.exec_driver_sql
    fill_as_the_first_version_did(connection, sqlite)
    run("UPDATE account SET name = 'Bänk €' WHERE code = '1000'")
    columns = "book_id, code, name, type, layer, currency, normal_side, min_balance_cents, max_balance_cents, status"
    for values in (
        """1, '1010', 'Kas', 'asset', 'actual', 'EUR', 'debit', -5, 9007199254740993, 'closed', '["x"]'""",
        "1, '1000.a', 'Anna', 'asset', 'actual', 'EUR', 'debit', NULL, NULL, 'open', NULL",
    ):
        days = "'2027-01-01', NULL"
        run(f"INSERT INTO account ({columns}, limit_kinds, valid_from, valid_until) VALUES ({values}, {days})")
    run("INSERT INTO book (name, currency) VALUES ('dairy', 'EUR'), ('empty', 'EUR')")
    run(f"INSERT INTO account ({columns}) VALUES (2, '1', 'Melk', 'memo', 'commitment', 'EUR', 'debit', 1, 2, 'open')")


def test_the_accounts_of_version_six_are_sealed_as_they_are_on_the_day_of_the_upgrade(empty_database_url: str) -> None:
    upgrade(empty_database_url, target="0006_roles")
    engine = create_engine(empty_database_url)
    with writing(engine) as connection:
        fill_as_version_six_did(connection, is_sqlite(engine))
        before = connection.exec_driver_sql("SELECT * FROM account ORDER BY id").all()
    for _turn in range(2):
        upgrade(empty_database_url)
        with writing(engine) as connection:
            assert connection.exec_driver_sql("SELECT * FROM account ORDER BY id").all() == before
            for book, count in ((BOOK, 4), ("dairy", 1), ("empty", 0)):
                ledger = Ledger.open(connection, book=book)
                found = ledger.verify(full=True)
                assert [finding.message for finding in found.findings] == []
                assert [one.checked for one in found.checks if one.name == "chart"] == [2 * count]
            rows = connection.exec_driver_sql(
                "SELECT head_seq, code FROM account_change ORDER BY book_id, number"
            ).all()
            assert [tuple(row) for row in rows] == [(1, "1000"), (1, "3000"), (1, "1010"), (1, "1000.a"), (0, "1")]
        with engine.connect() as connection:  # the chart goes on from there, and tells what does not follow
            ledger = Ledger.open(connection, book=BOOK)
            ledger.reopen_account("1010")
            assert ledger.verify(full=True).ok
            if is_sqlite(engine):
                connection.exec_driver_sql("DROP TRIGGER account_changes")
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("UPDATE account SET name = 'y' WHERE code = '3000'")
            assert [one.place for one in ledger.verify().findings if one.seq is not None] == ["account:3000"]
            connection.rollback()
        downgrade(empty_database_url, target="0006_roles")
    with writing(engine) as connection:  # what the old program does is done as it did it
        connection.exec_driver_sql("UPDATE account SET name = 'Kasgeld' WHERE code = '1010'")
        left = sa.inspect(connection)
        assert not left.has_table("account_change")
        assert "chart_hash" not in {column["name"] for column in left.get_columns("chain_head")}
    engine.dispose()
