"""Files of assumptions for tests: one set that holds from long ago, with what a test changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fund.reports.forecasts.assumptions import read
from fund.schemas.assumptions import STAGES, Assumptions

__all__ = ["NOTHING_HAPPENS", "assumed", "of_file"]


def assumed(
    *,
    stages: Mapping[str, tuple[int, int, int]] | None = None,
    repayment_delays: Sequence[tuple[int, int]] = ((0, 10_000),),
    contribution_delays: Sequence[tuple[int, int]] = ((0, 10_000),),
    payment_delays: Sequence[tuple[int, int]] = ((0, 10_000),),
    costs_per_year: str | None = None,
    **numbers: int,
) -> dict[str, Any]:
    """A file as the command line hands it over: nothing is lost or late but what is said.

    Args:
        stages: By stage, the chances of full, partial and failed; every other stage comes back in full.
    """
    said = {
        "common_bps": 0,
        "partial_bps": 5_000,
        "recovered_bps": 0,
        "recovery_quarters": 0,
        "payment_days": 0,
        **numbers,
    }
    lines = ["[[assumptions]]", 'version = "test"', "from_on = 2000-01-01", *(f"{key} = {said[key]}" for key in said)]
    if costs_per_year is not None:
        lines.append(f'costs_per_year = "{costs_per_year}"')
    for name, delays in (
        ("repayment_delays", repayment_delays),
        ("contribution_delays", contribution_delays),
        ("payment_delays", payment_delays),
    ):
        lines.append(f"{name} = [{', '.join(f'{{quarters = {at}, bps = {bps}}}' for at, bps in delays)}]")
    chances = {name: (stages or {}).get(name, (10_000, 0, 0)) for name in STAGES}
    rows = (
        f'{{stage = "{name}", full_bps = {full}, partial_bps = {partial}, failed_bps = {failed}}}'
        for name, (full, partial, failed) in chances.items()
    )
    lines.append(f"stages = [{', '.join(rows)}]")
    lines += ["[assumptions.award]", 'amount = "1000"', "repayable_bps = 8000", "payment_quarters = 1"]
    lines += ["grace_quarters = 1", "instalments = 2", "quarters_between = 1"]
    return {"name": "test.toml", "content": "\n".join(lines).encode()}


def of_file(file: Mapping[str, Any]) -> Assumptions:
    """The one set of such a file."""
    return read(file["content"], file["name"])[1].assumptions[0]


NOTHING_HAPPENS = assumed()
"""Everything comes in full and on time."""
