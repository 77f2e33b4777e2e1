"""The loop of ``fund worker``: hand out what is due, react, let deadlines fall due; until a stop.

With a broker, Dramatiq's threads hear the messages of any worker; without one, or while it does not answer, this
process reacts itself with the same function. Any number of workers may run; none is needed for anything but speed.
``dramatiq fund.worker:setup`` runs the same actors. Source: service.md 3-11, 21.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import metadata

import dramatiq
from dramatiq.middleware import CurrentMessage, Middleware

from fund.database import create_engine, explain, unavailable, writing
from fund.database.versions import head_revision, require_head
from fund.errors import FundError, NotReady
from fund.errors.database import DatabaseBusy, DatabaseUnreachable
from fund.errors.service import BrokerUnreachable, UnknownBroker
from fund.outbox.actors import database
from fund.outbox.attempts import where
from fund.outbox.broker import broker
from fund.outbox.deliveries import react
from fund.outbox.relay import preload, relay
from fund.outbox.timers import tick
from fund.settings import load, masked
from fund.store import Store

log = logging.getLogger("fund.worker")

POLL_SECONDS = 0.25
TICK_SECONDS = 1.0
START_PATIENCE_SECONDS = 30.0
BROKER_WAIT_MOST = 15.0
STOP_MS = 25_000
LAST_SECONDS = 28.0
FORGOTTEN = timedelta(days=1)
SIGN_OF_LIFE_SECONDS = 5.0
THREADS = 4


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, event, ids; never names or payloads (service.md 19)."""

    _kept = (
        "event_id",
        "reaction",
        "log_id",
        "timer",
        "command_id",
        "ms",
        "worker",
        "reason",
        "count",
        "type",
        "where",
    )

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; line breaks and control characters are escaped by JSON."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        message = CurrentMessage.get_current_message()
        if message is not None:
            line["message"] = message.message_id
        line.update({name: getattr(record, name) for name in self._kept if hasattr(record, name)})
        if os.environ.get("FUND_DEBUG", "") not in ("", "0") and hasattr(record, "trace"):
            line["trace"] = masked(str(record.trace))
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Log lines go to standard error from here on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("dramatiq").setLevel(logging.CRITICAL)


@cache
def _boot() -> None:
    """Dramatiq's middleware starts what it has once for each process."""
    broker.emit_after("process_boot")


class _Loop:
    """One worker: its name, its database, its broker, and when to do what."""

    def __init__(
        self, url: str, broker_url: str | None, *, threads: int, stop: threading.Event, once: bool = False
    ) -> None:
        self.engine = create_engine(url, pooled=True, connections=2)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident() % 100_000}"
        self.listener: dramatiq.Worker | None = None
        self._stop = stop
        self._ticked = 0.0
        self._seen = 0.0
        self._broker_back_at = 0.0
        self._broker_away = 0
        if broker_url:
            broker.connect(broker_url)  # also with ``once``: a URL that names no broker is refused
        self._broker = broker if broker_url and not once else None
        if self._broker is not None and threads:
            _boot()
            database.url = url
            self.listener = dramatiq.Worker(broker, worker_timeout=100, worker_threads=threads)

    def start(self, *, patience: float) -> None:
        """Be at the fund's version, and listen; a database that does not answer is waited for, ``patience`` seconds."""
        until = time.monotonic() + patience
        preload()
        while True:
            try:
                require_head(self.engine)
                self.give_sign()
                break
            except FundError as problem:
                away = isinstance(problem, DatabaseUnreachable | DatabaseBusy)
                if not away or time.monotonic() >= until or self._stop.is_set():
                    raise explain(problem, self.engine) from problem.__cause__
                log.warning("the database does not answer yet", extra={"reason": problem.code()})
                self._stop.wait(1.0)
        if self.listener is not None:
            self.listener.start()
        log.info("worker started", extra={"worker": self.name})

    def give_sign(self) -> None:
        """Say that this worker lives; those that died long ago are forgotten."""
        version = metadata.version("revolving-fund")
        with writing(self.engine) as connection:
            store = Store(connection)
            now = store.work.database_clock()
            store.deliveries.seen(worker_id=self.name, version=version, revision=head_revision(), at=now)
            store.deliveries.forget_workers(now - FORGOTTEN)
        self._seen = time.monotonic()

    def turn(self) -> int:
        """One turn of the loop: how much was handed out, done or fired."""
        done = self.hand_out()
        if (time.monotonic() - self._ticked >= TICK_SECONDS or done) and not self._stop.is_set():
            fired = tick(self.engine)
            self._ticked = 0.0 if fired else time.monotonic()  # more may be due: at once, not in a second
            done += fired
        if time.monotonic() - self._seen >= SIGN_OF_LIFE_SECONDS:
            self.give_sign()
        return done

    def hand_out(self) -> int:
        """Hand out what is due: to the broker, or to ourselves while it does not answer."""
        if self._broker is not None and time.monotonic() >= self._broker_back_at:
            try:
                handed = relay(self.engine, notify=self._broker.notify, epoch=self._broker.epoch())
                self._broker_away = 0
                return len(handed)
            except BrokerUnreachable as problem:
                wait = min(BROKER_WAIT_MOST, 2.0**self._broker_away)
                self._broker_away += 1
                self._broker_back_at = time.monotonic() + wait
                log.warning("the broker does not answer; this worker reacts itself", extra={"reason": str(problem)})
        handed = relay(self.engine, limit=50)
        done = 0
        for number, (event_id, reaction) in enumerate(handed):
            if self._stop.is_set():
                with writing(self.engine) as connection:
                    Store(connection).deliveries.give_back(handed[number:])
                break
            react(self.engine, event_id, reaction, stop=self._stop.is_set)
            done += 1
        return done

    def stop(self) -> None:
        """Finish what is under way, and say goodbye."""
        try:
            if self.listener is not None:
                self.listener.stop(timeout=STOP_MS)
            with writing(self.engine) as connection:
                Store(connection).deliveries.gone(self.name)
        except NotReady:
            log.warning("the database is not there to say goodbye to")
        except Exception as problem:  # the broker, which keeps nothing of ours
            log.warning("the broker is not there to say goodbye to", extra={"reason": type(problem).__name__})
        self.close()
        log.info("worker stopped", extra={"worker": self.name})

    def close(self) -> None:
        """Hang up."""
        if self._broker is not None:
            self._broker.close()
        self.engine.dispose()


