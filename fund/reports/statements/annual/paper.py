"""The annual accounts on paper: two pages for representatives, the accounts, then a third of a page per experiment.

PDF/A-3a and PDF/UA-1, the figures attached as CSV, the same bytes for the same accounts. Source: people.md, Paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from fund.language import N_, _, day, euros, language
from fund.reports.charts import svg
from fund.reports.layout import Column, Table
from fund.reports.paper import on_paper, pictures_of
from fund.reports.statements.annual.page import as_page, next_year_sentences, title_of
from fund.reports.statements.annual.words import FLOWS, decision_sentence, policies, result_text, whole, why
from fund.reports.statements.formats import as_csv
from fund.reports.statements.printed import on_sheets
from fund.words import choice_word, state_word

TEMPLATE = "annual.typ"
MOST, MOST_SENTENCES = 4, 3
"""So many experiments, and so many decisions and changes, stand on the two pages; all of them stand behind."""
MOST_LESSONS = 2
LEGIBLE = 7.5
"""In points."""
FITS = 104
"""So many signs stand beside each other in a table of the usual size."""


def annual_pdf(found: Mapping[str, Any]) -> bytes:
    """The accounts as PDF in the language in use: the same bytes for the same accounts.

    Raises:
        ReportsMissing: The extra ``reports`` is not installed.
    """
    return on_paper(TEMPLATE, _laid_out(found), on=date.fromisoformat(found["as_of"]))


def annual_pictures(found: Mapping[str, Any], *, ppi: int = 96) -> tuple[bytes, ...]:
    """Its pages as PNG, to be looked at. Raises as :func:`annual_pdf`."""
    return pictures_of(TEMPLATE, _laid_out(found), on=date.fromisoformat(found["as_of"]), ppi=ppi)


def _laid_out(found: Mapping[str, Any]) -> dict[str, Any]:
    """Every text as the template sets it."""
    page = as_page(found)
    printed = on_sheets(page)
    accounts = [
        _fitting(table) for table, of in zip(printed["tables"], page.tables, strict=True) if of.name != "experiments"
    ]
    return {
        "language": language(),
        "fund": found["fund_name"],
        "title": title_of(found),
        "status": _status(found),
        "facts": [[_(title), _euros(cents)] for title, cents in _facts(found)],
        "year_title": _("The year in short"),
        "year": _year(found),
        "chart": _chart(found),
        "learned_title": _("What was learned"),
        "learned": _learned(found),
        "running_title": _("Experiments that run"),
        "running": _running(found),
        "budgets_title": _("Budgets and promises"),
        "budgets": _budgets(found),
        "burden_title": _("What it asked of people"),
        "burden": _printed(_burden(found)),
        "burden_why": [why(row) for row in found["burden"]["tracks"] if row["within"] < row["proposals"]],
        "next_title": _("What changes next year"),
        "next": _some([*next_year_sentences(found["next_year"], most=2)], _("Nothing was adopted for the next year.")),
        "later_title": _("Decided after the balance date"),
        "later": _some(_later(found), ""),
        "accounts_title": _("The accounts"),
        "accounts": accounts,
        "behind": [
            {"title": title, "sentences": sentences}
            for title, sentences in (
                (_("What changes next year"), list(next_year_sentences(found["next_year"]))),
                (_("Decided after the balance date"), _later(found)),
            )
            if sentences
        ],
        "policies_title": _("How these accounts were made"),
        "policies": list(policies(found)),
        "experiments_title": _("The experiments"),
        "experiments": [_experiment(each, found["as_of"]) for each in found["experiments"]],
        "foot": printed["foot"],
        "page": printed["page"],
        "command": printed["command_title"],
        "csv": [
            {"name": "annual.csv", "text": as_csv(found).decode(), "about": _("All figures of these accounts")},
            *printed["csv"],
        ],
    }


def _fitting(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the size of its letters; titles are left out where all amounts would become too small to read."""
    size = _size(table)
    if size < LEGIBLE and len(table["columns"]) > 6:
        kept = {key: list(table[key])[:-1] for key in ("columns", "whole", "right", "wide")}
        rows = [row[:-1] for row in table["rows"]]
        table = {**table, **kept, "rows": rows, "total": table["total"][:-1]}
        size = _size(table)
    return {**table, "size": size}


def _size(table: Mapping[str, Any]) -> float:
    """The size of the letters at which a table with many amounts fits beside each other, in points."""
    rows = [*table["rows"], *([table["total"]] if table["total"] else [])]
    signs = 0
    for place, header in enumerate(table["columns"]):
        longest = max((len(row[place]) for row in rows), default=0)
        words = max(map(len, header.split()), default=0)
        signs += 3 + max(words, longest if table["whole"][place] else min(longest, 20))
    return 9 if signs <= FITS else max(5.5, round(9 * FITS / signs, 1))


