"""What people decide about the service's own work."""

from __future__ import annotations

from fund.events.base import Fact


class DeliveryRetried(Fact, wire="delivery.retried", kind="deliveries"):
    """A dead letter is tried again: which fact, for which reaction."""

    event_id: str
    reaction: str
