"""What is asked often is answered from an index, on each database: the plans, without timings.

``docs/scale.md`` shows the same plans with what they cost at a million entries.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from fund.database import Engine, is_sqlite
from fund.ledger import Ledger, credit, debit
from tests.ledger.conftest import DAY, Opens, draft, opened

BIG = ("entry", "posting", "balance_day", "account_balance")
ASKED: dict[str, tuple[Callable[[Ledger], Any], str]] = {
    "a balance as of a day": (lambda ledger: ledger.balance("1000", as_of=DAY), "balance_day"),
    "the balance of a sub-account": (lambda ledger: ledger.balance("3000.anna", as_of=DAY), "balance_day"),
    "the balance of now": (lambda ledger: ledger.balance("1000"), "account_balance"),
    "turnover between days": (lambda ledger: ledger.turnover("1000", since=DAY, as_of=DAY), "balance_day"),
    "a balance as known lately": (lambda ledger: ledger.balance("1000", known_at=9), "posting"),
    "a balance as known early": (lambda ledger: ledger.balance("1000", as_of=DAY, known_at=1), "posting"),
    "a balance without closing entries": (lambda ledger: ledger.balance("1000", kinds_excluded=("closing",)), "entry"),
    "turnover of a kind": (lambda ledger: ledger.turnover("1000", kinds=("receipt",)), "entry"),
    "the card of an account": (lambda ledger: list(ledger.card("3000")), "ix_posting_account_id"),
    "the entries of an account": (lambda ledger: list(ledger.entries(account="3000")), "ix_posting_account_id"),
    "the entries after a number": (lambda ledger: list(ledger.entries(since_seq=9)), "entry"),
    "the entries of a kind": (lambda ledger: list(ledger.entries(kind="receipt")), "ix_entry_book_id_kind"),
    "the entries of a fact": (lambda ledger: list(ledger.entries(event_id="evt_1")), "ix_entry_event"),
    "the entry under a key": (lambda ledger: ledger.find("1"), "entry"),
    "the reversal of an entry": (lambda ledger: ledger.reversal_of(1), "entry"),
    "the parts of an entry": (lambda ledger: ledger.parts_of(1), "ix_entry_part_of"),
    "the replacement of an entry": (lambda ledger: ledger.replacement_of(1), "ix_entry_replaces"),
    "the entries of some days": (lambda ledger: list(ledger.entries(since=DAY, as_of=DAY)), "entry"),
    "the last entry until a day": (lambda ledger: ledger.last_entry(as_of=DAY), "entry"),
    "a page of the export": (lambda ledger: list(ledger.export_entries()), "entry"),
}


def plan(ledger: Ledger, query: str, values: tuple[Any, ...]) -> str:
    """How the database would answer, whatever the values are and however few rows there are."""
    if is_sqlite(ledger.connection):
        rows = ledger.connection.exec_driver_sql("EXPLAIN QUERY PLAN " + query, values)
        return "\n".join(row[-1] for row in rows)
    number = iter(range(1, 100))
    generic = re.sub(r"\?", lambda _mark: f"${next(number)}", query)
    ledger.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    cursor = ledger.connection.connection.cursor()
    cursor.execute("EXPLAIN (GENERIC_PLAN) " + generic)
    return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_often_reads_no_table_from_end_to_end(
    name: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, index = ASKED[name]
    asked: list[tuple[str, tuple[Any, ...]]] = []

    def listened(method: Callable[..., Any]) -> Callable[..., Any]:
        def to(ledger: Ledger, query: str, *values: Any) -> Any:
            asked.append((query, values))
            return method(ledger, query, *values)

        return to

    with opened(engine) as ledger:
        ledger.post(draft("1", debit("1000", 5), credit("3000.anna", 5), metadata={"event_id": "evt_1"}))
        for way in ("_ask", "_value", "_stream"):
            monkeypatch.setattr(Ledger, way, listened(getattr(Ledger, way)))
        ask(ledger)
        monkeypatch.undo()
        assert asked
        plans = [plan(ledger, query, values) for query, values in asked]
    for found in plans:
        assert not re.search(rf"\bSCAN ({'|'.join(BIG)})\b", found), found
        assert not re.search(rf"Seq Scan on ({'|'.join(BIG)})\b", found), found
    assert index in "".join(plans)


def test_what_was_known_is_the_same_by_every_way_of_asking(book: Opens) -> None:
    days = [date(2027, 3, day) for day in (10, 12, 11, 10, 13, 12)]
    with book() as ledger:
        for number, day in enumerate(days, 1):
            kind = "closing" if number == 3 else "receipt"
            ledger.post(draft(f"{number}", debit("1000", number), credit("3000.anna", number), on=day, kind=kind))
        ledger.post(draft("7", debit("4000", 70), credit("3000.bob", 70)))
        for known_at in range(9):
            for as_of in (None, *sorted(set(days))):
                those = [
                    (number, day)
                    for number, day in enumerate(days, 1)
                    if number <= known_at and (as_of is None or day <= as_of)
                ]
                whole = sum(number for number, _day in those)
                open_ = whole - sum(number for number, _day in those if number == 3)
                assert ledger.balance("1000", as_of=as_of, known_at=known_at) == whole
                assert ledger.balance("3000.anna", as_of=as_of, known_at=known_at) == -whole
                left = ledger.balance("1000", as_of=as_of, known_at=known_at, kinds_excluded=["closing"])
                assert left == open_
                rows = {row.code for row in ledger.trial_balance(as_of=as_of, known_at=known_at)}
                late = {"4000", "3000.bob"} if known_at >= 7 else set()
                assert rows == ({"1000", "3000.anna"} if those else set()) | late


def test_a_kind_with_any_signs_in_it_is_still_that_kind(book: Opens) -> None:
    kinds = ["it's", "100%", "what?", 'a"b', "a\\b", "plain"]
    with book() as ledger:
        for number, kind in enumerate(kinds):
            ledger.post(draft(kind, debit("1000", 1 << number), credit("3000", 1 << number), kind=kind))
        for number, kind in enumerate(kinds):
            assert ledger.turnover("1000", kinds=[kind, "plain"]).debit_cents == (1 << number) | 32
            assert ledger.balance("1000", kinds_excluded=[kind]) == 63 - (1 << number)


def test_an_answer_that_the_database_refuses_is_an_error_like_any_other(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        ledger = Ledger.open(connection, book="bakery")
        connection.exec_driver_sql("ALTER TABLE balance_day RENAME TO elsewhere")
        with pytest.raises(sa.exc.DBAPIError, match="balance_day"):
            ledger.balance("1000", as_of=DAY)
        transaction.rollback()
