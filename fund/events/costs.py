"""What the fund spends on itself (C1)."""

from __future__ import annotations

from typing import ClassVar

from fund.events.payables import Owed

__all__ = ["CostApproved"]


class CostApproved(Owed):
    """Two people approved a cost of the fund, and the fund owes it to its supplier (C1).

    Args:
        purpose: What it is for.
        invoice: The supplier's own number of it, when there is one.
        file_sha256: The invoice or contract that the second person saw, when one was given.
    """

    wire: ClassVar[str] = "cost.approved"
    ground: ClassVar[str] = "cost"

    purpose: str
    invoice: str = ""
    file_sha256: str = ""
