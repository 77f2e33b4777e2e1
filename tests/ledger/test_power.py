"""Whatever is killed, whenever: all of a transaction or nothing, what was told is there, the book verifies."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import wait
from typing import Any

import pytest

from fund.database import Engine, create_engine, reading, writing
from fund.database.versions import upgrade
from fund.ledger import Ledger, commit, credit, debit
from tests.ledger.conftest import BOOK, draft, fill_chart, opened
from tests.ledger.doomed import STEPS, OwnServer, all_told, own_server, running, standing


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def in_order(engine: Engine) -> None:
    """Every check of the book, from its first entry."""
    with opened(engine) as ledger:
        assert [check for check in ledger.verify(full=True).checks if not check.ok] == []


def keeps_what_it_told(engine: Engine, told: list[Any], *, each: int) -> int:
    """Every acknowledged entry stands where it was said to stand, in whole batches; how many entries there are."""
    with opened(engine) as ledger:
        found = {entry.idempotency_key: (entry.seq, entry.hash) for entry in ledger.entries()}
        assert ledger.balance("1000") == len(found)
    assert [found.get(key) for key, _posted in told] == [(posted.seq, posted.hash) for _key, posted in told]
    batches: dict[str, int] = {}
    for key in (key for key in found if key.startswith("round")):
        batch = key.rpartition("-")[0]
        batches[batch] = batches.get(batch, 0) + 1
    assert set(batches.values()) <= {each}
    return len(found)


# ------------------------------------------------------------------------------------------------------- the client


def test_killed_before_any_of_its_statements_a_step_is_made_whole_or_not_at_all(engine: Engine) -> None:
    """Each step of a book's life: killed before its first statement, then before its second, until it gets through."""
    for name in STEPS:
        before = standing(engine)
        for left in range(100):
            with running("die", url_of(engine), name, left) as (process, pipe):
                told = all_told(pipe)
                process.join()
                code = process.exitcode
            if told:
                break
            assert code == -signal.SIGKILL
            assert standing(engine) == before, (name, left)
        assert left > 1, "it was killed in the middle"
        after = standing(engine)
        assert (code, told) == (-signal.SIGKILL, ["commits"]), "killed when it was committed and nobody was told"
        assert after != before, "and still it is there"
        in_order(engine)
    assert after.entries[-1].seq == 10  # type: ignore[attr-defined]


def test_killed_at_any_moment_a_process_has_told_nothing_that_is_not_there(engine: Engine) -> None:
    dice = random.Random("any moment")
    told: list[Any] = []
    for number in range(12):
        with running("post", url_of(engine), f"round{number}", 3) as (process, pipe):
            for _batch in range(dice.randint(1, 8)):
                told += pipe.recv()
            time.sleep(dice.uniform(0, 0.01))
            process.kill()
            told += [one for batch in all_told(pipe) for one in batch]
            process.join()
            assert process.exitcode == -signal.SIGKILL
    assert len(told) <= keeps_what_it_told(engine, told, each=3) <= len(told) + 3 * 12
    in_order(engine)


# ------------------------------------------------------------------------------------------------------------- SQLite


@pytest.fixture
def embedded(sqlite_url: str) -> Iterator[Engine]:
    """The bakery's book in a file."""
    engine = create_engine(sqlite_url)
    with writing(engine) as connection:
        fill_chart(Ledger.create(connection, book=BOOK))
    yield engine
    engine.dispose()


def test_a_transaction_that_went_to_the_log_and_was_never_committed_is_not_there(embedded: Engine) -> None:
    dice = random.Random("spilled")
    for number in range(4):
        with running("spill", url_of(embedded), f"round{number}") as (process, pipe):
            while pipe.recv() < 400_000:
                pass
            time.sleep(dice.uniform(0, 0.02))
            process.kill()
            process.join()
        with opened(embedded) as ledger:  # who comes next writes over what was left behind
            assert ledger.head().seq == number
            ledger.post(draft(f"after {number}", debit("1000", 1), credit("3000", 1)))
            assert len(ledger.accounts("3000")) == 1
        in_order(embedded)


