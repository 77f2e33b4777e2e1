"""What of proposals is read: the list, one of them, its life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli import output
from cli.output import Column, day_text, facts, short_hash, state_text, table
from cli.params import PARTNER, argument, dated, option, read, reading, state_of, typed, verb
from cli.proposal.judging import finding
from cli.proposal.noun import PROPOSAL, ROUND, proposal
from cli.proposal.remarks import deviation, many_parties, pointed, profile
from fund.language import N_, _, day, euros, language, ngettext


@verb(
    proposal,
    "list",
    N_("List the proposals"),
    about=N_("Drafts of others are left out."),
    examples=("fund proposal list", "fund proposal list --round 2026-1 --state eligible"),
    see=("proposal show",),
)
@option("--round", type=ROUND, metavar="REF", help=N_("Only of this round"))
@option("--state", type=state_of("proposal"), help=N_("Only in this state"))
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("Only where this partner is a party"))
@dated
def list_proposals(ctx: click.Context, round: str | None, state: str | None, partner: str | None) -> None:
    read(ctx, "proposal list", {"round": round, "state": state, "partner": partner}, show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["proposals"]
    count = len(rows)
    table(
        _("Proposals, state of {day}").format(day=day(data["as_of"])),
        (
            Column("ref", N_("Proposal"), "ref"),
            Column("title", N_("Title"), "text"),
            Column("lead_name", N_("Lead"), "name"),
            Column("state", N_("State"), "state", kind="proposal"),
            Column("ask_cents", N_("Asked"), "amount"),
            Column("round", N_("Round"), "ref"),
        ),
        rows,
        total={
            "ref": ngettext("{count} proposal", "{count} proposals", count).format(count=count),
            "ask_cents": sum(row["ask_cents"] for row in rows),
        },
        empty=_("No proposal that you may see."),
    )


@verb(
    proposal,
    "show",
    N_("Show a proposal"),
    about=N_("With --file it prints the form again, to change and save."),
    examples=("fund proposal show 2026-003", "fund --as fatima proposal show 2026-003 --file > loket.toml"),
    see=("proposal history", "proposal save"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--file", "as_file", is_flag=True, help=N_("Print the form as a file"))
@dated
def show(ctx: click.Context, ref: str, as_file: bool) -> None:
    if as_file:
        if typed(ctx, "as_of") is not None:
            raise click.UsageError(_("--file prints the form as it is now; leave --as-of out"), ctx)
        read(
            ctx,
            "proposal file",
            {"ref": ref, "comments": language()},
            show=lambda data: output.raw(data["toml"].encode()),
        )
    else:
        read(ctx, "proposal show", {"ref": ref}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    if data["state"] is None:
        output.say(_("{ref} did not exist on {day}.").format(ref=data["ref"], day=day(data["as_of"])))
        return
    form = data["form"]
    names = {party["partner"]: party["name"] for party in data["parties"]}
    confirmed = [party["name"] for party in data["parties"] if party["confirmed"]]
    waiting = [party["name"] for party in data["parties"] if not party["confirmed"]]
    share = f"{output.decimal_text(format(data['share_bps'] / 100, 'g'))} %"
    facts(
        _("Proposal {ref}: {title}").format(ref=data["ref"], title=data["title"]),
        (
            (_("State"), state_text("proposal", data["state"])),
            (_("Round"), f"{data['round']}, {output.track_text(data['track'])}"),
            (_("Lead"), f"{data['lead_name']} ({data['lead_partner']})"),
            (_("Co-applicants"), ", ".join(names[partner] for partner in data["co_applicants"])),
            (_("Beneficiaries"), ", ".join(data["beneficiaries"])),
            (_("Asked"), euros(data["ask_cents"])),
            (_("Comes back"), share),
            (_("Awarded"), euros(data["award_cents"]) if data["award_cents"] else ""),
            (_("Ambition"), form["ambition"]),
            (_("Hypothesis"), form["hypothesis"]),
            (_("Stop rule"), form["stop_rule"]),
            (_("Revision"), f"{data['revision']}, {short_hash(data['revision_hash'])}"),
            (_("Confirmed by"), ", ".join(confirmed)),
            (_("Still to confirm"), ", ".join(waiting) if data["state"] in ("draft", "returned") else ""),
            (_("May change"), ", ".join(data["sections"])),
            (_("No later than"), day_text(data["due_on"])),
            (_("Objection until"), day_text(data["objection_until_on"])),
            (_("Form"), _form(data)),
            (_("Characteristics"), profile(data)),
            (_("Points to"), pointed(data)),
            (_("Chosen form"), form["governance_form"]),
            (_("Advice"), " ".join(_advice(data))),
            (_("Same idea"), _others(data["same_idea"])),
            (_("Same parties"), _others(data["alike"])),
            (_("Follows"), data["follows"]),
            (_("Followed by"), ", ".join(data["followed_by"])),
            (_("Version"), data["version"]),
            (_("Possible now"), ", ".join(data["commands"])),
        ),
    )
    _show_rules(data)


def _form(data: Mapping[str, Any]) -> str:
    """The version of the form, where it is not the one in force."""
    if data["form_version"] == data["form_in_force"]:
        return ""
    return _("{form}; in force is {current}").format(form=data["form_version"], current=data["form_in_force"])


def _advice(data: Mapping[str, Any]) -> list[str]:
    return [*deviation(data), *many_parties(data)]


def _others(rows: list[Mapping[str, Any]]) -> str:
    """Other proposals of the same parties, each with what counts of it."""
    return "; ".join(f"{row['ref']} {row['title']}, {euros(row['amount_cents'])}" for row in rows)


def _show_rules(data: Mapping[str, Any]) -> None:
    if data["rules"]:
        verdicts = {True: _("met"), False: _("not met")}
        rows = [{**rule, "met": verdicts[rule["passed"]], "finding": finding(rule)} for rule in data["rules"]]
        table(
            _("What the rules found"),
            (
                Column("rule", N_("Rule"), "ref"),
                Column("met", N_("Verdict"), "ref"),
                Column("finding", N_("Found"), "text"),
            ),
            rows,
        )


@verb(
    proposal,
    "history",
    N_("Show the whole life of a proposal"),
    about=N_("Every fact about it: review, decision, agreement, money, repayment, lessons."),
    examples=("fund proposal history 2026-003", "fund proposal history 2026-003 --json"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@reading
def history(ctx: click.Context, ref: str) -> None:
    read(ctx, "proposal history", {"ref": ref}, show=_show_history)


def _show_history(data: Mapping[str, Any]) -> None:
    rows = [{**event, "who": _who(event)} for event in data["events"]]
    table(
        _("The life of {ref}: {title}").format(ref=data["ref"], title=data["title"]),
        (
            Column("seq", N_("Fact"), "count"),
            Column("occurred_at", N_("Day"), "date"),
            Column("type", N_("What happened"), "ref"),
            Column("who", N_("Who"), "text"),
        ),
        rows,
    )


def _who(event: Mapping[str, Any]) -> str:
    if event["actor"] == "system":
        return _("the service")
    if event["made_by_name"]:
        return _("{maker}, confirmed by {second}").format(maker=event["made_by_name"], second=event["actor_name"])
    return str(event["actor_name"])
