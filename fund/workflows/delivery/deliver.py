"""What follows after facts and at instants, in this process: in the order (fact, reaction), then the timers that are due."""

from __future__ import annotations

from collections.abc import Callable

from fund.database import Engine

__all__ = ["drain"]


def drain(engine: Engine, *, warn: Callable[[str], None] | None = None) -> int:
    """Do what is open; the number of reactions and timers that ran."""
    import sqlalchemy as sa

    from fund.database import writing
    from fund.rules.authority import SYSTEM_ACTOR
    from fund.store import Store
    from fund.unit_of_work import UnitOfWork
    from fund.workflows.commands import LIVES
    from fund.workflows.subscriptions import reactions_by_name, timers_by_kind

    done = 0
    while True:
        with writing(engine) as connection:
            row = connection.execute(
                sa.text(
                    "select event_id, reaction from delivery where state = 'pending' order by seq, reaction limit 1"
                )
            ).one_or_none()
            store = Store(connection)
            if row is not None:
                happened = store.facts.get(row.event_id)
                assert happened is not None
                uow = UnitOfWork.on(connection, LIVES, actor=SYSTEM_ACTOR, cause=row.event_id, reaction=row.reaction)
                reactions_by_name()[row.reaction].function(uow, happened)
                connection.execute(
                    sa.text("update delivery set state = 'delivered' where event_id = :e and reaction = :r"),
                    {"e": row.event_id, "r": row.reaction},
                )
                done += 1
                continue
            due = store.work.due_timers(store.work.clock(), limit=1)
            if not due:
                return done
            timer = due[0]
            uow = UnitOfWork.on(connection, LIVES, actor=SYSTEM_ACTOR, cause=timer.cause, reaction=timer.timer_id)
            timers_by_kind()[timer.kind].function(uow, timer)
            store.work.end_timer(timer.timer_id, state="fired", fired_by="", at=uow.now)
            done += 1
