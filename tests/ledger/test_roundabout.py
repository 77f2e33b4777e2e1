"""Attacks by roundabout ways that the table does not name: other statements, names, settings, clients.

Each is tried as the application's login on PostgreSQL, as any client on SQLite, in a transaction that is taken back: it
is refused, or verification finds it. What goes through and is right all the same is asked to verify.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from fund.database import Connection, Engine, create_engine, is_sqlite, writing
from fund.ledger import Ledger, credit, debit
from tests.ledger.attacks import account_sql, as_application, entry_sql, legs_sql
from tests.ledger.conftest import BOOK, draft, fill_chart, opened
from tests.ledger.test_anchors import KEY

GOOD = (("1000", 5), ("3000", -5))


def filled(url: str) -> Engine:
    """The bakery with two entries, a month that is closed, a set and an anchor."""
    engine = create_engine(url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="a")
        ledger.close_period("2027-01", actor="a")
        ledger.post(draft("1", debit("1000", 500), credit("3000", 500)))
        ledger.post(draft("2", debit("1000", 70), credit("4400", 70)))
        ledger.limit_set("free", {"1000": 1}, actor="a", min_balance_cents=0)
        ledger.anchor(KEY)
    return engine


@pytest.fixture(scope="module")
def sqlite_book(module_sqlite_url: str) -> Engine:
    return filled(module_sqlite_url)


@pytest.fixture(scope="module")
def postgres_book(module_postgres_url: str) -> Engine:
    return filled(module_postgres_url)


@pytest.fixture
def on_sqlite(sqlite_book: Engine) -> Iterator[Connection]:
    """A connection that any client could have; what it does is taken back."""
    with as_application(sqlite_book).connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def on_postgresql(postgres_book: Engine) -> Iterator[Connection]:
    """The application's connection; what it does is taken back."""
    with as_application(postgres_book).connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture(params=["on_sqlite", "on_postgresql"])
def tried(request: pytest.FixtureRequest) -> Connection:
    """As these two, on each kind of database."""
    connection: Connection = request.getfixturevalue(request.param)
    return connection


def outcome(connection: Connection, *statements: str) -> str | set[str]:
    """Why it is refused; or what verification says of the book with it: the names of checks, none when all is well."""
    try:
        with connection.begin_nested():
            for statement in statements:
                connection.exec_driver_sql(statement)
            if not is_sqlite(connection):
                connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
            found = Ledger.open(connection, book=BOOK).verify(full=True)
            raise Found({check.name for check in found.checks if not check.ok})
    except Found as end:
        return end.names
    except sa.exc.DBAPIError as problem:
        return f"{getattr(problem.orig, 'sqlstate', '') or ''} {problem.orig}".strip()


class Found(Exception):
    def __init__(self, names: set[str]) -> None:
        self.names = names


def refused(connection: Connection, *statements: str) -> bool:
    return isinstance(outcome(connection, *statements), str)


def told(connection: Connection, *statements: str) -> bool:
    """It is refused, or found."""
    return bool(outcome(connection, *statements))


def entry(connection: Connection, **change: str) -> tuple[str, str]:
    return legs_sql(*GOOD), entry_sql(connection.engine, **change)


def test_an_honest_raw_entry_is_all_right(tried: Connection) -> None:
    """So that what follows is refused for its own reasons; on SQLite this client does not know its hash."""
    assert outcome(tried, *entry(tried)) == ({"chain", "idempotency"} if is_sqlite(tried) else set())


# --------------------------------------------------------------------------------------------------------- PostgreSQL


