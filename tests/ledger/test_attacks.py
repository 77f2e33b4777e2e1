"""Attacks by raw SQL of whoever may write anything, with a real commit: the triggers alone stand in the way.

What the application's login may not even try is in test_attack_table.py, other ways around in test_roundabout.py.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from fund.database import Engine, create_engine, is_sqlite, writing
from fund.errors import FundError
from fund.errors.amounts import AmountTooLarge
from fund.errors.ledger import (
    AlreadyReversed,
    AppendOnly,
    BrokenChain,
    ClosedAccount,
    ClosedPeriod,
    EmptyText,
    EntryExists,
    IdempotencyConflict,
    LimitExceeded,
    NotTheMirror,
    PeriodOutOfOrder,
    PostingsWithoutEntry,
    TooFewPostings,
    UnbalancedEntry,
    UnknownAccount,
    ZeroPosting,
)
from fund.ledger import AccountType, Ledger, credit, debit
from tests.ledger.attacks import account_sql, attempt, entry_sql, legs_sql
from tests.ledger.conftest import BOOK, draft, fill_chart, opened

GOOD = (("1000", 5), ("3000", -5))


@pytest.fixture(scope="module")
def attacked(module_database_url: str) -> Iterator[Engine]:
    """The bakery with three entries, the second reversed by the third, and January closed, February locked."""
    engine = create_engine(module_database_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="a")
        ledger.close_period("2027-01", actor="a")
        ledger.lock_period("2027-02", actor="a")
        ledger.post(draft("1", debit("1000", 500), credit("3000.anna", 500)))
        ledger.post(draft("2", debit("1000", 70), credit("4400", 70)))
        ledger.reverse(2, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="3", actor="a")
    yield engine
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok
    engine.dispose()


@pytest.fixture
def engine(attacked: Engine) -> Iterator[Engine]:
    """Somebody tries, and afterwards the book is as it was."""
    before = state(attacked)
    yield attacked
    assert state(attacked) == before, "nothing changed"


def state(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [
            connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2")).all()
            for table in (
                "book",
                "account",
                "entry",
                "posting",
                "period",
                "chain_head",
                "account_balance",
                "balance_day",
            )
        ]


def entry_of(engine: Engine, *legs: tuple[str, int], **change: str) -> FundError | None:
    return attempt(engine, legs_sql(*legs), entry_sql(engine, legs=str(len(legs)), **change))


def test_an_honest_raw_entry_passes_the_guards(engine: Engine) -> None:
    """So that the refusals below are for their own reasons; it is rolled back by a last statement that is refused."""
    refusal = attempt(engine, legs_sql(*GOOD), entry_sql(engine), "DELETE FROM entry")
    assert isinstance(refusal, AppendOnly)


@pytest.mark.parametrize(
    "legs",
    [
        (("1000", 5), ("3000", -4)),
        (("1000", 5), ("3000", 5)),
        (("1000", 5), ("9010", -5)),
        (("1000", 5), ("3000", -5), ("9000", 1), ("9010", -2)),
        (("1000", 5), ("3000", -4), ("9000", 1), ("9010", -2)),
        (("1000", 2**62), ("4000", 2**62), ("3000", -(2**62))),
    ],
)
def test_an_unbalanced_entry_is_refused(engine: Engine, legs: tuple[tuple[str, int], ...]) -> None:
    assert isinstance(entry_of(engine, *legs), (UnbalancedEntry, AmountTooLarge))


def test_an_entry_that_mixes_currencies_is_refused(engine: Engine) -> None:
    fields = {
        "name": "'Dollars'",
        "type": "'asset'",
        "layer": "'actual'",
        "currency": "'USD'",
        "normal_side": "'debit'",
    }
    dollars = account_sql(engine, "1001", **fields)
    refusal = attempt(engine, dollars, legs_sql(("1001", 5), ("3000", -5)), entry_sql(engine))
    assert isinstance(refusal, UnbalancedEntry)


def test_an_entry_with_one_leg_or_none_is_refused(engine: Engine) -> None:
    assert isinstance(attempt(engine, entry_sql(engine)), TooFewPostings)
    assert isinstance(attempt(engine, entry_sql(engine, legs="0")), TooFewPostings)
    assert isinstance(entry_of(engine, ("1000", 5)), TooFewPostings)
    assert isinstance(attempt(engine, legs_sql(("1000", 5), legs_said=2), entry_sql(engine)), TooFewPostings)


def test_an_entry_takes_no_more_legs_than_it_says(engine: Engine) -> None:
    three = legs_sql(("1000", 5), ("3000", -6), ("4000", 1))
    assert isinstance(attempt(engine, three, entry_sql(engine, legs="2")), TooFewPostings)


def test_a_leg_of_nothing_is_refused(engine: Engine) -> None:
    assert isinstance(attempt(engine, legs_sql(("1000", 0), ("3000", 0))), ZeroPosting)


def test_legs_without_an_entry_are_refused_at_the_commit(engine: Engine) -> None:
    assert isinstance(attempt(engine, legs_sql(*GOOD)), PostingsWithoutEntry)


def test_a_leg_of_no_account_is_refused(engine: Engine) -> None:
    leg = "INSERT INTO posting (entry_id, position, legs, account_id, amount_cents) VALUES"
    refusal = attempt(engine, f"{leg} ('ent_evil', 1, 2, 9999, 5), ('ent_evil', 2, 2, 9998, -5)", entry_sql(engine))
    assert isinstance(refusal, (UnknownAccount, TooFewPostings, PostingsWithoutEntry))


@pytest.mark.parametrize("said", [2, 3])
@pytest.mark.parametrize("first", [1, 3])
def test_an_entry_that_is_sealed_takes_no_more_legs(engine: Engine, said: int, first: int) -> None:
    with engine.connect() as connection:
        id = connection.execute(sa.text("SELECT id FROM entry WHERE seq = 1")).scalar_one()
    late = legs_sql(("1000", 5), ("3000", -5), entry_id=id, legs_said=max(said, first + 1), first=first)
    # Its places are taken, or it names another number of legs than its entry has.
    assert isinstance(attempt(engine, late), (EntryExists, PostingsWithoutEntry))


def test_two_clients_cannot_slip_a_leg_into_one_entry(postgres_url: str) -> None:
    """The second adds its leg before the first commits, and commits after it: it finds no place left."""
    engine = create_engine(postgres_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    with engine.connect() as honest, engine.connect() as evil:
        honest.exec_driver_sql(legs_sql(*GOOD, entry_id="ent_race"))
        honest.exec_driver_sql(entry_sql(engine, id="'ent_race'"))
        with pytest.raises(sa.exc.IntegrityError, match="ck_posting_position"):
            evil.exec_driver_sql(legs_sql(("4000", 5), entry_id="ent_race", legs_said=2, first=3))
        evil.rollback()
        evil.exec_driver_sql(legs_sql(("4000", 5), entry_id="ent_race", legs_said=3, first=3))
        honest.commit()
        with pytest.raises(sa.exc.IntegrityError, match="fk_posting_entry_id_legs"):
            evil.commit()
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok
        assert ledger.head().seq == 1
    engine.dispose()


CHANGES = [
    "UPDATE entry SET memo = 'x' WHERE seq = 1",
    "UPDATE entry SET actor = 'x' WHERE seq = 1",
    "UPDATE entry SET effective_on = '2027-03-12' WHERE seq = 1",
    "UPDATE entry SET hash = previous_hash WHERE seq = 1",
    "UPDATE entry SET seq = 9 WHERE seq = 1",
    "UPDATE posting SET amount_cents = amount_cents + 1",
    "UPDATE posting SET amount_cents = amount_cents * 2",
    "UPDATE posting SET account_id = account_id + 1",
    "UPDATE posting SET entry_id = (SELECT id FROM entry WHERE seq = 2)",
    "UPDATE period SET status = 'open', reason = 'x', second_actor = 'b'",
    "UPDATE account SET code = '1001' WHERE code = '1000'",
    "UPDATE account SET type = 'liability', normal_side = 'credit' WHERE code = '1000'",
    "UPDATE account SET currency = 'USD' WHERE code = '1000'",
    "UPDATE account SET book_id = 2 WHERE code = '1000'",
    "UPDATE book SET name = 'x'",
    "UPDATE book SET currency = 'USD'",
    "DELETE FROM entry WHERE seq = 3",
    "DELETE FROM entry",
    "DELETE FROM posting",
    "DELETE FROM posting WHERE amount_cents > 0",
    "DELETE FROM period",
    "DELETE FROM account WHERE code = '9000'",
    "DELETE FROM book",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_what_is_written_is_not_changed_or_removed(engine: Engine, statement: str) -> None:
    assert isinstance(attempt(engine, statement), AppendOnly)


@pytest.mark.parametrize("table", ["entry, posting", "posting", "period", "account CASCADE", "book CASCADE"])
def test_no_table_is_emptied_on_postgresql(table: str, module_postgres_url: str) -> None:
    engine = create_engine(module_postgres_url)
    assert isinstance(attempt(engine, f"TRUNCATE {table}"), AppendOnly)
    engine.dispose()


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
def test_no_row_is_replaced_on_sqlite(verb: str, sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
        Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 500), credit("3000", 500)))
    before = state(engine)
    id = "(SELECT id FROM entry WHERE seq = 1)"
    with engine.connect() as connection:
        sealed = connection.execute(sa.text("SELECT id FROM entry")).scalar_one()
    columns = "book_id, code, name, type, layer, currency, normal_side"
    for statement, refusal in (
        (legs_sql(("1000", 900), ("3000", -900), entry_id=sealed).replace("INSERT", verb, 1), EntryExists),
        (entry_sql(engine, verb=verb, id=id), EntryExists),
        (entry_sql(engine, verb=verb, id=id, idempotency_key="'1'", seq="1"), EntryExists),
        (f"{verb} INTO account (id, {columns}) SELECT id, book_id, code, 'x', 'memo', 'commitment', currency, 'debit'"
         " FROM account WHERE code = '1000'", FundError),
        (f"{verb} INTO book (id, name, currency) VALUES (1, 'x', 'EUR')", FundError),
    ):  # fmt: skip
        found = attempt(engine, statement)
        assert isinstance(found, refusal), statement
    assert isinstance(
        attempt(engine, legs_sql(("1000", 900), ("3000", -900)), entry_sql(engine, verb=verb, idempotency_key="'1'")),
        IdempotencyConflict,
    )
    assert state(engine) == before
    engine.dispose()


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR ROLLBACK"])
def test_no_conflict_policy_spoils_the_balances_on_sqlite(verb: str, sqlite_url: str) -> None:
    """The policy of the outer statement would go before that of the triggers' own; even a failed one is committed."""
    engine = create_engine(sqlite_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
        Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 500), credit("3000", 500)))
    largest = 2**63 - 1
    client = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    client.execute("PRAGMA foreign_keys = ON")
    client.execute("BEGIN")
    client.execute(legs_sql(("1000", largest), ("3000", -largest)))
    with pytest.raises(sqlite3.IntegrityError, match="ledger: amount_too_large"):
        client.execute(entry_sql(engine, verb=verb))
    if client.in_transaction:
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            client.commit()
        client.rollback()
    client.execute(legs_sql(("1000", 7), ("3000", -7)))
    client.execute(entry_sql(engine, verb=verb))
    client.commit()
    client.close()
    with opened(engine) as ledger:
        assert ledger.balance("1000") == 507
        failed = {check.name for check in ledger.verify(full=True).checks if not check.ok}
        assert failed == {"chain", "idempotency"}, "but for the hashes, which this client made up"
    engine.dispose()


