"""The same functions as thin Dramatiq actors. Messages carry ids, never objects; a doubled or forged one changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

import dramatiq

from fund.database import Engine
from fund.workflows.broker import QUEUE
from fund.workflows.delivery.deliver import react as react_to

__all__ = ["declare"]

log = logging.getLogger("fund.actors")


def declare(
    broker: dramatiq.Broker, engine: Engine, *, afterwards: Callable[[], object] | None = None
) -> dramatiq.Actor[..., object]:
    """The actor ``react`` on ``broker``, for the fund in the database of ``engine``.

    Args:
        afterwards: Called after each message: a worker hands out what its own commits made due.
    """

    def react(event_id: object, reaction: object) -> None:
        """Carry one fact to one reaction; ids that name nothing are acknowledged and logged."""
        if not isinstance(event_id, str) or not isinstance(reaction, str) or max(len(event_id), len(reaction)) > 200:
            log.warning("a message that names no delivery was dropped")
            return
        react_to(engine, event_id, reaction)
        if afterwards is not None:
            afterwards()

    made: dramatiq.Actor[..., object] = dramatiq.actor(actor_name="react", queue_name=QUEUE, broker=broker)(react)
    return made
