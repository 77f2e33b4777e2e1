"""The table of attacks, row by row: raw SQL as the application's own login, and as owner where "detected" stands.

On PostgreSQL the application's login is of the role ``fund_application``; on SQLite all who have the file are alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from fund.database import Connection, Engine, create_engine, is_sqlite, writing
from fund.errors import FundError, IdempotencyConflict, LimitExceeded
from fund.ledger import AccountType, Ledger, Posted, Verification, credit, debit
from fund.ledger.store.refusals import refusal_of
from fund.money import parse
from tests.ledger.attacks import entry_sql, legs_sql, owner
from tests.ledger.conftest import BOOK, draft, fill_chart, opened
from tests.ledger.test_anchors import KEY
from tests.ledger.test_concurrency import at_once

FORBIDDEN = ("42501", "55000")


def as_application(engine: Engine) -> Engine:
    """The application's own way to the database."""
    if is_sqlite(engine):
        return create_engine(str(engine.url))
    options = {"options": "-c timezone=UTC -c role=fund_application"}
    return sa.create_engine(engine.url, connect_args=options)


@pytest.fixture
def engine(engine: Engine) -> Iterator[Engine]:
    """A book with everything in it; the application tries, and afterwards it is as it was, and verifies."""
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="a")
        ledger.close_period("2027-01", actor="a")
        ledger.lock_period("2027-02", actor="a")
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.add_account("1011", name="Oud", type=AccountType.ASSET)
        ledger.close_account("1011")
        ledger.limit_set("free", {"1000": 1, "9000": -1}, actor="a", min_balance_cents=0, kinds=["promise"])
        ledger.post(draft("1", debit("1000", 500), credit("3000.anna", 500)))
        ledger.post(draft("2", debit("1010", 70), credit("4400", 70), debit("9000", 5), credit("9010", 5)))
        ledger.reverse(2, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="3", actor="a")
        ledger.post(draft("4", debit("1010", 50), credit("3000", 50)))
        ledger.anchor(KEY)
    before = state(engine)
    yield engine
    assert state(engine) == before, "nothing changed"
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok


TABLES = (
    "book", "account", "account_change", "account_set", "entry", "posting", "period", "anchor", "chain_head",
    "account_balance", "balance_day",
)  # fmt: skip


