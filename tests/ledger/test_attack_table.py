"""The table of attacks, row by row: raw SQL as the application's own login, and as owner where "detected" stands.

On PostgreSQL the application's login is of the role ``fund_application``; on SQLite all who have the file are alike.
Each test is named after its row; what is not in the table stands in test_attacks.py and test_roundabout.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from fund.database import Connection, Engine, create_engine, is_sqlite, writing
from fund.errors import FundError
from fund.errors.ledger import (
    AppendOnly,
    BrokenChain,
    ClosedAccount,
    ClosedPeriod,
    EntryExists,
    IdempotencyConflict,
    JournalInDoubt,
    LimitExceeded,
    PostingsWithoutEntry,
    SetLimitExceeded,
    TooFewPostings,
    UnbalancedEntry,
    UnknownAccount,
    UnknownBook,
    UnsealedAccount,
    WrongInstant,
)
from fund.ledger import AccountType, Ledger, Posted, credit, debit
from fund.ledger.verify import Verification
from fund.money import parse
from tests.ledger.attacks import (
    account_sql,
    as_application,
    entry_sql,
    legs_sql,
    owner,
    refusal_by_database,
    table_columns,
)
from tests.ledger.conftest import BOOK, draft, fill_chart, opened
from tests.ledger.test_anchors import KEY
from tests.ledger.test_concurrency import at_once

TABLES = (
    "book", "account", "account_change", "account_set", "entry", "posting", "period", "anchor", "chain_head",
    "account_balance", "balance_day",
)  # fmt: skip
GOOD = (("1000", 5), ("3000", -5))


@pytest.fixture(scope="module")
def attacked(module_database_url: str) -> Iterator[Engine]:
    """A book with everything in it, for all tests of this module: none of them may change it."""
    engine = create_engine(module_database_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
        dairy = Ledger.create(connection, book="dairy")
        dairy.add_account("3000", name="Kapitaal", type=AccountType.EQUITY)
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="a")
        ledger.close_period("2027-01", actor="a")
        ledger.lock_period("2027-02", actor="a")
        ledger.add_account("1001", name="Dollars", type=AccountType.ASSET, currency="USD")
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.add_account("1011", name="Oud", type=AccountType.ASSET)
        ledger.close_account("1011")
        ledger.limit_set("free", {"1000": 1, "9000": -1}, actor="a", min_balance_cents=0, kinds=["promise"])
        ledger.post(draft("1", debit("1000", 500), credit("3000.anna", 500)))
        ledger.post(draft("2", debit("1010", 70), credit("4400", 70), debit("9000", 5), credit("9010", 5)))
        ledger.reverse(2, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="3", actor="a")
        ledger.post(draft("4", debit("1010", 50), credit("3000", 50)))
        ledger.anchor(KEY)
    yield engine
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok
    engine.dispose()


@pytest.fixture
def engine(attacked: Engine) -> Iterator[Engine]:
    """The application tries, and afterwards the book is as it was."""
    before = state(attacked)
    yield attacked
    assert state(attacked) == before, "nothing changed"


def state(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2").all() for table in TABLES]


def refusal(engine: Engine, *statements: str) -> object:
    """How the database refuses this to the application's login, in one transaction that it commits."""
    return refusal_by_database(as_application(engine), *statements)


def entry_refusal(engine: Engine, *legs: tuple[str, int], **change: str) -> object:
    return refusal(engine, legs_sql(*legs), entry_sql(engine, **({"legs": str(len(legs))} | change)))


def found(connection: Connection, **more: Any) -> Verification:
    return Ledger.open(connection, book=BOOK).verify(full=True, **more)


def bad(found: Verification) -> set[str]:
    """The checks that found something, but for the guards: the owner dropped those."""
    return {check.name for check in found.checks if not check.ok} - {"guards"}


def day(engine: Engine, text: str) -> str:
    return f"'{text}'" if is_sqlite(engine) else f"DATE '{text}'"


def zeroes(engine: Engine) -> str:
    return "zeroblob(32)" if is_sqlite(engine) else "decode(repeat('00', 32), 'hex')"


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


