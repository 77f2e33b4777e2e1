"""The guards of PostgreSQL that its catalog tells of: what the migrations make, and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.database import Connection, create_engine, reading, writing
from fund.ledger import Ledger
from fund.ledger.store.catalog import meaning
from tests.ledger.catalog import FILE, FUND_FILE, said_of, said_of_fund
from tests.ledger.conftest import BOOK, fill_chart

CHANGED, MISSING, STRANGE = (f"this guard is {what}" for what in ("not as it was installed", "missing", "not ours"))


@pytest.fixture(scope="module")
def url(module_postgres_url: str) -> str:
    with writing(create_engine(module_postgres_url)) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    return module_postgres_url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """The owner's connection; what it does is taken back."""
    with create_engine(url).connect() as connection:
        yield connection
        connection.rollback()


def guards(connection: Connection, *statements: str) -> list[tuple[str, str]]:
    for statement in statements:
        connection.exec_driver_sql(statement)
    checks = Ledger.open(connection, book=BOOK).verify(full=True).checks
    return [(one.place, one.message) for check in checks if check.name == "guards" for one in check.findings]


def test_what_is_written_down_of_the_catalog_is_what_the_migrations_make(url: str) -> None:
    with reading(create_engine(url)) as connection:
        assert said_of(connection) == FILE.read_text(encoding="utf-8"), "write it: python -m tests.ledger.catalog URL"
        assert said_of_fund(connection) == FUND_FILE.read_text(encoding="utf-8"), "the same"


@pytest.mark.parametrize(
    "setting", ["quote_all_identifiers = on", "search_path = ''", "search_path = pg_catalog", "datestyle = German"]
)
def test_who_asks_with_other_settings_is_told_the_same_and_keeps_them(connection: Connection, setting: str) -> None:
    connection.exec_driver_sql("CREATE SCHEMA other")
    connection.exec_driver_sql(f"SET LOCAL {setting}")
    if "search_path" in setting:
        connection.exec_driver_sql("SET LOCAL search_path = other, public")
    name = setting.partition(" ")[0]
    before = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
    assert guards(connection) == []
    assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == before


@pytest.mark.parametrize(
    ("statement", "name", "message"),
    [
        ("DROP INDEX uq_entry_book_id_reverses_seq", "uq_entry_book_id_reverses_seq", MISSING),
        ("ALTER FUNCTION ledger_seal_entry() SET search_path = evil, public", "ledger_seal_entry", CHANGED),
        ("ALTER FUNCTION ledger_seal_entry() RESET ALL", "ledger_seal_entry", CHANGED),
        ("ALTER FUNCTION ledger_refuse(text, json) SET search_path = evil", "ledger_refuse", CHANGED),
        ("ALTER FUNCTION ledger_refuse_change() OWNER TO fund_application", "ledger_refuse_change", CHANGED),
        ("CREATE FUNCTION ledger_refuse(code text) RETURNS void LANGUAGE sql AS ''", "ledger_refuse", STRANGE),
        ("GRANT EXECUTE ON FUNCTION ledger_seal_entry() TO PUBLIC", "ledger_seal_entry", CHANGED),
        ("GRANT EXECUTE ON FUNCTION ledger_seal_batch() TO fund_application", "ledger_seal_batch", CHANGED),
        ("CREATE RULE evil AS ON INSERT TO posting DO INSTEAD NOTHING", "posting", CHANGED),
        ("ALTER TABLE entry ENABLE ROW LEVEL SECURITY", "entry", CHANGED),
        ("ALTER TABLE entry FORCE ROW LEVEL SECURITY", "entry", CHANGED),
        ("CREATE POLICY evil ON entry USING (false)", "entry", CHANGED),
        ("CREATE TABLE evil () INHERITS (entry)", "entry", CHANGED),
        ("ALTER TABLE entry ALTER memo DROP NOT NULL", "entry.memo", CHANGED),
        ("ALTER TABLE entry OWNER TO fund_application", "entry", CHANGED),
        ("ALTER TABLE account ALTER status SET DEFAULT 'closed'", "account.status", CHANGED),
        ("ALTER TABLE account ALTER main DROP EXPRESSION", "account.main", CHANGED),
        ("ALTER TABLE account ADD evil integer", "account.evil", STRANGE),
        ("ALTER TABLE account ADD CONSTRAINT evil CHECK (code <> '7000')", "evil", STRANGE),
        ("CREATE INDEX evil ON account (lower(code))", "evil", STRANGE),
        ("DROP TABLE anchor", "anchor", MISSING),
        ("ALTER TABLE entry RENAME COLUMN memo TO said", "entry.memo", MISSING),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "public", CHANGED),
        ("GRANT CREATE ON SCHEMA public TO fund_application", "public", CHANGED),
    ],
)  # fmt: skip
def test_what_the_owner_changed_is_named(connection: Connection, statement: str, name: str, message: str) -> None:
    assert (f"guard:{name}", message) in guards(connection, statement)


