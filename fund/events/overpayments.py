"""What somebody paid too much goes back, or to a contribution of the same partner."""

from __future__ import annotations

from typing import ClassVar

from fund.events.base import Fact
from fund.events.payables import Owed


class OverpaymentRefunded(Owed, wire="overpayment.refunded"):
    """Two people let what a payer paid too much go back to it: from now on it is a payment that is due."""

    ground: ClassVar[str] = "overpayment"


class OverpaymentMoved(Fact, wire="overpayment.moved", kind="call"):
    """What a partner paid too much is set against a call of that partner, which agreed.

    Attributes:
        consent: Who agreed to it: a signatory of the partner, by user id.
    """

    affects: ClassVar[tuple[str, ...]] = ("partner/partner",)

    partner: str
    amount_cents: int
    consent: str
