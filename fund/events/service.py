"""What people decide about the service's own work."""

from __future__ import annotations

from typing import ClassVar

from fund.events.base import Fact


class DeliveryRetried(Fact):
    """A dead letter is tried again: which fact, for which reaction."""

    wire: ClassVar[str] = "delivery.retried"
    kind: ClassVar[str] = "deliveries"

    event_id: str
    reaction: str
