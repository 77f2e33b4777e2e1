"""The sealed chart: every change of an account leaves a row; one that no row speaks of is refused, or found."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import Connection, Engine, create_engine, is_sqlite, reading, writing
from fund.errors.ledger import (
    AccountExists,
    AppendOnly,
    BrokenChain,
    ClosedAccount,
    InvalidAccount,
    NotCanonical,
    UnfitAccount,
    UnsealedAccount,
)
from fund.ledger import GENESIS, AccountType, Ledger, Side, credit, debit, seal, verify_export
from fund.ledger.seal import step_hash
from fund.ledger.store.chart import Chart
from fund.ledger.verify import Finding
from fund.reports.exports.ledger import ledger_folder
from tests.ledger.attacks import account_sql, attempt, owner
from tests.ledger.conftest import BOOK, Opens, draft, opened
from tests.ledger.test_concurrency import CLIENTS, at_once

OVEN = {"name": "'Oven'", "type": "'asset'", "layer": "'actual'", "currency": "'EUR'", "normal_side": "'debit'"}


def changes(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return list(Chart(connection, Ledger.open(connection, book=BOOK).book_id).changes())


def found_by_chart(connection: Connection) -> list[Finding]:
    checks = Ledger.open(connection, book=BOOK).verify(full=True).checks
    return [finding for check in checks if check.name == "chart" for finding in check.findings]


def test_each_change_of_an_account_is_a_row_that_follows_the_one_before(engine: Engine) -> None:
    with opened(engine) as ledger:
        ledger.rename_account("1000", "Bankrekening")
        ledger.rename_account("1000", "Bankrekening")
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))
        ledger.close_account("4000")
        ledger.close_account("4000")
        ledger.reopen_account("4000")
        ledger.post(draft("2", debit("1000", 5), credit("3000.anna", 5)), account_names={"3000.anna": "Anna"})
        ledger.post(draft("3", debit("1000", 5), credit("3000.anna", 5)))
    rows = changes(engine)
    assert [(row["code"], row["name"], row["status"], row["head_seq"]) for row in rows[7:]] == [
        ("1000", "Bankrekening", "open", 0),
        ("4000", "Meel", "closed", 1),
        ("4000", "Meel", "open", 1),
        ("3000.anna", "Anna", "open", 1),
    ], "what says nothing new is no change"
    assert [row["number"] for row in rows] == list(range(1, 12))
    previous = GENESIS
    for row in rows:
        assert (row["previous_hash"], row["hash"]) == (previous, step_hash("account-change", BOOK, row)), row["code"]
        previous = row["hash"]
    with opened(engine) as ledger:
        check = next(one for one in ledger.verify().checks if one.name == "chart")
        assert (check.ok, check.checked) == (True, 11 + 8)


def test_the_chart_is_known_as_it_was_when_an_entry_was_written(engine: Engine) -> None:
    with opened(engine) as ledger:
        began = {account.code for account in ledger.accounts()}
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))
        ledger.rename_account("4000", "Bloem")
        ledger.post(draft("2", debit("1000", 5), credit("3000.anna", 5)))
        ledger.add_account("1900", name="Kluis", type=AccountType.ASSET)
        ledger.rename_account("4000", "Graan")
    with opened(engine) as ledger:
        known = {seq: ledger.accounts_known(seq) for seq in (0, 1, 2, 3)}
        assert set(known[0]) == set(known[1]) == began
        assert set(known[2]) == began | {"3000.anna"}
        assert known[3] == {account.code: account for account in ledger.accounts()}
        assert [known[seq]["4000"].name for seq in (0, 1, 2, 3)] == ["Meel", "Meel", "Bloem", "Graan"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(min_size=1, max_size=30).filter(str.strip),
    limits=st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1), min_size=2, max_size=2),
    kinds=st.none() | st.lists(st.text(max_size=10), max_size=3),
    days=st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=2, max_size=2),
)
def test_both_databases_seal_the_same_bytes_whatever_an_account_is_called(
    engine: Engine, name: str, limits: list[int | None], kinds: list[str] | None, days: list[date]
) -> None:
    low, high = limits if None in limits else sorted(limits)
    with engine.connect() as connection:
        try:
            Ledger.open(connection, book=BOOK).add_account(
                "1010", name=name, type=AccountType.ASSET, min_balance_cents=low, max_balance_cents=high,
                limit_kinds=kinds, valid_from=min(days), valid_until=max(days),
            )  # fmt: skip
        except NotCanonical:
            return  # a zero character, or half a pair
        assert found_by_chart(connection) == []
        connection.rollback()


def test_the_published_changes_are_sealed_alike_on_each_database(ledger_url: str) -> None:
    published = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["chart"]
    page = (Path(__file__).parents[2] / "docs" / "canonical-form.md").read_text(encoding="utf-8")
    engine = create_engine(ledger_url)
    with engine.connect() as connection:
        ledger = Ledger.create(connection, book=BOOK)
        at = published[0]["line"]["recorded_at"]  # to come, so that no clock is later than the head
        connection.execute(sa.text("UPDATE chain_head SET recorded_at = :at"), {"at": at})
        ledger.add_account(
            "1500", name="Brødkasse 🥖", type=AccountType.ASSET, min_balance_cents=0, max_balance_cents=2**63 - 1,
            limit_kinds=["verkoop", "crème"], valid_from=date(2027, 1, 1),
        )  # fmt: skip
        ledger.add_account("1290", name="Voorziening", type=AccountType.ASSET, normal_side=Side.CREDIT)
        ledger.rename_account("1500", "Kas, klein")
        ledger.close_account("1290")
        assert list(ledger.told_steps("account_change")) == [vector["line"] for vector in published]
        connection.rollback()
    engine.dispose()
    for vector in published:
        line, said = vector["line"], vector["canonical"].encode()
        assert verify_export.row_hash("account-change", BOOK, line) == vector["hash"] == line["hash"]
        assert seal(bytes.fromhex(line["previous_hash"]), said, "account-change").hex() == vector["hash"]
        assert f"`{vector['hash']}`" in page
    assert published[0]["canonical"] in page


def test_a_refused_batch_leaves_no_row(book: Opens, engine: Engine) -> None:
    with book() as ledger:
        ledger.post_many(
            [draft("1", debit("1000", 5), credit("3000.anna", 4)), draft("2", debit("1000", 5), credit("3000.bob", 5))],
            on_error="skip",
        )
        ledger.post_many([draft("3", debit("1000", 5), credit("3000.carla", 5))], dry_run=True)
    assert [row["code"] for row in changes(engine)[7:]] == ["3000.bob"]


def test_eight_clients_that_open_accounts_at_once_make_one_chart(engine: Engine) -> None:
    def work(number: int) -> int:
        for round in range(3):
            try:
                with opened(engine) as ledger:
                    ledger.add_account(f"70{round}{number % 2}", name="Oven", type=AccountType.ASSET)
                    ledger.post(draft(f"{number}-{round}", debit("1000", 1), credit(f"3000.p{number}x{round % 2}", 1)))
            except AccountExists:
                with opened(engine) as ledger:
                    ledger.post(draft(f"{number}-{round}", debit("1000", 1), credit(f"3000.p{number}x{round % 2}", 1)))
        return number

    at_once(work)
    rows = changes(engine)
    assert len(rows) == 7 + 3 * 2 + CLIENTS * 2
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok


# ---------------------------------------------------------------------------------------------- raw SQL, by any client


def test_whoever_changes_an_account_leaves_its_row(engine: Engine) -> None:
    statements = [
        account_sql(engine, "7000", **OVEN),
        account_sql(engine, "1000", name="'Kas'", min_balance_cents="0"),
        account_sql(engine, "1000", status="'closed'", limit_kinds="""'["x"]'"""),
    ]
    assert attempt(engine, *statements) is None
    said = [(row["code"], row["name"], row["status"], row["min_balance_cents"]) for row in changes(engine)[7:]]
    assert said == [("7000", "Oven", "open", None), ("1000", "Kas", "open", 0), ("1000", "Kas", "closed", 0)]
    with opened(engine) as ledger:
        assert (ledger.account("7000").name, ledger.account("1000").min_balance_cents) == ("Oven", 0)
        assert ledger.account("1000").limit_kinds == ("x",)
        hashes = {finding.template for finding in found_by_chart(ledger.connection)}
    # No database of this kind can hash: what another client wrote there is let in, and its false hash is found.
    assert hashes == ({"its hash is not the hash of what it says"} if is_sqlite(engine) else set())


def test_on_sqlite_no_account_is_opened_or_changed_without_its_row(engine: Engine) -> None:
    if not is_sqlite(engine):
        return  # there the row is written by the account
    columns = ", ".join(OVEN)
    for verb in ("INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "INSERT OR FAIL"):
        opening = f"{verb} INTO account (book_id, code, {columns}) VALUES (1, '7000', {', '.join(OVEN.values())})"
        assert isinstance(attempt(engine, opening), UnsealedAccount), verb
    for change in (
        "name = 'x'", "status = 'closed'", "min_balance_cents = 1", "max_balance_cents = 1", "limit_kinds = '[]'",
        "valid_from = '2027-01-01'", "valid_until = '2027-01-01'",
    ):  # fmt: skip
        for verb in ("UPDATE", "UPDATE OR IGNORE", "UPDATE OR FAIL"):
            assert isinstance(attempt(engine, f"{verb} account SET {change} WHERE code = '1000'"), UnsealedAccount)
    assert len(changes(engine)) == 7


@pytest.mark.parametrize(
    "change",
    [
        {"number": "chart_number + 2"},
        {"number": "chart_number"},
        {"previous_hash": "zeroblob(32)"},
        {"head_seq": "seq + 1"},
        {"head_hash": "randomblob(32)"},
        {"recorded_at": "recorded_at - 1"},
    ],
)
def test_on_sqlite_a_row_out_of_the_chain_is_refused(engine: Engine, change: dict[str, str]) -> None:
    if is_sqlite(engine):
        assert isinstance(attempt(engine, account_sql(engine, "1000", name="'x'", **change)), BrokenChain)


def test_what_no_account_can_be_is_no_row_either(engine: Engine) -> None:
    for bad in ({"currency": "'eur'"}, {"type": "'x'"}, {"layer": "'commitment'"}):
        opening = account_sql(engine, "7000", **OVEN | bad)
        assert isinstance(attempt(engine, opening), InvalidAccount)
        if is_sqlite(engine):
            assert isinstance(attempt(engine, opening.replace("INSERT", "INSERT OR IGNORE", 1)), UnsealedAccount)
    other_side = account_sql(engine, "1000", normal_side="'credit'")
    assert isinstance(attempt(engine, other_side), UnsealedAccount if is_sqlite(engine) else AppendOnly)
    assert len(changes(engine)) == 7


@pytest.mark.parametrize(
    "change", [{"currency": "'USD'"}, {"type": "'equity'"}, {"type": "'memo'", "layer": "'commitment'"}]
)
def test_a_sub_account_that_does_not_fit_its_main_is_refused_and_a_main_that_does_not_fit_its_sub_accounts(
    engine: Engine, change: dict[str, str]
) -> None:
    assert attempt(engine, account_sql(engine, "7000.a", **OVEN)) is None
    assert attempt(engine, account_sql(engine, "1000.a", **OVEN)) is None
    for code in ("1000.b", "7000", "7000.b"):  # of the bank; over its oven; beside it, without a main
        opening = account_sql(engine, code, **OVEN | change)
        assert isinstance(attempt(engine, opening), UnfitAccount), code
        if is_sqlite(engine):
            assert isinstance(attempt(engine, opening.replace("INSERT", "INSERT OR IGNORE", 1)), UnfitAccount), code
    assert len(changes(engine)) == 9
    assert attempt(engine, *(account_sql(engine, code, **OVEN) for code in ("1000.b", "7000", "7000.b"))) is None


def test_on_postgresql_accounts_of_one_statement_must_fit_each_other(engine: Engine) -> None:
    if is_sqlite(engine):
        return
    opening = (
        "INSERT INTO account (book_id, code, name, type, layer, currency, normal_side)"
        " VALUES (1, '7000.a', 'x', 'asset', 'actual', 'EUR', 'debit'),"
        " (1, '7000', 'x', 'asset', 'actual', 'USD', 'debit')"
    )
    assert isinstance(attempt(engine, opening), UnfitAccount)


def test_nothing_opens_under_a_closed_main(engine: Engine) -> None:
    assert attempt(engine, account_sql(engine, "1000.a", **OVEN)) is None
    with opened(engine) as ledger:
        ledger.close_account("1000")
        with pytest.raises(ClosedAccount) as refused:
            ledger.add_account("1000.b", name="Oven", type=AccountType.ASSET)
        assert refused.value.details["account"] == "1000"
    assert isinstance(attempt(engine, account_sql(engine, "1000.b", **OVEN)), ClosedAccount)
    with opened(engine) as ledger:  # what is open there already stays open
        ledger.post(draft("1", debit("1000.a", 5), credit("3000", 5)))
        ledger.reopen_account("1000")
    assert attempt(engine, account_sql(engine, "1000.b", **OVEN)) is None


def test_rows_of_the_chart_are_not_changed_removed_or_made_up(engine: Engine) -> None:
    statements = ["UPDATE account_change SET name = 'x'", "DELETE FROM account_change WHERE number = 7"]
    if not is_sqlite(engine):  # there it would be the way to change an account
        statements += [
            "TRUNCATE account_change",
            "INSERT INTO account_change SELECT book_id, 8, code, 'x', type, layer, currency, normal_side, 1, 1, status,"
            " limit_kinds, valid_from, valid_until, head_seq, head_hash, recorded_at, 1, hash, hash"
            " FROM account_change WHERE number = 7",
        ]
    for statement in statements:
        assert isinstance(attempt(engine, statement), AppendOnly), statement


def test_on_postgresql_one_statement_may_open_accounts_of_two_books_or_find_them_there(engine: Engine) -> None:
    if is_sqlite(engine):
        return
    with engine.connect() as connection:
        dairy = Ledger.create(connection, book="dairy")
        opening = (
            f"INSERT INTO account (book_id, code, {', '.join(OVEN)})"
            f" SELECT book.id, code, {', '.join(OVEN.values())} FROM book CROSS JOIN"
            " (VALUES ('7000'), ('7001')) AS new (code) ORDER BY code ON CONFLICT DO NOTHING"
        )
        assert [connection.exec_driver_sql(opening).rowcount for _ in range(2)] == [4, 0]
        connection.exec_driver_sql("UPDATE account SET name = 'Ovens' WHERE code LIKE '700_'")
        for ledger in (dairy, Ledger.open(connection, book=BOOK)):
            rows = list(Chart(connection, ledger.book_id).changes())[-4:]
            assert [(row["code"], row["name"]) for row in rows] == [
                ("7000", "Oven"), ("7001", "Oven"), ("7000", "Ovens"), ("7001", "Ovens"),
            ]  # fmt: skip
            assert ledger.verify(full=True).ok
        connection.rollback()


# ------------------------------------------------------------------------------------ the owner, with the guards away


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """The bakery with changes at three heads: the last one, of 3000.anna, at entry 2."""
    with opened(engine) as ledger:
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))
        ledger.rename_account("4000", "Bloem")
        ledger.post(draft("2", debit("1000", 5), credit("4400", 5)))
        ledger.post(draft("3", debit("1000", 5), credit("3000.anna", 5)))
    return engine


@pytest.mark.parametrize(
    ("statement", "place", "seq", "said"),
    [
        ("UPDATE account SET name = 'x' WHERE code = '4000'", "account:4000", 1, "change 8 of the chart says: name"),
        ("UPDATE account SET status = 'closed' WHERE code = '3000.anna'", "account:3000.anna", 2, "says: status"),
        ("UPDATE account SET normal_side = 'credit', max_balance_cents = 5 WHERE code = '4000'", "account:4000", 1,
         "says: normal_side, max_balance_cents"),
        ("UPDATE account SET valid_from = '2027-01-01' WHERE code = '1290'", "account:1290", 0, "says: valid_from"),
        ("UPDATE account SET limit_kinds = '[]' WHERE code = '1290'", "account:1290", 0, "says: limit_kinds"),
        ("UPDATE account_change SET name = 'x' WHERE number = 9", "account_change:3000.anna/9", 2, "not the hash"),
        ("UPDATE account_change SET head_seq = 3 WHERE number = 9", "account_change:3000.anna/9", 3, "entry 3 is not"),
        ("DELETE FROM account_change WHERE number = 8", "account_change:3000.anna/9", 2, "change 8 of the chart is"),
        ("DELETE FROM account_change WHERE number = 9", "account:3000.anna", 3, "the chart does not know it"),
        ("DELETE FROM account WHERE code = '1290'", "account:1290", 0, "there is no such account"),
        ("UPDATE chain_head SET chart_number = 8", "chain_head", 3, "names change 8 of the chart; the last one is"),
    ],
)  # fmt: skip
def test_what_the_owner_did_to_the_chart_is_found_and_named(
    filled: Engine, statement: str, place: str, seq: int | None, said: str
) -> None:
    with owner(filled) as connection:
        connection.exec_driver_sql(statement)
        found = [(finding.place, finding.seq, finding.message) for finding in found_by_chart(connection)]
        assert any(one[:2] == (place, seq) and said in one[2] for one in found), found


def test_a_chart_that_was_hashed_anew_is_as_good_as_the_head_that_somebody_kept(filled: Engine) -> None:
    """A renaming is taken out, what follows is hashed anew: found by the head, until that is written anew as well."""
    with owner(filled) as connection:
        book_id = Ledger.open(connection, book=BOOK).book_id
        connection.exec_driver_sql("DELETE FROM account_change WHERE number = 8")
        connection.exec_driver_sql("UPDATE account_change SET number = 8 WHERE number = 9")
        connection.exec_driver_sql("UPDATE account SET name = 'Meel' WHERE code = '4000'")
        previous = GENESIS
        for row in list(Chart(connection, book_id).changes()):
            row["previous_hash"] = previous
            previous = step_hash("account-change", BOOK, row)
            connection.execute(
                sa.text("UPDATE account_change SET previous_hash = :previous_hash, hash = :new WHERE number = :number"),
                {"previous_hash": row["previous_hash"], "new": previous, "number": row["number"]},
            )
        assert [finding.place for finding in found_by_chart(connection)] == ["chain_head"]
        connection.execute(sa.text("UPDATE chain_head SET chart_number = 8, chart_hash = :hash"), {"hash": previous})
        assert found_by_chart(connection) == []


def test_the_changes_of_accounts_are_exported_as_they_are_sealed(filled: Engine, tmp_path: Path) -> None:
    with opened(filled) as ledger:
        told = ledger_folder(ledger, tmp_path / "export")
    assert "account_changes.jsonl" in told["manifest"]["files"]
    lines = (tmp_path / "export" / "account_changes.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["number"] for row in rows] == list(range(1, 10))
    assert all(verify_export.row_hash("account-change", BOOK, row) == row["hash"] for row in rows)


def test_a_book_of_many_accounts_is_read_page_by_page(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fund.ledger.store.chart.PAGE", 3)
    engine = create_engine(ledger_url)
    with writing(engine) as connection:
        ledger = Ledger.create(connection, book=BOOK)
        for number in range(7):
            ledger.add_account(f"1{number}", name="x", type=AccountType.ASSET)
        check = next(one for one in ledger.verify().checks if one.name == "chart")
        assert (check.ok, check.checked) == (True, 14)
    engine.dispose()