@pytest.mark.parametrize("clause", ["ON CONFLICT DO NOTHING", "ON CONFLICT (id) DO UPDATE SET memo = 'x'"])
def test_no_conflict_clause_gets_around_the_seal(engine: Engine, clause: str) -> None:
    key = "idempotency_key"
    same_id = attempt(
        engine,
        legs_sql(*GOOD),
        entry_sql(
            engine, id="(SELECT id FROM entry WHERE seq = 1)", tail=("AND true " if is_sqlite(engine) else "") + clause
        ),
    )
    same_key = attempt(
        engine,
        legs_sql(*GOOD),
        entry_sql(engine, **{key: "'1'"}, tail=("AND true " if is_sqlite(engine) else "") + clause),
    )
    # With DO NOTHING there is no entry for the legs.
    assert isinstance(same_id, (EntryExists, AppendOnly, PostingsWithoutEntry))
    assert isinstance(same_key, (IdempotencyConflict, AppendOnly, PostingsWithoutEntry))


@pytest.mark.parametrize(
    "change", [{"seq": "9"}, {"seq": "3"}, {"seq": "0"}, {"previous_hash": "FLIP"}, {"previous_hash": "SHORT"}]
)
def test_an_entry_out_of_the_chain_is_refused(engine: Engine, change: dict[str, str]) -> None:
    other = {"FLIP": "zeroblob(32)" if is_sqlite(engine) else "decode(repeat('00', 32), 'hex')"}
    other["SHORT"] = "x'00'" if is_sqlite(engine) else "'\\x00'::bytea"
    assert isinstance(
        entry_of(engine, *GOOD, **{column: other.get(value, value) for column, value in change.items()}), BrokenChain
    )


