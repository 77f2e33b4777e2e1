"""What happens around a message: the fund is open, a message ends in time, and what it made due is handed out.

Dramatiq calls ``before`` hooks in the order of the list (:mod:`fund.outbox.actors`) and ``after`` hooks backwards.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import dramatiq
from dramatiq.middleware import Interrupt, Middleware, ShutdownNotifications

from fund.database import Engine, create_engine, unavailable
from fund.outbox.attempts import where
from fund.outbox.broker import Broker
from fund.outbox.relay import relay
from fund.outbox.timers import tick

log = logging.getLogger("fund.worker")

GRACE_SECONDS = 20.0
"""So long a message may go on when its worker is asked to stop."""
TICK_SECONDS = 0.05


class Database(Middleware):
    """The fund that this process works for: opened when a worker boots, closed when it has stopped.

    Attributes:
        url: Set before the worker boots.
    """

    url = ""
    engine: Engine

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Two connections more than there are threads."""
        self.engine = create_engine(self.url, pooled=True, connections=worker.worker_threads + 2)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Give the connections back."""
        self.engine.dispose()


class Stopping(ShutdownNotifications):
    """On a stop a message ends by itself, or is interrupted after a while and rolls back: its row is free again."""

    def __init__(self) -> None:
        super().__init__(notify_shutdown=True)
        self.requested = threading.Event()

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Nobody has said stop."""
        self.requested.clear()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """A stream is left to others from here on; what hangs is interrupted."""
        self.requested.set()
        self._last = threading.Timer(GRACE_SECONDS, super().before_worker_shutdown, (broker, worker))
        self._last.daemon = True
        self._last.start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Nobody is left to interrupt."""
        self._last.cancel()


class Logging(Middleware):
    """A message that ended otherwise than by itself leaves one line."""

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        """Nothing of ours is lost with the message: its row says what is still to do."""
        if isinstance(exception, Interrupt):
            log.warning("a message was interrupted and rolled back", extra={"reason": type(exception).__name__})
        elif exception is not None:
            log.error("a message met a bug", extra=where(exception))


class HandOut(Middleware):
    """What a message made due is handed out at once, by one thread for all; deadlines too."""

    def __init__(self, database: Database, stopping: Stopping) -> None:
        self._database = database
        self._stopping = stopping
        self._ticked = 0.0
        self._handing_out = threading.Lock()
        self._once_more = threading.Event()

    def after_process_message(
        self, broker: Any, message: dramatiq.MessageProxy, *, result: object = None, exception: object = None
    ) -> None:
        """Only where the broker is ours: another keeps no epoch."""
        if exception is not None or not isinstance(broker, Broker):
            return
        self._once_more.set()
        while self._once_more.is_set() and self._handing_out.acquire(blocking=False):
            try:
                self._once_more.clear()
                handed = relay(self._database.engine, notify=broker.notify, epoch=broker.epoch())
                if not handed and self._ticks():
                    self._once_more.set()
            except Exception as problem:
                if unavailable(problem) is None:
                    raise
            finally:
                self._handing_out.release()

    def _ticks(self) -> bool:
        """Whether a deadline was acted upon, which is tried twenty times a second at most."""
        if self._stopping.requested.is_set() or time.monotonic() - self._ticked < TICK_SECONDS:
            return False
        fired = tick(self._database.engine)
        self._ticked = 0.0 if fired else time.monotonic()
        return fired > 0