def state(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2").all() for table in TABLES]


def refused(engine: Engine, *statements: str) -> bool:
    """Whether the application's login cannot do this: one transaction, committed."""
    application = as_application(engine)
    try:
        with application.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
    except sa.exc.DBAPIError as problem:
        known = refusal_of(problem) is not None or getattr(problem.orig, "sqlstate", None) in FORBIDDEN
        if not known and "CHECK constraint" not in str(problem) and "check constraint" not in str(problem):
            raise
        return True
    finally:
        application.dispose()
    return False


def entry_refused(engine: Engine, *legs: tuple[str, int], **change: str) -> bool:
    return refused(engine, legs_sql(*legs), entry_sql(engine, **({"legs": str(len(legs))} | change)))


def day(engine: Engine, text: str) -> str:
    return f"'{text}'" if is_sqlite(engine) else f"DATE '{text}'"


GOOD = (("1000", 5), ("3000", -5))


def test_the_applications_login_can_do_its_work(engine: Engine) -> None:
    """So that what follows is refused for its own reasons: it posts, opens a sub-account, steps a month, anchors."""
    application = as_application(engine)
    with application.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        ledger.post_many([draft("x", debit("1000", 1), credit("3000.new", 1))], on_error="skip")
        ledger.rename_account("3000.new", "Nieuw")
        ledger.lock_period("2027-03", actor="a")
        ledger.limit_set("more", {"1000": 1}, actor="a", min_balance_cents=0)
        ledger.anchor(KEY)
        assert ledger.verify(full=True).ok
        connection.rollback()
    application.dispose()


@pytest.mark.parametrize(
    "legs",
    [
        (("1000", 5), ("3000", -4)),
        (("1000", 5), ("9010", -5)),
        (("1000", 5), ("3000", -4), ("9000", 1), ("9010", -2)),
        (("1000", 5),),
    ],
)
def test_1_and_2_an_entry_that_does_not_balance_or_has_one_leg(
    engine: Engine, legs: tuple[tuple[str, int], ...]
) -> None:
    assert entry_refused(engine, *legs)


def test_2_an_entry_without_legs_and_legs_without_an_entry(engine: Engine) -> None:
    assert refused(engine, entry_sql(engine))
    assert refused(engine, legs_sql(*GOOD))


def test_3_a_false_seq_previous_hash_or_hash(engine: Engine) -> None:
    zero = "zeroblob(32)" if is_sqlite(engine) else "decode(repeat('00', 32), 'hex')"
    assert entry_refused(engine, *GOOD, seq="9")
    assert entry_refused(engine, *GOOD, previous_hash=zero)
    if not is_sqlite(engine):  # there it is let in, and found: test_3_a_false_hash_is_found_on_sqlite
        assert entry_refused(engine, *GOOD, hash=zero)


def test_3_a_false_hash_is_found_on_sqlite(engine: Engine) -> None:
    if not is_sqlite(engine):
        return
    with engine.connect() as connection:
        connection.exec_driver_sql(legs_sql(*GOOD))
        connection.exec_driver_sql(entry_sql(engine))
        found = Ledger.open(connection, book=BOOK).verify(full=True)
        assert (found.ok, found.first_bad_seq) == (False, 5)
        connection.rollback()


CHANGES = [
    ("UPDATE entry SET memo = 'x' WHERE seq = 2", 2),
    ("UPDATE entry SET actor = 'x' WHERE seq = 2", 2),
    ("UPDATE entry SET effective_on = '2027-03-12' WHERE seq = 2", 2),
    ("UPDATE posting SET amount_cents = amount_cents * 2 WHERE entry_id = (SELECT id FROM entry WHERE seq = 2)", 2),
    ("UPDATE posting SET account_id = account_id + 1 WHERE entry_id = (SELECT id FROM entry WHERE seq = 4)", 4),
    ("DELETE FROM entry WHERE seq = 2", 2),
    ("DELETE FROM posting WHERE position = 1 AND entry_id = (SELECT id FROM entry WHERE seq = 4)", 4),
    ("DELETE FROM posting", 1),
]


@pytest.mark.parametrize(("statement", "seq"), CHANGES)
def test_4_and_6_what_is_written_is_changed_or_removed(engine: Engine, statement: str, seq: int) -> None:
    assert refused(engine, statement)
    with owner(engine) as connection:
        connection.exec_driver_sql(statement)
        found = Ledger.open(connection, book=BOOK).verify(full=True)
        assert found.first_bad_seq == seq


def test_5_a_leg_is_moved_or_added(engine: Engine) -> None:
    assert refused(engine, "UPDATE posting SET entry_id = (SELECT id FROM entry WHERE seq = 1)")
    with engine.connect() as connection:
        id = connection.exec_driver_sql("SELECT id FROM entry WHERE seq = 1").scalar_one()
    for first, said in ((3, 2), (3, 4), (1, 2)):
        late = legs_sql(*GOOD, entry_id=id, legs_said=max(said, first + 1), first=first)
        assert refused(engine, late)


@pytest.mark.parametrize("table", [*TABLES, "verification"])
def test_6_a_whole_table_is_emptied(engine: Engine, table: str) -> None:
    assert is_sqlite(engine) or refused(engine, f"TRUNCATE {table} CASCADE")
    if table not in ("chain_head", "account_balance", "balance_day", "verification") or not is_sqlite(engine):
        assert refused(engine, f"DELETE FROM {table}")
    if table == "verification":
        return  # it is the log of the checks themselves, and proves nothing
    with owner(engine) as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")
        if table == "book":
            connection.exec_driver_sql(f"INSERT INTO book (id, name, currency) VALUES (1, '{BOOK}x', 'EUR')")
        name = connection.exec_driver_sql("SELECT name FROM book").scalar_one()
        assert bad(Ledger.open(connection, book=name).verify(full=True))


def bad(found: Verification) -> set[str]:
    return {check.name for check in found.checks if not check.ok} - {"guards"}


def test_7_the_last_entries_go_with_their_traces(engine: Engine) -> None:
    """Cut, and hashed anew: tests/ledger/test_anchors.py does both in full; here against the anchor that was kept."""
    with opened(engine) as ledger:
        kept = ledger.anchors()[-1]
    with owner(engine) as connection:
        connection.exec_driver_sql("DELETE FROM posting WHERE entry_id = (SELECT id FROM entry WHERE seq = 4)")
        connection.exec_driver_sql("DELETE FROM entry WHERE seq = 4")
        connection.exec_driver_sql("UPDATE chain_head SET seq = 3, hash = (SELECT hash FROM entry WHERE seq = 3)")
        found = Ledger.open(connection, book=BOOK).verify(full=True, anchors=[kept])
        assert "given_anchors" in bad(found)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account_balance SET debit_cents = debit_cents + 1",
        "UPDATE balance_day SET credit_cents = credit_cents + 1",
        "DELETE FROM balance_day",
        "UPDATE chain_head SET seq = seq - 1",
        "INSERT INTO balance_day SELECT id, '2027-05-05', 5, 5 FROM account WHERE code = '9000'",
    ],
)
def test_8_what_the_triggers_keep_is_written(engine: Engine, statement: str) -> None:
    assert is_sqlite(engine) or refused(engine, statement)
    with owner(engine) as connection:
        connection.exec_driver_sql(statement)
        found = bad(Ledger.open(connection, book=BOOK).verify(full=True))
        assert found & {"balances", "day_balances", "gap_free"}