MERGE = "MERGE INTO {table} USING (SELECT 1) AS one ON true WHEN MATCHED THEN {action}"
BY_OTHER_STATEMENTS = [
    MERGE.format(table="entry", action="UPDATE SET memo = 'x'"),
    MERGE.format(table="entry", action="DELETE"),
    MERGE.format(table="account_balance", action="UPDATE SET debit_cents = 0"),
    "WITH gone AS (DELETE FROM entry RETURNING *) SELECT * FROM gone",
    "WITH made AS (UPDATE chain_head SET seq = 0 RETURNING *) SELECT * FROM made",
    "INSERT INTO balance_day SELECT account_id, day, 1, 1 FROM balance_day ON CONFLICT (account_id, day)"
    " DO UPDATE SET debit_cents = 0",
    "INSERT INTO chain_head (book_id, seq, hash, recorded_at, period_number, period_hash)"
    " SELECT 9, 0, hash, 0, 0, hash FROM chain_head",
    "INSERT INTO posting SELECT * FROM posting ON CONFLICT (entry_id, position) DO UPDATE SET amount_cents = 1",
    "INSERT INTO account (book_id, code, main, name, type, layer, currency, normal_side)"
    " VALUES (1, '7000', '1000', 'x', 'asset', 'actual', 'EUR', 'debit')",
    "UPDATE account SET code = '1009' WHERE code = '1000'",
    "UPDATE account SET type = 'expense'",
    "SELECT setval('account_id_seq', 1)",
    "SELECT * FROM entry FOR UPDATE",
    "LOCK TABLE entry IN ACCESS EXCLUSIVE MODE",
    "COPY entry TO PROGRAM 'cat'",
    "COPY posting FROM '/dev/null'",
    "ALTER TABLE entry DISABLE TRIGGER ALL",
    "ALTER TABLE entry DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE posting ALTER CONSTRAINT fk_posting_entry_id_legs NOT DEFERRABLE",
    "DROP TRIGGER entry_seals ON entry",
    "DROP TABLE anchor",
    "CREATE RULE evil AS ON UPDATE TO entry DO INSTEAD NOTHING",
    "CREATE POLICY evil ON entry USING (false)",
    "CREATE TRIGGER evil BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE TABLE public.evil (LIKE entry)",
    "CREATE TEMP TABLE evil () INHERITS (entry)",
    "CREATE OR REPLACE FUNCTION public.ledger_refuse(code text, detail json) RETURNS void LANGUAGE sql AS 'SELECT'",
    "CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION ledger_refuse_change()",
    "ALTER FUNCTION ledger_seal_entry() SECURITY INVOKER",
    "SELECT ledger_seal_entry()",
    "SELECT ledger_seal_anchor()",
    "SELECT ledger_refuse_late_legs()",
    "SET session_replication_role = replica",
    "SET SESSION AUTHORIZATION postgres_evil",
    "SELECT set_config('session_replication_role', 'replica', false)",
]


@pytest.mark.parametrize("statement", BY_OTHER_STATEMENTS)
def test_no_other_statement_gets_around_the_rights(on_postgresql: Connection, statement: str) -> None:
    assert refused(on_postgresql, statement)


def test_legs_wait_for_their_entry_only_until_the_commit(on_postgresql: Connection) -> None:
    assert refused(on_postgresql, legs_sql(*GOOD), "SET CONSTRAINTS ALL IMMEDIATE")
    assert refused(on_postgresql, "SET CONSTRAINTS ALL DEFERRED", legs_sql(*GOOD))
    assert refused(on_postgresql, "SET CONSTRAINTS fk_posting_account_id DEFERRED", *entry(on_postgresql))


def test_an_entry_that_a_savepoint_takes_back_leaves_nothing(tried: Connection) -> None:
    legs, row = entry(tried)
    head = tried.exec_driver_sql("SELECT * FROM chain_head").one()
    assert outcome(tried, "SAVEPOINT a", legs, row, "ROLLBACK TO SAVEPOINT a") == set()
    assert tried.exec_driver_sql("SELECT * FROM chain_head").one() == head
    if not is_sqlite(tried):
        assert refused(tried, legs, "SAVEPOINT a", row, "ROLLBACK TO SAVEPOINT a")


def test_legs_and_entry_in_one_statement_are_checked_as_well(on_postgresql: Connection) -> None:
    legs, row = legs_sql(("1000", 5), ("3000", -4)), entry_sql(on_postgresql.engine)
    assert refused(on_postgresql, f"WITH legs AS ({legs} RETURNING 1) {row} AND (SELECT count(*) FROM legs) = 2")
    assert refused(on_postgresql, f"WITH entry AS ({row} RETURNING id) {legs_sql(('1000', 5), ('3000', -4))}")


def test_legs_that_are_copied_in_are_checked_as_well(on_postgresql: Connection) -> None:
    (id, account) = on_postgresql.exec_driver_sql(
        "SELECT entry.id, account.id FROM entry, account WHERE seq = 1 AND code = '1000'"
    ).one()
    driver: Any = on_postgresql.connection.dbapi_connection
    with pytest.raises(Exception, match=r"entry_exists|posting"), driver.cursor() as cursor:  # noqa: PT012
        with cursor.copy("COPY posting (entry_id, position, legs, account_id, amount_cents) FROM STDIN") as copy:
            copy.write_row((id, 3, 4, account, 5))
            copy.write_row((id, 4, 4, account, -5))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


