"""``fund evaluation``: what was tried, what came of it, and what others can learn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import click

from cli.output import Column, decimal_text, say, table
from cli.params import FILE, Ref, argument, changing, noun, option, read, reading, run, verb
from fund.language import N_, _, day, ngettext

EVALUATION = Ref(("evaluation list", "evaluations", "ref"))
STATES = ("due", "submitted", "peer_reviewed", "accepted", "published")

evaluation = noun("evaluation", N_("Report what was learned"))


@verb(
    evaluation,
    "submit",
    N_("Hand in an evaluation"),
    about=N_(
        "The file is TOML: hypothesis (confirmed, refuted, inconclusive), verdict (scale, adopt, iterate, stop), "
        "learned, and one [[lessons]] with title, text and themes for each lesson. "
        "Refuted and well learned is a good result. When the parties are 60 days late, a fund manager writes it."
    ),
    examples=("fund --as fatima evaluation submit A2026-003 evaluation.toml",),
    who=N_("a signatory of a party"),
    see=("evaluation peer-review", "evaluation list"),
)
@argument("ref", type=EVALUATION, help=N_("The agreement"))
@argument("file", type=FILE, metavar="FILE", help=N_("The evaluation, a TOML file"))
@changing
def submit(ctx: click.Context, ref: str, file: Mapping[str, Any]) -> None:
    run(ctx, "evaluation submit", {"ref": ref, "file": file}, tell=_submitted)


def _submitted(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    count = len(fact["lessons"])
    return [
        ngettext(
            "The evaluation of {ref} is handed in, with {count} lesson; two peers judge it now.",
            "The evaluation of {ref} is handed in, with {count} lessons; two peers judge it now.",
            count,
        ).format(ref=fact["ref"], count=count)
    ]


@verb(
    evaluation,
    "peer-review",
    N_("Judge how well was learned"),
    about=N_("0 is nothing, 4 is much and useful to others. Whether the hypothesis held is another matter."),
    examples=("fund --as rosa evaluation peer-review A2026-003 --learning 3",),
    who=N_("two reviewers who are of no party"),
    see=("evaluation accept",),
)
@argument("ref", type=EVALUATION, help=N_("The agreement"))
@option("--learning", type=click.IntRange(0, 4), required=True, metavar="0-4", help=N_("The quality of learning"))
@option("--remarks", metavar="TEXT", help=N_("What the parties should know"))
@changing
def peer_review(ctx: click.Context, ref: str, learning: int, remarks: str | None) -> None:
    args = {"ref": ref, "learning": learning, "remarks": remarks}
    run(ctx, "evaluation peer-review", args, tell=_judged)


def _judged(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [_("{ref}: the quality of learning is {learning} of 4.").format(ref=fact["ref"], learning=fact["learning"])]


@verb(
    evaluation,
    "accept",
    N_("Accept an evaluation"),
    about=N_("It is published to every partner by itself; a verdict to scale or adopt invites a roll-out."),
    examples=("fund --as carla evaluation accept A2026-003",),
    who=N_("the chair of the committee"),
    see=("evaluation lessons", "writeoff propose"),
)
@argument("ref", type=EVALUATION, help=N_("The agreement"))
@changing
def accept(ctx: click.Context, ref: str) -> None:
    run(ctx, "evaluation accept", {"ref": ref}, tell=_accepted)


def _accepted(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    words = {"ref": fact["ref"], "hypothesis": _(HYPOTHESES[fact["hypothesis"]]), "learning": fact["learning"]}
    told = [
        _("The evaluation of {ref} is accepted: hypothesis {hypothesis}, learning {learning} of 4.").format(**words)
    ]
    if fact["good_result"]:
        told.append(_("That is a good result."))
    return told


HYPOTHESES = {"confirmed": N_("confirmed"), "refuted": N_("refuted"), "inconclusive": N_("inconclusive")}
VERDICTS = {"scale": N_("scale"), "adopt": N_("adopt"), "iterate": N_("iterate"), "stop": N_("stop")}


@verb(
    evaluation,
    "return",
    N_("Send an evaluation back, once"),
    examples=('fund --as carla evaluation return A2026-003 --reason "the measurement is missing"',),
    who=N_("the chair of the committee"),
    see=("evaluation submit",),
)
@argument("ref", type=EVALUATION, help=N_("The agreement"))
@option("--reason", required=True, metavar="TEXT", help=N_("What is missing"))
@changing
def send_back(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "evaluation return", {"ref": ref, "reason": reason})


@verb(
    evaluation,
    "lessons",
    N_("Search the lessons of all experiments"),
    about=N_("Failed experiments stand beside the others: they are what others need most."),
    examples=("fund evaluation lessons --theme T05", 'fund evaluation lessons --text "pump distance"'),
    see=("evaluation list",),
)
@option("--theme", metavar="ID", help=N_("Only this theme (T01 to T10)"))
@option("--text", metavar="WORDS", help=N_("Only lessons with all of these words"))
@reading
def lessons(ctx: click.Context, theme: str | None, text: str | None) -> None:
    read(ctx, "evaluation lessons", {"theme": theme, "text": text}, show=_show_lessons)


def _show_lessons(data: Mapping[str, Any]) -> None:
    rows = [{**card, "result": _(HYPOTHESES.get(card["hypothesis"], card["hypothesis"]))} for card in data["lessons"]]
    table(
        _("Lessons of all experiments"),
        [
            Column("agreement", N_("Agreement"), "ref"),
            Column("title", N_("Lesson"), "text"),
            Column("themes", N_("Themes"), "ref"),
            Column("result", N_("Hypothesis"), "ref"),
        ],
        rows,
        empty=_("No lessons yet."),
    )
    for card in data["lessons"]:
        say(f"{card['agreement']}: {card['title']}")
        say(f"  {card['text']}")


@verb(
    evaluation,
    "list",
    N_("List evaluations with their two results"),
    examples=("fund evaluation list", "fund evaluation list --state due"),
    see=("evaluation lessons",),
)
@option("--state", type=click.Choice(STATES), help=N_("Only in this state"))
@reading
def list_evaluations(ctx: click.Context, state: str | None) -> None:
    read(ctx, "evaluation list", {"state": state}, show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = [
        {
            **row,
            "hypothesis_word": _(HYPOTHESES.get(row["hypothesis"] or "", "")),
            "verdict_word": _(VERDICTS.get(row["verdict"] or "", "")),
            "learning": decimal_text(format(float(Fraction(row["learning"])), "g")) if row["learning"] else "",
        }
        for row in data["evaluations"]
    ]
    table(
        _("Evaluations on {day}").format(day=day(date.fromisoformat(data["as_of"]))),
        [
            Column("ref", N_("Agreement"), "ref"),
            Column("lead_name", N_("Lead"), "text"),
            Column("state", N_("State"), "state", "evaluation"),
            Column("due_on", N_("Due"), "date"),
            Column("hypothesis_word", N_("Hypothesis"), "ref"),
            Column("learning", N_("Learning"), "count"),
            Column("verdict_word", N_("Verdict"), "ref"),
        ],
        rows,
        empty=_("No evaluations yet."),
    )
