"""What people look up about write-offs."""

from __future__ import annotations

from fund.schemas.base import as_row
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot
from fund.workflows.writeoffs.commands import WriteoffRow, Writeoffs


def listed(snapshot: Snapshot) -> Writeoffs:
    """Every write-off with what was given up and what came back."""
    return {
        "as_of": snapshot.today.isoformat(),
        "writeoffs": [
            as_row(
                WriteoffRow,
                case,
                lead_partner=case.lead,
                lead_name=snapshot.partner_name(case.lead),
                votes=len(case.commitments),
            )
            for case in snapshot.cases(Writeoff)
        ],
    }
