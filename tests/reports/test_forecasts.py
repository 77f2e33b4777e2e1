"""Forecasts: every plan adds up to its balance, chance is exact, and nothing that came later leaks into the past."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.workflows.delivery import look, open_fund

QUIET = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def ties(found: dict, position: dict, balances: dict[str, int]) -> None:
    """Every plan adds up to what stands in the books, and every quarter to the next."""
    stood, sums, after = found["open"], found["totals"], found["after_the_last_quarter"]
    assert found["opening_cash_cents"] == position["cash_cents"] == found["quarters"][0]["opening_cash_cents"]
    assert found["free_to_commit_cents"] == position["free_to_commit_cents"]
    assert stood["contributions_cents"] == balances.get("1100", 0)
    assert stood["outstanding_cents"] == balances.get("1200", 0)
    assert stood["committed_cents"] == balances.get("9000", 0)
    assert stood["approved_cents"] == -balances.get("2000", 0)
    assert stood["under_way_cents"] - stood["unexplained_cents"] == -balances.get("1010", 0)
    assert stood["overpayments_cents"] == -balances.get("2100", 0)
    assert stood["settlements_cents"] == -balances.get("2200", 0)
    assert stood["later_parts_cents"] == -balances.get("2210", 0)
    assert sums["payments_cents"] + after["payments_cents"] == stood["payments_cents"]
    assert sums["contributions_cents"] + after["contributions_cents"] == stood["contributions_cents"]
    assert sums["scheduled_repayments_cents"] + after["scheduled_repayments_cents"] == stood["principal_cents"]
    assert (
        sums["repayments_cents"] + after["repayments_cents"] + stood["expected_loss_cents"] == stood["principal_cents"]
    )
    opening = found["opening_cash_cents"]
    for row in found["quarters"]:
        assert row["opening_cash_cents"] == opening
        assert (
            row["repayments_cents"]
            == row["scheduled_repayments_cents"] - row["expected_loss_cents"] + row["moved_cents"]
        )
        opening += row["contributions_cents"] + row["repayments_cents"] - row["payments_cents"] - row["costs_cents"]
        assert row["closing_cash_cents"] == opening
        assert row["low_cents"] <= opening <= row["high_cents"]
        assert row["p10_cents"] <= row["median_cents"] <= row["p90_cents"]


@QUIET
@given(number=st.integers(0, 999), back=st.integers(0, 500), quarters=st.integers(1, 24))
def test_every_plan_adds_up_to_its_balance_on_any_day(
    random_funds: list[str], number: int, back: int, quarters: int
) -> None:
    with open_fund(random_funds[number % len(random_funds)]) as fund:
        last = date.fromisoformat(look(fund, "statement position", {}, user=None)["as_of"])
        day = last - timedelta(days=back)
        found = look(fund, "forecast liquidity", {"as_of": day, "quarters": quarters, "runs": 20}, user=None)
        position = look(fund, "statement position", {"as_of": day}, user=None)
        balances: dict[str, int] = {}
        for row in look(fund, "ledger trial-balance", {"as_of": day}, user=None)["accounts"]:
            main = row["code"].partition(".")[0]
            balances[main] = balances.get(main, 0) + row["balance_cents"]
    ties(found, position, balances)
