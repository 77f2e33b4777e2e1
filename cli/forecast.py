"""``fund forecast``: what is expected of the fund's cash and of the money that comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import click

from cli.output import Column, emit_json, note, progress, say, short_hash, table, write_output
from cli.params import forcing, formatted, may_write, noun, option, query, typed
from cli.params.declared import declared
from fund.declarations import InputFile, Question
from fund.language import N_, _, day, euros, number
from fund.reports.forecasts.commands import ForecastLiquidity, ForecastRevolving

forecast = noun("forecast", N_("Look ahead: liquidity and revolving"))

MOST_YEARS = 30
_EXPORT_OPTIONS = (
    formatted("table", "json", "csv"),
    option("--output", metavar="FILE", help=N_("Write it to this file")),
    option("--plot", metavar="FILE", help=N_("Draw it too: a file that ends in .svg or .png")),
    forcing,
)


def _export_options(function: Any) -> Any:
    for decorate in reversed(_EXPORT_OPTIONS):
        function = decorate(function)
    return function


@declared(forecast, ForecastLiquidity)
@_export_options
def liquidity(
    ctx: click.Context,
    quarters: int,
    backtest: date | None,
    seed: int,
    runs: int,
    assumptions: InputFile | None,
    form: str,
    output: str | None,
    plot: str | None,
) -> None:
    from fund.reports.forecasts.drawing import quarters_drawn

    args = ForecastLiquidity(quarters=quarters, backtest=backtest, seed=seed, runs=runs, assumptions=assumptions)
    _show_or_export(
        ctx,
        args,
        form,
        output,
        _show_liquidity,
        _Plot("liquidity" if backtest is None else "backtest", plot, quarters_drawn),
    )


@declared(forecast, ForecastRevolving)
@option("--years", default="1,3,5,10", metavar="YEARS", help=N_("After so many years"))
@_export_options
def revolving(
    ctx: click.Context,
    years: str,
    awards: str,
    seed: int,
    runs: int,
    assumptions: InputFile | None,
    form: str,
    output: str | None,
    plot: str | None,
) -> None:
    from fund.reports.forecasts.drawing import degrees_drawn

    args = ForecastRevolving(years=_years(years), awards=awards, seed=seed, runs=runs, assumptions=assumptions)
    _show_or_export(ctx, args, form, output, _show_revolving, _Plot("distribution", plot, degrees_drawn))


def _years(text: str) -> tuple[int, ...]:
    """``1,3,5,10``: whole numbers, each higher than the one before."""
    from fund.errors.forecasts import YearsUnclear

    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch("[0-9]{1,2}", part) for part in parts):
        raise YearsUnclear(text=text)
    years = [int(part) for part in parts]
    if any(later <= earlier for earlier, later in pairwise((0, *years))) or years[-1] > MOST_YEARS:
        raise YearsUnclear(text=text)
    return tuple(years)


@dataclass(frozen=True, slots=True)
class _Plot:
    """A drawing that was asked for: which chart, where it goes, and how its values are made of an answer."""

    chart: str
    path: str | None
    drawn: Callable[[Mapping[str, Any]], dict[str, Any]]

    def require(self) -> None:
        """Nothing, when the end of the name says what to draw.

        Raises:
            PlotUnknown: It says nothing that can be made.
        """
        from fund.errors.forecasts import PlotUnknown

        if self.path is not None and not self.path.lower().endswith((".svg", ".png")):
            raise PlotUnknown(path=self.path)

    def write(self, data: Mapping[str, Any], *, force: bool) -> None:
        """Draw it into its file.

        Raises:
            ReportsMissing, FileUnreadable: As they say.
        """
        if self.path is None:
            return
        from fund.reports import charts

        told = self.drawn(data)
        as_png = self.path.lower().endswith(".png")
        drawing = charts.png(self.chart, told) if as_png else charts.svg(self.chart, told).encode()
        write_output(self.path, drawing, force=force)


def _show_or_export(
    ctx: click.Context,
    given: Question[Mapping[str, Any]],
    form: str,
    path: str | None,
    show: Callable[[Mapping[str, Any]], None],
    plot: _Plot,
) -> None:
    """Make a forecast and let it leave: on the screen or to a file, and as a drawing where one was asked for."""
    from fund.reports.forecasts.liquidity import watched

    plot.require()
    may = {target: may_write(ctx, target) for target in (path, plot.path) if target is not None}
    with progress(_("Making runs")) as bar:

        def step(total: int, more: int) -> None:
            bar.total = total
            bar.step(more)

        with watched(step):
            data = query(ctx, given)
    plot.write(data, force=may.get(plot.path or "", False))
    if typed(ctx, "json") and path is None:
        emit_json(data)
    elif form == "table" and path is None:
        show(data)
    else:
        from fund.reports.statements.formats import STATEMENT_FORMATS

        chosen = "json" if typed(ctx, "json") else "csv" if form == "table" else form
        rows = {"lines": _lines(data)} if chosen == "csv" else data
        write_output(path or "-", STATEMENT_FORMATS[chosen](rows), force=may.get(path or "", False))
    if plot.path is not None:
        note(_("Drawn: {path}").format(path=plot.path))


def _lines(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a forecast for a spreadsheet: a quarter, or a moment, a line."""
    if "quarters" in data:
        return [dict(row) for row in data["quarters"]]
    nested = ("portfolio_revolving_degree", "fund_revolving_degree", "free_to_commit_cents")
    return [
        {
            "years": row["years"],
            "on": row["on"],
            **{f"{name}_{key}": value for name in nested for key, value in row[name].items()},
            "target_met": row["target_met"],
        }
        for row in data["moments"]
    ]