SHADOWS = (
    "CREATE TEMP TABLE posting AS SELECT * FROM public.posting",
    "CREATE TEMP TABLE account AS SELECT * FROM public.account",
    "CREATE TEMP TABLE period AS SELECT * FROM public.period WHERE false",
    "CREATE TEMP TABLE account_set AS SELECT * FROM public.account_set WHERE false",
    "CREATE TEMP TABLE chain_head AS SELECT * FROM public.chain_head",
    "CREATE TEMP TABLE account_balance AS SELECT * FROM public.account_balance",
    "CREATE FUNCTION pg_temp.fund_field(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x' $$",
    "CREATE FUNCTION pg_temp.ledger_refuse(code text, detail json) RETURNS void LANGUAGE sql AS $$ SELECT $$",
    "CREATE FUNCTION pg_temp.ne(a bigint, b bigint) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$",
    "CREATE OPERATOR pg_temp.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = pg_temp.ne)",
    "SET LOCAL search_path = pg_temp, public",
)


def test_tables_functions_and_operators_of_the_same_name_deceive_no_guard(on_postgresql: Connection) -> None:
    real = [one.replace("INTO posting", "INTO public.posting").replace("INTO entry", "INTO public.entry")
            for one in (legs_sql(("1000", 5), ("3000", -4)), entry_sql(on_postgresql.engine))]  # fmt: skip
    assert "unbalanced_entry" in outcome(on_postgresql, *SHADOWS, *real)
    closed = entry_sql(on_postgresql.engine, effective_on="DATE '2027-01-10'").replace(
        "INTO entry", "INTO public.entry"
    )
    legs = legs_sql(*GOOD).replace("INTO posting", "INTO public.posting")
    assert "closed_period" in outcome(on_postgresql, *SHADOWS, legs, closed)
    assert "too_few_postings" in outcome(on_postgresql, *SHADOWS, legs_sql(*GOOD), closed), (
        "these legs are in the shadow"
    )


