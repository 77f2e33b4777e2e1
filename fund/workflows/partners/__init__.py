"""Partners and distribution keys: who takes part, and by which weights they pay.

Founders come in a file, before the first call; the founding key comes with the regulations. A later key lies before the
full board. How a partner leaves is told in ``exits``. Source: lifecycle.md 9 (K11, K12), bank.md.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, FUND_MANAGER, OWN_SIGNATORY
from fund.schemas.capital import DistributionKey, Partner
from fund.unit_of_work import Command, Life, Query
from fund.workflows.partners.table import KEY_TRANSITIONS, PARTNER_TRANSITIONS, key_after, partner_after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("partner import", "fund.workflows.partners.founders:import_partners", FUND_MANAGER),
    Command("partner add", "fund.workflows.partners.admitting:add", FUND_MANAGER),
    Command("partner admit", "fund.workflows.partners.admitting:admit", OWN_SIGNATORY, second=CHAIR),
    Command("key adopt", "fund.workflows.partners.keys:adopt_key", FUND_MANAGER),
)
QUERIES = (
    Query("partner list", "fund.workflows.partners.reading:partners", lists={"partners": "partner"}),
    Query("partner show", "fund.workflows.partners.reading:show_partner"),
    Query("partner accession-quote", "fund.workflows.partners.admitting:accession_quote"),
    Query("key compare", "fund.workflows.partners.reading:compare_keys"),
    Query("key show", "fund.workflows.partners.reading:show_key"),
    Query("key review", "fund.workflows.partners.reviewing:review"),
)
LIVES = {
    "partner": Life(Partner, partner_after, PARTNER_TRANSITIONS),
    "key": Life(DistributionKey, key_after, KEY_TRANSITIONS),
}
