"""Every fact the fund records: one frozen model each, past tense, grouped by trade.

Wire names never change. A new version of a payload gets a new ``version`` and a reader for the old ones.
"""

from __future__ import annotations

from fund.events import (
    agreements,
    amendments,
    capital,
    closing,
    cooperations,
    costs,
    decisions,
    disbursements,
    evaluations,
    exits,
    founding,
    journal,
    overpayments,
    payables,
    payees,
    payments,
    proposals,
    receipts,
    repayments,
    resolutions,
    reviews,
    rounds,
    service,
    writeoffs,
)
from fund.events.agreements import *  # noqa: F403
from fund.events.amendments import *  # noqa: F403
from fund.events.base import FACTS, Envelope, Fact, KeptFile, canonical_json, event_fields, fact_from, require_printable
from fund.events.capital import *  # noqa: F403
from fund.events.closing import *  # noqa: F403
from fund.events.cooperations import *  # noqa: F403
from fund.events.costs import *  # noqa: F403
from fund.events.decisions import *  # noqa: F403
from fund.events.disbursements import *  # noqa: F403
from fund.events.evaluations import *  # noqa: F403
from fund.events.exits import *  # noqa: F403
from fund.events.founding import *  # noqa: F403
from fund.events.journal import *  # noqa: F403
from fund.events.overpayments import *  # noqa: F403
from fund.events.payables import *  # noqa: F403
from fund.events.payees import *  # noqa: F403
from fund.events.payments import *  # noqa: F403
from fund.events.proposals import *  # noqa: F403
from fund.events.receipts import *  # noqa: F403
from fund.events.repayments import *  # noqa: F403
from fund.events.resolutions import *  # noqa: F403
from fund.events.reviews import *  # noqa: F403
from fund.events.rounds import *  # noqa: F403
from fund.events.service import *  # noqa: F403
from fund.events.writeoffs import *  # noqa: F403

__all__ = ["FACTS", "Envelope", "Fact", "KeptFile", "canonical_json", "event_fields", "fact_from", "require_printable"]
__all__ += founding.__all__
__all__ += capital.__all__
__all__ += receipts.__all__
__all__ += disbursements.__all__
__all__ += payables.__all__
__all__ += overpayments.__all__
__all__ += costs.__all__
__all__ += payees.__all__
__all__ += payments.__all__
__all__ += decisions.__all__
__all__ += rounds.__all__
__all__ += cooperations.__all__
__all__ += proposals.__all__
__all__ += reviews.__all__
__all__ += agreements.__all__
__all__ += amendments.__all__
__all__ += repayments.__all__
__all__ += resolutions.__all__
__all__ += closing.__all__
__all__ += evaluations.__all__
__all__ += writeoffs.__all__
__all__ += exits.__all__
__all__ += service.__all__
__all__ += journal.__all__
