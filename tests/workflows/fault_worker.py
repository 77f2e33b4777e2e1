"""``fund`` with reactions made for the tests of faults: a program of its own, to be killed, stopped and starved.

``python -m tests.workflows.fault_worker --database URL worker`` is ``fund --database URL worker`` with other listeners.
``FAULTS_LEASE`` shortens the lease, ``FAULTS_PAUSE`` makes each effect take so long (seconds).
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta

from fund import worker
from fund.events import Envelope
from fund.events.service import DeliveryRetried
from fund.outbox import deliveries as deliver
from fund.outbox import relay, subscriptions
from fund.outbox.subscriptions import Reaction
from fund.unit_of_work import UnitOfWork

HEARD = ("user.added", "user.changed")


def note(uow: UnitOfWork, event: Envelope) -> None:
    """An effect that can be counted, in the order of its life; and a fact, for which the chain is locked."""
    time.sleep(float(os.environ.get("FAULTS_PAUSE", "0")))
    before = uow.store.work.setting(f"noted {event.stream}") or ""
    uow.store.work.set_setting(f"noted {event.stream}", f"{before} {event.seq}")
    uow.record(DeliveryRetried(event_id=event.event_id, reaction="faults.note"))


def note_or_die(uow: UnitOfWork, event: Envelope) -> None:
    """The same, but one fact ends the process that hears it, each time."""
    if uow.store.work.setting("fatal") == event.event_id:
        os._exit(7)
    note(uow, event)


NOTE = Reaction("faults.note", HEARD, note)
NOTE_OR_DIE = Reaction("faults.note", HEARD, note_or_die)


def setup() -> None:
    """For the program of Dramatiq: ``dramatiq tests.workflows.fault_worker:setup``."""
    subscriptions.REACTIONS = (NOTE,)
    worker.setup()


def program() -> int:
    """The command line, or the child of a worker."""
    subscriptions.REACTIONS = (NOTE_OR_DIE,)
    deliver.CHILD = (sys.executable, "-m", __spec__.name, "child")
    if sys.argv[1] == "child":
        worker.run_one(sys.stdin.read(), sys.argv[2], sys.argv[3])
        return 0
    from cli.main import run_shell

    lease = os.environ.get("FAULTS_LEASE")
    if lease is not None:
        relay.LEASE = timedelta(seconds=float(lease))
    return run_shell(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(program())
