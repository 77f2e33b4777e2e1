"""``fund evaluation``: what was tried, what came of it, and what others can learn."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from cli.output import Column, Typable, day_text, decimal_text, facts, say
from cli.output.views import Counted, ListView, sentence
from cli.params import noun
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query
from fund.declarations import Answer
from fund.language import N_, NN_, _, ngettext
from fund.words import HYPOTHESES, VERDICTS
from fund.workflows.evaluations.commands import (
    AcceptEvaluation,
    EvaluationDetail,
    EvaluationLessons,
    EvaluationList,
    EvaluationRow,
    EvaluationShow,
    LessonCard,
    LessonsFound,
    PeerReviewEvaluation,
    ReturnEvaluation,
    SubmitEvaluation,
)

evaluation = noun("evaluation", N_("Report what was learned"))
with_files(evaluation)


def _accepted(answer: Answer) -> list[str]:
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


FACTS = (
    Column("state", N_("State"), "state", kind="evaluation"),
    Column("parties", N_("Parties"), cell=lambda row: ", ".join(party["name"] for party in row["parties"])),
    Column("due_on", N_("Due"), cell=lambda row: day_text(row["due_on"]) if row["state"] == "due" else ""),
    Column("question", N_("Question")),
    Column("measurement", N_("Measurement")),
    Column("stop_rule", N_("Stop rule")),
    Column("result", N_("Result"), cell=lambda row: result_text(row)),
    Column("verdict", N_("Verdict"), cell=lambda row: _(VERDICTS[row["verdict"]]), when="verdict"),
    Column("learned", N_("Learned"), cell=lambda row: " ".join(row["learned"].split())),
    Column(
        "written",
        N_("Written by"),
        cell=lambda row: _("the fund manager, the parties were too late"),
        when="by_fund_manager",
    ),
)
AFTER = (
    Column("published_on", N_("Published"), "date"),
    Column("rollout", N_("Roll-out"), cell=lambda row: _rollout(row)),
    Column("follows", N_("Follows"), cell=lambda row: ", ".join(each["agreement"] for each in row["follows"])),
    Column(
        "followed_by",
        N_("Followed by"),
        cell=lambda row: ", ".join(each["agreement"] or each["proposal"] for each in row["followed_by"]),
    ),
)
CARD = (
    Column("text", N_("Lesson"), cell=lambda card: " ".join(card["text"].split())),
    Column("themes", N_("Themes"), cell=lambda card: _themes(card["themes"])),
)
FOUND = (
    CARD[0],
    Column(
        "experiment",
        N_("Experiment"),
        cell=lambda card: ", ".join(filter(None, (card["agreement"], card["experiment"], card["lead_name"]))),
    ),
    Column("question", N_("Question")),
    Column("result", N_("Result"), cell=lambda card: result_text(card)),
    Column("verdict", N_("Verdict"), cell=lambda card: _(VERDICTS.get(card["verdict"], card["verdict"]))),
    CARD[1],
    Column("used_by", N_("Used by"), cell=lambda card: ", ".join(each["name"] for each in card["used_by"])),
)


def _show(data: EvaluationDetail) -> None:
    peers = [
        f"{peer['name']}: {peer['learning']} / 4" + (f". {peer['remarks']}" if peer["remarks"] else "")
        for peer in data["peers"]
    ]
    facts(
        sentence(N_("Evaluation of {ref}: {title}, state of {as_of}"), data),
        [
            *(each.fact(data) for each in FACTS),
            *((_("Peer"), peer) for peer in peers),
            *((_("Sent back"), f"{day_text(row['on'])}: {row['reason']}") for row in data["returned"]),
            *(each.fact(data) for each in AFTER),
        ],
    )
    for card in data["cards"]:
        say()
        facts(card["title"], [each.fact(card) for each in CARD])


def _rollout(data: EvaluationDetail) -> str:
    if not data["followon_until"]:
        return ""
    until = day_text(data["followon_until"])
    if data["followon_expired"]:
        return _("could be asked for until {day}").format(day=until)
    line = _("can be asked for until {day}: fund proposal draft FILE --follows {ref}")
    return Typable(line.format(day=until, ref=data["ref"]))


def result_text(row: EvaluationRow | LessonCard) -> str:
    """Both results in words; refuted and well learned is a good result, and says so."""
    if not row["hypothesis"]:
        return ""
    hypothesis = _(HYPOTHESES[row["hypothesis"]])
    if not row["learning"]:
        return _("hypothesis {hypothesis}").format(hypothesis=hypothesis)
    words = {"hypothesis": hypothesis, "learning": _decimal(row["learning"])}
    if row["good_result"]:
        return _("a good result: hypothesis {hypothesis}, and well learned from ({learning} of 4)").format(**words)
    return _("hypothesis {hypothesis}, learning {learning} of 4").format(**words)


def _themes(ids: Sequence[str]) -> str:
    from fund.glossary import theme_names
    from fund.language import language

    names = theme_names()
    place = 0 if language() == "nl" else 1
    return ", ".join(f"{theme} {names[theme][place]}" if theme in names else theme for theme in ids)


def _show_lessons(data: LessonsFound) -> None:
    cards = data["lessons"]
    if not cards:
        say(_("No lessons yet.") if data["theme"] is None and not data["text"] else _("No lesson has all of that."))
        return
    say(ngettext("{count} lesson", "{count} lessons", len(cards)).format(count=len(cards)))
    for card in cards:
        say()
        facts(card["title"], [each.fact(card) for each in FOUND])


LIST = ListView(
    title=N_("Evaluations on {as_of}"),
    rows="evaluations",
    columns=(
        Column("ref", N_("Agreement"), "ref"),
        Column("lead_name", N_("Lead")),
        Column("state", N_("State"), "state", "evaluation"),
        Column("due_on", N_("Due"), "date"),
        Column(
            "hypothesis_word",
            N_("Hypothesis"),
            "ref",
            by="hypothesis",
            cell=lambda row: _(HYPOTHESES.get(row["hypothesis"] or "", "")),
        ),
        Column("learning", N_("Learning"), "count", cell=lambda row: _decimal(row["learning"])),
        Column(
            "verdict_word",
            N_("Verdict"),
            "ref",
            by="verdict",
            cell=lambda row: _(VERDICTS.get(row["verdict"] or "", "")),
        ),
    ),
    empty=N_("No evaluations yet."),
)


def _decimal(fraction: str | None) -> str:
    return decimal_text(format(float(Fraction(fraction)), "g")) if fraction else ""


add_command(
    evaluation,
    SubmitEvaluation,
    done=Counted(
        "lessons",
        NN_(
            "The evaluation of {ref} is handed in, with {count} lesson; two peers judge it now.",
            "The evaluation of {ref} is handed in, with {count} lessons; two peers judge it now.",
        ),
    ),
)
add_command(evaluation, PeerReviewEvaluation, done=N_("{ref}: the quality of learning is {learning} of 4."))
add_command(evaluation, AcceptEvaluation, done=_accepted)
add_command(evaluation, ReturnEvaluation)
add_query(evaluation, EvaluationShow, show=_show)
add_query(evaluation, EvaluationLessons, show=_show_lessons)
add_query(evaluation, EvaluationList, show=LIST)