def run(
    url: str, *, broker: str | None = None, stop: threading.Event, threads: int = THREADS, once: bool = False
) -> None:
    """Work until ``stop`` is set; with ``once`` until nothing is due, in this process, whatever the broker does.

    A database that is away is waited for: half a minute at the start, without end later, never with ``once``. A broker
    that is away is done without. A bug in the loop itself is logged and costs a pause, so that the rest goes on.

    Raises:
        DatabaseMissing, DatabaseBehind, DatabaseNewer, DatabaseUnreachable, UnknownBroker: At the start.
        NotReady: With ``once``, at any time.
    """
    loop = _Loop(url, broker, threads=threads, stop=stop, once=once)
    stumbled = 0
    try:
        loop.start(patience=0.0 if once else START_PATIENCE_SECONDS)
    except BaseException:
        loop.close()
        raise
    try:
        while not stop.is_set():
            try:
                done = loop.turn()
                stumbled = 0
            except Exception as problem:
                away = unavailable(problem)
                if once:
                    raise problem if away is None else explain(away, loop.engine) from problem
                if away is not None:
                    log.warning("the database is ill; trying again", extra={"reason": away.code()})
                else:
                    log.error("the loop of this worker has a bug", extra=where(problem))
                stumbled += 1
                stop.wait(min(2.0 ** (stumbled - 1), 5.0 if away is not None else 60.0))
                continue
            if not done:
                if once:
                    return
                stop.wait(POLL_SECONDS)
    finally:
        loop.stop()


def stop_signal() -> threading.Event:
    """Set when this process is asked to stop; what still hangs 28 seconds later is rolled back by the end of it."""
    stop = threading.Event()

    def end(*_args: object) -> None:
        stop.set()
        last = threading.Timer(LAST_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)
    return stop


class _Relay(Middleware):
    """Under Dramatiq's own program, the loop runs in a process beside its workers."""

    @property
    def forks(self) -> list[Callable[[], int]]:
        """What that program runs once."""
        return [hand_out]


def setup() -> None:
    """For ``dramatiq fund.worker:setup``: the environment names the fund and its broker (``FUND_BROKER``).

    Raises:
        UnknownBroker: It names none. DatabaseMissing, DatabaseBehind, DatabaseNewer: As they say.
    """
    settings = load()
    if settings.broker_url is None:
        raise UnknownBroker(place="FUND_BROKER")
    broker.connect(settings.broker_url)
    database.url = settings.database_url
    require_head(create_engine(database.url))
    preload()
    broker.add_middleware(_Relay())


def hand_out() -> int:
    """The loop without a listener: what is due goes to the workers that :func:`setup` made."""
    settings = load()
    run(settings.database_url, broker=settings.broker_url, stop=stop_signal(), threads=0)
    return 0


@contextmanager
def ringer(url: str, broker_url: str) -> Iterator[Callable[[], None]]:
    """A function that hands out what is open: for a command that does not want to wait for a poll."""
    engine = create_engine(url, pooled=True)
    broker.connect(broker_url)

    def notify() -> None:
        try:
            relay(engine, notify=broker.notify, epoch=broker.epoch())
        except BrokerUnreachable:
            log.warning("the broker does not answer; the workers will see it by themselves")

    try:
        yield notify
    finally:
        broker.close()
        engine.dispose()


def run_one(url: str, event_id: str, reaction: str) -> None:
    """React to one row in this process: for a row on which a process died before (service.md 8).

    Told to stop, it finishes first: a stop from outside is no death of the row's own.
    """
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    preload()
    engine = create_engine(url)
    react(engine, event_id, reaction, in_child=True)
    engine.dispose()


if __name__ == "__main__":  # the child of a worker; the URL comes by standard input: no password in a process list
    run_one(sys.stdin.read(), sys.argv[1], sys.argv[2])
