"""``fund key``: distribution keys side by side, adopted, explained."""

from __future__ import annotations

from typing import Any

import click

from cli.output import Column, day_text, table
from cli.output.views import DetailView, ListView, When
from cli.params import forcing, formatted, noun, option, show_or_export
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, NN_, _, day, ngettext, number
from fund.words import choice_word
from fund.workflows.partners.commands import (
    AdoptKey,
    ComparedKeys,
    DividedKey,
    KeyCompare,
    KeyDetail,
    KeyFacts,
    KeyReview,
    KeyShow,
    ReviewOfKey,
)

key = noun("key", N_("Compare and adopt distribution keys"))


@declared(key, KeyCompare)
@formatted("table", "json", "csv")
@option("--output", metavar="FILE", help=N_("Write it to this file"))
@forcing
def compare(ctx: click.Context, amount: int, form: str, output: str | None) -> None:
    show_or_export(ctx, KeyCompare(amount=amount), form=form, path=output, show=_compared)


def _compared(data: ComparedKeys) -> None:
    names = {line["partner"]: line["partner_name"] for line in data["lines"]}
    columns = [Column("name", N_("Partner"), "text"), Column("weight", str(data["reference_year"]), "count")]
    rows: dict[str, dict[str, Any]] = {}
    totals: dict[str, Any] = {}
    shown = [one for one in data["keys"] if one["in_force"] or not _is_in_force(one, data["keys"])]
    for at, one in enumerate(shown):
        name = f"key{at}"
        header = _("key {name}").format(name=one["name"]) if one["in_force"] else choice_word(one["family"])
        columns.append(Column(name, header, "amount"))
        totals[name] = one["total_cents"]
        for part in one["partners"]:
            row = rows.setdefault(part["partner"], {"name": names[part["partner"]], "weight": ""})
            row[name] = part["amount_cents"]
            if part["inhabitants"]:
                row["weight"] = part["inhabitants"]
    count = len(rows)
    table(
        _("Distribution keys compared, {day}; inhabitants of {year}").format(
            day=day(data["as_of"]), year=data["reference_year"]
        ),
        tuple(columns),
        [rows[partner] for partner in sorted(rows)],
        total={"name": ngettext("{count} partner", "{count} partners", count).format(count=count), **totals},
    )


def _is_in_force(one: DividedKey, keys: list[DividedKey]) -> bool:
    """Whether the key in force divides as this family does: then it stands there once."""
    parts = [(part["partner"], part["amount_cents"]) for part in one["partners"]]
    return any(
        other["in_force"]
        and other["family"] == one["family"]
        and [(part["partner"], part["amount_cents"]) for part in other["partners"]] == parts
        for other in keys
    )


def _votes(one: KeyFacts) -> str:
    votes = list(one["votes"].values())
    if not votes:
        return ""
    return _("{in_favour} for, {against} against, {abstained} abstained").format(
        in_favour=votes.count("for"), against=votes.count("against"), abstained=votes.count("abstain")
    )


DETAIL = DetailView(
    title=N_("Distribution key {name}"),
    facts=(
        Column("state", N_("State"), "state", kind="key"),
        Column("family", N_("Family"), cell=lambda one: choice_word(one["family"])),
        Column("reference_year", N_("Inhabitants of")),
        Column("from_on", N_("In force from"), "date"),
        Column("review_on", N_("Review due"), "date"),
        Column("founding", N_("Origin"), cell=lambda one: _("comes with the regulations"), when="founding"),
        Column("votes", N_("Votes"), cell=_votes),
        Column("voted", N_("Voted, under seal"), cell=lambda one: len(one["voted"]) - len(one["votes"]) or ""),
    ),
)
SHARES = ListView(
    title=N_("Shares, an exact fraction each"),
    rows="partners",
    columns=(
        Column("partner", N_("Partner"), "ref"),
        Column("inhabitants", N_("Inhabitants"), "count", cell=lambda row: row["inhabitants"] or ""),
        Column("percent", N_("Share"), "count", by="share_bps", cell=lambda row: f"{number(row['share_bps'])}%"),
        Column("share", N_("Fraction"), "text"),
    ),
    count=NN_("{count} partner", "{count} partners"),
    sums=("share_bps",),
)
REVIEW = DetailView(
    title=N_("Review of distribution key {key}"),
    facts=(
        Column("from_on", N_("In force from"), "date"),
        Column("until_on", N_("Review due"), "date"),
        Column(
            "reminders", N_("Announced on"), cell=lambda row: ", ".join(day_text(one["on"]) for one in row["reminders"])
        ),
        Column("rounds", N_("Rounds under way")),
        Column(
            "report",
            N_("Goes with it"),
            cell=lambda row: _("the report on effectiveness, {article}").format(article=row["report"]),
        ),
    ),
)
BENEFITS = ListView(
    title=N_("Benefit per partner, as reported until {as_of}"),
    rows="partners",
    columns=(
        Column("partner", N_("Partner"), "ref"),
        Column("partner_name", N_("Name"), "name"),
        Column("paid_in_cents", N_("Paid in"), "amount"),
        Column("planned_cents", N_("Planned"), "amount"),
        Column("realised_cents", N_("Realised"), "amount"),
    ),
    count=NN_("{count} partner", "{count} partners"),
    sums=("paid_in_cents", "planned_cents", "realised_cents"),
)


def _shown(data: KeyDetail) -> None:
    DETAIL(data["key"])
    SHARES(data)


def _reviewed(data: ReviewOfKey) -> None:
    REVIEW(data)
    BENEFITS(data)


add_command(
    key,
    AdoptKey,
    done=(
        N_("Key {ref} lies before the full board; it would hold from {from_on}."),
        When("early", N_("It comes within five years of the key before: every active partner must agree.")),
    ),
)
add_query(key, KeyShow, show=_shown)
add_query(key, KeyReview, show=_reviewed)
