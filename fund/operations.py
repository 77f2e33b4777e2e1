"""How the fund and its machine are doing: the database, who you are, the head, the money, what is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from fund.checks import folded
from fund.database import Connection, Engine, place
from fund.database.versions import head_revision, readable_by_others, revision, upgrade
from fund.outbox.deliveries import UNKNOWN_REACTION
from fund.outbox.timers import clock_problem
from fund.registry import PROJECTIONS
from fund.rules import valuation
from fund.store import Store
from fund.store.facts import case_values
from fund.unit_of_work import Snapshot

RUNNING = ("active", "suspended")
ALIVE = timedelta(seconds=20)
"""A worker gives a sign of life every five seconds; so long after the last it counts as gone."""
OVERDUE = timedelta(minutes=1)
NEWER = timedelta(hours=1)
REASONS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "dead": lambda found: found["deliveries"].get("dead") or found["timers_dead"],
    "nobody_at_work": lambda found: found["nobody_at_work"],
    "clock_problem": lambda found: found["clock_problem"],
    "waiting_for_newer_code": lambda found: found["waiting_for_newer_code"],
    "readable_by_others": lambda found: found["readable_by_others"],
    "failed": lambda found: found["deliveries"].get("failed"),
    "broker_away": lambda found: found.get("broker") is False,
}
"""Why somebody must act, the worst first; the command line says each in words, with what helps."""


def bring_up_to_date(url: str) -> None:
    """The database is at the newest version, its case files are as this program folds the facts; or nothing changed.

    A newer program may keep more of a fact than the one that recorded it did. The facts themselves stay as they are.
    """
    upgrade(url, afterwards=_refold)


def _refold(connection: Connection) -> None:
    """Case files that this program folds otherwise than the one that wrote them are written again."""
    store = Store(connection)
    stored = {row.stream: dict(row._mapping) for row in store.guards.case_rows()}
    cases = folded(store.facts.all())
    store.cases.put(
        made for stream, made in cases.items() if stream not in stored or stored[stream] != case_values(*made)
    )


def status(engine: Engine, *, user: str | None = None) -> dict[str, Any]:
    """The fund in a few lines, at one instant; ``needs_person`` when somebody must act, for the ``reasons`` given.

    That is so with dead letters and failures, deadlines that could not be acted upon or that are late while no worker
    runs, facts that wait for newer code for an hour, a clock that no deadline is trusted to, and a database that every
    account of the machine can read. Whoever knows of a broker asks :func:`reasons` again.

    Raises:
        NoFundHere, UnknownUser: As they say.
    """
    from fund.workflows.inbox import lines as inbox

    with Snapshot.open(engine, PROJECTIONS, actor=user) as snapshot:
        balances = snapshot.balances()
        rules = snapshot.regulations()
        deliveries = snapshot.store.deliveries.counts()
        last_closed = max(
            (period.month for period in snapshot.ledger.periods() if period.status.value != "open"), default=None
        )
        head, events = snapshot.ledger.head(), snapshot.store.facts.head()
        service = _service(snapshot)
        found = {
            "fund": snapshot.store.work.setting("founded"),
            "database": place(engine),
            "revision": revision(snapshot.connection),
            "expected_revision": head_revision(),
            "today": snapshot.today.isoformat(),
            "clock_held": snapshot.store.work.setting("held_clock_us") is not None,
            "user": snapshot.actor.name if snapshot.actor else None,
            "roles": sorted(role.value for role in snapshot.actor.roles) if snapshot.actor else [],
            "partner": snapshot.actor.partner if snapshot.actor else None,
            "head": {"seq": head.seq, "hash": head.hash.hex()},
            "events_head": {"seq": events.seq, "hash": events.hash.hex()},
            "last_locked_month": last_closed,
            "capital_cents": valuation.capital(balances),
            "cash_cents": valuation.cash(balances),
            "free_to_commit_cents": valuation.free_to_commit(balances, rules.buffer_cents),
            "running_experiments": sum(
                count for state, count in snapshot.store.cases.tally("agreement").items() if state in RUNNING
            ),
            "waiting_for_you": len(inbox.inbox(snapshot)["items"]) if snapshot.actor else None,
            "confirmations": len(snapshot.store.work.pendings()),
            "deliveries": dict(deliveries),
            **service,
            "readable_by_others": readable_by_others(engine),
        }
        return found | reasons(found)


def reasons(found: Mapping[str, Any]) -> dict[str, Any]:
    """Whether somebody must act, and why: names of :data:`REASONS`, the worst first."""
    names = [name for name, holds in REASONS.items() if holds(found)]
    return {"needs_person": bool(names), "reasons": names}


def _service(snapshot: Snapshot) -> dict[str, Any]:
    """Who works, what waits and since when, and whether the clock is right."""
    store, clock = snapshot.store, snapshot.store.work.database_clock()
    oldest = store.deliveries.oldest_open()
    since = None if oldest is None else store.facts.by_seq(oldest)
    recorded = (store.facts.by_seq(seq) for seq in store.deliveries.open_because(UNKNOWN_REACTION))
    held = store.work.setting("held_clock_us") is not None
    workers = [
        {
            "worker": worker.worker_id,
            "version": worker.version,
            "seen_at": worker.seen_at.isoformat(),
            "alive": clock - worker.seen_at < ALIVE,
        }
        for worker in store.deliveries.workers()
    ]
    overdue = store.work.overdue(snapshot.now - OVERDUE)
    return {
        "workers": workers,
        "nobody_at_work": bool(overdue) and not any(worker["alive"] for worker in workers),
        "oldest_open_at": None if since is None else since.recorded_at.isoformat(),
        "timers_overdue": overdue,
        "timers_dead": len(store.work.timers(state="dead")),
        "waiting_for_newer_code": sum(
            1 for fact in recorded if fact is not None and snapshot.now - fact.recorded_at > NEWER
        ),
        "clock_problem": None if held else clock_problem(snapshot.now, store.facts.head().recorded_at),
    }
