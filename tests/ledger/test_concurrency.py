"""Eight clients at once, as threads: each has a connection of its own. Processes stand in test_processes.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date
from typing import Any, TypeVar

import pytest

from fund.database import Engine, create_engine, is_sqlite, reading, translated
from fund.errors import FundError
from fund.errors.database import DatabaseBusy
from fund.errors.ledger import IdempotencyConflict, LimitExceeded
from fund.ledger import AccountType, EntryDraft, Ledger, Posted, credit, debit
from tests.ledger.conftest import BOOK, draft, opened

CLIENTS = 8
T = TypeVar("T")


def at_once(work: Callable[[int], T]) -> list[T]:
    """The answers of eight clients that start at the same moment, each with a connection of its own."""
    start = threading.Barrier(CLIENTS)

    def one(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(CLIENTS)))


def test_eight_clients_posting_at_once_make_one_chain(engine: Engine) -> None:
    def work(number: int) -> list[int]:
        seqs = []
        for round in range(5):
            with opened(engine) as ledger:
                posted = ledger.post(
                    draft(f"{number}-{round}", debit("1000", 10), credit(f"3000.p{(number + round) % 3}", 10))
                )
                seqs.append(posted.seq)
        return seqs

    seqs = at_once(work)
    assert sorted(seq for one in seqs for seq in one) == list(range(1, CLIENTS * 5 + 1))
    assert all(one == sorted(one) for one in seqs)
    with opened(engine) as ledger:
        assert ledger.balance("1000") == CLIENTS * 50
        assert len(ledger.accounts("3000")) == 4
        assert ledger.verify(full=True).ok


def test_the_same_key_from_eight_clients_is_one_entry(engine: Engine) -> None:
    def work(_number: int) -> Posted:
        with opened(engine) as ledger:
            return ledger.post(draft("once", debit("1000", 10), credit("3000.anna", 10)))

    answers = at_once(work)
    assert sorted(one.replayed for one in answers) == [False] + [True] * (CLIENTS - 1)
    assert len({(one.seq, one.hash) for one in answers}) == 1
    with opened(engine) as ledger:
        assert ledger.balance("1000") == 10
        assert ledger.verify(full=True).ok


def test_the_same_key_for_different_things_from_eight_clients_is_one_entry_and_seven_conflicts(engine: Engine) -> None:
    def work(number: int) -> Posted | FundError:
        try:
            with opened(engine) as ledger:
                return ledger.post(draft("once", debit("1000", 1 + number), credit("3000", 1 + number)))
        except IdempotencyConflict as refusal:
            return refusal

    answers = at_once(work)
    assert sum(isinstance(one, Posted) for one in answers) == 1
    with opened(engine) as ledger:
        assert ledger.head().seq == 1
        assert ledger.verify(full=True).ok


def test_from_eight_clients_exactly_the_affordable_ones_pass(engine: Engine) -> None:
    with opened(engine) as ledger:
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.post(draft("0", debit("1010", 50), credit("3000", 50), on=date(2027, 3, 1)))

    def work(number: int) -> bool:
        try:
            with opened(engine) as ledger:
                on = date(2027, 3, 1 + number)
                ledger.post(draft(f"out{number}", debit("4000", 10), credit("1010", 10), on=on))
        except LimitExceeded:
            return False
        return True

    assert sorted(at_once(work)) == [False] * 3 + [True] * 5
    with opened(engine) as ledger:
        assert ledger.balance("1010") == 0
        assert ledger.verify(full=True).ok


def test_batches_from_eight_clients_do_not_lock_each_other_out(engine: Engine) -> None:
    """Each opens the same sub-accounts, in another order, in a transaction of several batches."""

    def work(number: int) -> int:
        holders = [f"3000.h{(number * 3 + step) % 8}" for step in range(8)]
        with opened(engine) as ledger:
            for batch in (holders[:4], holders[4:]):
                ledger.post_many([draft(f"{number}-{holder}", debit("1000", 1), credit(holder, 1)) for holder in batch])
            return ledger.head().seq

    assert sorted(at_once(work)) == [8 * (number + 1) for number in range(CLIENTS)]
    with opened(engine) as ledger:
        assert ledger.balance("1000") == 64
        assert ledger.verify(full=True).ok


# ------------------------------------------------------------------------------------------------------- taking turns


def until_somebody_waits(engine: Engine) -> None:
    """Until a transaction waits for the lock of another; SQLite says nothing of that."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while not is_sqlite(engine):
        with reading(engine) as connection:
            if connection.exec_driver_sql(waiting).scalar_one():
                return
        time.sleep(0.01)


