"""``fund proposal``: from an empty form to a decision, and the whole life afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click

from cli import output
from cli.output import Column, day_text, facts, short_hash, state_text, table
from cli.params import (
    DAY,
    FILE,
    Ref,
    argument,
    booking,
    changing,
    dated,
    noun,
    option,
    read,
    reading,
    run,
    typed,
    verb,
    write_output,
)
from fund.language import N_, _, day, euros, instant, language, ngettext, number

PROPOSAL = Ref(("proposal list", "proposals", "ref"))
ROUND = Ref(("round list", "rounds", "ref"))
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PARTNER = Ref(("partner list", "partners", "id"))
TRACKS = ("light", "standard", "major")

proposal = noun("proposal", N_("Draft, submit and follow proposals"))


# ------------------------------------------------------------------------------------------------------------ the form


@verb(
    proposal,
    "template",
    N_("Print the form to fill in"),
    about=N_(
        "One field per line, with a comment and a mark: L is asked on every track, S from standard on, M on major."
    ),
    examples=(
        "fund proposal template --track light",
        "fund proposal template --track standard --comments nl --output loket.toml",
    ),
    see=("proposal new", "proposal draft"),
)
@option("--track", type=click.Choice(TRACKS), default="light", help=N_("The track of the round; light when left out"))
@option("--comments", type=click.Choice(("nl", "en", "both")), default="both", help=N_("The language of the comments"))
@option("--round", type=ROUND, metavar="REF", help=N_("The round, filled in already"))
@option("--lead", type=PARTNER, metavar="ID", help=N_("The lead partner, filled in already"))
@option("--output", metavar="FILE", default="-", help=N_("Write to this file instead of the screen"))
@reading
def template(ctx: click.Context, track: str, comments: str, round: str | None, lead: str | None, output: str) -> None:
    from fund import forms

    year = date.today().year + 1  # noqa: DTZ011 - only a suggestion in a form; there need be no fund yet
    text = forms.template(track, comments=comments, round=round or "", lead=lead or "", year=year)
    _print(ctx, {"schema_version": 1, "track": track, "toml": text}, text, output)


@verb(
    proposal,
    "schema",
    N_("Print the JSON Schema of the form"),
    about=N_("For editors and programs. What is required is what the track must answer."),
    examples=("fund proposal schema --track standard",),
    see=("proposal template",),
)
@option("--track", type=click.Choice(TRACKS), default="light", help=N_("The track of the round; light when left out"))
@option("--output", metavar="FILE", default="-", help=N_("Write to this file instead of the screen"))
@reading
def schema(ctx: click.Context, track: str, output: str) -> None:
    from fund import forms

    shape = forms.json_schema(track=track)
    _print(ctx, shape, json.dumps(shape, ensure_ascii=False, indent=2) + "\n", output)


def _print(ctx: click.Context, data: Mapping[str, Any], text: str, target: str) -> None:
    if typed(ctx, "json"):
        output.emit_json(data)
    else:
        write_output(target, text.encode())


@verb(
    proposal,
    "new",
    N_("Fill in the form, question by question"),
    about=N_("Every answer is written to the file at once. Ctrl-C stops; the same command goes on where you were."),
    examples=("fund --as fatima proposal new --round 2026-1 loket.toml",),
    who=N_("an editor or signatory of a partner"),
    see=("proposal template", "proposal draft"),
)
@argument("file", required=False, metavar="[FILE]", help=N_("The file; proposal.toml when left out"))
@option("--round", type=ROUND, metavar="REF", help=N_("The round; the file may name it already"))
@changing
def new(ctx: click.Context, file: str | None, round: str | None) -> None:
    from cli.proposal.asking import fill_in

    fill_in(ctx, file or "proposal.toml", round)


# ---------------------------------------------------------------------------------------------------- draft and change


def _attachments(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    return [dict(file) for file in given] or None


@verb(
    proposal,
    "draft",
    N_("Keep a filled in form as a draft"),
    about=N_("Only your own partner and its co-applicants see a draft. Sums may still differ; submitting asks them."),
    examples=(
        "fund --as fatima proposal draft loket.toml",
        "fund --as fatima proposal draft rollout.toml --follows A2026-003",
    ),
    who=N_("an editor or signatory of the lead"),
    see=("proposal template", "proposal submit"),
)
@argument("file", type=FILE, help=N_("The filled in form"))
@option("--follows", type=AGREEMENT, metavar="REF", help=N_("The agreement that this rolls out"))
@option("--attach", type=FILE, multiple=True, metavar="FILE", help=N_("A file that the form names; repeat"))
@changing
def draft(ctx: click.Context, file: dict[str, Any], follows: str | None, attach: tuple[dict[str, Any], ...]) -> None:
    args = {"content": file["content"], "name": file["name"], "follows": follows, "attach": _attachments(attach)}
    run(ctx, "proposal draft", args, tell=_drafted)


def _drafted(answer: Mapping[str, Any]) -> list[str]:
    return [_("Draft {ref} is kept.").format(ref=answer["result"]["ref"]), *_sums(answer["result"])]


def _sums(result: Mapping[str, Any]) -> list[str]:
    """What does not add up yet; a draft may, what is submitted may not."""
    ask = result["ask_cents"]
    lines = []
    if result["budget_cents"] != ask:
        text = _("Not yet right: the budget is {budget}, asked is {ask}.")
        lines.append(text.format(budget=euros(result["budget_cents"]), ask=euros(ask)))
    if result["milestones_cents"] != ask:
        text = _("Not yet right: the milestones are {milestones}, asked is {ask}.")
        lines.append(text.format(milestones=euros(result["milestones_cents"]), ask=euros(ask)))
    return lines


@verb(
    proposal,
    "save",
    N_("Change a draft, or one that was returned"),
    about=N_(
        "Whoever had confirmed must confirm again. After a request for changes only the sections it names may differ."
    ),
    examples=("fund --as fatima proposal save 2026-003 loket.toml",),
    who=N_("an editor or signatory of the lead or a co-applicant"),
    see=("proposal show", "proposal confirm"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@argument("file", type=FILE, help=N_("The filled in form"))
@option("--version", type=click.IntRange(1), metavar="NUMBER", help=N_("What you read; refused when it changed since"))
@option("--attach", type=FILE, multiple=True, metavar="FILE", help=N_("A file that the form names; repeat"))
@changing
def save(
    ctx: click.Context, ref: str, file: dict[str, Any], version: int | None, attach: tuple[dict[str, Any], ...]
) -> None:
    args = {
        "ref": ref,
        "content": file["content"],
        "name": file["name"],
        "version": version,
        "attach": _attachments(attach),
    }
    run(ctx, "proposal save", args, tell=_saved)


def _saved(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    if result.get("unchanged"):
        return [_("{ref} holds the same already; nothing changed.").format(ref=result["ref"])]
    return [
        _("{ref} is saved: revision {revision}, {hash}.").format(
            ref=result["ref"], revision=result["revision"], hash=short_hash(result["revision_hash"])
        ),
        *_sums(result),
    ]


_INFORMED = option(
    "--informed-on", "informed_on", type=DAY, metavar="DATE", help=N_("When your council, states or board was informed")
)


def _confirming(name: str, line: str, about: str) -> None:
    @verb(
        proposal,
        name,
        line,
        about=about,
        examples=(f"fund --as lotte proposal {name} 2026-003 --informed-on 2026-11-12",),
        who=N_("a signatory of the lead or a co-applicant"),
        see=("proposal show", "proposal submit"),
    )
    @argument("ref", type=PROPOSAL, help=N_("The proposal"))
    @_INFORMED
    @changing
    def verb_of_party(ctx: click.Context, ref: str, informed_on: date | None) -> None:
        run(ctx, f"proposal {name}", {"ref": ref, "informed_on": informed_on}, tell=_confirmed)


_confirming(
    "join",
    N_("Take part in a proposal as a partner"),
    N_("Confirms the revision as it is now. Any change afterwards asks it again."),
)
_confirming(
    "confirm",
    N_("Confirm the revision as it is now"),
    N_("Every party confirms the same revision, and says when its council, states or board was informed on content."),
)


def _confirmed(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    lines = [
        _("{partner} takes part in {ref}, revision {hash}.").format(
            partner=result["partner"], ref=result["ref"], hash=short_hash(result["revision_hash"])
        )
    ]
    if result["waiting_for"]:
        lines.append(_("Still to confirm: {partners}.").format(partners=", ".join(result["waiting_for"])))
    return lines


@verb(
    proposal,
    "submit",
    N_("Hand in a proposal for the round"),
    about=N_("Submitting is your own confirmation too. The rules are checked at once, by themselves."),
    examples=("fund --as fatima proposal submit 2026-003",),
    who=N_("a signatory of the lead"),
    see=("proposal confirm", "proposal show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@_INFORMED
@changing
def submit(ctx: click.Context, ref: str, informed_on: date | None) -> None:
    run(ctx, "proposal submit", {"ref": ref, "informed_on": informed_on}, tell=_submitted)


@verb(
    proposal,
    "resubmit",
    N_("Hand in a returned proposal again"),
    examples=("fund --as fatima proposal resubmit 2026-003",),
    who=N_("a signatory of the lead"),
    see=("proposal save", "proposal show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@_INFORMED
@changing
def resubmit(ctx: click.Context, ref: str, informed_on: date | None) -> None:
    run(ctx, "proposal resubmit", {"ref": ref, "informed_on": informed_on}, tell=_submitted)


def _submitted(answer: Mapping[str, Any]) -> list[str]:
    from datetime import timedelta

    result = answer["result"]

    def last_day(key: str) -> str:
        return day((datetime.fromisoformat(result[key]) - timedelta(seconds=1)).date())

    return [
        _("Submitted on {at}, proof {proof}.").format(
            at=instant(datetime.fromisoformat(result["submitted_at"])), proof=short_hash(result["proof"])[:9]
        ),
        _("What happens now: the rules are checked today."),
        _("Then {reviews} reviews until {review_day}, and a decision no later than {decision_day}.").format(
            reviews=result["reviewers"], review_day=last_day("review_before"), decision_day=last_day("decision_before")
        ),
    ]


# --------------------------------------------------------------------------------------------------------- eligibility


@verb(
    proposal,
    "request-changes",
    N_("Ask the parties to change some sections"),
    about=N_("Only the sections named here may change. Without a day they have the term of the regulations."),
    examples=('fund --as anna proposal request-changes 2026-003 --section milestones --reason "no evidence named"',),
    who=N_("a fund manager who is of no party"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--section", "sections", multiple=True, required=True, metavar="NAME", help=N_("A section of the form; repeat"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; the parties read it"))
@option("--due", "due_on", type=DAY, metavar="DATE", help=N_("The last day to hand it in again"))
@changing
def request_changes(ctx: click.Context, ref: str, sections: tuple[str, ...], reason: str, due_on: date | None) -> None:
    args = {"ref": ref, "sections": list(sections), "reason": reason, "due_on": due_on}
    run(ctx, "proposal request-changes", args, tell=_returned)


def _returned(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [
        _("{ref} is returned: {sections} may change until {day}.").format(
            ref=result["ref"], sections=", ".join(result["sections"]), day=day_text(result["due_on"])
        )
    ]


@verb(
    proposal,
    "find-eligible",
    N_("Find that a proposal meets every rule"),
    about=N_("Shows on each rule what it found. Other evidence counts for rules that judge words, not for sums."),
    examples=(
        "fund --as anna proposal find-eligible 2026-003",
        'fund --as anna proposal find-eligible 2026-003 --evidence "state_aid=letter of the lawyer"',
    ),
    who=N_("a fund manager who is of no party"),
    see=("proposal show", "review open"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--evidence", multiple=True, metavar="RULE=TEXT", help=N_("What else shows that a rule is met; repeat"))
@changing
def find_eligible(ctx: click.Context, ref: str, evidence: tuple[str, ...]) -> None:
    given = {rule.strip(): text.strip() for rule, _equals, text in (each.partition("=") for each in evidence)}
    run(ctx, "proposal find-eligible", {"ref": ref, "evidence": given or None}, tell=_eligible)


def _eligible(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    lines = [_("{ref} is eligible. What each rule found:").format(ref=result["ref"])]
    return [*lines, *(f"  {rule['rule']}: {rule['evidence'] or _told(rule)}" for rule in result["rules"])]


def _told(rule: Mapping[str, Any]) -> str:
    """What a rule found, in the language in use."""
    shown = {
        key: number(int(text.replace(".", ""))) if re.fullmatch(r"-?\d+\.\d\d", str(text), re.ASCII) else text
        for key, text in rule["values"].items()
    }
    return _(rule["finding"]).format(**shown)


@verb(
    proposal,
    "find-ineligible",
    N_("Find that a proposal fails a rule"),
    about=N_("Names the rule and why. The lead may object within the term of the regulations."),
    examples=('fund --as anna proposal find-ineligible 2026-003 --rule public_task --reason "no public task"',),
    who=N_("a fund manager who is of no party; a second one confirms"),
    see=("proposal show", "confirm"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--rule", required=True, metavar="NAME", help=N_("The rule that is not met"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; the parties read it"))
@changing
def find_ineligible(ctx: click.Context, ref: str, rule: str, reason: str) -> None:
    run(ctx, "proposal find-ineligible", {"ref": ref, "rule": rule, "reason": reason})


# ---------------------------------------------------------------------------------------------------------------- ends


@verb(
    proposal,
    "withdraw",
    N_("Take a proposal back"),
    about=N_("Possible until an agreement holds. What was set aside for it is free again."),
    examples=('fund --as fatima proposal withdraw 2026-003 --reason "no people"',),
    who=N_("a signatory of the lead"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def withdraw(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "proposal withdraw", {"ref": ref, "reason": reason}, ask=True, tell=_withdrawn)


def _withdrawn(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    if result["released_cents"]:
        return [
            _("{ref} is withdrawn; {amount} is free again.").format(
                ref=result["ref"], amount=euros(result["released_cents"])
            )
        ]
    return [_("{ref} is withdrawn.").format(ref=result["ref"])]


@verb(
    proposal,
    "object",
    N_("Object to a rejection or to ineligibility"),
    about=N_("Within six weeks, unless the regulations say otherwise. People who took no part judge it."),
    examples=('fund --as fatima proposal object 2026-003 --grounds "the task is ours by law"',),
    who=N_("a signatory of the lead or a co-applicant"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--grounds", required=True, metavar="TEXT", help=N_("Why the decision is wrong"))
@changing
def object_(ctx: click.Context, ref: str, grounds: str) -> None:
    run(ctx, "proposal object", {"ref": ref, "grounds": grounds}, tell=_objected)


def _objected(answer: Mapping[str, Any]) -> list[str]:
    return [_("The objection to {ref} is in.").format(ref=answer["events"][0]["payload"]["ref"])]


# ------------------------------------------------------------------------------------------------------------- reading


@verb(
    proposal,
    "list",
    N_("List the proposals"),
    about=N_("Drafts of others are left out."),
    examples=("fund proposal list", "fund proposal list --round 2026-1 --state eligible"),
    see=("proposal show",),
)
@option("--round", type=ROUND, metavar="REF", help=N_("Only of this round"))
@option("--state", metavar="STATE", help=N_("Only in this state, in English"))
@option("--partner", type=PARTNER, metavar="ID", help=N_("Only where this partner is a party"))
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
            (_("Note"), data["note"]),
            (_("Version"), data["version"]),
            (_("Possible now"), ", ".join(data["commands"])),
        ),
    )
    if data["rules"]:
        verdicts = {True: _("met"), False: _("not met")}
        rows = [{**rule, "met": verdicts[rule["passed"]], "finding": _told(rule)} for rule in data["rules"]]
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
