"""What the notes tell in figures: cash by purpose, the threshold of the treasury per quarter, budgets.

Source: statements.md (cash identity, treasury banking: BBV 52c), lifecycle.md (learning and cost budgets).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.reports.cash import cash_on
from fund.reports.statements.annual.balance import books
from fund.reports.statements.annual.years import Told
from fund.reports.statements.treasury import treasury

__all__ = ["budgets", "cash_flow", "treasury_quarters"]

ACCOUNTS = ("1000", "1005")
FLOWS = {
    "contributions": ("i", 1),
    "repaid": ("a", 1),
    "other_income": ("r", 1),
    "advances_paid": ("u", -1),
    "grants_paid": ("s", -1),
    "costs_paid": ("k", -1),
    "held_for_others": ("held", 1),
    "refunds_under_way": ("refunds", 1),
}
"""Each line: what of the cash identity it is, and whether it came in."""


def cash_flow(told: Told) -> dict[str, Any]:
    """What stood on bank and treasury account at both ends of the year, and what came and went between, by purpose.

    ``under_way`` is what left one account of the fund and is not on the other yet, and debits nobody explained.
    """
    eves = [told.last_on, told.before_on]
    if told.before is not None:
        eves.append(told.before.before_on)
    found = dict(zip(eves, cash_on(told.view, eves, known_at=told.known_at), strict=True))

    def year(first: date, last: date, opening: int, closing: int) -> dict[str, int]:
        before, after = found[first], found[last]
        flows = {name: sign * (getattr(after, part) - getattr(before, part)) for name, (part, sign) in FLOWS.items()}
        return {"opening": opening, **flows, "under_way": closing - opening - sum(flows.values()), "closing": closing}

    now = books(told)
    this = year(told.before_on, told.last_on, _standing(now.opening), _standing(now.closing))
    last: dict[str, int] = {}
    if told.before is not None:
        before = books(told.before)
        last = year(eves[2], eves[1], _standing(before.opening), _standing(before.closing))
    return {
        "flows": [
            {"line": name, "amount_cents": cents, "last_year_cents": last.get(name)} for name, cents in this.items()
        ],
        "unexplained_cents": found[told.last_on].difference,
    }


def _standing(balances: Mapping[str, int]) -> int:
    return sum(balances.get(code, 0) for code in ACCOUNTS)


def treasury_quarters(told: Told) -> list[dict[str, Any]]:
    """Per quarter what stood outside the treasury on average, against the threshold of the regulations (BBV 52c)."""
    quarters = treasury(told.view, year=told.year, as_of=told.last_on, known_at=told.known_at)["quarters"]
    kept = ("quarter", "outside_cents", "inside_cents", "threshold_cents", "room_cents", "excess_cents", "within")
    return [{key: row[key] for key in kept} for row in quarters]


def budgets(told: Told) -> list[dict[str, Any]]:
    """What went into learning, and what the fund cost, against the budgets of the year."""
    now, rules = books(told), told.view.regulations(told.last_on)
    before = None if told.before is None else books(told.before)
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
