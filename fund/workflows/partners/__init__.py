"""Partners and distribution keys: who takes part, and by which weights they pay.

Founders come in a file, before the first call; the founding key comes with the regulations. A later key lies before the
full board. How a partner leaves is told in ``exits``. Source: lifecycle.md 9 (K11, K12), bank.md.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY
from fund.schemas.capital import DistributionKey, Partner
from fund.unit_of_work import Command, Life, Query
from fund.workflows.partners.admitting import ADMISSION, accession_quote, add, admit
from fund.workflows.partners.founders import import_partners
from fund.workflows.partners.keys import adopt_key, decide_key, vote_on_key
from fund.workflows.partners.reading import compare_keys, partners, show_key, show_partner
from fund.workflows.partners.reviewing import ANNOUNCED_MONTHS, REVIEW, REVIEW_MONTHS, announce_review, review
from fund.workflows.partners.table import (
    KEY_TRANSITIONS,
    PARTNER_TRANSITIONS,
    PartnerState,
    State,
    key_after,
    partner_after,
)

__all__ = [
    "ADMISSION",
    "ANNOUNCED_MONTHS",
    "COMMANDS",
    "KEY_TRANSITIONS",
    "LIVES",
    "PARTNER_TRANSITIONS",
    "PartnerState",
    "QUERIES",
    "REVIEW",
    "REVIEW_MONTHS",
    "State",
    "adopt_key",
    "announce_review",
    "compare_keys",
    "import_partners",
    "partners",
    "show_key",
    "show_partner",
    "decide_key",
    "vote_on_key",
]

COMMANDS = (
    Command("partner import", import_partners, FUND_MANAGER),
    Command("partner add", add, FUND_MANAGER),
    Command("partner admit", admit, OWN_SIGNATORY, second=CHAIR),
    Command("key adopt", adopt_key, FUND_MANAGER),
)
QUERIES = (
    Query("partner list", partners, lists={"partners": "partner"}),
    Query("partner show", show_partner),
    Query("partner accession-quote", accession_quote),
    Query("key compare", compare_keys),
    Query("key show", show_key),
    Query("key review", review),
)
LIVES = {
    "partner": Life(Partner, partner_after, PARTNER_TRANSITIONS),
    "key": Life(DistributionKey, key_after, KEY_TRANSITIONS),
}
