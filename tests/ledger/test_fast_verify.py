"""Fast verification says of no entry that it is right in which the readable one would find something."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.database import Connection, Engine, is_sqlite, reading, writing
from fund.errors import FundError
from fund.errors.ledger import UnfinishedCheck
from fund.ledger import Ledger, credit, debit
from fund.ledger.seal import canonical_json
from fund.ledger.store import fast_verify, parallel
from fund.ledger.store.chart import write_changes
from fund.ledger.store.evidence import ROWS, Evidence
from fund.ledger.verify import Verification, entries
from fund.ledger.verify.form import problems_of_form
from tests.ledger.attacks import owner, rows_of, turn_over
from tests.ledger.conftest import BOOK, draft, opened


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The bakery with twelve entries of every kind, months that changed in between, and sets with limits."""
    with opened(engine) as ledger:
        sale = (debit("1000", 70), credit("4400", 70))
        ledger.post(draft("k1", debit("1000", 500), credit("3000.anna", 500), on=date(2027, 2, 3), metadata={"n": "é"}))
        ledger.post(draft("k2", *sale, on=date(2027, 2, 4), memo="Brød ☕"))
        ledger.post(draft("k3", debit("4000", 9), credit("1000", 9), debit("9000", 4), credit("9010", 4)))
        ledger.reverse(3, effective_on=date(2027, 3, 11), reason="fout", idempotency_key="k4", actor="usr_a")
        ledger.limit_set("free", {"1000": 1, "9000": -1}, actor="usr_a", min_balance_cents=5, kinds=["promise"])
        ledger.lock_period("2027-02", actor="usr_a", second_actor="usr_b")
        ledger.post(draft("k5", *sale, on=date(2027, 2, 5), kind="adjusting"))
        ledger.close_period("2027-02", actor="usr_a", second_actor="usr_b")
        ledger.post(draft("k6", debit("9000", 4), credit("9010", 4), kind="promise"))
        ledger.limit_set("free", {"1000": 1}, actor="usr_a", min_balance_cents=0, max_balance_cents=10_000)
        for number in range(7, 12):
            ledger.post(draft(f"k{number}", *sale, *sale[::-1], on=date(2027, 4, number)))
        part = draft("k12", credit("1000", 20), debit("4400", 20), part_of=2, reason="minder", on=date(2027, 4, 2))
        ledger.post(part)
    return engine


@pytest.fixture
def by_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are read two at a time, five in a row."""
    monkeypatch.setattr(entries, "SIZE", 2)
    monkeypatch.setattr(entries, "RANGE", 5)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, by_twos: None) -> list[Any]:
    """However few the entries are, two processes share them; those that were started."""
    processes: list[Any] = []

    class Process(subprocess.Popen[str]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            processes.append(self)

    monkeypatch.setattr(entries, "MANY", 1)
    monkeypatch.setattr(entries, "cores", lambda: 2)
    monkeypatch.setattr(parallel.subprocess, "Popen", Process)
    return processes


def run(connection: Connection) -> Verification:
    (name,) = connection.exec_driver_sql("SELECT name FROM book").one()
    return Ledger.open(connection, book=name).verify(full=True)


def run_readable(connection: Connection) -> Verification:
    """Every entry read one by one, every sum made by the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries.Chain, "_ranges", lambda _self: iter(()))
        return run(connection)