def test_9_into_a_shut_month_another_book_or_a_closed_account(engine: Engine) -> None:
    assert entry_refused(engine, *GOOD, effective_on=day(engine, "2027-01-15"), kind="'closing'")
    assert entry_refused(engine, *GOOD, effective_on=day(engine, "2027-02-15"))
    assert entry_refused(engine, *GOOD, effective_on=day(engine, "2026-12-31"), kind="'adjusting'")
    assert entry_refused(engine, ("1011", 5), ("3000", -5))
    assert entry_refused(engine, *GOOD, book_id="2" if is_sqlite(engine) else "7")


def test_10_an_account_or_a_set_below_its_limit(engine: Engine) -> None:
    assert entry_refused(engine, ("1010", -51), ("3000", 51))
    assert entry_refused(engine, ("1010", -1), ("3000", 1), effective_on=day(engine, "2027-03-09"))
    assert entry_refused(engine, ("9000", 501), ("9010", -501), kind="'promise'")
    assert refused(engine, "UPDATE account SET min_balance_cents = NULL WHERE code = '1010'")
    assert refused(engine, "UPDATE account_set SET min_balance_cents = NULL")


@pytest.mark.parametrize("amount", [1.0, math.nan, math.inf, 2**63, -(2**63), -0.0, "1", None, True])
def test_12_what_is_no_amount_is_refused_by_name(amount: Any) -> None:
    with pytest.raises(FundError):
        debit("1000", amount)


@pytest.mark.parametrize("text", ["1e3", "12.345", "１２", "1,000.00", "1.000.00", "nan", "-0", "", "0x10", "1_000"])
def test_12_what_is_no_amount_as_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(FundError):
        parse(text)


