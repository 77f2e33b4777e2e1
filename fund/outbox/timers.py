"""What follows at an instant: deadlines are rows, and one that is due is acted upon in order.

Nothing fires while the clock lies before the last fact, or a minute beside this machine's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fund import dates
from fund.database import Connection, Engine, is_sqlite, reading, writing
from fund.declarations import Place, found_at
from fund.outbox.attempts import Warn, attempt, judge
from fund.registry import PROJECTIONS
from fund.rules.authority import SYSTEM_ACTOR
from fund.store import Store, TimerRow
from fund.unit_of_work import UnitOfWork

log = logging.getLogger("fund.delivery")

TIMERS_PER_TICK = 200
CLOCK_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer of this kind falls due, the service does this."""

    kind: str
    place: Place

    @property
    def function(self) -> Callable[[UnitOfWork, TimerRow], object]:
        """What the service does."""
        return found_at(self.place)


TIMERS: tuple[Timer, ...] = (
    Timer("round.open", "fund.workflows.rounds.use_cases:open_round"),
    Timer("round.close", "fund.workflows.rounds.use_cases:close"),
    Timer("review.close", "fund.workflows.reviews.closing:close_at_deadline"),
    Timer("review.consensus", "fund.workflows.reviews.consensus:means_stand"),
    Timer("proposal.announce", "fund.workflows.proposals.ending:announce"),
    Timer("proposal.expire", "fund.workflows.proposals.ending:expire"),
    Timer("decision.term", "fund.workflows.decisions.terms:term_ends"),
    Timer("decision.back", "fund.workflows.decisions.terms:come_back"),
    Timer("agreement.suspension", "fund.workflows.agreements.ending:end_suspension"),
    Timer("benefit.due", "fund.workflows.agreements.benefits:ask_benefits"),
    Timer("contribution.due", "fund.contributions.reminding:remind"),
    Timer("key.review", "fund.workflows.partners.reviewing:announce_review"),
    Timer("repayment.arrears", "fund.workflows.repayments.reminders:escalate"),
    Timer("repayment.limitation", "fund.workflows.repayments.reminders:warn"),
    Timer("evaluation.due", "fund.workflows.evaluations.publishing:fall_due_at"),
    Timer("followon.announce", "fund.workflows.evaluations.followon:announce"),
    Timer("followon.expire", "fund.workflows.evaluations.followon:expire"),
    Timer("exit.long_stop", "fund.workflows.exits.deferred_payments:long_stop_reached"),
)


class Due:
    """What is due in a fund, inside one transaction: the next timer, and how it fires."""

    def __init__(self, connection: Connection, warn: Warn | None = None) -> None:
        self._connection = connection
        self._store = Store(connection)
        self._warn = warn
        self._timers = {timer.kind: timer for timer in TIMERS}
        self._retry = self._store.work.database_clock()

    def anything(self) -> bool:
        """Whether a timer is due; the fund's clock never lies before its last fact."""
        latest = max(self._store.work.clock(), self._store.facts.head().recorded_at)
        return self._store.work.is_due(latest, kinds=list(self._timers), retry=self._retry)

    def trusted(self) -> datetime | None:
        """The instant up to which timers fire, under the fund's lock; ``None`` while the clock cannot be trusted.

        The fund's lock first, then the timer rows: commands set and clear timers while they hold it.
        """
        head = self._store.facts.head(lock=True)
        now = self._store.work.clock()
        problem = clock_problem(now, head.recorded_at)
        if problem is not None and self._store.work.setting("held_clock_us") is None:
            log.error("no deadline is acted upon", extra={"reason": problem})
            return None
        return max(now, head.recorded_at)

    def fire_next(self, now: datetime) -> bool:
        """Act on the first timer that is due; false where there is none."""
        work = self._store.work
        timer = work.next_timer(now, kinds=list(self._timers), retry=self._retry)
        if timer is None:
            return False
        name = f"{timer.timer_id}@{timer.due_at.isoformat()}"

        def effect() -> None:
            uow = UnitOfWork.on(self._connection, PROJECTIONS, actor=SYSTEM_ACTOR, cause=timer.cause, reaction=name)
            work.end_timer(timer.timer_id, state="fired", fired_by="", at=uow.now)  # before: it may set itself again
            self._timers[timer.kind].function(uow, timer)
            if uow.facts:
                work.fired_by(timer.timer_id, uow.facts[-1].event_id)

        problem = attempt(self._connection, effect)
        if problem is not None:
            place = f"{timer.kind} ({timer.stream})"
            failure = judge(problem, timer.attempts, warn=self._warn, place=place, timer=timer.timer_id)
            retry_at = work.database_clock() + failure.wait
            work.failed_timer(
                timer.timer_id, attempts=failure.attempts, retry_at=retry_at, error=failure.error, dead=failure.dead
            )
        return True


def tick(engine: Engine, *, warn: Warn | None = None, limit: int = TIMERS_PER_TICK) -> int:
    """Let what is due fall due, in order; the number of timers that fired.

    In lock-step, timers wait until no fact waits for a reaction, and one fires at a time.
    """
    if is_sqlite(engine):  # nothing to do takes no lock there
        with reading(engine) as connection:
            if not Due(connection).anything():
                return 0
    with writing(engine) as connection:
        store, due = Store(connection), Due(connection, warn)
        now = due.trusted() if due.anything() else None
        step = store.work.setting("lock_step") is not None
        if now is None or (step and store.deliveries.anything_open()):
            return 0
        fired = 0
        # One after the other: what one of them sets or clears has its own place in the order.
        while fired < (1 if step else limit) and due.fire_next(now):
            fired += 1
    return fired


def clock_problem(now: datetime, last_recorded: datetime) -> str | None:
    """Why the database's clock cannot be trusted with deadlines, if so."""
    if now < last_recorded:
        return "the database's clock lies before the last fact"
    if abs(now - dates.now()) > CLOCK_SKEW:
        return "the database's clock differs from this machine's"
    return None
