"""Agreements: what the parties sign, the milestones they show, and how it ends. Rows P20, A1-A7, M1-M3 of lifecycle.md.

``lifecycle`` holds states, transitions and projections; ``drafting`` leads to a signed text; ``amending`` and
``deciding_amendments`` change it; ``ending`` suspends, resumes, completes and terminates it; ``refinancing`` moves its
balance to its roll-out; ``milestones`` keeps the evidence, ``benefits`` the results, ``document`` the text; ``reading``
answers queries. How the money comes back is in ``repayments``.
"""

from __future__ import annotations

__all__ = ["CLOSING_FACTS"]

CLOSING_FACTS = (
    "agreement.completed", "agreement.terminated", "allowance.adjusted", "disbursement.cancelled",
    "disbursement.refunded", "evaluation.accepted", "payment.settled", "receipt.allocated", "receipt.reallocated",
    "writeoff.posted", "writeoff.reversed", "agreement.refinanced", "exit.set_off",
)  # fmt: skip
"""After these an agreement that ended may be closed (A7)."""
