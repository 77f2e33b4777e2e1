"""Agreements: what the parties sign, the milestones they show, and how it ends. Rows P20, A1-A7, M1-M3 of lifecycle.md.

``states`` holds the tables and folds, ``drafting`` the road to a signed text, ``amending``, ``amendments`` and
``assent`` how it changes, ``running`` how it stops and ends, ``refinancing`` how its balance goes on under its
roll-out, ``milestones`` the evidence, ``benefits`` what it brings, ``document`` the text itself, ``reading`` what
people look up. How the money comes back is the chapter ``repayments``.
"""

from __future__ import annotations

__all__ = ["CLOSING_FACTS"]

CLOSING_FACTS = (
    "agreement.completed", "agreement.terminated", "allowance.adjusted", "disbursement.cancelled",
    "disbursement.refunded", "evaluation.accepted", "payment.settled", "receipt.allocated", "receipt.reallocated",
    "writeoff.posted", "writeoff.reversed", "agreement.refinanced", "exit.set_off",
)  # fmt: skip
"""After these an agreement that ended may be closed (A7)."""
