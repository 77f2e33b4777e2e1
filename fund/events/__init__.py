"""Every fact the fund records: one frozen model each, past tense, grouped by trade.

Wire names never change. A new version of a payload gets a new ``version`` and a reader for the old ones.
"""

from __future__ import annotations

from fund.events import decisions, founding, reviews
from fund.events.base import FACTS, Envelope, Fact, canonical_json, event_fields, fact_from
from fund.events.decisions import *  # noqa: F403
from fund.events.founding import *  # noqa: F403
from fund.events.reviews import *  # noqa: F403

__all__ = ["FACTS", "Envelope", "Fact", "canonical_json", "event_fields", "fact_from"]
__all__ += founding.__all__
__all__ += decisions.__all__
__all__ += reviews.__all__