def test_an_entry_before_the_last_one_in_time_is_refused_or_put_right(engine: Engine) -> None:
    if is_sqlite(engine):
        assert isinstance(entry_of(engine, *GOOD, recorded_at="recorded_at - 1"), BrokenChain)
        return
    with engine.connect() as connection:
        connection.exec_driver_sql(legs_sql(*GOOD))
        connection.exec_driver_sql(entry_sql(engine, recorded_at="5"))
        kept = connection.exec_driver_sql("SELECT min(recorded_at), max(recorded_at) FROM entry WHERE seq >= 3").one()
        assert kept[0] == kept[1], "the instant of the entry before it"
        connection.rollback()


def test_postgresql_refuses_a_false_hash(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    zero = "decode(repeat('00', 32), 'hex')"
    assert isinstance(entry_of(engine, *GOOD, hash=zero), BrokenChain)
    assert isinstance(entry_of(engine, *GOOD, request_hash=zero), BrokenChain)
    engine.dispose()


def test_sqlite_lets_a_false_hash_in_and_verification_names_it(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
        Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 500), credit("3000", 500)))
    assert entry_of(engine, *GOOD) is None
    with opened(engine) as ledger:
        found = ledger.verify(full=True)
        assert not found.ok
        assert found.first_bad_seq == 2
        assert {check.name for check in found.checks if not check.ok} == {"chain", "idempotency"}
    engine.dispose()


