"""Rows of entries that come many at a time, each with its number and seal: PostgreSQL looks at them as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import Engine, create_engine, is_sqlite, writing
from fund.errors import FundError
from fund.ledger import AccountType, EntryDraft, Ledger, Posting, credit, debit
from fund.ledger.store.direct_post import _ENTRIES_SQLITE, LEGS_SQLITE, _field, _plain_row
from fund.ledger.store.refusals import refusal_of
from tests.ledger.conftest import BOOK, Opens, draft, fill_chart, opened

Row = dict[str, Any]
COLUMNS = _ENTRIES_SQLITE[_ENTRIES_SQLITE.index("(") + 1 : _ENTRIES_SQLITE.index(")")].split(", ")


def batch(ledger: Ledger, size: int = 3) -> tuple[list[Row], list[Row]]:
    """Legs and entries that are right in all, as our own library would seal them."""
    drafts = [draft(f"b{number}", debit("1000", 10 + number), credit("3000", 10 + number)) for number in range(size)]
    return sealed(ledger, drafts)


def sealed(ledger: Ledger, drafts: list[EntryDraft]) -> tuple[list[Row], list[Row]]:
    """The rows of drafts, sealed after the head of the book."""
    book = _field(ledger.book)
    rows = [row for one in drafts if (row := _plain_row(one, book)) is not None]
    assert len(rows) == len(drafts)
    accounts = {
        row.code: (row.id, b"".join(map(_field, (row.code, row.type, row.layer, row.currency))))
        for row in ledger.connection.execute(sa.text("SELECT * FROM account"))
    }
    head = ledger.connection.execute(sa.text("SELECT seq, hash, recorded_at FROM chain_head WHERE book_id = 1")).one()
    legs, entries, _results = ledger._sealed(drafts, rows, accounts, (head[0], bytes(head[1]), head[2]), book)
    names = ("entry_id", "position", "legs", "account_id", "amount_cents")
    return [dict(zip(names, leg, strict=True)) for leg in legs], [
        dict(zip(COLUMNS, entry, strict=True)) for entry in entries
    ]


def send(engine: Engine, legs: list[Row], entries: list[Row]) -> FundError | None:
    """One statement for all legs, one for all entries, and a commit."""
    try:
        with engine.connect() as connection:
            for table, rows in (("posting", legs), ("entry", entries)):
                names = list(rows[0])
                values = ", ".join(f"({', '.join(f':{name}{place}' for name in names)})" for place in range(len(rows)))
                connection.execute(
                    sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES {values}"),
                    {f"{name}{place}": value for place, row in enumerate(rows) for name, value in row.items()},
                )
            connection.commit()
    except sa.exc.DBAPIError as problem:
        refusal = refusal_of(problem)
        if refusal is None:
            raise
        return refusal
    return None


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    """A fresh database with the bakery's chart and one entry."""
    engine = create_engine(postgres_url)
    with writing(engine) as connection:
        ledger = Ledger.create(connection, book=BOOK)
        fill_chart(ledger)
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.add_account("5000", name="Dicht", type=AccountType.EXPENSE, valid_until=date(2027, 1, 1))
        ledger.post(draft("first", debit("1000", 100), credit("3000", 100)))
    yield engine
    engine.dispose()


def test_a_batch_that_is_right_goes_in_whoever_sends_it(postgres: Engine) -> None:
    with opened(postgres) as ledger:
        legs, entries = batch(ledger)
    assert send(postgres, legs, entries) is None
    with opened(postgres) as ledger:
        assert ledger.head().seq == 4
        assert ledger.balance("1000") == 100 + 10 + 11 + 12
        assert ledger.verify(full=True).ok


