"""How long the forecasts take: one JSON object on standard output. Never part of the tests.

``python benchmarks/forecast.py [ADVANCES [RUNS]]`` makes a portfolio of 400 advances of up to twenty instalments, a
hundred commitments and 34 calls, and runs it 2,000 times over 40 quarters: the liquidity forecast, and the revolving
degree after ten years without and with money that is awarded again. Processor time, the best of three. The story of
``fund demo`` is asked beside it, from the database to JSON.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from fund.commands.opening import open_fund  # noqa: E402
from fund.commands.querying import ask_named  # noqa: E402
from fund.dates import add_months  # noqa: E402
from fund.reports.forecasts.assumptions import chosen  # noqa: E402
from fund.reports.forecasts.awards import assumed  # noqa: E402
from fund.reports.forecasts.liquidity import project  # noqa: E402
from fund.reports.forecasts.portfolio import Advance, Costs, Payment, Portfolio  # noqa: E402
from fund.reports.forecasts.quarters import Flow, Quarters  # noqa: E402
from fund.reports.forecasts.revolving import Base, Runs  # noqa: E402
from fund.rules.regulations import standard  # noqa: E402
from tests.story import in_folder  # noqa: E402

DAY = date(2026, 12, 31)
QUARTERS, YEARS, TIMES = 40, 10, 3


def a_portfolio(advances: int) -> Portfolio:
    """A large fund: advances with instalments a quarter apart, commitments with four milestones, calls."""
    dice = random.Random(1)
    loans, promised = [], []
    for number in range(advances):
        first, count = dice.randint(-3, 24), dice.randint(4, 20)
        parts = tuple(Flow(add_months(DAY, first + 3 * place), dice.randint(50_000, 500_000)) for place in range(count))
        stage = dice.choice(("not_due",) * 6 + ("1-30", "31-90", "91-180", "over-180"))
        loans.append(Advance(f"A2026-{number:03d}", stage, sum(part.cents for part in parts), 0, parts))
    for number in range(advances // 4):
        flows = tuple(Flow(add_months(DAY, dice.randint(0, 36)), 250_000) for _place in range(4))
        promised.append(Payment("commitment", f"2026-{number:03d}", flows))
    calls = tuple(
        Payment("contribution", f"p{number}", (Flow(add_months(DAY, 1 + number % 6), 5_000_000),))
        for number in range(34)
    )
    outstanding = sum(one.outstanding_cents for one in loans)
    committed = sum(one.cents for one in promised)
    balances = {"1000": 300_000_000, "1100": 170_000_000, "1200": outstanding, "9000": committed}
    costs = Costs("assumptions", 6_000_000, 365, DAY, DAY)
    return Portfolio(DAY, balances, standard(), tuple(loans), calls, tuple(promised), costs)


def best(work: Callable[[], object]) -> float:
    """Seconds of processor time, the best of a few."""
    times = []
    for _time in range(TIMES):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return round(min(times), 2)


def main() -> None:
    """Measure what is asked."""
    advances = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    found, using = a_portfolio(advances), chosen(None, DAY).used
    quarters = Quarters(DAY, QUARTERS)
    moments = [4 * year - 1 for year in range(1, YEARS + 1)]
    lent = (sum(one.outstanding_cents for one in found.advances),) * YEARS
    base = Base(0, 0, lent, lent, (found.free_cents,) * YEARS, (0,) * YEARS, 8000)
    told: dict[str, object] = {"advances": advances, "runs": runs, "quarters": QUARTERS}
    told["liquidity_s"] = best(lambda: project(found, using, quarters, seed=1, runs=runs))
    for name, profile in (("revolving_s", None), ("regrant_s", assumed(using.award))):
        told[name] = best(lambda again=profile: Runs(found, using, quarters, moments, base, again).made(1, runs))
    with tempfile.TemporaryDirectory() as folder, open_fund(in_folder(Path(folder) / "demo").url) as fund:
        for verb in ("liquidity", "revolving"):
            told[f"demo_{verb}_s"] = best(lambda asked=verb: ask_named(fund, f"forecast {asked}", {}, user=None))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
