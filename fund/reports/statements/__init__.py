"""Statements: trial balance, the fund's position on one page, one agreement or partner, and the quarters of its cash.

``STATEMENT_FORMATS`` says how a statement can leave.
"""

from __future__ import annotations

from fund.reports.statements.agreement import agreement_statement
from fund.reports.statements.annual import annual
from fund.reports.statements.books import (
    accounts,
    balance,
    entries,
    entry,
    first_bad,
    ledger_checks,
    verification,
)
from fund.reports.statements.cards import card
from fund.reports.statements.council import council
from fund.reports.statements.formats import DRAWN, STATEMENT_FORMATS, STREAMED, as_csv
from fund.reports.statements.pages import PAGES, PAPERS
from fund.reports.statements.partner import partner_statement
from fund.reports.statements.position import position
from fund.reports.statements.proposal_page import finding, remarks
from fund.reports.statements.treasury import treasury
from fund.reports.statements.trial import trial_balance
from fund.unit_of_work import Life, Query

__all__ = [
    "COMMANDS",
    "DRAWN",
    "LIVES",
    "PAGES",
    "PAPERS",
    "QUERIES",
    "STATEMENT_FORMATS",
    "STREAMED",
    "as_csv",
    "finding",
    "first_bad",
    "ledger_checks",
    "position",
    "remarks",
    "trial_balance",
]

COMMANDS = ()
LIVES: dict[str, Life] = {}
QUERIES = (
    Query("ledger accounts", accounts),
    Query("ledger entries", entries),
    Query("ledger entry", entry),
    Query("ledger balance", balance),
    Query("ledger card", card),
    Query("ledger trial-balance", trial_balance),
    Query("ledger verify", verification),
    Query("statement position", position),
    Query("statement agreement", agreement_statement),
    Query("statement partner", partner_statement),
    Query("statement treasury", treasury),
    Query("statement annual", annual),
    Query("statement council", council),
)
