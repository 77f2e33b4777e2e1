"""The loop of ``fund worker``: hand out what is due, ring, react, let deadlines fall due; until it is told to stop.

With a broker, Dramatiq's threads hear the bell of any worker; without one, or while it does not answer, this process reacts
itself with the same function. Any number of workers may run; none is needed for anything but speed. Source: service.md 3-11, 21.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata

import dramatiq
from dramatiq import Worker

from fund.database import Engine, create_engine, head_revision, ill, mend, require_head, writing
from fund.errors import BrokerUnreachable, FundError, NotReady
from fund.store import Store
from fund.workflows.actors import declare
from fund.workflows.broker import Bell, make_broker
from fund.workflows.delivery.deliver import react, relay, tick

__all__ = ["JsonLines", "log_to_stderr", "ringer", "run", "run_one"]

log = logging.getLogger("fund.worker")

POLL_SECONDS = 0.25
TICK_SECONDS = 1.0
SIGN_OF_LIFE_SECONDS = 5.0
THREADS = 4


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, event, ids; never names or payloads (service.md 19)."""

    _kept = ("event_id", "reaction", "log_id", "timer", "command_id", "ms", "worker", "reason", "count")

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; line breaks and control characters are escaped by JSON."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line.update({name: getattr(record, name) for name in self._kept if hasattr(record, name)})
        if os.environ.get("FUND_DEBUG") and hasattr(record, "trace"):
            line["trace"] = record.trace
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Log lines go to standard error from here on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("dramatiq").setLevel(logging.CRITICAL)


class _Loop:
    """One worker: its name, its database, its bell, and when to do what."""

    def __init__(self, url: str, broker_url: str | None, *, threads: int) -> None:
        self.engine: Engine = create_engine(url, pooled=True)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident() % 100_000}"
        self.bell: Bell | None = None
        self.listener: Worker | None = None
        self.broker: dramatiq.Broker | None = None
        self._ticked = 0.0
        self._seen = 0.0
        self._broker_down_until = 0.0
        if broker_url:
            self.broker = make_broker(broker_url)
            actor = declare(self.broker, self.engine, afterwards=self.after_message)
            self.bell = Bell(broker_url, actor)
            self.listener = Worker(self.broker, worker_timeout=100, worker_threads=threads)

    def start(self) -> None:
        """Be at the fund's version, and listen."""
        try:
            require_head(self.engine)
        except FundError as problem:
            raise mend(problem, self.engine) from problem.__cause__
        self.give_sign()
        if self.listener is not None:
            self.listener.start()
        log.info("worker started", extra={"worker": self.name})

    def give_sign(self) -> None:
        """Say that this worker lives."""
        with writing(self.engine) as connection:
            store = Store(connection)
            now = store.work.database_clock()
            store.deliveries.seen(worker_id=self.name, version=metadata.version("revolving-fund"), revision=head_revision(), at=now)
        self._seen = time.monotonic()

    def turn(self) -> int:
        """One turn of the loop: how much was handed out, done or fired."""
        done = self.hand_out()
        now = time.monotonic()
        if now - self._ticked >= TICK_SECONDS or done:
            done += tick(self.engine)
            self._ticked = now
        if now - self._seen >= SIGN_OF_LIFE_SECONDS:
            self.give_sign()
        return done

    def hand_out(self) -> int:
        """Hand out what is due: to the bell, or to ourselves while it does not answer."""
        epoch, bell = "here", self.bell
        if bell is not None and time.monotonic() >= self._broker_down_until:
            try:
                epoch = bell.epoch()
                return len(relay(self.engine, ring=bell.ring, epoch=epoch))
            except BrokerUnreachable as problem:
                self._broker_down_until = time.monotonic() + 2.0
                log.warning("the broker does not answer; this worker reacts itself", extra={"reason": str(problem)})
                epoch = f"here-{time.monotonic_ns()}"
        elif bell is not None:
            epoch = "here"
        handed = relay(self.engine, epoch=epoch, limit=50)
        return sum(react(self.engine, event_id, reaction, epoch=epoch) for event_id, reaction in handed)

    def after_message(self) -> None:
        """What this worker's own commits made due is handed out at once."""
        assert self.bell is not None
        try:
            handed = relay(self.engine, ring=self.bell.ring, epoch=self.bell.epoch())
            if not handed and tick(self.engine):
                relay(self.engine, ring=self.bell.ring, epoch=self.bell.epoch())
        except Exception as problem:
            if ill(problem) is None:
                raise

    def stop(self) -> None:
        """Finish what is under way, and say goodbye."""
        if self.listener is not None:
            self.listener.stop(timeout=25_000)
        try:
            with writing(self.engine) as connection:
                Store(connection).deliveries.gone(self.name)
        except NotReady:
            log.warning("the database is not there to say goodbye to")
        if self.bell is not None:
            self.bell.close()
        if self.broker is not None:
            self.broker.close()
        self.engine.dispose()
        log.info("worker stopped", extra={"worker": self.name})


def run(
    url: str,
    *,
    broker: str | None = None,
    stop: threading.Event,
    threads: int = THREADS,
    once: bool = False,
    on_idle: Callable[[], None] | None = None,
) -> None:
    """Work until ``stop`` is set (or, with ``once``, until nothing is open).

    A database that is away is waited for; a broker that is away is done without.

    Raises:
        DatabaseMissing, DatabaseBehind, DatabaseNewer, UnknownBroker: At the start.
    """
    loop = _Loop(url, broker, threads=threads)
    loop.start()
    try:
        while not stop.is_set():
            try:
                done = loop.turn()
            except Exception as problem:
                illness = ill(problem)
                if illness is None:
                    raise
                log.warning("the database is ill; trying again", extra={"reason": illness.code()})
                done = 0
                stop.wait(1.0)
            if not done:
                if once:
                    return
                if on_idle is not None:
                    on_idle()
                stop.wait(POLL_SECONDS)
    finally:
        loop.stop()


@contextmanager
def ringer(url: str, broker: str) -> Iterator[Callable[[], None]]:
    """A function that hands out what is open and rings for it: for a command that does not want to wait for a poll."""
    engine = create_engine(url, pooled=True)
    made = make_broker(broker)
    bell = Bell(broker, declare(made, engine))

    def ring() -> None:
        try:
            relay(engine, ring=bell.ring, epoch=bell.epoch())
        except BrokerUnreachable:
            log.warning("the broker does not answer; the workers will see it by themselves")

    try:
        yield ring
    finally:
        bell.close()
        made.close()
        engine.dispose()


def run_one(url: str, event_id: str, reaction: str) -> None:
    """React to one row in this process: for a row on which a process died before (service.md 8)."""
    engine = create_engine(url)
    react(engine, event_id, reaction, in_child=True)
    engine.dispose()


if __name__ == "__main__":  # the child of a worker: the URL comes by standard input, so no password stands in a process list
    run_one(sys.stdin.read(), sys.argv[1], sys.argv[2])
