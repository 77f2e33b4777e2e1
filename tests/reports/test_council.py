"""The page for a council: figures that add up to the fund's, texts that are quoted, days, and one A4."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

from fund.reports.cash import cash_on
from fund.reports.statements.council import council
from fund.unit_of_work import View
from fund.workflows.commands import LIVES
from fund.workflows.delivery import open_fund
from tests.story import Told


def councils(url: str, **asked: Any) -> tuple[dict[str, Any], Any]:
    """The statements of all partners, and the cash of the fund by another road, entry by entry."""
    with open_fund(url) as fund, View.open(fund.engine, LIVES) as view:
        day = asked.get("as_of") or view.today
        return council(view, **asked), cash_on(view, [day], known_at=asked.get("known_at"))[0]


def add_up(url: str, **asked: Any) -> None:
    """Every flow of the statements adds up to that of the fund, and that is what its entries say."""
    found, cash = councils(url, **asked)
    sums: Counter[str] = Counter()
    for each in found["councils"]:
        sums.update(each["part"])
        part = each["part"]
        assert part["left_cents"] == (
            part["paid_in_cents"] - part["paid_out_cents"] + part["came_back_cents"] - part["costs_cents"]
        )
        assert part["paid_in_cents"] == each["contributed_cents"] - each["paid_back_cents"] == each["paid_in_cents"]
    told = {
        "paid_in_cents": cash.i,
        "paid_out_cents": cash.u + cash.s + cash.v,
        "came_back_cents": cash.a + cash.r + cash.v,
        "costs_cents": cash.k,
        "left_cents": cash.explained - cash.held - cash.refunds,
    }
    assert {key: found["fund"][key] for key in told} == told
    assert {key: sums[key] for key in told} == told


def test_the_statements_of_the_demo_add_up_to_the_fund(story: Told) -> None:
    add_up(story.url)
    add_up(story.url, as_of=date(2025, 6, 30))
    add_up(story.url, as_of=date(2025, 12, 31), known_at=70)


def test_the_statements_of_random_funds_add_up_on_any_day_and_at_any_number(random_funds: list[str]) -> None:
    for number, url in enumerate(random_funds):
        add_up(url)
        with open_fund(url) as fund, View.open(fund.engine, LIVES) as view:
            head, first, today = view.ledger.head().seq, view.first_day, view.today
        random = Random(number)
        for _ in range(2):
            on = first + timedelta(days=random.randrange((today - first).days + 1))
            add_up(url, as_of=on)
            add_up(url, as_of=on, known_at=random.randrange(head + 1))
