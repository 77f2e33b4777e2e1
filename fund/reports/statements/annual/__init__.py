"""The annual accounts of a year: balance sheet, income and costs, movement tables, frozen with the closing of the year.

``annual`` gives the figures, which know no language; ``as_page`` lays them out for people.
"""

from __future__ import annotations

from typing import Any

from fund.reports.statements.annual.balance import balance_sheet, income_statement
from fund.reports.statements.annual.experiments import burden_of_year, experiments, open_commitments
from fund.reports.statements.annual.money import budgets, cash_flow, treasury_quarters
from fund.reports.statements.annual.movements import movement_tables
from fund.reports.statements.annual.notes import after_balance_date, next_year
from fund.reports.statements.annual.page import as_page
from fund.reports.statements.annual.paper import annual_pdf, annual_pictures
from fund.reports.statements.annual.years import reporting_year
from fund.reports.statements.position import position
from fund.schemas.people import FundFile
from fund.unit_of_work import Snapshot

__all__ = ["annual", "annual_pdf", "annual_pictures", "as_page"]


def annual(snapshot: Snapshot, *, year: int, known_at: int | None = None) -> dict[str, Any]:
    """The annual accounts of a year.

    Of a closed year as its last closing froze it: the same bytes whatever is recorded later. Before the closing they
    are ``provisional``.

    Args:
        known_at: The last entry that counts; the last of an earlier closing gives the accounts as that one left them.

    Raises:
        YearBeforeTheFund: The fund began later. YearToCome: The year is still to come.
    """
    of = reporting_year(snapshot, year, known_at)
    rules = of.snapshot.regulations(of.last_on)
    return {
        "fund_name": _name(of.snapshot),
        **of.as_json(),
        "regulations": rules.version,
        "legal_form": rules.legal_form,
        "contributions": rules.contributions,
        "balance": balance_sheet(of),
        "income": income_statement(of),
        "movements": movement_tables(of),
        "cash": cash_flow(of),
        "commitments": open_commitments(of),
        "budgets": budgets(of),
        "treasury": {"quarters": treasury_quarters(of)},
        "indicators": position(of.snapshot, as_of=of.last_on, known_at=None if of.last is None else of.known_at)[
            "indicators"
        ],
        "experiments": experiments(of),
        "burden": {"tracks": burden_of_year(of)},
        "after_balance_date": {"decisions": after_balance_date(of)},
        "next_year": next_year(of),
    }


def _name(snapshot: Snapshot) -> str:
    found = snapshot.maybe(FundFile, "")
    return found.name if found is not None else ""
