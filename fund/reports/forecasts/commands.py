"""What can be asked of forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from fund.declarations import DAY, TEXT_FILE, Choice, InputFile, Number, Question, as_of, known_at, option, query
from fund.language import N_


@query(
    "forecast liquidity",
    ".backtest:ahead",
    examples=(
        "fund forecast liquidity",
        "fund forecast liquidity --quarters 20 --as-of 2026-06-30 --seed 7",
        "fund forecast liquidity --output liquidity.csv",
    ),
    see=("statement position", "repayment list"),
)
class ForecastLiquidity(Question[dict[str, Any]]):
    """Show the cash expected per quarter.

    Only what was called, agreed, approved or promised comes in or goes out, and the costs of running the fund. The
    path is what is expected under the assumptions of the day; of a hundred runs ten end below the band and ten above
    it. Each amount leads back to a balance of the ledger.
    """

    quarters: int = option(
        "--quarters", Number(least=1, most=120, metavar="N"), N_("So many quarters ahead"), default=12
    )
    runs: int = option("--runs", Number(least=10, most=20_000, metavar="N"), N_("So many runs"), default=2000)
    seed: int = option("--seed", Number(least=0, metavar="N"), N_("The same seed gives the same runs"), default=1)
    assumptions: InputFile | None = option(
        "--assumptions", TEXT_FILE, N_("A file of assumptions (TOML); ours if left out"), default=None
    )
    backtest: date | None = option(
        "--backtest", DAY, N_("The forecast of that day beside what happened since"), default=None
    )
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "forecast revolving",
    ".revolving:revolving",
    examples=(
        "fund forecast revolving",
        "fund forecast revolving --years 1,2,5 --awards regrant --seed 7",
        "fund forecast revolving --plot revolving.svg",
    ),
    see=("statement position", "forecast liquidity"),
)
class ForecastRevolving(Question[dict[str, Any]]):
    """Show what comes back in the years ahead.

    Many runs of what becomes of each advance: it fails, comes back in part or in full, on time or late, by the
    assumptions of the day. The portfolio revolving degree is (A + O - P) / U, the fund revolving degree (A + R + V -
    K) / (U + S + V). With `--awards regrant` what is free is awarded again every year, as the average award so far.
    """

    years: Sequence[int] = option(
        "--years", Number(least=1, metavar="YEARS"), N_("After so many years"), default=(1, 3, 5, 10), several=True
    )
    runs: int = option("--runs", Number(least=10, most=20_000, metavar="N"), N_("So many runs"), default=2000)
    seed: int = option("--seed", Number(least=0, metavar="N"), N_("The same seed gives the same runs"), default=1)
    awards: str = option(
        "--awards", Choice("awards", words={"none": N_("none"), "regrant": N_("regrant")}),
        N_("Whether free money is awarded again"), default="none",
    )  # fmt: skip
    assumptions: InputFile | None = option(
        "--assumptions", TEXT_FILE, N_("A file of assumptions (TOML); ours if left out"), default=None
    )
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)
