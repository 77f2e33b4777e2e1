"""Statements: trial balance, the fund's position on one page, one agreement or partner, and the quarters of its cash.

``STATEMENT_FORMATS`` says how a statement can leave.
"""

from __future__ import annotations

from fund.unit_of_work import Life, Query

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = ()
LIVES: dict[str, Life] = {}
QUERIES = (
    Query("ledger accounts", "fund.reports.statements.books:accounts"),
    Query("ledger entries", "fund.reports.statements.books:entries"),
    Query("ledger entry", "fund.reports.statements.books:entry"),
    Query("ledger balance", "fund.reports.statements.books:balance"),
    Query("ledger card", "fund.reports.statements.cards:card"),
    Query("ledger trial-balance", "fund.reports.statements.trial:trial_balance"),
    Query("ledger verify", "fund.reports.statements.books:verification"),
    Query("statement position", "fund.reports.statements.position:position"),
    Query("statement agreement", "fund.reports.statements.agreement:agreement_statement"),
    Query("statement partner", "fund.reports.statements.partner:partner_statement"),
    Query("statement treasury", "fund.reports.statements.treasury:treasury"),
    Query("statement annual", "fund.reports.statements.annual:annual"),
    Query("statement council", "fund.reports.statements.council:council"),
)
