"""What people look up about write-offs."""

from __future__ import annotations

from typing import Any

from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot


def listed(snapshot: Snapshot) -> dict[str, Any]:
    """Every write-off with what was given up and what came back."""
    return {
        "as_of": snapshot.today.isoformat(),
        "writeoffs": [
            {
                "ref": case.ref,
                "agreement": case.agreement,
                "proposal": case.proposal,
                "lead_partner": case.lead,
                "lead_name": snapshot.partner_name(case.lead),
                "ground": case.ground,
                "state": case.state,
                "amount_cents": case.amount_cents,
                "posted_cents": case.posted_cents,
                "recovered_cents": case.recovered_cents,
                "votes": len(case.commitments),
            }
            for case in snapshot.cases(Writeoff)
        ],
    }