def _flip(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


WRONG: dict[str, tuple[str, Callable[[list[Row], list[Row]], Any]]] = {
    "a false hash in the middle": ("broken_chain", lambda legs, rows: rows[1].update(hash=_flip(rows[1]["hash"]))),
    "a false hash at the end": ("broken_chain", lambda legs, rows: rows[2].update(hash=_flip(rows[2]["hash"]))),
    "a false hash of the request": (
        "broken_chain",
        lambda legs, rows: rows[2].update(request_hash=_flip(rows[2]["request_hash"])),
    ),
    "a false previous hash": (
        "broken_chain",
        lambda legs, rows: rows[0].update(previous_hash=_flip(rows[0]["previous_hash"])),
    ),
    "a number left out": ("broken_chain", lambda legs, rows: rows[2].update(seq=6)),
    "a number below one": ("broken_chain", lambda legs, rows: rows[0].update(seq=0)),
    "all numbers below one": (
        "broken_chain",
        lambda legs, rows: [row.update(seq=-place) for place, row in enumerate(rows)],
    ),
    "an instant that runs back": ("broken_chain", lambda legs, rows: rows[1].update(recorded_at=1)),
    "another memo": ("broken_chain", lambda legs, rows: rows[1].update(memo="iets anders")),
    "another day": ("broken_chain", lambda legs, rows: rows[1].update(effective_on="2027-03-11")),
    "a text that is not in normal form C": ("not_canonical", lambda legs, rows: rows[1].update(memo="e\u0301")),
    "a leg of another amount": ("unbalanced_entry", lambda legs, rows: legs[2].update(amount_cents=999)),
    "both legs of another amount": (
        "broken_chain",
        lambda legs, rows: [legs[2].update(amount_cents=999), legs[3].update(amount_cents=-999)],
    ),
    "a leg that is missing": ("too_few_postings", lambda legs, rows: legs.pop(3)),
    "an account that is not there": ("too_few_postings", lambda legs, rows: legs[3].update(account_id=9_999)),
    "no legs at all": (
        "too_few_postings",
        lambda legs, rows: [leg.update(entry_id="ent_other") for leg in legs[2:4]] and legs.__delitem__(slice(2, 4)),
    ),
    "the same key again": ("idempotency_conflict", lambda legs, rows: rows[1].update(idempotency_key="first")),
    "a key twice": ("idempotency_conflict", lambda legs, rows: rows[1].update(idempotency_key="b0")),
    "a book that is not there": ("unknown_book", lambda legs, rows: [row.update(book_id=999) for row in rows]),
    "one entry of a book that is not there": ("unknown_book", lambda legs, rows: rows[2].update(book_id=999, seq=1)),
    "metadata that speak of a correction in escapes": (
        "empty_text",
        lambda legs, rows: rows[1].update(metadata='{"corr\\u0065ction":{"part_of":1}}'),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_batch_in_which_anything_is_wrong_is_refused_whole(postgres: Engine, what: str) -> None:
    code, spoil = WRONG[what]
    with opened(postgres) as ledger:
        legs, entries = batch(ledger)
    spoil(legs, entries)
    refusal = send(postgres, legs, entries)
    assert refusal is not None
    assert refusal.code() == code
    with opened(postgres) as ledger:
        assert ledger.head().seq == 1
        assert ledger.balance("1000") == 100
        assert ledger.verify(full=True).ok


REFUSED: dict[str, tuple[str, Callable[[Ledger], Any], tuple[Posting, ...]]] = {
    "a closed account": (
        "closed_account",
        lambda ledger: ledger.close_account("4000"),
        (debit("4000", 5), credit("3000", 5)),
    ),
    "an account that ended": ("account_not_valid", lambda ledger: None, (debit("5000", 5), credit("3000", 5))),
    "a closed month": (
        "closed_period",
        lambda ledger: ledger.lock_period("2027-03", actor="a"),
        (debit("4000", 5), credit("3000", 5)),
    ),
    "two layers that do not balance": ("unbalanced_entry", lambda ledger: None, (debit("1000", 5), credit("9010", 5))),
    "an account below its limit": ("limit_exceeded", lambda ledger: None, (debit("4000", 5), credit("1010", 5))),
    "a set below its limit": (
        "set_limit_exceeded",
        lambda ledger: ledger.limit_set("free", {"1000": 1}, actor="a", min_balance_cents=90),
        (debit("4000", 50), credit("1000", 50)),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_book_does_not_take_it_does_not_take_in_a_batch(postgres: Engine, what: str) -> None:
    code, prepare, legs_wrong = REFUSED[what]
    with opened(postgres) as ledger:
        prepare(ledger)
    with opened(postgres) as ledger:
        drafts = [
            draft("good", debit("9000", 1), credit("9010", 1), kind="adjusting"),
            draft("wrong", *legs_wrong),
            draft("good too", debit("9000", 2), credit("9010", 2), kind="adjusting"),
        ]
        legs, entries = sealed(ledger, drafts)
    refusal = send(postgres, legs, entries)
    assert refusal is not None
    assert refusal.code() == code
    with opened(postgres) as ledger:
        assert ledger.head().seq == 1
        assert ledger.verify(full=True).ok


def test_a_limit_is_kept_entry_by_entry_not_only_at_the_end_of_the_batch(postgres: Engine) -> None:
    with opened(postgres) as ledger:
        drafts = [draft("out", debit("4000", 5), credit("1010", 5)), draft("in", debit("1010", 5), credit("3000", 5))]
        legs, entries = sealed(ledger, drafts)
        turned = sealed(ledger, drafts[::-1])
    refusal = send(postgres, legs, entries)
    assert refusal is not None
    assert refusal.code() == "limit_exceeded"
    assert send(postgres, *turned) is None


def test_an_entry_of_several_layers_and_currencies_goes_in_with_a_batch(book: Opens) -> None:
    with book() as ledger:
        ledger.add_account("1100", name="Dollars", type=AccountType.ASSET, currency="USD")
        ledger.add_account("3100", name="Kapitaal in dollars", type=AccountType.EQUITY, currency="USD")
        both = (debit("1000", 5), credit("3000", 5), debit("9000", 7), credit("9010", 7))
        three = (*both, debit("1100", 9), credit("3100", 9))
        ledger.post_many([draft("1", *both), draft("2", *three)])
        assert (ledger.balance("9000"), ledger.balance("1100")) == (14, 9)
        assert ledger.verify(full=True).ok


@pytest.mark.parametrize("first", ["counts itself", "brings its number"])
def test_a_row_that_counts_itself_takes_the_number_that_another_brought(postgres: Engine, first: str) -> None:
    """In one statement; whichever comes first, the second finds its number taken."""
    with opened(postgres) as ledger:
        legs, entries = batch(ledger, 2)
    brought = dict(entries[1], seq=2)
    itself = dict(entries[0]) | dict.fromkeys(("previous_hash", "hash", "request_hash")) | {"seq": None}
    rows = [itself, brought] if first == "counts itself" else [brought, itself]
    with pytest.raises(sa.exc.DBAPIError, match=r"uq_entry_book_id_seq|ledger: broken_chain"):
        send(postgres, legs, rows)
    with opened(postgres) as ledger:
        assert ledger.head().seq == 1


plain = st.builds(
    lambda key, amounts, day, memo, at: draft(
        key,
        *(debit("1000", cents) for cents in amounts),
        credit("3000", sum(amounts)),
        on=date(2027, 3, day),
        memo=memo,
        recorded_at=at,
    ),
    key=st.text("abcdefgh", min_size=1, max_size=3),
    amounts=st.lists(st.integers(1, 10_000), min_size=1, max_size=4),
    day=st.integers(1, 31),
    memo=st.sampled_from(["Ontvangst", "Coöperatie “Eem”", 'met "aanhaling" en \\', "a,b{c}", "NULL", " 'x' ", "🙂"]),
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(drafts=st.lists(plain, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_the_short_road_and_the_careful_one_write_the_same(engine: Engine, drafts: list[EntryDraft]) -> None:
    def rows(ledger: Ledger, answer: Any) -> Any:
        entries = [
            (one.id, one.memo, one.effective_on, dict(one.metadata), one.postings, one.kind, one.actor)
            for one in ledger.entries()
        ]
        answers = [one.code() if isinstance(one, FundError) else (one.seq, one.replayed) for one in answer]
        sums = [(row.code, row.debit_cents, row.credit_cents) for row in ledger.trial_balance()]
        return entries, answers, sums, ledger.verify(full=True).ok

    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        careful = connection.begin_nested()
        by_hand = rows(ledger, _careful(ledger, drafts))
        careful.rollback()
        found = rows(ledger, _short(ledger, drafts))
        assert found == by_hand
        assert found[-1]
        connection.rollback()


def _careful(ledger: Ledger, drafts: list[EntryDraft]) -> Any:
    try:
        with ledger.connection.begin_nested():
            return ledger._post(drafts, {}, skip=False)
    except FundError as refusal:
        return [refusal]


def _short(ledger: Ledger, drafts: list[EntryDraft]) -> Any:
    try:
        with ledger.connection.begin_nested():
            return ledger.post_many(drafts)
    except FundError as refusal:
        return [refusal]


def test_the_statements_that_the_test_borrows_are_the_ones_that_write(engine: Engine) -> None:
    assert "INSERT INTO posting" in LEGS_SQLITE
    assert len(COLUMNS) == 15
    with opened(engine) as ledger:
        posted = ledger.post_many([draft("1", debit("1000", 1), credit("3000", 1))])
        assert is_sqlite(engine) or not isinstance(posted[0], FundError)