# 1. Commit an entry whose legs do not sum to zero (in all, per currency, per layer)


@pytest.mark.parametrize(
    "legs",
    [
        pytest.param((("1000", 5), ("3000", -4)), id="in all"),
        pytest.param((("1000", 5), ("3000", 5)), id="two debits"),
        pytest.param((("1001", 5), ("3000", -5)), id="per currency"),
        pytest.param((("1001", 5), ("3000", -5), ("1000", 3), ("4400", -3)), id="one currency of two"),
        pytest.param((("1000", 5), ("9010", -5)), id="per layer"),
        pytest.param((("1000", 5), ("3000", -4), ("9000", 1), ("9010", -2)), id="per layer, in all zero"),
    ],
)
def test_1_an_entry_whose_legs_do_not_sum_to_zero(engine: Engine, legs: tuple[tuple[str, int], ...]) -> None:
    assert isinstance(entry_refusal(engine, *legs), UnbalancedEntry)


# 2. An entry with one leg or none; legs without an entry


def test_2_an_entry_with_one_leg(engine: Engine) -> None:
    assert isinstance(refusal(engine, legs_sql(("1000", 5), legs_said=2), entry_sql(engine)), TooFewPostings)


def test_2_an_entry_with_no_leg(engine: Engine) -> None:
    assert isinstance(refusal(engine, entry_sql(engine)), TooFewPostings)


def test_2_legs_without_an_entry(engine: Engine) -> None:
    assert isinstance(refusal(engine, legs_sql(*GOOD)), PostingsWithoutEntry)


def test_2_legs_without_an_entry_from_a_sqlite_client_with_foreign_keys_off(attacked: Engine) -> None:
    if not is_sqlite(attacked):
        return
    with owner(attacked) as connection:
        connection.exec_driver_sql(legs_sql(*GOOD))
        assert bad(found(connection)) == {"stray_postings"}, "they count in no balance, and are found"


# 3. An entry with a false hash


@pytest.mark.parametrize("change", [{"seq": "9"}, {"seq": "4"}, {"previous_hash": "zeroes"}])
def test_3_a_false_number_or_previous_hash(engine: Engine, change: dict[str, str]) -> None:
    change = {name: zeroes(engine) if value == "zeroes" else value for name, value in change.items()}
    assert isinstance(entry_refusal(engine, *GOOD, **change), BrokenChain)


@pytest.mark.parametrize("column", ["hash", "request_hash"])
def test_3_a_false_hash_is_refused_by_postgresql_and_found_on_sqlite(engine: Engine, column: str) -> None:
    if not is_sqlite(engine):
        assert isinstance(entry_refusal(engine, *GOOD, **{column: zeroes(engine)}), BrokenChain)
        return
    with engine.connect() as connection:
        connection.exec_driver_sql(legs_sql(*GOOD))
        connection.exec_driver_sql(entry_sql(engine))
        seen = found(connection)
        assert (seen.ok, seen.first_bad_seq) == (False, 5)
        connection.rollback()


# 4. Change amount, account, date, memo, actor of an entry; 5. move a leg, add one; 6. delete an entry, a leg, a table


CHANGES = [
    ("amount", 2, "UPDATE posting SET amount_cents = amount_cents * 2 WHERE entry_id = {second}"),
    ("account", 2, "UPDATE posting SET account_id = account_id + 1 WHERE entry_id = {second}"),
    ("date", 2, "UPDATE entry SET effective_on = '2027-03-12' WHERE seq = 2"),
    ("memo", 2, "UPDATE entry SET memo = 'x' WHERE seq = 2"),
    ("actor", 2, "UPDATE entry SET actor = 'x' WHERE seq = 2"),
    ("a leg moved", 1, "UPDATE posting SET entry_id = {second}, position = 9, legs = 9"
                       " WHERE position = 1 AND entry_id = (SELECT id FROM entry WHERE seq = 1)"),
    ("an entry deleted", 2, "DELETE FROM entry WHERE seq = 2"),
    ("a leg deleted", 2, "DELETE FROM posting WHERE position = 1 AND entry_id = {second}"),
    ("all legs deleted", 1, "DELETE FROM posting"),
    ("all entries deleted", 4, "DELETE FROM entry"),
]  # fmt: skip