def test_no_entry_goes_into_a_month_that_is_shut(engine: Engine) -> None:
    for day, kind in (("2027-01-15", "closing"), ("2027-02-15", "receipt"), ("2026-12-31", "adjusting")):
        text = f"'{day}'" if is_sqlite(engine) else f"DATE '{day}'"
        assert isinstance(entry_of(engine, *GOOD, effective_on=text, kind=f"'{kind}'"), ClosedPeriod)


def test_no_entry_goes_into_another_book_or_a_closed_account(engine: Engine) -> None:
    other = (
        "SELECT 'ent_evil', 2, 2, account.id, -5 FROM account JOIN book ON book.id = book_id WHERE book.name = 'dairy'"
    )
    with engine.connect() as connection:
        dairy = Ledger.create(connection, book="dairy")
        dairy.add_account("3000", name="Kapitaal", type=AccountType.EQUITY)
        connection.exec_driver_sql(legs_sql(("1000", 5), legs_said=2))
        connection.exec_driver_sql(f"INSERT INTO posting (entry_id, position, legs, account_id, amount_cents) {other}")
        with pytest.raises(sa.exc.DBAPIError, match="ledger: unknown_account"):
            connection.exec_driver_sql(entry_sql(engine))
        connection.rollback()
    closing = account_sql(engine, "3000", status="'closed'")
    assert isinstance(attempt(engine, closing, legs_sql(*GOOD), entry_sql(engine)), ClosedAccount)


def test_no_account_goes_below_its_limit(engine: Engine) -> None:
    limit = account_sql(engine, "1000", min_balance_cents="0")
    legs = (("1000", -501), ("3000", 501))
    assert isinstance(attempt(engine, limit, legs_sql(*legs), entry_sql(engine)), LimitExceeded)


