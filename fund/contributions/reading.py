"""What is read of calls: what was asked of whom, what came in, and until when it is due."""

from __future__ import annotations

from fund.contributions.commands import CallRow, Calls
from fund.schemas.base import as_row
from fund.schemas.capital import Call, Partner
from fund.unit_of_work import Snapshot


def calls(snapshot: Snapshot, *, partner: str | None = None, open: bool = False) -> Calls:
    """Every call, or those of one partner, or those that are not paid whole; in the order of their refs."""
    if partner is not None:
        snapshot.partner(partner)
    found = snapshot.cases(Call, partner=partner, states=["open"] if open else None)
    partners = {one.ref: one for one in snapshot.cases(Partner)}
    return {
        "calls": [
            as_row(
                CallRow,
                one,
                partner_name=partners[one.partner].short_name,
                partner_state=partners[one.partner].state,
                reminded=one.reminded_step,
                overdue=one.open_cents > 0 and one.due_on < snapshot.today,
            )
            for one in found
        ]
    }