@pytest.mark.parametrize(("seq", "statement"), [pytest.param(*each[1:], id=each[0]) for each in CHANGES])
def test_4_5_and_6_what_is_written_is_changed_moved_or_deleted(engine: Engine, seq: int, statement: str) -> None:
    statement = statement.format(second="(SELECT id FROM entry WHERE seq = 2)")
    assert isinstance(refusal(engine, statement), AppendOnly) or refusal(engine, statement) == "42501"
    with owner(engine) as connection:
        connection.exec_driver_sql(statement)
        assert found(connection).first_bad_seq == seq


@pytest.mark.parametrize(("first", "said"), [(3, 2), (3, 4), (1, 2)])
def test_5_a_leg_is_added_to_an_entry(engine: Engine, first: int, said: int) -> None:
    with engine.connect() as connection:
        id = connection.exec_driver_sql("SELECT id FROM entry WHERE seq = 1").scalar_one()
    late = legs_sql(*GOOD, entry_id=id, legs_said=max(said, first + 1), first=first)
    assert isinstance(refusal(engine, late), EntryExists) or "posting" in str(refusal(engine, late))


@pytest.mark.parametrize("table", [*TABLES, "verification"])
def test_6_a_whole_table_is_emptied(engine: Engine, table: str) -> None:
    if not is_sqlite(engine):
        assert refusal(engine, f"TRUNCATE {table} CASCADE") == "42501"
        assert refusal(engine, f"DELETE FROM {table}") == "42501"
    elif table not in ("chain_head", "account_balance", "balance_day", "verification"):
        assert isinstance(refusal(engine, f"DELETE FROM {table}"), AppendOnly)
    if table == "verification":
        return  # it is the log of the checks themselves, and proves nothing
    if table == "chain_head":
        return  # test_verify.py
    with owner(engine) as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")
        if table == "book":
            connection.exec_driver_sql(f"INSERT INTO book (id, name, currency) VALUES (1, '{BOOK}x', 'EUR')")
        name = connection.exec_driver_sql("SELECT name FROM book ORDER BY id").scalars().first()
        assert bad(Ledger.open(connection, book=str(name)).verify(full=True))


# 7. Delete the last N entries; re-hash the whole chain with the library itself (in full in test_anchors.py)


def test_7_the_last_entries_go_with_their_traces(engine: Engine) -> None:
    with opened(engine) as ledger:
        kept = ledger.anchors()[-1]
    with owner(engine) as connection:
        connection.exec_driver_sql("DELETE FROM posting WHERE entry_id = (SELECT id FROM entry WHERE seq = 4)")
        connection.exec_driver_sql("DELETE FROM entry WHERE seq = 4")
        connection.exec_driver_sql("DELETE FROM anchor")
        connection.exec_driver_sql(
            "UPDATE chain_head SET seq = 3, hash = (SELECT hash FROM entry WHERE seq = 3), anchor_number = 0,"
            f" anchor_hash = {zeroes(engine)} WHERE book_id = 1"
        )
        seen = found(connection, anchors=[kept])
        assert "given_anchors" in bad(seen)
        assert "anchors" not in bad(seen), "nothing in the book itself tells"


# 8. Write the balance cache


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account_balance SET debit_cents = debit_cents + 1",
        "UPDATE balance_day SET credit_cents = credit_cents + 1",
        "DELETE FROM balance_day",
        "DELETE FROM account_balance",
        "INSERT INTO balance_day SELECT id, '2027-05-05', 5, 5 FROM account WHERE code = '9000'",
    ],
)
def test_8_what_the_triggers_keep_is_written_found_and_healed(engine: Engine, statement: str) -> None:
    assert is_sqlite(engine) or refusal(engine, statement) == "42501"
    with owner(engine) as connection:
        connection.exec_driver_sql(statement)
        assert bad(found(connection)) & {"balances", "day_balances"}
        with pytest.raises(JournalInDoubt, match="guards"):
            Ledger.open(connection, book=BOOK).rebuild()  # healed in test_verify.py, where the guards stand
    assert is_sqlite(engine) or refusal(engine, "UPDATE chain_head SET seq = seq - 1") == "42501"


