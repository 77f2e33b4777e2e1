"""What the notes tell in figures: cash by purpose, the threshold of the treasury per quarter, budgets.

Source: statements.md (cash identity, treasury banking: BBV 52c), lifecycle.md (learning and cost budgets).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fund.reports.quantities import Quantities
from fund.reports.statements.annual.balance import books
from fund.reports.statements.annual.years import ReportingYear
from fund.reports.statements.treasury import treasury

ACCOUNTS = ("1000", "1005")
FLOWS = {
    "contributions": ("I_cents", 1),
    "repaid": ("A_cents", 1),
    "other_income": ("R_cents", 1),
    "advances_paid": ("U_cents", -1),
    "grants_paid": ("S_cents", -1),
    "costs_paid": ("K_cents", -1),
    "held_for_others": ("held_cents", 1),
    "refunds_under_way": ("refunds_cents", 1),
}
"""Each line: the quantity of the cash identity that it is, and whether that came in."""


def cash_flow(period: ReportingYear) -> dict[str, Any]:
    """What stood on bank and treasury account at both ends of the year, and what came and went between, by purpose.

    ``under_way`` is what left one account of the fund and is not on the other yet, and debits nobody explained.
    """
    this, unexplained = _flows(period)
    last, _unexplained = ({}, 0) if period.before is None else _flows(period.before)
    return {
        "flows": [
            {"line": name, "amount_cents": cents, "last_year_cents": last.get(name)} for name, cents in this.items()
        ],
        "unexplained_cents": unexplained,
    }


def _flows(period: ReportingYear) -> tuple[dict[str, int], int]:
    """The lines of a year, and what of its cash they do not explain: nothing, while the identity holds."""
    moved = Quantities(period.snapshot, period.last_on, period.known_at, since=period.first_on)
    opening, closing = _in_bank(books(period).opening), _in_bank(books(period).closing)
    flows = {name: sign * moved.value(quantity) for name, (quantity, sign) in FLOWS.items()}
    cash = moved.value("L_cents")
    lines = {"opening": opening, **flows, "under_way": closing - opening - cash, "closing": closing}
    return lines, cash - sum(flows.values())


def _in_bank(balances: Mapping[str, int]) -> int:
    return sum(balances.get(code, 0) for code in ACCOUNTS)


def treasury_quarters(period: ReportingYear) -> list[dict[str, Any]]:
    """Per quarter what stood outside the treasury on average, against the threshold of the regulations (BBV 52c)."""
    quarters = treasury(period.snapshot, year=period.year, as_of=period.last_on, known_at=period.known_at)["quarters"]
    kept = ("quarter", "outside_cents", "inside_cents", "threshold_cents", "room_cents", "excess_cents", "within")
    return [{key: row[key] for key in kept} for row in quarters]


def budgets(period: ReportingYear) -> list[dict[str, Any]]:
    """What went into learning, and what the fund cost, against the budgets of the year."""
    now, rules = books(period), period.snapshot.regulations(period.last_on)
    before = None if period.before is None else books(period.before)
    return [
        {
            "budget": name,
            "budget_cents": budget,
            "amount_cents": now.in_year(main),
            "room_cents": budget - now.in_year(main),
            "last_year_cents": None if before is None else before.in_year(main),
        }
        for name, main, budget in (
            ("learning", "4200", rules.learning_budget_cents),
            ("costs", "4500", rules.cost_budget_cents),
        )
    ]
