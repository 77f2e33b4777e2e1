"""``fund decision``: the committee's file, votes under seal, and what was decided, with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, advice_text, day_text, decimal_text, facts, say, state_text, table
from cli.params import (
    DAY,
    DOCUMENT,
    MONEY,
    Ref,
    argument,
    booking,
    changing,
    noun,
    one_of,
    option,
    read,
    reading,
    run,
    verb,
    with_files,
)
from fund.language import N_, _, euros, language, ngettext
from fund.words import choice_word

PROPOSAL = Ref(("proposal list", "proposals", "ref"))
GROUND = one_of(
    "ground", {"improve": N_("improve"), "information": N_("information"), "money": N_("money"), "tie": N_("tie")}
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
with_files(decision, PROPOSAL, N_("The proposal"), "2026-003")


@verb(
    decision,
    "prepare",
    N_("Make the committee's file"),
    about=N_(
        "The fund makes it by itself when a review has closed: advice, rank in the round, money, who may vote. "
        "After a deferral, or to add a remark, a fund manager makes it again."
    ),
    examples=('fund --as anna decision prepare 2026-003 --remark "the council met on 3 March"',),
    who=N_("a fund manager who is of no party"),
    see=("decision show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--remark", metavar="TEXT", help=N_("What the committee must know"))
@changing
def prepare(ctx: click.Context, ref: str, remark: str | None) -> None:
    run(ctx, "decision prepare", {"ref": ref, "remark": remark}, tell=_prepared)


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


@verb(
    decision,
    "vote",
    N_("Vote on a matter of a body"),
    about=N_(
        "On a proposal, a write-off, a large amendment or a resolution the committee votes, on a distribution key, an "
        "admission or a winding-up each partner. "
        "Votes stay under seal until the decision, on a key until the last partner voted; a later vote takes the place "
        "of an earlier one, until they are opened. A deputy votes where the member may not or does not."
    ),
    examples=(
        "fund --as mira decision vote 2026-003 --for",
        'fund --as mira decision vote 2026-003 --choice against --reason "no exit rules"',
    ),
    who=N_("a member of the body that decides, who is of no party and did not review it"),
    see=("decision show", "decision decide"),
)
@argument("ref", type=Ref(), help=N_("The proposal, key, write-off, amendment or resolution"))
@option("--choice", type=CHOICE, help=N_("Your vote; uphold and reopen are for an objection"))
@option("--for", "flags", multiple=True, flag_value="for", help=N_("In favour"))
@option("--against", "flags", multiple=True, flag_value="against", help=N_("Not in favour"))
@option("--abstain", "flags", multiple=True, flag_value="abstain", help=N_("Counts for the quorum only"))
@option("--uphold", "flags", multiple=True, flag_value="uphold", help=N_("On an objection: the decision stands"))
@option("--reopen", "flags", multiple=True, flag_value="reopen", help=N_("On an objection: it is decided anew"))
@option("--reason", metavar="TEXT", help=N_("Why; it is opened with the vote"))
@changing
def vote(ctx: click.Context, ref: str, choice: str | None, flags: tuple[str, ...], reason: str | None) -> None:
    said = {each for each in (choice, *flags) if each}
    if len(said) != 1:
        raise click.UsageError(_("say how you vote, once: --for, --against or --abstain"), ctx)
    run(ctx, "decision vote", {"ref": ref, "choice": said.pop(), "reason": reason}, tell=_voted)


def _voted(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]
    ref = fact["payload"]["ref"]
    if "commitment" in fact["payload"]:
        sealed = _("Your vote on {ref} is under seal until the decision.").format(ref=ref)
        return [sealed, *(line for each in answer["events"][1:] for line in _key_decided(each))]
    return [_("Your vote on {ref} is recorded.").format(ref=ref)]


@verb(
    decision,
    "decide",
    N_("Open the votes and decide"),
    about=N_(
        "What you do not say follows from the votes: carried approves what was asked, lost rejects, a tie defers "
        "and the second time rejects. A rejection gives reasons per criterion, and so does a decision other than "
        "advised."
    ),
    examples=(
        "fund --as carla decision decide 2026-003 --amount 35000",
        'fund --as carla decision decide 2026-003 --reject --reason "exit=nothing is arranged"',
        "fund --as carla decision decide 2026-003 --defer money --until 2026-06-01",
        'fund --as carla decision decide 2026-003 --condition "gm0351;council decision;2026-05-01;own share granted"',
    ),
    who=N_("the chair; on the light track another fund manager, confirmed by a member"),
    see=("decision show", "agreement draft"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal or resolution, or a key that not every partner voted on"))
@option("--amount", "amount_cents", type=MONEY, metavar="EUROS", help=N_("The award; what was asked if left out"))
@option("--reject", is_flag=True, help=N_("Say no"))
@option("--defer", "defer_for", type=GROUND, help=N_("Let it come back once, and why"))
@option("--until", type=DAY, metavar="DATE", help=N_("The day on which a deferred matter is back"))
@option(
    "--condition",
    "conditions",
    multiple=True,
    metavar="PARTY;EVIDENCE;DATE;TEXT",
    help=N_("What must be shown first, by whom, how, until when; repeat"),
)
@option("--reason", "reasons", multiple=True, metavar="CRITERION=TEXT", help=N_("Why; repeat"))
@booking
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
    args = {
        "ref": ref,
        "amount_cents": amount_cents,
        "reject": reject or None,
        "defer_for": defer_for,
        "until": until,
        "conditions": list(conditions) or None,
        "reasons": list(reasons) or None,
    }
    # a text, not a trial: nothing of what the votes say is shown before they are opened for good
    question = _("Decide on {ref} now? Votes under seal are opened for good.").format(ref=ref)
    run(ctx, "decision decide", args, ask=question, tell=_decided)


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


@verb(
    decision,
    "evidence",
    N_("Hand in evidence for a condition"),
    about=N_("The file is kept by its hash. With --extend-to the chair gives the condition more time, once."),
    examples=(
        "fund --as fatima decision evidence 2026-003 1 besluit.pdf",
        "fund --as carla decision evidence 2026-003 1 --extend-to 2026-09-01",
    ),
    who=N_("a signatory of the party that must show it; more time: the chair"),
    see=("decision meet-conditions",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@argument("number", type=click.IntRange(min=1), help=N_("The number of the condition"))
@argument("file", type=DOCUMENT, required=False, help=N_("The evidence"))
@option("--extend-to", type=DAY, metavar="DATE", help=N_("More time, until this day"))
@changing
def evidence(ctx: click.Context, ref: str, number: int, file: Mapping[str, Any] | None, extend_to: date | None) -> None:
    if (file is None) == (extend_to is None):
        raise click.UsageError(_("hand in a file, or give more time with --extend-to"), ctx)
    given = {"content": file["content"], "name": file["name"]} if file else {}
    args = {"ref": ref, "number": number, "extend_to": extend_to, **given}
    run(ctx, "decision evidence", args, tell=_shown_evidence)


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


@verb(
    decision,
    "meet-conditions",
    N_("Find that every condition is met"),
    about=N_("The award holds from now on; the money was set aside before."),
    examples=("fund --as anna decision meet-conditions 2026-003",),
    who=N_(
        "a fund manager, confirmed by a treasurer, a second fund manager or a member of the committee who did not "
        "decide it"
    ),
    see=("decision evidence", "agreement draft"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@changing
def meet_conditions(ctx: click.Context, ref: str) -> None:
    run(ctx, "decision meet-conditions", {"ref": ref}, tell=lambda _answer: [_met(ref)])


def _met(ref: str) -> str:
    return _("The conditions of {ref} are met: the award stands.").format(ref=ref)


@verb(
    decision,
    "reopen",
    N_("Take a decision back, before an agreement"),
    about=N_("What was set aside is free again; the committee votes anew."),
    examples=('fund --as carla decision reopen 2026-003 --reason "other funding fell away"',),
    who=N_("the chair, confirmed by a second member of the committee"),
    see=("decision vote",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def reopen(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "decision reopen", {"ref": ref, "reason": reason}, ask=True, tell=_reopened)


def _reopened(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [_("{ref} can be decided anew; {amount} is free again.").format(
        ref=fact["ref"], amount=euros(fact["award_cents"])
    )]  # fmt: skip


@verb(
    decision,
    "decide-objection",
    N_("Decide an objection"),
    about=N_(
        "With two members who took no part before and have voted, on external advice; the three decide by majority. "
        "Upheld, the decision stands; otherwise it is decided anew."
    ),
    examples=('fund --as dora decision decide-objection 2026-003 --uphold --advice advies.pdf --reason "as advised"',),
    who=N_("a chair or deputy who took no part in the decision"),
    see=("decision vote", "proposal show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--uphold/--reopen", "uphold", default=None, help=N_("Your own choice"))
@option("--advice", type=DOCUMENT, required=True, metavar="FILE", help=N_("The external advice"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def decide_objection(ctx: click.Context, ref: str, uphold: bool | None, advice: Mapping[str, Any], reason: str) -> None:
    if uphold is None:
        raise click.UsageError(_("say what you choose: --uphold or --reopen"), ctx)
    args = {"ref": ref, "uphold": uphold, "reason": reason, "content": advice["content"], "name": advice["name"]}
    question = _("Open the votes on the objection to {ref} and decide?").format(ref=ref)
    run(ctx, "decision decide-objection", args, ask=question, tell=_objection_decided)


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


@verb(
    decision,
    "show",
    N_("Show the file, who voted and what was decided"),
    about=N_("Before the decision it shows who has voted, and never what."),
    examples=("fund decision show 2026-003", "fund --as carla decision show 2026-003 --json"),
    see=("decision vote", "review show", "decision file list"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@reading
def show(ctx: click.Context, ref: str) -> None:
    read(ctx, "decision show", {"ref": ref}, show=_show)


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