SETTINGS = [
    "SET LOCAL datestyle = 'German, DMY'",
    "SET LOCAL timezone = 'Pacific/Chatham'",
    "SET LOCAL bytea_output = 'escape'",
    "SET LOCAL standard_conforming_strings = off",
    "SET LOCAL quote_all_identifiers = on",
    "SET LOCAL transform_null_equals = on",
    "SET LOCAL extra_float_digits = -15",
    "SET LOCAL client_encoding = 'LATIN1'",
    "SET LOCAL intervalstyle = 'iso_8601'",
    "SET LOCAL constraint_exclusion = on",
    "SET LOCAL plpgsql.variable_conflict = 'use_column'",
    "SET LOCAL search_path = pg_catalog",
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_a_session_changes_what_is_sealed(on_postgresql: Connection, setting: str) -> None:
    (legs, row), back = entry(on_postgresql, memo="E'caf\\u00e9'"), "SET LOCAL client_encoding = 'UTF8'"
    for table in ("posting", "entry", "account", "chain_head"):
        legs, row = (one.replace(f" {table} ", f" public.{table} ") for one in (legs, row))
    restore = (
        back,
        "SET LOCAL search_path = public",
        "SET LOCAL datestyle = 'ISO'",
        "SET LOCAL bytea_output = 'hex'",
        "SET LOCAL quote_all_identifiers = off",
    )
    assert outcome(on_postgresql, setting, legs, row, *restore) == set()


HUNG = (
    "CREATE TEMP TABLE fake AS SELECT * FROM public.{table} WHERE false",
    "CREATE TRIGGER evil BEFORE INSERT ON fake FOR EACH ROW EXECUTE FUNCTION public.{function}()",
)


AS_THE_OWNER = {
    "entry": "ledger_seal_entry",
    "book": "ledger_open_book",
    "period": "ledger_seal_period",
    "account_set": "ledger_seal_set",
    "anchor": "ledger_seal_anchor",
    "event": "fund_event_in_chain",
    "subscription": "fund_fill_outbox",
}


@pytest.mark.parametrize("table", AS_THE_OWNER)
def test_our_trigger_functions_are_no_use_on_a_table_of_somebody_else(on_postgresql: Connection, table: str) -> None:
    """They run as the owner: hung on another table, they would write heads and balances for it."""
    hung = [one.format(table=table, function=AS_THE_OWNER[table]) for one in HUNG]
    assert "permission denied for function" in outcome(on_postgresql, *hung)


def test_nor_for_their_owner(postgres_book: Engine) -> None:
    with postgres_book.connect() as connection:
        hung = [one.format(table="entry", function="ledger_seal_entry") for one in HUNG]
        legs, row = entry(connection)
        assert "append_only" in outcome(connection, *hung, legs, row.replace("INTO entry", "INTO fake"), row)
        hung = [one.format(table="period", function="ledger_seal_period") for one in HUNG]
        step = (
            "INSERT INTO fake (book_id, number, month, status, head_seq, head_hash, actor, recorded_at, version)"
            " SELECT 1, period_number + 1, '2027-02', 'locked', seq, hash, 'a', recorded_at, 1 FROM chain_head"
        )
        assert "append_only" in outcome(connection, *hung, step)
        connection.rollback()


EVENT = (
    "INSERT INTO public.event (event_id, stream, type, schema_version, occurred_us, recorded_us, effective_on, actor,"
    " payload) VALUES ('evt_evil', 'fund', 'fund.founded', 1, 0, 0, '2027-03-10', 'system', '{}')"
)
FACTS_IN_THE_SHADOW = (
    "CREATE TEMP TABLE subscription (reaction text, event_type text, since_seq bigint)",
    "CREATE TEMP TABLE delivery (event_id text, reaction text, stream text, seq bigint, state text, attempts int,"
    " starts int, handed_out int, due_us bigint)",
    "CREATE TEMP TABLE event_head AS SELECT 1 AS id, 41::bigint AS seq, hash, 0::bigint AS recorded_us"
    " FROM public.event_head",
    "INSERT INTO pg_temp.subscription VALUES ('x', 'fund.founded', -1)",
    "CREATE FUNCTION pg_temp.evil() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN EXECUTE 'ALTER TABLE public.entry DISABLE TRIGGER entry_unchanged'; RETURN NULL; END $$",
    "CREATE TRIGGER t BEFORE INSERT ON pg_temp.delivery FOR EACH ROW EXECUTE FUNCTION pg_temp.evil()",
)


def test_the_triggers_of_facts_look_into_no_table_of_the_session(on_postgresql: Connection) -> None:
    """They run as the owner: what hangs on such a table would run as the owner too."""
    assert outcome(on_postgresql, *FACTS_IN_THE_SHADOW, EVENT, "SET LOCAL search_path = pg_catalog, public") == set()
    with on_postgresql.begin_nested() as taken_back:
        for statement in (*FACTS_IN_THE_SHADOW, EVENT):
            on_postgresql.exec_driver_sql(statement)
        fact = "SELECT seq FROM public.event WHERE event_id = 'evt_evil'"
        assert on_postgresql.exec_driver_sql(fact).scalar_one() == 1
        assert on_postgresql.exec_driver_sql("SELECT count(*) FROM pg_temp.delivery").scalar_one() == 0
        taken_back.rollback()


@pytest.mark.parametrize(
    "change",
    [
        *({"effective_on": f"DATE '{day}'"} for day in ("infinity", "-infinity", "0044-03-15 BC", "12027-03-10")),
        {"recorded_at": str(2**62)},
        *({"metadata": f"'{one}'"} for one in ("[]", "7", "", '{"a":1,"a":2}', '{"event_id":"a","event_id":"b"}')),
        {"metadata": """'{"correction":{"part_of":2,"part_of":3}}'"""},
        {"memo": "E'e\\u0301'"},
        {"metadata": """E'{"a":"e\\u0301"}'"""},
        {"kind": "''"},
        {"version": "2"},
    ],
)
def test_what_no_program_can_read_again_is_refused(on_postgresql: Connection, change: dict[str, str]) -> None:
    assert refused(on_postgresql, *entry(on_postgresql, **change))


@pytest.mark.parametrize("metadata", ['{ "a":1}', '{"b":1,"a":2}', '{"a":1.5}', '{"a":"\\u00e9"}'])
def test_metadata_that_is_json_in_another_form_is_refused_or_found(tried: Connection, metadata: str) -> None:
    found = outcome(tried, *entry(tried, metadata=f"'{metadata}'"))
    assert isinstance(found, str) or "form" in found


@pytest.mark.parametrize("day", ["infinity", "-infinity", "0044-03-15 BC", "12027-03-10"])
def test_an_account_or_a_set_for_days_of_no_calendar_is_refused(on_postgresql: Connection, day: str) -> None:
    assert refused(
        on_postgresql,
        "INSERT INTO account (book_id, code, name, type, layer, currency, normal_side, valid_from)"
        f" VALUES (1, '7000', 'x', 'asset', 'actual', 'EUR', 'debit', '{day}')",
    )
    assert refused(
        on_postgresql,
        "INSERT INTO account_set (book_id, name, members, actor, valid_until)"
        f""" VALUES (1, 'x', '{{"1000":1}}', 'a', '{day}')""",
    )


@pytest.mark.parametrize("table", ["period", "account_set"])
def test_an_instant_that_no_program_can_read_is_refused_to_months_and_sets(
    on_postgresql: Connection, table: str
) -> None:
    columns, values = {
        "period": ("month, status", "'2027-02', 'locked'"),
        "account_set": ("name, members", """'x', '{"1000":1}'"""),
    }[table]
    step = f"INSERT INTO {table} (book_id, {columns}, actor, recorded_at) VALUES (1, {values}, 'a', "
    assert outcome(on_postgresql, f"{step} NULL)") == set()
    assert "wrong_instant" in outcome(on_postgresql, f"{step} {2**62})")


def test_a_month_that_is_closed_on_another_trial_balance_is_found(on_postgresql: Connection) -> None:
    step = (
        "INSERT INTO period (book_id, month, status, actor, trial_balance_hash)"
        " SELECT 1, '2027-02', '{status}', 'a', {frozen} FROM chain_head WHERE book_id = 1"
    )
    assert outcome(on_postgresql, step.format(status="locked", frozen="NULL")) == set()
    lies = step.format(status="locked", frozen="NULL"), step.format(status="closed", frozen="hash")
    assert outcome(on_postgresql, *lies) == {"frozen_trial_balances"}


def test_a_good_run_that_never_was_does_not_help(tried: Connection) -> None:
    """The log of the checks may be written to by the application: a full run reads nothing of it."""
    yes = "1" if is_sqlite(tried) else "true"
    lie = (
        "INSERT INTO verification (book_id, everything, ok, head_seq, head_hash, findings, recorded_at)"
        f" SELECT 1, {yes}, {yes}, seq, hash, '[]', 0 FROM chain_head WHERE book_id = 1"
    )
    if is_sqlite(tried):
        assert outcome(tried, *entry(tried), lie) == {"chain", "idempotency"}
    else:
        assert outcome(tried, *entry(tried), lie) == set()


# ------------------------------------------------------------------------------------------------------------- SQLite


ON_SQLITE = [
    "UPDATE entry SET rowid = rowid + 100",
    "UPDATE account SET rowid = rowid + 100",
    "UPDATE book SET rowid = 7",
    "UPDATE account SET id = id + 100",
    "UPDATE OR REPLACE entry SET seq = 1 WHERE seq = 2",
    "UPDATE OR IGNORE entry SET memo = 'x'",
    "UPDATE OR REPLACE posting SET amount_cents = 1",
    "INSERT OR REPLACE INTO period SELECT * FROM period",
    "INSERT OR REPLACE INTO account_set SELECT * FROM account_set",
    "INSERT OR REPLACE INTO anchor SELECT * FROM anchor",
    "INSERT OR REPLACE INTO posting SELECT * FROM posting",
    "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE seq = 2",
    "REPLACE INTO book (rowid, name, currency) VALUES (1, 'x', 'EUR')",
    "REPLACE INTO account (rowid, book_id, code, name, type, layer, currency, normal_side)"
    " VALUES (1, 1, '7777', 'x', 'asset', 'actual', 'EUR', 'debit')",
    "INSERT INTO posting SELECT * FROM posting WHERE true ON CONFLICT DO UPDATE SET amount_cents = 1",
    "INSERT INTO entry SELECT * FROM entry WHERE seq = 1 ON CONFLICT DO NOTHING",
    "INSERT INTO account (book_id, code, main, name, type, layer, currency, normal_side)"
    " VALUES (1, '7000', '1000', 'x', 'asset', 'actual', 'EUR', 'debit')",
    "DELETE FROM account_set_member",
    "UPDATE ledger_period_status SET status = 'open'",
    "INSERT OR REPLACE INTO event_head VALUES (1, 0, zeroblob(32), 0)",
    "INSERT OR REPLACE INTO event_head SELECT * FROM event_head",
]


@pytest.mark.parametrize("pragma", ["", "PRAGMA recursive_triggers = ON", "PRAGMA foreign_keys = OFF"])
@pytest.mark.parametrize("statement", ON_SQLITE)
def test_no_statement_of_a_sqlite_client_changes_what_is_written(
    on_sqlite: Connection, statement: str, pragma: str
) -> None:
    driver: Any = on_sqlite.connection.dbapi_connection
    on_sqlite.rollback()
    driver.execute(pragma)
    try:
        assert refused(on_sqlite, statement)
    finally:
        on_sqlite.rollback()
        driver.execute("PRAGMA recursive_triggers = OFF")
        driver.execute("PRAGMA foreign_keys = ON")


def with_rules_off(connection: Connection, *statements: str) -> str | set[str]:
    """As :func:`outcome`, for a client that switched off the checks of tables and foreign keys."""
    driver: Any = connection.connection.dbapi_connection
    connection.rollback()
    driver.execute("PRAGMA ignore_check_constraints = ON")
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        return outcome(connection, *statements)
    finally:
        connection.rollback()
        driver.execute("PRAGMA ignore_check_constraints = OFF")
        driver.execute("PRAGMA foreign_keys = ON")


@pytest.mark.parametrize(
    "change",
    [
        *({"effective_on": f"'{day}'"} for day in ("zzzz", "0000-01-01", "2027-02-30", "20270310", "12027-03-10")),
        *({name: "''"} for name in ("kind", "memo", "actor", "idempotency_key")),
        *({"recorded_at": str(instant)} for instant in (2**62, -1)),
        {"version": "2"},
        *({"metadata": f"'{one}'"} for one in ("[]", "7", "", "x", '{ "a":1}', '{"a":1,"a":2}', '{"a":{"b":1,"b":1}}')),
        {"metadata": """'{"event_id":"a","event_id":"b"}'"""},
        {"metadata": """'{"correction":{"part_of":2,"part_of":3}}'"""},
        {"reverses_seq": "1", "reason": "''"},
    ],
)
def test_what_no_program_can_read_again_is_refused_by_sqlite_too(on_sqlite: Connection, change: dict[str, str]) -> None:
    assert refused(on_sqlite, *entry(on_sqlite, **change))
    assert isinstance(with_rules_off(on_sqlite, *entry(on_sqlite, **change)), str)


def for_days(connection: Connection, day: str) -> tuple[str, ...]:
    """Statements that let an account or a set begin or end on a day; their hashes are false."""
    return (
        account_sql(connection.engine, "1000", valid_from=f"'{day}'"),
        account_sql(connection.engine, "1000", valid_until=f"'{day}'"),
        "INSERT INTO account_set (book_id, number, name, members, valid_until, head_seq, head_hash, actor, recorded_at,"
        """ version, previous_hash, hash) SELECT book_id, set_number + 1, 'x', '{"1000":1}',"""
        f" '{day}', seq, hash, 'a', recorded_at, 1, set_hash, zeroblob(32) FROM chain_head",
    )


@pytest.mark.parametrize("day", ["zzzz", "0000-01-01", "2027-02-30", "20270310", "12027-03-10"])
def test_an_account_or_a_set_for_days_of_no_calendar_is_refused_by_sqlite_too(on_sqlite: Connection, day: str) -> None:
    for statement in for_days(on_sqlite, day):
        assert "wrong_day" in with_rules_off(on_sqlite, statement)
    for statement in for_days(on_sqlite, "2027-12-31"):
        assert with_rules_off(on_sqlite, statement) in ({"chart"}, {"account_sets"})


def test_bytes_that_are_no_text_are_found_in_an_entry(on_sqlite: Connection) -> None:
    found = outcome(on_sqlite, *entry(on_sqlite, memo="CAST(x'ff41' AS TEXT)"))
    assert isinstance(found, str) or "form" in found


def test_a_command_that_was_answered_is_not_replaced(on_sqlite: Connection) -> None:
    columns = [row.name for row in on_sqlite.exec_driver_sql("PRAGMA table_info(command)")]
    types = {row.name: row.type for row in on_sqlite.exec_driver_sql("PRAGMA table_info(command)")}

    def asked(what: str) -> str:
        values = (f"'{what}'" if "CHAR" in types[name] or types[name] == "TEXT" else "1" for name in columns)
        return ", ".join(
            "'key'" if name in ("actor", "command_id") else one for name, one in zip(columns, values, strict=True)
        )

    on_sqlite.rollback()
    with on_sqlite.begin() as taken_back:
        on_sqlite.exec_driver_sql(f"INSERT INTO command ({', '.join(columns)}) VALUES ({asked('first')})")
        before = on_sqlite.exec_driver_sql("SELECT * FROM command").all()
        on_sqlite.exec_driver_sql(f"INSERT OR REPLACE INTO command ({', '.join(columns)}) VALUES ({asked('other')})")
        assert on_sqlite.exec_driver_sql("SELECT * FROM command").all() == before
        taken_back.rollback()


def test_what_is_not_refused_to_a_sqlite_client_is_found(on_sqlite: Connection) -> None:
    zero = "zeroblob(32)"
    assert outcome(on_sqlite, "INSERT OR REPLACE INTO chain_head SELECT book_id, 0, hash, 0, 0, hash,"
                          " 0, hash, 0, hash, 0, hash FROM chain_head")  # fmt: skip
    assert outcome(on_sqlite, "REPLACE INTO account_balance SELECT account_id, 1, 1 FROM account_balance") >= {
        "balances"
    }
    assert outcome(on_sqlite, "DROP TRIGGER entry_not_changed", "UPDATE entry SET memo = 'x' WHERE seq = 1") >= {
        "guards", "chain",
    }  # fmt: skip
    back = on_sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'entry_not_changed'").scalar_one()
    put_back = ("DROP TRIGGER entry_not_changed", "UPDATE entry SET memo = 'x' WHERE seq = 1", back)
    assert outcome(on_sqlite, *put_back) >= {"chain"}
    empty = "CREATE VIEW account_set_member AS SELECT 1 AS book_id, 1 AS number, 1 AS account_id, 0 AS sign"
    assert outcome(on_sqlite, "DROP VIEW account_set_member", empty) == {"guards"}
    assert outcome(on_sqlite, *entry(on_sqlite, hash=zero)) >= {"chain"}


def test_a_guard_that_is_rewritten_in_the_schema_itself_is_found(on_sqlite: Connection) -> None:
    driver: Any = on_sqlite.connection.dbapi_connection
    on_sqlite.rollback()
    driver.execute("PRAGMA writable_schema = ON")
    weaker = "UPDATE sqlite_master SET sql = replace(sql, 'BEFORE', 'AFTER') WHERE name = 'entry_not_changed'"
    assert outcome(on_sqlite, weaker) == {"guards"}
    on_sqlite.rollback()
    driver.execute("PRAGMA writable_schema = OFF")


def test_tables_of_the_same_name_beside_it_deceive_no_guard_of_sqlite(on_sqlite: Connection) -> None:
    real = [one.replace("INTO posting", "INTO main.posting").replace("INTO entry", "INTO main.entry")
            for one in (legs_sql(("1000", 5), ("3000", -4)), entry_sql(on_sqlite.engine))]  # fmt: skip
    shadows = [f"CREATE TEMP TABLE {name} AS SELECT * FROM main.{name}"
               for name in ("posting", "account", "chain_head", "account_balance")]  # fmt: skip
    assert "unbalanced_entry" in outcome(on_sqlite, *shadows, *real)
    assert "too_few_postings" in outcome(on_sqlite, *shadows, legs_sql(*GOOD), real[1])


def test_a_trigger_of_the_session_alone_changes_nothing_that_is_written(on_sqlite: Connection) -> None:
    evil = "CREATE TEMP TRIGGER evil AFTER INSERT ON main.entry BEGIN UPDATE posting SET amount_cents = 1; END"
    assert "append_only" in outcome(on_sqlite, evil, *entry(on_sqlite))


def test_a_database_that_is_attached_is_another_one(on_sqlite: Connection) -> None:
    driver: Any = on_sqlite.connection.dbapi_connection
    on_sqlite.rollback()
    with closing(driver.execute("ATTACH ':memory:' AS other")):
        legs = legs_sql(*GOOD).replace("INTO posting", "INTO other.posting")
        copied = "CREATE TABLE other.posting AS SELECT * FROM main.posting"
        assert "too_few_postings" in outcome(on_sqlite, copied, legs, entry_sql(on_sqlite.engine))
    on_sqlite.rollback()
    driver.execute("DETACH other")
