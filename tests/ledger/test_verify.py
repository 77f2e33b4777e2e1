from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from fund import language
from fund.database import Connection, Engine, is_sqlite, reading
from fund.errors.ledger import JournalInDoubt
from fund.ledger import Ledger, credit, debit
from fund.ledger.verify import Verification
from tests.ledger.attacks import owner
from tests.ledger.conftest import BOOK, draft, opened
from tests.ledger.forger import make_all_fit


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The bakery with five entries in both layers, the third reversed by the fourth, and two months stepped through."""
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="usr_a", second_actor="usr_b")
        ledger.post(draft("k1", debit("1000", 500), credit("3000.anna", 500), on=date(2027, 2, 3), metadata={"n": "é"}))
        ledger.post(draft("k2", debit("1000", 70), credit("4400", 70), on=date(2027, 2, 4)))
        ledger.post(draft("k3", debit("4000", 9), credit("1000", 9), debit("9000", 4), credit("9010", 4)))
        ledger.reverse(3, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="k4", actor="usr_a")
        ledger.close_period("2027-01", actor="usr_a", second_actor="usr_b")
        ledger.lock_period("2027-02", actor="usr_a", second_actor="usr_b")
        ledger.close_period("2027-02", actor="usr_a", second_actor="usr_b")
        ledger.limit_set(
            "free",
            {"1000": 1, "9000": -1},
            actor="usr_a",
            min_balance_cents=5,
            max_balance_cents=10**9,
            kinds=["promise"],
            valid_from=date(2027, 1, 1),
            valid_until=date(2028, 12, 31),
        )
        ledger.post(draft("k5", debit("1000", 1), credit("3000.bob", 1), on=date(2027, 4, 1)))
    return engine


def bad(found: Verification) -> set[str]:
    """The names of the checks that found something, the guards left out: the owner dropped those."""
    return {check.name for check in found.checks if not check.ok} - {"guards"}


def run(connection: Connection, *, full: bool = True) -> Verification:
    return Ledger.open(connection, book=BOOK).verify(full=full)


def test_an_honest_book_verifies(engine: Engine) -> None:
    with opened(engine) as ledger:
        found = ledger.verify(full=True)
        assert found.ok
        assert found.head == ledger.head()
        assert [(check.name, check.findings) for check in found.checks if not check.ok] == []
        looked = {check.name: check.checked for check in found.checks}
        assert looked["chain"] == 5
        assert looked["periods"] == 4
        assert looked["frozen_trial_balances"] == 2
        assert looked["corrections"] == 1
        assert looked["guards"] > 30


def test_a_reading_transaction_can_verify(engine: Engine) -> None:
    with reading(engine) as connection:
        assert run(connection).ok
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM verification")).scalar_one() == 0


def test_an_incremental_run_starts_at_the_last_good_head(engine: Engine) -> None:
    with opened(engine) as ledger:
        assert ledger.verify().ok
        ledger.post(draft("k6", debit("1000", 1), credit("3000.bob", 1)))
        again = ledger.verify()
        assert again.ok
        assert next(check.checked for check in again.checks if check.name == "chain") == 1
        full = ledger.verify(full=True)
        assert next(check.checked for check in full.checks if check.name == "chain") == 6


def test_an_incremental_run_starts_over_when_its_start_is_gone(engine: Engine) -> None:
    with opened(engine) as ledger:
        assert ledger.verify().ok
    with owner(engine) as connection:
        connection.exec_driver_sql("UPDATE entry SET hash = previous_hash WHERE seq = 5")
        found = run(connection, full=False)
        assert next(check.checked for check in found.checks if check.name == "chain") == 5
        assert found.first_bad_seq == 5


@pytest.mark.parametrize(
    ("statement", "seq", "checks"),
    [
        ("UPDATE entry SET memo = 'Taart' WHERE seq = 2", 2, {"chain", "idempotency"}),
        ("UPDATE entry SET actor = 'usr_evil' WHERE seq = 3", 3, {"chain", "idempotency"}),
        ("UPDATE entry SET recorded_at = 5 WHERE seq = 2", 2, {"chain"}),
        (
            "UPDATE posting SET amount_cents = amount_cents * 2 WHERE entry_id = (SELECT id FROM entry WHERE seq = 2)",
            2,
            {"chain", "idempotency", "balances", "day_balances", "frozen_trial_balances"},
        ),
        (
            "DELETE FROM entry WHERE seq = 3",
            3,
            {"chain", "gap_free", "stray_postings", "balances", "day_balances", "corrections"},
        ),
        (
            "DELETE FROM posting WHERE position = 2 AND entry_id = (SELECT id FROM entry WHERE seq = 5)",
            5,
            {"chain", "idempotency", "balanced", "balances", "day_balances"},
        ),
        ("DELETE FROM entry WHERE seq = 5", 5, {"gap_free", "stray_postings", "balances", "day_balances"}),
        ("DELETE FROM chain_head", 5, {"gap_free", "periods", "account_sets", "chart"}),
        ("DELETE FROM period WHERE number = 4", 5, {"periods"}),
        ("DELETE FROM period WHERE number = 2", 4, {"periods"}),
        ("DELETE FROM period", 5, {"periods"}),
        ("UPDATE account_balance SET debit_cents = debit_cents + 1 WHERE credit_cents > 0", 1, {"balances"}),
        ("DELETE FROM account_balance WHERE debit_cents > 0", 4, {"balances"}),
        ("DELETE FROM balance_day WHERE debit_cents > 400", 1, {"day_balances", "frozen_trial_balances"}),
        (
            "INSERT INTO balance_day SELECT id, '2027-05-05', 5, 5 FROM account WHERE code = '9000'",
            None,
            {"day_balances"},
        ),
    ],
)
def test_what_the_owner_did_is_found_and_named(
    engine: Engine, statement: str, seq: int | None, checks: set[str]
) -> None:
    with owner(engine) as connection:
        connection.exec_driver_sql(statement)
        found = run(connection)
        assert bad(found) == checks
        assert found.first_bad_seq == seq


def test_spoiled_balances_are_healed_from_entries_that_are_in_order(engine: Engine) -> None:
    with opened(engine) as ledger:
        before = ledger.trial_balance()
        for statement in (
            "UPDATE account_balance SET debit_cents = debit_cents + 5",
            "DELETE FROM balance_day WHERE credit_cents > 0",
            "INSERT INTO balance_day SELECT id, '2027-05-05', 5, 5 FROM account WHERE code = '9000'",
        ):
            ledger.connection.exec_driver_sql(statement)
        assert not ledger.verify(full=True).ok
        assert ledger.rebuild().ok
        assert ledger.trial_balance() == before
        assert ledger.trial_balance(as_of=date.max) == before
    with opened(engine) as ledger:
        assert ledger.rebuild().ok, "there is nothing to do"


def test_balances_are_not_rebuilt_from_entries_in_doubt(engine: Engine) -> None:
    with owner(engine) as connection:
        connection.exec_driver_sql("UPDATE account_balance SET debit_cents = debit_cents + 5")
        connection.exec_driver_sql("UPDATE posting SET amount_cents = amount_cents * 2")
        ledger = Ledger.open(connection, book=BOOK)
        spoiled = ledger.balances()
        with pytest.raises(JournalInDoubt, match="chain, idempotency"):
            ledger.rebuild()
        assert ledger.balances() == spoiled


def test_bytes_that_are_no_text_are_found(engine: Engine) -> None:
    if not is_sqlite(engine):
        return  # PostgreSQL keeps no such text
    with owner(engine) as connection:
        connection.exec_driver_sql("UPDATE entry SET memo = CAST(x'ff41' AS TEXT) WHERE seq = 2")
        assert run(connection).first_bad_seq == 2


def test_a_whole_entry_written_past_the_guards_is_found(engine: Engine) -> None:
    with owner(engine) as connection:
        zero = "zeroblob(32)" if is_sqlite(engine) else "decode(repeat('00', 32), 'hex')"
        connection.exec_driver_sql(
            "INSERT INTO entry (book_id, seq, id, effective_on, kind, memo, actor, idempotency_key, request_hash,"
            " metadata, legs, recorded_at, version, previous_hash, hash)"
            f" SELECT 1, 6, 'ent_evil', effective_on, kind, memo, actor, 'evil', {zero},"
            f" metadata, 2, recorded_at, 1, hash, {zero} FROM entry WHERE seq = 5"
        )
        found = run(connection)
        assert {"chain", "gap_free", "balanced", "idempotency"} <= bad(found)
        assert found.first_bad_seq == 6


def test_an_entry_of_a_book_that_is_not_there_is_found_and_counts_nowhere(engine: Engine) -> None:
    """Past the guards: its legs lie on our accounts, and no chain has it."""
    with owner(engine) as connection:
        ledger = Ledger.open(connection, book=BOOK)
        before = list(ledger.card("1000")), list(ledger.entries(account="1000")), ledger.balance("1000")
        connection.exec_driver_sql(
            "INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)"
            " SELECT 'ent_evil', 1, 2, id, 500 FROM account WHERE code = '1000'"
        )
        connection.exec_driver_sql(
            "INSERT INTO entry (book_id, seq, id, effective_on, kind, memo, actor, idempotency_key, request_hash,"
            " metadata, legs, recorded_at, version, previous_hash, hash)"
            " SELECT 999, 3, 'ent_evil', effective_on, kind, memo, actor, 'evil', hash,"
            " metadata, 2, recorded_at, 1, hash, hash FROM entry WHERE seq = 5"
        )
        assert (list(ledger.card("1000")), list(ledger.entries(account="1000")), ledger.balance("1000")) == before
        assert bad(run(connection)) == {"stray_postings"}


def test_an_entry_in_a_closed_month_is_found(engine: Engine) -> None:
    with owner(engine) as connection:
        day = "'2027-02-05'" if is_sqlite(engine) else "DATE '2027-02-05'"
        connection.exec_driver_sql(f"UPDATE entry SET effective_on = {day} WHERE seq = 5")
        found = run(connection)
        assert {"period_rules", "chain"} <= bad(found)
        assert found.first_bad_seq == 5


@pytest.mark.parametrize(
    ("change", "seq", "message"),
    [
        ("kind = ''", 2, "its `kind` is empty"),
        ("memo = 'e' || {accent}", 2, "its `memo` is not text in its canonical form"),
        ("id = 'e' || {accent}", 2, "its `id` is not text in its canonical form"),
        ("actor = {accent} || 'e' || {accent}", 3, "its `actor` is not text in its canonical form"),
        ("recorded_at = 4611686018427387904", 5, "its instant is none: 4611686018427387904"),
        ("recorded_at = -1", 1, "its instant is none: -1"),
        ("reason = NULL", 4, "it takes an entry back and gives no reason"),
        ("""metadata = '{"correction":{"part_of":2}}'""", 5, "it takes an entry back and gives no reason"),
        *(
            (f"metadata = '{metadata}'", 2, "its metadata is not in its canonical form")
            for metadata in (
                "", "[]", "7", "nothing", '{"a":1', '{"a":1} ', '{ "a":1}', '{"a":1.5}', '{"a":1e3}', '{"a":-0}',
                '{"a":NaN}', '{"a":1,"a":2}', '{"b":1,"a":2}', '{"a":{"b":1,"b":1}}', '{"a":"\\u00e9"}',
                '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":"\\/"}', "[" * 5000,
            )
        ),
    ],
)  # fmt: skip
def test_an_entry_that_no_program_of_ours_would_write_is_found_though_its_hash_is_right(
    engine: Engine, change: str, seq: int, message: str
) -> None:
    accent = f"{'char' if is_sqlite(engine) else 'chr'}(769)"
    change = change.replace("{accent}", accent)
    with owner(engine) as connection:
        if change.startswith("id"):
            connection.exec_driver_sql(
                f"UPDATE posting SET entry_{change} WHERE entry_id = (SELECT id FROM entry WHERE seq = {seq})"
            )
        connection.exec_driver_sql(f"UPDATE entry SET {change} WHERE seq = {seq}")
        make_all_fit(connection, BOOK)
        found = run(connection)
        assert (seq, message) in [(one.seq, one.message) for one in found.findings]
        if "-1" not in change:
            assert bad(found) <= {"form", "corrections", "chart"}


@pytest.mark.parametrize(
    ("statements", "messages"),
    [
        (
            (
                "DELETE FROM posting WHERE position = 2 AND {fifth}",
                "UPDATE posting SET amount_cents = 0, legs = 1 WHERE {fifth}",
                "UPDATE entry SET legs = 1 WHERE seq = 5",
            ),
            ["it has fewer than two postings", "these postings have no amount: 1"],
        ),
        (
            ("DELETE FROM posting WHERE {fifth}", "UPDATE entry SET legs = 0 WHERE seq = 5"),
            ["it has fewer than two postings"],
        ),
        (("UPDATE posting SET amount_cents = 0 WHERE {fifth}",), ["these postings have no amount: 1, 2"]),
        (
            (
                "UPDATE posting SET legs = 3 WHERE {fifth}",
                "INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)"
                " SELECT entry_id, 3, 3, account_id, 0 FROM posting WHERE position = 1 AND {fifth}",
                "UPDATE entry SET legs = 3 WHERE seq = 5",
            ),
            ["these postings have no amount: 3"],
        ),
    ],
)
def test_an_entry_that_moves_nothing_is_found_though_its_hash_is_right(
    engine: Engine, statements: tuple[str, ...], messages: list[str]
) -> None:
    with owner(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("{fifth}", "entry_id = (SELECT id FROM entry WHERE seq = 5)"))
        make_all_fit(connection, BOOK)
        found = run(connection)
        assert bad(found) == {"balanced"}
        told = [(one.seq, one.message) for check in found.checks if check.name == "balanced" for one in check.findings]
        assert told == [(5, message) for message in messages]


@pytest.mark.parametrize("day", ["infinity", "-infinity", "0044-03-15 BC", "12027-03-10", "20270310", "2027-02-30"])
def test_a_day_of_no_calendar_is_found_and_all_other_checks_go_on(engine: Engine, day: str) -> None:
    with owner(engine) as connection:
        if not is_sqlite(engine) and day[:4] in ("2027",):
            return  # PostgreSQL keeps a day, not its text
        for table, column in (("entry", "effective_on"), ("balance_day", "day")):
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = '{day}' WHERE {column} = '2027-04-01'")
        found = run(connection)
        assert (5, f"its day is none: {day}") in [(one.seq, one.message) for one in found.findings]
        assert {"chain", "form"} <= bad(found)
        assert not {"balances", "day_balances", "stray_postings", "corrections"} & bad(found)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE entry RENAME COLUMN memo TO said",
        "ALTER TABLE entry RENAME COLUMN seq TO number",
        "ALTER TABLE posting RENAME COLUMN amount_cents TO cents",
        "ALTER TABLE chain_head RENAME COLUMN chart_number TO changes",
        "ALTER TABLE balance_day RENAME COLUMN day TO on_day",
        *(f"DROP TABLE {name}" for name in (
            "anchor", "verification", "period", "account_balance", "balance_day", "account_change", "account_set",
        )),
    ],
)  # fmt: skip
def test_what_is_gone_is_a_finding_and_stops_no_other_check(engine: Engine, statement: str) -> None:
    with owner(engine) as connection:
        names = [check.name for check in run(connection).checks]
        connection.exec_driver_sql(statement + ("" if is_sqlite(engine) or "RENAME" in statement else " CASCADE"))
        found = run(connection)
        assert [check.name for check in found.checks] == names
        assert not found.ok
        assert "guards" in [check.name for check in found.checks if not check.ok]
        assert "layers" not in bad(found), "whatever else is gone, the accounts are there"


def guard_findings(engine: Engine, *statements: str) -> dict[str, str]:
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        found = run(connection)
        connection.rollback()
    return {
        finding.place: finding.message for check in found.checks if check.name == "guards" for finding in check.findings
    }


def test_each_guard_that_is_dropped_is_missed(engine: Engine) -> None:
    with engine.connect() as connection:
        if is_sqlite(engine):
            names = connection.exec_driver_sql(
                "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN"
                " ('account', 'account_change', 'book', 'entry', 'period', 'posting')"
            ).all()
        else:
            names = connection.exec_driver_sql(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
                " AND relname IN ('account', 'account_change', 'book', 'entry', 'period', 'posting')"
            ).all()
    assert len(names) >= 10
    for name, table in names:
        drop = f"DROP TRIGGER {name}" + ("" if is_sqlite(engine) else f" ON {table}")
        assert guard_findings(engine, drop) == {f"guard:{name}": "this guard is missing"}


def test_a_guard_that_is_weakened_is_found(engine: Engine) -> None:
    if is_sqlite(engine):
        weaker = "CREATE TRIGGER entry_not_removed BEFORE DELETE ON entry WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END"
        assert guard_findings(engine, "DROP TRIGGER entry_not_removed", weaker) == {
            "guard:entry_not_removed": "this guard is not as it was installed"
        }
        foreign = "CREATE TRIGGER evil AFTER INSERT ON entry BEGIN UPDATE chain_head SET seq = 0; END"
        assert guard_findings(engine, foreign) == {"guard:evil": "this trigger is not ours"}
        assert "guard:ix_posting_account_id" in guard_findings(engine, "DROP INDEX ix_posting_account_id")
        return
    changed = "this guard is not as it was installed"
    off = "this guard is switched off"
    assert guard_findings(engine, "ALTER TABLE entry DISABLE TRIGGER entry_seals") == {"guard:entry_seals": off}
    assert set(guard_findings(engine, "ALTER TABLE posting DISABLE TRIGGER ALL").values()) == {off}
    hollow = (
        "CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, public, pg_temp AS 'BEGIN RETURN NULL; END'"
    )
    assert guard_findings(engine, hollow) == {"guard:ledger_refuse_change": changed}
    assert guard_findings(engine, "ALTER FUNCTION ledger_seal_entry() SECURITY INVOKER") == {
        "guard:ledger_seal_entry": changed
    }
    assert guard_findings(engine, "ALTER TABLE posting DROP CONSTRAINT fk_posting_entry_id_legs") == {
        "guard:fk_posting_entry_id_legs": "this guard is missing"
    }
    moved = (
        "DROP TRIGGER entry_unchanged ON entry",
        "CREATE TRIGGER entry_unchanged BEFORE DELETE ON entry EXECUTE FUNCTION ledger_refuse_change()",
    )
    assert guard_findings(engine, *moved) == {"guard:entry_unchanged": changed}
    foreign = "CREATE TRIGGER evil BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()"
    assert guard_findings(engine, foreign) == {"guard:evil": "this trigger is not ours"}


def test_every_finding_reads_as_a_sentence_in_each_language(engine: Engine) -> None:
    with owner(engine) as connection:
        connection.exec_driver_sql("DELETE FROM entry WHERE seq = 2")
        connection.exec_driver_sql("UPDATE account_balance SET debit_cents = debit_cents + 123456")
        found = run(connection)
        for name in ("en", "nl"):
            language.choose(name)
            assert all(finding.message and "{" not in finding.message for finding in found.findings)
        language.choose("en")
        assert "the kept sums are off: debit by EUR 1,234.56, credit by EUR 0.00" in {f.message for f in found.findings}
