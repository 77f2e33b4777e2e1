"""How the fund and its machine are doing: the database, who you are, the head, the money, what is open."""

from __future__ import annotations

from typing import Any

from fund.database import Engine, head_revision, place, revision
from fund.rules import valuation
from fund.unit_of_work import View
from fund.workflows.commands import LIVES

__all__ = ["status"]

RUNNING = ("active", "suspended")


def status(engine: Engine, *, user: str | None = None) -> dict[str, Any]:
    """The fund in a few lines, at one instant; ``needs_person`` when somebody must act (dead letters).

    Raises:
        NoFundHere, UnknownUser: As they say.
    """
    from fund.workflows import inbox

    with View.open(engine, LIVES, actor=user) as view:
        balances = view.balances()
        rules = view.regulations()
        deliveries = view.store.deliveries.counts()
        last_closed = max(
            (period.month for period in view.ledger.periods() if period.status.value != "open"), default=None
        )
        head, events = view.ledger.head(), view.store.facts.head()
        return {
            "fund": view.store.work.setting("founded"),
            "database": place(engine),
            "revision": revision(view.connection),
            "expected_revision": head_revision(),
            "today": view.today.isoformat(),
            "clock_held": view.store.work.setting("held_clock_us") is not None,
            "user": view.actor.name if view.actor else None,
            "roles": sorted(role.value for role in view.actor.roles) if view.actor else [],
            "partner": view.actor.partner if view.actor else None,
            "head": {"seq": head.seq, "hash": head.hash.hex()},
            "events_head": {"seq": events.seq, "hash": events.hash.hex()},
            "last_locked_month": last_closed,
            "cash_cents": valuation.cash(balances),
            "free_to_commit_cents": valuation.free_to_commit(balances, rules.buffer_cents),
            "running_experiments": sum(
                count for state, count in view.store.cases.tally("agreement").items() if state in RUNNING
            ),
            "waiting_for_you": len(inbox.inbox(view)["items"]) if view.actor else None,
            "confirmations": len(view.store.work.pendings()),
            "deliveries": dict(deliveries),
            "needs_person": bool(deliveries.get("dead") or deliveries.get("failed")),
        }
