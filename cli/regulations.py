"""``fund regulations``: the rules in force, and how others are adopted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import emit_json, facts, track_text, write_output
from cli.params import noun, typed
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, _, day, euros
from fund.users.commands import AdoptRegulations, RegulationsShow, RegulationsTemplate

regulations = noun("regulations", N_("Show and adopt the rules of the fund"))


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


@declared(regulations, RegulationsTemplate)
def template(ctx: click.Context) -> None:
    from fund.rules.regulations import standard_text

    text = standard_text()
    if typed(ctx, "json"):
        emit_json({"template": text})
    else:
        write_output("-", text.encode())


add_query(regulations, RegulationsShow, show=_show)
add_command(regulations, AdoptRegulations, ask=True)
