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
from cli.params import noun, option, read, run, typed
from cli.params.declared import add_command, add_query, declared
from fund.declarations import InputFile
from fund.language import N_, _, instant, language, ngettext
from fund.workflows.reviews.commands import (
    AgreeOnScores,
    AssignReviewer,
    CloseReview,
    DeclareConflict,
    OpenReview,
    RecuseReviewer,
    ReviewShow,
    ReviewSpread,
    ScoreProposal,
)

KINDS = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
    "external": N_("external"),
}


review = noun("review", N_("Assign reviewers and score proposals"))


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


@declared(review, AssignReviewer)
def assign(ctx: click.Context, ref: str, reviewer: str, replaces: str | None) -> None:
    args = AssignReviewer(ref=ref, reviewer=reviewer, replaces=replaces)
    told = _("{name} is in the panel of {ref}.").format(name=reviewer, ref=ref)
    run(ctx, args, done=lambda _answer: [told])


@declared(review, DeclareConflict)
def declare(
    ctx: click.Context,
    ref: str,
    none: bool,
    grounds: tuple[str, ...],
    hard: str | None,
    about: str | None,
    stays: bool | None,
    reason: str,
) -> None:
    if about is not None and stays is None:
        raise click.UsageError(_("say whether the reviewer stays: --stays or --leaves"), ctx)
    if none + bool(grounds) + (hard is not None) + (about is not None) > 1:
        raise click.UsageError(_("say one thing: --none, --ground, --hard or --about"), ctx)
    if about is None and (stays is not None or reason):
        raise click.UsageError(_("--stays, --leaves and --reason judge what another declared: --about NAME"), ctx)
    args = DeclareConflict(ref=ref, none=none, grounds=grounds, hard=hard, about=about, stays=stays, reason=reason)
    run(ctx, args, done=_declared)


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


@declared(review, ScoreProposal)
def score(ctx: click.Context, ref: str, file: InputFile, no_conflict: bool, grounds: tuple[str, ...]) -> None:
    said = no_conflict or grounds or _declares(file["content"])
    if not said and output.interactive() and not (typed(ctx, "dry_run") or typed(ctx, "yes")):
        question = _("Do you declare that neither you nor your organisation has a tie to {ref}?").format(ref=ref)
        no_conflict = output.ask(question)
    args = ScoreProposal(ref=ref, file=file, no_conflict=no_conflict, grounds=grounds)
    told = _("Your scores of {ref} are under seal until the review closes.").format(ref=ref)
    run(ctx, args, done=lambda _answer: [told])


def _declares(content: bytes) -> bool:
    """Whether a score file holds a declaration; or is faulty, which the fund tells line by line."""
    try:
        return "declaration" in tomllib.loads(content.decode())
    except ValueError:
        return True


@declared(review, RecuseReviewer)
def recuse(ctx: click.Context, ref: str, reason: str) -> None:
    told = _("You are no longer in the panel of {ref}.").format(ref=ref)
    run(ctx, RecuseReviewer(ref=ref, reason=reason), done=lambda _answer: [told])


def _agreed(answer: Mapping[str, Any]) -> list[str]:
    ref = answer["events"][0]["payload"]["ref"]
    for event in answer["events"]:
        if event["type"] == "review.consensus_recorded":
            advice = advice_text(event["payload"]["advice"])
            return [_("The panel of {ref} agreed: {advice}.").format(ref=ref, advice=advice)]
    return [_("{ref} waits for the rest of the panel.").format(ref=ref)]


@declared(review, CloseReview)
def close(ctx: click.Context, ref: str) -> None:
    question = _("Close the review of {ref}? Who has not scored cannot do so any more.").format(ref=ref)
    run(ctx, CloseReview(ref=ref), ask=question, done=_closed)


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


@declared(review, ReviewShow)
@option("--template", is_flag=True, help=N_("Print a score file to fill in"))
def show(ctx: click.Context, ref: str, template: bool) -> None:
    read(ctx, ReviewShow(ref=ref), show=_template if template else _show)


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
            {**each, "sample": _("yes") if each["sample"] else "", "points": decimal_text(each["spread_total_rounded"])}
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


add_command(review, OpenReview, done=_opened)
add_command(review, AgreeOnScores, done=_agreed)
add_query(review, ReviewSpread, show=_spread)
