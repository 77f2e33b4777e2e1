"""Why a repayment plan stays as it is: receipts that are in order, sums that do not fit, claims that are nobody's."""

from __future__ import annotations

from fund.errors.base import RuleRefusal
from fund.language import N_

__all__ = ["InstalmentNotLate", "ReceiptsInOrder", "SurplusGone"]


class ReceiptsInOrder(RuleRefusal):
    """Every receipt paid what it would have paid in the order of the value dates."""

    message = N_("nothing of {ref} is reallocated: its receipts ({count}) paid in the order of their value dates")
    hint = N_("fund repayment plan {ref}")


class SurplusGone(RuleRefusal):
    """What was owed back to a payer, and would repay the advance in the right order, was given back meanwhile."""

    message = N_("{moved_cents} of {ref} cannot move to the advance: {owed_cents} is still owed back to {partner}")
    hint = N_("fund repayment plan {ref}")


class InstalmentNotLate(RuleRefusal):
    """Only what is past its day, and was paid out, can be demanded."""

    message = N_("instalment {no} of {ref} cannot be demanded: {late_cents} of it is late, it is due on {due_on}")
    hint = N_("fund repayment schedule {ref}")