def _euros(cents: int) -> str:
    """Whole euros, half a euro up: a forecast of cents would promise too much."""
    return number((cents + 50) // 100 * 100)[:-3]


def _show_liquidity(data: Mapping[str, Any]) -> None:
    from fund.reports.forecasts.drawing import concluded

    for line in concluded(data):
        say(line)
    say()
    if "backtest" in data:
        _show_backtest(data)
        return
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
    _define(
        (
            (N_("Expected"), "closing_cash"),
            (N_("repayments expected"), "repayments"),
            (N_("payments"), "payments"),
            (N_("costs of running the fund"), "costs"),
            (N_("Free to commit"), "free_to_commit"),
        ),
        data,
    )


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


def _define(pairs: Sequence[tuple[str, str]], data: Mapping[str, Any]) -> None:
    """What stands in which column, as talk beside the table."""
    for header, name in pairs:
        note(f"{_(header)}: {_(data['definitions'][name])}")


def _show_backtest(data: Mapping[str, Any]) -> None:
    table(
        _("Forecast of {day} beside what happened until {until}, in whole euros").format(
            day=day(date.fromisoformat(data["backtest"])), until=day(date.fromisoformat(data["as_of"]))
        ),
        [
            Column("quarter", N_("Quarter"), "ref"),
            Column("expected", N_("Expected"), "count"),
            Column("low", N_("Low"), "count"),
            Column("high", N_("High"), "count"),
            Column("realised", N_("Realised"), "count"),
            Column("since", N_("Decided since"), "count"),
            Column("inside", N_("In band"), "ref"),
        ],
        [
            {
                "quarter": row["quarter"],
                "expected": _euros(row["closing_cash_cents"]),
                "low": _euros(row["low_cents"]),
                "high": _euros(row["high_cents"]),
                "realised": _euros(row["realised_cash_cents"]),
                "since": _euros(row["decided_since_cents"]),
                "inside": _("yes") if row["inside"] else _("no"),
            }
            for row in data["quarters"]
        ],
    )
    _show_made(data)
    _define(((N_("Decided since"), "decided_since"), (N_("In band"), "inside")), data)


def _show_revolving(data: Mapping[str, Any]) -> None:
    from fund.reports.forecasts.drawing import met_sentence, percent

    say(met_sentence(data))
    say(
        _("What is free is awarded again every year, as the average award of {amount}.").format(
            amount=euros(data["average_award"]["amount_cents"])
        )
        if data["awards"] == "regrant"
        else _("Nothing new is awarded; with `--awards regrant` it is.")
    )
    for key, title in (
        ("portfolio_revolving_degree", _("Portfolio revolving degree, (A + O - P) / U")),
        ("fund_revolving_degree", _("Fund revolving degree, (A + R + V - K) / (U + S + V)")),
        ("free_to_commit_cents", _("Free to commit, in whole euros")),
    ):
        shown = _euros if key.endswith("_cents") else percent
        now = data["today"][key]
        nothing = now is None and all(value is None for moment in data["moments"] for value in moment[key].values())
        say()
        table(
            title,
            [
                Column("years", N_("Years"), "count"),
                Column("p10", N_("Low"), "count"),
                Column("p25", N_("1 in 4"), "count"),
                Column("p50", N_("Middle"), "count"),
                Column("p75", N_("3 in 4"), "count"),
                Column("p90", N_("High"), "count"),
                Column("mean", N_("Mean"), "count"),
                *([Column("met", N_("Target met"), "count")] if key.startswith("portfolio") else []),
            ],
            []
            if nothing
            else [
                {"years": _("now"), "p50": shown(now) if now is not None else _("no value")},
                *(
                    {
                        "years": moment["years"],
                        "met": percent(moment["target_met"]),
                        **{name: shown(value) for name, value in moment[key].items()},
                    }
                    for moment in data["moments"]
                ),
            ],
            empty=_("no value"),
        )
    say(_("Low: 1 in 10 runs ends below it; high: 1 in 10 above it."))
    _show_made(data)
