"""The charts of the public pages: what each says, its rows, and the same figures as a table and as CSV.

CSV has codes and cents and knows no language; it is the same file for both. Labels are rounded so that they add up.
Source: people.md, charts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fund.glossary import track_word
from fund.language import _, day, decimal_text, euros, language, ngettext
from fund.money import half_up
from fund.reports import charts
from fund.reports.burden import TARGETS
from fund.reports.site import words
from fund.reports.site.blocks import Chart, Column, Grid, percent
from fund.reports.site.public_fund import PublicFund, share_text
from fund.reports.site.shapes import Steps

Rows = Sequence[Mapping[str, Any]]
Content = tuple[Mapping[str, Any], Sequence[Column], Sequence[Sequence[str]]]
"""Title, subtitle, description and values of a drawing; the columns and the rows of its table."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: its file of figures (``name.csv``), the rows of that file, and what is drawn of them.

    ``content`` gives title, subtitle, description and values in the language in use, with the table beside it.
    """

    chart: str
    name: str
    rows: Callable[[PublicFund], Rows]
    content: Callable[[PublicFund], Content]


def chart_of(fund: PublicFund, figure: Figure) -> Chart | None:
    """The chart in the language in use; nothing where there is nothing to draw.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    key = (language(), figure.name)
    if key not in fund.drawn:
        fund.drawn[key] = _drawn(fund, figure) if figure.rows(fund) else None
    found: Chart | None = fund.drawn[key]
    return found


def _drawn(fund: PublicFund, figure: Figure) -> Chart:
    content, columns, rows = figure.content(fund)
    return Chart(
        title=content["title"],
        subtitle=content["subtitle"],
        wide=charts.svg(figure.chart, content, width=640, headed=False),
        narrow=charts.svg(figure.chart, content, width=340, headed=False),
        table=Grid(f"t-{figure.name}", content["subtitle"], columns, rows),
        csv=f"data/{figure.name}.csv",
    )


def _said(title: str, subtitle: str, values: Rows, description: str = "") -> dict[str, Any]:
    spoken = description or "; ".join(f"{row['name']}: {row['label']}" for row in values) + "."
    return {"title": title, "subtitle": subtitle, "description": spoken, "values": list(values)}


# ---------------------------------------------------------------------------------------------------------- the balance


def _balance_rows(fund: PublicFund) -> Rows:
    """What stood there, then what is expected at the end of each quarter to come."""
    rows = [
        {
            "on": on.isoformat(),
            "balance_cents": cents,
            "buffer_cents": fund.buffer_on(on),
            "known": True,
            "low_cents": None,
            "high_cents": None,
        }
        for on, cents in fund.balances
    ]
    expected = fund.forecast["quarters"] if fund.forecast is not None else ()
    return rows + [
        {
            "on": each["ends_on"],
            "balance_cents": each["closing_cash_cents"],
            "buffer_cents": fund.position["buffer_cents"],
            "known": False,
            "low_cents": each["low_cents"],
            "high_cents": each["high_cents"],
        }
        for each in expected
        if each["ends_on"] > fund.as_of.isoformat()
    ]


def _balance(fund: PublicFund) -> Content:
    rows = _balance_rows(fund)
    known = [row for row in rows if row["known"]]
    first, last, end = known[0], known[-1], rows[-1]
    spoken = _("A line from {first} ({first_amount}) to {last} ({last_amount}).").format(
        first=day(first["on"]),
        first_amount=euros(first["balance_cents"]),
        last=day(last["on"]),
        last_amount=euros(last["balance_cents"]),
    )
    if end is not last:
        spoken += " " + _("Expected on {day}: {amount}, between {low} and {high}.").format(
            day=day(end["on"]),
            amount=euros(end["balance_cents"]),
            low=euros(end["low_cents"]),
            high=euros(end["high_cents"]),
        )
    said = _said(
        _about_buffer(fund, last), _("Money in the bank and in the treasury, in euros"), rows, f"{spoken} {_dotted()}"
    )
    columns = [
        Column(_("Day")),
        Column(_("In the bank"), True),
        Column(_("At least"), True),
        Column(_("At most"), True),
        Column(_("Buffer"), True),
    ]
    return said, columns, [_balance_row(row) for row in rows]


def _dotted() -> str:
    return _("A dotted line shows the buffer.")


def _balance_row(row: Mapping[str, Any]) -> list[str]:
    on = day(row["on"]) if row["known"] else _("{day}, expected").format(day=day(row["on"]))
    sides = ("" if row[key] is None else euros(row[key]) for key in ("low_cents", "high_cents"))
    return [on, euros(row["balance_cents"]), *sides, euros(row["buffer_cents"])]


