"""``fund evaluation``: what was tried, what came of it, and what others can learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import click

from cli.output import Column, Typable, day_text, decimal_text, facts, say, state_text, table
from cli.params import FILE, THEME, Ref, argument, changing, listing, noun, option, read, reading, run, verb, with_files
from fund.language import N_, _, day, ngettext

EVALUATION = Ref(("evaluation list", "evaluations", "ref"))

evaluation = noun("evaluation", N_("Report what was learned"))
with_files(evaluation, EVALUATION, N_("The agreement"), "A2026-003")


@verb(
    evaluation,
    "submit",
    N_("Hand in an evaluation"),
    about=N_(
        "The file is TOML: `hypothesis` (`confirmed`, `refuted`, `inconclusive`), `verdict` "
        "(`scale`, `adopt`, `iterate`, `stop`), `learned`, and one [[lessons]] with `title`, "
        "`text` and `themes` for each lesson. Refuted and well learned is a good result. When "
        "the parties are 60 days late, a fund manager writes it."
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
    who=N_("two reviewers who have no tie with the experiment"),
    see=("evaluation show", "evaluation accept"),
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
    if fact["good_result"] and fact["hypothesis"] == "refuted":
        told.append(_("That is a good result: it was found out honestly, and others can learn from it."))
    elif fact["good_result"]:
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
    "show",
    N_("Show an evaluation whole"),
    about=N_(
        "The question, both results, what was learned, the lessons and what the peers said. Before publication for the "
        "parties, reviewers, the committee and the fund office; after it for everybody."
    ),
    examples=("fund --as rosa evaluation show A2026-003",),
    see=("evaluation lessons", "agreement show", "evaluation file list"),
)
@argument("ref", type=EVALUATION, help=N_("The agreement"))
@reading
def show(ctx: click.Context, ref: str) -> None:
    read(ctx, "evaluation show", {"ref": ref}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    peers = [
        f"{peer['name']}: {peer['learning']} / 4" + (f". {peer['remarks']}" if peer["remarks"] else "")
        for peer in data["peers"]
    ]
    facts(
        _("Evaluation of {ref}: {title}, state of {day}").format(
            ref=data["ref"], title=data["title"], day=day(data["as_of"])
        ),
        [
            (_("State"), state_text("evaluation", data["state"])),
            (_("Parties"), ", ".join(party["name"] for party in data["parties"])),
            (_("Due"), day_text(data["due_on"]) if data["state"] == "due" else ""),
            (_("Question"), data["question"]),
            (_("Measurement"), data["measurement"]),
            (_("Stop rule"), data["stop_rule"]),
            (_("Result"), result_text(data)),
            (_("Verdict"), _(VERDICTS[data["verdict"]]) if data["verdict"] else ""),
            (_("Learned"), " ".join(data["learned"].split())),
            (_("Written by"), _("the fund manager, the parties were too late") if data["by_fund_manager"] else ""),
            *((_("Peer"), peer) for peer in peers),
            *((_("Sent back"), f"{day_text(row['on'])}: {row['reason']}") for row in data["returned"]),
            (_("Published"), day_text(data["published_on"]) if data["published_on"] else ""),
            (_("Roll-out"), _rollout(data)),
            (_("Follows"), ", ".join(row["agreement"] for row in data["follows"])),
            (_("Followed by"), ", ".join(row["agreement"] or row["proposal"] for row in data["followed_by"])),
        ],
    )
    for card in data["cards"]:
        say()
        facts(card["title"], [(_("Lesson"), " ".join(card["text"].split())), (_("Themes"), _themes(card["themes"]))])


def _rollout(data: Mapping[str, Any]) -> str:
    if not data["followon_until"]:
        return ""
    until = day_text(data["followon_until"])
    if data["followon_expired"]:
        return _("could be asked for until {day}").format(day=until)
    line = _("can be asked for until {day}: fund proposal draft FILE --follows {ref}")
    return Typable(line.format(day=until, ref=data["ref"]))


def result_text(row: Mapping[str, Any]) -> str:
    """Both results in words; refuted and well learned is a good result, and says so."""
    if not row["hypothesis"]:
        return ""
    hypothesis = _(HYPOTHESES[row["hypothesis"]])
    if not row["learning"]:
        return _("hypothesis {hypothesis}").format(hypothesis=hypothesis)
    words = {"hypothesis": hypothesis, "learning": decimal_text(format(float(Fraction(row["learning"])), "g"))}
    if row["good_result"]:
        return _("a good result: hypothesis {hypothesis}, and well learned from ({learning} of 4)").format(**words)
    return _("hypothesis {hypothesis}, learning {learning} of 4").format(**words)


def _themes(ids: Sequence[str]) -> str:
    from fund.glossary import theme_names
    from fund.language import language

    names = theme_names()
    place = 0 if language() == "nl" else 1
    return ", ".join(f"{theme} {names[theme][place]}" if theme in names else theme for theme in ids)


@verb(
    evaluation,
    "lessons",
    N_("Search the lessons of all experiments"),
    about=N_(
        "Failed experiments stand beside the others: they are what others need most. Words are found in any order, "
        "with or without accents; a theme by its id, its name or a part of it."
    ),
    examples=(
        "fund evaluation lessons --theme T05",
        'fund evaluation lessons --theme water --text "pump distance"',
    ),
    see=("evaluation list", "evaluation show"),
)
@option("--theme", type=THEME, metavar="THEME", help=N_("Only this theme: T05, or Water and climate"))
@option("--text", metavar="WORDS", help=N_("Only lessons with all of these words"))
@reading
def lessons(ctx: click.Context, theme: str | None, text: str | None) -> None:
    read(ctx, "evaluation lessons", {"theme": theme, "text": text}, show=_show_lessons)


def _show_lessons(data: Mapping[str, Any]) -> None:
    cards = data["lessons"]
    if not cards:
        say(_("No lessons yet.") if data["theme"] is None and not data["text"] else _("No lesson has all of that."))
        return
    say(ngettext("{count} lesson", "{count} lessons", len(cards)).format(count=len(cards)))
    for card in cards:
        say()
        facts(
            card["title"],
            [
                (_("Lesson"), " ".join(card["text"].split())),
                (_("Experiment"), ", ".join(filter(None, (card["agreement"], card["experiment"], card["lead_name"])))),
                (_("Question"), card["question"]),
                (_("Result"), result_text(card)),
                (_("Verdict"), _(VERDICTS.get(card["verdict"], card["verdict"]))),
                (_("Themes"), _themes(card["themes"])),
                (_("Used by"), ", ".join(each["name"] for each in card["used_by"])),
            ],
        )


LIST = (
    Column("ref", N_("Agreement"), "ref"),
    Column("lead_name", N_("Lead"), "text"),
    Column("state", N_("State"), "state", "evaluation"),
    Column("due_on", N_("Due"), "date"),
    Column("hypothesis_word", N_("Hypothesis"), "ref", by="hypothesis"),
    Column("learning", N_("Learning"), "count"),
    Column("verdict_word", N_("Verdict"), "ref", by="verdict"),
)


@verb(
    evaluation,
    "list",
    N_("List evaluations with their two results"),
    examples=("fund evaluation list", "fund evaluation list --state due"),
    see=("evaluation show", "evaluation lessons"),
)
@listing(*LIST)
@reading
def list_evaluations(ctx: click.Context) -> None:
    read(ctx, "evaluation list", show=_show_list)


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
        LIST,
        rows,
        empty=_("No evaluations yet."),
    )
