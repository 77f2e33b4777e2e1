"""Write-offs as cases."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from fund.schemas.base import CaseColumns, CaseFile


class Writeoff(CaseFile, kind="writeoff"):
    """One write-off of an agreement's advance (``A2026-003-W1``). Amounts in cents.

    Attributes:
        hands: User ids that supplied an approval in this chain (lifecycle G7 c).
        commitments: By user id of who voted: what commits to the vote, which is under seal until the decision.
        event_id: The fact that posted it.
    """

    agreement: str
    proposal: str
    lead: str
    parties: tuple[str, ...] = ()
    ground: str
    reason: str = ""
    amount_cents: int
    posted_cents: int = 0
    recovered_cents: int = 0
    allowance_released_cents: int = 0
    hands: tuple[str, ...] = ()
    commitments: Mapping[str, str] = Field(default_factory=dict)
    event_id: str | None = None
    posted_year: int | None = None
    decided_year: int | None = None

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.agreement, partner=self.lead, lookup=self.proposal, amount_cents=self.amount_cents
        )
