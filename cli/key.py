"""``fund key``: distribution keys side by side, adopted, explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, day_text, facts, state_text, table
from cli.params import forcing, formatted, noun, option, run, show_or_export
from cli.params.declared import add_query, declared
from fund.declarations import Answer, InputFile
from fund.language import N_, _, day, ngettext, number
from fund.words import choice_word
from fund.workflows.partners.commands import AdoptKey, KeyCompare, KeyReview, KeyShow

key = noun("key", N_("Compare and adopt distribution keys"))


@declared(key, KeyCompare)
@formatted("table", "json", "csv")
@option("--output", metavar="FILE", help=N_("Write it to this file"))
@forcing
def compare(ctx: click.Context, amount: int, form: str, output: str | None) -> None:
    show_or_export(ctx, KeyCompare(amount=amount), form=form, path=output, show=_compared)


def _compared(data: Mapping[str, Any]) -> None:
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


def _is_in_force(one: Mapping[str, Any], keys: list[Mapping[str, Any]]) -> bool:
    """Whether the key in force divides as this family does: then it stands there once."""
    parts = [(part["partner"], part["amount_cents"]) for part in one["partners"]]
    return any(
        other["in_force"]
        and other["family"] == one["family"]
        and [(part["partner"], part["amount_cents"]) for part in other["partners"]] == parts
        for other in keys
    )


@declared(key, AdoptKey)
def adopt(ctx: click.Context, file: InputFile) -> None:
    run(ctx, AdoptKey(file=file), done=_proposed)


def _proposed(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    lines = [
        _("Key {name} lies before the full board; it would hold from {day}.").format(
            name=fact["ref"], day=day_text(fact["from_on"])
        )
    ]
    if fact["early"]:
        lines.append(_("It comes within five years of the key before: every active partner must agree."))
    return lines


def _shown(data: Mapping[str, Any]) -> None:
    one = data["key"]
    votes = list(one["votes"].values())
    sealed = len(one["voted"]) - len(votes)
    facts(
        _("Distribution key {name}").format(name=one["name"]),
        [
            (_("State"), state_text("key", one["state"])),
            (_("Family"), choice_word(one["family"])),
            (_("Inhabitants of"), one["reference_year"]),
            (_("In force from"), day_text(one["from_on"])),
            (_("Review due"), day_text(one["review_on"])),
            (_("Origin"), _("comes with the regulations") if one["founding"] else ""),
            (
                _("Votes"),
                _("{in_favour} for, {against} against, {abstained} abstained").format(
                    in_favour=votes.count("for"), against=votes.count("against"), abstained=votes.count("abstain")
                )
                if votes
                else "",
            ),
            (_("Voted, under seal"), str(sealed) if sealed else ""),
        ],
    )
    rows = [
        {**row, "percent": f"{number(row['share_bps'])}%", "inhabitants": row["inhabitants"] or ""}
        for row in data["partners"]
    ]
    table(
        _("Shares, an exact fraction each"),
        (
            Column("partner", N_("Partner"), "ref"),
            Column("inhabitants", N_("Inhabitants"), "count"),
            Column("percent", N_("Share"), "count"),
            Column("share", N_("Fraction"), "text"),
        ),
        rows,
        total={
            "partner": ngettext("{count} partner", "{count} partners", len(rows)).format(count=len(rows)),
            "percent": f"{number(sum(row['share_bps'] for row in rows))}%",
        },
    )


def _reviewed(data: Mapping[str, Any]) -> None:
    facts(
        _("Review of distribution key {name}").format(name=data["key"]),
        [
            (_("In force from"), day_text(data["from_on"])),
            (_("Review due"), day_text(data["until_on"])),
            (_("Announced on"), ", ".join(day_text(each["on"]) for each in data["reminders"])),
            (_("Rounds under way"), ", ".join(data["rounds"])),
            (_("Goes with it"), _("the report on effectiveness, {article}").format(article=data["report"])),
        ],
    )
    rows = [
        {**row, "realised_cents": "" if row["realised_cents"] is None else row["realised_cents"]}
        for row in data["partners"]
    ]
    table(
        _("Benefit per partner, as reported until {day}").format(day=day(data["as_of"])),
        (
            Column("partner", N_("Partner"), "ref"),
            Column("partner_name", N_("Name"), "name"),
            Column("paid_in_cents", N_("Paid in"), "amount"),
            Column("planned_cents", N_("Planned"), "amount"),
            Column("realised_cents", N_("Realised"), "amount"),
        ),
        rows,
        total={
            "partner": ngettext("{count} partner", "{count} partners", len(rows)).format(count=len(rows)),
            **{
                name: sum(row[name] or 0 for row in data["partners"])
                for name in ("paid_in_cents", "planned_cents", "realised_cents")
            },
        },
    )


add_query(key, KeyShow, show=_shown)
add_query(key, KeyReview, show=_reviewed)