@pytest.mark.parametrize("amount", ["1.5", "'x'", "9223372036854775808", "0"])
def test_12_the_database_takes_no_such_amount(engine: Engine, amount: str) -> None:
    if amount == "1.5" and not is_sqlite(engine):
        amount = "'1.5'"  # a bare 1.5 is made a whole number by PostgreSQL before the table sees it
    statement = legs_sql(("1000", 77), ("3000", -77)).replace("77", amount)
    application = as_application(engine)
    with pytest.raises(sa.exc.DBAPIError), application.connect() as connection:  # noqa: PT012
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql(entry_sql(engine))
        connection.commit()
    application.dispose()


def test_14_a_guard_that_goes_or_a_right_that_comes(engine: Engine) -> None:
    if is_sqlite(engine):
        statements = ["DROP TRIGGER entry_not_removed", "DROP TRIGGER anchor_seals", "DROP TRIGGER account_set_seals"]
    else:
        statements = [
            "ALTER TABLE entry DISABLE TRIGGER entry_unchanged",
            "DROP TRIGGER anchor_seals ON anchor",
            "GRANT UPDATE ON entry TO fund_application",
            "GRANT DELETE ON period TO PUBLIC",
            "GRANT TRUNCATE ON anchor TO fund_application",
            "GRANT INSERT ON balance_day TO fund_application",
            "GRANT INSERT ON account_change TO fund_application",
            "GRANT UPDATE (min_balance_cents) ON account TO fund_application",
            "GRANT UPDATE (amount_cents) ON posting TO fund_application",
            "DROP FUNCTION ledger_hold_head(integer)",
        ]
    for statement in statements:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
            assert guards(connection), statement
            connection.rollback()
        assert is_sqlite(engine) or refused_outright(engine, statement)


def guards(connection: Connection) -> int:
    found = Ledger.open(connection, book=BOOK).verify()
    return sum(len(check.findings) for check in found.checks if check.name == "guards")


def refused_outright(engine: Engine, statement: str) -> bool:
    """Whether the application's login has no say in this at all (a grant it cannot give is no grant)."""
    application = as_application(engine)
    try:
        with application.connect() as connection:
            connection.exec_driver_sql(statement)
            return guards(connection) == 0
    except sa.exc.DBAPIError:
        return True
    finally:
        application.dispose()


# Row 15, every bit of every column: test_verify.py and test_anchors.py. Row 13: test_power.py. Rows 10 and 11 from
# eight clients at once:


@pytest.fixture
def busy(ledger_url: str) -> Iterator[Engine]:
    """A book with an account that has a limit."""
    engine = create_engine(ledger_url)
    with writing(engine) as connection:
        ledger = Ledger.create(connection, book=BOOK)
        fill_chart(ledger)
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.post(draft("0", debit("1010", 50), credit("3000", 50), on=date(2027, 3, 1)))
    yield engine
    engine.dispose()


def test_10_and_11_from_eight_clients_of_the_application_at_once(busy: Engine) -> None:
    def work(number: int) -> list[Posted | FundError]:
        application = as_application(busy)
        results: list[Posted | FundError] = []
        for one in (
            draft(f"out{number}", debit("4000", 10), credit("1010", 10), on=date(2027, 3, 9 - number)),
            draft("same", debit("1000", 1), credit("3000", 1)),
            draft("other", debit("1000", 1 + number), credit("3000", 1 + number)),
        ):
            try:
                with application.connect() as connection:
                    results.append(Ledger.open(connection, book=BOOK).post(one))
                    connection.commit()
            except FundError as refusal:
                results.append(refusal)
        application.dispose()
        return results

    answers = list(zip(*at_once(work), strict=True))
    assert sum(isinstance(one, LimitExceeded) for one in answers[0]) == 3
    assert sorted(one.replayed for one in answers[1]) == [False] + [True] * 7  # type: ignore[union-attr]
    assert sum(isinstance(one, IdempotencyConflict) for one in answers[2]) == 7
    with opened(busy) as ledger:
        assert (ledger.balance("1010"), ledger.head().seq) == (0, 8)
        assert ledger.verify(full=True).ok