@pytest.mark.parametrize(
    ("table", "name", "other"),
    [
        ("posting", "ck_posting_amount", "CHECK (true)"),
        ("posting", "fk_posting_entry_id_legs", "FOREIGN KEY (entry_id) REFERENCES entry (id) INITIALLY DEFERRED"),
    ],
)  # fmt: skip
def test_another_constraint_of_the_same_name_is_found(
    connection: Connection, table: str, name: str, other: str
) -> None:
    replaced = f"ALTER TABLE {table} DROP CONSTRAINT {name}", f"ALTER TABLE {table} ADD CONSTRAINT {name} {other}"
    assert guards(connection, *replaced) == [(f"guard:{name}", CHANGED)]


def test_a_trigger_by_the_name_of_ours_on_another_table_is_found(connection: Connection) -> None:
    statements = (
        "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER entry_seals BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION evil()",
        "ALTER TRIGGER entry_seals ON entry RENAME TO x",  # it is read last now, and hides nothing
        "ALTER TRIGGER x ON entry RENAME TO entry_seals",
    )
    assert guards(connection, *statements) == [("guard:entry_seals", CHANGED)]


def test_guards_that_do_not_fire_in_this_session_are_found(connection: Connection) -> None:
    found = guards(connection, "SET LOCAL session_replication_role = replica")
    assert found == [("guard:session_replication_role", "this guard is switched off")]


def test_an_index_that_only_makes_it_faster_is_nobodys_business(connection: Connection) -> None:
    assert guards(connection, "CREATE INDEX quick ON entry (actor)") == []


CONDITIONS = st.recursive(
    st.sampled_from([
        "(a <> ''::text)", "(b >= 1)", "(coalesce(c, 'x AND (y)'::text) <> 'it''s)'::text)", "(\"or\" = 2)"]),
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=4)),
    max_leaves=8,
)  # fmt: skip
"""A condition as a tree: a comparison, or conditions joined by one word."""


def as_written(tree: Any, *, apart: bool) -> str:
    """A condition as text; ``apart``: two at a time, as it was first typed, else all of a row, as a dump is read."""
    if isinstance(tree, str):
        return tree
    join, parts = tree
    texts = [as_written(part, apart=apart) for part in parts]
    if apart:
        return functools.reduce(lambda left, right: f"({left} {join} {right})", texts)
    inside = [
        text[1:-1] if not isinstance(part, str) and part[0] == join else text
        for part, text in zip(parts, texts, strict=True)
    ]
    return f"({f' {join} '.join(inside)})"


def as_tree(tree: Any) -> Any:
    """A condition by what it means: parts of a row that are joined alike stand in that row."""
    if isinstance(tree, str):
        return tree
    join, parts = tree
    plain = [as_tree(part) for part in parts]
    return (join, tuple(each for part in plain for each in (part[1] if part[0] == join else (part,))))


@given(CONDITIONS)
def test_a_condition_means_the_same_however_its_brackets_were_written(tree: Any) -> None:
    typed, restored = (f"t: CHECK ({as_written(tree, apart=apart)})" for apart in (True, False))
    assert meaning(typed) == meaning(restored)


@given(CONDITIONS, CONDITIONS)
def test_two_conditions_that_differ_never_mean_the_same(one: Any, other: Any) -> None:
    same = meaning(as_written(one, apart=True)) == meaning(as_written(other, apart=False))
    assert same == (as_tree(one) == as_tree(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(a AND (b OR c))", "((a AND b) OR c)"),
        ("(NOT (a AND b) AND c)", "(NOT (a AND b AND c))"),
        ("((a AND b) IS TRUE AND c)", "(a AND b IS TRUE AND c)"),
        ("f((a AND b), c)", "f(a AND b, c)"),
        ("(a = 'x')", "(a = 'X')"),
        ("(a = '(b AND c) AND d')", "(a = 'b AND c AND d')"),
        ("(a AND b)", "(b AND a)"),
        ("(a AND b", "a AND b"),
    ],
)
def test_brackets_that_say_something_stay(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)
