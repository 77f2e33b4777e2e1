"""Every fact the fund records: one frozen model each, past tense, one module per trade.

Import a fact from its module: ``from fund.events.proposals import ProposalSubmitted``; what is known by its wire name
only is found in ``FACTS``. Wire names never change. A new version of a payload gets a new ``version`` and a reader for
the old ones.
"""

from __future__ import annotations

from fund.events.base import Envelope, Fact, KeptFile, canonical_json, event_fields, require_printable
from fund.events.registry import FACTS, fact_from

__all__ = ["FACTS", "Envelope", "Fact", "KeptFile", "canonical_json", "event_fields", "fact_from", "require_printable"]
