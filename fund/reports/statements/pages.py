"""Which page belongs to which query: whoever composes a statement adds a row, and it can leave in every format.

``PAPERS`` holds the statements whose paper is their own; every other one is printed as its page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fund.reports.layout import Page
from fund.reports.statements.agreement_page import agreement_page
from fund.reports.statements.annual import annual_pdf
from fund.reports.statements.annual import as_page as annual_page
from fund.reports.statements.cards import card_page
from fund.reports.statements.council import as_page as council_page
from fund.reports.statements.council import council_pdf
from fund.reports.statements.partner_page import partner_page
from fund.reports.statements.position_page import as_page as position_page
from fund.reports.statements.proposal_page import proposal_page
from fund.reports.statements.treasury import treasury_page
from fund.reports.statements.trial import trial_balance_page

PAGES: dict[str, Callable[[Mapping[str, Any]], Page]] = {
    "ledger card": card_page,
    "ledger trial-balance": trial_balance_page,
    "proposal show": proposal_page,
    "statement agreement": agreement_page,
    "statement annual": annual_page,
    "statement council": council_page,
    "statement position": position_page,
    "statement partner": partner_page,
    "statement treasury": treasury_page,
}
"""The page of what a query found, in the language in use, by the name of the query."""

PAPERS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {
    "statement annual": annual_pdf,
    "statement council": council_pdf,
}
"""A PDF of what a query found, by the name of the query, where it is more than its page printed."""