def test_a_key_that_is_posted_beside_other_entries_waits_for_nobody_who_waits_for_it(engine: Engine) -> None:
    """One holds the chain already when it comes to the key; the other comes to the key first, and then to the chain."""
    same = draft("same", debit("1000", 10), credit("3000", 10))

    def other() -> Posted:
        with opened(engine) as ledger:
            return ledger.post(same)

    with ThreadPoolExecutor(1) as pool:
        with opened(engine) as ledger:
            ledger.post(draft("first", debit("1000", 10), credit("3000", 10)))
            answer = pool.submit(other)
            until_somebody_waits(engine)
            mine = ledger.post(same)
        theirs = answer.result()
    assert (mine.seq, mine.replayed) == (2, False)
    assert (theirs.seq, theirs.hash, theirs.replayed) == (2, mine.hash, True)


def test_a_batch_that_is_refused_for_a_key_of_another_leaves_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another comes to one of its keys while it looks; whoever catches the refusal commits what else was done."""
    with opened(engine) as ledger:
        ledger.post(draft("first", debit("1000", 10), credit("3000", 10)))
    looked, begun, waiting = Ledger._look_up, list[bool](), list[Future[Posted | FundError]]()

    def other() -> Posted | FundError:
        try:
            with opened(engine) as ledger:
                return ledger.post(draft("same", debit("1000", 7), credit("3000", 7)))
        except IdempotencyConflict as refusal:
            return refusal

    with ThreadPoolExecutor(1) as pool:

        def look(self: Ledger, drafts: list[EntryDraft]) -> Any:
            known = looked(self, drafts)
            if not begun:
                begun.append(True)
                waiting.append(pool.submit(other))
                wait(waiting, timeout=1)  # as long as another needs where nothing keeps it
            return known

        monkeypatch.setattr(Ledger, "_look_up", look)
        answers: list[Posted | FundError] = []
        with opened(engine) as ledger:
            try:
                answers += ledger.post_many(
                    [
                        draft("mine", debit("1000", 3), credit("3000", 3)),
                        draft("same", debit("1000", 10), credit("3000", 10)),
                        draft("part", debit("3000", 4), credit("1000", 4), part_of=1, reason="minder"),
                    ]
                )
            except IdempotencyConflict as refusal:
                answers.append(refusal)
        answers.append(waiting[0].result())
    assert [isinstance(one, Posted) for one in answers] == [True, True, True, False]
    with opened(engine) as ledger:
        assert ledger.head().seq == 4
        assert ledger.verify(full=True).ok


def test_who_was_sent_away_and_asks_again_is_in_a_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same connection, refused because others were at work, keeps nothing of what it rolls back later."""
    monkeypatch.setattr("fund.database.sqlite.BUSY_TIMEOUT_MS", 50)
    impatient = create_engine(engine.url.render_as_string(hide_password=False))
    with impatient.connect() as connection:

        def post_second() -> None:
            with translated(impatient):
                Ledger.open(connection, book=BOOK).post(draft("second", debit("1000", 10), credit("3000", 10)))

        with opened(engine) as ledger:
            ledger.post(draft("first", debit("1000", 10), credit("3000", 10)))
            with pytest.raises(DatabaseBusy):
                post_second()
        connection.rollback()
        again = Ledger.open(connection, book=BOOK)
        again.add_account("1010", name="Kas", type=AccountType.ASSET)
        again.post(draft("second", debit("1010", 10), credit("3000", 10)))
        connection.rollback()
    with opened(engine) as ledger:
        assert [account.code for account in ledger.accounts("1010")] == []
        assert ledger.head().seq == 1