# 9. Post into a locked or closed period; into another book; into a closed account


@pytest.mark.parametrize(
    ("on", "kind"),
    [
        pytest.param("2027-02-15", "receipt", id="locked"),
        pytest.param("2027-01-15", "receipt", id="closed"),
        pytest.param("2027-01-15", "closing", id="closed, by a closing entry"),
        pytest.param("2026-12-31", "adjusting", id="before the first month"),
    ],
)
def test_9_into_a_month_that_is_locked_or_closed(engine: Engine, on: str, kind: str) -> None:
    assert isinstance(entry_refusal(engine, *GOOD, effective_on=day(engine, on), kind=f"'{kind}'"), ClosedPeriod)


def test_9_into_another_book(engine: Engine) -> None:
    other = (
        "INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)"
        " SELECT 'ent_evil', 2, 2, account.id, -5 FROM account JOIN book ON book.id = book_id WHERE book.name = 'dairy'"
    )
    assert isinstance(refusal(engine, legs_sql(("1000", 5), legs_said=2), other, entry_sql(engine)), UnknownAccount)
    head = {"seq": "1", "previous_hash": zeroes(engine)} if is_sqlite(engine) else {}
    assert isinstance(entry_refusal(engine, *GOOD, book_id="2", **head), UnknownAccount)
    assert isinstance(entry_refusal(engine, *GOOD, book_id="7"), UnknownBook)
    given = dict.fromkeys(("previous_hash", "request_hash", "hash"), zeroes(engine))
    given |= {"book_id": "7", "seq": "1", "recorded_at": "1", "version": "1"}
    assert isinstance(entry_refusal(engine, ("1000", 500), ("1000", 700), **given), UnknownBook)


def test_9_into_a_closed_account(engine: Engine) -> None:
    assert isinstance(entry_refusal(engine, ("1011", 5), ("3000", -5)), ClosedAccount)


def test_9_at_an_instant_that_no_program_can_read(engine: Engine) -> None:
    """Of an anchor, and of a change of an account."""
    row = {name: f"anchor.{name}" for name in table_columns(engine, "anchor")}
    row |= {"number": "2", "previous_hash": "anchor_hash", "recorded_at": str(2**62), "head_seq": "chain_head.seq"}
    row |= {"head_hash": "chain_head.hash"}
    anchor = f"INSERT INTO anchor ({', '.join(row)}) SELECT {', '.join(row.values())} FROM anchor, chain_head"
    assert isinstance(refusal(engine, anchor + " WHERE chain_head.book_id = 1"), WrongInstant)
    if is_sqlite(engine):
        renamed = account_sql(engine, "1000", name="'Kluis'", recorded_at=str(2**62))
        assert isinstance(refusal(engine, renamed), WrongInstant)


# 10. Take an account below its limit; also back-dated (from 8 processes at once: test_processes.py)


def test_10_an_account_below_its_limit(engine: Engine) -> None:
    assert isinstance(entry_refusal(engine, ("1010", -51), ("3000", 51)), LimitExceeded)


def test_10_an_account_below_its_limit_on_an_earlier_day(engine: Engine) -> None:
    earlier = day(engine, "2027-03-09")
    assert isinstance(entry_refusal(engine, ("1010", -1), ("3000", 1), effective_on=earlier), LimitExceeded)


def test_10_a_set_of_accounts_below_its_limit(engine: Engine) -> None:
    assert isinstance(entry_refusal(engine, ("9000", 501), ("9010", -501), kind="'promise'"), SetLimitExceeded)


def test_10_a_limit_is_lifted(engine: Engine) -> None:
    raised = refusal(engine, "UPDATE account SET min_balance_cents = NULL WHERE code = '1010'")
    assert isinstance(raised, UnsealedAccount) if is_sqlite(engine) else raised == "42501"
    lifted = refusal(engine, "UPDATE account_set SET min_balance_cents = NULL")
    assert isinstance(lifted, AppendOnly) or lifted == "42501"