def test_killed_while_the_log_is_moved_into_the_database_nothing_is_lost(embedded: Engine) -> None:
    """Until it happened four times that the moving was not finished."""
    dice = random.Random("moved")
    told: list[Any] = []
    interrupted = 0
    for number in range(40):
        with running("checkpoint", url_of(embedded), f"round{number}") as (process, pipe):
            told += pipe.recv()
            began = time.monotonic()
            assert pipe.recv() == "checkpointed"
            took = time.monotonic() - began
            told += pipe.recv()
            time.sleep(dice.uniform(0, took))
            process.kill()
            rest = all_told(pipe)
            told += [one for batch in rest if batch != "checkpointed" for one in batch]
            process.join()
        assert keeps_what_it_told(embedded, told, each=300) >= len(told)
        interrupted += "checkpointed" not in rest
        if interrupted == 4:
            break
    assert interrupted == 4
    in_order(embedded)


# --------------------------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server whose log is written to the disk by nobody but those who wait for it."""
    with own_server("power", "wal_writer_delay = '10s'") as made:
        upgrade(made.url)
        with writing(engine := create_engine(made.url)) as connection:
            fill_chart(Ledger.create(connection, book=BOOK))
        engine.dispose()
        yield made


def test_a_server_stopped_at_once_under_four_clients_keeps_what_they_were_told(server: OwnServer) -> None:
    engine = create_engine(server.url)
    dice = random.Random("stopped")
    told: list[Any] = []
    for number in range(3):
        clients = [running("post", server.url, f"round{number}client{client}", 3) for client in range(4)]
        pipes = [client.__enter__()[1] for client in clients]
        enough = len(told) + dice.randint(30, 90)
        while len(told) < enough:
            ready = wait(pipes)
            told += [one for pipe in pipes if pipe in ready for one in pipe.recv()]
        server.stop_at_once()
        told += [one for pipe in pipes for batch in all_told(pipe) for one in batch]
        for client in clients:
            client.__exit__(None, None, None)
        server.start()
        assert keeps_what_it_told(engine, told, each=3) >= len(told)
        in_order(engine)


def test_what_a_crash_takes_back_after_an_early_release_is_whole_and_was_told_to_nobody(server: OwnServer) -> None:
    """A commit that let go of the chain and did not wait for the disk yet: others have seen it, then the power goes."""
    engine = create_engine(server.url)
    with engine.connect() as connection:
        ledger = Ledger.open(connection, book=BOOK)
        ledger.post(draft("told-0", debit("1000", 1), credit("3000", 1)))
        commit(connection)
    before = standing(engine)
    with engine.connect() as connection:  # what ``commit`` does, but for the flush that it ends in
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        drafts = [draft(f"gone-{part}", debit("1000", 1), credit(f"3000.gone{part}", 1)) for part in range(3)]
        Ledger.open(connection, book=BOOK).post_many(drafts)
        connection.commit()
    seen = standing(engine)
    assert len(seen.entries) == len(before.entries) + 3

    server.stop_at_once()
    server.start()

    assert standing(engine) == before, "all of it, with the accounts that it opened"
    with opened(engine) as ledger:
        again = ledger.post(draft("gone-0", debit("1000", 1), credit("3000.gone0", 1)))
        assert again.replayed is False
    in_order(engine)


def test_what_somebody_committed_in_earnest_makes_durable_what_he_saw(server: OwnServer) -> None:
    """An answer that names an entry of another ends in a plain commit, which waits for all that was before it."""
    engine = create_engine(server.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        Ledger.open(connection, book=BOOK).post(draft("seen-0", debit("1000", 1), credit("3000", 1)))
        connection.commit()
    with writing(engine) as connection:
        ledger = Ledger.open(connection, book=BOOK)
        seen = ledger.head()
        ledger.verify()  # its run is written down: a transaction that has something to commit
    server.stop_at_once()
    server.start()
    with reading(engine) as connection:
        assert Ledger.open(connection, book=BOOK).head() == seen
    in_order(engine)
