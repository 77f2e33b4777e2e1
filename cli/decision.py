"""``fund decision``: the committee's file, votes under seal, and what was decided, with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, advice_text, day_text, decimal_text, facts, say, state_text, table
from cli.params import noun, one_of, option, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.declarations import InputFile
from fund.language import N_, _, euros, language, ngettext
from fund.words import choice_word
from fund.workflows.decisions.commands import (
    CastVote,
    DecideObjection,
    DecideProposal,
    DecisionShow,
    HandInConditionEvidence,
    MeetConditions,
    PrepareDecision,
    ReopenDecision,
)

CHOICE = one_of(
    "vote",
    {
        "for": N_("for"),
        "against": N_("against"),
        "abstain": N_("abstain"),
        "uphold": N_("uphold"),
        "reopen": N_("reopen"),
    },
)

decision = noun("decision", N_("Prepare, vote and decide"))
with_files(decision)


def _prepared(answer: Mapping[str, Any]) -> list[str]:
    from fund.rules.valuation import free_text

    fact = answer["events"][0]["payload"]
    if answer["events"][0]["type"] == "decision.remarked":
        return [_("The committee reads with {ref}: {remark}").format(ref=fact["ref"], remark=fact["remark"])]
    return [
        _("{ref} can be decided: advice {advice}, {rank} of {of} in the round, {free} is free to commit.").format(
            ref=fact["ref"],
            advice=advice_text(fact["advice"]),
            rank=fact["rank"],
            of=fact["of"],
            free=free_text(fact["free_to_commit_cents"]),
        )
    ]


@declared(decision, CastVote)
@option("--choice", type=CHOICE, help=N_("Your vote; uphold and reopen are for an objection"))
@option("--for", "flags", multiple=True, flag_value="for", help=N_("In favour"))
@option("--against", "flags", multiple=True, flag_value="against", help=N_("Not in favour"))
@option("--abstain", "flags", multiple=True, flag_value="abstain", help=N_("Counts for the quorum only"))
@option("--uphold", "flags", multiple=True, flag_value="uphold", help=N_("On an objection: the decision stands"))
@option("--reopen", "flags", multiple=True, flag_value="reopen", help=N_("On an objection: it is decided anew"))
def vote(ctx: click.Context, ref: str, choice: str | None, flags: tuple[str, ...], reason: str) -> None:
    said = {each for each in (choice, *flags) if each}
    if len(said) != 1:
        raise click.UsageError(_("say how you vote, once: --for, --against or --abstain"), ctx)
    run(ctx, CastVote(ref=ref, choice=said.pop(), reason=reason), done=_voted)


def _voted(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]
    ref = fact["payload"]["ref"]
    if "commitment" in fact["payload"]:
        sealed = _("Your vote on {ref} is under seal until the decision.").format(ref=ref)
        return [sealed, *(line for each in answer["events"][1:] for line in _key_decided(each))]
    return [_("Your vote on {ref} is recorded.").format(ref=ref)]


@declared(decision, DecideProposal)
def decide(
    ctx: click.Context,
    ref: str,
    amount_cents: int | None,
    reject: bool,
    defer_for: str | None,
    until: date | None,
    conditions: tuple[str, ...],
    reasons: tuple[str, ...],
) -> None:
    args = DecideProposal(
        ref=ref,
        amount_cents=amount_cents,
        reject=reject,
        defer_for=defer_for,
        until=until,
        conditions=conditions,
        reasons=reasons,
    )
    # a text, not a trial: nothing of what the votes say is shown before they are opened for good
    question = _("Decide on {ref} now? Votes under seal are opened for good.").format(ref=ref)
    run(ctx, args, ask=question, done=_decided)


def _resolved(event: Mapping[str, Any]) -> list[str]:
    """How a resolution came out."""
    fact = event["payload"]
    votes = list(fact["votes"].values())
    sentence = (
        N_("{ref} is carried: {votes_for} for, {votes_against} against.")
        if event["type"] == "resolution.carried"
        else N_("{ref} is lost: {votes_for} for, {votes_against} against.")
    )
    return [_(sentence).format(ref=fact["ref"], votes_for=votes.count("for"), votes_against=votes.count("against"))]


def _key_decided(event: Mapping[str, Any]) -> list[str]:
    """How a distribution key came out of the full board; nothing for another fact."""
    fact, kind = event["payload"], event["type"]
    if kind == "key.adopted":
        return [_("Key {ref} is adopted; it holds from {day}.").format(ref=fact["ref"], day=day_text(fact["from_on"]))]
    if kind == "key.rejected":
        sentence = _("Key {ref} is rejected: {votes_for} of {needed} votes for it.")
        return [sentence.format(ref=fact["ref"], votes_for=fact["votes_for"], needed=fact["needed"])]
    return []


def _decided(answer: Mapping[str, Any]) -> list[str]:
    event = answer["events"][0]
    if event["type"].startswith("key."):
        return _key_decided(event)
    if event["type"].startswith("resolution."):
        return _resolved(event)
    fact, kind = event["payload"], event["type"].partition(".")[2]
    if kind in ("approved", "conditional"):
        sentence = {
            "approved": N_("{ref} is approved: {amount} is set aside."),
            "conditional": N_("{ref} is approved on conditions: {amount} is set aside."),
        }[kind]
        lines = [_(sentence).format(ref=fact["ref"], amount=euros(fact["award_cents"]))]
        for each in fact.get("conditions", ()):
            lines.append(
                _("Condition {number}, {owner}, until {day}: {text}").format(
                    number=each["number"], owner=each["owner"], day=day_text(each["expires_on"]), text=each["text"]
                )
            )
        return lines
    if kind == "deferred":
        sentence = _("{ref} is deferred until {day}: {ground}.")
        return [sentence.format(ref=fact["ref"], day=day_text(fact["until_on"]), ground=choice_word(fact["ground"]))]
    sentence = _("{ref} is rejected; the lead may object within {weeks} weeks.")
    return [sentence.format(ref=fact["ref"], weeks=fact["objection_weeks"])]


@declared(decision, HandInConditionEvidence)
def evidence(ctx: click.Context, ref: str, number: int, file: InputFile | None, extend_to: date | None) -> None:
    if (file is None) == (extend_to is None):
        raise click.UsageError(_("hand in a file, or give more time with --extend-to"), ctx)
    args = HandInConditionEvidence(ref=ref, number=number, file=file, extend_to=extend_to)
    run(ctx, args, done=_shown_evidence)


def _shown_evidence(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    if "sha256" in fact:
        return [
            _("Condition {number} of {ref}: {file} is kept.").format(
                number=fact["number"], ref=fact["ref"], file=fact["file"]
            )
        ]
    return [
        _("Condition {number} of {ref} may be shown until {day}.").format(
            number=fact["number"], ref=fact["ref"], day=day_text(fact["expires_on"])
        )
    ]


@declared(decision, MeetConditions)
def meet_conditions(ctx: click.Context, ref: str) -> None:
    run(ctx, MeetConditions(ref=ref), done=lambda _answer: [_met(ref)])


def _met(ref: str) -> str:
    return _("The conditions of {ref} are met: the award stands.").format(ref=ref)


def _reopened(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [_("{ref} can be decided anew; {amount} is free again.").format(
        ref=fact["ref"], amount=euros(fact["award_cents"])
    )]  # fmt: skip


@declared(decision, DecideObjection)
def decide_objection(ctx: click.Context, ref: str, uphold: bool | None, file: InputFile | None, reason: str) -> None:
    if uphold is None:
        raise click.UsageError(_("say what you choose: --uphold or --reopen"), ctx)
    args = DecideObjection(ref=ref, uphold=uphold, reason=reason, file=file)
    question = _("Open the votes on the objection to {ref} and decide?").format(ref=ref)
    run(ctx, args, ask=question, done=_objection_decided)


def _objection_decided(answer: Mapping[str, Any]) -> list[str]:
    event = answer["events"][0]
    ref = event["payload"]["ref"]
    return [
        {
            "decision.upheld": _("{ref}: the decision stands.").format(ref=ref),
            "decision.reopened": _("{ref} can be decided anew.").format(ref=ref),
            "decision.eligibility_reopened": _("{ref} is eligible after all.").format(ref=ref),
        }[event["type"]]
    ]


BODIES = {
    "committee": N_("the committee"),
    "board": N_("the full board: conflicts leave no committee"),
    "mandated": N_("a fund manager and a committee member"),
}


def _votes_needed(data: Mapping[str, Any]) -> str:
    if data["body"] == "board":
        return _("two thirds, and a majority of those without a conflict")
    return _("two thirds") if data["two_thirds"] else _("a majority")


def _seats(seats: Mapping[str, int]) -> str:
    return _("{free} of {filled} without a conflict, {voted} voted").format(**seats)


def _before(data: Mapping[str, Any]) -> str:
    day = day_text(data["decide_before"])
    if data["overdue"]:
        return _("{day}, which has passed").format(day=day)
    return _("{day}, as the applicant was told").format(day=day) if data["term_extended"] else str(day)


MATTERS = {
    "restructuring": N_("other instalments"),
    "refinancing": N_("refinancing"),
    "admission": N_("admission"),
    "winding_up": N_("winding up the fund"),
}


def _show_resolution(data: Mapping[str, Any]) -> None:
    facts(
        _("Resolution {ref}: {matter}").format(ref=data["ref"], matter=_(MATTERS[data["matter"]])),
        (
            (_("State"), state_text("resolution", data["state"])),
            (_("About"), data["subject"]),
            (_("Why"), data["reason"]),
            (_("Body"), _("the full board") if data["body"] == "board" else _("the committee")),
            (_("Votes needed"), _("two thirds") if data["two_thirds"] else _("a majority")),
            (_("Voted"), ", ".join(data["voted"]) or None),
            (_("Waiting for"), ", ".join(data["waiting"]) or None),
        ),
    )
    listed = {name: value for name, value in data["terms"].items() if _is_listed(value)}
    single = {name: value for name, value in data["terms"].items() if name not in listed}
    if single:
        table(
            _("What it holds"),
            (Column("name", N_("Term"), "text"), Column("value", N_("Value"), "text")),
            [{"name": _term_name(name), "value": _term_text(name, value)} for name, value in single.items()],
        )
    for name, rows in listed.items():
        columns = [Column(key, TERMS.get(key, key.replace("_", " ")), _kind_of(key)) for key in rows[0]]
        table(_term_name(name), columns, rows)
    if data["votes"]:
        table(
            _("Votes"),
            (Column("voter", N_("Who"), "text"), Column("choice", N_("Vote"), "text")),
            [{**each, "choice": choice_word(each["choice"])} for each in data["votes"]],
        )


TERMS = {
    "allowance_cents": N_("Allowance"),
    "amount_cents": N_("Amount"),
    "child": N_("Roll-out"),
    "due_on": N_("Due"),
    "ends_on": N_("Last day"),
    "instalments": N_("Instalments"),
    "later_cents": N_("Later"),
    "lead": N_("Lead"),
    "net_cents": N_("Net"),
    "no": N_("No."),
    "now_cents": N_("Now"),
    "on": N_("Day"),
    "open_cents": N_("Open"),
    "partner": N_("Partner"),
    "plan_type": N_("Plan type"),
    "quotes": N_("Exit quotes"),
    "requested_by": N_("Asked by"),
    "savings_bps": N_("Share of savings"),
}
"""Terms of resolutions as people read them."""


def _term_name(name: str) -> str:
    return _(TERMS[name]) if name in TERMS else name.replace("_", " ")


def _is_listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _kind_of(name: str) -> str:
    return "amount" if name.endswith("_cents") else "date" if name.endswith("_on") else "ref"


def _term_text(name: str, value: Any) -> str:
    """A term as people read it: cents as euros, lists and tables on one line."""
    if isinstance(value, int) and name.endswith("_cents"):
        return euros(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_term_text(key, each)}" for key, each in value.items())
    if isinstance(value, list):
        return "; ".join(_term_text(name, each) for each in value)
    return str(value)


def _show(data: Mapping[str, Any]) -> None:
    from fund.rules.valuation import free_text

    if "resolution" in data:
        _show_resolution(data["resolution"])
        return
    file = data["prepared"]
    rank = _("{rank} of {of}").format(rank=data["rank"], of=data["of"]) if data["rank"] else None
    facts(
        _("Decision on {ref}: {title}").format(ref=data["ref"], title=data["title"]),
        (
            (_("State"), state_text("proposal", data["proposal_state"])),
            (_("Asked"), euros(data["ask_cents"])),
            (_("Advice"), advice_text(file["advice"]) if file else None),
            (_("Total"), _("{total} of 100").format(total=decimal_text(file["total_rounded"])) if file else None),
            (_("Rank in the round"), rank if file else None),
            (_("Remark"), file["remark"] or None if file else None),
            (_("Left of the ceiling"), euros(data["ceiling_left_cents"])),
            (_("Free to commit"), free_text(data["free_to_commit_cents"])),
            (_("Who decides"), _(BODIES[data["body"]]) if data["body"] else None),
            (_("Votes needed"), _votes_needed(data) if data["body"] in ("committee", "board") else None),
            (_("Seats"), _seats(data["seats"]) if data["body"] == "committee" else None),
            (_("Not enough yet"), "; ".join(each["text"] for each in data["missing"]) or None),
            (_("Decision before"), _before(data) if data["decide_before"] else None),
            (_("Awarded"), euros(data["award_cents"]) if data["award_cents"] else None),
            (_("Decided"), day_text(data["decided_on"]) if data["decided_on"] else None),
            (_("Deferred"), choice_word(data["deferred_for"]) if data["deferred_for"] else None),
            (_("Back"), day_text(data["until_on"]) if data["until_on"] else None),
        ),
    )
    names = {each["id"]: each["name_nl" if language() == "nl" else "name_en"] for each in data["criteria"]}
    for subject, text in data["reasons"].items():
        name = names.get(subject) or (_("Advice") if subject == "advice" else subject)
        say(f"{name}: {text}")
    if data["voters"]:
        number = sum(1 for each in data["voters"] if each["voted"])
        table(
            _("Who may vote"),
            (
                Column("name", N_("Name"), "name"),
                Column("organisation", N_("Organisation"), "ref"),
                Column("deputy_of", N_("Deputy of"), "name"),
                Column("voted", N_("Voted"), "ref"),
            ),
            [
                {
                    "name": each["name"],
                    "organisation": each["organisation"] or "",
                    "deputy_of": each["deputy_of"] or "",
                    "voted": _("yes") if each["voted"] else _("no"),
                }
                for each in data["voters"]
            ],
            total={"name": ngettext("{count} vote", "{count} votes", number).format(count=number)},
        )
    for each in data["barred"]:
        say(_("{name} has no vote: {ground}").format(name=each["name"], ground=each["ground"]))
    for each in data["disclosed"]:
        say(_("{name} has a conflict, and votes all the same: {ground}").format(**each))
    for each in data["conditions"]:
        shown = each["evidence_file"] or _("no evidence yet")
        say(
            _("Condition {number}, {owner}, until {day}: {text} ({shown})").format(
                number=each["number"],
                owner=each["owner"],
                day=day_text(each["expires_on"]),
                text=each["text"],
                shown=shown,
            )
        )
    for each in data["votes"]:
        say(_("{name}: {choice}").format(name=each["name"], choice=choice_word(each["choice"])))


add_command(decision, PrepareDecision, done=_prepared)
add_command(decision, ReopenDecision, ask=True, done=_reopened)
add_query(decision, DecisionShow, show=_show)