def test_a_key_is_used_once(engine: Engine) -> None:
    assert isinstance(entry_of(engine, *GOOD, idempotency_key="'1'"), IdempotencyConflict)


def test_a_reversal_is_the_mirror_once(engine: Engine) -> None:
    assert isinstance(entry_of(engine, *GOOD, reverses_seq="2", reason="'x'"), AlreadyReversed)
    assert isinstance(entry_of(engine, *GOOD, reverses_seq="1", reason="'x'"), NotTheMirror)
    mirrored = (("1000", -500), ("3000.anna", 500))
    assert isinstance(entry_of(engine, *mirrored, reverses_seq="1"), EmptyText), "it has a reason"


def test_a_text_that_says_nothing_is_refused(engine: Engine) -> None:
    assert isinstance(entry_of(engine, *GOOD, memo="''"), EmptyText)


PERIOD = (
    "INSERT INTO period (book_id, number, month, status, head_seq, head_hash, trial_balance_hash, actor, second_actor,"
    " reason, recorded_at, version, previous_hash, hash)"
    " SELECT 1, period_number + 1, '{month}', '{status}', seq, hash, {frozen}, 'a', 'b', 'x',"
    " recorded_at, 1, period_hash, {hash} FROM chain_head WHERE book_id = 1"
)


@pytest.mark.parametrize(
    ("month", "status"),
    [
        ("2027-04", "locked"),
        ("2027-03", "closed"),
        ("2027-03", "open"),
        ("2027-01", "open"),
        ("2027-01", "closed"),
        ("2027-02", "locked"),
        ("2026-12", "locked"),
    ],
)
def test_a_month_takes_no_step_out_of_order(engine: Engine, month: str, status: str) -> None:
    frozen = ("zeroblob(32)" if is_sqlite(engine) else "hash") if status == "closed" else "NULL"
    hash = "zeroblob(32)" if is_sqlite(engine) else "NULL"
    refusal = attempt(engine, PERIOD.format(month=month, status=status, frozen=frozen, hash=hash))
    assert isinstance(refusal, PeriodOutOfOrder)


def test_legs_that_a_careless_client_left_count_nowhere_and_are_found(sqlite_url: str) -> None:
    """A SQLite client with foreign keys off, which is how every client starts."""
    engine = create_engine(sqlite_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
        Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 500), credit("3000", 500)))
    careless = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    careless.execute(legs_sql(*GOOD))
    careless.commit()
    careless.execute(legs_sql(("1000", 5), ("3000", -4), entry_id="ent_other"))
    with pytest.raises(sqlite3.IntegrityError, match="ledger: unbalanced_entry"):
        careless.execute(entry_sql(engine, id="'ent_other'"))
    careless.close()
    with opened(engine) as ledger:
        assert ledger.balance("1000") == 500
        found = ledger.verify(full=True)
        assert {check.name for check in found.checks if not check.ok} == {"stray_postings"}
    engine.dispose()


def test_the_application_posts_without_owning_anything(postgres_url: str) -> None:
    """A login that may insert and read: the triggers keep balances and heads for it, and it cannot touch them."""
    engine = create_engine(postgres_url)
    role = f"baker_{uuid.uuid4().hex[:8]}"
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        connection.exec_driver_sql(f"GRANT INSERT ON book, account, entry, posting, period TO {role}")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
            Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 500), credit("3000", 500)))
            connection.commit()
        for statement in (
            "UPDATE account_balance SET debit_cents = 0",
            "INSERT INTO balance_day VALUES (1, '2027-01-01', 5, 5)",
            "UPDATE chain_head SET seq = 0",
            "UPDATE entry SET memo = 'x'",
            "TRUNCATE posting CASCADE",
            "ALTER TABLE entry DISABLE TRIGGER ALL",
            "DROP TRIGGER entry_seals ON entry",
            "CREATE OR REPLACE FUNCTION ledger_seal_entry() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "SET session_replication_role = replica",
        ):
            with engine.connect() as connection:
                connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
                with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"):
                    connection.exec_driver_sql(statement)
        with opened(engine) as ledger:
            assert ledger.balance("1000") == 500
            assert ledger.verify(full=True).ok
    finally:
        with writing(engine) as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
        engine.dispose()
