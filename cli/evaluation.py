"""``fund evaluation``: what was tried, what came of it, and what others can learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from cli.output import Column, Typable, day_text, decimal_text, facts, say, state_text, table
from cli.params import noun
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query
from fund.language import N_, _, day, ngettext
from fund.workflows.evaluations.commands import (
    AcceptEvaluation,
    EvaluationLessons,
    EvaluationList,
    EvaluationShow,
    PeerReviewEvaluation,
    ReturnEvaluation,
    SubmitEvaluation,
)

evaluation = noun("evaluation", N_("Report what was learned"))
with_files(evaluation)


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


def _judged(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [_("{ref}: the quality of learning is {learning} of 4.").format(ref=fact["ref"], learning=fact["learning"])]


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


add_command(evaluation, SubmitEvaluation, done=_submitted)
add_command(evaluation, PeerReviewEvaluation, done=_judged)
add_command(evaluation, AcceptEvaluation, done=_accepted)
add_command(evaluation, ReturnEvaluation)
add_query(evaluation, EvaluationShow, show=_show)
add_query(evaluation, EvaluationLessons, show=_show_lessons)
add_query(evaluation, EvaluationList, show=_show_list, columns=LIST)