def _about_buffer(fund: PublicFund, last: Mapping[str, Any]) -> str:
    """The message: whether, and in which quarter, the money is expected to meet the buffer."""
    forecast = fund.forecast
    if forecast is None:
        sentence = (
            _("There is {balance} in the bank, more than the buffer of {buffer}")
            if last["balance_cents"] >= last["buffer_cents"]
            else _("There is {balance} in the bank, less than the buffer of {buffer}")
        )
        return sentence.format(balance=_round(last["balance_cents"]), buffer=_round(last["buffer_cents"]))
    if forecast["buffer_met_in"]:
        return _("We expect the money to reach the buffer in {quarter}").format(
            quarter=_quarter(forecast["buffer_met_in"])
        )
    if forecast["buffer_met_low_in"]:
        return _("If things go badly, the money reaches the buffer in {quarter}").format(
            quarter=_quarter(forecast["buffer_met_low_in"])
        )
    return _("Until {quarter} there is more in the bank than the buffer, even if things go badly").format(
        quarter=_quarter(forecast["quarters"][-1]["quarter"])
    )


def _quarter(name: str) -> str:
    year, number = name.split("-Q")
    return _("quarter {number} of {year}").format(number=number, year=year)


# ----------------------------------------------------------------------------------------------------------- in and out


def _flow_rows(fund: PublicFund) -> Rows:
    cash = fund.cash
    moved = (
        ("contributions", cash.i),
        ("repaid", cash.a),
        ("other_income", cash.r),
        ("held_for_others", cash.held + cash.refunds),
        ("paid_repayable", -cash.u),
        ("paid_grant", -cash.s),
        ("costs", -cash.k),
        ("unexplained", cash.difference),
    )
    rows = [{"name": name, "amount_cents": cents, "total": False} for name, cents in moved if cents]
    return [*rows, {"name": "in_the_bank", "amount_cents": cash.cash, "total": True}] if rows else []


def _flows(fund: PublicFund) -> Content:
    names = {
        "contributions": _("Paid in by partners"),
        "repaid": _("Paid back by experiments"),
        "other_income": _("Interest and other income"),
        "held_for_others": _("Held for others"),
        "paid_repayable": _("Paid to experiments, to be paid back"),
        "paid_grant": _("Paid to experiments, as a grant"),
        "costs": _("Costs of the fund"),
        "unexplained": _("Not explained yet"),
        "in_the_bank": _("Left in the bank"),
    }
    rows = list(_flow_rows(fund))
    labels = charts.rounded([row["amount_cents"] for row in rows[:-1]])
    values = [
        {**row, "name": names[row["name"]], "label": charts.whole_euros(label)}
        for row, label in zip(rows, [*labels, sum(labels)], strict=True)
    ]
    came = sum(row["amount_cents"] for row in rows[:-1] if row["amount_cents"] > 0)
    said = _said(
        _("{came} came in, {left} is still there").format(came=_round(came), left=_round(rows[-1]["amount_cents"])),
        _("What came in and went out since the start, in euros"),
        values,
    )
    columns = [Column(_("What")), Column(_("Amount"), True)]
    return said, columns, [[names[row["name"]], euros(row["amount_cents"])] for row in rows]


# ---------------------------------------------------------------------------------------------------------- experiments


def _experiment_rows(fund: PublicFund) -> Rows:
    return [
        {
            "state": group,
            "experiments": len(some),
            "amount_cents": sum(each.award_cents for each in some),
            "learned": group == "learned",
        }
        for group, some in fund.grouped().items()
    ]


def _experiments(fund: PublicFund) -> Content:
    rows = _experiment_rows(fund)
    labels = charts.rounded([row["amount_cents"] for row in rows])
    values = [
        {
            "name": _(words.GROUPS[row["state"]]),
            "amount_cents": row["amount_cents"],
            "learned": row["learned"],
            "label": f"{row['experiments']} · {charts.whole_euros(label)}",
        }
        for row, label in zip(rows, labels, strict=True)
    ]
    count = sum(row["experiments"] for row in rows)
    learned = sum(row["experiments"] for row in rows if row["learned"])
    title = ngettext("{count} experiment", "{count} experiments", count).format(count=count)
    if learned:
        more = ngettext(
            "of {count} we learned why it does not work", "of {count} we learned why they do not work", learned
        )
        title = f"{title}, {more.format(count=learned)}"
    said = _said(title, _("Experiments by where they stand, with the money awarded"), values)
    columns = [Column(_("Where it stands")), Column(_("Experiments"), True), Column(_("Awarded"), True)]
    table = [
        [_(words.GROUPS[row["state"]]), str(row["experiments"]), euros(row["amount_cents"])]
        for row in rows
    ]  # fmt: skip
    return said, columns, table


