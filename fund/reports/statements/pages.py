"""Which page belongs to which query: a statement that has a row here can leave in every format."""

from __future__ import annotations

from fund.declarations import FoundAt
from fund.reports.layout import Page

PAGES: FoundAt[Page] = FoundAt(
    {
        "ledger card": "fund.reports.statements.cards:card_page",
        "ledger trial-balance": "fund.reports.statements.trial:trial_balance_page",
        "proposal show": "fund.reports.statements.proposal_page:proposal_page",
        "statement agreement": "fund.reports.statements.agreement_page:agreement_page",
        "statement annual": "fund.reports.statements.annual:as_page",
        "statement council": "fund.reports.statements.council.words:as_page",
        "statement position": "fund.reports.statements.position_page:as_page",
        "statement partner": "fund.reports.statements.partner_page:partner_page",
        "statement treasury": "fund.reports.statements.treasury_page:treasury_page",
    }
)
"""The page of what a query found, in the language in use, by the name of the query."""

PAPERS: FoundAt[bytes] = FoundAt(
    {
        "statement annual": "fund.reports.statements.annual:annual_pdf",
        "statement council": "fund.reports.statements.council.paper:council_pdf",
    }
)
"""A PDF of what a query found, by the name of the query, where it is more than its page printed."""
