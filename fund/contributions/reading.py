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
                "ref": one.ref,
                "partner": one.partner,
                "partner_name": partners[one.partner].short_name,
                "partner_state": partners[one.partner].state,
                "called_cents": one.called_cents,
                "received_cents": one.received_cents,
                "open_cents": one.open_cents,
                "called_on": one.called_on.isoformat(),
                "due_on": one.due_on.isoformat(),
                "state": one.state,
                "key": one.key,
                "share": one.share,
                "total_cents": one.total_cents,
                "reference": one.reference,
                "series": one.series,
                "instalment": one.instalment,
                "instalments": one.instalments,
                "part_cents": one.part_cents,
                "commitment": one.commitment or None,
                "reminded": one.reminded_step or None,
                "overdue": one.open_cents > 0 and one.due_on < snapshot.today,
            }
            for one in found
        ]
    }
