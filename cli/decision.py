"""``fund decision``: the committee's file, votes under seal, and what was decided, with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cli.output import Column, advice_text, day_text, decimal_text, facts, say, table
from cli.output.views import ListView, When, sentence
from cli.params import noun, one_of, option, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.declarations import Answer, InputFile
from fund.language import N_, _, euros, language, ngettext
from fund.rules.valuation import free_text
from fund.words import choice_word
from fund.workflows.decisions.commands import (
    CastVote,
    DecideObjection,
    DecideProposal,
    DecisionDetail,
    DecisionShow,
    HandInConditionEvidence,
    MeetConditions,
    OnResolution,
    PrepareDecision,
    ReopenDecision,
)

if TYPE_CHECKING:
    from fund.schemas.resolutions import ResolutionDetail

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


def _prepared(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    if answer["events"][0]["type"] == "decision.remarked":
        return [sentence(N_("The committee reads with {ref}: {remark}"), fact)]
    form = N_("{ref} can be decided: advice {advice}, {rank} of {of} in the round, {free} is free to commit.")
    free = free_text(fact["free_to_commit_cents"])
    return [sentence(form, {"advice": advice_text(fact["advice"]), "free": free}, fact)]


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


def _voted(answer: Answer) -> list[str]:
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
    form = (
        N_("{ref} is carried: {votes_for} for, {votes_against} against.")
        if event["type"] == "resolution.carried"
        else N_("{ref} is lost: {votes_for} for, {votes_against} against.")
    )
    return [_(form).format(ref=fact["ref"], votes_for=votes.count("for"), votes_against=votes.count("against"))]


def _key_decided(event: Mapping[str, Any]) -> list[str]:
    """How a distribution key came out of the full board; nothing for another fact."""
    fact, kind = event["payload"], event["type"]
    if kind == "key.adopted":
        return [sentence(N_("Key {ref} is adopted; it holds from {from_on}."), fact)]
    if kind == "key.rejected":
        return [sentence(N_("Key {ref} is rejected: {votes_for} of {needed} votes for it."), fact)]
    return []


def _decided(answer: Answer) -> list[str]:
    event = answer["events"][0]
    if event["type"].startswith("key."):
        return _key_decided(event)
    if event["type"].startswith("resolution."):
        return _resolved(event)
    fact, kind = event["payload"], event["type"].partition(".")[2]
    if kind in ("approved", "conditional"):
        form = {
            "approved": N_("{ref} is approved: {award_cents} is set aside."),
            "conditional": N_("{ref} is approved on conditions: {award_cents} is set aside."),
        }[kind]
        condition = N_("Condition {number}, {owner}, until {expires_on}: {text}")
        return [sentence(form, fact), *(sentence(condition, each) for each in fact.get("conditions", ()))]
    if kind == "deferred":
        deferred = N_("{ref} is deferred until {until_on}: {ground}.")
        return [sentence(deferred, {"ground": choice_word(fact["ground"])}, fact)]
    return [sentence(N_("{ref} is rejected; the lead may object within {objection_weeks} weeks."), fact)]


EVIDENCE = When(
    "sha256",
    N_("Condition {number} of {ref}: {file} is kept."),
    N_("Condition {number} of {ref} may be shown until {expires_on}."),
)


@declared(decision, HandInConditionEvidence)
def evidence(ctx: click.Context, ref: str, number: int, file: InputFile | None, extend_to: date | None) -> None:
    if (file is None) == (extend_to is None):
        raise click.UsageError(_("hand in a file, or give more time with --extend-to"), ctx)
    args = HandInConditionEvidence(ref=ref, number=number, file=file, extend_to=extend_to)
    run(ctx, args, done=EVIDENCE)


@declared(decision, DecideObjection)
def decide_objection(ctx: click.Context, ref: str, uphold: bool | None, file: InputFile | None, reason: str) -> None:
    if uphold is None:
        raise click.UsageError(_("say what you choose: --uphold or --reopen"), ctx)
    args = DecideObjection(ref=ref, uphold=uphold, reason=reason, file=file)
    question = _("Open the votes on the objection to {ref} and decide?").format(ref=ref)
    run(ctx, args, ask=question, done=_objection_decided)


def _objection_decided(answer: Answer) -> list[str]:
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


def _votes_needed(data: DecisionDetail) -> str:
    if data["body"] == "board":
        return _("two thirds, and a majority of those without a conflict")
    return _("two thirds") if data["two_thirds"] else _("a majority")


def _seats(seats: Mapping[str, int]) -> str:
    return _("{free} of {filled} without a conflict, {voted} voted").format(**seats)


def _before(data: DecisionDetail) -> str:
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


RESOLUTION = (
    Column("state", N_("State"), "state", kind="resolution"),
    Column("subject", N_("About")),
    Column("reason", N_("Why")),
    Column("body", N_("Body"), cell=lambda row: _("the full board") if row["body"] == "board" else _("the committee")),
    Column(
        "two_thirds", N_("Votes needed"), cell=lambda row: _("two thirds") if row["two_thirds"] else _("a majority")
    ),
    Column("voted", N_("Voted")),
    Column("waiting", N_("Waiting for")),
)
BALLOTS = ListView(
    title=N_("Votes"),
    rows="votes",
    columns=(Column("voter", N_("Who")), Column("choice", N_("Vote"), cell=lambda row: choice_word(row["choice"]))),
    optional=True,
)


def _show_resolution(data: ResolutionDetail) -> None:
    title = _("Resolution {ref}: {matter}").format(ref=data["ref"], matter=_(MATTERS[data["matter"]]))
    facts(title, (each.fact(data) for each in RESOLUTION))
    listed = {name: value for name, value in data["terms"].items() if _is_listed(value)}
    single = {name: value for name, value in data["terms"].items() if name not in listed}
    if single:
        table(
            _("What it holds"),
            (Column("name", N_("Term")), Column("value", N_("Value"))),
            [{"name": _term_name(name), "value": _term_text(name, value)} for name, value in single.items()],
        )
    for name, rows in listed.items():
        columns = [Column(key, TERMS.get(key, key.replace("_", " ")), _kind_of(key)) for key in rows[0]]
        table(_term_name(name), columns, rows)
    BALLOTS(data)


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


def _of_file(name: str, header: str, said: Callable[[Mapping[str, Any]], object]) -> Column:
    """A fact of the committee's file, for those who read it."""
    return Column(name, header, cell=lambda data: said(data["prepared"]), when="prepared")


