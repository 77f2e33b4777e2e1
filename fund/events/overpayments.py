"""What somebody paid too much goes back, or to a contribution of the same partner."""

from __future__ import annotations

from typing import ClassVar

from fund.events.base import Fact
from fund.events.payables import Owed


class OverpaymentRefunded(Owed):
    """Two people let what a payer paid too much go back to it: from now on it is a payment that is due."""

    wire: ClassVar[str] = "overpayment.refunded"
    ground: ClassVar[str] = "overpayment"


class OverpaymentMoved(Fact):
    """What a partner paid too much is set against a call of that partner, which agreed.

    Attributes:
        consent: Who agreed to it: a signatory of the partner, by user id.
    """

    wire: ClassVar[str] = "overpayment.moved"
    kind: ClassVar[str] = "call"
    affects: ClassVar[tuple[str, ...]] = ("partner/partner",)

    partner: str
    amount_cents: int
    consent: str
