"""The same functions as thin Dramatiq actors. Messages carry ids; a doubled or forged one changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

import dramatiq

from fund.database import Engine, unavailable
from fund.outbox.broker import QUEUE
from fund.outbox.deliveries import NO_EPOCH
from fund.outbox.deliveries import react as react_to

log = logging.getLogger("fund.actors")


def declare(
    broker: dramatiq.Broker,
    engine: Engine,
    *,
    afterwards: Callable[[], object] | None = None,
    epoch: Callable[[], str] = lambda: NO_EPOCH,
    stop: Callable[[], bool] | None = None,
) -> dramatiq.Actor[..., object]:
    """The actor ``react`` on ``broker``, for the fund in the database of ``engine``.

    Args:
        afterwards: Called after each message that had an effect: a worker hands out what its own commits made due.
        epoch: Under which a stream that it goes on with is leased: the broker's, as last heard.
        stop: Whether it should leave the rest of a stream to others.
    """

    def react(event_id: object, reaction: object) -> None:
        """Carry one fact to one reaction; ids that name nothing are acknowledged and logged."""
        if not isinstance(event_id, str) or not isinstance(reaction, str) or max(len(event_id), len(reaction)) > 200:
            log.warning("a message that names no delivery was dropped")
            return
        try:
            done = react_to(engine, event_id, reaction, epoch=epoch() or NO_EPOCH, stop=stop)
        except Exception as problem:
            away = unavailable(problem)
            if away is None:
                raise
            log.warning("a message is left to its lease", extra={"event_id": event_id, "reason": away.code()})
            return
        if afterwards is not None and done:
            afterwards()

    made: dramatiq.Actor[..., object] = dramatiq.actor(actor_name="react", queue_name=QUEUE, broker=broker)(react)
    return made
