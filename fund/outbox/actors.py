"""What workers do, as an actor of Dramatiq. ``dramatiq fund.worker:setup`` runs it, and so does ``fund worker``."""

from __future__ import annotations

import logging

import dramatiq
from dramatiq.middleware import CurrentMessage, TimeLimit

from fund.database import unavailable
from fund.outbox import deliveries
from fund.outbox.broker import QUEUE, broker
from fund.outbox.middleware import Database, HandOut, Logging, Stopping

log = logging.getLogger("fund.actors")

TIME_LIMIT_MS = 1000 * (deliveries.SECONDS_PER_REACT + deliveries.CHILD_SECONDS + 10)
"""Longer no message lasts that ends at all: a stream is left after a while, and so is a child."""

database, stopping = Database(), Stopping()
for each in (
    HandOut(database, stopping),
    CurrentMessage(),
    Logging(),
    TimeLimit(time_limit=TIME_LIMIT_MS),
    stopping,
    database,
):
    broker.add_middleware(each)


@dramatiq.actor(queue_name=QUEUE, broker=broker)
def react(event_id: object, reaction: object) -> None:
    """Carry one fact to one reaction; ids that name nothing are acknowledged and logged."""
    if not isinstance(event_id, str) or not isinstance(reaction, str) or max(len(event_id), len(reaction)) > 200:
        log.warning("a message that names no delivery was dropped")
        return
    try:
        epoch = broker.known or deliveries.NO_EPOCH
        deliveries.react(database.engine, event_id, reaction, epoch=epoch, stop=stopping.requested.is_set)
    except Exception as problem:
        away = unavailable(problem)
        if away is None:
            raise
        log.warning("a message is left to its lease", extra={"event_id": event_id, "reason": away.code()})
