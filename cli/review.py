"""``fund review``: a panel without conflicts, scores under seal, and what they come to."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from cli import output
from cli.output import Column, advice_text, by_another, decimal_text, facts, say, table, track_text
from cli.params import FILE, USER, Ref, argument, changing, noun, one_of, option, read, reading, run, typed, verb
from fund.language import N_, _, instant, language, ngettext

PROPOSAL = Ref(("proposal list", "proposals", "ref"))
KINDS = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
    "external": N_("external"),
}

HARD = one_of(
    "ground",
    {
        "family": N_("family"),
        "financial": N_("financial"),
        "manager": N_("manager"),
        "person": N_("person"),
        "supplier": N_("supplier"),
    },
)

review = noun("review", N_("Assign reviewers and score proposals"))


@verb(
    review,
    "open",
    N_("Let the panel read and score a proposal"),
    about=N_(
        "Takes the panel that the fund proposed, without conflicts and balanced over kinds and load, or the one you "
        "name, its chair first. Rubric, quorum and revision are fixed from here. Where nobody is free of conflicts, "
        "the rule of necessity lets three external reviewers advise and the full board decide."
    ),
    examples=(
        "fund --as anna review open 2026-003",
        "fund --as anna review open 2026-003 --reviewer els --reviewer wim --reviewer ada --reviewer bas",
    ),
    who=N_("a fund manager who is of no party"),
    see=("review show", "review show --template", "review score"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--reviewer", "reviewers", multiple=True, type=USER, metavar="NAME", help=N_("A member of the panel; repeat"))
@option("--necessity", is_flag=True, help=N_("Nobody is free of conflicts: externals advise, the full board decides"))
@changing
def open_review(ctx: click.Context, ref: str, reviewers: tuple[str, ...], necessity: bool) -> None:
    args = {"ref": ref, "reviewers": list(reviewers) or None, "necessity": necessity or None}
    run(ctx, "review open", args, tell=_opened)


def _opened(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [
        _("The panel of {ref} is {names}.").format(
            ref=answer["events"][0]["payload"]["ref"], names=", ".join(result["panel"])
        ),
        _("They score before {until}; until then nobody sees a score.").format(
            until=instant(datetime.fromisoformat(result["closes_at"]))
        ),
    ]


@verb(
    review,
    "assign",
    N_("Add a reviewer to the panel"),
    about=N_(
        "With --replaces the new reviewer takes the place of another, whose score no longer counts. Where a quorum is "
        "missing `fund review show` says whom the fund proposes."
    ),
    examples=("fund --as anna review assign 2026-003 els --replaces wim",),
    who=N_("a fund manager who is of no party"),
    see=("review show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@argument("reviewer", type=USER, help=N_("Who joins"))
@option("--replaces", type=USER, metavar="NAME", help=N_("Who leaves"))
@changing
def assign(ctx: click.Context, ref: str, reviewer: str, replaces: str | None) -> None:
    args = {"ref": ref, "reviewer": reviewer, "replaces": replaces}
    told = _("{name} is in the panel of {ref}.").format(name=reviewer, ref=ref)
    run(ctx, "review assign", args, tell=lambda _answer: [told])


@verb(
    review,
    "declare",
    N_("Say whether you have a conflict of interest"),
    about=N_(
        "For this revision of the proposal. Ties that the fund computes itself are added: money asked in the same "
        "round, a cooperation or experiment with the lead on the same theme in the last three years, a shared service "
        "organisation. Scoring asks it too. With --hard you declare what only you know, and have no part in the case "
        "from then on: no score, no vote."
    ),
    examples=(
        "fund --as els review declare 2026-003 --none",
        "fund --as els review declare 2026-003 --hard family",
        'fund --as carla review declare 2026-003 --about els --stays --reason "long ago, no interest"',
    ),
    who=N_(
        "a reviewer in the panel, with --hard a member of the committee too; about another: the chair, confirmed by a "
        "member"
    ),
    see=("review score", "review recuse"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--none", "none", is_flag=True, help=N_("No tie at all"))
@option("--ground", "grounds", multiple=True, metavar="TEXT", help=N_("A possible conflict; repeat"))
@option("--hard", type=HARD, help=N_("A conflict that bars you"))
@option("--about", type=USER, metavar="NAME", help=N_("Judge what this reviewer declared"))
@option("--stays/--leaves", "stays", default=None, help=N_("Whether that reviewer stays in the panel"))
@option("--reason", metavar="TEXT", help=N_("Why, when you judge"))
@changing
def declare(
    ctx: click.Context,
    ref: str,
    none: bool,
    grounds: tuple[str, ...],
    hard: str | None,
    about: str | None,
    stays: bool | None,
    reason: str | None,
) -> None:
    if about is not None and stays is None:
        raise click.UsageError(_("say whether the reviewer stays: --stays or --leaves"), ctx)
    if none + bool(grounds) + (hard is not None) + (about is not None) > 1:
        raise click.UsageError(_("say one thing: --none, --ground, --hard or --about"), ctx)
    if about is None and (stays is not None or reason is not None):
        raise click.UsageError(_("--stays, --leaves and --reason judge what another declared: --about NAME"), ctx)
    own = {"none": none, "grounds": list(grounds)} if about is None and hard is None else {}
    args = {"ref": ref, "hard": hard, "about": about, "stays": stays, "reason": reason, **own}
    run(ctx, "review declare", args, tell=_declared)


def _declared(answer: Mapping[str, Any]) -> list[str]:
    from fund.rules.conflicts import ground_text

    first = answer["events"][0]
    if first["type"] == "review.conflict_decided":
        return [_("The conflict is judged.")]
    if first["type"] == "review.conflict_declared":
        told = _("You have no part in {ref} from now on: {ground}.")
        return [told.format(ref=first["payload"]["ref"], ground=ground_text(first["payload"]["ground"]))]
    grounds = first["payload"]["grounds"]
    if not grounds:
        return [_("Declared: no conflict.")]
    return [_("Declared: {grounds}.").format(grounds="; ".join(ground_text(each) for each in grounds))]


@verb(
    review,
    "score",
    N_("Score a proposal, under seal"),
    about=N_(
        "The file is TOML: under [scores] a whole number from 0 to 4 for each criterion, under [abstain] a reason "
        'for each you leave out; above them, where you have no conflict, `declaration = "none"`. Nobody sees it before '
        "the review closes; until then a later file takes its place."
    ),
    examples=("fund --as els review score 2026-003 scores.toml --no-conflict",),
    who=N_("a reviewer in the panel"),
    see=("review show --template", "review declare"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@argument("file", type=FILE, help=N_("The scores"))
@option("--no-conflict", is_flag=True, help=N_("Declare that you have no conflict"))
@option("--ground", "grounds", multiple=True, metavar="TEXT", help=N_("Declare a possible conflict; repeat"))
@changing
def score(ctx: click.Context, ref: str, file: Mapping[str, Any], no_conflict: bool, grounds: tuple[str, ...]) -> None:
    declared = no_conflict or grounds or _declares(file["content"])
    if not declared and output.interactive() and not (typed(ctx, "dry_run") or typed(ctx, "yes")):
        question = _("Do you declare that neither you nor your organisation has a tie to {ref}?").format(ref=ref)
        no_conflict = output.ask(question)
    args = {"ref": ref, "content": file["content"], "name": file["name"]}
    args |= {"no_conflict": no_conflict or None, "grounds": list(grounds) or None}
    told = _("Your scores of {ref} are under seal until the review closes.").format(ref=ref)
    run(ctx, "review score", args, tell=lambda _answer: [told])


def _declares(content: bytes) -> bool:
    """Whether a score file holds a declaration; or is faulty, which the fund tells line by line."""
    try:
        return "declaration" in tomllib.loads(content.decode())
    except ValueError:
        return True


@verb(
    review,
    "recuse",
    N_("Step back from a panel"),
    about=N_("What you scored no longer counts; the record stays."),
    examples=('fund --as els review recuse 2026-003 --reason "my sister joined the team"',),
    who=N_("a reviewer in the panel"),
    see=("review assign",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@changing
def recuse(ctx: click.Context, ref: str, reason: str) -> None:
    told = _("You are no longer in the panel of {ref}.").format(ref=ref)
    run(ctx, "review recuse", {"ref": ref, "reason": reason}, tell=lambda _answer: [told])


@verb(
    review,
    "consensus",
    N_("Agree as a panel where scores differ much"),
    about=N_(
        "The chair of the panel writes down a score for each criterion on which reviewers differ, the others agree "
        "with exactly these. Both scores are kept. After ten days without agreement the means stand."
    ),
    examples=(
        'fund --as els review consensus 2026-003 --score exit=2 --grounds "the annex settles it"',
        "fund --as wim review consensus 2026-003 --agree",
    ),
    who=N_("the chair of the panel, then its members"),
    see=("review show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--score", "scores", multiple=True, metavar="CRITERION=SCORE", help=N_("What the panel may agree on; repeat"))
@option("--grounds", metavar="TEXT", help=N_("What the panel found"))
@option("--agree", is_flag=True, help=N_("Agree with what the chair wrote down"))
@changing
def consensus(ctx: click.Context, ref: str, scores: tuple[str, ...], grounds: str | None, agree: bool) -> None:
    args = {"ref": ref, "scores": list(scores) or None, "grounds": grounds, "agree": agree or None}
    run(ctx, "review consensus", args, tell=_agreed)


def _agreed(answer: Mapping[str, Any]) -> list[str]:
    ref = answer["events"][0]["payload"]["ref"]
    for event in answer["events"]:
        if event["type"] == "review.consensus_recorded":
            advice = advice_text(event["payload"]["advice"])
            return [_("The panel of {ref} agreed: {advice}.").format(ref=ref, advice=advice)]
    return [_("{ref} waits for the rest of the panel.").format(ref=ref)]


@verb(
    review,
    "close",
    N_("Close a review: the scores are opened"),
    about=N_("The fund does this itself when the last of the panel has scored, or at the deadline."),
    examples=("fund --as anna review close 2026-003 --yes",),
    who=N_("a fund manager who is of no party"),
    see=("review show", "decision show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@changing
def close(ctx: click.Context, ref: str) -> None:
    question = _("Close the review of {ref}? Who has not scored cannot do so any more.").format(ref=ref)
    run(ctx, "review close", {"ref": ref}, ask=question, tell=_closed)


def _closed(answer: Mapping[str, Any]) -> list[str]:
    fact = next(event["payload"] for event in answer["events"] if event["type"] == "review.closed")
    if fact["advice"] is None:
        return [_("The scores of {ref} would be opened.").format(ref=fact["ref"])]
    lines = [_("The review of {ref} is closed: {advice}.").format(ref=fact["ref"], advice=advice_text(fact["advice"]))]
    if fact["consensus_forced"]:
        lines.append(
            _("Reviewers differ on {criteria}: the panel talks first.").format(
                criteria=", ".join(fact["spread_criteria"]) or _("the total")
            )
        )
    return lines


@verb(
    review,
    "show",
    N_("Show a panel, and the scores once it closed"),
    about=N_(
        "Who sits in it and why; for the fund office, the committee and the auditor also who does not and why not. "
        "Before the closing it shows who has scored, and never what; afterwards scores are for these and the panel."
    ),
    examples=("fund review show 2026-003", "fund --as els review show 2026-003 --template > scores.toml"),
    see=("review score", "decision show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--template", is_flag=True, help=N_("Print a score file to fill in"))
@reading
def show(ctx: click.Context, ref: str, template: bool) -> None:
    read(ctx, "review show", {"ref": ref}, show=_template if template else _show)


def _template(data: Mapping[str, Any]) -> None:
    """The score file, with what 0, 2 and 4 stand for beside each criterion."""
    asked = _('"none", or a list of possible conflicts')
    lines = [f"# {data['ref']}: {data['title']}", f"# {asked}", "declaration = ", ""]
    lines.append("[scores]")
    for line in data["rubric"]:
        anchors = line[f"anchors_{language()}"]
        lines.append(f"# {line[f'name_{language()}']}, {_('weight {weight}').format(weight=line['weight'])}")
        lines += [f"#   {mark}: {anchor}" for mark, anchor in zip((0, 2, 4), anchors, strict=True)]
        lines.append(f"{line['id']} = ")
    lines += ["", "[abstain]", f"# {_('criterion = reason in quotes, instead of a score above')}"]
    for line in lines:
        say(line)


STATES = {
    "proposed": N_("panel proposed"), "open": N_("open"), "closed": N_("closed"), "withdrawn": N_("withdrawn"),
    "lapsed": N_("lapsed"),
}  # fmt: skip


def _show(data: Mapping[str, Any]) -> None:
    closes = instant(datetime.fromisoformat(data["closes_at"])) if data["closes_at"] else None
    result = data["result"]
    facts(
        _("Review of {ref}: {title}").format(ref=data["ref"], title=data["title"]),
        (
            (_("State"), _(STATES[data["state"]])),
            (_("Track"), track_text(data["track"])),
            (_("Regulations"), data["regulations"]),
            (_("Rule of necessity"), _("yes") if data["necessity"] else None),
            (_("Scores before"), closes),
            (_("Not enough yet"), "; ".join(each["text"] for each in data["missing"]) or None),
            (_("Total"), _("{total} of 100").format(total=decimal_text(result["total_rounded"])) if result else None),
            (_("Advice"), advice_text(result["advice"]) if result else None),
            (
                _("Gates missed"),
                ", ".join(_criterion(data, each) for each in result["gates_missed"]) if result else None,
            ),
        ),
    )
    number = len(data["panel"])
    table(
        _("Panel"),
        (
            Column("name", N_("Reviewer"), "name"),
            Column("kind", N_("Kind"), "ref"),
            Column("scored", N_("Scored"), "ref"),
            Column("why_text", N_("Why"), "text"),
        ),
        [
            {
                "name": seat["name"] + (_(" (chair)") if seat["chair"] else ""),
                "kind": _(KINDS[seat["kind"]]),
                "scored": _("yes") if seat["scored"] else _("no"),
                "why_text": seat["why_text"],
            }
            for seat in data["panel"]
        ],
        total={
            "name": ngettext("{count} reviewer", "{count} reviewers", number).format(count=number),
            "scored": str(sum(1 for seat in data["panel"] if seat["scored"])),
        },
        empty=_("Nobody is in the panel."),
    )
    _show_others(data)
    if result:
        _show_scores(data, result)


def _show_others(data: Mapping[str, Any]) -> None:
    """Who was looked at and does not sit, and who should join; for those who may know."""
    others = [
        *(
            {"name": each["name"], "why": _("barred: {ground}").format(ground=each["ground"])}
            for each in data["barred"]
        ),
        *({"name": each["name"], "why": each["why_text"]} for each in data["passed_over"]),
        *(
            {
                "name": each["name"],
                "why": (
                    _("left, the score does not count: {ground}") if each["scored"] else _("left: {ground}")
                ).format(ground=each["ground"]),
            }
            for each in data["left"]
            if each["name"] not in {barred["name"] for barred in data["barred"]} or each["scored"]
        ),
    ]
    if others:
        columns = (Column("name", N_("Reviewer"), "name"), Column("why", N_("Why not"), "text"))
        table(_("Not in the panel"), columns, others)
    for each in data["undecided"]:
        told = _("{name} declared {grounds}; chair and a member may judge it: {command}")
        command = f"fund review declare {data['ref']} --about {shlex.quote(each['name'])} --stays --reason TEXT"
        by_another(command, "")  # neither may be the one who reads this
        say(told.format(name=each["name"], grounds="; ".join(each["grounds"]), command=command))
    for each in data["top_up"]:
        told = _("Proposed to join: {name}, {why}: {command}")
        say(told.format(name=each["name"], why=each["why_text"], command=each["command"]))
    if data["top_up_missing"]:
        say(_("Nobody who is free can meet: {demands}.").format(demands=", ".join(data["top_up_missing"])))


def _criterion(data: Mapping[str, Any], criterion: str) -> str:
    """The name of a criterion of the rubric under which the review was opened."""
    key = "name_nl" if language() == "nl" else "name_en"
    return next((str(line[key]) for line in data["rubric"] if line["id"] == criterion), criterion)


def _show_scores(data: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    from fund.rules.scoring import rounded

    agreed = (result["consensus"] or {}).get("scores") or {}
    table(
        _("Scores, 0 to 4"),
        (
            Column("name", N_("Criterion"), "text"),
            Column("weight", N_("Weight"), "count"),
            Column("gate", N_("Gate"), "ref"),
            Column("mean", N_("Mean"), "ref"),
            Column("agreed", N_("Agreed"), "ref"),
        ),
        [
            {
                "name": line[f"name_{language()}"],
                "weight": line["weight"],
                "gate": "" if line["gate"] is None else str(line["gate"]),
                "mean": decimal_text(rounded(result["means"][line["id"]])) if line["id"] in result["means"] else "",
                "agreed": str(agreed.get(line["id"], "")),
            }
            for line in data["rubric"]
        ],
    )
    for each in result["scores"]:
        total = _("{name}: {total} of 100").format(name=each["name"], total=decimal_text(rounded(each["total"])))
        if each["excluded"]:
            total = _("{line}, does not count: {ground}").format(line=total, ground=each["excluded"])
        say(total)


@verb(
    review,
    "spread",
    N_("Show how far the reviewers of a round are apart"),
    about=N_(
        "Over the closed reviews of a round whose scores you may see. The first two that close are its samples: look "
        "at them with the reviewers before the rest is scored."
    ),
    examples=("fund --as anna review spread 2026-1",),
    see=("review show", "round show"),
)
@argument("ref", type=Ref(("round list", "rounds", "ref")), help=N_("The round"))
@reading
def spread(ctx: click.Context, ref: str) -> None:
    read(ctx, "review spread", {"ref": ref}, show=_spread)


def _spread(data: Mapping[str, Any]) -> None:
    table(
        _("Closed reviews of round {ref}: {title}").format(ref=data["round"], title=data["title"]),
        (
            Column("ref", N_("Proposal"), "ref"),
            Column("sample", N_("Sample"), "ref"),
            Column("points", N_("Points apart"), "ref"),
            Column("title", N_("Title"), "text"),
        ),
        [
            {
                **each,
                "sample": _("yes") if each["sample"] else "",
                "points": decimal_text(each["spread_total_rounded"]),
            }
            for each in data["reviews"]
        ],
        empty=_("No closed review whose scores you may see."),
    )
    if not data["reviews"]:
        return
    table(
        _("Apart by criterion, in points of 0 to 4"),
        (
            Column("id", N_("Criterion"), "ref"),
            Column("largest", N_("Largest"), "count"),
            Column("mean", N_("Mean"), "ref"),
        ),
        [{**each, "mean": decimal_text(each["mean_rounded"])} for each in data["criteria"]],
    )
    table(
        _("Milder (above 0) or stricter than the panel, in points of 100"),
        (
            Column("name", N_("Reviewer"), "name"),
            Column("reviews", N_("Reviews"), "count"),
            Column("leaning", N_("Points"), "ref"),
        ),
        [{**each, "leaning": decimal_text(each["leaning_rounded"])} for each in data["reviewers"]],
    )
