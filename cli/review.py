"""``fund review``: a panel without conflicts, scores under seal, and what they come to."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable

import click

from cli import output
from cli.output import Column, advice_text, by_another, decimal_text, facts, say, table, track_text
from cli.output.views import ListView, said, sentence
from cli.params import noun, option, read, run, typed
from cli.params.declared import add_command, add_query, declared
from fund.declarations import Answer, InputFile
from fund.language import N_, _, language, ngettext
from fund.workflows.reviews.commands import (
    AgreeOnScores,
    AssignReviewer,
    CloseReview,
    DeclareConflict,
    OpenReview,
    RecuseReviewer,
    ReviewDetail,
    ReviewResult,
    ReviewShow,
    ReviewSpread,
    RubricRow,
    ScoreProposal,
    Spread,
)

KINDS = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
    "external": N_("external"),
}


review = noun("review", N_("Assign reviewers and score proposals"))


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


def _declared(answer: Answer) -> list[str]:
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
    run(ctx, args, done=N_("Your scores of {ref} are under seal until the review closes."))


def _declares(content: bytes) -> bool:
    """Whether a score file holds a declaration; or is faulty, which the fund tells line by line."""
    try:
        return "declaration" in tomllib.loads(content.decode())
    except ValueError:
        return True


def _agreed(answer: Answer) -> list[str]:
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


def _closed(answer: Answer) -> list[str]:
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


def _template(data: ReviewDetail) -> None:
    """The score file, with what 0, 2 and 4 stand for beside each criterion."""
    asked = _('"none", or a list of possible conflicts')
    lines = [f"# {data['ref']}: {data['title']}", f"# {asked}", "declaration = ", ""]
    lines.append("[scores]")
    for line in data["rubric"]:
        anchors = line["anchors_nl"] if language() == "nl" else line["anchors_en"]
        lines.append(f"# {_name(line)}, {_('weight {weight}').format(weight=line['weight'])}")
        lines += [f"#   {mark}: {anchor}" for mark, anchor in zip((0, 2, 4), anchors, strict=True)]
        lines.append(f"{line['id']} = ")
    lines += ["", "[abstain]", f"# {_('criterion = reason in quotes, instead of a score above')}"]
    for each in lines:
        say(each)


STATES = {
    "proposed": N_("panel proposed"), "open": N_("open"), "closed": N_("closed"), "withdrawn": N_("withdrawn"),
    "lapsed": N_("lapsed"),
}  # fmt: skip


def _of_result(name: str, header: str, shown: Callable[[ReviewDetail, ReviewResult], object]) -> Column:
    """A fact of the result, once there is one to be seen."""
    return Column(name, header, cell=lambda data: shown(data, data["result"]), when="result")


FACTS = (
    Column("state", N_("State"), cell=lambda data: _(STATES[data["state"]])),
    Column("track", N_("Track"), cell=lambda data: track_text(data["track"])),
    Column("regulations", N_("Regulations")),
    Column("necessity", N_("Rule of necessity"), cell=lambda data: _("yes"), when="necessity"),
    Column("closes_at", N_("Scores before"), cell=lambda data: said("closes_at", data["closes_at"])),
    Column("missing", N_("Not enough yet"), cell=lambda data: "; ".join(each["text"] for each in data["missing"])),
    _of_result(
        "total",
        N_("Total"),
        lambda _data, result: _("{total} of 100").format(total=decimal_text(result["total_rounded"])),
    ),
    _of_result("advice", N_("Advice"), lambda _data, result: advice_text(result["advice"])),
    _of_result(
        "gates_missed",
        N_("Gates missed"),
        lambda data, result: ", ".join(_criterion(data, each) for each in result["gates_missed"]),
    ),
)


def _show(data: ReviewDetail) -> None:
    result = data["result"]
    facts(sentence(N_("Review of {ref}: {title}"), data), (each.fact(data) for each in FACTS))
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


def _show_others(data: ReviewDetail) -> None:
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
    for proposed in data["top_up"]:
        say(sentence(N_("Proposed to join: {name}, {why_text}: {command}"), proposed))
    if data["top_up_missing"]:
        say(_("Nobody who is free can meet: {demands}.").format(demands=", ".join(data["top_up_missing"])))


def _criterion(data: ReviewDetail, criterion: str) -> str:
    """The name of a criterion of the rubric under which the review was opened."""
    return next((_name(line) for line in data["rubric"] if line["id"] == criterion), criterion)


def _name(line: RubricRow) -> str:
    return line["name_nl"] if language() == "nl" else line["name_en"]


def _show_scores(data: ReviewDetail, result: ReviewResult) -> None:
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
                "name": _name(line),
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


SPREAD = ListView(
    title=N_("Closed reviews of round {round}: {title}"),
    rows="reviews",
    columns=(
        Column("ref", N_("Proposal"), "ref"),
        Column("sample", N_("Sample"), "ref", cell=lambda row: _("yes") if row["sample"] else ""),
        Column("points", N_("Points apart"), "ref", cell=lambda row: decimal_text(row["spread_total_rounded"])),
        Column("title", N_("Title")),
    ),
    empty=N_("No closed review whose scores you may see."),
)
CRITERIA = ListView(
    title=N_("Apart by criterion, in points of 0 to 4"),
    rows="criteria",
    columns=(
        Column("id", N_("Criterion"), "ref"),
        Column("largest", N_("Largest"), "count"),
        Column("mean", N_("Mean"), "ref", cell=lambda row: decimal_text(row["mean_rounded"])),
    ),
)
REVIEWERS = ListView(
    title=N_("Milder (above 0) or stricter than the panel, in points of 100"),
    rows="reviewers",
    columns=(
        Column("name", N_("Reviewer"), "name"),
        Column("reviews", N_("Reviews"), "count"),
        Column("leaning", N_("Points"), "ref", cell=lambda row: decimal_text(row["leaning_rounded"])),
    ),
)


def _spread(data: Spread) -> None:
    for view in (SPREAD, CRITERIA, REVIEWERS) if data["reviews"] else (SPREAD,):
        view(data)


add_command(
    review,
    OpenReview,
    done=(N_("The panel of {ref} is {panel}."), N_("They score before {closes_at}; until then nobody sees a score.")),
)
add_command(review, AssignReviewer, done=N_("{reviewer} is in the panel of {ref}."))
add_command(review, RecuseReviewer, done=N_("You are no longer in the panel of {ref}."))
add_command(review, AgreeOnScores, done=_agreed)
add_query(review, ReviewSpread, show=_spread)