def _status(found: Mapping[str, Any]) -> str:
    if found["closing"] is None:
        return _("These figures may still change: the year is not closed.")
    return _("The figures are those at the closing of the year and do not change any more.")


def _facts(found: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
    lines = {
        line["line"]: line["amount_cents"] for side in ("assets", "liabilities") for line in found["balance"][side]
    }
    return (
        (N_("Fund capital of the partners"), lines["fund_capital"]),
        (N_("On the accounts"), lines["bank"] + lines["treasury"]),
        (N_("Expected to come back"), lines["advances"] + lines["allowance"]),
        (N_("Free for new experiments"), found["indicators"]["free_to_commit"]["value"]),
    )


def _year(found: Mapping[str, Any]) -> list[str]:
    """The year in a few sentences."""
    costs = {line["line"]: line["amount_cents"] for line in found["income"]["costs"]}
    lines = {line["line"]: line["amount_cents"] for line in found["balance"]["assets"]}
    sentences = [
        _("On 31 December {amount} was out with experiments. We expect {expected} of it back.").format(
            amount=_euros(lines["advances"]), expected=_euros(lines["advances"] + lines["allowance"])
        ),
        _("The year cost {amount}.").format(amount=_euros(found["income"]["costs_cents"])),
        _("Of this {grants} was grants, {learning} went into learning and {own} was spent to run the fund.").format(
            grants=_euros(costs["grants"]),
            learning=_euros(costs["learning_writeoffs"]),
            own=_euros(costs["fund_costs"]),
        ),
    ]
    if costs["other_writeoffs"]:
        sentences.append(_("{amount} was lost.").format(amount=_euros(costs["other_writeoffs"])))
    change = costs["expected_losses"]
    if change:
        sentence = (
            _("We set {amount} more aside for money that may not come back.")
            if change > 0
            else _("We set {amount} less aside for money that may not come back.")
        )
        sentences.append(sentence.format(amount=_euros(abs(change))))
    expected = found["indicators"]["portfolio_revolving_degree"]["value"]
    target = found["indicators"]["revolving_target"]["value"]
    if expected is not None and target is not None:
        sentences.append(
            _("Of each euro that must come back we expect {cents} cents (portfolio). Our target is {target}.").format(
                cents=whole(str(Fraction(expected) * 100)), target=whole(str(Fraction(target) * 100))
            )
        )
    return sentences


def _chart(found: Mapping[str, Any]) -> dict[str, str]:
    """What came in and went out, as a drawing with a text for who does not see it."""
    flows = [flow for flow in found["cash"]["flows"] if flow["line"] in ("opening", "closing") or flow["amount_cents"]]
    title = _("From {opening} to {closing}").format(
        opening=_euros(flows[0]["amount_cents"]), closing=_euros(flows[-1]["amount_cents"])
    )
    subtitle = _("Bank and treasury account in {year}, in euros").format(year=found["year"])
    named = [(_(FLOWS[flow["line"]]), flow) for flow in flows]
    chart = {
        "title": title,
        "subtitle": subtitle,
        "description": "; ".join(f"{name}: {_euros(flow['amount_cents'])}" for name, flow in named),
        "values": [
            {"name": name, "amount_cents": flow["amount_cents"], "total": flow["line"] == "closing"}
            for name, flow in named
        ],
    }
    return {
        **{key: str(chart[key]) for key in ("title", "subtitle", "description")},
        "svg": svg("flows", chart, headed=False),
    }


def _learned(found: Mapping[str, Any]) -> dict[str, Any]:
    """The experiments of which a result is published."""
    finished = [each for each in found["experiments"] if result_text(each["evaluation"])]
    return {
        "columns": [_("Experiment"), _("Lead"), _("Result")],
        "rows": [[each["title"], each["lead_name"], result_text(each["evaluation"])] for each in finished[:MOST]],
        "notes": _more(len(finished)) if finished else [_("No result was published yet.")],
    }


def _running(found: Mapping[str, Any]) -> dict[str, Any]:
    """The experiments that run, or wait for their evaluation."""
    running = [each for each in found["experiments"] if not result_text(each["evaluation"])]
    return {
        "columns": [_("Experiment"), _("Lead"), _("Until"), _("Outstanding")],
        "rows": [
            [
                each["title"],
                each["lead_name"],
                day(each["ended_on"] or each["ends_on"]),
                _euros(each["outstanding_cents"]),
            ]
            for each in running[:MOST]
        ],
        "notes": _more(len(running)),
    }


def _more(count: int) -> list[str]:
    return [_("{count} more stand behind.").format(count=count - MOST)] if count > MOST else []


def _budgets(found: Mapping[str, Any]) -> list[str]:
    """What was used of each budget, and what is promised."""
    rows = [
        _(sentence).format(amount=_euros(row["amount_cents"]), budget=_euros(row["budget_cents"]))
        for row, sentence in zip(
            found["budgets"],
            (
                N_("For learning {amount} was written off, of a budget of {budget}."),
                N_("The fund itself cost {amount}, of a budget of {budget}."),
            ),
            strict=True,
        )
    ]
    promised = found["balance"]["commitments"][0]["amount_cents"]
    return [
        *rows,
        _("{amount} is promised to experiments and not approved to pay yet.").format(amount=_euros(promised)),
    ]


def _burden(found: Mapping[str, Any]) -> Table:
    """Per track how many proposals were paid for the first time, and the most that was asked, beside the target."""
    columns = [
        Column("track", N_("Track"), "text"),
        Column("proposals", N_("Proposals"), "count"),
        Column("within", N_("Within target"), "count"),
        Column("steps", N_("Most steps (target)"), "count"),
        Column("people", N_("Most people (target)"), "count"),
        Column("days", N_("Most days (target)"), "count"),
    ]
    rows = [
        {
            **row,
            "track": choice_word(row["track"]),
            **{
                key: "" if row[key] is None else f"{row[key]} ({row[f'{key}_target']})"
                for key in ("steps", "people", "days")
            },
        }
        for row in found["burden"]["tracks"]
        if row["proposals"]
    ]
    return Table("burden", "", columns, rows, empty=_("No proposal was paid for the first time in the year."))


def _printed(table: Table) -> dict[str, Any]:
    rows = [[column.text(row) for column in table.columns] for row in table.rows]
    return {
        "columns": [column.title() for column in table.columns],
        "right": [column.role == "count" for column in table.columns],
        "rows": rows,
        "empty": table.empty,
    }


def _later(found: Mapping[str, Any]) -> list[str]:
    return [decision_sentence(each) for each in found["after_balance_date"]["decisions"]]


def _some(sentences: list[str], nothing: str) -> list[str]:
    if not sentences:
        return [nothing] if nothing else []
    more = len(sentences) - MOST_SENTENCES
    return sentences[:MOST_SENTENCES] + (
        [_("{count} more stand in the accounts.").format(count=more)] if more > 0 else []
    )


def _experiment(each: Mapping[str, Any], as_of: str) -> dict[str, Any]:
    """A third of a page: question, result, lesson, money, and what it asked of people."""
    evaluation = each["evaluation"] or {}
    others = [party["name"] for party in each["parties"] if party["partner"] != each["lead_partner"]]
    lessons = evaluation.get("lessons", [])
    money = [
        (N_("Award"), each["award_cents"]),
        (N_("of which to be repaid"), each["repayable_cents"]),
        (N_("Not approved to pay yet"), each["committed_cents"]),
        (N_("Given as a grant"), each["grant_cents"]),
        (N_("Outstanding"), each["outstanding_cents"]),
        (N_("Not expected back"), each["allowance_cents"]),
        (N_("Gone into learning"), each["learning_writeoffs_cents"]),
        (N_("Lost"), each["other_writeoffs_cents"]),
        (N_("Recovered"), each["recovered_cents"]),
    ]
    burden = each["burden"]
    return {
        "title": each["title"],
        "ref": each["ref"],
        "who": ", ".join([each["lead_name"], *others]),
        "state": state_word("agreement", each["state"]),
        "texts": [
            [_("Question"), each["question"] or _("It is in the agreement.")],
            [_("Result"), _result(each, as_of)],
            *[[_("Lesson"), f"{lesson['title']}. {lesson['text']}"] for lesson in lessons[:MOST_LESSONS]],
        ],
        "money": [[_(title), _euros(cents)] for title, cents in money if cents or title == "Award"],
        "burden": ""
        if burden is None
        else _("{steps} steps (target {target}), {people} people, {days} days after the round closed.").format(
            steps=burden["total"], target=burden["target"]["total"], people=burden["people"], days=burden["days"]
        ),
    }


def _result(each: Mapping[str, Any], as_of: str) -> str:
    evaluation = each["evaluation"]
    text = result_text(evaluation)
    if text:
        learned = " ".join(str(evaluation["learned"]).split())
        return f"{text[:1].upper()}{text[1:]}. {learned}"
    if evaluation is not None and each["ended_on"]:
        return _("It ended on {day}; its evaluation is not published yet.").format(day=day(each["ended_on"]))
    if each["ends_on"] < as_of:
        return _("It was to run until {day} and is not completed yet.").format(day=day(each["ends_on"]))
    return _("It runs until {day}.").format(day=day(each["ends_on"]))


def _euros(cents: int) -> str:
    """An amount that is never broken over two lines."""
    return euros(cents).replace(" ", "\u00a0")