# 11. The same idempotency key (from 8 processes at once: test_processes.py)


def test_11_the_same_key_with_the_same_content_is_one_entry(engine: Engine) -> None:
    with as_application(engine).connect() as connection:
        again = Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 500), credit("3000.anna", 500)))
        assert (again.seq, again.replayed) == (1, True)
        connection.rollback()


def test_11_the_same_key_with_other_content_is_a_conflict(engine: Engine) -> None:
    assert isinstance(entry_refusal(engine, *GOOD, idempotency_key="'1'"), IdempotencyConflict)
    with as_application(engine).connect() as connection, pytest.raises(IdempotencyConflict):
        Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 501), credit("3000.anna", 501)))


# 12. Float, NaN, 2^63, negative zero, "1e3", "12.345", full-width digits, thousands separators as amount


@pytest.mark.parametrize("amount", [1.0, math.nan, math.inf, 2**63, -(2**63), -0.0, "1", None, True])
def test_12_what_is_no_amount_is_refused_by_name(amount: Any) -> None:
    with pytest.raises(FundError):
        debit("1000", amount)


@pytest.mark.parametrize(
    "text", ["1e3", "12.345", "１２", "1,00.00", "1.000.00", "1 000,00", "nan", "-0", "", "0x10", "1_000"]
)
def test_12_what_is_no_amount_as_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(FundError):
        parse(text)


@pytest.mark.parametrize("amount", ["'1.5'", "'NaN'", "'1e3x'", "'１２'", "'1,000'", "9223372036854775808", "0"])
def test_12_the_database_takes_no_such_amount(engine: Engine, amount: str) -> None:
    statement = legs_sql(("1000", 77), ("3000", -77)).replace("77", amount)
    assert refusal(engine, statement, entry_sql(engine)) is not None


# 13. kill -9 between any two statements; the database restarted mid-transaction: test_power.py, tests/test_kill.py


# 14. A trigger dropped or disabled, a right granted


GUARDS = {
    "sqlite": ["DROP TRIGGER entry_not_removed", "DROP TRIGGER anchor_seals", "DROP TRIGGER account_set_seals"],
    "postgresql": [
        "ALTER TABLE entry DISABLE TRIGGER entry_unchanged",
        "ALTER TABLE posting DISABLE TRIGGER ALL",
        "DROP TRIGGER anchor_seals ON anchor",
        "GRANT UPDATE ON entry TO fund_application",
        "GRANT DELETE ON period TO PUBLIC",
        "GRANT TRUNCATE ON anchor TO fund_application",
        "GRANT INSERT ON balance_day TO fund_application",
        "GRANT INSERT ON account_change TO fund_application",
        "GRANT UPDATE (min_balance_cents) ON account TO fund_application",
        "GRANT UPDATE (amount_cents) ON posting TO fund_application",
        "DROP FUNCTION ledger_hold_head(integer)",
    ],
}


@pytest.mark.parametrize(("database", "statement"), [(kind, one) for kind, all in GUARDS.items() for one in all])
def test_14_a_guard_that_goes_or_a_right_that_comes(engine: Engine, database: str, statement: str) -> None:
    if engine.dialect.name != database:
        return
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
        assert guards(connection)
        connection.rollback()
    assert is_sqlite(engine) or refused_outright(engine, statement)


def guards(connection: Connection) -> int:
    return sum(len(check.findings) for check in found(connection).checks if check.name == "guards")


def refused_outright(engine: Engine, statement: str) -> bool:
    """Whether the application's login has no say in this at all (a grant it cannot give is no grant)."""
    try:
        with as_application(engine).connect() as connection:
            connection.exec_driver_sql(statement)
            return guards(connection) == 0
    except sa.exc.DBAPIError:
        return True


# 15. Any single bit of any column of any sealed table flipped: test_flips.py here, and tests/test_flips.py for facts


# Rows 10 and 11 from eight clients of the application at once:


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