def parts_called_right(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The entries (first, last) that fast verification called right, as it comes along them."""
    right: list[tuple[int, int]] = []
    walk = fast_verify.FastVerifier.walk

    def noted(self: fast_verify.FastVerifier, *args: Any, **kwargs: Any) -> Iterator[fast_verify.Found]:
        for found in walk(self, *args, **kwargs):
            if found["right"]:
                right.append((found["low"] + 1, found["high"]))
            yield found

    monkeypatch.setattr(fast_verify.FastVerifier, "walk", noted)
    return right


def test_an_honest_book_is_right_on_both_roads(engine: Engine, by_twos: None, monkeypatch: pytest.MonkeyPatch) -> None:
    right = parts_called_right(monkeypatch)
    with reading(engine) as connection:
        found = run(connection)
        assert found.ok
        assert [last for _first, last in right] == [2, 4, 5, 7, 9, 10, 12]
        assert found == run_readable(connection)
        assert len(right) == 7


@pytest.mark.parametrize("table", ["entry", "posting", "account", "period", "balance_day"])
def test_both_roads_find_the_same_whatever_bit_is_turned_over(
    engine: Engine, by_twos: None, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    dice = random.Random(table)
    right = parts_called_right(monkeypatch)
    with owner(engine) as connection:
        rows = rows_of(connection, table)
        for column in rows[0].columns:
            row = dice.choice(rows)
            spoil = connection.begin_nested()
            if turn_over(connection, row, column, dice.randrange(16)):
                right.clear()
                found, readable = run(connection), run_readable(connection)
                assert found == readable, f"{column} of {row.values}"
                bad = {one.seq for check in found.checks if check.name != "guards" for one in check.findings}
                if table == "entry" and not right:
                    assert bad, "the whole book was doubted for nothing"
            spoil.rollback()


TEXTS = st.text(st.sampled_from('ab/"\\ {}:,.\x00\n\x7f' + "é\u0301€"), max_size=4)
OBJECTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(values=st.lists(st.dictionaries(TEXTS, OBJECTS, max_size=3) | OBJECTS, min_size=1, max_size=4), data=st.data())
@settings(max_examples=150, deadline=None)
def test_metadata_is_plain_on_the_quick_road_only_if_it_is_canonical(values: list[Any], data: st.DataObject) -> None:
    """One after the other, so that each may meet the patterns of those before; as it is, and with a little changed."""
    plain = fast_verify.Plain()
    for value in [*values, *values]:
        with suppress(FundError):
            text = canonical_json(value)
            if isinstance(value, dict) and text == unicodedata.normalize("NFC", text) and "\\u0000" not in text:
                assert plain.match(text.encode()) or plain.metadata(text.encode())
        text = json.dumps(
            value, ensure_ascii=data.draw(st.booleans()), separators=(",", data.draw(st.sampled_from((":", ": "))))
        )
        place = data.draw(st.integers(0, len(text)))
        text = (
            text[:place]
            + data.draw(st.sampled_from(["", "a", "0", "-", " ", '"', ",", '"a":1,', "\u0301"]))
            + text[place:]
        )
        called = False
        with suppress(ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
            bytes_of = text.encode()
            right = plain.match(bytes_of) or plain.metadata(bytes_of)
            called = bool(right and (text.isascii() or plain.texts(bytes_of)))
        entry = SimpleNamespace(
            effective_on="2027-03-10", id="a", kind="a", memo="a", actor="a", idempotency_key="a", metadata=text,
            reason="a", recorded_at=1, reverses=None,
        )  # fmt: skip
        assert not called or list(problems_of_form(entry)) == []  # type: ignore[arg-type]


def test_only_what_is_in_doubt_is_read_by_the_readable_road(
    engine: Engine, by_twos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    seal = entries.Chain._seal
    monkeypatch.setattr(
        entries.Chain, "_seal", lambda self, entry, *rest: (read.append(entry.seq), seal(self, entry, *rest))
    )
    with owner(engine) as connection:
        connection.exec_driver_sql("UPDATE entry SET memo = 'Taart' WHERE seq = 7")
        assert run(connection).first_bad_seq == 7
    assert read == [6, 7]


def test_without_the_guards_of_its_rows_the_quick_road_is_not_taken(
    engine: Engine, by_twos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = parts_called_right(monkeypatch)
    monkeypatch.setattr(Evidence, "guards", lambda _self: (9, [(min(ROWS), "this guard is missing")]))
    with reading(engine) as connection:
        assert [check.name for check in run(connection).checks if not check.ok] == ["guards"]
    assert right == []


def test_columns_of_another_type_are_read_by_the_readable_road(engine: Engine, by_twos: None) -> None:
    if is_sqlite(engine):
        return  # the text of its tables is a guard
    for table, column in (("entry", "memo"), ("account", "currency")):
        with owner(engine) as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER {column} TYPE varchar")
            assert {check.name for check in run(connection).checks if not check.ok} == {"guards"}


def test_an_entry_before_the_first_is_found(engine: Engine) -> None:
    with owner(engine) as connection:
        connection.exec_driver_sql("UPDATE entry SET seq = -1 WHERE seq = 5")
        found = run(connection)
        assert "gap_free" in {check.name for check in found.checks if not check.ok}
        assert "after entry 0 comes -1" in {one.message for one in found.findings}


def test_how_far_it_is_is_told(engine: Engine, by_twos: None) -> None:
    told: list[tuple[int, int]] = []
    with opened(engine) as ledger:
        assert ledger.verify(full=True, progress=lambda done, total: told.append((done, total))).ok
    assert told == [(2, 12), (4, 12), (5, 12), (7, 12), (9, 12), (10, 12), (12, 12)]


@pytest.mark.parametrize(
    ("statement", "checks"),
    [
        ("UPDATE balance_day SET debit_cents = debit_cents + 1 WHERE debit_cents = 500", {"day_balances"}),
        ("UPDATE account_balance SET credit_cents = credit_cents + 1 WHERE credit_cents = 500", {"balances"}),
        ("DELETE FROM entry WHERE seq = 2", {"stray_postings", "balances", "day_balances", "corrections"}),
        ("UPDATE entry SET memo = 'Taart' WHERE seq = 2", set()),
    ],
)
def test_a_run_from_the_last_good_one_looks_at_all_that_is_kept(
    engine: Engine, by_twos: None, statement: str, checks: set[str]
) -> None:
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok
        ledger.post(draft("k13", debit("1000", 70), credit("4400", 70)))
        assert ledger.verify().ok
    with owner(engine) as connection:
        connection.exec_driver_sql(statement)
        found = Ledger.open(connection, book="bakery").verify()
        assert next(check.checked for check in found.checks if check.name == "chain") == 0
        bad = {check.name for check in found.checks if not check.ok} - {"guards", "frozen_trial_balances"}
        assert bad == checks


# ------------------------------------------------------------------------------------------------------ other processes


def spoil(engine: Engine, *statements: str) -> None:
    """What the owner does for good, past the guards."""
    with writing(engine) as connection:
        if is_sqlite(engine):
            guards = connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('entry', 'posting')"
            ).all()
            for name, _text in guards:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            guards = []
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
        for _name, text in guards:
            connection.exec_driver_sql(text)


def test_processes_share_the_work_and_end_with_it(engine: Engine, started: list[Any]) -> None:
    with reading(engine) as connection:
        assert run(connection).ok
    with writing(engine) as connection:
        assert run(connection).ok, "nothing was written yet"
    assert [process.returncode for process in started] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE entry SET memo = 'Taart' WHERE seq = 6", 6),
        ("UPDATE posting SET amount_cents = amount_cents * 2 WHERE entry_id = (SELECT id FROM entry WHERE seq = 8)", 8),
        ("DELETE FROM posting WHERE position = 1 AND entry_id = (SELECT id FROM entry WHERE seq = 10)", 10),
        ("UPDATE balance_day SET debit_cents = debit_cents + 1 WHERE debit_cents = 500", 1),
    ],
)
def test_processes_find_what_one_finds(engine: Engine, started: list[Any], statement: str, seq: int) -> None:
    spoil(engine, statement)
    with reading(engine) as connection:
        found = run(connection)
        assert len(started) == 2
        assert found.first_bad_seq == seq
        assert found == run_readable(connection)


def test_what_is_not_committed_is_looked_at_by_us_alone(engine: Engine, started: list[Any]) -> None:
    with opened(engine) as ledger:
        ledger.post(draft("k13", debit("1000", 70), credit("4400", 70)))
        assert ledger.verify(full=True).ok
        ledger.connection.rollback()
    assert started == []


def test_a_process_that_ends_too_soon_is_an_error(
    engine: Engine, started: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "fast_verify.py"
    program.write_text("input(); print('{}', flush=True); input(); raise SystemExit('the power went')")
    monkeypatch.setattr(parallel, "PROGRAM", program)
    with reading(engine) as connection, pytest.raises(UnfinishedCheck, match=r"entries \d+ to \d+ .*the power went"):
        run(connection)
    assert all(process.returncode is not None for process in started)


def test_where_no_other_may_open_the_database_we_do_it_alone(
    engine: Engine, started: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "fast_verify.py"
    program.write_text("""input(); print('{"refused": "no room"}', flush=True)""")
    monkeypatch.setattr(parallel, "PROGRAM", program)
    with reading(engine) as connection:
        assert run(connection).ok
    assert len(started) == 2


def test_where_no_process_can_be_started_we_do_it_alone(
    engine: Engine, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise BlockingIOError

    monkeypatch.setattr(parallel.subprocess, "Popen", refuse)
    with reading(engine) as connection:
        assert run(connection).ok


def test_who_interrupts_ends_the_processes(engine: Engine, started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_evidence: Evidence) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Evidence, "keep_alive", interrupt)
    with reading(engine) as connection, pytest.raises(KeyboardInterrupt):
        run(connection)
    assert [process.returncode is not None for process in started] == [True, True]


def test_a_process_knows_the_standard_library_and_the_driver_alone() -> None:
    program = f"import runpy, sys; runpy.run_path({fast_verify.__file__!r}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert not {"fund", "sqlalchemy", "psycopg"} & set(loaded.stdout.split())


# ------------------------------------------------------------------------------------------------- limits of accounts


def limited(engine: Engine, **limits: Any) -> None:
    """The owner gives the bank a limit, which its history was not held to."""
    with writing(engine) as connection:
        if not is_sqlite(engine):
            columns = ", ".join(f"{column} = :{column}" for column in limits)
            connection.execute(sa.text(f"UPDATE account SET {columns} WHERE code = '1000'"), limits)
            return
        account = connection.execute(sa.text("SELECT * FROM account WHERE code = '1000'")).mappings().one()
        head = connection.execute(sa.text("SELECT * FROM chain_head")).one()
        write_changes(connection, book=BOOK, head=head, accounts=[dict(account) | limits])


def broken(engine: Engine) -> list[tuple[int | None, str, str]]:
    with reading(engine) as connection:
        return [
            (one.seq, one.place, one.message)
            for check in run(connection).checks
            if check.name == "limits"
            for one in check.findings
        ]


def test_an_account_beyond_its_limit_is_found_on_its_day(engine: Engine) -> None:
    limited(engine, min_balance_cents=-10, max_balance_cents=600)
    assert broken(engine) == [
        (5, "account:1000/2027-02-05", "it stood at EUR 6.40 on 2027-02-05, beyond its limit of EUR 6.00")
    ]


def test_an_account_that_was_never_lowered_may_be_below_its_minimum(engine: Engine) -> None:
    limited(engine, min_balance_cents=600)
    assert broken(engine) == [], "until the first entry that lowers it, it was on its way up"
    limited(engine, min_balance_cents=640)
    assert broken(engine) == [
        (3, "account:1000/2027-03-10", "it stood at EUR 6.31 on 2027-03-10, beyond its limit of EUR 6.40")
    ]


def test_what_another_kind_may_have_done_is_no_finding(engine: Engine) -> None:
    limited(engine, max_balance_cents=600, limit_kinds='["adjusting","receipt"]')
    assert broken(engine) != []
    limited(engine, max_balance_cents=600, limit_kinds='["adjusting"]')
    assert broken(engine) == [], "a receipt is not bound, and came before"