# -------------------------------------------------------------------------------------------------------- came it back


def _revolving_rows(fund: PublicFund) -> Rows:
    inputs = fund.position["indicators"]["portfolio_revolving_degree"]
    if inputs["value"] is None:
        return []
    target = fund.position["indicators"]["revolving_target"]["value"]
    back, out = inputs["inputs"]["A_cents"], inputs["inputs"]["U_cents"]
    return [
        {"kind": "returned", "share": share_text(Fraction(back, out)), "target": target},
        {"kind": "expected", "share": inputs["value"], "target": target},
        {"kind": "target", "share": target, "target": target},
    ]


def _revolving(fund: PublicFund) -> Content:
    names = {
        "returned": _("Came back so far"),
        "expected": _("Expected in the end"),
        "target": _("Target of the regulations"),
    }
    rows = _revolving_rows(fund)
    values = [{**row, "name": names[row["kind"]], "label": percent(row["share"])} for row in rows]
    values[-1]["target"] = None
    cents = {row["kind"]: half_up(Fraction(row["share"]) * 100) for row in rows}
    said = _said(
        _("Of every euro that must come back we expect {expected} cents; the target is {target} cents").format(**cents),
        _("Portfolio revolving degree: share of what was paid out repayable"),
        values,
    )
    columns = [Column(_("What")), Column(_("Share"), True)]
    return said, columns, [[names[row["kind"]], percent(row["share"])] for row in rows]


# --------------------------------------------------------------------------------------------------------- steps asked


def _step_rows(fund: PublicFund) -> Rows:
    return [
        {
            "track": each.track,
            "year": each.year,
            "proposals": each.proposals,
            "steps": share_text(each.steps),
            "target_steps": TARGETS[each.track].steps,
            "people": share_text(each.people),
            "target_people": TARGETS[each.track].people,
            "days": share_text(each.days),
            "target_days": TARGETS[each.track].days,
            "over_target": each.over,
        }
        for each in fund.steps
    ]


def _steps(fund: PublicFund) -> Content:
    def label(each: Steps) -> str:
        return _("{steps} (target {target})").format(steps=_tenths(each.steps), target=TARGETS[each.track].steps)

    values = [
        {
            "name": f"{track_word(each.track)}, {each.year}",
            "steps": share_text(each.steps),
            "target": TARGETS[each.track].steps,
            "label": label(each),
        }
        for each in fund.steps
    ]
    over, whole = sum(each.over for each in fund.steps), sum(each.proposals for each in fund.steps)
    title = (
        _("{over} of {count} proposals asked more of people than we aim at").format(over=over, count=whole)
        if over
        else _("No proposal asked more of people than we aim at")
    )
    said = _said(title, _("Steps from draft to first money, on average, by track and year of that money"), values)
    columns = [
        Column(_("Track and year")),
        Column(_("Proposals"), True),
        Column(_("Steps (target)"), True),
        Column(_("People (target)"), True),
        Column(_("Days after closing (target)"), True),
    ]
    table = [
        [
            f"{track_word(each.track)}, {each.year}",
            str(each.proposals),
            f"{_tenths(each.steps)} ({TARGETS[each.track].steps})",
            f"{_tenths(each.people)} ({TARGETS[each.track].people})",
            f"{_tenths(each.days)} ({TARGETS[each.track].days})",
        ]
        for each in fund.steps
    ]
    return said, columns, table


def _tenths(value: Fraction) -> str:
    tenths = half_up(value * 10)
    return str(tenths // 10) if tenths % 10 == 0 else decimal_text(f"{tenths // 10}.{tenths % 10}")


def _round(cents: int) -> str:
    """An amount in a headline: whole euros, rounded half up."""
    return charts.whole_euros(charts.rounded([cents])[0])


FIGURES: dict[str, Figure] = {
    each.name: each
    for each in (
        Figure("balance", "saldo", _balance_rows, _balance),
        Figure("flows", "in-en-uit", _flow_rows, _flows),
        Figure("experiments", "experimenten-per-toestand", _experiment_rows, _experiments),
        Figure("revolving", "revolverendheid", _revolving_rows, _revolving),
        Figure("burden", "moeite", _step_rows, _steps),
    )
}
"""Every chart of the site, by the name of its file."""
