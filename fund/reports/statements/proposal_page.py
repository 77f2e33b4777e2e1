"""A proposal as whoever judges it reads it: where it stands, what is planned, what it costs, what the rules found.

Of the form, only the answers to the reflection questions are left out: the board members answer those for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from fund.forms import CURRENT, form, section_word
from fund.language import N_, _, day, decimal_text, euros, language, number
from fund.reports.layout import Column, Page, Table, fact_table
from fund.words import choice_word, code_word

# ------------------------------------------------------------------------------------------ advice and rules, in words


def remarks(found: Mapping[str, Any]) -> list[str]:
    """What whoever drafts a form is told of it: the forms of cooperation that fit, and far more parties than work well.

    It is advice, never a guard.
    """
    pointed = _pointed(found)
    lines = [_("The characteristics point to: {forms}.").format(forms=pointed)] if pointed else []
    return [*lines, *_warnings(found)]


def _pointed(found: Mapping[str, Any]) -> str:
    """The forms of cooperation that the characteristics point to, each with what it is for."""
    advice = found["advice"]
    return "; ".join(f"{each['name']} ({each['use']})" for each in advice["forms"]) if advice else ""


def _warnings(found: Mapping[str, Any]) -> list[str]:
    advice, many = found["advice"], found["many_parties"]
    lines = []
    if advice is not None and advice["deviates"]:
        lines.append(_("The chosen form is another; say why. This is advice, nothing more."))
    if many is not None:
        text = _("{parties} parties take part; above {limit} a cooperation grows slow, about five work best.")
        lines.append(text.format(parties=many["parties"], limit=many["limit"]))
    return lines


def finding(rule: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """What a rule found, in the language in use; what was chosen in the form, as the form words it.

    Args:
        names: Those of the parties, by id.
    """
    said = _Words(CURRENT, {})
    shown = {
        key: number(int(text.replace(".", "")))
        if re.fullmatch(r"-?\d+\.\d\d", str(text), re.ASCII)
        else said.word(rule["rule"].removeprefix("not_"), text)
        for key, text in rule["values"].items()
    }
    for each, name in (names or {}).items():
        if "parties" in shown:
            shown["parties"] = shown["parties"].replace(each, name)
    return _(rule["finding"]).format(**shown)


# ------------------------------------------------------------------------------------------------------------ the page


def proposal_page(found: Mapping[str, Any]) -> Page:
    """Everything of a proposal that whoever looks may see; what was not answered is left out."""
    as_of = date.fromisoformat(found["as_of"])
    if found["state"] is None:
        title = _("{ref} did not exist on {day}.").format(ref=found["ref"], day=day(as_of))
        return Page(name="proposal", title=title, as_of=as_of, head={}, tables=())
    asked = found["form"]
    tables = (
        _summary(found),
        _plan(found),
        _amounts("budget", _("Budget by year"), asked, Column("year", N_("Year"), "count")),
        _amounts("categories", _("Budget by kind of cost"), asked, Column("category", N_("Kind of cost"), "text")),
        _amounts("cofinancing", _("Money of others"), asked, Column("source", N_("From whom"), "text")),
        _repayment(asked),
        _amounts(
            "milestones",
            _("Milestones"),
            asked,
            Column("no", N_("No."), "count"),
            Column("title", N_("Result"), "text"),
            Column("evidence", N_("What shows it"), "text"),
            Column("due_on", N_("At the latest"), "date"),
        ),
        _amounts(
            "benefits",
            _("What it brings"),
            {"benefits": _named(asked, "benefits", found)},
            Column("partner_name", N_("Partner"), "name"),
            Column("year", N_("Year"), "count"),
        ),
        _texts(
            "interests",
            _("Interests"),
            [{**row, "party": found["names"].get(row["party"], row["party"])} for row in asked.get("interests") or ()],
            Column("party", N_("Who")),
            Column("interest", N_("Interest")),
            Column("gives", N_("Gives")),
            Column("gets", N_("Gets")),
        ),
        _texts(
            "boards",
            _("Councils, states and boards"),
            _named(asked, "boards", found),
            Column("partner_name", N_("Partner")),
            Column("how", N_("How")),
            Column("informed_on", N_("Informed on"), "date"),
        ),
        _texts(
            "risks",
            _("Risks"),
            asked.get("risks"),
            Column("risk", N_("Risk")),
            Column("measure", N_("What we do about it")),
        ),
        _texts(
            "team",
            _("Team"),
            [{**row, "partner_name": found["names"].get(row["partner"], row["partner"])} for row in found["team"]],
            Column("name", N_("Name")),
            Column("function", N_("Function")),
            Column("partner_name", N_("Partner")),
            Column("hours", N_("Hours a week"), "count"),
        ),
        _texts("attachments", _("Attachments"), asked.get("attachments"), Column("title", N_("What it is"))),
        _rules(found),
    )
    return Page(
        name="proposal",
        title=_("Proposal {ref}: {title}").format(ref=found["ref"], title=found["title"]),
        as_of=as_of,
        head={},
        tables=[table for table in tables if table.rows],
        command=f"fund proposal show {found['ref']} --as-of {found['as_of']}",
    )


def _summary(found: Mapping[str, Any]) -> Table:
    names = found["names"]
    confirmed = [party["name"] for party in found["parties"] if party["confirmed"]]
    waiting = [party["name"] for party in found["parties"] if not party["confirmed"]]
    changing = found["state"] in ("draft", "returned")
    asked, stamp = found["form"], found["revision_hash"]
    mark = " ".join(stamp[start : start + 4] for start in range(0, 12, 4))
    newer = _("{form}; in force is {current}").format(form=found["form_version"], current=found["form_in_force"])
    return fact_table(
        "summary",
        _("In short"),
        [
            (_("State"), found["state"], "state", "proposal"),
            (_("Round"), f"{found['round']}, {choice_word(found['track'])}"),
            (_("Lead"), f"{found['lead_name']} ({found['lead_partner']})"),
            (_("Co-applicants"), ", ".join(names.get(each, each) for each in found["co_applicants"])),
            (_("Adopting partners"), ", ".join(names.get(each, each) for each in asked.get("adopters") or ())),
            (_("Beneficiaries"), ", ".join(names.get(each, each) for each in found["beneficiaries"])),
            (_("Asked"), found["ask_cents"], "amount"),
            (_("Own share"), asked.get("own_share_cents") or None, "amount"),
            (_("Comes back"), _percent(found["share_bps"])),
            (_("Awarded"), found["award_cents"] or None, "amount"),
            (_("Revision"), f"{found['revision']}, {mark}"),
            (_("Confirmed by"), ", ".join(confirmed)),
            (_("Still to confirm"), ", ".join(waiting) if changing else ""),
            (_("May change"), ", ".join(map(section_word, found["sections"]))),
            (_("No later than"), found["due_on"], "date"),
            (_("Objection until"), found["objection_until_on"], "date"),
            (_("Form"), newer if found["form_version"] != found["form_in_force"] else ""),
            (_("Same idea"), _others(found["same_idea"])),
            (_("Same parties"), _others(found["alike"])),
            (_("Follows"), found["follows"]),
            (_("Followed by"), ", ".join(found["followed_by"])),
            (_("Number for --version"), found["version"]),
            (_("Possible now"), ", ".join(found["commands"])),
        ],
        sheet=_("In short"),
    )


def _others(rows: Iterable[Mapping[str, Any]]) -> str:
    """Other proposals of the same parties, each with what counts of it."""
    return "; ".join(f"{row['ref']} {row['title']}, {euros(row['amount_cents'])}" for row in rows)


def _percent(bps: int) -> str:
    return f"{decimal_text(format(bps / 100, 'g'))} %"


def _plan(found: Mapping[str, Any]) -> Table:
    asked, advice = found["form"], found["advice"]
    said = _Words(found["form_version"], asked)
    traits = ", ".join(f"{row['characteristic']} {row['value']}" for row in advice["profile"]) if advice else ""
    return fact_table(
        "plan",
        _("The plan"),
        [
            (_("Kind"), said.chosen("sort")),
            (_("Summary"), asked.get("summary")),
            (_("Ambition"), asked.get("ambition")),
            (_("Themes"), ", ".join(said.each("themes"))),
            (_("Public task"), asked.get("public_task")),
            (_("State aid"), said.chosen("state_aid")),
            (_("Other public money"), said.chosen("already_funded")),
            (_("Hypothesis"), asked.get("hypothesis")),
            (_("Measurement"), asked.get("measurement")),
            (_("Stop rule"), asked.get("stop_rule")),
            (_("Existing cooperation"), said.chosen("cooperation")),
            (_("The province's role"), said.chosen("province_role")),
            (_("Why that role"), asked.get("province_reason")),
            (_("Characteristics"), traits),
            (_("Points to"), _pointed(found)),
            (_("Chosen form"), asked.get("governance_form")),
            (_("Advice"), " ".join(_warnings(found))),
            (_("All costs"), asked.get("cost_cents") or None, "amount"),
            (_("Who repays"), asked.get("payers")),
            (_("Sensitivity"), asked.get("sensitivity")),
            (_("Exit rules"), asked.get("exit_rules")),
            (_("Assets and data"), asked.get("assets")),
            (_("Roll-out"), asked.get("rollout_plan")),
        ],
        sheet=_("The plan"),
    )


class _Words:
    """What was chosen, as the form words it in the language in use."""

    def __init__(self, version: str, asked: Mapping[str, Any]) -> None:
        self.asked = asked
        place = 1 if language() == "nl" else 2
        columns = [column for question in form(version).questions for column in (question.field, *question.columns)]
        self.options = {column.name: {row[0]: row[place] for row in column.options} for column in columns}

    def word(self, name: str, code: str) -> str:
        return self.options.get(name, {}).get(code, code)

    def chosen(self, name: str) -> str:
        return self.word(name, str(self.asked.get(name) or ""))

    def each(self, name: str) -> list[str]:
        return [self.word(name, code) for code in self.asked.get(name) or ()]


def _repayment(asked: Mapping[str, Any]) -> Table:
    terms = asked.get("repayment") or {}
    share = terms.get("savings_share_bps")
    facts = [
        (_("Kind of plan"), _Words(asked["version"], terms).chosen("plan")),
        (_("Months before the first instalment"), terms.get("grace_months"), "count"),
        (_("Instalments"), terms.get("instalments"), "count"),
        (_("Months between two instalments"), terms.get("months_between"), "count"),
        (_("Share of the savings"), _percent(share) if share else ""),
        (_("Last day"), terms.get("ends_on"), "date"),
    ]
    return fact_table("repayment", _("Repayment"), facts, sheet=_("Repayment"))


def _named(asked: Mapping[str, Any], key: str, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = found["names"]
    return [{**row, "partner_name": names.get(row["partner"], row["partner"])} for row in asked.get(key) or ()]


def _amounts(name: str, title: str, asked: Mapping[str, Any], *columns: Column) -> Table:
    """Blocks with an amount each, and what they come to."""
    rows = [{**row, "no": at} for at, row in enumerate(asked.get(name) or (), start=1)]
    return Table(
        name=name,
        title=title,
        columns=(*columns, Column("amount_cents", N_("Amount"), "amount")),
        rows=rows,
        total={columns[0].key: None, "amount_cents": sum(row["amount_cents"] for row in rows)},
        sheet=title[:31],
    )


def _texts(name: str, title: str, rows: Iterable[Mapping[str, Any]] | None, *columns: Column) -> Table:
    return Table(name=name, title=title, columns=columns, rows=list(rows or ()), sheet=title[:31])


def _rules(found: Mapping[str, Any]) -> Table:
    verdicts = {True: _("met"), False: _("not met")}
    return Table(
        name="rules",
        title=_("What the rules found"),
        columns=(
            Column("rule", N_("Rule"), "name"),
            Column("met", N_("Outcome"), "ref"),
            Column("finding", N_("Found"), "text"),
        ),
        rows=[
            {
                **rule,
                "rule": code_word(rule["rule"]),
                "met": verdicts[rule["passed"]],
                "finding": finding(rule, found["names"]),
            }
            for rule in found["rules"]
        ],
        sheet=_("Rules"),
    )
