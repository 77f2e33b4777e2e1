"""What is read of calls: what was asked of whom, what came in, and until when it is due."""

from __future__ import annotations

from typing import Any

from fund.schemas.capital import Call, Partner
from fund.unit_of_work import Snapshot


def calls(snapshot: Snapshot, *, partner: str | None = None, open: bool = False) -> dict[str, Any]:
    """Every call, or those of one partner, or those that are not paid whole; in the order of their refs."""
    if partner is not None:
        snapshot.partner(partner)
    found = snapshot.cases(Call, partner=partner, states=["open"] if open else None)
    partners = {one.ref: one for one in snapshot.cases(Partner)}
    return {
        "calls": [
            {
                **one.row("ref", "partner"),
                "partner_name": partners[one.partner].short_name,
                "partner_state": partners[one.partner].state,
                **one.row(
                    "called_cents",
                    "received_cents",
                    "open_cents",
                    "called_on",
                    "due_on",
                    "state",
                    "key",
                    "share",
                    "total_cents",
                    "reference",
                    "series",
                    "instalment",
                    "instalments",
                    "part_cents",
                ),
                "commitment": one.commitment or None,
                "reminded": one.reminded_step or None,
                "overdue": one.open_cents > 0 and one.due_on < snapshot.today,
            }
            for one in found
        ]
    }
