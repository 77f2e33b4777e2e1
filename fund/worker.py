"""The loop of ``fund worker``: hand out what is due, ring, react, let deadlines fall due; until told to stop.

With a broker, Dramatiq's threads hear the bell of any worker; without one, or while it does not answer, this process
reacts itself with the same function. Any number of workers may run; none is needed for anything but speed. Source:
service.md 3-11, 21.
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
from importlib import metadata

import dramatiq
from dramatiq import Worker

from fund.database import Engine, create_engine, explain, head_revision, require_head, unavailable, writing
from fund.errors import FundError, NotReady
from fund.errors.database import DatabaseBusy, DatabaseUnreachable
from fund.errors.service import BrokerUnreachable
from fund.outbox.actors import declare
from fund.outbox.broker import Notifier, answers, make_broker
from fund.outbox.deliveries import NO_EPOCH, preload, react, relay, tick, where
from fund.settings import masked
from fund.store import Store

log = logging.getLogger("fund.worker")

POLL_SECONDS = 0.25
TICK_SECONDS = 1.0
TICK_AGAIN_SECONDS = 0.05
START_PATIENCE_SECONDS = 30.0
BROKER_WAIT_MOST = 15.0
STOP_MS = 20_000
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


class _Loop:
    """One worker: its name, its database, its bell, and when to do what."""

    def __init__(self, url: str, broker_url: str | None, *, threads: int, stop: threading.Event) -> None:
        self.engine: Engine = create_engine(url, pooled=True, connections=threads + 2)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident() % 100_000}"
        self.bell: Notifier | None = None
        self.listener: Worker | None = None
        self.broker: dramatiq.Broker | None = None
        self._stop = stop
        self._ticked = 0.0
        self._seen = 0.0
        self._broker_back_at = 0.0
        self._broker_away = 0
        self._handing_out = threading.Lock()
        self._once_more = threading.Event()
        if broker_url:
            self.broker = make_broker(broker_url)
            actor = declare(
                self.broker, self.engine, afterwards=self.after_message, epoch=self.epoch, stop=self._stop.is_set
            )
            self.bell = Notifier(broker_url, actor)
            self.listener = Worker(self.broker, worker_timeout=100, worker_threads=threads)

    def epoch(self) -> str:
        """The broker's epoch as last heard."""
        return self.bell.known if self.bell is not None else NO_EPOCH

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
        if time.monotonic() - self._ticked >= TICK_SECONDS or done:
            done += self.tick()
        if time.monotonic() - self._seen >= SIGN_OF_LIFE_SECONDS:
            self.give_sign()
        return done

    def tick(self) -> int:
        """Let what is due fall due."""
        fired = 0 if self._stop.is_set() else tick(self.engine)
        self._ticked = 0.0 if fired else time.monotonic()  # more may be due: at once, not in a second
        return fired

    def hand_out(self) -> int:
        """Hand out what is due: to the bell, or to ourselves while it does not answer."""
        bell = self.bell
        if bell is not None and time.monotonic() >= self._broker_back_at:
            try:
                handed = relay(self.engine, notify=bell.notify, epoch=bell.epoch())
                self._broker_away = 0
                return len(handed)
            except BrokerUnreachable as problem:
                wait = min(BROKER_WAIT_MOST, 2.0**self._broker_away)
                self._broker_away += 1
                self._broker_back_at = time.monotonic() + wait
                log.warning("the broker does not answer; this worker reacts itself", extra={"reason": str(problem)})
        handed = relay(self.engine, epoch=NO_EPOCH, limit=50)
        done = 0
        for number, (event_id, reaction) in enumerate(handed):
            if self._stop.is_set():
                with writing(self.engine) as connection:
                    Store(connection).deliveries.give_back(handed[number:])
                break
            react(self.engine, event_id, reaction, stop=self._stop.is_set)
            done += 1
        return done

    def after_message(self) -> None:
        """What this worker's own commits made due is handed out at once, by one thread for all."""
        assert self.bell is not None
        self._once_more.set()
        while self._once_more.is_set() and self._handing_out.acquire(blocking=False):
            try:
                self._once_more.clear()
                handed = relay(self.engine, notify=self.bell.notify, epoch=self.bell.epoch())
                if not handed and time.monotonic() - self._ticked >= TICK_AGAIN_SECONDS and self.tick():
                    self._once_more.set()
            except Exception as problem:
                if unavailable(problem) is None:
                    raise
            finally:
                self._handing_out.release()

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
        if self.bell is not None:
            self.bell.close()
        if self.broker is not None:
            self.broker.close()
        self.engine.dispose()


def run(
    url: str,
    *,
    broker: str | None = None,
    stop: threading.Event,
    threads: int = THREADS,
    once: bool = False,
    on_idle: Callable[[], None] | None = None,
) -> None:
    """Work until ``stop`` is set; with ``once`` until nothing is due, in this process, whatever the broker does.

    A database that is away is waited for: half a minute at the start, without end later, never with ``once``. A broker
    that is away is done without. A bug in the loop itself is logged and costs a pause, so that the rest goes on.

    Raises:
        DatabaseMissing, DatabaseBehind, DatabaseNewer, DatabaseUnreachable, UnknownBroker: At the start.
        NotReady: With ``once``, at any time.
    """
    loop = _Loop(url, None if once else broker, threads=threads, stop=stop)
    if once and broker is not None:
        make_broker(broker).close()  # a URL that names no broker is refused all the same
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
                if on_idle is not None:
                    on_idle()
                stop.wait(POLL_SECONDS)
    finally:
        loop.stop()


def broker_answers(url: str) -> bool:
    """Whether the broker is there and keeps what it hears.

    Raises:
        UnknownBroker: The URL names none.
    """
    return answers(url)


@contextmanager
def ringer(url: str, broker: str) -> Iterator[Callable[[], None]]:
    """A function that hands out what is open and rings for it: for a command that does not want to wait for a poll."""
    engine = create_engine(url, pooled=True)
    made = make_broker(broker)
    bell = Notifier(broker, declare(made, engine))

    def notify() -> None:
        try:
            relay(engine, notify=bell.notify, epoch=bell.epoch())
        except BrokerUnreachable:
            log.warning("the broker does not answer; the workers will see it by themselves")

    try:
        yield notify
    finally:
        bell.close()
        made.close()
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


if (
    __name__ == "__main__"
):  # the child of a worker: the URL comes by standard input, so no password stands in a process list
    run_one(sys.stdin.read(), sys.argv[1], sys.argv[2])