FACTS = (
    Column("proposal_state", N_("State"), "state", kind="proposal"),
    Column("ask_cents", N_("Asked"), "amount"),
    _of_file("advice", N_("Advice"), lambda file: advice_text(file["advice"])),
    _of_file("total", N_("Total"), lambda file: _("{total} of 100").format(total=decimal_text(file["total_rounded"]))),
    Column(
        "rank",
        N_("Rank in the round"),
        cell=lambda data: _("{rank} of {of}").format(**data) if data["rank"] else None,
        when="prepared",
    ),
    _of_file("remark", N_("Remark"), lambda file: file["remark"]),
    Column("ceiling_left_cents", N_("Left of the ceiling"), "amount"),
    Column("free_to_commit_cents", N_("Free to commit"), cell=lambda data: free_text(data["free_to_commit_cents"])),
    Column("body", N_("Who decides"), cell=lambda data: _(BODIES[data["body"]]), when="body"),
    Column(
        "two_thirds",
        N_("Votes needed"),
        cell=lambda data: _votes_needed(data) if data["body"] in ("committee", "board") else None,
    ),
    Column("seats", N_("Seats"), cell=lambda data: _seats(data["seats"]) if data["body"] == "committee" else None),
    Column("missing", N_("Not enough yet"), cell=lambda data: "; ".join(each["text"] for each in data["missing"])),
    Column("decide_before", N_("Decision before"), cell=lambda data: _before(data), when="decide_before"),
    Column("award_cents", N_("Awarded"), "amount", when="award_cents"),
    Column("decided_on", N_("Decided"), "date"),
    Column("deferred_for", N_("Deferred"), cell=lambda data: choice_word(data["deferred_for"]), when="deferred_for"),
    Column("until_on", N_("Back"), "date"),
)


def _show(data: DecisionDetail | OnResolution) -> None:
    if "resolution" in data:
        _show_resolution(data["resolution"])
        return
    facts(sentence(N_("Decision on {ref}: {title}"), data), (each.fact(data) for each in FACTS))
    names = {each["id"]: each["name_nl" if language() == "nl" else "name_en"] for each in data["criteria"]}
    for subject, text in data["reasons"].items():
        name = names.get(subject) or (_("Advice") if subject == "advice" else subject)
        say(f"{name}: {text}")
    if data["voters"]:
        number = sum(1 for each in data["voters"] if each["voted"])
        columns = (
            Column("name", N_("Name"), "name"),
            Column("organisation", N_("Organisation"), "ref"),
            Column("deputy_of", N_("Deputy of"), "name"),
            Column("voted", N_("Voted"), "ref", cell=lambda row: _("yes") if row["voted"] else _("no")),
        )
        total = {"name": ngettext("{count} vote", "{count} votes", number).format(count=number)}
        table(_("Who may vote"), columns, data["voters"], total=total)
    for barred in data["barred"]:
        say(sentence(N_("{name} has no vote: {ground}"), barred))
    for disclosed in data["disclosed"]:
        say(sentence(N_("{name} has a conflict, and votes all the same: {ground}"), disclosed))
    for each in data["conditions"]:
        shown = each["evidence_file"] or _("no evidence yet")
        say(sentence(N_("Condition {number}, {owner}, until {expires_on}: {text} ({shown})"), each, {"shown": shown}))
    for vote in data["votes"]:
        say(_("{name}: {choice}").format(name=vote["name"], choice=choice_word(vote["choice"])))


add_command(decision, PrepareDecision, done=_prepared)
add_command(decision, ReopenDecision, ask=True, done=N_("{ref} can be decided anew; {award_cents} is free again."))
add_command(decision, MeetConditions, done=N_("The conditions of {ref} are met: the award stands."))
add_query(decision, DecisionShow, show=_show)
