"""``fund forecast``: what is expected of the fund's cash and of the money that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, progress, say, short_hash, table
from cli.params import FILE, known, leave, noun, option, verb
from fund.language import N_, _, day, euros, number

__all__ = ["forecast", "liquidity"]

forecast = noun("forecast", N_("Look ahead: liquidity and revolving"))

FORMATS = ("table", "json", "csv")
_MADE_WITH = (
    option("--seed", type=click.IntRange(min=0), default=1, help=N_("The same seed gives the same runs")),
    option("--runs", type=click.IntRange(10, 20_000), default=2000, metavar="N", help=N_("So many runs")),
    option("--assumptions", type=FILE, metavar="FILE", help=N_("A file of assumptions (TOML); ours if left out")),
    option("--format", "form", type=click.Choice(FORMATS), default="table", help=N_("How it is shown")),
    option("--output", metavar="FILE", help=N_("Write it to this file")),
)


def _made_with(function: Any) -> Any:
    for decorate in reversed(_MADE_WITH):
        function = decorate(function)
    return function


@verb(
    forecast,
    "liquidity",
    N_("Show the cash expected per quarter"),
    about=N_(
        "Only what was called, agreed, approved or promised comes in or goes out, and the costs of running the fund. "
        "The path is what is expected under the assumptions of the day; of a hundred runs ten end below the band and "
        "ten above it. Each amount leads back to a balance of the ledger."
    ),
    examples=(
        "fund forecast liquidity",
        "fund forecast liquidity --quarters 20 --as-of 2026-06-30 --seed 7",
        "fund forecast liquidity --format csv --output liquidity.csv",
    ),
    see=("statement position", "repayment list"),
)
@option("--quarters", type=click.IntRange(1, 120), default=12, metavar="N", help=N_("So many quarters ahead"))
@_made_with
@known
def liquidity(
    ctx: click.Context,
    quarters: int,
    seed: int,
    runs: int,
    assumptions: Mapping[str, Any] | None,
    form: str,
    output: str | None,
) -> None:
    from fund.reports.forecasts import watched

    args = {"quarters": quarters, "seed": seed, "runs": runs, "assumptions": assumptions}
    with progress(_("Making runs")) as bar:

        def step(total: int, more: int) -> None:
            bar.total = total
            bar.step(more)

        with watched(step):
            leave(ctx, "forecast liquidity", args, form=form, path=output, show=_show_liquidity)


def _euros(cents: int) -> str:
    """Whole euros, half a euro up: a forecast of cents would promise too much."""
    return number((cents + 50) // 100 * 100)[:-3]


def _show_liquidity(data: Mapping[str, Any]) -> None:
    for line in _concluded(data):
        say(line)
    say()
    table(
        _("Cash expected per quarter after {day}, in whole euros").format(day=day(date.fromisoformat(data["as_of"]))),
        [
            Column("quarter", N_("Quarter"), "ref"),
            Column("in", N_("In"), "count"),
            Column("out", N_("Out"), "count"),
            Column("closing", N_("Expected"), "count"),
            Column("low", N_("Low"), "count"),
            Column("high", N_("High"), "count"),
            Column("free", N_("Free to commit"), "count"),
        ],
        [
            {
                "quarter": row["quarter"],
                "in": _euros(row["contributions_cents"] + row["repayments_cents"]),
                "out": _euros(row["payments_cents"] + row["costs_cents"]),
                "closing": _euros(row["closing_cash_cents"]),
                "low": _euros(row["low_cents"]),
                "high": _euros(row["high_cents"]),
                "free": _euros(row["free_to_commit_cents"]),
            }
            for row in data["quarters"]
        ],
    )
    say()
    _show_parts(data)
    _show_made(data)


def _concluded(data: Mapping[str, Any]) -> list[str]:
    """What the forecast comes to, in sentences: the message first."""
    last = data["quarters"][-1]["quarter"]
    buffer = euros(data["buffer_cents"])
    if data["buffer_met_in"]:
        first = _("The cash is expected to meet the buffer of {buffer} in {quarter}.").format(
            buffer=buffer, quarter=data["buffer_met_in"]
        )
    else:
        first = _("The cash is expected to stay above the buffer of {buffer} until {quarter}.").format(
            buffer=buffer, quarter=last
        )
        if data["buffer_met_low_in"]:
            first += " " + _("On the low side of the band it meets it in {quarter}.").format(
                quarter=data["buffer_met_low_in"]
            )
    lines = [first]
    if data["capacity_to_commit_cents"]:
        lines.append(
            _("{amount} can be committed: the lowest that is free until then{when}.").format(
                amount=euros(data["capacity_to_commit_cents"]),
                when=", " + data["lowest_free_to_commit_in"]
                if data["lowest_free_to_commit_in"]
                else ", " + _("which is today's"),
            )
        )
    else:
        lines.append(
            _("Nothing can be committed: free to commit is {amount} at its lowest.").format(
                amount=euros(data["lowest_free_to_commit_cents"])
            )
        )
    return lines


def _show_parts(data: Mapping[str, Any]) -> None:
    stood, sums, after = data["open"], data["totals"], data["after_the_last_quarter"]
    table(
        _("Where it comes from, and what comes later"),
        [
            Column("what", N_("What"), "text"),
            Column("open", N_("Open now"), "count"),
            Column("until", N_("Until then"), "count"),
            Column("after", N_("Later"), "count"),
        ],
        [
            {
                "what": _("contributions that were called"),
                "open": _euros(stood["contributions_cents"]),
                "until": _euros(sums["contributions_cents"]),
                "after": _euros(after["contributions_cents"]),
            },
            {
                "what": _("repayments as agreed"),
                "open": _euros(stood["principal_cents"]),
                "until": _euros(sums["scheduled_repayments_cents"]),
                "after": _euros(after["scheduled_repayments_cents"]),
            },
            {
                "what": _("repayments expected"),
                "open": _euros(stood["principal_cents"] - stood["expected_loss_cents"]),
                "until": _euros(sums["repayments_cents"]),
                "after": _euros(after["repayments_cents"]),
            },
            {
                "what": _("payments"),
                "open": _euros(stood["payments_cents"]),
                "until": _euros(sums["payments_cents"]),
                "after": _euros(after["payments_cents"]),
            },
            {"what": _("costs of running the fund"), "open": "", "until": _euros(sums["costs_cents"]), "after": ""},
        ],
    )


def _show_made(data: Mapping[str, Any]) -> None:
    used = data["assumptions"]
    say(
        _("Assumptions {version} of {day} ({file}), {runs} runs of seed {seed}; until entry {seq}, {hash}.").format(
            version=used["version"],
            day=day(date.fromisoformat(used["from_on"])),
            file=used["file"],
            runs=data["runs"],
            seed=data["seed"],
            seq=data["head"]["seq"],
            hash=short_hash(data["head"]["hash"]),
        )
    )
