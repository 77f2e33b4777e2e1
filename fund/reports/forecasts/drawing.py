"""What a drawing of a forecast is made of: the message, the measure, what is seen, and the values of its chart.

In the language in use. How it is drawn is the business of ``fund.reports.charts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from fund.language import _, day, euros, ngettext, number
from fund.money import half_up


def quarters_drawn(found: Mapping[str, Any]) -> dict[str, Any]:
    """The chart ``liquidity`` of a forecast, or ``backtest`` of one that is held against what happened."""
    if "backtest" in found:
        return _backtest_drawn(found)
    buffer = found["buffer_cents"]
    past = [
        {"on": row["ends_on"], "balance_cents": row["cash_cents"], "known": True, "buffer_cents": buffer}
        for row in found["past_quarters"]
    ]
    coming = [
        {
            "on": row["ends_on"],
            "balance_cents": row["closing_cash_cents"],
            "known": False,
            "buffer_cents": buffer,
            "low_cents": row["low_cents"],
            "high_cents": row["high_cents"],
        }
        for row in found["quarters"]
    ]
    last = found["quarters"][-1]
    made_on = date.fromisoformat(found.get("backtest") or found["as_of"])
    return {
        "title": concluded(found)[0],
        "subtitle": _("Cash of the fund at the end of each quarter, in euros; the band holds eight of ten runs"),
        "description": _(
            "On {day} {cash} stands on the accounts; at the end of {quarter} {expected} is expected, between {low} and "
            "{high} in eight of ten runs."
        ).format(
            day=day(made_on),
            cash=whole_euros(found["opening_cash_cents"]),
            quarter=last["quarter"],
            expected=whole_euros(last["closing_cash_cents"]),
            low=whole_euros(last["low_cents"]),
            high=whole_euros(last["high_cents"]),
        ),
        "values": [*past, *coming],
    }


def _backtest_drawn(found: Mapping[str, Any]) -> dict[str, Any]:
    buffer, rows = found["buffer_cents"], found["quarters"]
    past = [{"on": row["ends_on"], "realised_cents": row["cash_cents"]} for row in found["past_quarters"]]
    begun = dict.fromkeys(("expected_cents", "low_cents", "high_cents"), found["opening_cash_cents"])
    values: list[dict[str, Any]] = [*past[:-1], {**past[-1], **begun}]
    values += [
        {
            "on": row["ends_on"],
            "realised_cents": row["realised_cash_cents"],
            "expected_cents": row["closing_cash_cents"],
            "low_cents": row["low_cents"],
            "high_cents": row["high_cents"],
        }
        for row in rows
    ]
    last = rows[-1]
    above = last["closing_cash_cents"] > last["realised_cash_cents"]
    values[-1] |= {"expected_word": _("expected"), "realised_word": _("happened"), "above": above}
    values[0]["buffer_word"] = _("buffer")
    return {
        "title": " ".join(concluded(found)),
        "subtitle": _("Cash of the fund at the end of each quarter, in euros; the band holds eight of ten runs"),
        "description": _(
            "At the end of {quarter} {expected} was expected and {realised} stood on the accounts."
        ).format(
            quarter=last["quarter"],
            expected=whole_euros(last["closing_cash_cents"]),
            realised=whole_euros(last["realised_cash_cents"]),
        ),
        "values": [{**value, "buffer_cents": buffer} for value in values],
    }


def concluded(found: Mapping[str, Any]) -> list[str]:
    """What a liquidity forecast or its backtest comes to, in sentences: the message first."""
    if "backtest" in found:
        count = len(found["quarters"])
        sentence = ngettext(
            "{inside} of {count} quarter ended inside the band of the forecast of {day}.",
            "{inside} of {count} quarters ended inside the band of the forecast of {day}.",
            count,
        )
        made_on = day(date.fromisoformat(found["backtest"]))
        lines = [sentence.format(inside=found["inside"], count=count, day=made_on)]
        if any(row["decided_since_cents"] for row in found["quarters"]):
            lines.append(
                _("Without what was decided since, {inside} of {count}.").format(
                    inside=found["inside_as_planned"], count=count
                )
            )
        return lines
    buffer, lines = whole_euros(found["buffer_cents"]), []
    if found["buffer_met_in"]:
        lines.append(
            _("The cash is expected to meet the buffer of {buffer} in {quarter}.").format(
                buffer=buffer, quarter=found["buffer_met_in"]
            )
        )
    else:
        lines.append(
            _("The cash is expected to stay above the buffer of {buffer} through {quarter}.").format(
                buffer=buffer, quarter=found["quarters"][-1]["quarter"]
            )
        )
        if found["buffer_met_low_in"]:
            lines.append(
                _("On the low side of the band it meets the buffer in {quarter}.").format(
                    quarter=found["buffer_met_low_in"]
                )
            )
    lowest, at = found["lowest_free_to_commit_cents"] // 100 * 100, found["lowest_free_to_commit_in"]  # never too much
    if lowest <= 0:
        lines.append(
            _("Nothing can be committed: what is free is {amount} at its lowest.").format(amount=whole_euros(lowest))
        )
    elif at is None:
        lines.append(
            _("{amount} can be committed: what is free today, the lowest of all.").format(amount=whole_euros(lowest))
        )
    else:
        lines.append(
            _("{amount} can be committed: what is free at its lowest, in {quarter}.").format(
                amount=whole_euros(lowest), quarter=at
            )
        )
    return lines


# ------------------------------------------------------------------------------------------------------- revolving


def degrees_drawn(found: Mapping[str, Any]) -> dict[str, Any]:
    """The chart ``distribution`` of the portfolio revolving degree after some years."""
    values = []
    for moment in found["moments"]:
        degree = moment["portfolio_revolving_degree"]
        values.append(
            {
                "name": _after(moment["years"]),
                **{key: degree[key] for key in ("p05", "p25", "p50", "p75", "p95")},
                "target": found["target"],
                "label": _("{middle} ({low} to {high})").format(
                    middle=percent(degree["p50"]), low=percent(degree["p05"]), high=percent(degree["p95"])
                ),
            }
        )
    return {
        "title": met_sentence(found),
        "subtitle": _(
            "Portfolio revolving degree, (A + O - P) / U: the middle of all runs, half of them, nine in ten; "
            "the target beside it"
        ),
        "description": " ".join(
            _("{name}: {label}.").format(name=value["name"], label=value["label"]) for value in values
        ),
        "values": [value for value in values if value["p50"] is not None],
    }


def met_sentence(found: Mapping[str, Any]) -> str:
    """How often the target is met at the last moment: the message of the simulation."""
    last = found["moments"][-1]
    if last["target_met"] is None:
        return _("Nothing was paid out to be repaid yet: there is no revolving degree.")
    return _("After {after} the target of {target} is met in {chance} of the runs.").format(
        after=_years(last["years"]), target=percent(found["target"]), chance=percent(last["target_met"])
    )


def _years(years: int) -> str:
    return ngettext("{number} year", "{number} years", years).format(number=years)


def _after(years: int) -> str:
    return _("after {years}").format(years=_years(years))


def whole_euros(cents: int) -> str:
    """An amount in whole euros, half a euro up: a forecast of cents would promise too much."""
    return euros((cents + 50) // 100 * 100)[:-3]


def percent(value: str | None) -> str:
    """A fraction in percents with one decimal, half up, as people read it."""
    if value is None:
        return _("no value")
    tenths = half_up(abs(Fraction(value)) * 1000)
    sign = "-" if Fraction(value) < 0 and tenths else ""
    return f"{sign}{number(tenths * 10)[:-1]} %"
