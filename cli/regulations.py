"""``fund regulations``: the rules in force, and how others are adopted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import emit_json, facts, track_text, write_output
from cli.params import DAY, FILE, argument, changing, dated, noun, option, read, reading, run, typed, verb
from fund.language import N_, _, day, euros

regulations = noun("regulations", N_("Show and adopt the rules of the fund"))


@verb(
    regulations,
    "show",
    N_("Show the rules in force on a day"),
    about=N_("Weights, quorum, thresholds, terms, buffer, budgets and rates; --json shows every number."),
    examples=("fund regulations show --as-of 2026-03-31",),
    see=("regulations adopt", "regulations template"),
)
@dated
def show(ctx: click.Context) -> None:
    read(ctx, "regulations show", {}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    rules = data["regulations"]
    terms = rules["terms"]
    rows = [
        (_("Buffer"), euros(rules["buffer_cents"])),
        (_("Learning budget a year"), euros(rules["learning_budget_cents"])),
        (_("Cost budget a year"), euros(rules["cost_budget_cents"])),
        (_("Founding key"), rules["key"]["name"]),
        (_("Committee seats"), str(rules["committee"]["seats"])),
        (_("Two thirds from"), euros(rules["committee"]["two_thirds_from_cents"])),
        (_("Weeks to decide"), str(terms["decision_weeks"])),
        (_("Weeks to object"), str(terms["objection_weeks"])),
        (_("Weeks to pay"), str(terms["payment_weeks"])),
        (_("Days to review"), str(terms["review_days"])),
        (_("Days to sign"), str(terms["signing_days"])),
        (_("Days before a new IBAN is paid"), str(terms["cooling_off_days"])),
    ]
    if rules.get("identity"):
        rows.append((_("RSIN or VAT number"), rules["identity"]["tax_number"]))
    contact = rules.get("contact") or {}
    rows += [(_("Telephone"), contact.get("telephone") or ""), (_("Mail"), contact.get("mail") or "")]
    rows.append((_("Least interest claimed"), euros(rules["charges"]["least_interest_cents"])))
    rows += [
        (_("Demand from {amount} costs at most").format(amount=euros(step["from_cents"])), euros(step["fee_cents"]))
        for step in rules["charges"]["fees"]
    ]
    rows += [
        (_("Track {track} from").format(track=track_text(name)), euros(track["from_cents"]))
        for name, track in rules["tracks"].items()
    ]
    on = day(date.fromisoformat(data["as_of"]))
    title = _("Regulations {version}, in force on {day}").format(version=rules["version"], day=on)
    facts(title, rows)


@verb(
    regulations,
    "template",
    N_("Print the standard regulations to start from"),
    about=N_("A TOML file with every number and a remark in both languages; change it and adopt it."),
    examples=("fund regulations template > regulations.toml",),
    see=("regulations adopt",),
)
@reading
def template(ctx: click.Context) -> None:
    from fund.rules.regulations import standard_text

    text = standard_text()
    if typed(ctx, "json"):
        emit_json({"template": text})
    else:
        write_output("-", text.encode())


@verb(
    regulations,
    "adopt",
    N_("Adopt regulations from a day on"),
    about=N_("They never reach back: what was decided under earlier rules stays under them."),
    examples=("fund --as anna regulations adopt regulations.toml --on 2027-01-01",),
    who=N_("a fund manager; the chair of the committee confirms"),
    see=("regulations template", "confirm"),
)
@argument("file", type=FILE, help=N_("The regulations, as TOML"))
@option("--on", "on", type=DAY, required=True, metavar="DATE", help=N_("The first day they hold"))
@changing
def adopt(ctx: click.Context, file: dict[str, Any], on: Any) -> None:
    run(ctx, "regulations adopt", {"name": file["name"], "content": file["content"], "on": on}, ask=True)
